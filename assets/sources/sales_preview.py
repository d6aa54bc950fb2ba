"""What does a person see of a file of sales before it is loaded, and what must be decided?"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from assets.sources.csv_table import fold
from assets.sources.mapped_table import MappedTable, Wanted
from assets.sources.reading import Context
from assets.sources.sales_rules import Matched, count_rules, propose_rules

_SAMPLES = 3
_LONGEST = 24


def preview_lines(mapped: MappedTable, wanted: Sequence[Wanted], context: Context) -> list[str]:
    """One screen: fields with their headers and samples, what would load, what is to decide."""
    return [
        *_fields(mapped, wanted, context),
        *_encoding(mapped),
        *(f"{'sales':<11} {line}" for line in _sum_up(mapped)),
        *(f"{'note':<11} {note}" for note in mapped.detected.get("notes", ())),
        *(f"{'to decide':<11} {line}" for line in _decisions(mapped, wanted, context)),
    ]


def rule_notes(mapped: MappedTable, context: Context) -> list[str]:
    """What each rule of `hub.yml` excludes."""
    found = count_rules(context.source.exclude, mapped.columns)
    return [f"rule {name} excludes {matched}" for name, matched in found.items()]


def count_lines(mapped: MappedTable) -> dict[str, int]:
    """Exact duplicates, lines without customer, with a zero price, returned; none: not named."""
    columns = mapped.columns
    copies = Counter(tuple(record.cells) for record in mapped.records)
    counts = {
        "exact_duplicates": sum(n - 1 for n in copies.values()),
        "without_customer": sum(cell is None for cell in columns["customer_id"]),
        "zero_priced": sum(
            price == 0 if price is not None else amount == 0
            for price, amount in zip(columns["unit_price"], columns["amount"], strict=True)
        ),
        "returned": sum(
            amount < 0 or (quantity is not None and quantity < 0)
            for quantity, amount in zip(columns["quantity"], columns["amount"], strict=True)
        ),
    }
    return {name: count for name, count in counts.items() if count}


def total_amounts(mapped: MappedTable) -> dict[str, Decimal]:
    """The sum of all lines per currency, before any rule."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for code, amount in zip(mapped.columns["currency"], mapped.columns["amount"], strict=True):
        totals[code] += amount
    return dict(totals)


def _fields(mapped: MappedTable, wanted: Sequence[Wanted], context: Context) -> Iterator[str]:
    found: Mapping[str, str] = mapped.detected["columns"]
    absent = [column.name for column in wanted if column.name not in found]
    for name, title in found.items():
        place = mapped.table.header.index(title)
        cells = (record.cells[place].strip() for record in mapped.records)
        samples = list(dict.fromkeys(cell for cell in cells if cell))[:_SAMPLES]
        is_told = name in context.source.columns or title in context.source.widths
        how = "hub.yml" if is_told else "by meaning"
        shown = ", ".join(sample[:_LONGEST] for sample in samples) or "all empty"
        yield f"{name:<11} ← {title} ({how}): {shown}"
    if absent:
        yield f"{'no column':<11} for {', '.join(absent)}"


def _encoding(mapped: MappedTable) -> Iterator[str]:
    if mapped.table.encoding == "utf-8":
        return
    for record in mapped.records:
        seen = next((cell for cell in record.cells if not cell.isascii()), None)
        if seen is not None:
            yield f"{'seen':<11} {mapped.table.encoding} in {seen[:_LONGEST]!r}, line {record.line}"
            return


def _sum_up(mapped: MappedTable) -> Iterator[str]:
    orders = len({order_id for order_id in mapped.columns["order_id"] if order_id})
    worth = " + ".join(f"{amount:,.2f} {code}" for code, amount in total_amounts(mapped).items())
    told = f"{len(mapped.records):,} lines" + (f" of {orders:,} orders" if orders else "")
    counts = ", ".join(f"{count:,} {name}" for name, count in count_lines(mapped).items())
    yield f"{told}, {worth or '0.00'}" + (f"; {counts.replace('_', ' ')}" if counts else "")


def _decisions(mapped: MappedTable, wanted: Sequence[Wanted], context: Context) -> Iterator[str]:
    proposed = propose_rules(context.source.exclude, mapped.columns)
    for rule, matched in proposed:
        values = ", ".join(f"{value} {n:,}" for value, n in matched.values.most_common(5))
        yield f"are these sales? {matched} ({values}); if not, exclude:"
        listed = json.dumps(rule.matches, ensure_ascii=False)
        yield f"  - {{name: {rule.name}, column: {rule.column}, matches: {listed}}}"
    yield from _other_headers(mapped, wanted, context)
    yield from _cancellations(mapped)


def _other_headers(
    mapped: MappedTable, wanted: Sequence[Wanted], context: Context
) -> Iterator[str]:
    """Headers that would fit a field too."""
    found: Mapping[str, str] = mapped.detected["columns"]
    used = set(found.values())
    for column in wanted:
        if column.name in context.source.columns or column.name not in found:
            continue
        names = {fold(name) for name in (column.name, *column.headers)}
        others = [title for title in mapped.table.header if fold(title) in names - {fold("")}]
        spare = [title for title in others if title not in used]
        if spare:
            yield f"{column.name} is {found[column.name]}; or is it {', '.join(spare)}?"


def _cancellations(mapped: MappedTable) -> Iterator[str]:
    positive = Matched()
    columns = mapped.columns
    others = False
    for order_id, code, amount in zip(
        columns["order_id"], columns["currency"], columns["amount"], strict=True
    ):
        is_marked = bool(order_id) and order_id[0] in "Cc" and order_id[1:].isdigit()
        others = others or (bool(order_id) and order_id.isdigit())
        if is_marked and amount > 0:
            positive.rows += 1
            positive.amounts[code] += amount
    if positive.rows and others:
        yield f"orders C… with a positive amount: {positive}; if they are cancellations,"
        yield '  cancelled_orders: ["C*"]'
