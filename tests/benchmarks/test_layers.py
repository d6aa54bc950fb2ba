"""Do the rows of the layers' benchmark come out, and would a difference be seen?"""

from pathlib import Path

import duckdb
import pytest

from benchmarks.layer_metrics import MetricsBench
from benchmarks.layers import check_same, facts_hashes, models_time

FACTS = """
create schema platform;
create table platform.platform_request_minute_parts as
select 'api' as service, '/v1' as endpoint, '1' as version, 7 as minute_start,
    list(i / 2) as latencies_ms
from range(4) as t(i) group by i // {parts};
create table platform.platform_request_minutes as
select 'api' as service, '/v1' as endpoint, '1' as version, i as minute_start, 5 as requests,
    1 as errors, 10.0 as latency_ms_p50, 20.0 as latency_ms_p95, 30.0 as latency_ms_p99
from range(60) as t(i);
create table platform.platform_request_histograms as
select 'logs' as source, 'api' as service, '/v1' as endpoint, '1' as version, 1 as requested_on,
    0 as hour_start, i as latency_bucket, {parts} as requests, {parts} as errors, 0 as first_seen,
    9 as last_seen
from range(6) as t(i), range(4 // {parts});
create table platform.platform_request_hours as
select service, hour_start, requested_on, 300 as requests, 60 as errors, 10.0 as latency_ms_p50,
    20.0 as latency_ms_p95, 30.0 as latency_ms_p99, {parts} as loaded_at
from platform.platform_request_histograms limit 1;
"""


def facts(file: Path, *, parts: int, change: str = "") -> dict[str, int]:
    with duckdb.connect(str(file)) as con:
        con.execute(FACTS.format(parts=parts) + change)
    return facts_hashes(file)


def test_facts_kept_in_more_parts_are_the_same_and_one_other_value_is_named(tmp_path: Path) -> None:
    rebuilt = facts(tmp_path / "rebuilt", parts=4)
    check_same(facts(tmp_path / "grown", parts=1), rebuilt)
    change = (
        "update platform.platform_request_minutes set latency_ms_p99 = 31 where minute_start = 7"
    )
    with pytest.raises(ValueError, match=r"differ from a rebuild: minutes$"):
        check_same(facts(tmp_path / "wrong", parts=1, change=change), rebuilt)


def test_the_time_of_models_leaves_dbt_itself_out() -> None:
    clock = {"startup": 7.5, "models": {"minutes": 1.25, "hours": 0.5}, "rest": 0.25}
    assert models_time(clock) == 1.75


def test_observations_equal_those_by_hand_and_a_difference_is_refused(tmp_path: Path) -> None:
    bench = MetricsBench(tmp_path, rows=2000, days=14)
    first, again, by_hand = bench.compare(1)
    assert 0 < again <= first
    assert by_hand > 0
    # 14 days, 2 weeks and a month of 60 metrics, in total and by 32 values of segments
    assert bench.observations() == 60 * (14 + 2 + 1) * 33
    bench.change_one_value()
    assert bench.differing() == 1
