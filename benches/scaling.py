#!/usr/bin/env python3
"""How CPU time and memory grow with the scene and with the number of scenes.

    scaling.py --program target/release/groundtell --work FOLDER [--sides 512 1024 ...] [--copies 1 4 16 64] [--rounds 5] [--json FILE]

Each side (10 m pixels) gets a simulated pair, made once in FOLDER with `groundtell simulate`; the line runs on it with
1 and with 2 threads, the sizes interleaved. The copies are runs of the smallest-but-one pair one after the other, each a
process of its own: what a batch of N tiles costs.
"""
import argparse
import json
import os
import shlex

from measured import machine, run, spread

RECIPE = ["--set", "output.previews=false"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", required=True, help="a folder with room: a full pair takes 2.5 GB")
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024, 2048, 4096, 8192, 10980])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--copies", type=int, nargs="*", default=[1, 4, 16, 64])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def pair(asked, side):
    """The simulated pair of a side, made unless it is there."""
    folder = os.path.join(asked.work, f"pair-{side}")
    if not os.path.exists(os.path.join(folder, "manifest.json")):
        run(shlex.join([asked.program, "simulate", "--out", folder, "--size", str(side), "--seed", "37", "--quiet"]))
    return folder


def command(asked, side, threads, out):
    folder = pair(asked, side)
    words = [asked.program, "change", "--before", f"{folder}/before", "--after", f"{folder}/after", "--out",
             os.path.join(asked.work, out), "--overwrite", "--quiet", "--threads", str(threads), *RECIPE]
    return shlex.join(words)


def sizes(asked):
    """Costs by side and threads, interleaved."""
    cases = [(side, threads) for side in asked.sides for threads in asked.threads]
    commands = {case: command(asked, *case, "out") for case in cases}
    costs = {case: [] for case in cases}
    for number in range(-1, asked.rounds):
        for case, words in commands.items():
            cost = run(words)
            if number >= 0:
                costs[case].append(cost)
    return costs


def show_sizes(costs):
    print(f"{'side':>6} {'threads':>7} {'CPU s':>8} {'CPU s/Mpx':>10} {'peak MiB':>9} {'wall s':>8}")
    rows = []
    for (side, threads), found in costs.items():
        cpu, peak, wall = (spread([cost[key] for cost in found]) for key in ("cpu_s", "peak_mib", "wall_s"))
        megapixels = side * side / 1e6
        print(f"{side:>6} {threads:>7} {cpu['median']:>8.3f} {cpu['median'] / megapixels:>10.4f} "
              f"{peak['median']:>9.0f} {wall['median']:>8.3f}")
        rows.append({"side": side, "threads": threads, "cpu_s": cpu, "peak_mib": peak, "wall_s": wall})
    return rows


def batches(asked):
    """Costs of N runs one after the other: sums of CPU and wall time, the greatest peak."""
    side = asked.sides[min(1, len(asked.sides) - 1)]
    print(f"\n{'copies':>6} {'CPU s':>8} {'CPU s each':>10} {'peak MiB':>9} {'wall s':>8}   (side {side})")
    rows = []
    for copies in asked.copies:
        found = [run(command(asked, side, max(asked.threads), f"out-{number}")) for number in range(copies)]
        cpu, wall = sum(cost["cpu_s"] for cost in found), sum(cost["wall_s"] for cost in found)
        peak = max(cost["peak_mib"] for cost in found)
        print(f"{copies:>6} {cpu:>8.2f} {cpu / copies:>10.3f} {peak:>9.0f} {wall:>8.2f}")
        rows.append({"copies": copies, "cpu_s": cpu, "wall_s": wall, "peak_mib": peak})
    return rows


def main():
    asked = arguments()
    found = {"machine": machine(), "sizes": show_sizes(sizes(asked)), "batches": batches(asked)}
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as out:
            json.dump(found, out, indent=1)


if __name__ == "__main__":
    main()
