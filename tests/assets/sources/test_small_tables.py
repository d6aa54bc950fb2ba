"""Are releases, experiments and the calendar read, each with its own rules?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub


def test_releases_are_read_with_their_offsets(hub: Hub) -> None:
    hub.write(
        "in/r.csv",
        "model,version,released_at,environment,run_id,note,ticket\n"
        "recommender,1.7.0,2025-03-01T10:00:00+01:00,production,r1,first,T-1\n"
        "recommender,1.8.0,2025-03-09T10:00:00,,,,\n",
    )
    hub.load("releases", environment="production")
    assert hub.rows(
        "SELECT version, released_at, environment, run_id FROM raw.releases ORDER BY version"
    ) == [
        ("1.7.0", datetime(2025, 3, 1, 9, tzinfo=UTC), "production", "r1"),
        ("1.8.0", datetime(2025, 3, 9, 9, tzinfo=UTC), "production", None),
    ]
    assert hub.one("SELECT _extra->>'ticket' FROM raw.releases WHERE version = '1.7.0'") == "T-1"


TAGS = (
    "0.7\t2017-11-13T10:42:30-08:00\tcommit\t\t2017-11-13T10:42:30-08:00\t\n"
    "0.8\t2017-11-14T13:17:34-08:00\ttag\t2017-11-14T13:17:34-08:00\t\t2017-11-13T13:00:00-08:00\n"
    "\n"
    "0.9\tlater\tcommit\t\t\t\n"
)


def test_a_list_of_git_tags_is_read_with_a_constant_model(hub: Hub) -> None:
    hub.write("in/tags.tsv", TAGS)
    (result,) = hub.load("releases", model="datasette")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (4, 2, 1, 1)
    assert hub.rows("SELECT model, version, released_at, _line FROM raw.releases") == [
        ("datasette", "0.7", datetime(2017, 11, 13, 18, 42, 30, tzinfo=UTC), 1),
        ("datasette", "0.8", datetime(2017, 11, 14, 21, 17, 34, tzinfo=UTC), 2),
    ]
    assert hub.quarantine() == [(4, "bad_timestamp", "released_at")]


def test_git_tags_without_a_model_are_refused(hub: Hub) -> None:
    hub.write("in/tags.tsv", TAGS)
    assert "model:" in hub.refusal("releases").problem.remedy


def test_releases_without_a_model_column_need_a_constant(hub: Hub) -> None:
    hub.write("in/r.csv", "version,date\n1.0,2025-03-01\n")
    assert hub.refusal("releases").problem.column == "model"
    hub.load("releases", model="search")
    assert hub.one("SELECT model FROM raw.releases") == "search"


def test_experiments_are_read_as_aggregates(hub: Hub) -> None:
    hub.write(
        "in/e.csv",
        "experiment,model,variant,is_control,started_at,ended_at,metric,users,expected_share,"
        "conversions,value_sum,value_sum_squares,offline_metric,offline_delta,offline_se\n"
        "E1,recommender,control,true,2025-03-01,2025-03-15,conversion,1000,0.5,50,,,,,\n"
        "E1,recommender,new,false,2025-03-01,,revenue,1010,0.5,,1234.5,99999.25,auc,0.01,0.002\n"
        "E1,recommender,new,false,2025-03-01,,revenue,1.5,0.5,,,,,,\n",
    )
    (result,) = hub.load("experiments")
    assert (result.loaded, result.quarantined) == (2, 1)
    assert hub.quarantine() == [(4, "bad_number", "users")]
    assert hub.rows(
        "SELECT is_control, users, conversions, value_sum, offline_delta, ended_at"
        " FROM raw.experiments ORDER BY _line"
    ) == [
        (True, 1000, 50, None, None, datetime(2025, 3, 14, 23, tzinfo=UTC)),
        (False, 1010, None, 1234.5, 0.01, None),
    ]


def test_the_calendar_keeps_days_and_unknown_kinds(hub: Hub) -> None:
    hub.write(
        "in/c.csv",
        "day,kind,name,country\n2025-03-30,Price change,All up,\n2025-04-01,prank,Ha,DE\n",
    )
    hub.load("calendar")
    rows = hub.rows("SELECT day, kind, name, country, _extra FROM raw.calendar ORDER BY day")
    assert rows[0] == (date(2025, 3, 30), "price_change", "All up", None, None)
    assert rows[1][:4] == (date(2025, 4, 1), "other", "Ha", "DE")
    assert json.loads(rows[1][4]) == {"kind": "prank"}


@pytest.mark.parametrize("kind", ["releases", "experiments", "calendar", "jira", "sales"])
def test_a_file_of_a_header_only_loads_nothing(hub: Hub, kind: str) -> None:
    header = {
        "releases": "model,version,released_at",
        "experiments": "experiment,variant,is_control,started_at,metric,users",
        "calendar": "day,kind",
        "jira": "Issue key,Status,Created",
        "sales": "order,date,qty,price",
    }[kind]
    hub.write("in/a.csv", header + "\n")
    (result,) = hub.load(kind)
    assert (result.records, result.status) == (0, "loaded")
