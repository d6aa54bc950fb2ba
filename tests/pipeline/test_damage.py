"""The demo's damage is accounted for exactly: nothing lost, nothing twice, a gap is no zero."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from hub.home import HubHome
from hub.warehouse import open_published, open_warehouse, write_lock
from tests.pipeline.shop_builds import bellwether_here

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def status(shop: HubHome) -> dict[str, Any]:
    told = bellwether_here("status", "--json", "--home", str(shop.root))
    assert told.code == 0
    answer: dict[str, Any] = told.json
    return answer


def test_every_file_is_accounted_for_as_it_was_written(
    status: dict[str, Any], truth: dict[str, Any]
) -> None:
    counts = ("records", "loaded", "quarantined", "blank")
    found = {f["file"]: tuple(f[c] for c in counts) for f in status["files"]}
    planted = {
        f["file"]: (f["records"], f["loaded"], sum(f["quarantined"].values()), f["blank"])
        if f["status"] == "loaded"
        else (0, 0, 0, 0)
        for f in truth["files"]
    }
    assert found == planted
    for records, loaded, quarantined, blank in found.values():
        assert records == loaded + quarantined + blank


def test_quarantine_holds_the_planted_reasons(
    status: dict[str, Any], truth: dict[str, Any]
) -> None:
    planted: Counter[tuple[str, str]] = Counter()
    for file in truth["files"]:
        for reason, count in file["quarantined"].items():
            planted[file["source"], reason] += count
    found: Counter[tuple[str, str]] = Counter()
    for row in status["quarantine"]:
        found[row["source"], row["reason"]] += row["rows"]
    assert found == planted


def test_a_file_delivered_twice_is_loaded_once(
    status: dict[str, Any], truth: dict[str, Any]
) -> None:
    twice = [f for f in status["files"] if f["status"] == "duplicate"]
    planted = [f for f in truth["files"] if f["duplicate_of"]]
    assert [(f["file"], f["duplicate_of"]) for f in twice] == [
        (f["file"], f["duplicate_of"]) for f in planted
    ]


def test_the_lost_day_is_absent_and_not_zero(
    shop: HubHome, status: dict[str, Any], truth: dict[str, Any]
) -> None:
    lost = truth["truths"]["lost_log_day"]
    assert [row["gap_day"] for row in status["missing_days"]] == [lost]
    con = open_published(shop)
    rows = con.execute(
        "select count(*) filter (period_start = ?), count(distinct period_start) "
        "from metrics.observations where metric_name = 'requests' and grain = 'day'",
        [lost],
    ).fetchone()
    week = con.execute(
        "select bool_or(is_complete) from metrics.observations where metric_name = 'requests' "
        "and grain = 'week' and period_start = date_trunc('week', cast(? as date))",
        [lost],
    ).fetchone()
    con.close()
    assert rows is not None
    assert rows[0] == 0
    assert rows[1] == truth["plan"]["n_days"] - 1
    assert week == (False,)


def test_the_unfinished_last_day_is_incomplete(shop: HubHome, truth: dict[str, Any]) -> None:
    con = open_published(shop)
    rows = con.execute(
        "select max(period_start) filter (is_complete), max(period_start) "
        "from metrics.observations where metric_name = 'revenue' and grain = 'day' "
        "and segment_name = '__all__'"
    ).fetchone()
    con.close()
    assert rows is not None
    assert str(rows[0]) == truth["last_complete_day"]
    assert rows[1] > rows[0]


def test_revenue_and_returns_agree_with_the_files(shop: HubHome, truth: dict[str, Any]) -> None:
    con = open_published(shop)
    found = dict(
        con.execute(
            "select metric_name, sum(metric_value) from metrics.observations "
            "where metric_name in ('revenue', 'returns_value') and grain = 'day' "
            "and segment_name = '__all__' group by 1"
        ).fetchall()
    )
    con.close()
    assert found["revenue"] == pytest.approx(float(truth["sales"]["gross"]), abs=0.005)
    assert abs(found["returns_value"]) == pytest.approx(
        abs(float(truth["sales"]["returns"])), abs=0.005
    )


def test_failed_and_running_runs_are_not_releases(shop: HubHome, truth: dict[str, Any]) -> None:
    status = bellwether_here("status", "--json", "--home", str(shop.root)).json
    planted = truth["truths"]["unmatched_release"]
    found = [(r["model"], r["version"]) for r in status["releases_without_run"]]
    assert found == [(planted["model"], planted["version"])]


def test_personal_data_ends_at_staging(shop: HubHome) -> None:
    """Names and mail addresses of the export stand in no table above raw."""
    with write_lock(shop, "test"), open_warehouse(shop) as con:
        people = [
            name
            for (name,) in con.execute(
                "select distinct assignee from raw.jira_issues where assignee is not null "
                "union select distinct customer_id from raw.sales where customer_id is not null "
                "limit 60"
            ).fetchall()
        ]
    assert len(people) > 10
    content = b"".join(file.read_bytes() for file in shop.published.glob("*.duckdb"))
    assert [name for name in people if name.encode() in content] == []
