#!/usr/bin/env python3
"""counts.py INGEST EXTRACT...: places by kind as wildside-ingest counts them, beside a count that shares nothing with it
but the catalogue: osmium reads the extract, and the rules are applied here. Fails where the two can't be reconciled.
"""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

CATALOGUE = Path(__file__).parents[2] / "engine/src/places/catalogue.toml"
CONDITION = re.compile(r"(!?)([^=~<>!]+)(!=|=|~|<|>)?(.*)")


def year(date):
    date = date.strip()
    if date.startswith(("after", ">")):
        return None
    if re.fullmatch(r"C\d+", date):
        found = (int(date[1:]) - 1) * 100
    else:
        digits = [run for run in re.split(r"\D", date) if len(run) == 4]
        found = int(digits[0]) if digits else 0
    return found if 500 <= found <= 2100 else None


@cache
def conditions(rule):
    return [CONDITION.fullmatch(condition).groups() for condition in rule.split()]


def holds(condition, tags):
    absent, key, operator, operand = condition
    value = tags.get(key) or None
    if absent:
        return value is None
    wanted = operand.split("|")
    has = value is not None and any(part.strip() in wanted for part in value.split(";"))
    if operator == "!=":
        return not has
    if value is None:
        return False
    if operator == "~":
        return any(part.lower() in value.lower() for part in wanted)
    if operator in "<>":
        found = year(value)
        return found is not None and (found < int(operand) if operator == "<" else found > int(operand))
    return operand == "*" or has


def any_holds(rules, tags):
    return any(all(holds(condition, tags) for condition in conditions(rule)) for rule in rules)


def has_name(kind, tags):
    if kind.get("unnamed") or any((tags.get(key) or "").strip() for key in ("name", "name:en", "official_name", "loc_name")):
        return True
    address = tags.get("addr:housename") or (tags.get("addr:street") and tags.get("addr:housenumber"))
    return bool(tags.get("wikidata") and address)


def has_theme(catalogue, kind, tags):
    themes = dict(kind["themes"])
    for refinement in catalogue["refinement"]:
        if kind["name"] in refinement.get("kinds", [kind["name"]]) and any_holds(refinement["when"], tags):
            for theme, weight in refinement.get("raise", {}).items():
                themes[theme] = max(weight, themes.get(theme, 0))
            for theme, weight in refinement.get("lower", {}).items():
                if theme in themes:
                    themes[theme] = min(weight, themes[theme])
    return any(weight > 0 for weight in themes.values())


def kind_of(catalogue, tags):
    kind = next((kind for kind in catalogue["kind"] if any_holds(kind["when"], tags)), None)
    stop = kind and not any_holds(catalogue["excluded"], tags) and has_name(kind, tags) and has_theme(catalogue, kind, tags)
    return kind["name"] if stop else None


def elements(extract):
    """Type and tags of each tagged element. In OPL `%20%` is a space, and so on."""
    unescape = lambda text: re.sub(r"%([0-9a-f]+)%", lambda code: chr(int(code[1], 16)), text)
    opl = subprocess.run(["osmium", "cat", "-f", "opl", extract], check=True, capture_output=True, text=True).stdout
    for line in opl.splitlines():
        tags = next((field[1:] for field in line.split(" ") if field.startswith("T")), "")
        if tags:
            yield line[0], {unescape(k): unescape(v) for k, v in (tag.split("=") for tag in tags.split(","))}


def by_osmium(extract):
    catalogue = tomllib.loads(CATALOGUE.read_text())
    # A relation without a type means nothing, and a route is a way to go, not a place.
    places = (tags for kind, tags in elements(extract) if kind != "r" or tags.get("type") not in (None, "", "route"))
    return Counter(filter(None, (kind_of(catalogue, tags) for tags in places)))


def by_ingest(program, extract):
    """Places by kind, and how many were left out because they have no position or are there twice."""
    report = subprocess.run([program, "--pbf", extract, "--dry-run"], check=True, capture_output=True, text=True).stdout
    sections = re.split(r"^(.*):$", report, flags=re.MULTILINE)
    counts = {
        title: {name: int(count) for count, name in re.findall(r"^ +(\d+)  (.*)$", text, re.MULTILINE)}
        for title, text in zip(sections[1::2], sections[2::2])
    }
    left_out = counts["left out"]
    reasons = ("places mapped twice", "ways without a node", "relations without a place")
    return Counter(counts["places by kind"]), {reason: left_out.get(reason, 0) for reason in reasons}


def main(program, *extracts):
    sound = True
    for extract in extracts:
        direct, (ours, left_out) = by_osmium(extract), by_ingest(program, extract)
        print(f"{Path(extract).name}: places by kind, counted with osmium and by wildside-ingest")
        for name, count in direct.most_common():
            print(f"  {name:22} {count:5} {ours[name]:5}{'' if count == ours[name] else f'  {ours[name] - count:+}'}")
        missing = direct.total() - ours.total()
        print(f"  {'all':22} {direct.total():5} {ours.total():5}  {-missing:+}: {left_out}")
        sound &= missing == sum(left_out.values()) and all(ours[name] <= direct[name] for name in ours)
    sys.exit(None if sound else "the counts can't be reconciled")


main(*sys.argv[1:])
