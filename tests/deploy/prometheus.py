"""Alerts: promtool's own check, a test of each, and a page for whoever is woken by it."""

import pathlib
import subprocess
import tempfile

import yaml

HERE = pathlib.Path(__file__).parent


def groups(documents):
    return [group for doc in documents if doc["kind"] == "PrometheusRule" for group in doc["spec"]["groups"]]


def rules(documents):
    return [rule for group in groups(documents) for rule in group["rules"]]


def alerts(documents):
    return {rule["alert"]: rule for rule in rules(documents) if "alert" in rule}


def promtool(*arguments, folder):
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True)
    return [] if done.returncode == 0 else [f"promtool {' '.join(arguments)}: {done.stdout}{done.stderr}"]


def one_test(alert, series, minutes, fires):
    """That the alert is firing then or is not, whatever its labels."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": str(values)} for name, values in series.items()],
        "promql_expr_test": [{
            "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > 0 or vector(0)',
            "eval_time": f"{minutes}m",
            "exp_samples": [{"labels": "{}", "value": 1 if fires else 0}],
        }],
    }


def test_rules(documents):
    """Complaints about rules that promtool refuses, or that fire when they should not, or do not when they should."""
    tests = yaml.safe_load((HERE / "alerts.yaml").read_text())
    known = alerts(documents)
    missing = [f"{name}: no test in tests/deploy/alerts.yaml" for name in known.keys() - tests.keys()]
    missing += [f"{name}: tested, and there is no such alert" for name in tests.keys() - known.keys()]
    cases = []
    for name, test in tests.items():
        cases.append(one_test(name, test["fires"], test["after"], True))
        cases.append(one_test(name, test["quiet"], test["after"], False))
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "rules.yaml").write_text(yaml.safe_dump({"groups": groups(documents)}))
        suite = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": cases}
        pathlib.Path(folder, "tests.yaml").write_text(yaml.safe_dump(suite))
        check = promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.yaml", folder=folder)
        return missing + (check or promtool("test", "rules", "tests.yaml", folder=folder))


def run_books(documents):
    """Complaints about alerts without a page, and pages without an alert."""
    pages = {page.stem for page in pathlib.Path("deploy/runbooks").glob("*.md") if page.stem != "README"}
    complaints = []
    for name, rule in alerts(documents).items():
        named = rule["annotations"].get("runbook", "")
        if named != f"deploy/runbooks/{name}.md" or name not in pages:
            complaints.append(f"{name}: its run book `{named}` is not deploy/runbooks/{name}.md, or is not there")
        if rule["labels"].get("severity") not in ("page", "ticket"):
            complaints.append(f"{name}: its severity is neither page nor ticket")
    return complaints + [f"deploy/runbooks/{page}.md: no alert leads there" for page in pages - alerts(documents).keys()]
