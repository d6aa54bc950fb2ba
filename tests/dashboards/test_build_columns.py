"""Is a build of an older version said to be one, with the table and the column it lacks?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.build_columns import COLUMNS, MartMissing, check_whole, lacking
from dashboards.offline import PageFailed, show_page
from hub.home import HubHome
from hub.warehouse import PublishedBuild

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"


def test_the_pages_are_tested_on_no_other_columns_than_a_build_is_asked_for(marts: Frames) -> None:
    shown = {name if "." in name else f"marts.{name}": frame for name, frame in marts.items()}
    different = {
        name: set(frame.columns) ^ set(COLUMNS[name].split())
        for name, frame in shown.items()
        if name in COLUMNS and set(frame.columns) != set(COLUMNS[name].split())
    }
    assert different == {}
    assert set(COLUMNS) <= set(shown)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select other from marts.mart_a", "the column other of marts.mart_a"),
        ("select a.other from marts.mart_a as a", "the column other of marts.mart_a"),
        ("select one from marts.mart_a join marts.mart_b using (one)", "the column one of marts"),
        ("select * from marts.mart_c order by 1", "the table marts.mart_c"),
        ("select * from metrics.none", "the table metrics.none"),
    ],
)
def test_what_a_query_names_and_a_build_lacks_is_told(sql: str, told: str) -> None:
    con = duckdb.connect()
    con.execute("create schema marts; create table marts.mart_a (one int)")
    con.execute("create table marts.mart_b (two int)")
    with pytest.raises(duckdb.Error) as failed:
        con.execute(sql)
    con.close()
    absent = lacking(sql, str(failed.value))
    assert absent is not None
    assert str(absent).startswith(told)


def test_another_error_is_not_taken_for_an_older_build() -> None:
    assert lacking("select * from marts.mart_a", "Binder Error: No function matches") is None


def test_all_columns_that_a_table_lacks_are_named_and_further_ones_let_be() -> None:
    known = COLUMNS["marts.mart_calendar"].split()
    whole = "\n select *\n from marts.mart_calendar order by day"
    check_whole(whole, [*known, "further"])
    with pytest.raises(MartMissing, match=r"the columns country and kind of marts\.mart_calendar"):
        check_whole(whole, ["day", "name"])


@pytest.mark.parametrize(
    ("page", "mart", "column"),
    [
        ("service_health", "mart_service_days", "apdex_requests"),
        ("delivery", "mart_delivery_weeks", "n_approximate"),
        ("success_metrics", "mart_success_metrics", "target"),
        ("data_health", "mart_data_health_sources", "loaded"),
    ],
)
def test_a_page_says_that_the_build_is_older_and_how_to_make_a_new_one(
    page: str,
    mart: str,
    column: str,
    empty_home: HubHome,
    marts: Frames,
    publish_marts: Publish,
) -> None:
    publish_marts(empty_home, {**marts, mart: marts[mart].drop(columns=[column])}, "older")
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    if page != "success_metrics":
        app.switch_page(f"app_pages/{page}.py").run()
    assert not app.exception
    (told,) = (each.value for each in app.warning if "older version" in each.value)
    assert f"the column {column} of marts.{mart}" in told.replace("\\", "")
    assert f"bellwether run --home {empty_home.root}" in [each.value for each in app.code]


def test_a_page_of_an_older_build_is_not_written_into_a_file(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    items = marts["mart_delivery_items"].drop(columns=["issue_key"])
    publish_marts(empty_home, {**marts, "mart_delivery_items": items}, "older")
    with pytest.raises(PageFailed, match=r"older version.*issue_key.*bellwether run"):
        show_page(empty_home, "delivery")
