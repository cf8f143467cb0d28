#!/usr/bin/env python3
"""Times `dfgen closure` beside `uv export --frozen` on every lock below a folder.

Usage: closure.py DFGEN UV FOLDER [RUNS]

Whole processes, the same selection (uv's default), in turn, the best of RUNS. Prints one line a lock, the ratio
uv / dfgen (above 1: dfgen is faster), and at the end its median and worst, for all locks and for large ones.
"""
import statistics
import subprocess
import sys
import time
from pathlib import Path

LARGE = 300


def seconds(command, folder):
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, done.returncode


def compare(dfgen, uv, folder, runs):
    commands = [
        [dfgen, "closure", "--python", "3.12.13"],
        [uv, "export", "--frozen", "--offline", "--quiet", "--no-hashes", "--no-header", "--no-annotate"],
    ]
    best = [float("inf")] * 2
    for _ in range(runs):
        for index, command in enumerate(commands):
            taken, code = seconds(command, folder)
            if code:
                return None
            best[index] = min(best[index], taken)
    return best


def main(dfgen, uv, root, runs=5):
    ratios, large = [], []
    for lock in sorted(Path(root).rglob("uv.lock")):
        best = compare(dfgen, uv, lock.parent, int(runs))
        if best is None:
            continue
        packages = lock.read_text().count("[[package]]")
        ratio = best[1] / best[0]
        ratios.append(ratio)
        if packages >= LARGE:
            large.append(ratio)
        name = lock.parent.relative_to(root)
        print(f"{ratio:6.2f}  dfgen {best[0] * 1000:6.1f} ms  uv {best[1] * 1000:6.1f} ms  {packages:4} packages  {name}")
    for name, values in [("all", ratios), (f"{LARGE} packages and more", large)]:
        if values:
            print(f"{name}: {len(values)} locks, median {statistics.median(values):.2f}, worst {min(values):.2f}")


main(*sys.argv[1:])
