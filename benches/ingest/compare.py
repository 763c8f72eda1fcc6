#!/usr/bin/env python3
"""compare.py COPIES, run by the example `servers`: loads the same file with wildside-ingest and with osm2pgsql, and prints
seconds, megabytes a second and the largest memory of each."""

import math
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

# Ids stay apart by 2·10¹⁰ a copy, positions by 0.06°, in a square around where the copies begin.
IDS_APART = 20_000_000_000
DEGREES_APART = 0.06


def moved(line, copy, dx, dy):
    """A line of OPL, as an element of a copy."""
    kind, *fields = line.split(" ")
    shift = copy * IDS_APART

    def other(identifier):
        return str(int(identifier) + shift)

    def field(text):
        first, rest = text[:1], text[1:]
        if kind[0] == "n" and first == "x" and rest:
            return f"x{float(rest) + dx:.7f}"
        if kind[0] == "n" and first == "y" and rest:
            return f"y{float(rest) + dy:.7f}"
        if kind[0] == "w" and first == "N" and rest:
            return "N" + ",".join("n" + other(node.split("x")[0][1:]) for node in rest.split(","))
        if kind[0] == "r" and first == "M" and rest:
            members = (member.split("@", 1) for member in rest.split(","))
            return "M" + ",".join(f"{of[0]}{other(of[1:])}@{role}" for of, role in members)
        return text

    return " ".join([kind[0] + other(kind[1:]), *map(field, fields)])


def tile(source, copies, out):
    """A large extract, made of shifted copies of a small one with ids of their own."""
    text = subprocess.run(["osmium", "cat", source, "-f", "opl", "-o", "-"], check=True, capture_output=True, text=True)
    lines = text.stdout.splitlines()
    side = math.ceil(math.sqrt(copies))
    writer = subprocess.Popen(["osmium", "cat", "-", "-F", "opl", "-f", "pbf", "-o", out, "--overwrite"], stdin=subprocess.PIPE, text=True)
    for kind in "nwr":
        of_kind = [line for line in lines if line.startswith(kind)]
        for copy in range(copies):
            dx, dy = copy % side * DEGREES_APART, copy // side * DEGREES_APART
            writer.stdin.writelines(moved(line, copy, dx, dy) + "\n" for line in of_kind)
    writer.stdin.close()
    if writer.wait():
        sys.exit("osmium could not write the copies")


def measure(name, megabytes, command):
    """Runs a command and prints what it took."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{name:16} {seconds:7.1f} s  {megabytes / seconds:6.2f} MB/s  {cpu:6.1f} s CPU of its own"
        f"  {after.ru_maxrss // 1024:5} MB of memory",
        flush=True,
    )


def alone(work):
    """Does the work in a process of its own, whose children alone are counted."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except SystemExit as failure:
            print(failure, file=sys.stderr, flush=True)
            os._exit(1)
    if os.waitpid(pid, 0)[1]:
        sys.exit(1)


def main():
    for tool in ("osmium", "osm2pgsql"):
        if not shutil.which(tool):
            sys.exit(f"needs {tool} (Debian: osmium-tool, osm2pgsql)")
    ours, theirs = os.environ["OURS"], os.environ["THEIRS"]
    program = os.path.join(os.environ.get("CARGO_TARGET_DIR") or "target", "release/wildside-ingest")
    with tempfile.TemporaryDirectory() as folder:
        file = os.environ.get("BENCH_FILE") or f"{folder}/large.osm.pbf"
        if not os.path.exists(file):
            tile("ingest/data/monaco.osm.pbf", int(sys.argv[1]), file)
        megabytes = pathlib.Path(file).stat().st_size // 1_000_000
        print(f"{megabytes} MB of PBF", flush=True)
        load = [program, "--pbf", file, "--name", "bench", "--database-url", ours]
        alone(lambda: measure("wildside-ingest", megabytes, load))
        load = ["osm2pgsql", "-c", "-d", theirs, "--number-processes", "2", file]
        alone(lambda: measure("osm2pgsql", megabytes, load))


if __name__ == "__main__":
    main()
