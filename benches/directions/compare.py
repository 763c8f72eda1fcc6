#!/usr/bin/env python3
"""compare.py --valhalla FOLDER --walks FILE WORK EXTRACT...: the turns of walks beside what the extract says, and beside Valhalla's guidance.

    directions 25 EXTRACT... > FILE
    pip install --target FOLDER --python-version 3.12 --only-binary :all: --no-deps pyvalhalla==3.9.1

Only the programs in that package are used, so its Python version does not matter; WORK keeps its tiles. osmium reads the
extract here: a junction is a node at which three ways or more on which one may walk meet. Of each junction inside a leg, the
turn is that of the line over 15 m before and after it. Told: there is an instruction within 25 m along the way. Side: the
nearest of them turns to the side to which the line bends. False: a left or right where the line bends by less than 20° to that
side, anywhere within 10 m. Fails where the instructions under test miss the marks.
"""

import argparse
import hashlib
import json
import math
import runpy
import subprocess
import sys
from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate
from pathlib import Path

import osmium

WINDOW, NEAR, LEEWAY = 15, 25, 10
TURN, BEND = 50, 20
MARKS = {"told": 99, "side": 99, "false": 1}
WALKABLE = set(
    "footway pedestrian path bridleway track steps living_street residential unclassified road service tertiary tertiary_link"
    " secondary secondary_link primary primary_link".split()
)
CLOSED = {"no", "private", "customers", "delivery", "agricultural", "forestry", "military", "use_sidepath"}
# Valhalla's numbers: slight, plain and sharp; turning round is a turn to either side.
THEIRS = {9: 1, 10: 1, 11: 1, 18: 1, 20: 1, 23: 1, 14: -1, 15: -1, 16: -1, 19: -1, 21: -1, 24: -1, 12: 2, 13: 2}
# Setting out and arriving.
ARRIVALS = {1, 2, 3, 4, 5, 6}
OURS = {"slight_right": 1, "right": 1, "sharp_right": 1, "slight_left": -1, "left": -1, "sharp_left": -1, "u_turn": 2}


def may_walk(tags):
    if tags.get("highway") not in WALKABLE:
        return False
    if tags.get("indoor", "no") != "no" or "conveying" in tags:
        return False
    return tags.get("foot", tags.get("access", "yes")) not in CLOSED


def junctions(extract):
    """Positions of the junctions, in units of 1e-7 degrees."""
    neighbours, positions = defaultdict(set), {}
    for way in osmium.FileProcessor(extract, osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if not way.is_way() or not may_walk(way.tags):
            continue
        nodes = [node for node in way.nodes if node.location.valid()]
        for a, b in zip(nodes, nodes[1:]):
            neighbours[a.ref].add(b.ref)
            neighbours[b.ref].add(a.ref)
        positions.update((node.ref, (node.location.x, node.location.y)) for node in nodes)
    return {positions[node] for node, others in neighbours.items() if len(others) > 2}


def metres(a, b):
    north = math.radians(b[1] - a[1])
    east = math.radians(b[0] - a[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return 6371008.8 * math.hypot(north, east)


def bearing(a, b):
    return math.degrees(math.atan2((b[0] - a[0]) * math.cos(math.radians(a[1])), b[1] - a[1]))


def angle(into, out):
    return (out - into + 540) % 360 - 180


class Line:
    """A path by the metre."""

    def __init__(self, path):
        self.path, self.along = path, [0.0]
        for a, b in zip(path, path[1:]):
            self.along.append(self.along[-1] + metres(a, b))
        self.spikes = [
            self.along[i]
            for i in range(1, len(path) - 1)
            if abs(angle(bearing(path[i - 1], path[i]), bearing(path[i], path[i + 1]))) > 150
        ]

    def at(self, along):
        i = min(max(bisect_left(self.along, along), 1), len(self.path) - 1)
        length = self.along[i] - self.along[i - 1]
        share = min(max((along - self.along[i - 1]) / length, 0), 1) if length else 0
        a, b = self.path[i - 1], self.path[i]
        return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share

    def bend(self, along):
        """The turn here; none is judged across a point at which the walker turns round."""
        low = max([0.0, along - WINDOW] + [spike for spike in self.spikes if spike < along - 0.01])
        high = min([self.along[-1], along + WINDOW] + [spike for spike in self.spikes if spike > along + 0.01])
        here = self.at(along)
        if along - low < 0.5 or high - along < 0.5:
            return 0.0
        return angle(bearing(self.at(low), here), bearing(here, self.at(high)))

    def bends(self, along, side):
        """True if the line bends to a side within the leeway."""
        return any(self.bend(along + shift) * side >= BEND for shift in range(-LEEWAY, LEEWAY + 1))


class Tally:
    def __init__(self):
        self.turns = self.told = self.right = self.sides = self.false = 0

    def add(self, line, turns, instructions, low, high):
        """Instructions are pairs of metres along the line and side; those that set out are no turns."""
        for along, degrees in turns:
            self.turns += 1
            near = [it for it in instructions if abs(it[0] - along) <= NEAR]
            if not near:
                continue
            self.told += 1
            nearest = min(near, key=lambda it: (abs(it[0] - along), it[1] == 0))
            self.right += nearest[1] in (2, math.copysign(1, degrees))
        for along, side in instructions:
            if side in (-1, 1) and low < along < high:
                self.sides += 1
                self.false += not line.bends(along, side)

    def figures(self):
        percent = lambda part, whole: 100 * part / whole if whole else math.nan
        return {
            "told": percent(self.told, self.turns),
            "side": percent(self.right, self.told),
            "false": percent(self.false, self.sides),
        }

    def line(self, name, whose):
        cells = "".join(f"{value:8.1f} %" for value in self.figures().values())
        return f"{name:16}{whose:10}{self.turns:8}{cells}{self.sides:10}"

    def __iadd__(self, other):
        for key, value in vars(other).items():
            setattr(self, key, getattr(self, key) + value)
        return self


class Valhalla:
    """Guidance for pedestrians by the programs of the package pyvalhalla."""

    def __init__(self, folder, work, extract):
        self.programs, self.config = folder / "valhalla" / "bin", work / f"{extract.stem}.json"
        tiles = work / f"{extract.stem}-{hashlib.sha256(extract.read_bytes()).hexdigest()[:16]}"
        settings = plain(runpy.run_path(folder / "valhalla" / "valhalla_build_config.py")["config"])
        settings["mjolnir"].update(tile_dir=str(tiles.resolve()), concurrency=1)
        settings["mjolnir"].pop("tile_extract", None)
        settings["logging"]["type"] = ""
        self.config.write_text(json.dumps(settings))
        if not tiles.exists():
            tiles.mkdir(parents=True)
            self.run("valhalla_build_tiles", "-c", self.config, extract)

    def run(self, program, *words):
        return subprocess.run([self.programs / program, *map(str, words)], check=True, capture_output=True, text=True)

    def instructions(self, path):
        """Pairs of metres from the beginning and side; `None`: it finds no way along the path, or another one."""
        shape = [{"lon": lon, "lat": lat} for lon, lat in path]
        request = {"shape": shape, "costing": "pedestrian", "shape_match": "walk_or_snap", "shape_format": "geojson"}
        try:
            answer = json.loads(self.run("valhalla_service", self.config, "trace_route", json.dumps(request)).stdout)
        except (subprocess.CalledProcessError, json.JSONDecodeError):
            return None
        found, length = [], Line(path).along[-1]
        if abs(1000 * answer["trip"]["summary"]["length"] - length) > max(3, 0.02 * length):
            return None
        for leg in answer["trip"]["legs"]:
            shape = leg["shape"]["coordinates"] if isinstance(leg["shape"], dict) else decoded(leg["shape"])
            line = Line([tuple(point) for point in shape])
            for it in leg["maneuvers"]:
                if it["begin_shape_index"] > 0 and it["type"] not in ARRIVALS:
                    found.append((line.along[it["begin_shape_index"]], THEIRS.get(it["type"], 0)))
        return found


def plain(value):
    """The settings without those that have no default."""
    if not isinstance(value, dict):
        return value
    return {k: plain(v) for k, v in value.items() if type(v).__name__ != "Optional"}


def decoded(text):
    """The positions of a polyline with six digits."""
    numbers, value, shift = [], 0, 0
    for c in text:
        byte = ord(c) - 63
        value |= (byte & 31) << shift
        shift += 5
        if byte < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    lats, lons = numbers[0::2], numbers[1::2]
    return [(lon / 1e6, lat / 1e6) for lon, lat in zip(accumulate(lons), accumulate(lats))]


def legs(walk):
    """First and last point, and our instructions as pairs of point and side, of each leg."""
    starts = [leg["path_start"] for leg in walk["legs"]] + [len(walk["path"]) - 1]
    for leg, first, last in zip(walk["legs"], starts, starts[1:]):
        yield first, last, [(step["path_start"], OURS.get(step["maneuver"], 0)) for step in leg["steps"][1:]]


def compare(walks, crossings, peer, verbose):
    ours, theirs, lost = Tally(), Tally(), 0
    for walk in walks:
        path = [tuple(point) for point in walk["path"]]
        line = Line(path)
        is_junction = [(round(lon * 1e7), round(lat * 1e7)) in crossings for lon, lat in path]
        for first, last, steps in legs(walk):
            low, high = line.along[first], line.along[last]
            inside = (line.along[i] for i in range(first + 1, last) if is_junction[i])
            turns = [(along, line.bend(along)) for along in inside if low + 0.5 < along < high - 0.5]
            turns = [turn for turn in turns if TURN < abs(turn[1]) < 150]
            if last - first < 1 or high - low < 1:
                continue
            told = [(line.along[at], side) for at, side in steps]
            ours.add(line, turns, told, low, high)
            guidance = peer.instructions(path[first : last + 1])
            if guidance is None:
                lost += 1
            else:
                theirs.add(line, turns, [(low + along, side) for along, side in guidance], low, high)
            if verbose:
                explain(line, turns, told, low, high)
    return ours, theirs, lost


def explain(line, turns, told, low, high):
    """Prints what is missed, wrong or false."""
    for along, degrees in turns:
        tally = Tally()
        tally.add(line, [(along, degrees)], told, 0, 0)
        if tally.right != 1:
            near = [(round(it[0] - along), it[1]) for it in told if abs(it[0] - along) < 60]
            print(f"  turn of {degrees:.0f} at {line.at(along)}, {along - low:.0f} m after, {high - along:.0f} m before a stop: {near}")
    for along, side in told:
        if side in (-1, 1) and not line.bends(along, side):
            print(f"  false {side} at {line.at(along)}: {line.bend(along):.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("extracts", type=Path, nargs="+")
    parser.add_argument("--valhalla", type=Path, required=True)
    parser.add_argument("--walks", type=Path, required=True)
    parser.add_argument("--verbose", action="store_true", help="print each turn that is missed")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    walks = defaultdict(list)
    for line in options.walks.read_text().splitlines():
        walk = json.loads(line)
        walks[walk["city"]].append(walk)
    sums = [Tally(), Tally()]
    print(f"{'':16}{'':10}{'turns':>8}{'told':>10}{'side':>10}{'false':>10}{'of':>10}")
    for extract in options.extracts:
        city = extract.name.split(".")[0]
        peer = Valhalla(options.valhalla.resolve(), options.work, extract)
        *tallies, lost = compare(walks[city], junctions(extract), peer, options.verbose)
        for total, tally, whose in zip(sums, tallies, ("ours", "Valhalla")):
            total += tally
            print(tally.line(city, whose))
        print(f"{city}: {len(walks[city])} walks; {lost} legs that Valhalla finds no way along, or another one, are left out of its figures")
    for total, whose in zip(sums, ("ours", "Valhalla")):
        print(total.line("all", whose))
    figures = sums[0].figures()
    if figures["told"] < MARKS["told"] or figures["side"] < MARKS["side"] or figures["false"] > MARKS["false"]:
        sys.exit(f"missed: {MARKS}")


if __name__ == "__main__":
    main()
