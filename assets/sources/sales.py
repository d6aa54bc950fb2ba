"""How are sales read? Order lines (or orders) from CSV, whatever the shop calls its columns.

A return is a line with a negative quantity or amount and is kept with its sign. A line in another
currency than the hub's is set aside as `unknown_currency`: it is never added up with the rest.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.mapped_table import (
    AMOUNT,
    TEXT,
    TIME,
    MappedTable,
    TableSettings,
    Wanted,
    read_mapped,
)
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

FORMAT = "csv"
WANTED = (
    Wanted("order_id", TEXT, ("order", "order number", "InvoiceNo"), True, True),
    Wanted("line_id", headers=("line", "line number")),
    Wanted("ordered_at", TIME, ("order_date", "date", "InvoiceDate"), True, True),
    Wanted("customer_id", headers=("customer", "CustomerID")),
    Wanted("product_id", headers=("sku", "product", "StockCode")),
    Wanted("description", headers=("product name",)),
    Wanted("quantity", AMOUNT, ("qty",)),
    Wanted("unit_price", AMOUNT, ("price", "UnitPrice")),
    Wanted("amount", AMOUNT, ("line total", "total")),
    Wanted("currency"),
    Wanted("country"),
    Wanted("channel"),
)  # fmt: skip
_QUANTITY_STEP, _MONEY_STEP = Decimal("0.001"), Decimal("0.0001")
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "US$": "USD", "¥": "JPY"}


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of order lines. See `reading.Reader`."""
    source = context.source
    settings = TableSettings(
        columns=source.columns,
        delimiter=source.delimiter,
        encoding=source.encoding,
        decimal=source.decimal,
        date_format=source.date_format,
    )
    mapped = read_mapped(delivery, context, WANTED, settings)
    total = mapped.table.count
    if mapped.columns:
        _check_can_be_priced(mapped, delivery, context)
        _set_amounts(mapped)
        _set_currency(mapped, context)
    loaded = insert_rows(
        con, "sales", mapped.columns, delivery, context, lines=mapped.lines, extra=mapped.extra
    )
    times = mapped.columns.get("ordered_at", [])
    return Outcome(
        total, loaded, mapped.table.blank, mapped.rejected, FORMAT, mapped.detected,
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _check_can_be_priced(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    found = mapped.detected["columns"]
    if "amount" not in found and not {"quantity", "unit_price"} <= set(found):
        raise context.refuse(
            delivery.file,
            line=mapped.table.header_line,
            column="amount",
            found="the columns " + ", ".join(title for title in mapped.table.header if title),
            expected="a line's amount, or its quantity and unit price",
            remedy="Map them in hub.yml: `columns: {quantity: …, unit_price: …}` "
            "or `columns: {amount: …}`.",
        )


def _set_amounts(mapped: MappedTable) -> None:
    """Amounts that no column gives are quantity × unit price; a line with neither is set aside."""
    cells = mapped.columns
    problems: dict[int, Rejected] = {}
    for row in range(len(mapped.records)):
        quantity, price, amount = (
            cells[name][row] for name in ("quantity", "unit_price", "amount")
        )
        if amount is None and quantity is not None and price is not None:
            amount = quantity * price
        if amount is None or abs(amount) >= Decimal(10) ** 14:
            column = "quantity" if quantity is None else "unit_price" if price is None else "amount"
            problems[row] = mapped.rejection(
                row,
                quarantine.MISSING_REQUIRED if amount is None else quarantine.BAD_NUMBER,
                column,
                None if amount is None else str(amount),
                "a quantity and a unit price, or an amount",
            )
            continue
        cells["amount"][row] = _rounded(amount, _MONEY_STEP)
        cells["unit_price"][row] = _rounded(price, _MONEY_STEP)
        cells["quantity"][row] = _rounded(quantity, _QUANTITY_STEP)
    mapped.reject(problems)


def _rounded(number: Decimal | None, step: Decimal) -> Decimal | None:
    return None if number is None else number.quantize(step, ROUND_HALF_EVEN)


def _set_currency(mapped: MappedTable, context: Context) -> None:
    """Every line's currency: its own, else the source's, else the hub's; others are set aside."""
    default = context.source.currency or context.config.currency
    cells: list[Any] = mapped.columns["currency"]
    codes = [_code(cell) if cell else default for cell in cells]
    mapped.columns["currency"] = codes
    if mapped.detected.get("columns", {}).get("currency") is None:
        mapped.detected["currency"] = {"code": default, "told_by": "hub.yml"}
    mapped.reject(
        {
            row: mapped.rejection(
                row, quarantine.UNKNOWN_CURRENCY, "currency", code, context.config.currency
            )
            for row, code in enumerate(codes)
            if code != context.config.currency
        }
    )


def _code(text: str) -> str:
    return _SYMBOLS.get(text.strip().upper(), text.strip().upper())
