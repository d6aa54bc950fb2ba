"""Are sales understood in every form they are delivered in, to the same rows?"""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import LoadResult, SourceError
from assets.sources.sales_forms import read_fixed_widths

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

ROWS = [
    ("1001", "2025-03-01 09:15:02", "k-7", "L-1", "3", "0.10"),
    ("1001", "2025-03-01 09:15:02", "k-7", "Lämpchen", "1", "1234.50"),
    ("C1001", "2025-03-14 10:00:00", "k-7", "L-1", "-3", "0.10"),
]
NAMES = ("order_id", "ordered_at", "customer_id", "product_id", "quantity", "unit_price")
WIDTHS = dict(zip(NAMES, (8, 20, 5, 10, 4, 9), strict=True))
TEXT = "\n".join([",".join(NAMES), *(",".join(row) for row in ROWS)]) + "\n"
GERMAN = "\r\n".join(
    [";".join(NAMES), *(";".join(row).replace("1234.50", "1.234,50").replace("0.10", "0,10")
                        for row in ROWS), ""]
)  # fmt: skip
FIXED = "".join(
    "".join(cell.ljust(width) for cell, width in zip(row, WIDTHS.values(), strict=True)) + "\n"
    for row in ROWS
)
OBJECTS = "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in ROWS)
FORMS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "csv": (TEXT.encode(), {}),
    "mark": (TEXT.encode("utf-8-sig"), {}),
    "utf-16": (TEXT.encode("utf-16"), {}),
    "utf-16 without a mark": (TEXT.encode("utf-16-le"), {}),
    "latin-1": (TEXT.encode("latin-1"), {}),
    "gzip": (gzip.compress(TEXT.encode()), {}),
    "tabs": (TEXT.replace(",", "\t").encode(), {}),
    "pipes": (TEXT.replace(",", "|").encode("cp1252"), {}),
    "german": (GERMAN.encode("cp1252"), {}),
    "json lines": (OBJECTS.encode(), {}),
    "json": (json.dumps({"orders": [json.loads(o) for o in OBJECTS.splitlines()]}).encode(), {}),
    "fixed widths": (FIXED.encode(), {"widths": WIDTHS}),
    "fixed widths below a title": (b"SALES OF MARCH\n" + FIXED.encode(),
                                   {"widths": WIDTHS, "skip_lines": 1}),
}  # fmt: skip


def _rows(hub: Hub) -> list[tuple[Any, ...]]:
    return hub.rows(
        "SELECT order_id, ordered_at::VARCHAR, customer_id, product_id, quantity, amount"
        " FROM raw.sales ORDER BY order_id, product_id"
    )


EXPECTED = [
    ("1001", "2025-03-01 08:15:02+00", "k-7", "L-1", Decimal(3), Decimal("0.3")),
    ("1001", "2025-03-01 08:15:02+00", "k-7", "Lämpchen", Decimal(1), Decimal("1234.5")),
    ("C1001", "2025-03-14 09:00:00+00", "k-7", "L-1", Decimal(-3), Decimal("-0.3")),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(hub: Hub, form: str) -> None:
    data, options = FORMS[form]
    hub.write("in/a", data)
    (result,) = hub.load("sales", **options)
    assert (result.records, result.loaded) == (3, 3)
    assert _rows(hub) == EXPECTED


def _write_parquet(hub: Hub, name: str, select: str) -> None:
    path = hub.home.root / name
    path.parent.mkdir(exist_ok=True)
    with duckdb.connect() as con:
        con.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")


def test_parquet_keeps_types_times_and_row_numbers(hub: Hub) -> None:
    _write_parquet(
        hub, "in/a[1].parquet",
        "SELECT * FROM (VALUES (31198570044, TIMESTAMP '2025-03-01 09:15:02', 17850.0, 0.1::DOUBLE,"
        " TRUE), (31198570045, NULL, NULL, 2.5, FALSE), (NULL, NULL, NULL, NULL, NULL),"
        " (31198570046, '2025-07-01 00:30:00', 12345.0, 1e-3, NULL))"
        ' AS t (basket_id, transaction_timestamp, household_id, sales_value, "is ""new""")',
    )  # fmt: skip
    (result,) = hub.load("sales")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (4, 2, 1, 1)
    assert hub.rows(
        "SELECT _line, order_id, ordered_at::VARCHAR, customer_id, amount, _extra->>'is \"new\"'"
        " FROM raw.sales ORDER BY 1"
    ) == [
        (1, "31198570044", "2025-03-01 08:15:02+00", "17850", Decimal("0.1"), "true"),
        (4, "31198570046", "2025-06-30 22:30:00+00", "12345", Decimal("0.001"), None),
    ]
    assert hub.quarantine() == [(2, "missing_required", "ordered_at")]
    assert json.loads(hub.one("SELECT raw_text FROM raw.quarantine"))["sales_value"] == "2.5"


def test_broken_parquet_is_refused(hub: Hub) -> None:
    hub.write("in/a.parquet", b"PAR1 and nothing that follows")
    assert "Parquet" in hub.refusal("sales").problem.expected
    hub.write("in/a.parquet", b"PAR1 and nothing that follows", compress=True)
    assert "compressed once more" in hub.refusal("sales").problem.found


def test_orders_without_a_number_are_orders_of_their_own(hub: Hub) -> None:
    hub.write("in/a.txt", " 00001 19970101  1   11.77\r\n 00001 19970118  2   12.00\r\n")
    widths = {"customer_id": 6, "ordered_at": 9, "quantity": 3, "amount": 8}
    assert hub.refusal("sales", widths=widths).problem.column == "order_id"
    (result,) = hub.load("sales", widths=widths, rows="orders")
    assert result.detected["rows"] == {"are": "orders", "told_by": "hub.yml"}
    assert hub.rows("SELECT order_id, customer_id, quantity, amount FROM raw.sales") == [
        (None, "00001", Decimal(1), Decimal("11.77")),
        (None, "00001", Decimal(2), Decimal(12)),
    ]


def test_a_line_of_other_widths_is_set_aside(hub: Hub) -> None:
    good = "".join(cell.ljust(w) for cell, w in zip(ROWS[0], WIDTHS.values(), strict=True))
    hub.write("in/a", f"{good}\n{good}and more\n\nshort\n{good}\n")
    (result,) = hub.load("sales", widths=WIDTHS)
    assert (result.records, result.loaded, result.quarantined, result.blank) == (5, 2, 2, 1)
    assert [row[1] for row in hub.quarantine()] == ["wrong_column_count"] * 2


def test_a_file_of_fixed_widths_grows_by_its_new_lines(hub: Hub) -> None:
    lines = FIXED.splitlines(keepends=True)
    hub.write("in/a", "".join(lines[:2]))
    hub.load("sales", widths=WIDTHS)
    hub.write("in/a", FIXED)
    (result,) = hub.load("sales", widths=WIDTHS)
    assert (result.records, result.loaded) == (1, 1)
    assert hub.rows("SELECT _line FROM raw.sales ORDER BY 1") == [(1,), (2,), (3,)]
    assert hub.one("SELECT count(DISTINCT delivery_id) FROM raw.sales") == 1


QUICK = settings(
    max_examples=30, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@QUICK
@given(st.lists(st.text(alphabet="ab 1é\t", max_size=14), max_size=8), st.sampled_from("\n\r"))
def test_every_line_of_fixed_widths_is_accounted_for(lines: list[str], end: str) -> None:
    text = "".join(line + end for line in lines)
    table = read_fixed_widths(text.encode(), {"a": 3, "b": 4})
    assert table.count == len(lines)
    raw = {record.line: record.raw for record in table.records}
    raw |= {row.line or 0: row.raw_text for row in table.rejected}
    assert all(lines[line - 1] == kept for line, kept in raw.items())
    assert all("".join(lines[r.line - 1].split()) == "".join("".join(r.cells).split())
               for r in table.records)  # fmt: skip


@pytest.mark.parametrize("form", ["parquet", "fixed", "json"])
def test_damaged_forms_are_refused_or_accounted_for(hub: Hub, form: str) -> None:
    _write_parquet(hub, "whole", f"SELECT * FROM (VALUES {', '.join(map(str, ROWS))}) AS t"
                   f" ({', '.join(NAMES)})")  # fmt: skip
    parquet = (hub.home.root / "whole").read_bytes()
    whole = {"parquet": parquet, "fixed": FIXED.encode(), "json": OBJECTS.encode()}[form]
    options = {"widths": WIDTHS} if form == "fixed" else {}
    number = 0

    @QUICK
    @given(st.integers(0, len(whole)), st.binary(max_size=3), st.booleans())
    def deliver(place: int, piece: bytes, is_cut: bool) -> None:
        nonlocal number
        number += 1
        data = whole[:place] + piece + (b"" if is_cut else whole[place + len(piece) :])
        path = hub.write(f"in{number}/a", data)
        before = hub.one("SELECT count(*) FROM raw.sales")
        refusal: SourceError | None = None
        results: list[LoadResult] = []
        try:
            results = hub.load("sales", str(path), allow_twins=True, **options)
        except SourceError as error:
            refusal = error
        if refusal is not None:
            assert refusal.problem.remedy
            assert hub.one("SELECT count(*) FROM raw.sales") == before
        for result in results:
            assert result.records == result.loaded + result.quarantined + result.blank
            assert hub.one("SELECT count(*) FROM raw.sales") - before == result.loaded

    deliver()
