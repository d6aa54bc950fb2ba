"""Do pages read the build that is published now, and say so when it lacks a table?"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dashboards import queries
from hub.home import HubHome
from hub.warehouse import PublishedBuild, published_build

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]


def test_a_new_build_is_read_at_once(tmp_path: Path, marts: Frames, publish_marts: Publish) -> None:
    home = HubHome(tmp_path)
    calendar = marts["mart_calendar"]
    first = publish_marts(home, {"mart_calendar": calendar}, "one")
    assert len(queries.calendar(first)) == len(calendar)
    publish_marts(home, {"mart_calendar": calendar.head(2)}, "two")
    now = published_build(home)
    assert now is not None
    assert now.build_id == "two"
    assert len(queries.calendar(now)) == 2
    assert len(queries.calendar(first)) == len(calendar)


def test_a_build_without_the_table_is_said_to_lack_it(
    tmp_path: Path, marts: Frames, publish_marts: Publish
) -> None:
    build = publish_marts(HubHome(tmp_path), {"mart_calendar": marts["mart_calendar"]}, "one")
    with pytest.raises(queries.MartMissing, match="mart_releases"):
        queries.releases(build)


def test_a_build_without_a_column_is_said_to_lack_it(
    tmp_path: Path, marts: Frames, publish_marts: Publish
) -> None:
    calendar = marts["mart_calendar"].drop(columns=["country"])
    build = publish_marts(HubHome(tmp_path), {"mart_calendar": calendar}, "one")
    with pytest.raises(queries.MartMissing, match="country"):
        queries.calendar(build)


def test_readers_leave_the_published_file_as_it_is(build: PublishedBuild) -> None:
    before = (os.stat(build.path).st_mtime_ns, sorted(build.path.parent.iterdir()))
    queries.kpis(build)
    queries.links(build)
    assert (os.stat(build.path).st_mtime_ns, sorted(build.path.parent.iterdir())) == before


def test_what_moves_comes_first_then_what_was_declared_beforehand(build: PublishedBuild) -> None:
    rows = queries.links(build)
    assert list(rows["link_id"]) == ["l1", "l4", "l3", "l2"]


def test_segment_values_come_with_the_total_of_both_periods(build: PublishedBuild) -> None:
    rows = queries.segment_values(
        build, "revenue", "month", "country", ["2025-01-01", "2025-02-01"]
    )
    counted = rows.groupby("segment_value")["period_start"].nunique()
    assert set(counted.index) == {"__all__", "DE", "FR", "__null__"}
    assert set(counted) == {2}


def test_a_quote_in_a_name_is_a_value_not_sql(build: PublishedBuild) -> None:
    rows = queries.service_rows(build, "mart_service_days", "x' or '1'='1")
    assert rows.empty
