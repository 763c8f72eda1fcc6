#!/usr/bin/env python3
"""Prints the gaps to the best known values of a folder of OPLib instances.

    gaps.py [--seeds N] [--millis N,N,…] [--solver PATH] FOLDER

The folder has the files and a best_known.csv with the columns instance, n and best_known. Each instance is solved with
each number of milliseconds and each seed. Tours are checked here, against distances and scores read anew.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean

sys.dont_write_bytecode = True

import generate  # noqa: E402
from oplib import Instance  # noqa: E402

SMALL = 200
HELD_OUT = {f"{shape.__name__}{n}" for shape, n, _ in generate.HELD_OUT}


def target_folder() -> Path:
    described = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--no-deps", "--offline"], check=True, capture_output=True
    )
    return Path(json.loads(described.stdout)["target_directory"])


def gap_of(line: dict[str, str], instance: Instance, best: float) -> float:
    """Gap in percent of one line of the solver's output; stops if its tour is not what it says."""
    tour = [int(node) for node in line["tour"].split()]
    cost, score = instance.cost_and_score(tour)
    if cost > instance.cost_limit or cost != int(line["cost"]) or score != float(line["score"]):
        sys.exit(f"{line['name']}: the tour is not valid: cost {cost}, score {score}, said {line}")
    return 100 * (1 - score / best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--millis", default="10,50,800,2000", help="2000 is for more than %d nodes only" % SMALL)
    parser.add_argument("--solver", type=Path)
    options = parser.parse_args()
    solver = options.solver or target_folder() / "release" / "examples" / "oplib"
    with open(options.folder / "best_known.csv", newline="") as table:
        known = {row["instance"]: row for row in csv.DictReader(table)}
    files = {name: options.folder / f"{name}.oplib" for name in known}
    files = {name: path for name, path in files.items() if path.exists()}
    instances = {name: Instance(path.read_text()) for name, path in files.items()}
    efforts = [int(word) for word in options.millis.split(",")]

    gaps: dict[tuple[str, int], list[float]] = {}
    for millis in efforts:
        asked = [path for name, path in files.items() if millis < 2000 or instances[name].dimension > SMALL]
        for seed in range(1, options.seeds + 1):
            command = [solver, "--millis", str(millis), "--seed", str(seed), *asked]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            for line in csv.DictReader(lines):
                name = line["name"]
                gap = gap_of(line, instances[name], float(known[name]["best_known"]))
                gaps.setdefault((name, millis), []).append(gap)

    print_table(instances, efforts, gaps)


def print_table(instances, efforts, gaps) -> None:
    print("mean gap in % of the best known value" + "".join(f"{millis:>9} ms" for millis in efforts))
    for name in instances:
        cells = [gaps.get((name, millis)) for millis in efforts]
        print(f"{name:37}" + "".join(f"{mean(cell):12.3f}" if cell else " " * 12 for cell in cells))
    is_held_out = {name: name.split("-")[0] in HELD_OUT for name in instances}
    for title, chosen in [
        (f"mean, {part}, n {'≤' if small else '>'} {SMALL}", [
            name for name in instances
            if is_held_out[name] == (part == "held out") and (instances[name].dimension <= SMALL) == small
        ])
        for part in ("tuned on", "held out")
        for small in (True, False)
    ] + [("mean", list(instances))]:
        if not chosen:
            continue
        columns = [[mean(gaps[name, millis]) for name in chosen if (name, millis) in gaps] for millis in efforts]
        print(f"{title:37}" + "".join(f"{mean(column):12.3f}" if column else " " * 12 for column in columns))


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as fault:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {fault}")
