"""What is printed of a metric whose definition changed: what changed, and what moved."""

from __future__ import annotations

import duckdb
import pytest

from cli import metrics

REDEFINED = """
create schema metrics;
create table metrics.redefined_values as
select 'revenue' as metric_name, 'company' as entity, '__all__' as segment_name, grain,
    cast(day as date) as period_start, before as value_before, now as value_now, 'EUR' as unit
from (values
    ('month', '2026-01-01', 10.0, 10.0), ('month', '2026-02-01', 0.1 + 0.2, 0.3),
    ('month', '2026-03-01', 12.0, 11.0), ('month', '2026-04-01', 7.0, null),
    ('day', '2026-04-01', 0.0, 0.5)
) as told (grain, day, before, now)
"""


def test_of_the_values_known_under_both_definitions_those_that_moved_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with duckdb.connect() as con:
        con.execute(REDEFINED)
        moved = metrics._moved(con, "revenue")
        values = metrics._values_side_by_side(con, "revenue")
    assert moved == {"known_under_both": 4, "moved": 2}
    metrics._print_values(values, moved)
    told = capsys.readouterr().out
    assert "Of 4 values known under both definitions, 2 moved." in told
    assert "month 2026-03-01" in told
    assert "day 2026-04-01" not in told


def test_what_changed_stands_beside_each_definition(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"used_from": "2026-01-01 06:00:00", "unit": "EUR", "defined_in": "m.yml:3"}
    metrics._print_history(
        [
            row | {"definition_hash": "a"},  # of a build from before changes were recorded
            row | {"definition_hash": "b", "changed": "stg_rates"},
        ]
    )
    told = capsys.readouterr().out
    assert "stg_rates" in told
    assert "m.yml:3" in told
