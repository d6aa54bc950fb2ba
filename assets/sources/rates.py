"""How are exchange rates read? A day, a currency and a rate, or a day and one column a currency.

A row says what one unit of `currency` is worth in `base_currency`. Files that quote the other way
round (units of a currency per unit of the hub's, as central banks do) say so in `hub.yml`:
`quoted: per_hub_currency`.
"""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from assets.sources import quarantine
from assets.sources.csv_table import CsvTable, fold
from assets.sources.mapped_table import (
    DAY,
    NUMBER,
    MappedTable,
    TableSettings,
    Wanted,
    load_mapped,
    map_table,
)
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_table import json_settings, read_records
from assets.sources.wide_table import unpivot

WANTED = (
    Wanted("day", DAY, ("date", "time_period", "TIME_PERIOD", "as_of"), True, True),
    Wanted("currency", headers=("code", "quote", "to", "currency_code"), is_required=True,
           is_filled=True),
    Wanted("base_currency", headers=("base", "from")),
    Wanted("rate", NUMBER, ("value", "exchange_rate", "price"), True, True),
)  # fmt: skip
_CODE = re.compile(r"[A-Z]{3}$")
_MISSING = ("", "n/a", "na", "-", "null", "none")


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of rates. See `reading.Reader`."""
    source = context.source
    settings = TableSettings(
        columns=source.columns,
        delimiter=source.delimiter,
        decimal=source.decimal,
        date_format=source.date_format,
    )
    found = read_records(delivery, context, WANTED, settings, list_keys=("rates", "data"))
    settings = json_settings(settings, found)
    table = found.table
    if not settings.columns and not table.places("rate") and (day := _is_wide(table)):
        table = unpivot(table, keep=(day,), name="currency", value="rate", empty=_MISSING)
    mapped = map_table(table, delivery, context, WANTED, _without_thousands(settings, table))
    if mapped.columns:
        _orient(mapped, context)
    return load_mapped(con, "rates", mapped, delivery, context, form=found.form, times=("day",))


def _is_wide(table: CsvTable) -> str | None:
    """The name of the day's column when all the others are called as currencies are."""
    names = [title for title in table.header if title]
    codes = [title for title in names if _CODE.match(title.strip())]
    rest = [title for title in names if title not in codes]
    is_day = len(rest) == 1 and fold(rest[0]) in ("date", "day", "time_period")
    return rest[0] if codes and is_day else None


def _without_thousands(settings: TableSettings, table: CsvTable) -> TableSettings:
    """Rates have no thousands marks: in `1.234` the point stands before the decimals."""
    places = [place for name in ("rate", "value") for place in table.places(name)]
    cells = [record.cells[place] for record in table.records for place in places[:1]]
    marks = {mark for mark in ".," if any(mark in cell for cell in cells)}
    if settings.decimal is None and len(marks) == 1:
        return replace(settings, decimal=marks.pop())
    return settings


def _orient(mapped: MappedTable, context: Context) -> None:
    """Write every row as: one `currency` is worth `rate` `base_currency`; refuse what is none."""
    hub = context.config.currency
    cells = mapped.columns
    problems = {}
    for row in range(len(mapped.records)):
        code, base = str(cells["currency"][row]).upper(), cells["base_currency"][row]
        rate: float = cells["rate"][row]
        if not _CODE.match(code) or (base and not _CODE.match(base.upper())):
            problems[row] = mapped.rejection(
                row, quarantine.UNKNOWN_CURRENCY, "currency", code, "a code such as USD"
            )
        elif rate <= 0:
            problems[row] = mapped.rejection(
                row, quarantine.BAD_NUMBER, "rate", str(rate), "a rate above zero"
            )
        elif base:  # one unit of the base buys `rate` of the currency
            cells["currency"][row], cells["base_currency"][row] = base.upper(), code
        elif context.source.quoted == "per_hub_currency":
            cells["currency"][row], cells["base_currency"][row] = hub, code
        else:
            cells["currency"][row], cells["base_currency"][row] = code, hub
    mapped.reject(problems)
    if mapped.records:
        day, code, rate, base = (
            mapped.columns[name][0] for name in ("day", "currency", "rate", "base_currency")
        )
        mapped.detected["example"] = f"{day}: 1 {code} = {rate} {base}"
