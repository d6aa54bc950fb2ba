"""Are order lines read with their exact money, days and countries?"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

HEADER = "order_id,line,order_date,customer,sku,quantity,unit_price,currency,country,channel\n"
COLUMNS = {
    "order_id": "order_id", "line_id": "line", "ordered_at": "order_date",
    "customer_id": "customer", "product_id": "sku", "quantity": "quantity",
    "unit_price": "unit_price", "currency": "currency", "country": "country", "channel": "channel",
}  # fmt: skip


def _amounts(hub: Hub) -> list[tuple[str, Decimal]]:
    return hub.rows("SELECT order_id, amount FROM raw.sales ORDER BY _line")


def test_order_lines_become_rows_in_utc_with_exact_amounts(hub: Hub) -> None:
    hub.write(
        "in/a.csv",
        HEADER
        + "1001,1,2025-03-01 09:15:02,k-7,L-1,3,0.1,EUR,DE,web\n"
        + "1001,2,2025-07-01 00:30:00,,L-2,1,19.99,EUR,AT,app\n",
    )
    (result,) = hub.load("sales", columns=COLUMNS)
    assert (result.records, result.loaded) == (2, 2)
    hidden = "delivery_id, _load_id, _loaded_at"
    assert hub.rows(f"SELECT * EXCLUDE ({hidden}) FROM raw.sales ORDER BY _line") == [
        (
            "1001", "1", datetime(2025, 3, 1, 8, 15, 2, tzinfo=UTC), "k-7", "L-1", None,
            Decimal("3.000"), Decimal("0.1000"), Decimal("0.3000"), "EUR", "DE", "web", None,
            "sales", "in/a.csv", 2, None,
        ),
        (
            "1001", "2", datetime(2025, 6, 30, 22, 30, tzinfo=UTC), None, "L-2", None,
            Decimal("1.000"), Decimal("19.9900"), Decimal("19.9900"), "EUR", "AT", "app", None,
            "sales", "in/a.csv", 3, None,
        ),
    ]  # fmt: skip


def test_returns_keep_their_sign(hub: Hub) -> None:
    hub.write(
        "in/a.csv",
        HEADER
        + "1,1,2025-03-01,k,L,2,5.00,EUR,DE,web\n"
        + "C1,1,2025-03-04,k,L,-2,5.00,EUR,DE,web\n",
    )
    hub.load("sales", columns=COLUMNS)
    assert _amounts(hub) == [("1", Decimal(10)), ("C1", Decimal(-10))]


def test_an_amount_column_wins_over_quantity_times_price(hub: Hub) -> None:
    hub.write(
        "in/a.csv", "order,date,total,qty,price\n1,2025-03-01,9.50,2,5.00\n2,2025-03-01,3.00,,\n"
    )
    hub.load("sales", columns={"amount": "total"})
    assert _amounts(hub) == [("1", Decimal("9.5")), ("2", Decimal(3))]


def test_german_exports_are_read_as_they_are(hub: Hub) -> None:
    text = (
        "Bestellung;Datum;Menge;Preis;Land\r\n"
        "1;25.12.2024 18:00;2;1.234,50;Österreich\r\n"
        "2;01.02.2025 08:00;-1;19,90;Köln\r\n"
    )
    hub.write("in/a.csv", text.encode("cp1252"))
    columns = {"order_id": "Bestellung", "ordered_at": "Datum", "quantity": "Menge",
               "unit_price": "Preis", "country": "Land"}  # fmt: skip
    (result,) = hub.load("sales", columns=columns)
    assert _amounts(hub) == [("1", Decimal(2469)), ("2", Decimal("-19.9"))]
    assert hub.one("SELECT list(country ORDER BY _line) FROM raw.sales") == ["Österreich", "Köln"]
    assert result.detected["encoding"] == "cp1252"
    assert result.detected["delimiter"] == ";"
    assert result.detected["decimal"]["sign"] == ","
    assert result.detected["dates"] == {"ordered_at": "dmy"}


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        ("5,1,soon,k,L,1,1,EUR,DE,web", "bad_timestamp", "ordered_at"),
        ("5,1,,k,L,1,1,EUR,DE,web", "missing_required", "ordered_at"),
        (",1,2025-03-01,k,L,1,1,EUR,DE,web", "missing_required", "order_id"),
        ("5,1,2025-03-01,k,L,many,1,EUR,DE,web", "bad_number", "quantity"),
        ("5,1,2025-03-01,k,L,,1,EUR,DE,web", "missing_required", "quantity"),
        ("5,1,2025-03-01,k,L,1,,EUR,DE,web", "missing_required", "unit_price"),
        ("5,1,2025-03-01,k,L,1,1,USD,US,web", "unknown_currency", "currency"),
        ("5,1,2025-03-01,k,L,1,1,EUR", "wrong_column_count", None),
    ],
)
def test_a_line_that_cannot_be_read_is_set_aside(
    hub: Hub, row: str, reason: str, column: str | None
) -> None:
    good = "1,1,2025-03-01,k,L,1,1,EUR,DE,web\n"
    hub.write("in/a.csv", HEADER + good + row + "\n" + good + ",,,,,,,,,\n")
    (result,) = hub.load("sales", columns=COLUMNS)
    assert (result.records, result.loaded, result.quarantined, result.blank) == (4, 2, 1, 1)
    assert hub.quarantine() == [(3, reason, column)]
    assert hub.one("SELECT raw_text FROM raw.quarantine") == row


def test_dates_that_can_be_read_two_ways_refuse_the_file(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,qty,price\n1,03/04/2025,1,1\n2,05/06/2025,1,1\n")
    problem = hub.refusal("sales").problem
    assert "2025-06-05" in problem.found
    assert "2025-05-06" in problem.found
    assert "date_format" in problem.remedy
    assert problem.column == "date"
    hub.load("sales", date_format="%m/%d/%Y")
    assert hub.one("SELECT min(ordered_at)::VARCHAR FROM raw.sales") == "2025-03-03 23:00:00+00"


def test_dates_that_contradict_each_other_refuse_the_file(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,qty,price\n1,25/04/2025,1,1\n2,05/26/2025,1,1\n")
    assert "contradict" in hub.refusal("sales").problem.found
    (result,) = hub.load("sales", date_format="%d/%m/%Y")
    assert (result.loaded, result.quarantined) == (1, 1)


def test_the_order_of_earlier_files_settles_a_file_that_does_not_tell(hub: Hub) -> None:
    hub.write("in/1.csv", "order,date,qty,price\n1,25/04/2025,1,1\n")
    hub.write("in/2.csv", "order,date,qty,price\n2,03/05/2025,1,1\n")
    hub.load("sales")
    assert hub.one("SELECT max(ordered_at)::VARCHAR FROM raw.sales") == "2025-05-02 22:00:00+00"


def test_numbers_that_can_be_read_two_ways_refuse_the_file(hub: Hub) -> None:
    hub.write("in/a.csv", 'order,date,qty,price\n1,2025-03-01,1,"1,234"\n')
    problem = hub.refusal("sales").problem
    assert "1,234" in problem.found
    hub.load("sales", decimal=",")
    assert _amounts(hub) == [("1", Decimal("1.234"))]


def test_a_missing_column_names_the_header_and_the_remedy(hub: Hub) -> None:
    hub.write("in/a.csv", "id,date,qty,price\n1,2025-03-01,1,1\n")
    problem = hub.refusal("sales").problem
    assert (problem.file, problem.line, problem.column) == ("in/a.csv", 1, "order_id")
    assert "id, date, qty, price" in problem.found
    assert "columns: {order_id:" in problem.remedy


def test_a_file_without_prices_or_amounts_is_refused(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,qty\n1,2025-03-01,1\n")
    assert hub.refusal("sales").problem.column == "amount"


@pytest.mark.parametrize("currency", [None, "EUR"])
def test_a_file_without_a_currency_has_the_hubs(hub: Hub, currency: str | None) -> None:
    hub.write("in/a.csv", "order,date,qty,price\n1,2025-03-01,1,1\n")
    hub.load("sales", currency=currency)
    assert hub.one("SELECT currency FROM raw.sales") == "EUR"


def test_a_file_in_another_currency_is_set_aside_whole(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,qty,price\n1,2025-03-01,1,1\n")
    (result,) = hub.load("sales", currency="USD")
    assert (result.loaded, result.quarantined) == (0, 1)


def test_undeclared_columns_are_kept(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,qty,price,coupon,note,note\n1,2025-03-01,1,1,SPRING,a,b\n")
    hub.load("sales")
    assert hub.one("SELECT _extra->>'coupon' FROM raw.sales") == "SPRING"
    assert hub.one("SELECT _extra->>'note' FROM raw.sales") == '["a","b"]'


def test_new_lines_at_the_end_of_a_file_are_loaded_alone(hub: Hub) -> None:
    text = "order,date,qty,price\n1,25/04/2025,1,1\n"
    hub.write("in/a.csv", text)
    hub.load("sales")
    hub.write("in/a.csv", text + "2,03/05/2025,2,1\n")
    (result,) = hub.load("sales")
    assert (result.records, result.loaded) == (1, 1)
    assert hub.rows("SELECT _line, ordered_at::DATE::VARCHAR FROM raw.sales ORDER BY 1") == [
        (2, "2025-04-24"), (3, "2025-05-02"),
    ]  # fmt: skip


def test_a_line_that_went_on_after_it_was_loaded_is_refused(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,qty,price\n1,2025-04-25,1,1")
    hub.load("sales")
    hub.write("in/a.csv", "order,date,qty,price\n1,2025-04-25,1,15\n")
    assert "went on" in hub.refusal("sales").problem.found


@pytest.mark.parametrize("options", [{"encoding": "no-such-code"}, {"columns": {"colour": "x"}}])
def test_wrong_settings_are_refused(hub: Hub, options: dict[str, Any]) -> None:
    hub.write("in/a.csv", "order,date,qty,price\n1,2025-04-25,1,1\n")
    assert "hub.yml" in hub.refusal("sales", **options).problem.__str__()
