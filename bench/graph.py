"""Graphs of which every step is cached, from the file to the summary, beside ninja and snakemake."""
import os
import resource
import shutil
import subprocess

import images
from common import BENCH, BUILD, in_turn, peak_memory, run

SNAKEMAKE = "snakemake==7.21.0"


def boxcar_project(shape, steps):
    """A directory with a workflow and a store that holds all its results."""
    directory = BENCH / f"boxcar-{shape}-{steps}"
    workflow = directory / "boxcar.yml"
    if not workflow.exists():
        directory.mkdir(exist_ok=True)
        with open(workflow, "w") as file:
            file.write(f"workflow: {shape}\nsteps:\n")
            for i in range(steps):
                feed = "" if i == 0 else f", inputs: {{input: s{i - 1 if shape == 'chain' else 0}/output}}"
                file.write(f"  s{i}: {{image: bench/noop{feed}, params: {{n: {i}}}}}\n")
    if not cached(directory, steps):
        shutil.rmtree(directory / ".boxcar", ignore_errors=True)
        run([BUILD / "bench/fill_store", workflow, directory / ".boxcar"])
        if not cached(directory, steps):
            raise SystemExit(f"the store in {directory} does not hold every result")
    return directory


def cached(directory, steps):
    """Whether nothing is left to do, asked without starting anything."""
    if not (directory / ".boxcar").exists():
        return False
    asked = subprocess.run(["boxcar", "run", "--dry-run", "--json", "boxcar.yml"], cwd=directory, capture_output=True)
    return asked.stdout.count(b'"cached"') == steps


def ninja_project(shape, steps):
    """Outputs that exist, and a log in which ninja finds that they are up to date. All edges run the same command, so that
    the hash which ninja notes for one of them serves all."""
    directory = BENCH / f"ninja-{shape}-{steps}"
    if (directory / "build.ninja").exists() and not (directory / "log").exists():
        return directory
    directory.mkdir(exist_ok=True)
    rule = "rule nothing\n  command = :\n"
    (directory / "one.ninja").write_text(rule + "build probe: nothing\n")
    run(["ninja", "-f", "one.ninja"], cwd=directory)
    command_hash = (directory / ".ninja_log").read_text().split()[-1]
    with open(directory / "build.ninja", "w") as file, open(directory / "log", "w") as log:
        file.write(rule)
        log.write("# ninja log v5\n")
        for i in range(steps):
            source = "" if i == 0 else f" o{i - 1 if shape == 'chain' else 0}"
            file.write(f"build o{i}: nothing{source}\n")
            (directory / f"o{i}").touch()
            modified = (directory / f"o{i}").stat().st_mtime_ns
            log.write(f"0\t1\t{modified}\to{i}\t{command_hash}\n")
    os.replace(directory / "log", directory / ".ninja_log")
    said = subprocess.run(["ninja"], cwd=directory, capture_output=True, text=True, check=True).stdout
    if "no work to do" not in said:
        raise SystemExit(f"ninja did not find {directory} up to date: {said[-300:]}")
    return directory


def snakemake_project(steps):
    directory = BENCH / f"snakemake-{steps}"
    if not (directory / "venv/bin/snakemake").exists():
        run(["python3", "-m", "venv", directory / "venv"])
        run([directory / "venv/bin/pip", "install", "--quiet", SNAKEMAKE, "pulp<2.8", "setuptools<80"])
    if not (directory / "Snakefile").exists():
        (directory / f"o{steps}").touch()
        for i in range(steps):
            (directory / f"o{i}").touch()
        for i in range(steps):
            os.utime(directory / f"o{i}", (1_000_000_000 + i, 1_000_000_000 + i))
        rules = [f'rule s{i}:\n    input: {"" if i == 0 else repr(f"o{i - 1}")}\n    output: "o{i}"\n    shell: "touch {{output}}"\n'
                 for i in range(steps)]
        (directory / "Snakefile").write_text(f'rule all:\n    input: "o{steps - 1}"\n' + "\n".join(rules))
    return directory


def graph(table):
    table.heading("all cached: from the file to the summary")
    resource.setrlimit(resource.RLIMIT_STACK, [resource.getrlimit(resource.RLIMIT_STACK)[1]] * 2)  # ninja follows a chain by recursion
    images.import_noop()
    command = ["boxcar", "run", "boxcar.yml"]
    floor = peak_memory(command, cwd=boxcar_project("chain", 10))
    for shape in ("chain", "fan"):
        for steps in (10_000, 100_000):
            largest = steps == 100_000
            ours, ninjas = boxcar_project(shape, steps), ninja_project(shape, steps)
            seconds, ninja = in_turn(5, lambda: run(command, cwd=ours), lambda: run(["ninja"], cwd=ninjas))
            table.row(f"{shape} of {steps:,}", f"{seconds:.3f} s", f"ninja {ninja:.3f} s", seconds / ninja,
                      "<= 3 x ninja" if largest else "", seconds <= 3 * ninja if largest else None)
            memory, ninja_memory = peak_memory(command, cwd=ours), peak_memory(["ninja"], cwd=ninjas)
            table.row(f"{shape} of {steps:,}: peak memory", f"{memory / 1e6:.0f} MB", f"ninja {ninja_memory / 1e6:.0f} MB",
                      memory / ninja_memory)
            each = (memory - floor) / steps
            table.row(f"{shape} of {steps:,}: memory a step", f"{each:.0f} B", "", None, "< 1500 B" if largest else "",
                      each < 1500 if largest else None)
    ours, snakes = boxcar_project("chain", 1000), snakemake_project(1000)
    seconds, snake = in_turn(3, lambda: run(command, cwd=ours),
                             lambda: run(["venv/bin/snakemake", "-c1", "--quiet"], cwd=snakes))
    table.row("chain of 1,000", f"{seconds:.3f} s", f"snakemake 7.21 {snake:.2f} s", seconds / snake)
