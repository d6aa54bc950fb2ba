"""Are links estimated again only where something changed, and is the answer that of a whole run?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import duckdb
import pandas as pd
import pytest

from assets.analysis_tables import DRAWN_TABLES, create_analysis_tables
from assets.input_checks import input_faults
from assets.insight_rows import replace_rows
from assets.insights import link_tables
from assets.reproduction import differences
from hub.config import HubConfig
from tests.assets.link_worlds import (
    DAYS,
    N_DAYS,
    RELEASES,
    add_metric,
    config,
    hub,
    world,
    write_series,
)

NOW = datetime.fromisoformat(f"{DAYS[-1]:%Y-%m-%d}T22:00:00+00:00")
COMPARED = ("link_estimates", "links", "evidence", *DRAWN_TABLES, "release_impacts")
# Who computed a row, and when, is all that may differ.
OF_A_BUILD = ["build_id", "inputs_build_id"]


def build(
    con: duckdb.DuckDBPyConnection,
    name: str,
    *,
    settings: HubConfig | None = None,
    now: datetime = NOW,
) -> dict[str, int]:
    """Bring links, experiments and release impacts up to date; what was done."""
    settings = settings or config()
    faults = input_faults(con, config=settings, now=now)
    tables, done = link_tables(con, config=settings, build=name, faults=faults)
    for table, frame in tables.items():
        replace_rows(con, table, frame)
    return done


def content(con: duckdb.DuckDBPyConnection, table: str) -> pd.DataFrame:
    frame = con.execute(f"select * from insights.{table} order by all").df()
    frame = frame.drop(columns=OF_A_BUILD, errors="ignore")
    return frame.sort_values(list(frame.columns[:4])).reset_index(drop=True)


def assert_same(one: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection) -> None:
    for table in COMPARED:
        pd.testing.assert_frame_equal(
            content(one, table), content(other, table), rtol=1e-9, obj=table
        )


def estimated_in(con: duckdb.DuckDBPyConnection, name: str) -> set[tuple[str, str]]:
    """Metric and KPI of the pairs whose inputs are of this build."""
    rows = con.execute(
        "select metric_name, kpi from insights.links where inputs_build_id = ?", [name]
    ).fetchall()
    return set(rows)


def q_values(con: duckdb.DuckDBPyConnection, kpis: Iterable[str]) -> dict[str, float]:
    return dict(
        con.execute(
            "select link_id, q_value from insights.links where list_contains(?, kpi) "
            "and not is_primary",
            [list(kpis)],
        ).fetchall()
    )


@pytest.fixture(scope="module")
def built() -> duckdb.DuckDBPyConnection:
    """A hub that has been built once; do not change it."""
    con = hub(world())
    done = build(con, "b1")
    assert done == {"pairs_estimated": 9, "pairs_drawn": 9, "releases_estimated": 16}
    return con


@pytest.fixture
def con(built: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A hub of its own, with all that the first build left."""
    con = hub(world())
    for table in (*COMPARED, "release_impact_series", "input_settings"):
        frame = built.execute(f"select * from insights.{table}").df()
        con.register("kept", frame)
        con.execute(f"insert into insights.{table} select * from kept")
        con.unregister("kept")
    return con


@pytest.mark.parametrize(
    "change",
    [
        "alter table insights.link_notes drop column fading_note",
        "drop table insights.link_gains",
        "alter table insights.release_impact_series add column later double",
    ],
)
def test_tables_of_an_earlier_version_are_filled_again_and_nothing_stands_twice(
    con: duckdb.DuckDBPyConnection, built: duckdb.DuckDBPyConnection, change: str
) -> None:
    con.execute(change)
    create_analysis_tables(con)
    done = build(con, "b2")
    assert done["pairs_estimated"] == 0
    assert_same(con, built)
    drawn_days = "select * from insights.release_impact_series order by all"
    pd.testing.assert_frame_equal(con.execute(drawn_days).df(), built.execute(drawn_days).df())


def test_what_is_found_half_written_is_drawn_once(
    con: duckdb.DuckDBPyConnection, built: duckdb.DuckDBPyConnection
) -> None:
    con.execute("delete from insights.link_notes")
    assert build(con, "b2")["pairs_drawn"] == 9
    assert_same(con, built)


def test_what_was_planted_is_found(built: duckdb.DuckDBPyConnection) -> None:
    moving = built.execute(
        "select metric_name, kpi, effect_low, effect_high from insights.links "
        "where verdict = 'moves'"
    ).fetchall()
    assert [row[:2] for row in moving] == [("ndcg_at_10", "revenue")]
    assert moving[0][2] < 1.5 < moving[0][3]


def test_nothing_is_estimated_again_when_nothing_changed(
    con: duckdb.DuckDBPyConnection, built: duckdb.DuckDBPyConnection
) -> None:
    done = build(con, "b2")
    assert done == {"pairs_estimated": 0, "pairs_drawn": 0, "releases_estimated": 0}
    assert_same(con, built)
    assert estimated_in(con, "b2") == set()


def test_a_changed_kpi_is_estimated_again_and_the_rest_is_not(
    con: duckdb.DuckDBPyConnection,
) -> None:
    changed = world()
    changed["orders"].iloc[200] *= 1.1
    write_series(con, changed)
    done = build(con, "b2")
    assert done == {"pairs_estimated": 3, "pairs_drawn": 3, "releases_estimated": 0}
    assert {kpi for _, kpi in estimated_in(con, "b2")} == {"orders"}


def test_what_was_kept_and_what_was_estimated_again_are_a_whole_run(
    con: duckdb.DuckDBPyConnection,
) -> None:
    changed = world()
    changed["ranker/drift"].iloc[100] += 0.3
    changed["margin"].iloc[20] += 50.0
    write_series(con, changed)
    build(con, "b2")
    assert estimated_in(con, "b2") == {
        ("drift", "revenue"),
        ("drift", "orders"),
        ("drift", "margin"),
        ("auc", "margin"),
        ("ndcg_at_10", "margin"),
    }
    whole = hub(changed)
    build(whole, "b2")
    assert_same(con, whole)


def test_a_search_that_grew_is_judged_anew_though_its_pairs_stay(
    con: duckdb.DuckDBPyConnection,
) -> None:
    before = q_values(con, ["orders", "margin"])
    changed = world()
    more = {f"fraud/extra_{at}": changed["fraud/auc"] * 2.0 for at in range(3)}
    for address in more:
        add_metric(con, address)
    write_series(con, more)
    done = build(con, "b2")
    assert done["pairs_estimated"] == 9
    after = q_values(con, ["orders", "margin"])
    assert any(after[link] != q for link, q in before.items())
    stored = con.execute(
        "select count(*) from insights.links where inputs_build_id = 'b1'"
    ).fetchall()
    assert stored == [(9,)]


def test_a_setting_changes_every_estimate_and_a_label_none(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add_metric(con, "orders", label="Orders placed")
    assert build(con, "b2")["pairs_estimated"] == 0
    labels = con.execute("select distinct kpi_label from insights.links where kpi = 'orders'")
    assert labels.fetchall() == [("Orders placed",)]
    assert build(con, "b3", settings=config(max_lag_days=7))["pairs_estimated"] == 9


def test_pairs_beyond_the_limit_keep_their_verdict_and_lose_their_charts(
    con: duckdb.DuckDBPyConnection, built: duckdb.DuckDBPyConnection
) -> None:
    build(con, "b2", settings=config(draw_pairs=1))
    drawn = con.execute("select link_id from insights.link_notes").fetchall()
    assert drawn == [("ranker.ndcg_at_10.revenue",)]
    lags = con.execute("select distinct link_id from insights.link_lags").fetchall()
    assert lags == drawn
    kept = ["link_id", "verdict", "effect", "p_value", "q_value"]
    pd.testing.assert_frame_equal(content(con, "links")[kept], content(built, "links")[kept])
    assert build(con, "b3")["pairs_drawn"] == 8
    assert_same(con, built)


def test_a_pair_that_is_gone_leaves_nothing_behind(con: duckdb.DuckDBPyConnection) -> None:
    settings = config(kpis=["revenue", "orders"])
    build(con, "b2", settings=settings)
    for table in ("link_estimates", "links", "evidence", *DRAWN_TABLES):
        left = con.execute(
            f"select count(*) from insights.{table} where link_id like '%margin'"
        ).fetchall()
        assert left == [(0,)], table


def test_a_new_day_leaves_old_releases_as_they_were(con: duckdb.DuckDBPyConnection) -> None:
    later = pd.date_range(DAYS[0], periods=N_DAYS + 1, freq="D")
    longer = {
        name: values.reindex(later).fillna({later[-1]: values.iloc[-1]})
        for name, values in world().items()
    }
    write_series(con, longer)
    done = build(con, "b2")
    young = sum(day + 90 >= N_DAYS for days in RELEASES.values() for day in days)
    assert done["releases_estimated"] == young
    assert done["pairs_estimated"] == 9


def test_a_stored_verdict_can_be_worked_out_again(built: duckdb.DuckDBPyConnection) -> None:
    for link in ("ranker.ndcg_at_10.revenue", "fraud.auc.orders", "ranker.drift.margin"):
        assert differences(built, link) == []


def test_other_observations_do_not_give_the_stored_verdict(
    con: duckdb.DuckDBPyConnection,
) -> None:
    build(con, "b2")
    changed = world()["revenue"]
    changed.iloc[150] *= 1.2
    write_series(con, {"revenue": changed})
    found = differences(con, "ranker.ndcg_at_10.revenue")
    assert any(line.startswith("links.effect:") for line in found)
    assert any("not that of the stored estimate" in line for line in found)


def test_a_source_nobody_could_read_makes_its_links_invalid_until_repaired(
    con: duckdb.DuckDBPyConnection, built: duckdb.DuckDBPyConnection
) -> None:
    con.execute("insert into meta.source_problems values ('shop', 'broken.csv: no header')")
    done = build(con, "b2")
    assert done["pairs_estimated"] == 0
    rows = con.execute("select verdict, verdict_reason from insights.links").fetchall()
    assert {verdict for verdict, _ in rows} == {"invalid data"}
    assert all("of the source shop could not be read" in reason for _, reason in rows)
    impacts = con.execute("select distinct verdict from insights.release_impacts").fetchall()
    assert impacts == [("invalid data",)]
    con.execute("delete from meta.source_problems")
    build(con, "b3")
    assert_same(con, built)


def test_a_stale_source_makes_its_links_invalid(con: duckdb.DuckDBPyConnection) -> None:
    build(con, "b2", now=NOW + timedelta(days=3))
    rows = con.execute("select verdict, verdict_reason from insights.links").fetchall()
    assert {verdict for verdict, _ in rows} == {"invalid data"}
    assert all("no older than 2d" in reason for _, reason in rows)


def test_a_calendar_nobody_could_read_is_a_caveat(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into meta.source_problems values ('events', 'broken.csv: no header')")
    build(con, "b2")
    caveats, verdict = con.execute(
        "select cast(caveats as varchar), verdict from insights.links "
        "where link_id = 'ranker.ndcg_at_10.revenue'"
    ).fetchall()[0]
    assert "the source events could not be read" in caveats
    assert verdict == "moves"


def test_what_a_plain_regression_says_stands_beside_a_drawn_pair(
    built: duckdb.DuckDBPyConnection,
) -> None:
    told = built.execute(
        "select naive_effect_low < naive_effect, naive_effect < naive_effect_high, "
        "abs(whitened_autocorrelation_1) < abs(autocorrelation_1), whiteness_p_value "
        "from insights.link_notes where link_id = 'ranker.ndcg_at_10.revenue'"
    ).fetchall()
    assert told[0][:3] == (True, True, True)
    assert 0 <= told[0][3] <= 1


def test_a_failed_check_below_a_kpi_marks_its_links_and_releases_until_it_holds(
    con: duckdb.DuckDBPyConnection,
) -> None:
    before = {name: content(con, name) for name in ("links", "release_impacts")}
    con.execute(
        "insert into meta.marks values "
        "('metric', 'revenue', 'lines_add_up', 'lines', 2, now(), 'b')"
    )
    done = build(con, "b2")
    assert done == {"pairs_estimated": 0, "pairs_drawn": 0, "releases_estimated": 0}
    verdicts = con.execute(
        "select kpi = 'revenue', verdict = 'invalid data', verdict_reason like "
        "'%check lines_add_up fails on lines (2 rows)%', count(*) from insights.links group by all"
    ).fetchall()
    assert {row[:3] for row in verdicts} == {(True, True, True), (False, False, False)}
    impacts = con.execute(
        "select distinct verdict from insights.release_impacts where kpi = 'revenue'"
    ).fetchall()
    assert impacts == [("invalid data",)]
    con.execute("delete from meta.marks")
    build(con, "b3")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(content(con, name), frame, rtol=1e-9)
