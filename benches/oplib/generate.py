#!/usr/bin/env python3
"""Makes OPLib instances on point sets of many shapes, the same ones every time.

    generate.py FOLDER

The solver's parameters were chosen by its gaps on the first half of them and on published instances; the second half is for judging it.
`best_known.csv` beside this file has the best values that long runs of the solver itself have found.
Scores follow the three generations of Fischetti, Salazar and Toth (1998): all 1, pseudo-random, and growing with the distance from
the depot. The limit is about half of the shortest round trip, which is taken to be 1.2 times the minimum spanning tree.
"""

import math
import random
import shutil
import sys
from pathlib import Path
from typing import Callable

sys.dont_write_bytecode = True

from oplib import DISTANCES, TRIANGLES  # noqa: E402

Point = tuple[float, float]
SIDE = 4000


def uniform(draw: random.Random, n: int) -> list[Point]:
    return [(draw.randrange(SIDE), draw.randrange(SIDE)) for _ in range(n)]


def clusters(draw: random.Random, n: int) -> list[Point]:
    """Towns of very different density, and a tenth of all points between them."""
    centres = [(draw.uniform(0, SIDE), draw.uniform(0, SIDE), draw.uniform(30, 400)) for _ in range(3 + n // 40)]
    points = uniform(draw, n // 10)
    while len(points) < n:
        x, y, spread = draw.choice(centres)
        points.append((round(draw.gauss(x, spread)), round(draw.gauss(y, spread))))
    return points


def lattice(draw: random.Random, n: int) -> list[Point]:
    """Holes of a circuit board: many distances are equal."""
    width = math.ceil(math.sqrt(1.6 * n))
    return [(100 * x, 100 * y) for x, y in draw.sample([(x, y) for x in range(width) for y in range(width)], n)]


def rows(draw: random.Random, n: int) -> list[Point]:
    """The same part of a board again and again, in columns far apart."""
    columns = 3 + n // 80
    part = [(draw.randrange(0, 600, 25), draw.randrange(0, SIDE, 25)) for _ in range(n // columns)]
    points = [(1300 * column + x, y) for column in range(columns) for x, y in part]
    return points + uniform(draw, n - len(points))


def streets(draw: random.Random, n: int) -> list[Point]:
    """Along the lines of a coarse net, where neighbours are two at most."""
    def point() -> Point:
        along, line = draw.randrange(SIDE), 500 * draw.randrange(SIDE // 500)
        return (along, line) if draw.random() < 0.5 else (line, along)
    return [point() for _ in range(n)]


def islands(draw: random.Random, n: int) -> list[Point]:
    """Dense spots of equal points, with nothing between them."""
    spots = [(draw.randrange(SIDE), draw.randrange(SIDE)) for _ in range(2 + n // 60)]
    return [(x + 8 * draw.randrange(20), y + 8 * draw.randrange(20)) for x, y in (draw.choice(spots) for _ in range(n))]


def world(draw: random.Random, n: int) -> list[Point]:
    """Latitude and longitude in degrees and minutes, mostly on a few continents."""
    continents = [(draw.uniform(-40, 60), draw.uniform(-120, 140)) for _ in range(4)]
    def angle(around: float) -> float:
        return round(max(-85, min(175, draw.gauss(around, 14)))) + draw.randrange(60) / 100
    return [(angle(latitude), angle(longitude)) for latitude, longitude in (draw.choice(continents) for _ in range(n))]


# The base's name, its points, their number, and the type of the weights or the format of a matrix.
TUNED_ON = [
    (uniform, 60, "EUC_2D"), (uniform, 110, "CEIL_2D"), (uniform, 180, "EUC_2D"), (uniform, 260, "EUC_2D"),
    (uniform, 380, "ATT"), (clusters, 90, "EUC_2D"), (clusters, 165, "EUC_2D"), (clusters, 310, "EUC_2D"),
    (lattice, 130, "EUC_2D"), (lattice, 240, "EUC_2D"), (streets, 150, "UPPER_ROW"), (world, 75, "GEO"),
]
HELD_OUT = [
    (uniform, 51, "EUC_2D"), (uniform, 99, "EUC_2D"), (uniform, 150, "EUC_2D"), (uniform, 225, "LOWER_ROW"),
    (uniform, 320, "EUC_2D"), (uniform, 400, "EUC_2D"), (clusters, 127, "CEIL_2D"), (clusters, 198, "EUC_2D"),
    (clusters, 262, "EUC_2D"), (lattice, 175, "UPPER_DIAG_ROW"), (lattice, 280, "EUC_2D"), (rows, 124, "EUC_2D"),
    (rows, 318, "EUC_2D"), (islands, 48, "FULL_MATRIX"), (islands, 195, "EUC_2D"), (islands, 350, "EUC_2D"),
    (streets, 70, "LOWER_DIAG_ROW"), (streets, 290, "EUC_2D"), (world, 96, "GEO"), (world, 202, "GEO"),
]

SCORES: dict[str, Callable[[int, list[int]], int]] = {
    "gen1": lambda node, from_depot: 0 if node == 0 else 1,
    "gen2": lambda node, from_depot: 0 if node == 0 else 1 + (7141 * node + 73) % 100,
    "gen3": lambda node, from_depot: 0 if node == 0 else 1 + 99 * from_depot[node] // max(from_depot),
}


def spanning_tree(distance: list[list[int]]) -> int:
    """Length of the shortest one (Prim 1957)."""
    nearest, length = dict(enumerate(distance[0])), 0
    nearest.pop(0)
    while nearest:
        node = min(nearest, key=nearest.__getitem__)
        length += nearest.pop(node)
        nearest.update((other, distance[node][other]) for other in nearest if distance[node][other] < nearest[other])
    return length


def positions(kind: str, points: list[Point], distance: list[list[int]]) -> list[str]:
    if kind in DISTANCES:
        lines = [f"{node} {x} {y}" for node, (x, y) in enumerate(points, 1)]
        return [f"EDGE_WEIGHT_TYPE : {kind}", "NODE_COORD_SECTION", *lines]
    rows = (" ".join(str(distance[row][column]) for column in TRIANGLES[kind](row, len(points))) for row in range(len(points)))
    return ["EDGE_WEIGHT_TYPE : EXPLICIT", f"EDGE_WEIGHT_FORMAT : {kind}", "EDGE_WEIGHT_SECTION", *rows]


def write(folder: Path, shape: Callable, n: int, kind: str) -> None:
    points = shape(random.Random(f"{shape.__name__}{n}"), n)
    between = DISTANCES.get(kind, DISTANCES["EUC_2D"])
    distance = [[between(a, b) for b in points] for a in points]
    limit = round(0.6 * spanning_tree(distance))
    for generation, score in SCORES.items():
        name = f"{shape.__name__}{n}-{generation}-50"
        head = [f"NAME : {name}", "TYPE : OP", f"DIMENSION : {n}", f"COST_LIMIT : {limit}"]
        scores = [f"{node + 1} {score(node, distance[0])}" for node in range(n)]
        tail = ["NODE_SCORE_SECTION", *scores, "DEPOT_SECTION", "1", "-1", "EOF", ""]
        (folder / f"{name}.oplib").write_text("\n".join(head + positions(kind, points, distance) + tail))


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for base in TUNED_ON + HELD_OUT:
        write(folder, *base)
    shutil.copy(Path(__file__).with_name("best_known.csv"), folder)


if __name__ == "__main__":
    main()
