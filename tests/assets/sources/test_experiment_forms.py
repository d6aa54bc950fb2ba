"""Are experiments read alike, whether they come as sums, snapshots or users?"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.experiments import read_out
from assets.sources import SourceError

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

DATA = Path(os.environ.get("BELLWETHER_REAL_DATA", "/nonexistent"))
PAIRS = (
    "experiment_id,variant_id,metric_id,time_since_start,count_c,count_t,mean_c,mean_t,"
    "variance_c,variance_t\n"
    "036,1,4,1,100,110,0.5,0.6,0.25,0.24\n"
    "036,1,4,2.5,200,210,0.5,0.75,,\n"
    "036,2,4,2.5,200,190,0.5,0.4,0.25,0.24\n"
    "036,2,4,3,few,190,0.5,0.4,0.25,0.24\n"
)
LAST = """
    SELECT * EXCLUDE (place) FROM (
        SELECT *, row_number() OVER (
            PARTITION BY experiment, variant, metric ORDER BY elapsed_days DESC
        ) AS place FROM raw.experiments)
    WHERE place = 1 ORDER BY experiment, variant"""


def test_snapshots_of_pairs_become_two_rows_each(hub: Hub) -> None:
    hub.write("in/a.csv", PAIRS)
    (result,) = hub.load("experiments", started_on={"*": "2025-03-01"})
    assert (result.records, result.loaded, result.quarantined) == (4, 3, 1)
    assert (result.detected["experiments"], result.detected["pairs"]) == (1, 2)
    rows = hub.rows(
        f"SELECT experiment, variant, is_control, users, value_sum, value_sum_squares, started_at"
        f" FROM ({LAST})"
    )
    start = datetime(2025, 2, 28, 23, tzinfo=UTC)
    assert rows[0] == ("036/1", "1", False, 210, 157.5, None, start)
    assert rows[1] == ("036/1", "control", True, 200, 100.0, None, start)
    assert rows[2][5] == pytest.approx(0.24 * 189 + 190 * 0.4**2)


SNAPSHOTS = (
    "experiment,variant,is_control,started_at,as_of,metric,users,conversions\n"
    "E,control,true,2025-03-01,2025-03-02,buy,100,5\n"
    "E,control,true,2025-03-01,2025-03-03,buy,{users},9\n"
)


def test_the_last_of_daily_snapshots_counts(hub: Hub) -> None:
    hub.write("in/a.csv", SNAPSHOTS.format(users=180))
    (result,) = hub.load("experiments")
    assert result.detected["snapshots"] == 2
    assert hub.rows(f"SELECT users, conversions, elapsed_days FROM ({LAST})") == [(180, 9, 2.0)]


def test_daily_figures_that_do_not_grow_are_refused(hub: Hub) -> None:
    hub.write("in/a.csv", SNAPSHOTS.format(users=80))
    problem = hub.refusal("experiments").problem
    assert (problem.line, problem.column) == (3, "users")
    assert "never become fewer" in problem.expected


def test_rows_of_users_are_read_with_their_outcomes(hub: Hub) -> None:
    hub.write(
        "in/a.csv",
        "experiment,user_id,variant,assigned_at,orders,revenue,revenue_before\n"
        "E,u1,control,2025-03-01T10:00:00Z,1,20.5,10\n"
        "E,u2,new,2025-03-01T11:00:00Z,,,5\n"
        "E,u3,,2025-03-01T11:00:00Z,,,\n",
    )
    (result,) = hub.load("experiments", outcomes=["orders", "revenue"])
    assert (result.records, result.loaded, result.quarantined) == (3, 2, 1)
    assert hub.rows(
        "SELECT user_id, variant, is_control, metric, value, value_before"
        " FROM raw.experiment_units ORDER BY user_id, metric"
    ) == [
        ("u1", "control", True, "orders", 1.0, None),
        ("u1", "control", True, "revenue", 20.5, 10.0),
        ("u2", "new", False, "orders", None, None), ("u2", "new", False, "revenue", None, 5.0),
    ]  # fmt: skip


def test_assignments_and_outcomes_may_come_apart(hub: Hub) -> None:
    hub.write("in/a.csv", "experiment,user,variant,assigned_at\nE,u1,A,2025-03-01\nE,u2,B,\n")
    hub.write("in/b.csv", "experiment,user,metric,value\nE,u1,revenue,7.5\n")
    results = hub.load("experiments")
    assert [result.loaded for result in results] == [2, 1]
    assert hub.rows(
        "SELECT user_id, variant, is_control, metric, value FROM raw.experiment_units"
        " ORDER BY _file, user_id"
    ) == [
        ("u1", "A", True, None, None), ("u2", "B", False, None, None),
        ("u1", None, None, "revenue", 7.5),
    ]  # fmt: skip


def test_what_must_be_decided_of_users_rows_is_asked(hub: Hub) -> None:
    hub.write("in/a.csv", "experiment,user,variant,bought\nE,u1,x,1\nE,u2,y,0\n")
    assert "outcomes" in hub.refusal("experiments").problem.remedy
    problem = hub.refusal("experiments", outcomes=["bought"]).problem
    assert "variants x, y of E" in problem.found
    hub.load("experiments", outcomes=["bought"], control={"E": "y"})
    assert hub.rows("SELECT variant, is_control FROM raw.experiment_units ORDER BY 1") == [
        ("x", False), ("y", True),
    ]  # fmt: skip


FILES = (PAIRS, SNAPSHOTS.format(users=180), "experiment,user,variant,value\nE,1,a,2\nE,2,b,\n")


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(FILES), st.integers(0, 240), st.text('ab1,;.\n" -', max_size=4))
def test_a_damaged_file_is_refused_or_accounted_for(
    hub: Hub, data: str, place: int, piece: str
) -> None:
    hub.con.execute("DELETE FROM raw.loads; DELETE FROM raw.files_seen")
    hub.write("in/a.csv", data[:place] + piece + data[place + 1 :])
    try:
        (result,) = hub.load("experiments")
    except SourceError:
        assert hub.one("SELECT count(*) FROM raw.loads") == 0
        return
    assert result.records == result.loaded + result.quarantined + result.blank


@pytest.mark.skipif(not DATA.is_dir(), reason="BELLWETHER_REAL_DATA names no folder")
def test_published_snapshots_load_with_the_counts_that_pandas_finds(hub: Hub) -> None:
    path = DATA / "ab" / "asos_digital_experiments_dataset.csv"
    (result,) = hub.load("experiments", str(path))
    assert (result.records, result.loaded) == (24_153, 24_153)
    assert (result.detected["experiments"], result.detected["pairs"]) == (78, 99)
    frame = pd.read_csv(path)
    key = ["experiment_id", "variant_id"]
    last = frame.sort_values("time_since_start").groupby(key).last()
    counted = hub.rows(
        f"SELECT sum(users) FILTER (is_control), sum(users) FILTER (NOT is_control)"
        f" FROM ({LAST}) WHERE metric = '1'"
    )
    ones = frame[frame.metric_id == 1].sort_values("time_since_start").groupby(key).last()
    assert counted == [(ones.count_c.sum(), ones.count_t.sum())]
    apart = (last.count_c - last.count_t) ** 2 / (last.count_c + last.count_t)
    assert (stats.chi2.sf(apart, 1) < 0.001).sum() == 12
    told = read_out(hub.con.execute(LAST).df())
    uneven = {one.experiment for one in told if one.refusal == "sample_ratio"}
    assert len(uneven) == 12
    assert len({one.experiment for one in told}) == 99
