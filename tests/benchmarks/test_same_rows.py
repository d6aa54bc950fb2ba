"""Does the comparison of tables see what differs, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from benchmarks.same_rows import compare, kind_of

SALES = """(
    select 'a' as shop, date '2025-03-01' as day, 0.1 + 0.2::double as share,
        cast(1.50 as decimal(18, 2)) as amount, 3::bigint as orders, [2.0, 1.0] as waits,
        timestamptz '2025-03-01 10:00:00+00' as seen_at
    union all
    select 'b', null, null, 2.25, null, null, null
)"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def test_order_width_and_the_last_digits_of_floats_are_no_difference(
    con: duckdb.DuckDBPyConnection,
) -> None:
    other = f"""(
        select * replace (
            share + 1e-15 as share, cast(orders as integer) as orders,
            list_reverse(waits) as waits, cast(seen_at as timestamp) as seen_at
        )
        from {SALES} order by shop desc
    )"""
    likeness = compare(con, SALES, other)
    assert likeness.is_same
    assert likeness.rows == 2


@pytest.mark.parametrize(
    ("column", "becomes", "told"),
    [
        ("share", "share * 1.00001", "share in 1 rows"),
        ("share", "coalesce(share, 0)", "share in 1 rows"),
        ("amount", "amount + 0.01", "amount in 2 rows"),
        ("amount", "cast(amount as double)", "type of amount: DECIMAL(18,2), DOUBLE"),
        ("orders", "coalesce(orders, 0)", "orders in 1 rows"),
        ("waits", "list_append(waits, 2.0)", "waits in 2 rows"),
        ("seen_at", "seen_at + interval 1 hour", "seen_at in 1 rows"),
        ("day", "cast(day as timestamp)", "type of day: DATE, TIMESTAMP"),
    ],
)
def test_another_value_or_kind_is_a_difference(
    con: duckdb.DuckDBPyConnection, column: str, becomes: str, told: str
) -> None:
    other = f"(select * replace ({becomes} as {column}) from {SALES})"
    likeness = compare(con, SALES, other)
    assert any(told in found for found in likeness.found), likeness.found
    assert all(column in found for found in likeness.found)


def test_a_row_or_a_column_more_is_a_difference(con: duckdb.DuckDBPyConnection) -> None:
    twice = f"(select * from {SALES} union all select * from {SALES} where shop = 'a')"
    assert compare(con, SALES, twice).found == ("rows: 2, 3",)
    more = f"(select *, 1 as more from {SALES})"
    assert compare(con, SALES, more).found == ("columns ['more']",)


def test_a_decimal_of_another_scale_is_of_another_kind() -> None:
    assert kind_of("DECIMAL(18,4)") == kind_of("DECIMAL(38, 4)")
    assert kind_of("DECIMAL(18,4)") != kind_of("DECIMAL(18,2)")
    assert kind_of("HUGEINT") == kind_of("INTEGER")
    assert kind_of("DOUBLE[]") == "list of float"
