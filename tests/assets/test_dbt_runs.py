"""Does dbt hear of hub.yml what its models ask for?"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assets import dbt_runs
from assets.dbt_runs import dbt_vars
from hub.config import HubConfig
from hub.home import HubHome


def test_the_platforms_that_models_know_are_told_as_log_lines_are_read() -> None:
    logs = {"kind": "service_logs", "path": "a"}
    config = HubConfig.model_validate(
        {
            "company": "Lantern & Loom",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "sources": [
                logs | {"name": "api", "known_platforms": ["Web", " iOS "]},
                logs | {"name": "shop", "known_platforms": ["web"]},
                logs | {"name": "search"},
            ],
        }
    )
    assert json.loads(dbt_vars(config))["known_platforms"] == [{"name": "ios"}, {"name": "web"}]


def test_the_issue_types_and_labels_of_incidents_are_told_source_by_source() -> None:
    config = HubConfig.model_validate(
        {
            "company": "Lantern & Loom",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "sources": [
                {"name": "jira", "kind": "jira", "path": "a"},
                {"name": "desk", "kind": "jira", "path": "b", "incident_types": ["Störung"],
                 "incident_labels": ["outage"], "waiting_statuses": ["Blocked"]},
                {"name": "calendar", "kind": "calendar", "path": "c"},
            ],
        }
    )  # fmt: skip
    told = json.loads(dbt_vars(config))
    assert told["jira_waiting"] == [{"source": "desk", "name": "Blocked"}]
    assert told["incident_gap_hours"] == 24
    assert told["jira_incidents"] == [
        {"source": "jira", "field": "issue_type", "name": "Incident"},
        {"source": "desk", "field": "issue_type", "name": "Störung"},
        {"source": "desk", "field": "label", "name": "outage"},
    ]


def test_two_runs_at_once_parse_the_project_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = HubHome(tmp_path)
    calendar = {"name": "calendar", "kind": "calendar", "path": "c"}
    config = HubConfig.model_validate(
        {"company": "L", "time_zone": "Europe/Berlin", "currency": "EUR", "sources": [calendar]}
    )
    home.make_var()
    dbt, parses = tmp_path / "dbt", tmp_path / "parses"
    dbt.write_text(
        f"#!/bin/sh\necho parse >> {parses}\nsleep 0.3\n"
        f"echo '{{}}' > {home.dbt_target}/manifest.json\n"
    )
    dbt.chmod(0o755)
    monkeypatch.setattr(dbt_runs, "beside_python", lambda program: str(dbt))
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: dbt_runs.ensure_manifest(home, config), range(2)))
    assert made == [home.dbt_target / "manifest.json"] * 2
    assert parses.read_text().split() == ["parse"]
