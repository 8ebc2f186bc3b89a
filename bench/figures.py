"""The figures that the project holds itself to. Called by bench/run.sh; docs/bench.md says what each means."""
import os
import pathlib
import sys

import common
import graph
import launch
import small

PARTS = {
    "startup": small.startup,
    "hash": small.hashing,
    "scheduler": small.scheduler,
    "launch": launch.launch,
    "daemons": launch.daemons,
    "graph": graph.graph,
}


def main():
    names = sys.argv[1:] or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"no such part: {' '.join(unknown)}; there are {' '.join(PARTS)}")
    common.BENCH.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{common.BUILD}:{os.environ['PATH']}"
    for kind in ("DATA", "STATE"):
        os.environ[f"XDG_{kind}_HOME"] = str(common.BENCH / kind.lower())
    table = common.Table()
    for name in names:
        PARTS[name](table)
    sys.exit(table.summary())


if __name__ == "__main__":
    main()
