"""Timing, and the table in which every figure stands beside its peer and its limit."""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", SOURCE / "build"))
BENCH = BUILD / "bench"


def run(command, **options):
    """Seconds that a command takes which must succeed; its output is dropped."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **options}
    began = time.perf_counter()
    done = subprocess.run(command, **options)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        errors = (done.stderr or b"").decode(errors="replace")[-3000:]
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{errors}")
    return seconds


def peak_memory(command, **options):
    """Bytes. Of a child of time(1): one of this process would count what this process holds, too."""
    with tempfile.NamedTemporaryFile() as report:
        run(["/usr/bin/time", "-f", "%M", "-o", report.name, *command], **options)
        return int(report.read()) * 1024


def in_turn(times, *actions):
    """The median seconds of each action, taken in turn so that what else goes on hits all alike. One round warms up."""
    taken = [[] for _ in actions]
    for i in range(times + 1):
        for action, seconds in zip(actions, taken):
            began = time.perf_counter()
            action()
            if i > 0:
                seconds.append(time.perf_counter() - began)
    return [statistics.median(seconds) for seconds in taken]


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


class Table:
    def __init__(self):
        self.missed = []

    def heading(self, text):
        print(f"\n{text}\n" + "-" * len(text), flush=True)

    def row(self, what, value, peer="", ratio=None, limit="", holds=None):
        mark = {None: "", True: "holds", False: "MISSED"}[holds]
        shown = "" if ratio is None else f"{ratio:.2f}"
        print(f"{what:44} {value:>14}  {peer:34} {shown:>6}  {limit:24} {mark}", flush=True)
        if holds is False:
            self.missed.append(what)

    def summary(self):
        print("\nall limits hold" if not self.missed else "\nmissed: " + "; ".join(self.missed))
        return 1 if self.missed else 0
