"""How is dbt called: with which variables, and when must its manifest be made again?"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from filelock import FileLock

from assets.dbt_refusals import told_plainly
from assets.launch import beside_python
from assets.metric_files import check_metric_files, refuse_models
from hub.config import HubConfig
from hub.home import DBT_PROJECT, HubHome

_PROJECT_FILES = ("*.sql", "*.yml", "*.yaml", "*.csv")
# The status of an invariant that does not hold, and the tag that dbt knows invariants by.
FAILED = "fail"
_INVARIANT = "invariant"


class DbtParseError(Exception):
    """dbt refused the project or a metric of the home; the message is dbt's own."""


def dbt_vars(config: HubConfig) -> str:
    """The variables of a dbt command as JSON: only what `hub.yml` decides."""
    return json.dumps(
        {
            "time_zone": config.time_zone,
            "currency": config.currency,
            "slos": [slo.model_dump() for slo in config.slos],
            "targets": [target.model_dump(mode="json") for target in config.targets],
            "sources": [
                {"name": s.name, "kind": s.kind, "ended": s.ended and s.ended.isoformat()}
                for s in config.sources
            ],
            "sales_exclusions": [
                {"source": source.name} | rule.model_dump()
                for source in config.sources
                if source.kind == "sales"
                for rule in source.exclude
            ],
            "callers": [
                {"name": name}
                for name in sorted(
                    {n for s in config.sources if s.kind == "service_logs" for n in s.callers}
                )
            ],
            "known_platforms": [
                {"name": name}
                for name in sorted(
                    {
                        platform.strip().lower()
                        for source in config.sources
                        if source.kind == "service_logs"
                        for platform in source.known_platforms
                    }
                )
            ],
            "live_versions": [
                {"source": source.name, "label_kind": kind, "label": label}
                for source in config.sources
                if source.kind == "mlflow"
                for kind, labels in (("stage", source.live_stages), ("alias", source.live_aliases))
                for label in labels
            ],
            "jira_incidents": [
                {"source": source.name, "field": field, "name": name}
                for source in config.sources
                if source.kind == "jira"
                for field, names in (
                    ("issue_type", source.incident_types),
                    ("label", source.incident_labels),
                )
                for name in names
            ],
            "jira_waiting": [
                {"source": source.name, "name": name}
                for source in config.sources
                if source.kind == "jira"
                for name in source.waiting_statuses
            ],
            "incident_gap_hours": config.delivery.incident_gap_hours,
        },
        sort_keys=True,
    )


def project_fingerprint(home: HubHome, config: HubConfig) -> str:
    """A hash over everything dbt's manifest depends on."""
    digest = hashlib.sha256(dbt_vars(config).encode())
    for folder in (DBT_PROJECT, home.metrics):
        for file in sorted(f for kind in _PROJECT_FILES for f in folder.rglob(kind)):
            digest.update(file.as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def ensure_manifest(home: HubHome, config: HubConfig) -> Path:
    """Parse the dbt project unless the manifest is up to date; returns `manifest.json`.

    Raises `MetricError` when a file of the home's `metrics/` is not in form, before dbt starts, and
    `DbtParseError` when dbt refuses the project.
    """
    with FileLock(home.dbt_target / "parse.lock"):  # two runs at once write no manifest together
        return _parsed(home, config)


def _parsed(home: HubHome, config: HubConfig) -> Path:
    refuse_models(home.metrics)
    manifest = home.dbt_target / "manifest.json"
    stamp = home.dbt_target / "parsed_from"
    fingerprint = project_fingerprint(home, config)
    if manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return manifest
    check_metric_files(home.metrics)
    done = subprocess.run(
        [beside_python("dbt"), "--quiet", "--no-use-colors", "parse", "--vars", dbt_vars(config)],
        cwd=DBT_PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = f"{done.stdout}{done.stderr}".rstrip()
        raise DbtParseError(told_plainly(told, home.metrics))
    stamp.write_text(fingerprint)
    return manifest


def read_checks(target: Path) -> list[dict[str, Any]]:
    """The tests of the last dbt command, one dict a test, from `run_results.json`."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    return [
        _check(nodes[result["unique_id"]], result)
        for result in results
        if result["unique_id"].startswith("test.") and result["unique_id"] in nodes
    ]


def _check(node: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """A test of dbt; an invariant only warns dbt, so that the build goes on and is marked."""
    attached = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), "")
    broken = result["status"] == "warn" and _INVARIANT in node["tags"]
    return {
        "check_name": node["name"],
        "model": attached.rsplit(".", 1)[-1],
        "column_name": node.get("column_name"),
        "status": FAILED if broken else result["status"],
        "failures": result.get("failures"),
        "severity": str(node["config"].get("severity", "error")).lower(),
        "message": result.get("message"),
    }
