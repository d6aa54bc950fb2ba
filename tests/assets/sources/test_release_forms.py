"""Are tags, deployments and runs told apart from releases to production?"""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import SourceError
from assets.sources.release_tags import is_candidate

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

SHA = "add237f6852e6108ee8e0246780a54ce909c6087"
RUN = {
    "id": 1, "name": "Deploy", "head_branch": "main", "head_sha": SHA, "run_number": 7,
    "workflow_id": 3, "status": "completed", "conclusion": "success",
    "created_at": "2025-03-01T09:00:00Z", "updated_at": "2025-03-01T09:05:00Z",
    "actor": {"login": "ada.who.ships"}, "repository": {"name": "shop"},
}  # fmt: skip
GITLAB = {
    "id": 9, "iid": 2, "ref": "v1.4.0", "sha": SHA, "status": "success",
    "created_at": "2025-03-01T09:00:00Z", "environment": {"name": "production"},
    "deployable": {"tag": True, "finished_at": "2025-03-01T09:30:00Z", "name": "deploy"},
}  # fmt: skip
JENKINS = {
    "number": 31, "result": "SUCCESS", "timestamp": 1740820500000, "duration": 60000,
    "fullDisplayName": "folder » deploy-api #31",
    "actions": [{"causes": [{"userName": "ada.who.ships"}]}, {"lastBuiltRevision": {"SHA1": SHA}}],
}  # fmt: skip
DEPLOYMENT = {
    "id": 4, "sha": SHA, "ref": "web/v2.0.1", "environment": "production", "task": "deploy",
    "created_at": "2025-03-01T09:00:00Z", "url": "https://api.github.com/repos/lantern/shop/4",
}  # fmt: skip
RELEASE = {
    "tag_name": "v3.1.0", "draft": False, "prerelease": False, "id": 5,
    "published_at": "2025-03-01T09:00:00Z", "url": "https://api.github.com/repos/lantern/shop/5",
}  # fmt: skip


def _released(hub: Hub) -> list[tuple[Any, ...]]:
    return hub.rows(
        "SELECT model, version, environment, status FROM raw.releases ORDER BY _file, _line"
    )


@pytest.mark.parametrize(
    ("value", "wrap", "options", "row"),
    [
        (RUN, "workflow_runs", {"workflows": ["Deploy"]}, ("shop", SHA[:12], None, None)),
        (RUN, "workflow_runs", {"workflows": ["Ship"]}, ("shop", SHA[:12], None, "other workflow")),
        (GITLAB, None, {"model": "api"}, ("api", "v1.4.0", "production", None)),
        (GITLAB | {"status": "failed"}, None, {"model": "api"},
         ("api", "v1.4.0", "production", "failed")),
        (JENKINS, "builds", {"workflows": ["deploy-api"]}, ("deploy-api", "#31", None, None)),
        (DEPLOYMENT, "deployments", {}, ("shop", "web/v2.0.1", "production", None)),
        (DEPLOYMENT, None,
         {"components": [{"pattern": "(?P<model>web|api)/v(?P<version>.+)"}]},
         ("web", "2.0.1", "production", None)),
        (DEPLOYMENT | {"statuses": [{"state": "failure"}]}, None, {},
         ("shop", "web/v2.0.1", "production", "failure")),
        (RELEASE, "releases", {}, ("shop", "v3.1.0", None, None)),
        (RELEASE | {"prerelease": True}, None, {}, ("shop", "v3.1.0", "pre-release", None)),
        (RELEASE | {"draft": True}, None, {}, ("shop", "v3.1.0", None, "draft")),
    ],
)  # fmt: skip
def test_objects_of_every_system_become_releases(
    hub: Hub, value: dict[str, Any], wrap: str | None, options: dict[str, Any], row: tuple[Any, ...]
) -> None:
    hub.write("in/a.json", json.dumps({wrap: [value]} if wrap else [value]))
    (result,) = hub.load("releases", **options)
    assert (result.records, result.loaded) == (1, 1)
    assert _released(hub) == [row]
    assert "ada.who.ships" not in str(hub.rows("SELECT * FROM raw.releases"))


def test_objects_in_cells_and_broken_ones_are_accounted_for(hub: Hub) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "params", "data", "url"])
    writer.writerow([1, "{}", json.dumps(GITLAB), ""])
    writer.writerow([2, "{}", "{broken", ""])
    writer.writerow([3, "{}", json.dumps(GITLAB | {"deployable": {}, "created_at": "soon"}), ""])
    hub.write("in/a.csv", out.getvalue())
    (result,) = hub.load("releases", model="api")
    assert (result.records, result.loaded, result.quarantined) == (3, 1, 2)
    assert hub.one("SELECT released_at FROM raw.releases") == datetime(
        2025, 3, 1, 9, 30, tzinfo=UTC
    )
    assert hub.quarantine() == [(3, "malformed_json", "data"), (4, "bad_timestamp", "released_at")]


def test_runs_are_refused_until_it_is_said_which_deploy(hub: Hub) -> None:
    hub.write("in/a.json", json.dumps([RUN, RUN | {"name": "Lint"}]))
    problem = hub.refusal("releases").problem
    assert "Deploy (1), Lint (1)" in problem.found
    assert "workflows" in problem.remedy


TAGS = (
    "web/v1.0\t2025-03-01T10:00:00Z\tcommit\n"
    "web/v1.1-rc.1\t2025-03-01T11:00:00Z\tcommit\n"
    "web/v1.1\t2025-03-01T12:00:00Z\tcommit\n"
    "web/1.1\t2025-03-01T12:00:00Z\tcommit\n"
    "helm-9\t2025-03-01T12:00:00Z\tcommit\n"
)


def test_components_candidates_and_repeated_tags_are_told_apart(hub: Hub) -> None:
    hub.write("in/tags.tsv", TAGS)
    components = [{"pattern": "web/v?(?P<version>.+)", "model": "web"}]
    (result,) = hub.load("releases", components=components, environment="production")
    assert (result.records, result.loaded) == (5, 5)
    assert _released(hub) == [
        ("web", "1.0", "production", None),
        ("web", "1.1-rc.1", "pre-release", None),
        ("web", "1.1", "production", None),
        ("web", "1.1", "production", "repeated tag"),
        (None, "helm-9", "production", "other component"),
    ]
    problem = hub.check("releases").problem
    assert problem is not None
    assert "`web/…` 4" in problem.found


def test_candidates_count_where_hub_yml_says_so(hub: Hub) -> None:
    hub.write("in/tags.tsv", TAGS)
    hub.load("releases", model="shop", candidates="release")
    assert {row[2] for row in _released(hub)} == {None}


def test_tags_that_were_made_anew_have_the_time_of_their_commit(hub: Hub) -> None:
    lines = [
        f"v1.{n}\t2025-06-01T10:0{n}:00Z\ttag\t2025-06-01T10:0{n}:00Z\t\t2025-0{n}-01T08:00:00Z\n"
        for n in (1, 2, 3)
    ]
    hub.write("in/tags.tsv", "".join(lines))
    (result,) = hub.load("releases", model="shop")
    assert result.detected["tagged_anew"] == 3
    assert hub.rows("SELECT month(released_at) FROM raw.releases ORDER BY version") == [
        (1,), (2,), (3,),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "is_one"),
    [("v1.2.0-rc.1", True), ("2.0b1", True), ("0.9a2", True), ("1.0-beta", True), ("v1.2", False),
     ("dev-tools-1.2", False), ("1.0-arm", False), ("2.1.0-dev", True), ("2a7b10c9d0e1", False)],
)  # fmt: skip
def test_candidates_are_known_by_their_version(version: str, is_one: bool) -> None:
    assert is_candidate(version) is is_one


def test_releases_as_plain_json_are_read(hub: Hub) -> None:
    rows = [{"model": "shop", "version": "1", "released_at": "2025-03-01T10:00:00Z"}, {"model": 1}]
    hub.write("in/a.json", json.dumps(rows))
    (result,) = hub.load("releases")
    assert (result.records, result.loaded, result.quarantined) == (2, 1, 1)


OBJECTS = json.dumps([RUN, GITLAB, JENKINS, DEPLOYMENT, RELEASE])


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, len(OBJECTS)), st.integers(0, 12), st.sampled_from(["", "null", '"x"', "[]"]))
def test_damaged_objects_are_refused_or_accounted_for(
    hub: Hub, place: int, length: int, piece: str
) -> None:
    hub.con.execute("DELETE FROM raw.loads; DELETE FROM raw.files_seen")
    hub.write("in/a.json", OBJECTS[:place] + piece + OBJECTS[place + length :])
    try:
        (result,) = hub.load("releases", model="m", workflows=["Deploy"])
    except SourceError:
        assert hub.one("SELECT count(*) FROM raw.loads") == 0
        return
    assert result.records == result.loaded + result.quarantined + result.blank


DATA = Path(os.environ.get("BELLWETHER_REAL_DATA", "/nonexistent"))


@pytest.mark.skipif(not DATA.is_dir(), reason="BELLWETHER_REAL_DATA names no folder")
@pytest.mark.parametrize(
    ("name", "options", "records", "released"),
    [
        ("_raw_github_api_runs", {"workflows": ["CodeQL"]}, 35, 14),
        ("_raw_gitlab_api_deployments", {"model": "shop"}, 8, 2),
        ("_raw_jenkins_api_builds", {"workflows": ["devlake"]}, 14, 9),
    ],
)
def test_published_objects_load_and_failed_ones_are_no_releases(
    hub: Hub, name: str, options: dict[str, Any], records: int, released: int
) -> None:
    (result,) = hub.load("releases", str(DATA / "deploy" / f"{name}.csv"), **options)
    assert (result.records, result.loaded) == (records, records)
    assert hub.one("SELECT count(*) FROM raw.releases WHERE status IS NULL") == released
