"""Do silent samples, autoscaling steps, lists by position and releases agree with the files?

Everything is computed anew in pandas from the files that the demo shop wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd
import pytest

from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline.operations_reference import (
    by_the_hour,
    day_of_hour,
    samples,
    shown_positions,
)

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def con(shop: HubHome) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(shop) as connection:
        yield connection


def test_a_silent_half_day_is_left_out_and_is_no_zero(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    hours = by_the_hour(samples(shop.root, "instances"))
    silent = day_of_hour(hours)[hours["fraud-api"].isna()].iloc[0]
    known = hours["fraud-api"][day_of_hour(hours) == silent].notna().sum()
    assert 0 < known < 24
    (row,) = con.execute(
        "select instances, instances_known_hours, instances_fewest from marts.mart_capacity_days "
        "where service = 'fraud-api' and day = ?",
        [silent.date()],
    ).fetchall()
    assert row[0] >= row[2] > 0
    assert row[1] == pytest.approx(known, abs=1e-9)


def test_every_autoscaling_step_is_told_with_its_numbers(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    told = samples(shop.root, "instances").iloc[:-1]  # nothing is known after the last sample
    before = told.shift()
    for service in told:
        is_step = (told[service] != before[service]) & before[service].notna()
        expected = [
            (at.tz_convert("UTC").to_pydatetime(), was, now)
            for at, was, now in zip(
                told.index[is_step], before[service][is_step], told[service][is_step],
                strict=True,
            )
        ]  # fmt: skip
        found = con.execute(
            "select changed_at, instances_before, instances_after from marts.mart_scaling_steps "
            "where service = ? order by changed_at",
            [service],
        ).fetchall()
        assert found == expected
        assert len(found) > 50


def test_positions_are_served_drawn_and_seen_as_their_records_say(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    frame = shown_positions(shop.root)
    counts = frame.groupby(["day", "position"])[["served", "rendered", "viewed"]].sum()
    mart = con.execute(
        "select day, position, served, rendered, viewed from marts.mart_exposure_positions"
    ).df()
    mart["day"] = pd.to_datetime(mart["day"]).astype(frame["day"].dtype)
    pd.testing.assert_frame_equal(
        mart.set_index(["day", "position"]).sort_index(), counts, check_dtype=False,
        check_index_type=False,
    )  # fmt: skip


def test_a_release_without_a_gain_is_a_release(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    releases = pd.read_csv(shop.exports / "releases" / "releases.csv")
    told = con.execute(
        "select model, version, released_at from marts.mart_releases order by 1, 3"
    ).df()
    expected = releases.assign(released_at=pd.to_datetime(releases["released_at"], utc=True))
    expected = expected.sort_values(["model", "released_at"])
    assert list(told["version"]) == list(expected["version"])
    assert list(told["model"]) == list(expected["model"])
