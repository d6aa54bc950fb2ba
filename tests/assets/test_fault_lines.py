"""Is the line of a fault found in a metric's block, as dbt, MetricFlow and DuckDB tell of it?"""

from __future__ import annotations

import pytest

from assets.fault_lines import line_in_block

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
        ("Binder Error: it cannot be\n\n  LINE 3: (x = DE)\n               ^^", 9),
        ("too much", 6),
    ],
)
def test_the_line_of_a_metric_is_within_its_own_block(told: str, line: int) -> None:
    assert line_in_block(BLOCK.splitlines(), 6, told) == line
    assert line_in_block(BLOCK.splitlines(), 12, told) in (12,)
