"""Does the compiler still make the SQL that it made of five kinds of metrics?

The files in `golden/` are what was reviewed. A difference says that every value of the kind may
change: look at it, and copy the new text over the old one if it is meant.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.metric_catalogue import MetricDefinition, read_catalogue
from assets.metric_compiler import MetricCompiler
from tests.dbt_project.conftest import Project

pytestmark = pytest.mark.xdist_group("dbt_project")

GOLDEN = Path(__file__).with_name("golden")
# aliases count through all metrics of the project, which are more with every new one
NUMBERED = re.compile(r"\b(subq|sma|\w+_src)_(\d+)\b|\b(subq|sma|\w+_src)_(\d+)(?=_cte\b)")
# a sum, a ratio, a ratio of which one side is filtered, and a running total told at its end
ASKED = {
    "orders": ("month", "country"),
    "average_order_value": ("week", "channel"),
    "web_share_of_orders": ("month", "country"),
    "revenue_so_far": ("week", None),
}
PRECOMPUTED = "latency_ms_p95"


@pytest.fixture(scope="module")
def defined(shop: Project) -> dict[str, MetricDefinition]:
    return {definition.name: definition for definition in read_catalogue(shop.target)}


def steady(sql: str) -> str:
    """The SQL without comments and with numbered aliases in the order in which they come up."""
    order: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        kind = found[1] or found[3]
        return order.setdefault(found[0], f"{kind}_{len(order) + 1}")

    lines = [line.rstrip() for line in NUMBERED.sub(name, sql).splitlines()]
    told = [line for line in lines if line and not line.lstrip().startswith("--")]
    return "\n".join(told) + "\n"


def assert_is_golden(name: str, sql: str, written: Path) -> None:
    """Compare with the golden file, and keep the new text where it can be copied from."""
    kept, new = GOLDEN / f"{name}.sql", written / f"{name}.sql"
    new.write_text(steady(sql))
    is_same = kept.exists() and kept.read_text() == new.read_text()
    assert is_same, f"the SQL of {name} changed; if that is meant: cp {new} {kept}"


@pytest.mark.parametrize("name", ASKED)
def test_a_compiled_metric_has_the_sql_that_was_reviewed(
    shop: Project, defined: dict[str, MetricDefinition], name: str, tmp_path: Path
) -> None:
    grain, segment = ASKED[name]
    metric, compiler = defined[name], MetricCompiler(shop.target)
    asked = sorted(part for part in (metric.numerator, metric.denominator) if part) or [name]
    by = [compiler.group_by_name(asked, segment)] if segment else []
    assert_is_golden(name, compiler.sql(asked, grain=grain, group_by=by), tmp_path)


def test_a_precomputed_metric_has_the_sql_that_was_reviewed(
    defined: dict[str, MetricDefinition], tmp_path: Path
) -> None:
    assert_is_golden(PRECOMPUTED, defined[PRECOMPUTED].definition_sql, tmp_path)


def test_another_number_of_an_alias_is_no_change_and_another_filter_is_one() -> None:
    sql = "select sum(a) from (select 1 as a from t orders_src_28 where b = 'web') subq_7"
    assert steady(sql) == steady(sql.replace("28", "31").replace("subq_7", "subq_9"))
    assert steady(sql) != steady(sql.replace("web", "app"))
    both = "select * from sma_3_cte join subq_2 on subq_2.x = sma_3_cte.x"
    assert (
        steady(f"-- of both\n{both}")
        == "select * from sma_1_cte join subq_2 on subq_2.x = sma_1_cte.x\n"
    )
