"""How is cost read? A day's cost of a service or model, a row each or a column each.

Money in another currency than the hub's is kept when the hub has a source of rates, and set aside
as `unknown_currency` when it has none: it is never added up with the rest. Columns of totals are
not read, for they would count everything twice.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.csv_table import CsvTable, fold
from assets.sources.mapped_table import (
    AMOUNT,
    DAY,
    MappedTable,
    TableSettings,
    Wanted,
    load_mapped,
    map_table,
)
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_table import json_settings, read_records
from assets.sources.wide_table import unpivot

DAY_NAMES = ("date", "usage_date", "usage_start_date", "service_date", "start_date", "time_period")
AMOUNT_NAMES = ("cost", "unblended_cost", "blended_cost", "net_cost", "total_cost", "costs",
                "value", "spend")  # fmt: skip
WANTED = (
    Wanted("day", DAY, DAY_NAMES, True, True),
    Wanted("service", headers=("service_name", "product", "component", "service.description")),
    Wanted("model", headers=("model_name",)),
    Wanted("category", headers=("usage_type", "sku", "cost_type", "sku.description")),
    Wanted("amount", AMOUNT, AMOUNT_NAMES, True, True),
    Wanted("currency", headers=("currency_code",)),
)
_STEP = Decimal("0.000001")
_CODE = re.compile(r"[A-Z]{3}$")
_UNIT = re.compile(r"\s*\((?P<unit>[$€£¥]|[A-Z]{3})\)\s*$")
_TOTAL = re.compile(r"(grand |service )?totals?( costs?)?$")
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY"}


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of daily cost. See `reading.Reader`."""
    source = context.source
    settings = TableSettings(
        columns=source.columns,
        delimiter=source.delimiter,
        decimal=source.decimal,
        date_format=source.date_format,
    )
    found = read_records(delivery, context, WANTED, settings, list_keys=("costs", "data"))
    table, totals = found.table, list[str]()
    if day := _wide_day(table, settings):
        table, totals = _by_service(table, day)
    mapped = map_table(table, delivery, context, WANTED, json_settings(settings, found))
    if mapped.columns:
        _set_unit(mapped)
        _set_currency(mapped, context)
        _check_named(mapped, context)
        _round(mapped)
    if totals:
        mapped.detected["left_out"] = totals
    return load_mapped(con, "cost", mapped, delivery, context, form=found.form, times=("day",))


def _wide_day(table: CsvTable, settings: TableSettings) -> str | None:
    """The day's column of a table without a column of amounts or services."""
    if settings.columns or any(table.places(name) for name in ("amount", *AMOUNT_NAMES)):
        return None
    first = table.header[0] if table.header else ""
    is_day = fold(first) in ("day", "service", *DAY_NAMES)
    return first if is_day and len(table.header) > 1 else None


def _by_service(table: CsvTable, day: str) -> tuple[CsvTable, list[str]]:
    """One row a day and service, and the names of the columns of totals."""
    totals = [title for title in table.header if _is_total(title)]
    titles = ["" if _is_total(title) else title for title in table.header]
    titles[0] = day
    narrow = CsvTable(titles, table.encoding, table.delimiter, table.records, table.rejected,
                      table.blank, table.header_line)  # fmt: skip
    made = unpivot(narrow, keep=(day,), name="service", value="amount", empty=("", "-"))
    made.header[0] = "day"
    return made, totals


def _is_total(title: str) -> bool:
    return bool(_TOTAL.match(fold(_UNIT.sub("", title))))


def _set_unit(mapped: MappedTable) -> None:
    """A currency behind a service's name (`Compute ($)`) is the currency of its column."""
    services, currencies = mapped.columns["service"], mapped.columns["currency"]
    for row, service in enumerate(services):
        if service and (match := _UNIT.search(service)):
            services[row] = service[: match.start()]
            currencies[row] = currencies[row] or match["unit"]


def _set_currency(mapped: MappedTable, context: Context) -> None:
    default = context.source.currency or context.config.currency
    codes = [_code(cell) if cell else default for cell in mapped.columns["currency"]]
    mapped.columns["currency"] = codes
    has_rates = any(source.kind == "rates" for source in context.config.sources)
    problems = {}
    for row, code in enumerate(codes):
        is_known = code == context.config.currency or (has_rates and _CODE.match(code))
        if not is_known:
            problems[row] = mapped.rejection(
                row, quarantine.UNKNOWN_CURRENCY, "currency", code,
                f"{context.config.currency}, or a source of rates",
            )  # fmt: skip
    mapped.reject(problems)


def _check_named(mapped: MappedTable, context: Context) -> None:
    """Every cost belongs to a service or a model: its own, else the source's constant."""
    cells = mapped.columns
    if context.source.service:
        cells["service"] = [service or context.source.service for service in cells["service"]]
    problems = {
        row: mapped.rejection(
            row, quarantine.MISSING_REQUIRED, "service", None, "a service or a model"
        )
        for row, names in enumerate(zip(cells["service"], cells["model"], strict=True))
        if not any(names)
    }
    mapped.reject(problems)


def _round(mapped: MappedTable) -> None:
    amounts: list[Any] = mapped.columns["amount"]
    mapped.columns["amount"] = [a.quantize(_STEP, ROUND_HALF_EVEN) for a in amounts]


def _code(text: str) -> str:
    return _SYMBOLS.get(text.strip(), text.strip().upper())
