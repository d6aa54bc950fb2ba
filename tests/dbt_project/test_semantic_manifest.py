"""Does every metric compile at every grain and segment, and does its SQL run on the warehouse?"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.filter_meaning import with_unknown_segments
from assets.metric_catalogue import GRAINS, MetricDefinition, MetricError, read_catalogue
from assets.metric_checks import check_definitions
from assets.metric_compiler import MetricCompiler
from assets.upstream_sql import UpstreamSql
from tests.dbt_project.conftest import VARIABLES, Project

pytestmark = pytest.mark.xdist_group("dbt_project")


@pytest.fixture(scope="module")
def compiled(shop: Project) -> list[MetricDefinition]:
    return [d for d in read_catalogue(shop.target) if not d.is_precomputed]


@pytest.fixture(scope="module")
def compiler(shop: Project) -> MetricCompiler:
    return MetricCompiler(shop.target)


def group_bys(compiler: MetricCompiler, definition: MetricDefinition) -> list[list[str]]:
    """The total and each segment, by entity where the metric has entities."""
    entity = [] if definition.entity_kind == "company" else [definition.entity_kind]
    elements = [entity, *([*entity, segment] for segment in definition.segments)]
    return [[compiler.group_by_name([definition.name], e) for e in names] for names in elements]


def test_every_metric_compiles_and_binds_at_every_grain_and_segment(
    compiled: list[MetricDefinition], compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    explained = 0
    for definition in compiled:
        for names in group_bys(compiler, definition):
            for grain in GRAINS:
                sql = compiler.sql([definition.name], grain=grain, group_by=names)
                assert con.execute(f"explain {sql}").fetchall(), definition.name
                explained += 1
    assert explained >= 3 * len(compiled) > 60


def test_a_segment_by_weeks_and_months_reads_as_metricflow_writes_it(shop: Project) -> None:
    metrics = ["orders", "units_per_order"]
    step_by_step = MetricCompiler(shop.target)
    country = step_by_step.group_by_name(metrics, "country")
    # in this order the last two are worked out from what was asked before
    sql = {
        (grain, bool(by)): step_by_step.sql(metrics, grain=grain, group_by=by)
        for by in ([], [country])
        for grain in GRAINS
    }
    for grain in ("week", "month"):
        alone = MetricCompiler(shop.target).sql(metrics, grain=grain, group_by=[country])
        assert sql[grain, True] == alone


@pytest.mark.parametrize("part", ["total", "segment"])
def test_what_cuts_to_days_by_itself_is_asked_anew(shop: Project, part: str) -> None:
    """A total that stays by days at any grain, or a segment that is a day, is not renamed."""
    by_itself = "DATE_TRUNC('day', first_seen)"
    told = {
        ("day", ()): "SELECT DATE_TRUNC('day', t) AS metric_time__day",
        ("week", ()): "SELECT DATE_TRUNC('week', t) AS metric_time__week",
        ("day", ("cohort",)): "SELECT DATE_TRUNC('day', t) AS metric_time__day, cohort",
    }
    compiler = MetricCompiler(shop.target)

    def keep(change: dict[tuple[str, tuple[str, ...]], str]) -> str | None:
        compiler._kept = {
            json.dumps(["sql", ["m"], grain, list(by)]): sql
            for (grain, by), sql in (told | change).items()
        }
        return compiler._told_by_days(["m"], "week", ["cohort"])

    assert keep({}) == "SELECT DATE_TRUNC('week', t) AS metric_time__week, cohort"
    key = ("day", () if part == "total" else ("cohort",))
    assert keep({key: f"{told[key]}, {by_itself}"}) is None


def test_a_metric_of_the_home_is_compiled_like_any_other(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    sql = compiler.sql(["units_per_order", "orders"], grain="month")
    values = {row[0].month: row[1:] for row in con.execute(f"select * from ({sql})").fetchall()}
    assert values == {3: (1.8, 5), 4: (1.0, 1)}  # 9 pieces in 5 orders, 1 in 1


def test_customers_of_a_month_are_counted_once(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    sql = compiler.sql(["customers", "new_customers"], grain="month")
    values = {row[0].month: row[1:] for row in con.execute(sql).fetchall()}
    assert values == {3: (1, 1), 4: (1, 1)}


def test_company_metrics_are_as_worked_out_by_hand(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    """March: 40 + 8 + 12 € sold in 3 orders, 10 € returned; 18 and 4.04 € in 2 orders abroad."""
    march = {
        "revenue": 82.04,
        "returns_value": 10,
        "revenue_net": 72.04,
        "orders": 5,
        "units": 9,
        "average_order_value": 82.04 / 5,
        "return_rate": 10 / 82.04,
        "customers": 1,
        "returning_customers": 1,
        "repeat_rate": 1,
    }
    april = {"revenue": 5, "orders": 1, "units": 1, "customers": 1, "repeat_rate": 0}
    sql = compiler.sql(list(march), grain="month")
    rows = con.execute(f"select {', '.join(march)} from ({sql}) order by revenue desc").fetchall()
    values = [dict(zip(march, row, strict=True)) for row in rows]
    assert {name: float(values[0][name]) for name in march} == pytest.approx(march)
    assert {name: float(values[1][name] or 0) for name in april} == pytest.approx(april)


def test_service_metrics_are_as_worked_out_by_hand(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    """March of `api`: six requests, the last line is of April 1st in Berlin. One failed and is
    satisfied with nothing; two fell back; one answered nothing; one names no platform. Of `front`,
    of two requests, one tells that 4 of its 10 positions were drawn, and one an unknown platform.
    """
    api = {
        "requests": 6,
        "errors": 1,
        "error_ratio": 1 / 6,
        "apdex": 5 / 6,
        "model_requests": 6,
        "fallback_ratio": 2 / 6,
        "empty_ratio": 1 / 6,
        "served_ratio": 50 / 50,
        "rendered_ratio": None,
        "viewed_ratio": None,
        "unknown_platform_ratio": 1 / 6,
    }
    front = {
        "requests": 2,
        "errors": 0,
        "error_ratio": 0,
        "apdex": 1,
        "model_requests": 2,
        "fallback_ratio": None,
        "empty_ratio": 0,
        "served_ratio": 1,
        "rendered_ratio": 4 / 10,
        "viewed_ratio": None,
        "unknown_platform_ratio": 1 / 2,
    }
    found = {
        name: dict(zip(api, values, strict=True))
        for name, values in by_entity(compiler, con, list(api), "service").items()
    }
    assert {name: _numbers(values) for name, values in found.items()} == {
        "api": pytest.approx(api),
        "front": pytest.approx(front),
    }


def test_delivery_metrics_are_as_worked_out_by_hand(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    """Eight issues came in March, of which two trackers tell of one, and three were finished.
    `ranker` was released twice, `api` once; nobody tells of incidents, so no release is known to
    have failed."""
    work = by_entity(compiler, con, ["throughput", "created_issues"], "project")
    assert work == {"REC": (1, 3), "PAY": (2, 4), "DESK": (0, 1)}
    deployed = by_entity(compiler, con, ["deployment_frequency", "change_fail_rate"], "component")
    assert deployed == {"api": (1, None), "ranker": (2, None)}


def by_entity(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection, metrics: list[str], kind: str
) -> dict[str, tuple[float | None, ...]]:
    """The metrics of March, in their order, by entity."""
    (entity,) = [compiler.group_by_name(metrics, kind)]
    sql = compiler.sql(metrics, grain="month", group_by=[entity])
    columns = f"columns('{kind}$'), columns('^metric_time'), {', '.join(metrics)}"
    rows = con.execute(f"select {columns} from ({sql})").fetchall()
    return {row[0]: row[2:] for row in rows if row[1].month == 3}


def _numbers(values: dict[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else float(value) for name, value in values.items()}


def test_a_ratio_in_one_block_narrows_what_each_side_counts(
    shop: Project, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Two of the five orders of March came from Germany, of 40 and 12 €; 10 € were returned there.
    The only order of April came from Austria: no order of April is one of Germany."""
    known = json.loads((shop.target / "semantic_manifest.json").read_text())
    (given,) = [m for m in known["metrics"] if m["name"] == "average_order_value"]
    german = {"where_filters": [{"where_sql_template": "{{ Entity('country') }} = 'DE'"}]}
    part = given["type_params"]["denominator"]

    def block(name: str, counted: str, **narrowed: Any) -> dict[str, Any]:
        sides = {
            "numerator": part | {"name": counted, "filter": narrowed.get("numerator")},
            "denominator": part | {"name": "orders", "filter": narrowed.get("denominator")},
        }
        told = {"name": name, "label": name, "filter": narrowed.get("both")}
        return given | told | {"type_params": given["type_params"] | sides}

    known["metrics"] += [
        block("german_share", "orders", numerator=german),
        block("german_order_value", "revenue", both=german),
        block("german_returns", "returns_value", numerator=german, denominator=german),
    ]
    (tmp_path / "semantic_manifest.json").write_text(json.dumps(known))
    names = ["german_share", "german_order_value", "german_returns"]
    sql = MetricCompiler(tmp_path).sql(names, grain="month")
    told = con.execute(f"select metric_time__month, {', '.join(names)} from ({sql})").fetchall()
    assert {row[0].month: row[1:] for row in told} == {3: (2 / 5, 52 / 2, 10 / 2), 4: (None,) * 3}


def test_no_metric_of_the_project_counts_otherwise_for_what_filters_mean(shop: Project) -> None:
    told = (shop.target / "semantic_manifest.json").read_text()
    assert with_unknown_segments(told) == told


@pytest.mark.parametrize("condition", ["<> 'app'", "!= 'app'", "not in ('app')"])
def test_a_filter_for_other_channels_keeps_orders_whose_channel_is_unknown(
    shop: Project, tmp_path: Path, condition: str
) -> None:
    """One order came from the web, one from a channel nobody told, one through the app; 6, 5 and
    4 € came back."""
    known = json.loads((shop.target / "semantic_manifest.json").read_text())
    (given,) = [m for m in known["metrics"] if m["name"] == "average_order_value"]
    channel = {
        "where_filters": [{"where_sql_template": f"{{{{ Entity('channel') }}}} {condition}"}]
    }
    counted = given["type_params"]["numerator"] | {"name": "returns_value"}
    sides = given["type_params"] | {"numerator": counted}
    known["metrics"].append(given | {"name": "mine", "filter": channel, "type_params": sides})
    (tmp_path / "semantic_manifest.json").write_text(json.dumps(known))
    both = ["filtered_numerator_of_mine", "filtered_denominator_of_mine"]
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse")
        con.execute("create schema warehouse.company")
        con.execute(
            "create table warehouse.company.company_revenue_days as select *, 1 as orders, "
            "date '2025-10-26' as ordered_on, 'DE' as country from (values "
            "('web', 6), (null, 5), ('app', 4)) as t (channel, returns_value)"
        )
        sql = MetricCompiler(tmp_path).sql(both, grain="month")
        told = con.execute(f"select {', '.join(both)} from ({sql})").fetchall()
    assert told == [(11, 2)]


@pytest.mark.parametrize(
    ("side", "condition", "told"),
    [
        (
            "both",
            "{{ Entity('chanel') }} = 'web'",
            "no Entity('chanel'); it knows Entity('channel')",
        ),
        (
            "one",
            "{{ Entity('chanel') }} = 'web'",
            "no Entity('chanel'); it knows Entity('channel')",
        ),
        ("one", "{{ Entity('channel') }} = web", 'Referenced column "web" not found'),
    ],
)
def test_a_filter_that_cannot_be_computed_is_refused_with_its_metric(
    shop: Project, tmp_path: Path, side: str, condition: str, told: str
) -> None:
    known = json.loads((shop.target / "semantic_manifest.json").read_text())
    (given,) = [m for m in known["metrics"] if m["name"] == "average_order_value"]
    narrowed = {"where_filters": [{"where_sql_template": condition}]}
    (given if side == "both" else given["type_params"]["numerator"])["filter"] = narrowed
    (tmp_path / "semantic_manifest.json").write_text(json.dumps(known))
    (own,) = [d for d in read_catalogue(shop.target) if d.name == "average_order_value"]
    mine = tmp_path / "mine.yml"
    mine.write_text(f"metrics:\n  - name: {own.name}\n    type: ratio\n    filter: {condition}\n")
    own = replace(own, defined_in=f"{mine}:2")
    with pytest.raises(MetricError) as caught:
        check_definitions([own], target=tmp_path, warehouse=shop.warehouse)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{mine}:4: metric `average_order_value`: ")
    assert told in line
    assert "single quotes" in line or "it knows" in line


def test_without_events_there_is_no_conversion_rate(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    assert con.execute(compiler.sql(["conversion_rate"], grain="day")).fetchall() == []


def test_a_day_without_finished_work_is_a_true_zero(
    compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    sql = compiler.sql(["throughput"], grain="day", group_by=["project"])
    values = [row[-1] for row in con.execute(sql).fetchall()]
    assert sum(values) == 3
    # 15 days of REC from 18 March, 13 of PAY and of DESK from 20 March, with one, two and no item
    assert values.count(0) == 14 + 11 + 13


def test_the_catalogue_holds_every_layer_and_precomputed_series(shop: Project) -> None:
    found = {definition.name: definition for definition in read_catalogue(shop.target)}
    assert {d.layer for d in found.values()} == {"company", "platform", "team"}
    assert found["revenue"].unit == "EUR"
    assert {"latency_ms_p95", "cycle_time_days_p85", "*"} <= set(found)
    assert "requests_with_fallback_known" not in found


def test_precomputed_series_have_exactly_the_columns_of_observations(
    shop: Project, con: duckdb.DuckDBPyConnection
) -> None:
    columns = [
        "metric_name",
        "entity",
        "segment_name",
        "segment_value",
        "grain",
        "period_start",
        "metric_value",
        "numerator",
        "denominator",
        "sample_size",
    ]
    manifest = json.loads(Path(shop.target, "manifest.json").read_text())
    relations = [
        node["relation_name"]
        for node in manifest["nodes"].values()
        if node["config"].get("meta", {}).get("aggregation") == "precomputed"
    ]
    assert len(relations) >= 6
    for relation in relations:
        table = con.execute(f"select * from {relation} limit 0")
        found = [column[0] for column in table.description or ()]
        # beside them, how many of the records behind a value are approximate
        assert [name for name in found if name != "approximate_items"] == columns, relation


def test_the_sql_told_of_a_precomputed_metric_gives_its_values_where_it_is_pasted(
    shop: Project, con: duckdb.DuckDBPyConnection
) -> None:
    told = {d.relation: d.definition_sql for d in read_catalogue(shop.target) if d.is_precomputed}
    assert len(told) >= 6
    for relation, sql in told.items():
        assert re.search(r"\{[{%]", sql) is None, relation
        computed, stored = f"select * from ({sql})", f"select * from {relation}"
        differ = f"({computed} except {stored}) union all ({stored} except {computed})"
        assert con.execute(f"select count(*) from ({differ})").fetchall() == [(0,)], relation


def test_the_sql_told_of_every_other_metric_runs_where_it_is_pasted(
    compiled: list[MetricDefinition], compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    for definition in compiler.described(compiled):
        assert con.execute(f"explain {definition.definition_sql}").fetchall(), definition.name


def test_the_sql_told_of_a_ratio_gives_its_sides_and_true_zeros(
    compiled: list[MetricDefinition], compiler: MetricCompiler, con: duckdb.DuckDBPyConnection
) -> None:
    """On March 28th 48 € were sold and nothing came back; on the 31st 10 € of 12 €."""
    (given,) = compiler.described([d for d in compiled if d.name == "return_rate"])
    days = con.execute(
        f"select day(metric_time__day), return_rate, numerator, denominator "
        f"from ({given.definition_sql}) where day(metric_time__day) in (28, 31)"
    ).fetchall()
    told = {day: [float(value) for value in values] for day, *values in days}
    assert told == {28: [0, 0, 48], 31: [pytest.approx(10 / 12), 10, 12]}


def test_every_metric_knows_the_models_it_rests_on_down_to_staging(shop: Project) -> None:
    upstream = UpstreamSql(shop.target, VARIABLES)
    for definition in read_catalogue(shop.target):
        names = list(upstream.of(definition))
        assert any(name.startswith("stg_") for name in names), definition.name
        assert not any(name.startswith("mart_") for name in names), definition.name


def test_what_follows_traffic_or_demand_is_called_neither_good_nor_bad(shop: Project) -> None:
    found = {each.name: each for each in read_catalogue(shop.target)}
    assert {name for name, each in found.items() if each.direction == "neither"} == {
        *("requests", "model_requests", "metered_requests", "list_positions_served"),
        *("positions_rendered", "positions_viewed", "created_issues", "wip"),
    }
    assert found["viewed_ratio"].label == "Viewed of drawn"
