#!/usr/bin/env python3
"""third_city.py FILE: writes an extract of the middle of Neubrandenburg as it was in 2015.

It is part of the test data of JOSM, in the sources that Debian 12 keeps of it (57 MB, © OpenStreetMap contributors, ODbL).
They are found by lists of their own: the system's stay as they are, and need not name sources."""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

VERSION = "0.0.svn18646+dfsg-1"
DATA = "josm-0.0.svn18646/nodist/data/neubrandenburg.osm.bz2"
DIGEST = "adee8159029bb2e218d68e85dbe98291b1802d286f92ffbcb97327017f27f3fc"
MIDDLE = "13.235,53.542,13.290,53.573"
SOURCE = "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) main"


def apt(folder, *words):
    settings = {
        "APT::Sandbox::User": "root",
        "Dir::State::lists": f"{folder}/lists",
        "Dir::Cache": f"{folder}/cache",
        "Dir::Etc::sourcelist": f"{folder}/sources.list",
        "Dir::Etc::sourceparts": "-",
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    subprocess.run(["apt-get", "-qq", *options, *words], cwd=folder, check=True)


def main():
    for tool in ("apt-get", "osmium"):
        if not shutil.which(tool):
            sys.exit(f"needs {tool} (Debian: apt, osmium-tool)")
    file = pathlib.Path(sys.argv[1])
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for made in ("lists/partial", "cache/archives/partial"):
            (work / made).mkdir(parents=True)
        main_packages = ["Identifier: Packages", "Label: Debian", "Component: main"]
        targets = ["apt-get", "indextargets", *main_packages, "--format", SOURCE]
        lines = subprocess.run(targets, check=True, capture_output=True, text=True).stdout.splitlines()
        (work / "sources.list").write_text("".join(f"{line}\n" for line in sorted(set(lines))))
        apt(folder, "update")
        apt(folder, "source", "--download-only", f"josm={VERSION}")
        (archive,) = work.glob("josm_*.orig.tar.gz")
        with tarfile.open(archive) as members:
            data = members.extractfile(DATA).read()
        if hashlib.sha256(data).hexdigest() != DIGEST:
            sys.exit(f"{DATA} is not what it was")
        (work / "city.osm.bz2").write_bytes(data)
        cut = ["osmium", "extract", "--no-progress", "--bbox", MIDDLE, work / "city.osm.bz2", "--output", work / "middle.osm.pbf"]
        subprocess.run(cut, check=True)
        shutil.move(work / "middle.osm.pbf", file)


if __name__ == "__main__":
    main()
