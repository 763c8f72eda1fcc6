#!/usr/bin/env python3
"""Times the matrix of this engine and of OSRM (contraction hierarchies) on the same streets and positions.

    pip install --target OSRM --python-version 3.12 --only-binary :all: --no-deps osrm-bindings==26.10.0
    compare_osrm.py --osrm OSRM --ours PATH-OF-EXAMPLE-matrix FOLDER

Only the programs in that package are used, so its Python version does not matter. OSRM prepares each city once for its foot profile,
which takes minutes; the results stay in FOLDER. Its times are those of HTTP requests on one connection, answers in JSON
included, so its server's CPU time is shown beside them.
"""

import argparse
import csv
import hashlib
import http.client
import os
import socket
import subprocess
import time
from pathlib import Path
from statistics import median

RUNS = 20


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def prepare(programs: Path, streets: Path) -> float:
    """Prepares a city unless that is done already; gives the CPU seconds that it took."""
    note, digest = streets.with_suffix(".prepared"), hashlib.sha256(streets.read_bytes()).hexdigest()
    if not note.exists() or note.read_text().split()[0] != digest:
        before = os.times()
        profile = programs.parent / "share" / "profiles" / "foot.lua"
        for command in (["osrm-extract", "-p", profile, streets], ["osrm-contract", streets.with_suffix(".osrm")]):
            subprocess.run([programs / command[0], *command[1:]], check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        note.write_text(f"{digest} {seconds}")
    return float(note.read_text().split()[1])


def connect(port: int, server: subprocess.Popen) -> http.client.HTTPConnection:
    """A connection to the server as soon as it listens."""
    deadline = time.monotonic() + 60
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        try:
            connection.connect()
            return connection
        except ConnectionRefusedError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def ask(connection: http.client.HTTPConnection, positions: str) -> float:
    """Milliseconds of one matrix."""
    began = time.perf_counter()
    connection.request("GET", f"/table/v1/foot/{positions}")
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(body)
    return 1000 * (time.perf_counter() - began)


def theirs(programs: Path, folder: Path, city: str, places: str) -> tuple[float, float]:
    """Median milliseconds of a request, and the server's CPU milliseconds for each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    positions = ";".join((folder / f"{city}-{places}.csv").read_text().split())
    command = [programs / "osrm-routed", "-t", "1", "-i", "127.0.0.1", "-p", str(port), "-a", "CH", "--max-table-size", "1000"]
    with subprocess.Popen([*command, folder / f"{city}.osrm"], stdout=subprocess.DEVNULL) as server:
        try:
            connection = connect(port, server)
            ask(connection, positions)
            before = cpu_seconds(server.pid)
            millis = median(ask(connection, positions) for _ in range(RUNS))
            return millis, 1000 * (cpu_seconds(server.pid) - before) / RUNS
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--osrm", type=Path, required=True)
    parser.add_argument("--ours", type=Path, required=True)
    options = parser.parse_args()
    programs = options.osrm.resolve() / "osrm" / "bin"
    options.folder.mkdir(parents=True, exist_ok=True)
    ours = subprocess.run([options.ours, options.folder], check=True, capture_output=True, text=True).stdout
    print(f"{'milliseconds':12}{'places':>8}{'streets':>9}{'matrix':>9}{'OSRM':>9}{'its CPU':>9}{'prepared in':>14}")
    for row in csv.DictReader(ours.splitlines()):
        city, places = row["city"], row["places"]
        seconds = prepare(programs, options.folder / f"{city}.osm")
        request, cpu = theirs(programs, options.folder, city, places)
        print(f"{city:12}{places:>8}{row['survey']:>9}{row['matrix']:>9}{request:9.2f}{cpu:9.2f}{seconds:10.0f} s CPU")


if __name__ == "__main__":
    main()
