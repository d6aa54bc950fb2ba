"""Versions: what is new is appended, what is the same is not, what is gone is withdrawn."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from assets import observations
from assets.analysis_tables import OBSERVATION_COLUMNS, create_analysis_tables
from assets.metric_catalogue import MetricDefinition

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("set TimeZone = 'UTC'")
    create_analysis_tables(made)
    return made


def computed(con: duckdb.DuckDBPyConnection, *values: tuple[int, float, str]) -> None:
    """A computed table with (day of January, value, definition hash)."""
    con.execute(
        "create or replace temp table computed as "
        f"select {OBSERVATION_COLUMNS} from metrics.observation_versions limit 0"
    )
    for day, value, definition in values:
        con.execute(
            "insert into computed values ('revenue', 'company', 'company', '__all__', '__all__', "
            "'day', ?, ?, 'EUR', null, null, null, true, ?)",
            [date(2026, 1, day), value, definition],
        )


def append(con: duckdb.DuckDBPyConnection, build: str, hour: int) -> dict[str, int]:
    return observations._append_changes(con, now=NOW.replace(hour=hour), build=build)


def latest(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.execute(
        "select day(period_start), metric_value, build_id from metrics.observations order by 1"
    ).fetchall()


def test_only_changes_are_appended(con: duckdb.DuckDBPyConnection) -> None:
    computed(con, (1, 10.0, "a"), (2, 20.0, "a"))
    assert append(con, "b1", 1) == {"computed": 2, "changed": 2, "withdrawn": 0}
    computed(con, (1, 10.0, "a"), (2, 21.0, "a"), (3, 30.0, "a"))
    assert append(con, "b2", 2) == {"computed": 3, "changed": 2, "withdrawn": 0}
    assert latest(con) == [(1, 10.0, "b1"), (2, 21.0, "b2"), (3, 30.0, "b2")]


def test_a_sum_in_another_order_is_the_same_value(con: duckdb.DuckDBPyConnection) -> None:
    computed(con, (1, 0.1 + 0.2 + 0.3, "a"))
    append(con, "b1", 1)
    computed(con, (1, 0.3 + 0.2 + 0.1, "a"))
    assert append(con, "b2", 2)["changed"] == 0


def test_a_changed_definition_is_a_new_version_of_the_same_value(
    con: duckdb.DuckDBPyConnection,
) -> None:
    computed(con, (1, 10.0, "a"))
    append(con, "b1", 1)
    computed(con, (1, 10.0, "b"))
    assert append(con, "b2", 2)["changed"] == 1
    kept = con.execute("select count(*) from metrics.observation_versions").fetchall()
    assert kept == [(2,)]


def test_a_value_that_is_gone_is_withdrawn_and_can_come_back(
    con: duckdb.DuckDBPyConnection,
) -> None:
    computed(con, (1, 10.0, "a"), (2, 20.0, "a"))
    append(con, "b1", 1)
    computed(con, (1, 10.0, "a"))
    assert append(con, "b2", 2) == {"computed": 1, "changed": 0, "withdrawn": 1}
    assert latest(con) == [(1, 10.0, "b1")]
    computed(con, (1, 10.0, "a"), (2, 20.0, "a"))
    assert append(con, "b3", 3)["changed"] == 1
    assert latest(con) == [(1, 10.0, "b1"), (2, 20.0, "b3")]


def test_what_was_known_then_can_still_be_asked(con: duckdb.DuckDBPyConnection) -> None:
    computed(con, (1, 10.0, "a"))
    append(con, "b1", 1)
    computed(con, (1, 12.0, "a"))
    append(con, "b2", 2)
    then = con.execute(
        "select metric_value from metrics.observation_versions where observed_at <= ? "
        "qualify row_number() over (partition by period_start order by observed_at desc) = 1",
        [NOW.replace(hour=1)],
    ).fetchall()
    assert then == [(10.0,)]


def definition(**changes: str) -> MetricDefinition:
    told: dict[str, Any] = {
        "name": "revenue", "label": "Revenue", "description": "", "layer": "company",
        "unit": "EUR", "direction": "up", "owner": "Sales", "role": "kpi",
        "aggregation": "simple", "entity_kind": "company", "format": "",
        "defined_in": "m.yml:3", "definition_sql": "select 1",
    }  # fmt: skip
    return MetricDefinition(**(told | changes), segments=(), source_kinds=("sales",))


def test_a_changed_definition_is_kept_beside_the_one_before(
    con: duckdb.DuckDBPyConnection,
) -> None:
    old, new = definition(), definition(definition_sql="select 2")
    for hour, metric in ((1, old), (2, old), (3, new)):
        now = NOW.replace(hour=hour)
        observations.write_catalogue(con, [metric], now=now, build=f"b{hour}")
        computed(con, (1, 10.0 * hour, metric.definition_hash))
        append(con, f"b{hour}", hour)
    kept = con.execute(
        "select definition_sql, hour(used_from), build_id from metrics.definitions order by 2"
    ).fetchall()
    assert kept == [("select 1", 1, "b1"), ("select 2", 3, "b3")]
    beside = con.execute(
        "select value_before, value_now, definition_before, definition_now "
        "from metrics.redefined_values"
    ).fetchall()
    assert beside == [(20.0, 30.0, old.definition_hash, new.definition_hash)]
