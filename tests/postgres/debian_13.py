#!/usr/bin/env python3
"""`make test-postgres-17`: runs the tests that ask the database most in a Debian 13. Its files are made once, by debootstrap,
in the user's cache; the checkout is mounted into them for this run alone, and so is a folder for temporary files."""

import fcntl
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wildside/debian-13"
ROOT = pathlib.Path.cwd()
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target").absolute()
PACKAGES = "postgresql-17 postgresql-17-postgis-3 redis-server"
# In namespaces of its own, so that no mount and no process outlives it.
ISOLATED = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
INSTALL = f"""
    mount -t proc proc /proc && apt-get update &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {PACKAGES} && apt-get clean"""
ENTER = """
    debian=$1 root=$2 target=$3 tmp=$4 folder=$5
    shift 5
    mount -t proc proc "$debian/proc"
    mount --rbind /dev "$debian/dev"
    for folder_in in "$root" "$target"; do
        mkdir -p "$debian$folder_in"
        mount --bind "$folder_in" "$debian$folder_in"
    done
    mount --bind "$tmp" "$debian/tmp"
    exec chroot "$debian" env -i PATH=/usr/sbin:/usr/bin HOME=/tmp RUST_BACKTRACE=0 sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""
# Folder, test program, and which of its tests.
TESTS = [
    ("ingest", "load", []),
    (".", "it", [
        "migrations::",
        *(f"tiles::{part}::" for part in ("base", "pois", "routes", "tokens")),
        *(f"jobs::{part}::" for part in ("generate_route", "places", "network", "ledger")),
        "api::walks::",
    ]),
]


def skip(why):
    """Ends the run; as a failure where it is required."""
    if os.environ.get("REQUIRED"):
        sys.exit(f"error: PostgreSQL 17 can't be tried: {why}")
    print(f"PostgreSQL 17 was NOT tried: {why}")
    sys.exit()


def works(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL).returncode == 0


def make_debian():
    print(f"making a Debian 13 in {CACHE}, once", flush=True)
    new = CACHE / "new"
    subprocess.run(["rm", "-rf", new], check=True)
    if not works("debootstrap", "--variant=minbase", "trixie", new) or not works(*ISOLATED, "chroot", new, "sh", "-c", INSTALL):
        skip("no Debian 13 could be made")
    new.rename(CACHE / "root")


def program(name):
    """Path of a compiled test program."""
    build = ["cargo", "test", "--quiet", "--workspace", "--test", name, "--no-run", "--message-format", "json"]
    out = subprocess.run(build, stdout=subprocess.PIPE, text=True)
    made = [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]
    found = [message["executable"] for message in made if message.get("executable") and message["target"]["name"] == name]
    return found[0] if found else sys.exit(f"error: {name} does not compile, see: cargo test --workspace --test {name} --no-run")


def main():
    if os.geteuid() != 0:
        skip("a Debian can be made and entered by root alone")
    if not works(*ISOLATED, "true"):
        skip("this system does not let root mount")
    if not works("deploy/local/install.sh", "compiler", "debootstrap"):
        skip("debootstrap can't be installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (CACHE / "root").is_dir():
            make_debian()
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bins"], check=True)
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o1777)
        for folder, name, filters in TESTS:
            print(f"{name} on PostgreSQL 17", flush=True)
            place = [CACHE / "root", ROOT, TARGET, tmp, ROOT / folder]
            if not works(*ISOLATED, "sh", "-euc", ENTER, "-", *place, program(name), *filters):
                sys.exit(1)
    version = ["chroot", CACHE / "root", "/usr/lib/postgresql/17/bin/postgres", "--version"]
    print("all of it passes on " + subprocess.run(version, capture_output=True, text=True).stdout.strip())


if __name__ == "__main__":
    main()
