#!/usr/bin/env python3
"""`make test-deploy`, run by the example `servers`: whether what `deploy/` says of the programs is true, and agrees with itself. Each
check has to find a fault that is planted for it, too."""

import copy
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

BEGUN_IN_VENV = os.environ.get("WILDSIDE_DEPLOY_VENV")
HERE = pathlib.Path("tests/deploy")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wildside"
REQUIREMENTS = HERE / "requirements.txt"
VENV = CACHE / f"deploy-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"


def enter_venv():
    """Becomes itself with the packages of PyPI, which are installed once."""
    if not (VENV / "complete").exists():
        subprocess.run(["python3", "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--requirement", REQUIREMENTS], check=True)
        (VENV / "complete").touch()
    os.environ["WILDSIDE_DEPLOY_VENV"] = str(VENV)
    os.execv(VENV / "bin/python", [VENV / "bin/python", "-B", __file__, *sys.argv[1:]])


if not BEGUN_IN_VENV:
    enter_venv()

import yaml

import agreement
import exposed
import manifests
import prometheus
import routes

TRAEFIK = VENV / "bin/traefik"
PROGRAMS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target") / "debug"
OVERLAYS = ("overlays/production", "overlays/local", "logging")


def find(documents, kind, name):
    return next(d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name)


def container(documents, name):
    return find(documents, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]


def alert(documents, name):
    return prometheus.alerts(documents)[name]


def misspelt(dictionary, key):
    dictionary[key[:-1]] = dictionary.pop(key)


# What is planted, the check that has to find it, and a part of its complaint.
PLANTED = [
    (lambda d: misspelt(container(d, "wildside-server"), "readinessProbe"), manifests.built_in_kinds, "readinessProb"),
    (lambda d: misspelt(find(d, "Cluster", "wildside-database")["spec"], "instances"), manifests.clusters, "instance "),
    (lambda d: container(d, "wildside-server")["ports"][0].update(name="web"), manifests.services, "no port http"),
    (lambda d: find(d, "ServiceMonitor", "wildside-worker")["spec"]["endpoints"][0].update(port="metrics"), manifests.services, "is not the one port"),
    (lambda d: find(d, "ServiceMonitor", "wildside-worker")["spec"]["endpoints"][0].update(interval="30s"), manifests.services, "every 15 s"),
    (lambda d: find(d, "ScaledObject", "wildside-worker")["spec"]["scaleTargetRef"].update(name="worker"), manifests.references, "scales nothing"),
    (lambda d: find(d, "TriggerAuthentication", "wildside-redis")["spec"]["secretTargetRef"][0].update(key="host"), manifests.references, "no key host"),
    (lambda d: find(d, "NetworkPolicy", "wildside-public")["spec"]["ingress"][0]["ports"][0].update(port="https"), manifests.references, "no port https"),
    (lambda d: container(d, "wildside-worker")["securityContext"].pop("readOnlyRootFilesystem"), manifests.hardened, "may write to its root"),
    (lambda d: container(d, "wildside-worker")["resources"].pop("limits"), manifests.hardened, "no bound of memory"),
    (lambda d: container(d, "wildside-server").update(env=[{"name": "WILDSIDE_THREADS", "value": "1"}]), agreement.variables, "nothing reads WILDSIDE_THREADS"),
    (lambda d: container(d, "wildside-server").update(image="wildside:latest"), agreement.images, "names no version"),
    (lambda d: container(d, "wildside-tiles").update(image="wildside-tiles:0.0.9"), agreement.images, "is not of"),
    (lambda d: container(d, "wildside-server").update(args=["--role", "server"]), lambda d: agreement.options(d, PROGRAMS / "wildside"), "--role"),
    (lambda d: find(d, "IngressRoute", "wildside")["spec"]["routes"][2].update(match="PathPrefix(`/tiles`)"), lambda d: routes.ingress(d, TRAEFIK), "/tiles/catalog"),
    (lambda d: alert(d, "WildsideDeadJobs").update(expr="dead_jobs > 1"), prometheus.test_rules, "WildsideDeadJobs"),
    (lambda d: alert(d, "WildsideDeadJobs").update(expr="dead_jobs > "), prometheus.test_rules, "parse error"),
    (lambda d: alert(d, "WildsideDeadJobs").update(alert="WildsideDead"), prometheus.test_rules, "no test"),
    (lambda d: alert(d, "WildsideDeadJobs")["annotations"].update(runbook="x.md"), prometheus.run_books, "is not deploy/runbooks/WildsideDeadJobs.md"),
]
# Of operators' kinds; one run of the compiler finds them all.
PLANTED_CUSTOM = [
    (lambda d: misspelt(find(d, "IngressRoute", "wildside")["spec"], "entryPoints"), "entryPoint"),
    (lambda d: misspelt(find(d, "ServiceMonitor", "wildside-server")["spec"]["endpoints"][0], "interval"), "interva"),
    (lambda d: misspelt(find(d, "ScaledObject", "wildside-worker")["spec"], "pollingInterval"), "pollingInterva"),
    (lambda d: misspelt(alert(d, "WildsideDown"), "labels"), "label"),
    (lambda d: misspelt(find(d, "Application", "wildside")["spec"]["syncPolicy"]["automated"], "prune"), "prun"),
]
# Of what is measured: an expression in place of another, and the complaint.
PLANTED_EXPRESSIONS = [
    ("sum(rate(http_request_total[5m])) > 0", "nothing exposes http_request_total"),
    ('queue_depth{kind="x"} > 0', "queue_depth has no label kind"),
    ("sum by (route) (queue_depth) > 0", "a label route"),
    ('http_requests_total{endpoint="/api/v2/routes"} > 0', "the API has no /api/v2/routes"),
]


def check_manifests():
    """All overlays; of the first, the documents."""
    complaints, first = [], None
    for overlay in OVERLAYS:
        documents = manifests.build(f"deploy/k8s/{overlay}")
        first = first or documents
        for check in (manifests.built_in_kinds, manifests.clusters, manifests.services, manifests.references, manifests.hardened, agreement.variables, agreement.images):
            complaints += [f"{overlay}: {complaint}" for complaint in check(documents)]
        if overlay != "logging":
            complaints += [f"{overlay}: {complaint}" for complaint in agreement.options(documents, PROGRAMS / "wildside") + routes.ingress(documents, TRAEFIK)]
        complaints += manifests.custom_kinds(documents, HERE)
    for file in sorted(pathlib.Path("deploy/gitops").glob("*.yaml")):
        first += yaml.safe_load_all(file.read_text())
    complaints += manifests.custom_kinds(first, HERE) + agreement.files() + agreement.secrets() + routes.compose_routes(TRAEFIK)
    return complaints + prometheus.test_rules(first) + prometheus.run_books(first), first


def check_exposed(documents):
    seen, line = exposed.observe(PROGRAMS, TRAEFIK)
    pipeline = pathlib.Path("deploy/k8s/logging/pipeline.yaml").read_text()
    complaints = exposed.complaints(documents, seen) + exposed.log_fields(pipeline, line, exposed.tile_fields())
    for expression, words in PLANTED_EXPRESSIONS:
        planted = copy.deepcopy(documents)
        alert(planted, "WildsideDeadJobs")["expr"] = expression
        complaints += unless_found(exposed.complaints(planted, seen), words)
    for right, wrong in (("time_key: timestamp", "time_key: when"), ("$trace_id", "$trace")):
        complaints += unless_found(exposed.log_fields(pipeline.replace(right, wrong), line, exposed.tile_fields()), wrong.strip("$ ").split()[-1])
    return complaints


def unless_found(complaints, words):
    return [] if any(words in complaint for complaint in complaints) else [f"a planted fault is not found: {words}; only {complaints}"]


def check_planted(documents):
    complaints = []
    for plant, check, words in PLANTED:
        planted = copy.deepcopy(documents)
        plant(planted)
        if words:
            complaints += unless_found(check(planted), words)
    planted = copy.deepcopy(documents)
    for plant, _ in PLANTED_CUSTOM:
        plant(planted)
    found = manifests.custom_kinds(planted, HERE)
    return complaints + [fault for _, words in PLANTED_CUSTOM for fault in unless_found(found, f'"{words}"')]


def main():
    if not shutil.which("kubectl"):
        sys.exit("error: kubectl is not there, whose kustomize builds the manifests: https://kubernetes.io/docs/tasks/tools")
    complaints, documents = check_manifests()
    complaints += check_planted(documents) + check_exposed(documents)
    for complaint in complaints:
        print(complaint)
    checks = len(PLANTED) + len(PLANTED_CUSTOM) + len(PLANTED_EXPRESSIONS)
    print(f"{len(documents)} documents, {len(prometheus.alerts(documents))} alerts, {sum(1 for _ in exposed.expressions(documents))} expressions, {checks} planted faults")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
