"""What rules, dashboards and parsers use, held against what the programs really expose: all of them run, a walk is taken, and every
metric, label and field is looked for."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

import yaml

from manifests import of_kind
from prometheus import rules
from routes import free_port, metrics

MARTIN = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wildside/martin-1.14.0/bin/martin"
WORDS = set("""and or unless on by without ignoring group_left group_right bool offset sum min max count avg topk rate increase
    histogram_quantile absent vector time""".split())
# Not seen unless something breaks: where the code declares them, and their labels.
RARE = {"actor_restarts_total": ("actors/src/metrics.rs", {"actor", "reason"}), "job_retries_total": ("src/telemetry/metrics.rs", {"queue", "reason"})}
# Given by Prometheus and the service monitors.
ALWAYS = {"job", "instance"}
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")


def used(expression):
    """Metrics of an expression, each with the labels that are matched, and the labels that are grouped by."""
    text = re.sub(r"\[[^\]]*\]", "", expression)
    # What an endpoint's pattern has between braces is no selector.
    text = re.sub(r'"[^"]*"', '""', text)
    matched = {name: set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels)) for name, labels in SELECTOR.findall(text)}
    text = SELECTOR.sub(r"\1", text)
    grouped = set()
    for labels in re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", text):
        grouped |= set(re.findall(r"\w+", labels))
    text = re.sub(r"\b(?:by|on|without|ignoring)\s*\([^)]*\)", "", text)
    names = set(re.findall(r"(?<![\w.])[a-zA-Z_:][\w:]*", text.replace('""', ""))) - WORDS
    return {name: matched.get(name, set()) for name in names}, grouped


def series(text):
    """Names of metrics and the labels that they have been seen with."""
    found = {}
    for line in text.splitlines():
        if match := re.match(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ', line):
            found.setdefault(match[1], set()).update(re.findall(r'(\w+)="', match[2] or ""))
    return found


def declared():
    for name, (file, labels) in RARE.items():
        text = pathlib.Path(file).read_text()
        if f'"{name}"' in text and all(f'"{label}"' in text for label in labels):
            yield name, labels


def expressions(documents):
    """Every expression of rules and dashboards, with where it is."""
    for rule in rules(documents):
        yield rule.get("alert") or rule["record"], rule["expr"]
    for config in of_kind(documents, "ConfigMap"):
        for file, text in config.get("data", {}).items():
            if file.endswith(".json"):
                for panel in json.loads(text)["panels"]:
                    for target in panel["targets"]:
                        yield f"{file}, panel `{panel['title']}`", target["expr"]


def complaints(documents, seen):
    """About metrics and labels that nothing exposes, and endpoints that the API has not."""
    recorded = {rule["record"]: set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"])))) for rule in rules(documents) if "record" in rule}
    seen = {**dict(declared()), **seen, **recorded, "up": set()}
    paths = json.loads(pathlib.Path("openapi.json").read_text())["paths"]
    found = []
    for where, expression in expressions(documents):
        names, grouped = used(expression)
        for name, labels in names.items():
            if name not in seen:
                found.append(f"{where}: nothing exposes {name}")
            else:
                found += [f"{where}: {name} has no label {label}" for label in sorted(labels - seen[name] - ALWAYS)]
        there = set().union(*(seen.get(name, set()) for name in names)) | ALWAYS
        found += [f"{where}: none of its metrics has a label {label}" for label in sorted(grouped - there)]
        for endpoint in re.findall(r'endpoint="([^"]*)"', expression):
            if endpoint not in paths:
                found.append(f"{where}: the API has no {endpoint}")
    return found


def log_fields(pipeline, line, tiles):
    """About fields that the parsers of Fluent Bit want and that log lines have not."""
    config = yaml.safe_load(pipeline)
    keys = {parser["name"]: parser["time_key"] for parser in config["parsers"]}
    found = [f"pipeline.yaml: the parser {name} wants {key}" for name, fields in (("wildside", line), ("tiles", tiles)) if (key := keys[name]) not in fields]
    parsers = {step["parser"] for step in config["pipeline"]["filters"] if step["name"] == "parser"}
    found += [f"pipeline.yaml: no parser {name}" for name in sorted(parsers - keys.keys())]
    for output in config["pipeline"]["outputs"]:
        wanted = set(re.findall(r"\$(\w+)", output["label_keys"] + " " + output["structured_metadata"])) - {"job"}
        found += [f"pipeline.yaml: no log line has {field}" for field in sorted(wanted - line.keys())]
    return found


def read(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode(errors="replace")


def until_read(url, words=""):
    """The answer, as soon as there is one with these words."""
    for _ in range(450):
        with contextlib.suppress(OSError):
            if words in (text := read(url)):
                return text
        time.sleep(0.2)
    raise SystemExit(f"error: nothing answers at {url}, or without `{words.strip()}`")


@contextlib.contextmanager
def started(folder, command, **variables):
    """A process that ends with the block; its output is in a file of the folder, named after the program."""
    log = pathlib.Path(folder, f"{pathlib.Path(command[0]).name}-{variables.get('WILDSIDE_MODE', '')}.log")
    with log.open("w") as out:
        process = subprocess.Popen(list(map(str, command)), env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield log
    finally:
        process.kill()
        process.wait()


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(map(str, command))}: {done.stdout}{done.stderr}")


def observe(programs, traefik):
    """All metrics of all programs after a walk, and a line of the server's log."""
    database, redis = os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
    run(f"{programs}/wildside-ingest", "--pbf", "ingest/data/monaco.osm.pbf")
    port = {name: free_port() for name in ("server", "admin", "worker", "martin", "postgresql", "redis")}
    at = {name: f"127.0.0.1:{number}" for name, number in port.items()}
    ours = {"WILDSIDE_BIND": at["server"], "WILDSIDE_ADMIN_BIND": at["admin"], "WILDSIDE_METRICS_BIND": at["worker"], "WILDSIDE_LOG_FORMAT": "json",
            "SESSION_COOKIE_SECURE": "0", "SESSION_ALLOW_EPHEMERAL": "1", "OVERPASS_URL": "http://127.0.0.1:1"}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        start = lambda command, **variables: stack.enter_context(started(folder, command, **variables))
        log = start([f"{programs}/wildside"], WILDSIDE_MODE="server", **ours)
        start([f"{programs}/wildside"], WILDSIDE_MODE="worker", **ours)
        start([MARTIN, "--config", "martin/config.yaml"], MARTIN_DATABASE_URL=database, MARTIN_LISTEN=at["martin"])
        queries = "--extend.query-path=deploy/k8s/monitoring/queries.yaml"
        start(["prometheus-postgres-exporter", f"--web.listen-address={at['postgresql']}", queries], DATA_SOURCE_NAME=f"{database}?sslmode=disable")
        start(["prometheus-redis-exporter", "-redis.addr", redis, "-web.listen-address", at["redis"]])
        for name in ("admin", "worker"):
            until_read(f"http://{at[name]}/health/ready")
        run(f"{programs}/wildside", "walk", "--server", f"http://{at['server']}", "--at", "7.4246,43.7384", "--minutes", "45")
        until_read(f"http://{at['martin']}/base/14/8529/5974")
        # A worker counts the places after its start.
        until_read(f"http://{at['worker']}/metrics", "\npois_total ")
        text = [until_read(f"http://{at[name]}/metrics") for name in ("admin", "worker", "postgresql", "redis")]
        text += [read(f"http://{at['martin']}/_/metrics"), metrics(traefik)]
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    requests = [line for line in lines if "trace_id" in line]
    return series("\n".join(text)), (requests or lines)[0]


def tile_fields():
    """Fields of a line of the nginx before the tiles."""
    template = pathlib.Path("martin/tiles.conf.template").read_text()
    return dict.fromkeys(re.findall(r'"(\w+)":', template.split("log_format tiles")[1].split(";")[0]))
