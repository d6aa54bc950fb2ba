"""How are sales read? Order lines or orders, in any form, whatever the shop calls its columns.

A return is a line with a negative quantity or amount and is kept with its sign. What is no sale by
a rule of `hub.yml` is loaded too and left out by staging. A line in another currency than the
hub's needs a source of rates, else it is set aside: it is never added up with the rest. A file
that can be read in two ways, that contradicts itself, or that repeats sales under other dates is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from assets.sources.mapped_table import (
    AMOUNT,
    TEXT,
    TIME,
    MappedTable,
    TableSettings,
    Wanted,
    map_table,
)
from assets.sources.reading import Context, Delivery, Outcome, insert_rows
from assets.sources.sales_amounts import (
    check_can_be_priced,
    set_amounts,
    set_currency,
    turn_cancellations,
)
from assets.sources.sales_dates import settle_dates
from assets.sources.sales_forms import read_form
from assets.sources.sales_numbers import count_differences
from assets.sources.sales_overlap import delivery_of, find_overlap
from assets.sources.sales_preview import count_lines, preview_lines, rule_notes

WANTED = (
    Wanted("order_id", TEXT, (
        "order", "order number", "order no", "InvoiceNo", "Invoice", "invoice number",
        "transaction_id", "basket_id", "receipt", "Bestellnummer", "Auftragsnummer", "commande",
        "pedido", "ordine", "bestelling", "zamówienie"), True, True),
    Wanted("line_id", headers=("line", "line number", "order item id", "order_item_id")),
    Wanted("ordered_at", TIME, (
        "order_date", "date", "InvoiceDate", "order date", "transaction_timestamp", "created at",
        "created_at", "timestamp", "Bestelldatum", "Datum", "fecha", "data"), True, True),
    Wanted("customer_id", headers=(
        "customer", "CustomerID", "customer number", "household_id", "client", "Kundennummer",
        "Kunde", "cliente", "klant", "klient")),
    Wanted("product_id", headers=(
        "sku", "product", "StockCode", "lineitem sku", "item", "Artikelnummer", "Artikel",
        "producto", "produit", "prodotto")),
    Wanted("description", headers=("product name", "lineitem name", "Bezeichnung")),
    Wanted("quantity", AMOUNT, (
        "qty", "lineitem quantity", "units", "Menge", "Anzahl", "cantidad", "quantité",
        "quantità", "aantal", "ilość")),
    Wanted("unit_price", AMOUNT, (
        "price", "UnitPrice", "lineitem price", "Einzelpreis", "Preis", "precio", "prix", "prezzo",
        "prijs", "cena")),
    Wanted("amount", AMOUNT, (
        "line total", "total", "sales_value", "revenue", "dollar_value", "Betrag", "importe",
        "montant", "importo", "bedrag", "kwota")),
    Wanted("currency", headers=("currency code", "Währung", "moneda", "devise", "valuta")),
    Wanted("country", headers=("Land", "país", "pays", "paese", "kraj")),
    Wanted("channel", headers=("sales channel", "Kanal", "canal")),
    Wanted("status", headers=("order status", "financial status")),
)  # fmt: skip
NOT_THERE = "-"  # a mapping that says: the file has no such column
_WHOLE_FLOAT = re.compile(r"\d+\.0$")


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of sales. See `reading.Reader`."""
    wanted, settings = _asked(context)
    found = read_form(delivery, context, wanted, settings)
    mapped = map_table(found.table, delivery, context, wanted, found.settings)
    total = found.table.count
    notes: list[str] = []
    if mapped.columns:
        notes = _understand(mapped, delivery, context) + rule_notes(mapped, context)
    delivery_id = delivery_of(con, delivery, context)
    columns = mapped.columns | {"delivery_id": [delivery_id] * len(mapped.records)}
    loaded = insert_rows(
        con, "sales", columns if mapped.columns else {}, delivery, context,
        lines=mapped.lines, extra=mapped.extra,
    )  # fmt: skip
    notes += find_overlap(con, delivery, context, delivery_id=delivery_id, loaded=loaded)
    if notes:
        mapped.detected["notes"] = notes
    times = mapped.columns.get("ordered_at", [])
    return Outcome(
        total, loaded, mapped.table.blank, mapped.rejected, found.form, mapped.detected,
        min(times, default=None), max(times, default=None), found.resume_byte, found.resume_line,
        lambda: preview_lines(mapped, wanted, context) if mapped.columns else (),
    )  # fmt: skip


def _asked(context: Context) -> tuple[Sequence[Wanted], TableSettings]:
    """The columns to look for and how, as the source says."""
    source = context.source
    absent = {name for name, title in source.columns.items() if title == NOT_THERE}
    mapping: Mapping[str, str] = {n: t for n, t in source.columns.items() if n not in absent}
    wanted = [column for column in WANTED if column.name not in absent]
    if source.rows == "orders":
        wanted = [
            replace(c, is_required=False, is_filled=False) if c.name == "order_id" else c
            for c in wanted
        ]
    settings = TableSettings(
        columns=mapping,
        delimiter=source.delimiter,
        encoding=source.encoding,
        decimal=source.decimal,
        date_format=source.date_format,
        date_order=source.date_order,
    )
    return wanted, settings


def _understand(mapped: MappedTable, delivery: Delivery, context: Context) -> list[str]:
    """Settle dates, ids, currencies and amounts in place; notes on what was found."""
    for column in WANTED:
        mapped.columns.setdefault(column.name, [None] * len(mapped.records))
    check_can_be_priced(mapped, delivery, context)
    settle_dates(mapped, delivery, context)
    set_currency(mapped, context)
    set_amounts(mapped, delivery, context)
    notes = _clean_ids(mapped)
    if turned := turn_cancellations(mapped, context.source.cancelled_orders):
        notes.append(f"{turned:,} lines of cancelled orders with a positive amount are returns")
    counts = count_lines(mapped)
    if counts:
        mapped.detected["counts"] = counts
    compared = count_differences(mapped)
    if compared["different"]:
        notes.append(
            f"{compared['different']:,} of {compared['compared']:,} amounts differ from "
            "quantity × price; the amounts count"
        )
    _tell_rows(mapped, context)
    return notes


def _clean_ids(mapped: MappedTable) -> list[str]:
    """Ids that a program wrote as numbers with decimals (17850.0) are whole again."""
    notes = []
    for name in ("order_id", "line_id", "customer_id", "product_id"):
        cells: list[Any] = mapped.columns[name]
        told = {cell for cell in cells if cell is not None}
        if told and all(_WHOLE_FLOAT.match(cell) for cell in told):
            mapped.columns[name] = [cell and cell[:-2] for cell in cells]
            notes.append(f"{name} was written as a number with decimals; the .0 is left out")
    return notes


def _tell_rows(mapped: MappedTable, context: Context) -> None:
    """Whether rows are orders or their lines, as `hub.yml` or the order ids tell."""
    ids = [cell for cell in mapped.columns["order_id"] if cell is not None]
    if context.source.rows:
        mapped.detected["rows"] = {"are": context.source.rows, "told_by": "hub.yml"}
    elif ids:
        are = "lines" if len(set(ids)) < len(ids) else "orders"
        told_by = f"{len(ids):,} rows with {len(set(ids)):,} order ids"
        mapped.detected["rows"] = {"are": are, "told_by": told_by}
