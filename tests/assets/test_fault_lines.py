"""Is the line of a fault found in the file, as dbt, MetricFlow and DuckDB tell of it?"""

from __future__ import annotations

import pytest

from assets.fault_lines import line_in_block, line_in_model

MODEL = """\
-- orders, with orderd_at
with orders as (
    select * from {{ ref('company_ordres') }}
)

select
    1 as a,
    orderd_at,
    {{ nomacro('x') }} as b
from orders
where a = selct
"""
# Messages of dbt 1.11 and DuckDB 2.0; the lines that DuckDB counts are those of the compiled SQL.
MESSAGES = {
    "  unexpected '}'\n    line 7\n      1 as a,": 7,
    "  unexpected '}'\n    line 9\n      no line of it": 9,
    "  Model 'model.p.own' (m.sql) depends on a node named 'company_ordres' which was not found": 3,
    "  'nomacro' is undefined. This can happen when calling a macro that does not exist.": 9,
    '  Binder Error: Referenced column "orderd_at" not found in FROM clause!\n'
    '  Candidate bindings: "ordered_at"': 8,
    '  Parser Error: syntax error at or near "x"\n  \n  LINE 19: where a = selct\n       ^': 11,
    "  Binder Error: it cannot be\n\nLINE 19: ...orders_1 where x = selct and ...\n"
    "                               ^^": 11,
    "  Catalog Error: Table with name ORDERS does not exist!\n  Did you mean b?": 2,
    "  Out of Memory Error: too much": None,
}


@pytest.mark.parametrize("told", MESSAGES)
def test_the_line_of_a_model_is_the_one_that_bears_what_is_told(told: str) -> None:
    assert line_in_model(MODEL, told) == MESSAGES[told]


def test_of_equal_lines_the_one_before_the_line_of_the_compiled_sql_is_meant() -> None:
    text = "select a,\n  b\nfrom x\nunion all\nselect a,\n  b\nfrom y\n"
    told = "  Parser Error: it cannot be\n\nLINE {}: select a,\n        ^"
    assert line_in_model(text, told.format(4)) == 1
    assert line_in_model(text, told.format(9)) == 5


BLOCK = """\
metrics:
  - name: other
    filter: "{{ Entity('contry') }} = 'DE'"
  # the next one
  - label: Rate of DE
    name: rate
    description: Orders of DE
    type_params:
      numerator: {name: orders, filter: "{{ Entity('contry') }} = \\"DE\\""}

      denominator: orders
  - {name: last, filter: "DE"}
"""


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ("at day: no Entity('contry'); it knows Entity('country').", 9),
        ('Binder Error: Referenced column "DE" not found\n\nLINE 3: ) where x = "DE"\n   ^', 9),
        ("The metric `orders` does not exist but was referenced by metric `rate`.", 9),
        ("metric rate: no segment `region`; it can be split by country.", 6),
        ("too much", 6),
    ],
)
def test_the_line_of_a_metric_is_within_its_own_block(told: str, line: int) -> None:
    assert line_in_block(BLOCK.splitlines(), 6, told) == line
    assert line_in_block(BLOCK.splitlines(), 12, told) in (12,)
