"""Are lines dropped only when they are old enough and their facts account for each?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from assets.retention import (
    Dropped,
    RetentionError,
    drop_old_lines,
    update_retained,
    what_stays,
)
from assets.sources import create_raw_tables
from hub.config import HubConfig

NOW = datetime(2025, 3, 20, tzinfo=UTC)
# what dbt makes of the lines below, as far as dropping them needs it
FACTS = """
create table raw.stg_service_endpoints as select distinct endpoint from raw.service_logs;
create schema platform;
create table platform.platform_request_histograms as
    select cast(timezone('Europe/Berlin', logged_at) as date) as requested_on,
        count(*) as requests
    from raw.service_logs group by all;
create table platform.platform_request_minute_parts as
    select date_trunc('minute', logged_at) as minute_start, count(*) as requests
    from raw.service_logs group by all;
create table platform.platform_model_usage_parts as from platform.platform_request_histograms;
create table platform.platform_error_parts as from platform.platform_request_histograms;
create table platform.platform_caller_parts as from platform.platform_request_histograms;
create table platform.platform_other_line_parts as
    select requested_on, requests as lines from platform.platform_request_histograms limit 0;
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Ten days of hourly lines, from 2025-03-01 to 2025-03-10 UTC, and their facts."""
    made = duckdb.connect()
    create_raw_tables(made)
    made.execute(
        "insert into raw.service_logs by name select"
        " timestamptz '2025-03-01 00:30:00+00' + to_hours(i) as logged_at, 'logs' as _source,"
        " '/of/' || dayofmonth(logged_at) as endpoint,"
        " 'a' as _file, 'x' as _load_id, timestamptz '2025-03-12 00:00:00+00' as _loaded_at"
        " from range(240) as t(i)"
    )
    made.execute(FACTS)
    yield made
    made.close()


def _drop(con: duckdb.DuckDBPyConnection, days: int | None) -> Dropped | None:
    config = HubConfig.model_validate(
        {
            "company": "L",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "sources": [{"name": "logs", "kind": "service_logs", "path": "*"}],
            "retention": {"raw_log_days": days},
        }
    )
    return drop_old_lines(con, config, now=NOW)


def _lines(con: duckdb.DuckDBPyConnection) -> int:
    return int(con.execute("select count(*) from raw.service_logs").fetchall()[0][0])


def test_without_a_setting_every_line_is_kept(con: duckdb.DuckDBPyConnection) -> None:
    assert _drop(con, None) is None
    assert _lines(con) == 240
    assert what_stays(con) is None


def test_lines_of_whole_local_days_go_and_their_facts_are_copied(
    con: duckdb.DuckDBPyConnection,
) -> None:
    # the newest line is of 2025-03-11 00:30 in Berlin; three days before it 2025-03-08 begins
    assert _drop(con, 3) == Dropped(date(2025, 3, 8), 7 * 24 - 1)
    first = con.execute("select min(logged_at) from raw.service_logs").fetchall()
    assert first == [(datetime(2025, 3, 7, 23, 30, tzinfo=UTC),)]
    for table in ("platform_request_histograms", "platform_request_minute_parts"):
        kept = con.execute(f"select sum(requests) from retained.{table}").fetchall()
        assert kept == [(7 * 24 - 1,)]
    paths = con.execute("from raw.stg_service_endpoints order by all").fetchall()
    assert paths == [("/of/10",), ("/of/7",), ("/of/8",), ("/of/9",)]
    assert _drop(con, 3) is None
    assert "167 log lines of days before 2025-03-08" in (what_stays(con) or "")


def test_dropping_goes_on_where_it_stopped(con: duckdb.DuckDBPyConnection) -> None:
    _drop(con, 3)
    assert _drop(con, 9) is None
    assert _drop(con, 2) == Dropped(date(2025, 3, 9), 24)
    kept = con.execute("select sum(requests) from retained.platform_error_parts").fetchall()
    assert kept == [(8 * 24 - 1,)]


def test_lines_that_no_fact_counts_are_not_dropped(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "delete from platform.platform_request_histograms where requested_on = '2025-03-02'"
    )
    with pytest.raises(RetentionError, match="count 143 log lines before 2025-03-08, but 167"):
        _drop(con, 3)
    assert _lines(con) == 240
    assert what_stays(con) is None


def test_lines_that_are_no_requests_count_as_accounted_for(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into platform.platform_other_line_parts"
        " select requested_on, 4 from platform.platform_request_histograms"
    )
    con.execute("update platform.platform_request_histograms set requests = requests - 4")
    assert _drop(con, 3) == Dropped(date(2025, 3, 8), 7 * 24 - 1)
    kept = con.execute("select sum(lines) from retained.platform_other_line_parts").fetchall()
    assert kept == [(7 * 4,)]


def test_a_line_dated_in_the_future_does_not_push_others_out(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        "insert into raw.service_logs by name select timestamptz '2199-01-01 00:00:00+00' as"
        " logged_at, 'logs' as _source, 'b' as _file, 'y' as _load_id, now() as _loaded_at"
    )
    # counted from now, 2025-03-20, and not from 2199
    dropped = _drop(con, 12)
    assert dropped is not None
    assert dropped.before_day == date(2025, 3, 8)


def test_a_failure_in_between_leaves_lines_and_facts(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("drop table platform.platform_error_parts")
    with pytest.raises(duckdb.CatalogException):
        _drop(con, 3)
    assert _lines(con) == 240
    schemas = con.execute("select schema_name from duckdb_schemas()").fetchall()
    assert ("retained",) not in schemas


OF_EARLIER_VERSIONS = """
create schema retained;
create table retained.platform_request_minutes as
    select 'api' as service, timestamptz '2025-03-01 10:00:00+00' as minute_start, 3 as requests;
create table retained.platform_model_usage_parts as
    select 'api' as service, 3 as requests, 0 as unknown_platforms;
"""
MINUTES = "select service, minute_start, requests from retained.platform_request_minute_parts"
COLUMNS = (
    "select table_name, column_name from information_schema.columns"
    " where table_schema = 'retained' order by table_name, ordinal_position"
)


def test_retained_facts_of_an_earlier_version_get_the_names_and_columns_of_today() -> None:
    con = duckdb.connect()
    update_retained(con)  # nothing was ever retained
    con.execute(OF_EARLIER_VERSIONS)
    ((_, minute, _),) = con.execute("from retained.platform_request_minutes").fetchall()
    for _ in range(2):
        update_retained(con)
        assert con.execute(MINUTES).fetchall() == [("api", minute, 3)]
        assert con.execute(COLUMNS).fetchall() == [
            ("platform_model_usage_parts", "service"),
            ("platform_model_usage_parts", "requests"),
            ("platform_request_minute_parts", "service"),
            ("platform_request_minute_parts", "minute_start"),
            ("platform_request_minute_parts", "requests"),
        ]


def test_minutes_retained_under_both_names_are_each_there_once() -> None:
    con = duckdb.connect()
    con.execute(OF_EARLIER_VERSIONS)
    con.execute(
        "create table retained.platform_request_minute_parts as select 'api' as service,"
        " timestamptz '2025-03-02 10:00:00+00' as minute_start, 5 as requests,"
        " [10.0, 20.0] as latencies_ms"
    )
    update_retained(con)
    update_retained(con)
    found = con.execute(
        "select requests, latencies_ms from retained.platform_request_minute_parts order by 1"
    ).fetchall()
    assert found == [(3, None), (5, [10.0, 20.0])]
    assert con.execute(
        "select count(*) from information_schema.tables"
        " where table_name = 'platform_request_minutes'"
    ).fetchall() == [(0,)]


def test_an_update_that_fails_leaves_retained_facts_as_they_were() -> None:
    con = duckdb.connect()
    con.execute(OF_EARLIER_VERSIONS)
    con.execute("create table retained.platform_request_minute_parts as select 1 as something")
    with pytest.raises(duckdb.Error):
        update_retained(con)
    assert con.execute("select requests from retained.platform_request_minutes").fetchall() == [
        (3,)
    ]
