#!/usr/bin/env python3
"""Runs this solver and PyVRP side by side on OPLib files, for the same time each.

    python3 -m venv VENV && VENV/bin/pip install pyvrp==0.14.1
    VENV/bin/python benches/oplib/compare_pyvrp.py [--millis N] [--seed N] --solver PATH FILE.oplib…

PyVRP takes the orienteering problem as a vehicle routing problem with one vehicle, a maximum distance and optional
clients. Its objective adds distances to prizes missed; prizes are scaled up so that any prize outweighs all distance.
"""

import argparse
import csv
import subprocess
from pathlib import Path
from statistics import mean

from oplib import Instance
from pyvrp import Model
from pyvrp.stop import MaxRuntime


def solve_with_pyvrp(instance: Instance, seconds: float, seed: int) -> float:
    """Score of PyVRP's best tour, the depot's included."""
    model = Model()
    scale = instance.cost_limit + 1
    places = [model.add_location(x=0, y=0) for _ in range(instance.dimension)]
    depot = model.add_depot(places[instance.depot])
    model.add_vehicle_type(max_distance=instance.cost_limit, start_depot=depot, end_depot=depot)
    for node, place in enumerate(places):
        if node != instance.depot:
            model.add_client(place, prize=round(instance.scores[node]) * scale, required=False)
    for a, row in enumerate(instance.distance):
        for b, distance in enumerate(row):
            if a != b:
                model.add_edge(places[a], places[b], distance=distance)
    result = model.solve(stop=MaxRuntime(seconds), seed=seed, display=False)
    if not result.is_feasible():
        return instance.scores[instance.depot]
    return result.best.prizes() / scale + instance.scores[instance.depot]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--millis", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--solver", type=Path, required=True, help="the built example oplib")
    options = parser.parse_args()
    print(f"{'score after ' + str(options.millis) + ' ms':28}{'here':>10}{'PyVRP':>10}{'PyVRP is behind':>18}")
    behind = []
    for path in options.files:
        instance = Instance(path.read_text())
        command = [options.solver, "--millis", str(options.millis), "--seed", str(options.seed), path]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        here = float(next(csv.DictReader(lines))["score"])
        there = solve_with_pyvrp(instance, options.millis / 1000, options.seed)
        behind.append(100 * (1 - there / here))
        print(f"{path.stem:28}{here:10.0f}{there:10.0f}{behind[-1]:16.2f} %")
    print(f"{'mean':48}{mean(behind):16.2f} %")


if __name__ == "__main__":
    main()
