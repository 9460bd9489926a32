#!/usr/bin/env python3
"""Runs commands side by side, interleaved (A B A B ...), and prints what each cost and the ratios round by round.

    compare.py [--rounds 7] [--json FILE] [--markdown] [--env NAME=VALUE ...] LABEL=COMMAND LABEL=COMMAND [...]

The first command is ours; every other is a peer. CPU seconds are user plus system, memory is the peak resident set; both
come from the kernel. One unmeasured round goes first, so that files are in the page cache for all alike.
A ratio is ours over the peer's in the same round: below 1 means less than the peer.
"""
import argparse
import json
import sys

from measured import machine, run, spread

COLUMNS = [("cpu_s", "CPU s", 2), ("peak_mib", "peak MiB", 0), ("wall_s", "wall s", 2)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="+", metavar="LABEL=COMMAND")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE", help="write every single measurement here")
    parser.add_argument("--markdown", action="store_true", help="print a table for a README")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="set for all commands")
    parser.add_argument("--no-warm-up", action="store_true")
    asked = parser.parse_args()
    if asked.rounds < 5:
        parser.error("fewer than 5 rounds make no median worth quoting")
    return asked


def measured(commands, rounds, environment, warm_up):
    """Costs of every command in every round."""
    costs = {label: [] for label, _ in commands}
    for number in range(-1 if warm_up else 0, rounds):
        for label, command in commands:
            cost = run(command, environment)
            if number >= 0:
                costs[label].append(cost)
        print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return costs


def summary(costs):
    """Medians of each command, and of the ratios of the first to each other one, pair by pair."""
    labels = list(costs)
    ours = costs[labels[0]]
    def ratios(peer, key):
        return [own[key] / other[key] for own, other in zip(ours, costs[peer])]
    return {
        "costs": {label: {key: spread([cost[key] for cost in costs[label]]) for key, _, _ in COLUMNS} for label in labels},
        "ratios": {peer: {key: spread(ratios(peer, key)) for key, _, _ in COLUMNS} for peer in labels[1:]},
    }


def show(found, rounds):
    print(f"median (least to greatest) of {rounds} interleaved rounds")
    for label, cost in found["costs"].items():
        cells = [f"{title} {cost[key]['median']:.{digits}f} ({cost[key]['min']:.{digits}f} to {cost[key]['max']:.{digits}f})"
                 for key, title, digits in COLUMNS]
        print(f"{label:>16}  {'   '.join(cells)}")
    for peer, ratio in found["ratios"].items():
        cells = [f"{title.split()[0]} {ratio[key]['median']:.3f} ({ratio[key]['min']:.3f} to {ratio[key]['max']:.3f})"
                 for key, title, _ in COLUMNS]
        print(f"{'/ ' + peer:>16}  {'   '.join(cells)}")


def show_markdown(found):
    print("| what | CPU s | peak MiB | CPU, ours over it | memory, ours over it |\n|---|---|---|---|---|")
    for label, cost in found["costs"].items():
        cells = [f"{cost[key]['median']:.{digits}f} ({cost[key]['min']:.{digits}f} to {cost[key]['max']:.{digits}f})"
                 for key, _, digits in COLUMNS[:2]]
        ratio = found["ratios"].get(label)
        cells += [f"{ratio[key]['median']:.2f}" if ratio else "" for key, _, _ in COLUMNS[:2]]
        print(f"| {label} | {' | '.join(cells)} |")


def main():
    asked = arguments()
    commands = [tuple(command.split("=", 1)) for command in asked.commands]
    environment = dict(item.split("=", 1) for item in asked.env)
    costs = measured(commands, asked.rounds, environment, not asked.no_warm_up)
    found = summary(costs)
    show(found, asked.rounds)
    if asked.markdown:
        show_markdown(found)
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as out:
            json.dump({"machine": machine(), "commands": dict(commands), "environment": environment,
                       **found, "rounds": costs}, out, indent=1)


if __name__ == "__main__":
    main()
