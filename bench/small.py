"""Start-up, hashing, and the scheduler alone."""
import os
import shutil
import statistics
import subprocess
import time

from common import BENCH, BUILD, SOURCE, in_turn, milliseconds, run


def startup(table):
    table.heading("start-up")
    document = SOURCE / "examples/phage/images/align/kliko.yml"
    version, validate, nothing = in_turn(
        41, lambda: run(["boxcar", "--version"]), lambda: run(["boxcar", "validate", document]), lambda: run(["/bin/true"]))
    table.row("boxcar --version", milliseconds(version), f"/bin/true {milliseconds(nothing)}", version / nothing,
              "< 10 ms", version < 0.010)
    table.row("boxcar validate, a small file", milliseconds(validate), f"/bin/true {milliseconds(nothing)}",
              validate / nothing, "< 20 ms", validate < 0.020)


def hashing(table):
    table.heading("hashing")
    file, tree = BENCH / "2GiB", BENCH / "20000-files"
    if not file.exists():
        block = os.urandom(1 << 26)
        with open(BENCH / "2GiB.new", "wb") as partial:
            for _ in range(2 << 30 >> 26):
                partial.write(block)
        (BENCH / "2GiB.new").rename(file)
    if not tree.exists():
        partial = BENCH / "20000-files.new"
        shutil.rmtree(partial, ignore_errors=True)
        for directory in range(200):
            (partial / str(directory)).mkdir(parents=True)
            for number in range(100):
                (partial / str(directory) / str(number)).write_bytes(f"{directory} {number}\n".encode() * 500)
        partial.rename(tree)
    time.sleep(3)  # what changed just now is not believed to stay
    run(["cat", file])

    stores = iter(BENCH / f"hash-store-{time.time_ns()}-{i}" for i in range(99))
    used = []

    def fresh(path):
        used.append(next(stores))
        run([BUILD / "bench/digest", used[-1], path])

    ours, openssl = in_turn(3, lambda: fresh(file), lambda: run(["openssl", "dgst", "-sha256", file]))
    table.row("one file of 2 GiB", f"{2.147 / ours:.2f} GB/s", f"openssl dgst {2.147 / openssl:.2f} GB/s", openssl / ours,
              ">= 0.90 of openssl", openssl / ours >= 0.9)
    batched = ["sh", "-c", f"find {tree} -type f -print0 | xargs -0 -P2 -n 1000 openssl dgst -sha256"]
    ours, openssl = in_turn(7, lambda: fresh(tree), lambda: run(batched))
    table.row("20,000 files", milliseconds(ours), f"xargs -P2 openssl {milliseconds(openssl)}", openssl / ours,
              ">= 0.90 of openssl", openssl / ours >= 0.9)
    again = statistics.median(run([BUILD / "bench/digest", used[-1], tree]) for _ in range(7))
    table.row("20,000 files, nothing changed", milliseconds(again), "", None, "< 100 ms", again < 0.1)
    for store in used:
        shutil.rmtree(store)


def scheduler(table):
    table.heading("the scheduler alone: fake engine, results and record in memory, first time")
    for shape in ("chain", "fan"):
        seconds = {}
        for steps in (10_000, 100_000):
            times = [float(subprocess.check_output([BUILD / "bench/scheduler_bench", shape, str(steps)])) for _ in range(3)]
            seconds[steps] = statistics.median(times)
            rate = steps / seconds[steps]
            table.row(f"{shape} of {steps:,}", f"{rate:,.0f}/s", "", None, ">= 20,000 steps/s", rate >= 20_000)
        growth = seconds[100_000] / seconds[10_000]
        table.row(f"{shape}: time of 100,000 over that of 10,000", f"{growth:.1f}", "", growth / 10, "in proportion: <= 13",
                  growth <= 13)
