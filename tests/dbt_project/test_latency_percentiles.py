"""Are percentiles of any roll-up of the histograms within 1 % of the nearest rank?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from tests.dbt_project.conftest import PROJECT

# The macros need nothing of dbt, so they are rendered as they stand.
MACROS: Any = (
    Environment().from_string((PROJECT / "macros" / "latency_histogram.sql").read_text()).module
)
ROLL_UPS = (["hour", "day"], ["day"], ["service"])
HISTOGRAM = f"""
create or replace temp table histogram as
select
    'api' as service, day, hour, {MACROS.bucket_of_latency("latency_ms")} as latency_bucket,
    cast(count(*) as bigint) as requests
from (
    select
        unnest($latencies::double[]) as latency_ms, unnest($hours::integer[]) as hour,
        unnest($hours::integer[]) // 2 as day
)
group by all
"""
# A microsecond and less is one bucket, whose middle is nothing.
SMALLEST = 0.001

edges = st.integers(-340, 900).map(lambda bucket: 1.02**bucket)
heavy_tail = st.floats(0, 1, exclude_max=True).map(lambda share: 5 / (1 - share) ** 3)
tiny = st.floats(0, 2 * SMALLEST)
ties = st.sampled_from([0.0, 7.0, 7.0000001, 20.0, 3000.0])
latencies = st.one_of(heavy_tail, ties, edges, tiny, st.floats(0, 1e6))
lines = st.lists(st.tuples(latencies, st.integers(0, 5)), min_size=1, max_size=120)
# The same few lines over and over: ranks fall on the edge between two buckets.
repeated = st.tuples(lines, st.integers(1, 50)).map(lambda told: told[0][:6] * told[1])


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


@settings(max_examples=80, deadline=None)
@given(told=st.one_of(lines, repeated))
def test_a_percentile_is_within_one_percent_of_the_nearest_rank(
    con: duckdb.DuckDBPyConnection, told: list[tuple[float, int]]
) -> None:
    given_columns = {"latencies": [each for each, _ in told], "hours": [hour for _, hour in told]}
    con.execute(HISTOGRAM, given_columns)
    for keys in ROLL_UPS:
        for percents, key in _percentiles(con, keys):
            of_key = sorted(each for each, hour in told if _key(hour, keys) == key)
            assert percents.pop("timed_requests") == len(of_key)
            for percent, found in percents.items():
                exact = of_key[-(-len(of_key) * int(percent) // 100) - 1]
                assert found == pytest.approx(exact, rel=0.01, abs=SMALLEST), (keys, key, percent)


def test_the_mean_of_the_hours_percentiles_would_not_do(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """What rolls up is the histogram: 99 fast requests and a slow hour of one."""
    con.execute(HISTOGRAM, {"latencies": [10.0] * 99 + [1000.0], "hours": [0] * 99 + [1]})
    ((percents, _),) = _percentiles(con, ["day"])
    assert percents["50"] == pytest.approx(10.0, rel=0.01)
    assert percents["99"] == pytest.approx(10.0, rel=0.01)


def test_a_latency_below_zero_counts_in_no_percentile(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(HISTOGRAM, {"latencies": [-5.0, 10.0], "hours": [0, 0]})
    ((percents, _),) = _percentiles(con, ["day"])
    assert percents["timed_requests"] == 1
    assert percents["50"] == pytest.approx(10.0, rel=0.01)


def _percentiles(
    con: duckdb.DuckDBPyConnection, keys: list[str]
) -> list[tuple[dict[str, float], tuple[object, ...]]]:
    """Of each key: the number of requests and what the macro makes of them by percent."""
    source = MACROS.histogram_percentiles("histogram", keys)
    names = ["timed_requests", "latency_ms_p50", "latency_ms_p95", "latency_ms_p99"]
    found = con.execute(f"select {', '.join([*names, *keys])} from {source}").fetchall()
    labels = [name.removeprefix("latency_ms_p") for name in names]
    return [(dict(zip(labels, row, strict=False)), row[len(names) :]) for row in found]


def _key(hour: int, keys: list[str]) -> tuple[object, ...]:
    return tuple({"hour": hour, "day": hour // 2, "service": "api"}[key] for key in keys)
