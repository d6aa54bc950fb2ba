"""What do the layers cost beside the bare queries that would give the same tables?

`python -m benchmarks.layers` prints ratios of CPU time (user and system), medians of `--repeats`,
all in one run:

- log lines from raw to minute and hourly facts, against hand-written queries to the same facts;
- one more day, of which 1 % of the lines belong to any of the 24 days before (and, as the usual
  case, to the last three), against making all facts anew; the facts must be the same;
- observations of 60 metrics at three grains, in total and by five segments, against one
  hand-written statement a table (see `layer_metrics`); the values must be the same.

dbt reads its project for seconds before the first model starts, and needs some milliseconds a model
whatever the model does. Both are measured on a warehouse without a line and reported apart; what
is compared is each model from its start to its end, less what it takes without a line.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from assets.analysis_tables import create_analysis_tables
from assets.sources.raw_tables import create_raw_tables
from benchmarks.layer_metrics import MetricsBench
from benchmarks.processor_time import processor_seconds
from hub.home import DBT_PROJECT, PROJECT_ROOT

DAYS = 24
LATE_DAYS = 3
HOURS = (
    "stg_service_endpoints",
    "stg_service_requests",
    "platform_request_minute_parts",
    "platform_request_minutes",
    "platform_request_histograms",
    "platform_request_hours",
)

_LINES = """
insert into raw.service_logs by name
select
    to_timestamp(1740787200 + case
        when hash(i + 1) % 100 = 0
            then greatest($day - 1 - hash(i + 2) % $late_days, 0) * 86400 + hash(i + 3) % 86400
        else $day * 86400 + i * 86400 // $lines
    end) as logged_at,
    'service-' || (hash(i + 4) % 6) as service,
    '/v1/items/' || (hash(i + 5) % 5) || '/' ||
        case when hash(i + 6) % 3 > 0 then '1' || (100 + i % 899) else 'all' end as endpoint,
    'GET' as method, case when hash(i + 7) % 200 = 0 then 503 else 200 end as status,
    exp(3.5 + 0.8 * sqrt(-2 * ln((1 + hash(i + 8) % 1000000) / 1000001.0))
        * cos(2 * pi() * (hash(i + 9) % 1000000) / 1000000.0)) as latency_ms,
    '1.' || (cast(epoch(logged_at) as bigint) // 259200) as version,
    'INFO' as level, 'order ' || i || ' served' as message,
    'web' as caller, 'ios' as platform, 'recommender' as model, '3.' || (hash(i + 10) % 2) as
        model_version,
    10 as k_asked, 10 as k_served, hash(i + 11) % 50 = 0 as is_fallback,
    'logs' as _source, $load || '.jsonl' as _file, i as _line, $load as _load_id,
    cast($loaded_at as timestamptz) as _loaded_at
from range($lines) as t(i)
"""
_LOAD = """
insert into raw.loads by name
select $load as load_id, 'logs' as source, 'service_logs' as kind, $load || '.jsonl' as file,
    $load as content_hash, $lines as records, $lines as loaded, 0 as quarantined, 0 as blank,
    'loaded' as status, cast($loaded_at as timestamptz) as loaded_at
"""
# What somebody who knows the engine would write by hand for the same minute facts, histograms and
# hours: instants cut by whole numbers, percentiles of lists, local days worked out once an hour.
_BY_HAND = r"""
create or replace temp table patterns as
select endpoint, regexp_replace(regexp_replace(endpoint, '[?].*$', '', 'g'),
        '/([^/]*[0-9]{3,}[^/]*|[^/]*@[^/]*|[0-9a-fA-F-]{16,}|[0-9]+)', '/#', 'g') as pattern
from (select distinct endpoint from raw.service_logs);
create or replace temp view requests as
select _source as source, service, pattern as endpoint, version, logged_at,
    status >= 500 as is_error, latency_ms
from raw.service_logs left join patterns using (endpoint);
create or replace table minutes as
select * replace (make_timestamptz(minute * 60000000) as minute),
    list_aggregate(latencies, 'quantile_cont', [0.5, 0.95, 0.99]) as percentiles
from (
    select service, endpoint, version, epoch_us(logged_at) // 60000000 as minute,
        count(*) as requests, count(*) filter (is_error) as errors, list(latency_ms) as latencies
    from requests group by all
);
create or replace table histograms as
select * replace (make_timestamptz(hour * 3600000000) as hour),
    cast(timezone('UTC', make_timestamptz(hour * 3600000000)) as date) as day
from (
    select source, service, endpoint, version, epoch_us(logged_at) // 3600000000 as hour,
        cast(ceil(ln(latency_ms) / ln(1.02)) as integer) as bucket, count(*) as requests,
        count(*) filter (is_error) as errors, min(logged_at) as first_at,
        max(logged_at) as last_at
    from requests group by all
);
create or replace table hours as
select service, hour, sum(requests) as requests, sum(errors) as errors,
    min(bucket) filter (up_to * 2 >= whole) as p50,
    max(up_to) filter (up_to * 2 < whole) as below_p50,
    min(up_to) filter (up_to * 2 >= whole) as up_to_p50,
    min(bucket) filter (up_to * 20 >= whole * 19) as p95,
    max(up_to) filter (up_to * 20 < whole * 19) as below_p95,
    min(up_to) filter (up_to * 20 >= whole * 19) as up_to_p95,
    min(bucket) filter (up_to * 100 >= whole * 99) as p99,
    max(up_to) filter (up_to * 100 < whole * 99) as below_p99,
    min(up_to) filter (up_to * 100 >= whole * 99) as up_to_p99
from (
    select *, sum(requests) over (partition by service, hour order by bucket) as up_to,
        sum(requests) over (partition by service, hour) as whole
    from (
        select service, hour, bucket, sum(requests) as requests, sum(errors) as errors
        from histograms group by all
    )
) group by all;
"""
# A number for all rows of a table of facts, in whatever order and parts they are kept.
_FACTS = {
    "parts of minutes": "select service, endpoint, version, minute_start,"
    " list_sort(flatten(list(latencies_ms))) from platform.platform_request_minute_parts"
    " group by all",
    "minutes": "select service, endpoint, version, minute_start, requests, errors, latency_ms_p50,"
    " latency_ms_p95, latency_ms_p99 from platform.platform_request_minutes",
    "histograms": "select source, service, endpoint, version, requested_on, hour_start,"
    " latency_bucket, sum(requests), sum(errors), min(first_seen), max(last_seen)"
    " from platform.platform_request_histograms group by all",
    "hours": "select * exclude (loaded_at) from platform.platform_request_hours",
}


def main() -> int:
    """Print the table; returns the exit code."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(Path(folder), options.lines, options.repeats)
        rows = bench.facts()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        metrics = MetricsBench(Path(folder), options.rows)
        first, again, beside = metrics.compare(options.repeats)
        name = f"{metrics.observations():,} observations of 60 metrics"
        rows.append((f"{name} / by hand", again, beside, "2"))
        rows.append(("the same, once after definitions changed / by hand", first, beside, "-"))
    print(f"{'work':58} {'CPU s':>8} {'beside':>8} {'ratio':>7} {'at most':>8}")
    for name, spent, beside, target in rows:
        print(f"{name:58} {spent:8.2f} {beside:8.2f} {spent / beside:7.3f} {target:>8}")
    return 0


class Bench:
    """One folder with a warehouse of `lines` log lines of 24 days."""

    def __init__(self, folder: Path, lines: int, repeats: int) -> None:
        self.folder, self.lines, self.repeats = folder, lines, repeats
        self.warehouse = folder / "warehouse.duckdb"
        self.before = folder / "before.duckdb"
        self.empty = folder / "empty.duckdb"
        self._overhead = 0.0

    def facts(self) -> list[tuple[str, float, float, str]]:
        """Rows of the report: name, CPU seconds, CPU seconds beside it, target."""
        self._fill()
        self._dbt(warehouse=self.empty)  # dbt reads its project, and the tables are there
        without_lines = [self._dbt(warehouse=self.empty) for _ in range(self.repeats)]
        self._overhead = statistics.median(models_time(told) for told in without_lines)
        dbt_itself = statistics.median(told["startup"] + told["rest"] for told in without_lines)
        print(f"dbt itself: {dbt_itself:.2f} s of CPU, and {self._overhead:.2f} s for its models")
        by_hand = self._median(lambda: self._sql(_BY_HAND))
        rebuild = self._median(lambda: self._models("--full-refresh"))
        shutil.copy(self.warehouse, self.before)
        rows = [(f"{self.lines:,} lines to hourly facts / by hand", rebuild, by_hand, "1.5")]
        for late_days, target in ((DAYS, "0.08"), (LATE_DAYS, "-")):
            rows.append(self._one_more_day(late_days, target))
        return rows

    def _one_more_day(self, late_days: int, target: str) -> tuple[str, float, float, str]:
        grown = []
        for _ in range(self.repeats):
            shutil.copy(self.before, self.warehouse)
            self._add(DAYS, late_days)
            grown.append(self._models())
        of_grown = facts_hashes(self.warehouse)
        anew = self._median(lambda: self._models("--full-refresh"))
        check_same(of_grown, facts_hashes(self.warehouse))
        name = f"one more day, late lines of {late_days} days / everything anew"
        return name, statistics.median(grown), anew, target

    def _fill(self) -> None:
        for file in (self.warehouse, self.empty):
            with duckdb.connect(str(file)) as con:
                con.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
                create_raw_tables(con)
                create_analysis_tables(con)
        for day in range(DAYS):
            self._add(day)

    def _add(self, day: int, late_days: int = LATE_DAYS) -> None:
        lines, loaded_at = self.lines // DAYS, datetime(2025, 3, 2, tzinfo=UTC) + timedelta(day)
        with duckdb.connect(str(self.warehouse)) as con:
            con.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
            load = {"load": f"load{day}", "lines": lines, "loaded_at": loaded_at}
            con.execute(_LOAD, load)
            con.execute(_LINES, load | {"day": day, "late_days": late_days})

    def _sql(self, statements: str) -> float:
        with duckdb.connect(str(self.warehouse)) as con:
            con.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
            before = processor_seconds()
            con.execute(statements)
            return processor_seconds() - before

    def _models(self, *options: str) -> float:
        return models_time(self._dbt(*options)) - self._overhead

    def _dbt(self, *options: str, warehouse: Path | None = None) -> dict[str, Any]:
        environment = {
            "BELLWETHER_WAREHOUSE": str(warehouse or self.warehouse),
            "BELLWETHER_HOME_METRICS": str(self.folder / "metrics"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_PROFILES_DIR": str(DBT_PROJECT),
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        told = self.folder / "clock.json"
        command = [sys.executable, "-m", "benchmarks.dbt_clock", str(told), "--quiet", "run"]
        command += ["--select", *HOURS, "--vars", json.dumps({"time_zone": "UTC"}), *options]
        subprocess.run(command, cwd=DBT_PROJECT, env=os.environ | environment, check=True)
        clock: dict[str, Any] = json.loads(told.read_text())
        return clock

    def _median(self, work: Callable[[], float]) -> float:
        return statistics.median(work() for _ in range(self.repeats))


def models_time(clock: Mapping[str, Any]) -> float:
    """CPU seconds of the models of a run, as `dbt_clock` tells them."""
    return float(sum(clock["models"].values()))


def facts_hashes(warehouse: Path) -> dict[str, int]:
    """A number for the rows of each table of facts; the same for the same rows."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return {
            name: int(
                con.execute(f"select sum(hash(facts)) from ({query}) as facts").fetchall()[0][0]
            )
            for name, query in _FACTS.items()
        }


def check_same(grown: dict[str, int], rebuilt: dict[str, int]) -> None:
    """Facts that grew are those of a rebuild. Raises `ValueError` naming the tables that differ."""
    if differing := [name for name in rebuilt if grown[name] != rebuilt[name]]:
        raise ValueError(f"facts that grew differ from a rebuild: {', '.join(differing)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=10_000_000, help="log lines of 24 days")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of each table of facts")
    parser.add_argument("--repeats", type=int, default=3, help="medians of so many runs")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work; else a temporary one"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
