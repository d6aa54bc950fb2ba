"""What do observations cost beside the query that a person would write for the same numbers?

Three tables of facts with 20 metrics each (12 sums, 6 ratios, 2 differences) over 730 days, at day,
week and month, in total and by five segments. By hand it is one statement a table with grouping
sets, turned into the same long rows. The versions are ours to pay, and so is MetricFlow: its
import and compiling once after definitions changed, nothing as long as they are the same.
"""

from __future__ import annotations

import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from assets.analysis_tables import create_analysis_tables
from assets.launch import beside_python
from assets.metric_catalogue import read_catalogue
from assets.metric_compiler import MetricCompiler
from assets.observations import write_observations
from benchmarks.processor_time import processor_seconds
from hub.config import HubConfig

FACTS, DAYS = 3, 730
SEGMENTS = {"country": 4, "channel": 3, "device": 5, "category": 12, "tier": 8}
SUMS, RATIOS, DIFFERENCES = 12, 6, 2
NOW = datetime(2026, 1, 1, tzinfo=UTC)

_FACT = """
create table facts.fact_{fact} as
select date '2023-01-02' + cast(i % {days} as integer) as sold_on, {segments}, {values}
from range({rows}) as t(i)
"""
# What is complete, and whether a day of logs was lost, is asked of these two.
_BESIDE = """
create schema facts;
create schema staging;
create table staging.stg_watermarks as
select 'sales' as kind, timestamptz '2023-01-01 00:00:00+00' as data_from,
    timestamptz '2026-01-01 00:00:00+00' as data_through;
create schema metrics_spine;
create table metrics_spine.metrics_lost_days (kind varchar, lost_on date);
create table by_hand (metric_name varchar, segment_name varchar, segment_value varchar,
    grain varchar, period_start date, metric_value double, numerator double, denominator double);
"""
_BY_HAND = """
insert into by_hand
with periods as (
    select *, sold_on as day, date_trunc('week', sold_on) as week,
        date_trunc('month', sold_on) as month
    from facts.fact_{fact}
),
grouped as (
    select day, week, month, {names}, grouping({names}) as split, {sums}
    from periods
    group by grouping sets ({sets})
)
select told.name,
    case split {segment_names} else '__all__' end,
    case split {segment_values} else '__all__' end,
    case when day is not null then 'day' when week is not null then 'week' else 'month' end,
    coalesce(day, week, month), told.value, told.numerator, told.denominator
from (select *, unnest([{told}]) as told from grouped)
where told.value is not null
"""


class MetricsBench:
    """A warehouse of generated facts in `folder`, and a project that defines their metrics."""

    def __init__(self, folder: Path, rows: int, days: int = DAYS) -> None:
        self._folder, self._rows = folder, rows
        self._con = duckdb.connect(str(folder / "warehouse.duckdb"))
        self._con.execute("set TimeZone = 'UTC'; set threads = 2; set enable_progress_bar = false")
        self._con.execute(_BESIDE)
        create_analysis_tables(self._con)
        for fact in range(FACTS):
            self._con.execute(_fact(fact, rows, days))
        self._project = _write_project(folder / "project")

    def compare(self, repeats: int) -> tuple[float, float, float]:
        """Processor seconds: of the first observation after definitions changed, and the medians
        with the definitions as they were and by hand. Raises `ValueError` when one value of the
        two differs."""
        first = self._observe()
        again = statistics.median(self._observe() for _ in range(repeats))
        by_hand = statistics.median(self._by_hand() for _ in range(repeats))
        if differing := self.differing():
            raise ValueError(f"{differing:,} values differ from those by hand")
        return first, again, by_hand

    def observations(self) -> int:
        """How many rows the last observation has."""
        return int(self._con.execute("select count(*) from metrics.observations").fetchall()[0][0])

    def differing(self) -> int:
        """Rows of either side without the same value, numerator and denominator on the other."""
        ((count,),) = self._con.execute(
            "select count(*) from by_hand full join metrics.observations as ours"
            " using (metric_name, segment_name, segment_value, grain, period_start)"
            " where by_hand.metric_value is null or ours.metric_value is null"
            " or abs(by_hand.metric_value - ours.metric_value)"
            "  > 1e-9 * greatest(abs(ours.metric_value), 1)"
            " or by_hand.denominator is distinct from ours.denominator"
            " or by_hand.numerator is distinct from ours.numerator"
        ).fetchall()
        return int(count)

    def change_one_value(self) -> None:
        """Make one value by hand wrong, to see that it is noticed."""
        self._con.execute(
            "update by_hand set metric_value = metric_value + 1 where metric_name = 'sum_0_0'"
            " and segment_name = '__all__' and grain = 'day' and period_start = '2023-01-02'"
        )

    def _observe(self) -> float:
        self._con.execute("delete from metrics.observation_versions")
        self._con.execute("checkpoint")
        before = processor_seconds()
        compiler = MetricCompiler(self._project)
        write_observations(
            self._con,
            read_catalogue(self._project),
            compiler=compiler,
            config=_config(),
            now=NOW,
            build="benchmark",
        )
        compiler.keep()
        return processor_seconds() - before

    def _by_hand(self) -> float:
        self._con.execute("delete from by_hand")
        self._con.execute("checkpoint")
        before = processor_seconds()
        for fact in range(FACTS):
            self._con.execute(_by_hand(fact))
        return processor_seconds() - before


def _config() -> HubConfig:
    return HubConfig.model_validate(
        {"company": "Benchmark", "time_zone": "UTC", "currency": "EUR", "sources": [_SOURCE]}
    )


def _fact(fact: int, rows: int, days: int) -> str:
    segments = ", ".join(
        f"'{name}-' || (hash(i * 31 + {place}) % {size}) as {name}"
        for place, (name, size) in enumerate(SEGMENTS.items())
    )
    values = ", ".join(
        f"cast(hash(i * 17 + {fact * 100 + value}) % 1000 as double) as v{value}"
        for value in range(SUMS)
    )
    return _FACT.format(fact=fact, days=days, segments=segments, values=values, rows=rows)


def _metrics(fact: int) -> list[tuple[str, str, str, str]]:
    """Name, value, numerator and denominator over the sums, for each metric of a fact."""
    found = [(f"sum_{fact}_{i}", f"v{i}", "null", "null") for i in range(SUMS)]
    found += [
        (f"ratio_{fact}_{i}", f"v{2 * i} / nullif(v{2 * i + 1}, 0)", f"v{2 * i}", f"v{2 * i + 1}")
        for i in range(RATIOS)
    ]
    found += [
        (f"difference_{fact}_{i}", f"v{i} - v{i + 2}", "null", "null") for i in range(DIFFERENCES)
    ]
    return found


def _by_hand(fact: int) -> str:
    names = list(SEGMENTS)
    # grouping() has a bit for each name, the first the highest; it is 0 where grouped by it
    whole = 2 ** len(names) - 1
    bits = {name: whole - 2 ** (len(names) - 1 - place) for place, name in enumerate(names)}
    sets = [f"({', '.join([grain, *by])})" for grain in ("day", "week", "month")
            for by in [[], *([name] for name in names)]]  # fmt: skip
    told = [
        f"{{'name': '{name}', 'value': {value}, 'numerator': {top}::double,"
        f" 'denominator': {bottom}::double}}"
        for name, value, top, bottom in _metrics(fact)
    ]
    return _BY_HAND.format(
        fact=fact,
        names=", ".join(names),
        sums=", ".join(f"sum(v{i}) as v{i}" for i in range(SUMS)),
        sets=", ".join(sets),
        segment_names=" ".join(f"when {bits[name]} then '{name}'" for name in names),
        segment_values=" ".join(f"when {bits[name]} then {name}" for name in names),
        told=", ".join(told),
    )


def _write_project(folder: Path) -> Path:
    """A dbt project with the facts' semantic models and metrics, parsed; returns its target."""
    models = folder / "models"
    models.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "{name: facts, version: '1.0.0', config-version: 2, profile: facts}\n"
    )
    warehouse = str(folder.parent / "warehouse.duckdb")
    output = {"type": "duckdb", "path": warehouse, "schema": "facts"}
    profile = {"facts": {"target": "duckdb", "outputs": {"duckdb": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    (models / "spine.sql").write_text("select date '2023-01-02' as date_day\n")
    described: dict[str, object] = {"version": 2, "models": [_SPINE]}
    for fact in range(FACTS):
        (models / f"fact_{fact}.sql").write_text("select 1 as v0\n")
    described["semantic_models"] = [_semantic_model(fact) for fact in range(FACTS)]
    described["metrics"] = [metric for fact in range(FACTS) for metric in _metric_blocks(fact)]
    (models / "facts.yml").write_text(yaml.safe_dump(described))
    target = folder / "target"
    # named here, because whoever ran the hub in this process has set other paths for dbt
    paths = ["--profiles-dir", str(folder), "--target-path", str(target)]
    subprocess.run([beside_python("dbt"), "--quiet", "parse", *paths], cwd=folder, check=True)
    return target


_SPINE = {
    "name": "spine",
    "time_spine": {"standard_granularity_column": "date_day"},
    "columns": [{"name": "date_day", "granularity": "day"}],
}


def _semantic_model(fact: int) -> dict[str, object]:
    day = {"name": "sold_on", "type": "time", "type_params": {"time_granularity": "day"}}
    return {
        "name": f"facts_{fact}",
        "model": f"ref('fact_{fact}')",
        "defaults": {"agg_time_dimension": "sold_on"},
        "primary_entity": f"fact_{fact}",
        "dimensions": [day],
        "entities": [{"name": name, "type": "foreign"} for name in SEGMENTS],
        "measures": [{"name": f"m_{fact}_{i}", "agg": "sum", "expr": f"v{i}"} for i in range(SUMS)],
    }


def _metric_blocks(fact: int) -> list[dict[str, object]]:
    parts: list[tuple[str, str, dict[str, object]]] = [
        (f"sum_{fact}_{i}", "simple", {"measure": f"m_{fact}_{i}"}) for i in range(SUMS)
    ]
    parts += [
        (
            f"ratio_{fact}_{i}",
            "ratio",
            {"numerator": f"sum_{fact}_{2 * i}", "denominator": f"sum_{fact}_{2 * i + 1}"},
        )
        for i in range(RATIOS)
    ]
    parts += [
        (
            f"difference_{fact}_{i}",
            "derived",
            {
                "expr": f"sum_{fact}_{i} - sum_{fact}_{i + 2}",
                "metrics": [f"sum_{fact}_{i}", f"sum_{fact}_{i + 2}"],
            },
        )
        for i in range(DIFFERENCES)
    ]
    return [
        {"name": name, "label": name, "type": kind, "type_params": told, "config": {"meta": _META}}
        for name, kind, told in parts
    ]


_META = {
    "layer": "company",
    "unit": "EUR",
    "direction": "up",
    "owner": "Sales",
    "role": "guardrail",
    "entity": "company",
    "segments": list(SEGMENTS),
    "source_kinds": ["sales"],
}
_SOURCE = {"name": "shop", "kind": "service_logs", "path": "*"}
