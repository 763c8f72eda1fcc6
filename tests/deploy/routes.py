"""Which path leads where, asked of a real Traefik with the rules of the manifests."""

import contextlib
import http.server
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import yaml

from manifests import of_kind

ROUTE = "/tiles/routes/0b7a6e0e-6f6d-4d0c-9f0e-2f1d8a4b9c3d/14/9329/4742.pbf?token=x"
# Answered by Traefik itself, as soon as it has read its file.
READY = "/ready-for-this-test"
# Path, and the service that it leads to.
PATHS = {
    "/": "server", "/app.css": "server", "/docs": "server", "/openapi.json": "server", "/map/light.json": "server",
    "/api/v1/routes": "server", "/api/v1/users/me/routes": "server", "/api/v1/routes/x.gpx": "server", "/ws": "server",
    "/tiles/base/14/9329/4742.pbf": "tiles", "/tiles/pois/9/1/1": "tiles", ROUTE: "tiles",
    "/metrics": None, "/admin": None, "/admin/page.js": None, "/actors": None, "/health/ready": None, "/healthz": None,
    "/api/v1/admin/jobs": None, "/api/v1/admin": None,
    "/tiles/catalog": None, "/tiles/_/metrics": None, "/tiles/base": None, "/tiles/secret/1/1/1": None,
    "/tiles/base/14/9329/4742.pbf/x": None, "/tiles/base/../../metrics": None,
}


class Backend(http.server.BaseHTTPRequestHandler):
    """Answers with its own name."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.called.encode())

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def backends(names):
    """A server for each name, and its address."""
    servers = {}
    for name in names:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        server.called = name
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers[name] = server
    try:
        yield {name: f"http://127.0.0.1:{server.server_port}" for name, server in servers.items()}
    finally:
        for server in servers.values():
            server.shutdown()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def file_of(rules, addresses):
    """What the provider of files reads: rules are (rule, priority, service)."""
    routers = {f"r{n}": {"rule": rule, "priority": priority, "service": service} for n, (rule, priority, service) in enumerate(rules)}
    routers["ready"] = {"rule": f"Path(`{READY}`)", "priority": 900, "service": "noop@internal"}
    services = {name: {"loadBalancer": {"servers": [{"url": url}]}} for name, url in addresses.items()}
    return {"http": {"routers": routers, "services": services}}


@contextlib.contextmanager
def traefik(program, config, *options):
    """A Traefik with that file; its address, and its log."""
    with tempfile.TemporaryDirectory() as folder:
        file, log, port = pathlib.Path(folder, "routes.yaml"), pathlib.Path(folder, "log"), free_port()
        file.write_text(yaml.safe_dump(config))
        command = [program, f"--entrypoints.web.address=127.0.0.1:{port}", f"--providers.file.filename={file}", "--log.level=ERROR",
                   "--global.checknewversion=false", "--global.sendanonymoususage=false", *options]
        with log.open("w") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            wait(f"http://127.0.0.1:{port}{READY}", log)
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.kill()
            process.wait()


def wait(url, log):
    for _ in range(150):
        with contextlib.suppress(OSError):
            if get(url)[0] != 404:
                return
        time.sleep(0.1)
    raise SystemExit(f"error: traefik does not answer: {log.read_text()}")


def get(url, host="localhost"):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host}), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def misled(program, rules, host):
    """Complaints about paths that lead elsewhere than they should."""
    with backends(sorted({service for _, _, service in rules})) as addresses, traefik(program, file_of(rules, addresses)) as (base, log):
        complaints = []
        for path, wanted in PATHS.items():
            status, said = get(base + path, host)
            if (said or None) != wanted:
                complaints.append(f"{path} leads to {said or status}, not to {wanted}")
        if "error" in log.read_text().lower():
            complaints.append(f"traefik: {log.read_text()}")
        return complaints


def ingress(documents, program):
    """The rules of the manifests, by the host that the first one names."""
    route = next(r for r in of_kind(documents, "IngressRoute") if r["metadata"]["name"] == "wildside")
    rules = [(rule["match"], rule["priority"], rule["services"][0]["name"].removeprefix("wildside-")) for rule in route["spec"]["routes"]]
    host = rules[0][0].split("`")[1]
    config = next(m for m in of_kind(documents, "ConfigMap") if "WILDSIDE_PUBLIC_URL" in m["data"])
    complaints = [] if config["data"]["WILDSIDE_PUBLIC_URL"].endswith(f"//{host}") else [f"WILDSIDE_PUBLIC_URL is not {host}"]
    return complaints + misled(program, rules, host)


def compose_routes(program):
    """The same of compose.yaml."""
    routers = yaml.safe_load(pathlib.Path("deploy/compose/routes.yaml").read_text())["http"]["routers"]
    return misled(program, [(r["rule"], r["priority"], r["service"]) for r in routers.values()], "localhost")


def metrics(program):
    """What Traefik tells of itself where it has a certificate."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=localhost"]
        subprocess.run(command, check=True, capture_output=True)
        config = {**file_of([], {}), "tls": {"certificates": [{"certFile": certificate, "keyFile": key}]}}
        del config["http"]["services"]
        port = free_port()
        entry = [f"--entrypoints.metrics.address=127.0.0.1:{port}", "--metrics.prometheus=true", "--metrics.prometheus.entrypoint=metrics"]
        with traefik(program, config, *entry):
            return get(f"http://127.0.0.1:{port}/metrics")[1]
