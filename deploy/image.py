#!/usr/bin/env python3
"""`make image`: builds both images with buildah, and tries their programs as nobody's user on a root that can't be written.

Where no registry can be reached the base is a Debian made by debootstrap, and the programs are compiled here instead of in the
first stage. PROFILE=dev takes unoptimised ones, for a test that is soon done. `image.py try` is run by the example `servers`,
beside databases."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wildside"
DEBIAN = CACHE / "debian-12"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target").absolute()
GIVEN = pathlib.Path("target/image")
PROFILE = os.environ.get("PROFILE") or "release"
PROGRAMS = TARGET / ("debug" if PROFILE == "dev" else PROFILE)
MARTIN = CACHE / "martin-1.14.0/bin/martin"
REGISTRY_BASE = "docker.io/library/debian:bookworm-slim"
LOCAL_BASE = "localhost/wildside-base"
IMAGES = {"wildside": "deploy/Dockerfile", "wildside-tiles": "deploy/tiles.Dockerfile"}
VERSION = "0.1.0"
# Beyond the base, of the optimised programs.
MOST_MEGABYTES = 60
# Somebody that no image knows.
NOBODY = "54321:0"
ENTER = """
    root=$1 extracts=$2 state=$3
    shift 3
    mount --bind "$root" "$root"
    mount --bind "$extracts" "$root/mnt"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    [ ! -d "$root/var/lib/tiles" ] || mount --bind "$state" "$root/var/lib/tiles"
    mount -o remount,bind,ro "$root"
    exec chroot --userspec="$USERSPEC" --groups=0 "$root" "$@"
"""


def buildah(*arguments, **options):
    command = ["buildah", "--storage-driver", "vfs", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}error: this failed: {' '.join(map(str, command))}")
    return done.stdout.strip()


def reaches_a_registry():
    """Whether the base can be had there; a name that does not resolve is known at once."""
    pull = ["timeout", "60", "buildah", "--storage-driver", "vfs", "pull", "--quiet", REGISTRY_BASE]
    return subprocess.run(pull, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def make_base():
    """The base image of a Debian that debootstrap makes once."""
    root = DEBIAN / "root"
    if not root.exists():
        print(f"no registry can be reached: making a Debian 12 in {DEBIAN}, once", flush=True)
        shutil.rmtree(DEBIAN, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", DEBIAN / "new"], check=True, stdout=subprocess.DEVNULL)
        for leftover in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man"):
            shutil.rmtree(DEBIAN / "new" / leftover, ignore_errors=True)
            (DEBIAN / "new" / leftover).mkdir()
        (DEBIAN / "new").rename(root)
    if LOCAL_BASE not in buildah("images", "--format", "{{.Name}}").splitlines():
        (DEBIAN / "Dockerfile").write_text('FROM scratch\nADD root/ /\nCMD ["bash"]\n')
        buildah("bud", "--isolation", "chroot", "--format", "docker", "--tag", LOCAL_BASE, str(DEBIAN))


def give(name):
    """The programs that the second stage takes, compiled here."""
    shutil.rmtree(GIVEN, ignore_errors=True)
    GIVEN.mkdir(parents=True)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", GIVEN)
    if name == "wildside-tiles":
        shutil.copy(MARTIN, GIVEN)
        return
    build = ["cargo", "build", "--quiet", "--locked", "--profile", PROFILE, "--workspace", "--bins"]
    subprocess.run(build, check=True, stdin=subprocess.DEVNULL)
    for program in ("wildside", "wildside-ingest"):
        subprocess.run(["strip", "-o", GIVEN / program, PROGRAMS / program], check=True)


def build(name, dockerfile, registry):
    begun = time.monotonic()
    arguments = ["--build-arg", f"PROFILE={PROFILE}"]
    if not registry:
        give(name)
        arguments = ["--build-arg", "PROGRAMS=given", "--build-arg", f"BASE_IMAGE={LOCAL_BASE}"]
    buildah(
        "bud", "--isolation", "chroot", "--format", "docker", "--layers", *arguments,
        "--file", dockerfile, "--tag", f"{name}:{VERSION}", ".",
    )
    print(f"{name}:{VERSION} built in {time.monotonic() - begun:.0f} s", flush=True)


class Mounted:
    """Files of an image."""

    def __init__(self, name):
        self.container = buildah("from", "--pull-never", name)
        self.root = buildah("mount", self.container)

    def remove(self):
        buildah("umount", self.container)
        buildah("rm", self.container)

    def megabytes(self):
        """As a registry counts layers before it compresses them."""
        return int(subprocess.check_output(["du", "-sx", "--block-size=1", self.root]).split()[0]) / 1e6


class Image(Mounted):
    """An image, entered as a container is."""

    def __init__(self, name):
        self.name = f"{name}:{VERSION}"
        super().__init__(self.name)
        self.config = json.loads(buildah("inspect", "--type", "image", self.name))["Docker"]["config"]

    def command(self, *arguments, state="/tmp", user=NOBODY, **variables):
        image = dict(pair.split("=", 1) for pair in self.config.get("Env", []))
        isolated = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", ENTER, "enter"]
        command = [*isolated, self.root, os.path.abspath("ingest/data"), state, *arguments]
        return command, {**image, **{k: str(v) for k, v in variables.items()}, "USERSPEC": user}

    def run(self, *arguments, code=0, **variables):
        command, environment = self.command(*arguments, **variables)
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        if done.returncode != code:
            sys.exit(f"{done.stdout}{done.stderr}error: {self.name}: {' '.join(arguments)} ended with {done.returncode}")
        return done.stdout

    def start(self, *arguments, **variables):
        command, environment = self.command(*arguments, **variables)
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def stop(*processes):
    """With all that they have started: who changes the user outlives its parent."""
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def expect(what, seen, right):
    if seen != right:
        sys.exit(f"error: {what} is {seen!r}, not {right!r}")


def wait_for(what, test, seconds=60):
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            sys.exit(f"error: {what} is not there within {seconds} s")
        time.sleep(0.2)


def status(url):
    answer = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url], capture_output=True, text=True)
    return answer.stdout


def healthy(image, mode, **variables):
    """What its own health check says, run as the runtime runs it."""
    command, environment = image.command(*image.config["Healthcheck"]["Test"][1:], WILDSIDE_MODE=mode, **variables)
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0


def walk(image, urls):
    """Migrates, loads a town, and takes a walk through it: every program of the image, each in a container of its own."""
    program = image.config["Entrypoint"]
    image.run(*program, "migrate", **urls)
    image.run("wildside-ingest", "--pbf", "/mnt/monaco.osm.pbf", **urls)
    server = {"WILDSIDE_BIND": "127.0.0.1:21411", "SESSION_ALLOW_EPHEMERAL": 1, "SESSION_COOKIE_SECURE": 0, **urls}
    worker = {"WILDSIDE_METRICS_BIND": "127.0.0.1:21412", **urls}
    running = [image.start(*program, "--mode", "server", **server), image.start(*program, "--mode", "worker", **worker)]
    try:
        wait_for("the server", lambda: healthy(image, "server", **server))
        wait_for("the worker", lambda: healthy(image, "worker", **worker))
        said = image.run(*program, "walk", "--server", "http://127.0.0.1:21411", "--at", "7.4246,43.7384", "--minutes", "45")
        print(f"{image.name} as {NOBODY}, read-only: {said.splitlines()[0]}", flush=True)
    finally:
        stop(*running)


def tiles(image, urls, state):
    """A tile of that town through both processes of the image."""
    shared = {"MARTIN_LISTEN": "127.0.0.1:21413", "MARTIN_ADDRESS": "127.0.0.1:21413", "TILES_LISTEN": "127.0.0.1:21414"}
    martin = image.start("martin", "--config", "/opt/wildside/martin/config.yaml", MARTIN_DATABASE_URL=urls["DATABASE_URL"], **shared)
    nginx = image.start(*image.config["Cmd"], state=state, **{**shared, "TILES_ACCESS_LOG": "/var/lib/tiles/access.log"})
    try:
        base = "http://127.0.0.1:21414"
        wait_for("the tile server", lambda: status(f"{base}/health") == "200")
        expect("a tile of the town", status(f"{base}/tiles/base/14/8529/5974.pbf"), "200")
        expect("the metrics from outside", status(f"{base}/_/metrics"), "404")
        line = json.loads((pathlib.Path(state) / "access.log").read_text().splitlines()[0])
        expect("the status in the log", line["status"], 200)
        print(f"{image.name} as {NOBODY}, read-only: a tile of {line['bytes']} bytes", flush=True)
    finally:
        stop(martin, nginx)


def try_all():
    """Beside databases of their own."""
    urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    wildside, tile_server = Image("wildside"), Image("wildside-tiles")
    state = tempfile.mkdtemp(prefix="wildside-tiles-")
    os.chmod(state, 0o777)
    try:
        for image in (wildside, tile_server):
            expect(f"the user of {image.name}", image.config["User"], "10001:0")
        expect("the ports", sorted(wildside.config["ExposedPorts"]), ["8080/tcp", "9090/tcp"])
        expect("the root", wildside.run("sh", "-c", "touch /x 2>/dev/null || echo closed"), "closed\n")
        walk(wildside, urls)
        tiles(tile_server, urls, state)
    finally:
        for image in (wildside, tile_server):
            image.remove()
        shutil.rmtree(state)


def weigh(base):
    for name in IMAGES:
        image, under = Mounted(f"{name}:{VERSION}"), Mounted(base)
        beyond = image.megabytes() - under.megabytes()
        print(f"{name}: {image.megabytes():.0f} MB, {beyond:.0f} MB beyond its base", flush=True)
        image.remove()
        under.remove()
        if PROFILE == "release" and beyond > MOST_MEGABYTES:
            sys.exit(f"error: {name} is more than {MOST_MEGABYTES} MB beyond its base")


def main():
    if sys.argv[1:] == ["try"]:
        return try_all()
    if os.geteuid():
        sys.exit("error: images are built as root here; with Docker: docker build -f deploy/Dockerfile .")
    registry = reaches_a_registry()
    if not registry:
        make_base()
    for name, dockerfile in IMAGES.items():
        build(name, dockerfile, registry)
    weigh(REGISTRY_BASE if registry else LOCAL_BASE)


if __name__ == "__main__":
    main()
