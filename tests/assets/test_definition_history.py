"""What is told of a change of a metric's definition, and is it kept once?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from assets.definition_history import (
    FIRST,
    KIND,
    KIND_OR_SEGMENTS,
    NOT_KNOWN,
    OWN_SQL,
    SEGMENTS,
    UNIT,
    append_definitions,
)
from assets.metric_catalogue import MetricDefinition
from assets.observations import write_catalogue

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REVENUE = MetricDefinition(
    name="revenue", label="Revenue", description="", layer="company", unit="EUR", direction="up",
    owner="Sales", role="kpi", aggregation="simple", entity_kind="company", segments=(),
    source_kinds=("sales",), format="", defined_in="m.yml:3", definition_sql="select 1",
    upstream=(("orders", "o1"), ("lines", "l1")),
)  # fmt: skip


def kept(con: duckdb.DuckDBPyConnection, *definitions: MetricDefinition) -> list[str]:
    """What is told of each definition that was kept, one build after another."""
    for hour, definition in enumerate(definitions):
        now = NOW.replace(hour=hour)
        append_definitions(con, [("revenue", definition)], now=now, build=f"b{hour}")
    rows = con.execute("select changed from metrics.definitions order by used_from").fetchall()
    return [changed for (changed,) in rows]


def test_a_definition_is_kept_once_and_again_when_it_comes_back(
    analysis_con: duckdb.DuckDBPyConnection,
) -> None:
    other = replace(REVENUE, upstream=(("orders", "o1"), ("lines", "l2")))
    told = kept(analysis_con, REVENUE, REVENUE, other, other, REVENUE)
    assert told == [FIRST, "lines", "lines"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"definition_sql": "select 2"}, OWN_SQL),
        ({"unit": "USD"}, UNIT),
        ({"segments": ("country",)}, KIND_OR_SEGMENTS),
        ({"upstream": (("orders", "o2"), ("returns", "r1"))}, "lines, orders, returns"),
        ({"unit": "USD", "upstream": (("orders", "o2"), ("lines", "l1"))}, f"{UNIT}, orders"),
    ],
)
def test_what_was_changed_is_named(
    analysis_con: duckdb.DuckDBPyConnection, change: dict[str, Any], told: str
) -> None:
    assert kept(analysis_con, REVENUE, replace(REVENUE, **change)) == [FIRST, told]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"segments": ("country", "channel")}, SEGMENTS),
        ({"aggregation": "ratio", "unit": "USD"}, f"{UNIT}, {KIND}"),
        ({"segments": ("country",), "definition_sql": "select 2"}, OWN_SQL),
    ],
)
def test_kind_and_segments_are_told_apart_by_the_catalogue_of_the_build_before(
    analysis_con: duckdb.DuckDBPyConnection, change: dict[str, Any], told: str
) -> None:
    by_country = replace(REVENUE, segments=("country",))
    write_catalogue(analysis_con, [by_country], now=NOW, build="b0")
    later = replace(by_country, **change)
    write_catalogue(analysis_con, [later], now=NOW.replace(hour=1), build="b1")
    rows = analysis_con.execute("select changed from metrics.definitions order by used_from")
    assert rows.fetchall() == [(FIRST,), (told,)]


def test_a_label_or_layout_is_no_change(analysis_con: duckdb.DuckDBPyConnection) -> None:
    renamed = replace(REVENUE, label="Sales", definition_sql="-- all\nselect\n  1")
    assert kept(analysis_con, REVENUE, renamed) == [FIRST]


def test_a_definition_from_before_this_was_recorded_says_so(
    analysis_con: duckdb.DuckDBPyConnection,
) -> None:
    analysis_con.execute(
        "insert into metrics.definitions (metric_name, definition_hash, unit, definition_sql, "
        "used_from, build_id) values ('revenue', 'old', 'EUR', 'select 1', ?, 'b')",
        [NOW.replace(year=2025)],
    )
    assert kept(analysis_con, REVENUE) == [None, NOT_KNOWN]
