"""Is each metric named that is new, gone or defined otherwise than in the build before?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.analysis_tables import create_analysis_tables
from assets.metric_catalogue import MetricDefinition
from assets.observations import write_catalogue
from cli.metric_changes import (
    MOST_NAMED,
    KnownMetrics,
    changes_of_metrics,
    known_metrics,
    published_metrics,
)
from hub.home import HubHome
from hub.warehouse import publish

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REVENUE = MetricDefinition(
    name="revenue", label="Revenue", description="", layer="company", unit="EUR", direction="up",
    owner="Sales", role="kpi", aggregation="simple", entity_kind="company", segments=("country",),
    source_kinds=("sales",), format="", defined_in="m.yml:3", definition_sql="select 1",
    upstream=(("orders", "o1"), ("lines", "l1")),
)  # fmt: skip
ORDERS = replace(REVENUE, name="orders")


def built(*builds: list[MetricDefinition]) -> list[KnownMetrics]:
    """What is known after each of several builds."""
    found = []
    with duckdb.connect() as con:
        create_analysis_tables(con)
        for hour, definitions in enumerate(builds):
            write_catalogue(con, definitions, now=NOW.replace(hour=hour), build=f"b{hour}")
            found.append(known_metrics(con))
    return found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"role": "guardrail", "segments": ()}, "role, segments"),
        ({"role": "guardrail"}, "role"),
        ({"definition_sql": "select 2", "unit": "USD"}, "unit, SQL"),
        ({"upstream": (("orders", "o1"), ("lines", "l2"))}, "lines"),
        ({"label": "Sales", "definition_sql": "select  1"}, "label"),
        ({"aggregation": "ratio"}, "kind"),
        ({"upstream": tuple((model, "1") for model in "abcd")}, "a, b, c and 3 more"),
    ],
)
def test_what_a_definition_says_otherwise_is_named(change: dict[str, Any], told: str) -> None:
    before, now = built([REVENUE, ORDERS], [replace(REVENUE, **change), ORDERS])
    changes = changes_of_metrics(before, now)
    assert list(changes.lines()) == [f"definitions changed: revenue ({told})"]


def test_new_and_gone_metrics_are_named_and_a_layout_is_no_change() -> None:
    tidied = replace(REVENUE, definition_sql="select\n  1", defined_in="m.yml:7")
    before, now = built([REVENUE, ORDERS], [tidied, replace(ORDERS, name="units")])
    changes = changes_of_metrics(before, now)
    assert list(changes.lines()) == ["new metrics: units", "metrics gone: orders"]


def test_only_what_changed_since_that_build_is_told() -> None:
    other = replace(REVENUE, definition_sql="select 2")
    first, second, third = built([REVENUE], [other], [replace(other, role="guardrail")])
    assert changes_of_metrics(second, third).changed == {"revenue": ["role"]}
    assert changes_of_metrics(first, third).changed == {"revenue": ["role", "SQL"]}
    assert list(changes_of_metrics(third, third).lines()) == []


def test_nothing_is_new_in_the_first_build_and_a_long_list_is_cut() -> None:
    many = [replace(REVENUE, name=f"m{place}") for place in range(MOST_NAMED + 2)]
    before, now = built([REVENUE], [REVENUE, *many])
    assert list(changes_of_metrics(None, now).lines()) == []
    (line,) = changes_of_metrics(before, now).lines()
    assert line.endswith("m7 and 2 more; `bellwether metrics NAME` tells of each")


def test_before_the_first_build_and_of_one_of_an_older_version_nothing_is_known(
    tmp_path: Path,
) -> None:
    home = HubHome(tmp_path)
    home.make_var()
    assert published_metrics(home) is None
    with duckdb.connect(str(home.warehouse)) as con:
        create_analysis_tables(con)
        con.execute("alter table metrics.definitions drop column changed")
        con.execute("create schema if not exists marts")
    publish(home, "b1", keep=2)
    assert published_metrics(home) is None
