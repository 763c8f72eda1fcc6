"""Manifests: what kustomize builds, schemas in which an unknown key is a fault, and names that must agree."""

import json
import pathlib
import re
import subprocess

import kubernetes_validate
import yaml

KUBERNETES = "1.32"
# Of CloudNativePG's cluster, the part that is used here.
CLUSTER = {
    "instances", "imageName", "primaryUpdateStrategy", "bootstrap", "managed", "postgresql", "resources", "storage", "walStorage", "affinity",
}
ROLE = {"name", "ensure", "login", "inRoles", "passwordSecret"}
# Kinds of operators, and the npm package with the type of each.
CUSTOM = {
    "IngressRoute": "@kubernetes-models/traefik/traefik.io/v1alpha1/IngressRoute",
    "Middleware": "@kubernetes-models/traefik/traefik.io/v1alpha1/Middleware",
    "ServiceMonitor": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor",
    "PrometheusRule": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule",
    "ScaledObject": "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject",
    "TriggerAuthentication": "@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication",
    "GitRepository": "@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1/GitRepository",
    "Kustomization": "@kubernetes-models/flux-cd/kustomize.toolkit.fluxcd.io/v1/Kustomization",
    "Application": "@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application",
}
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
# Made by people or operators, as deploy/README.md says, or by the operator named.
GIVEN_SECRETS = {
    "wildside-session-keys": None, "wildside-tile-token-keys": None,
    "wildside-redis": {"uri", "address", "username", "password"},
    "wildside-tiles-database": {"username", "password"}, "wildside-exporter-database": {"username", "password"},
    "wildside-database-app": {"uri", "username", "password"}, "wildside-tls": None,
}


def build(folder):
    out = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    if out.returncode:
        raise SystemExit(f"error: {folder} does not build: {out.stderr}")
    return [document for document in yaml.safe_load_all(out.stdout) if document]


def title(document):
    return f"{document['kind']} {document['metadata']['name']}"


def of_kind(documents, *kinds):
    return [document for document in documents if document["kind"] in kinds]


def pods(documents):
    """Each workload with the template of its pods."""
    return [(document, document["spec"]["template"]) for document in of_kind(documents, *WORKLOADS)]


def labels(template):
    return template["metadata"].get("labels", {})


def selects(selector, given):
    """Whether a label selector chooses something with these labels."""
    if any(given.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(given.get(test["key"]) in test["values"] for test in selector.get("matchExpressions", []))


def containers(template):
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


def ports(template):
    return {port["name"]: port["containerPort"] for container in containers(template) for port in container.get("ports", [])}


def built_in_kinds(documents):
    complaints = []
    for document in documents:
        if document["kind"] in CUSTOM or document["kind"] == "Cluster":
            continue
        try:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            complaints.append(f"{title(document)}: {getattr(error, 'message', error) or 'no such kind'}")
    return complaints


def clusters(documents):
    complaints = []
    for document in of_kind(documents, "Cluster"):
        unknown = document["spec"].keys() - CLUSTER
        for role in document["spec"].get("managed", {}).get("roles", []):
            unknown |= role.keys() - ROLE
        complaints += [f"{title(document)}: {key} is not known" for key in sorted(unknown)]
    return complaints


def custom_kinds(documents, folder):
    """By the compiler of TypeScript: a literal with a key that its type has not is refused, at any depth."""
    known = [document for document in documents if document["kind"] in CUSTOM]
    lines = [f'import type {{ I{kind} }} from "{package}";' for kind, package in CUSTOM.items()]
    for number, document in enumerate(known):
        lines.append(f"export const d{number}: I{document['kind']} = {json.dumps(document)}; // {title(document)}")
    file = pathlib.Path(folder, "generated.ts")
    file.write_text("\n".join(lines))
    options = "--strict --noEmit --skipLibCheck --module nodenext --target es2022 --moduleResolution nodenext"
    done = subprocess.run([f"{folder}/node_modules/.bin/tsc", *options.split(), file], capture_output=True, text=True)
    found = re.findall(r"generated\.ts\((\d+),\d+\): (.*)", done.stdout)
    if done.returncode and not found:
        return [f"tsc: {done.stdout}{done.stderr}"]
    return [f"{lines[int(line) - 1].rsplit('// ', 1)[-1]}: {fault}" for line, fault in found]


def services(documents):
    """Complaints about services that lead nowhere, and what asks them."""
    complaints = []
    served = {}
    for service in of_kind(documents, "Service"):
        wanted = {"matchLabels": service["spec"]["selector"]}
        behind = [template for _, template in pods(documents) if selects(wanted, labels(template))]
        served[service["metadata"]["name"]] = {port["name"]: port["port"] for port in service["spec"]["ports"]}
        if not behind:
            complaints.append(f"{title(service)}: selects no pod")
        for port in service["spec"]["ports"]:
            complaints += [f"{title(service)}: no port {port['targetPort']}" for pod in behind if port["targetPort"] not in ports(pod)]
    for route in of_kind(documents, "IngressRoute"):
        for target in [target for rule in route["spec"]["routes"] for target in rule["services"]]:
            if target["port"] not in served.get(target["name"], {}):
                complaints.append(f"{title(route)}: no port {target['port']} of a service {target['name']}")
    for monitor in of_kind(documents, "ServiceMonitor"):
        if "namespaceSelector" in monitor["spec"]:
            continue
        found = [s for s in of_kind(documents, "Service") if selects(monitor["spec"]["selector"], s["metadata"].get("labels", {}))]
        for endpoint in monitor["spec"]["endpoints"]:
            if [endpoint["port"]] != [port["name"] for service in found for port in service["spec"]["ports"]]:
                complaints.append(f"{title(monitor)}: {endpoint['port']} is not the one port of one service")
            if endpoint.get("interval") != "15s":
                complaints.append(f"{title(monitor)}: is not asked every 15 s")
    return complaints


def references(documents):
    """Complaints about config maps, secrets, scaled workloads and selectors that are not there."""
    maps = {document["metadata"]["name"]: document.get("data", {}) for document in of_kind(documents, "ConfigMap")}
    secrets = {**GIVEN_SECRETS}
    secrets.update({d["metadata"]["name"]: {*d.get("data", {}), *d.get("stringData", {})} for d in of_kind(documents, "Secret")})
    complaints = []
    for workload, template in pods(documents):
        for container in containers(template):
            for source in container.get("envFrom", []):
                if source["configMapRef"]["name"] not in maps:
                    complaints.append(f"{title(workload)}: no config map {source['configMapRef']['name']}")
            for variable in container.get("env", []):
                wanted = variable.get("valueFrom", {}).get("secretKeyRef")
                if wanted and not has(secrets, wanted["name"], wanted["key"]):
                    complaints.append(f"{title(workload)}: no key {wanted['key']} of a secret {wanted['name']}")
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            named = {volume["name"] for volume in template["spec"].get("volumes", [])}
            named |= {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])}
            complaints += [f"{title(workload)}: no volume {name}" for name in mounted - named]
        for volume in template["spec"].get("volumes", []):
            if "configMap" in volume and volume["configMap"]["name"] not in maps:
                complaints.append(f"{title(workload)}: no config map {volume['configMap']['name']}")
            for item in volume.get("secret", {}).get("items", [{"key": None}]) if "secret" in volume else []:
                if not has(secrets, volume["secret"]["secretName"], item["key"]):
                    complaints.append(f"{title(workload)}: no key {item['key']} of a secret {volume['secret']['secretName']}")
    for authentication in of_kind(documents, "TriggerAuthentication"):
        for wanted in authentication["spec"]["secretTargetRef"]:
            if not has(secrets, wanted["name"], wanted["key"]):
                complaints.append(f"{title(authentication)}: no key {wanted['key']} of a secret {wanted['name']}")
    return complaints + targets(documents)


def has(secrets, name, key):
    return name in secrets and (key is None or secrets[name] is None or key in secrets[name])


def targets(documents):
    complaints = []
    workloads = {document["metadata"]["name"] for document in of_kind(documents, "Deployment")}
    for scaler in of_kind(documents, "HorizontalPodAutoscaler", "ScaledObject"):
        if scaler["spec"]["scaleTargetRef"]["name"] not in workloads:
            complaints.append(f"{title(scaler)}: scales nothing")
    all_labels = [(labels(template), ports(template)) for _, template in pods(documents)]
    for document in of_kind(documents, "PodDisruptionBudget", "NetworkPolicy"):
        selector = document["spec"].get("selector") or document["spec"].get("podSelector")
        if any(key.startswith("cnpg.io/") for key in selector.get("matchLabels", {})):
            continue
        chosen = [(given, named) for given, named in all_labels if selects(selector, given)]
        if not chosen:
            complaints.append(f"{title(document)}: selects no pod")
        there = {port for _, named in chosen for port in named}
        asked = [port["port"] for rule in document["spec"].get("ingress", []) for port in rule.get("ports", [])]
        complaints += [f"{title(document)}: no port {port}" for port in asked if isinstance(port, str) and port not in there]
    return complaints


def hardened(documents):
    """Complaints about containers that may more than they need, or have no bound."""
    complaints = []
    for workload, template in pods(documents):
        if workload["metadata"]["name"] == "fluent-bit":
            continue
        pod = template["spec"]
        if not pod.get("securityContext", {}).get("runAsNonRoot"):
            complaints.append(f"{title(workload)}: may run as root")
        if pod.get("automountServiceAccountToken", True):
            complaints.append(f"{title(workload)}: is given a token of the cluster")
        for container in containers(template):
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation", True) or context.get("capabilities", {}).get("drop") != ["ALL"]:
                complaints.append(f"{title(workload)}: {container['name']} keeps capabilities")
            if not context.get("readOnlyRootFilesystem") and container["name"] != "postgresql":
                complaints.append(f"{title(workload)}: {container['name']} may write to its root")
            if "memory" not in container.get("resources", {}).get("limits", {}) or "cpu" not in container["resources"].get("requests", {}):
                complaints.append(f"{title(workload)}: {container['name']} has no bound of memory, or asks for no processor")
            if workload["kind"] != "Job" and not {"livenessProbe", "readinessProbe"} & container.keys():
                complaints.append(f"{title(workload)}: {container['name']} has no probe")
    return complaints
