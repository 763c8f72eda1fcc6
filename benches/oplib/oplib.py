"""Reads OPLib files (TSPLIB with COST_LIMIT, NODE_SCORE_SECTION and DEPOT_SECTION), independently of the solver."""

import math
import re

PI = 3.141592
EARTH_RADIUS = 6378.388


def nint(value: float) -> int:
    return int(value + 0.5)


def radians(angle: float) -> float:
    degrees = int(angle)
    return PI * (degrees + 5 * (angle - degrees) / 3) / 180


def geo(a, b) -> int:
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(radians, point)) for point in (a, b))
    q1, q2, q3 = math.cos(lon_a - lon_b), math.cos(lat_a - lat_b), math.cos(lat_a + lat_b)
    return int(EARTH_RADIUS * math.acos(min(1.0, 0.5 * ((1 + q1) * q2 - (1 - q1) * q3))) + 1)


def att(a, b) -> int:
    exact = math.sqrt(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / 10)
    rounded = nint(exact)
    return rounded + 1 if rounded < exact else rounded


DISTANCES = {
    "EUC_2D": lambda a, b: nint(math.dist(a, b)),
    "EUC_3D": lambda a, b: nint(math.dist(a, b)),
    "CEIL_2D": lambda a, b: math.ceil(math.dist(a, b)),
    "MAN_2D": lambda a, b: nint(abs(a[0] - b[0]) + abs(a[1] - b[1])),
    "MAX_2D": lambda a, b: max(nint(abs(a[0] - b[0])), nint(abs(a[1] - b[1]))),
    "ATT": att,
    "GEO": geo,
}

TRIANGLES = {
    "FULL_MATRIX": lambda row, n: range(n),
    "UPPER_ROW": lambda row, n: range(row + 1, n),
    "LOWER_COL": lambda row, n: range(row + 1, n),
    "LOWER_ROW": lambda row, n: range(row),
    "UPPER_COL": lambda row, n: range(row),
    "UPPER_DIAG_ROW": lambda row, n: range(row, n),
    "LOWER_DIAG_COL": lambda row, n: range(row, n),
    "LOWER_DIAG_ROW": lambda row, n: range(row + 1),
    "UPPER_DIAG_COL": lambda row, n: range(row + 1),
}


class Instance:
    """One file: `dimension`, `cost_limit`, `depot`, `scores[node]` and `distance[node][node]`, nodes counted from 0."""

    def __init__(self, text: str):
        self.values = dict(re.findall(r"^\s*([A-Z_0-9]+)\s*:\s*(.*?)\s*$", text, re.M))
        blocks = re.split(r"^\s*([A-Z_]+_SECTION)\s*:?\s*$", text, flags=re.M)
        self.sections = dict(zip(blocks[1::2], blocks[2::2]))
        self.dimension = int(self.values["DIMENSION"])
        self.cost_limit = math.floor(float(self.values["COST_LIMIT"]))
        self.depot = int(self.numbers("DEPOT_SECTION")[0]) - 1
        scores = self.numbers("NODE_SCORE_SECTION")
        self.scores = [score for _, score in sorted(zip(scores[::2], scores[1::2]))]
        self.distance = self.read_distances()

    def numbers(self, section: str) -> list[float]:
        return [float(word) for word in self.sections[section].split() if word != "EOF"]

    def read_distances(self) -> list[list[int]]:
        n, kind = self.dimension, self.values["EDGE_WEIGHT_TYPE"]
        if kind != "EXPLICIT":
            numbers, width = self.numbers("NODE_COORD_SECTION"), 4 if kind == "EUC_3D" else 3
            lines = sorted(numbers[i : i + width] for i in range(0, n * width, width))
            points, distance = [line[1:] for line in lines], DISTANCES[kind]
            return [[distance(a, b) for b in points] for a in points]
        form = self.values["EDGE_WEIGHT_FORMAT"]
        numbers = iter(self.numbers("EDGE_WEIGHT_SECTION"))
        matrix = [[0] * n for _ in range(n)]
        for row in range(n):
            for column in TRIANGLES[form](row, n):
                matrix[row][column] = round(next(numbers))
                if form != "FULL_MATRIX":
                    matrix[column][row] = matrix[row][column]
        return matrix

    def cost_and_score(self, tour: list[int]) -> tuple[int, float]:
        """Cost and score of a tour of node numbers counted from 1; the way back to the depot is added."""
        nodes = [node - 1 for node in tour]
        if nodes[0] != self.depot or len(set(nodes)) != len(nodes):
            raise ValueError("the tour does not begin at the depot, or visits a node twice")
        ways = zip(nodes, nodes[1:] + nodes[:1])
        cost = sum(self.distance[a][b] for a, b in ways if a != b)
        return cost, sum(self.scores[node] for node in nodes)
