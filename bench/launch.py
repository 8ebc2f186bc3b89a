"""One trivial step beside the bare runtime on the same bundle, Docker and Podman."""
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

import images
from common import BENCH, in_turn, milliseconds, run

count = iter(range(1 << 30))
WORK = BENCH / f"launch-{time.time_ns()}"


def fresh_directory(name):
    directory = WORK / f"{name}-{next(count)}"
    directory.mkdir(parents=True)
    return directory


# Stands in for the runtime once, and keeps what boxcar gave it: config.json, its root as it was mounted, and what is bound into it, as
# plain files and directories, which stay.
CATCHER = """#!/usr/bin/python3
import json, os, subprocess, sys
for option, value in zip(sys.argv, sys.argv[1:]):
    if option == "--bundle":
        config = json.load(open(value + "/config.json"))
        copy = lambda source, name: subprocess.run(["cp", "-a", source, "KEPT/" + name], check=True)
        copy(config["root"]["path"], "rootfs")
        config["root"]["path"] = "rootfs"
        for number, mount in enumerate(config["mounts"]):
            if mount["source"].startswith("/"):
                copy(mount["source"], f"mount-{number}")
                mount["source"] = f"KEPT/mount-{number}"
        config["linux"].pop("cgroupsPath", None)
        json.dump(config, open("KEPT/config.json", "w"))
os.execv("RUNTIME", ["RUNTIME", *sys.argv[1:]])
"""


def bundle_of(runtime, project):
    """The bundle that boxcar makes for the step."""
    kept = fresh_directory(f"bundle-{runtime}")
    catcher = kept / f"{runtime}-catcher"
    catcher.write_text(CATCHER.replace("RUNTIME", shutil.which(runtime)).replace("KEPT", str(kept)))
    catcher.chmod(0o755)
    step(project, BOXCAR_RUNTIME=str(catcher))
    return kept


def step(project, **environment):
    """One step that was never run before."""
    run(["boxcar", "tool", "--store", project, "bench/noop", "--n", str(next(count))], cwd=project, env={**os.environ, **environment})


def bare_command(runtime, bundle):
    """crun refuses the hybrid cgroups of some machines; where it does, it is measured as boxcar runs it, without."""
    options = ["--cgroup-manager=disabled"] if runtime == "crun" else []
    return [runtime, "--root", str(BENCH / "bare-state"), *options, "run", "--bundle", str(bundle)]


def bare(runtime, bundle):
    run([*bare_command(runtime, bundle), f"bench-{os.getpid()}-{next(count)}"])


def many(project, runtime, bundle, steps=200):
    """Seconds that boxcar takes for so many steps, two at once, and that as many bare calls take."""
    lines = [f"  s{i}: {{image: bench/noop, params: {{n: {next(count)}}}}}\n" for i in range(steps)]
    (project / "boxcar.yml").write_text("workflow: many\nsteps:\n" + "".join(lines))
    ours = run(["boxcar", "run", "-j2", "boxcar.yml"], cwd=project, env={**os.environ, "BOXCAR_RUNTIME": runtime})
    call = " ".join(bare_command(runtime, bundle))
    first = next(count)
    bare_calls = run(["sh", "-c", f"seq {steps} | xargs -P2 -I% {call} bench-many-{first}-%"])
    return ours, bare_calls


PODMAN = ["podman", "--root", str(BENCH / "podman"), "--runroot", str(BENCH / "podman-run")]
# Podman's own limits may be above what this process may set.
PODMAN_CONF = """[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
"""


@contextlib.contextmanager
def daemon(kind):
    """A daemon of our own with the image in it; its address."""
    conf = BENCH / "containers.conf"
    conf.write_text(PODMAN_CONF)
    os.environ["CONTAINERS_CONF"] = str(conf)
    with tempfile.TemporaryDirectory(prefix="boxcar-bench-", ignore_cleanup_errors=True) as directory:  # a unix socket's path is short
        socket = f"unix://{directory}/{kind}.sock"
        command = {
            "docker": ["dockerd", "-H", socket, "--data-root", BENCH / "docker", "--exec-root", BENCH / "docker-exec",
                       "--pidfile", f"{directory}/pid", "--bridge=none", "--iptables=false"],
            "podman": [*PODMAN, "system", "service", "--time=0", socket],
        }[kind]
        with open(BENCH / f"{kind}.log", "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            for _ in range(200):
                if subprocess.run(["docker", "-H", socket, "info"], capture_output=True).returncode == 0:
                    break
                time.sleep(0.1)
            archive = BENCH / "noop.tar"
            archive.unlink(missing_ok=True)
            run(["skopeo", "copy", "--quiet", f"oci:{images.layout()}", f"docker-archive:{archive}:bench/noop:latest"])
            run(["docker", "-H", socket, "load", "-i", archive])
            yield socket
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            subprocess.run(["umount", BENCH / "docker-exec/netns/default"], stderr=subprocess.DEVNULL)


def launch(table):
    table.heading("launching one trivial uncached step: key, workspace, container, outputs, commit, record")
    images.import_noop()
    for runtime in ("runc", "crun"):
        project = fresh_directory(f"launch-{runtime}")
        bundle = bundle_of(runtime, project)
        ours, alone = in_turn(41, lambda: step(project, BOXCAR_RUNTIME=runtime), lambda: bare(runtime, bundle))
        allowed = alone * 1.15 + 0.008
        table.row(f"one step, {runtime}", milliseconds(ours), f"bare {runtime} {milliseconds(alone)}", ours / alone,
                  f"<= {milliseconds(allowed)}", ours <= allowed)
        rounds = [many(fresh_directory(f"many-{runtime}"), runtime, bundle) for _ in range(3)]
        ours, calls = (200 / statistics.median(column) for column in zip(*rounds))
        table.row(f"200 steps -j2, {runtime}", f"{ours:.0f}/s", f"bare {runtime}, two at once {calls:.0f}/s", ours / calls,
                  ">= 0.75 of bare", ours / calls >= 0.75)
    shutil.rmtree(WORK)


def daemons(table):
    table.heading("the same step on daemons, beside their own clients")
    images.import_noop()
    for kind in ("docker", "podman"):
        with daemon(kind) as socket:
            client = ["docker", "-H", socket] if kind == "docker" else PODMAN
            project = fresh_directory("launch-peers")
            address = {"DOCKER_HOST" if kind == "docker" else "CONTAINER_HOST": socket, "BOXCAR_ENGINE": kind}
            embedded, ours, theirs = in_turn(
                9, lambda: step(project, BOXCAR_RUNTIME="crun"), lambda: step(project, **address),
                lambda: run([*client, "run", "--rm", "--network=host", "bench/noop", "/kliko"]))
        peer = f"{kind} run --rm {milliseconds(theirs)}"
        table.row("one step, crun", milliseconds(embedded), peer, embedded / theirs)
        table.row(f"one step, --engine {kind}", milliseconds(ours), peer, ours / theirs)
    shutil.rmtree(WORK)
