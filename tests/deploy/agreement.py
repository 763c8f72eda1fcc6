"""What must agree between the manifests, compose.yaml, the units of systemd and the programs: variables, images, files, options."""

import pathlib
import re
import subprocess

import yaml

from manifests import containers, of_kind, pods, title

DEPLOY = pathlib.Path("deploy")
OURS = ("wildside", "wildside-tiles")


def known_variables():
    """Of the binary as its configuration documents them, each also as the name of a file; and of Martin and its nginx."""
    text = "\n".join(file.read_text() for file in sorted(pathlib.Path("src/config").glob("*.rs")))
    names = set(re.findall(r"/// \* `([A-Z_]+)`", text)) | {"WILDSIDE_MODE"}
    names |= {f"{name}_FILE" for name in ("DATABASE_URL", "REDIS_URL")}
    martin = "\n".join(file.read_text() for file in pathlib.Path("martin").iterdir() if file.is_file())
    return names, set(re.findall(r"\b((?:MARTIN|TILES)_[A-Z_]+)\b", martin))


def variables(documents):
    """Complaints about variables that no program reads."""
    ours, tiles = known_variables()
    complaints = []
    for workload, template in pods(documents):
        for container in containers(template):
            known = {"wildside": ours, "wildside-tiles": tiles | {"TILES_USER", "TILES_PASSWORD"}}.get(container["image"].split(":")[0])
            if known is None:
                continue
            given = {variable["name"] for variable in container.get("env", [])}
            for source in container.get("envFrom", []):
                found = [m for m in of_kind(documents, "ConfigMap") if m["metadata"]["name"] == source["configMapRef"]["name"]]
                given |= {name for config in found for name in config["data"]}
            complaints += [f"{title(workload)}: nothing reads {name}" for name in sorted(given - known)]
    for service, given in compose()["services"].items():
        known = {"wildside": ours, "wildside-tiles": tiles}.get(given["image"].split(":")[0])
        if known is not None:
            complaints += [f"compose.yaml, {service}: nothing reads {name}" for name in sorted(given.get("environment", {}).keys() - known)]
    for file in DEPLOY.glob("systemd/*"):
        names = set(re.findall(r"^(?:Environment=)?([A-Z][A-Z_]+)=", file.read_text(), re.MULTILINE))
        complaints += [f"{file}: nothing reads {name}" for name in sorted(names - ours)]
    return complaints


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def images(documents):
    """Complaints about images without a version, or of another one than elsewhere."""
    version = re.search(r'^version = "(.*)"', pathlib.Path("Cargo.toml").read_text(), re.MULTILINE).group(1)
    used = [(title(workload), c["image"]) for workload, template in pods(documents) for c in containers(template)]
    used += [(f"compose.yaml, {name}", service["image"]) for name, service in compose()["services"].items()]
    complaints, seen = [], {}
    for user, image in used:
        name, _, tag = image.rpartition(":")
        if not name or tag == "latest":
            complaints.append(f"{user}: {image} names no version")
        elif name in OURS and tag != version:
            complaints.append(f"{user}: {image} is not of {version}")
        elif seen.setdefault(name, image) != image:
            complaints.append(f"{user}: {image} is elsewhere {seen[name]}")
    return complaints


def options(documents, wildside):
    """Complaints about arguments that the binary does not take."""
    complaints = []
    calls = [(title(w), c["args"]) for w, t in pods(documents) for c in containers(t) if c["image"].split(":")[0] == "wildside"]
    calls += [(f"compose.yaml, {name}", service["command"]) for name, service in compose()["services"].items()
              if service["image"].startswith("wildside:") and "entrypoint" not in service]
    for user, arguments in calls:
        done = subprocess.run([wildside, *map(str, arguments), "--help"], capture_output=True, text=True)
        if done.returncode:
            complaints.append(f"{user}: {' '.join(map(str, arguments))}: {done.stderr.splitlines()[0]}")
    return complaints


def files():
    """Complaints about files that compose.yaml mounts and the Dockerfiles copy, and that are not there."""
    complaints = []
    for name, service in compose()["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not (DEPLOY / source).exists():
                complaints.append(f"compose.yaml, {name}: {source} is not there")
    for dockerfile in ("Dockerfile", "tiles.Dockerfile"):
        for line in re.findall(r"^COPY (?!--from)(.*)$", (DEPLOY / dockerfile).read_text(), re.MULTILINE):
            for source in line.split()[:-1]:
                if not source.startswith("target/") and not pathlib.Path(source).exists():
                    complaints.append(f"{dockerfile}: {source} is not there")
    return complaints


def secrets():
    """Complaints about secrets that compose.yaml uses without a file, or that deploy/README.md does not make."""
    made, readme = compose()["secrets"], (DEPLOY / "README.md").read_text()
    used = {secret for service in compose()["services"].values() for secret in service.get("secrets", [])}
    complaints = [f"compose.yaml: no secret {name}" for name in sorted(used - made.keys())]
    return complaints + [f"deploy/README.md: does not make {name}" for name in made if f"> {name}" not in readme]
