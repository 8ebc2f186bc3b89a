"""The one image that the benchmarks run: busybox, and a /kliko that leaves an empty file."""
import os
import shutil
import subprocess

from common import BENCH, SOURCE, run

SPEC = """schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: n, type: int, initial: 0}]}]
"""


def layout():
    """An OCI layout with the image bench/noop, made once."""
    made, root = BENCH / "noop-image", BENCH / "noop-root"
    if made.exists():
        return made
    shutil.rmtree(root, ignore_errors=True)
    for directory in ("bin", "etc", "tmp", "proc", "sys", "dev", "output"):
        (root / directory).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin/busybox")
    os.symlink("busybox", root / "bin/sh")
    (root / "kliko.yml").write_text(SPEC)
    (root / "kliko").write_text("#!/bin/sh\n: >/output/done\n")
    (root / "kliko").chmod(0o755)
    run([SOURCE / "tests/make_image.sh", made, "bench/noop", root])
    return made


def import_noop():
    listed = subprocess.run(["boxcar", "image", "ls"], capture_output=True, text=True).stdout
    if "bench/noop" not in listed:
        run(["boxcar", "image", "import", f"oci:{layout()}"])
