"""Are percentiles of any roll-up of the histograms within 1 % of the nearest rank?"""

from __future__ import annotations

import re
from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.conftest import Project

pytestmark = pytest.mark.xdist_group("dbt_project")

# A Saturday: the lines of four days fall into two weeks and two months.
FIRST_DAY = date(2025, 3, 29)
LINES = """
create table lines as
select
    'logs' as source, 'api' as service, null as endpoint, null as version,
    timestamptz '2025-03-29 05:00:00+00' + to_hours(unnest($hours::integer[])) as requested_at,
    unnest($latencies::double[]) as latency_ms, true as is_request, false as is_error,
    timestamptz '2025-04-05 00:00:00+00' as loaded_at
"""
# A microsecond and less is one bucket, whose middle is nothing.
SMALLEST = 0.001

heavy_tail = st.floats(0, 1, exclude_max=True).map(lambda share: 5 / (1 - share) ** 3)
ties = st.sampled_from([0.0, 7.0, 7.0000001, 20.0, 3000.0])
edges_of_buckets = st.integers(-340, 900).map(lambda bucket: 1.02**bucket)
tiny = st.floats(0, 2 * SMALLEST)
latencies = st.one_of(heavy_tail, ties, edges_of_buckets, tiny, st.floats(0, 1e6))
hours = st.sampled_from([0, 1, 24, 48, 72])
lines = st.lists(st.tuples(latencies, hours), min_size=1, max_size=120)
# The same few lines over and over: ranks fall on the edge between two buckets.
repeated = st.tuples(lines, st.integers(1, 50)).map(lambda told: told[0][:6] * told[1])


@pytest.fixture(scope="session")
def models(shop: Project) -> tuple[str, str]:
    """The SQL of the histograms and of their roll-ups, as dbt compiled it."""
    folder = shop.target / "compiled" / "bellwether" / "models" / "platform"
    histograms = (folder / "platform_request_histograms.sql").read_text()
    periods = (folder / "platform_request_periods.sql").read_text()
    return (
        re.sub(r'"\w+"\."staging"\."stg_service_requests"', "lines", histograms),
        re.sub(r'"\w+"\."platform"\."platform_request_histograms"', "histograms", periods),
    )


def percentiles(
    models: tuple[str, str], told: list[tuple[float, int]]
) -> dict[tuple[str, date], tuple[int, dict[int, float]]]:
    """Timed requests and percentiles by grain and period, of latencies and hours since 6 a.m."""
    histograms, periods = models
    given_columns = {"latencies": [ms for ms, _ in told], "hours": [hour for _, hour in told]}
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(LINES, given_columns)
        con.execute(f"create table histograms as {histograms}")
        rows = con.execute(
            "select grain, period_start, timed_requests, latency_ms_p50, latency_ms_p95,"
            f" latency_ms_p99 from ({periods}\n)"
        ).fetchall()
    return {
        (grain, start): (timed, {50: p50, 95: p95, 99: p99})
        for grain, start, timed, p50, p95, p99 in rows
    }


def period_of(hour: int, grain: str) -> date:
    day = FIRST_DAY + timedelta(days=hour // 24)
    week = day - timedelta(days=day.weekday())
    return {"day": day, "week": week, "month": day.replace(day=1)}[grain]


@settings(max_examples=60, deadline=None)
@given(told=st.one_of(lines, repeated))
def test_a_percentile_is_within_one_percent_of_the_nearest_rank(
    models: tuple[str, str], told: list[tuple[float, int]]
) -> None:
    found = percentiles(models, told)
    assert set(found) == {
        (grain, period_of(hour, grain)) for _, hour in told for grain in ("day", "week", "month")
    }
    for (grain, start), (timed_requests, by_percent) in found.items():
        ranked = sorted(ms for ms, hour in told if period_of(hour, grain) == start)
        assert timed_requests == len(ranked)
        for percent, latency in by_percent.items():
            exact = ranked[-(-len(ranked) * percent // 100) - 1]
            assert latency == pytest.approx(exact, rel=0.01, abs=SMALLEST), (grain, start, percent)


def test_a_latency_below_zero_counts_in_no_percentile(models: tuple[str, str]) -> None:
    timed_requests, by_percent = percentiles(models, [(-5.0, 0), (10.0, 0)])[("day", FIRST_DAY)]
    assert timed_requests == 1
    assert by_percent[50] == pytest.approx(10.0, rel=0.01)
