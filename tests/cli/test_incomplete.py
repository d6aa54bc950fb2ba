"""Do the commands say what keeps periods of the published build incomplete?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cli.incomplete import print_incomplete, read_incomplete, read_incomplete_of
from hub.home import HubHome

SOURCES = """
create table marts.mart_data_health_sources as
select 'market' as source, 'sales' as kind, 1 as files, date '2025-08-20' as last_day,
    date '2025-11-03' as kind_last_day, cast(null as date) as ended_on, true as is_awaited,
    75 as days_behind, 0 as days_without_rate
"""
EXCLUSIONS = """
create table marts.mart_data_health_exclusions as
select 'web' as source, 'no_rate' as excluded_as, 'CHF' as excluded_by, 'CHF' as currency,
    1 as files, 2 as order_lines, 50.00 as amount, date '2025-08-12' as first_day,
    date '2025-08-12' as last_day, 'o.csv' as first_file, 9 as first_line
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute(SOURCES)
        yield con


def test_sources_that_lag_behind_and_money_without_a_rate_are_read_from_the_build(
    con: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    con.execute(EXCLUSIONS)
    print_incomplete(read_incomplete(con))
    behind, without_rate = capsys.readouterr().out.strip().splitlines()
    assert behind.startswith("incomplete: market stops on 2025-08-20, while other sales go on to ")
    assert without_rate.startswith("incomplete: 2 order lines of 50.00 CHF of web on 2025-08-12")
    assert "the first in o.csv line 9." in without_rate


def test_a_build_that_did_not_count_what_is_left_out_says_nothing(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_incomplete(con) == []
    assert read_incomplete_of(HubHome(tmp_path)) == []  # nothing is published yet
    print_incomplete([])
    assert capsys.readouterr().out == ""
