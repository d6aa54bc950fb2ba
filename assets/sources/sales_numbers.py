"""Do a file's numbers mean what they seem to? A comma may be a decimal sign or mark thousands.

A column whose own cells leave that open is settled by its shape (1,500 beside 3: thousands) or by
amount = quantity × price; where neither tells, the file is refused. So is an amount column that
repeats the order's total on each of its lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from assets.sources.cell_values import could_be_both, parse_decimal, tells_sign
from assets.sources.mapped_table import MappedTable
from assets.sources.reading import Context, Delivery

_NUMBERS = ("quantity", "unit_price", "amount")
_FEW = 3


def check_numbers(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse numbers that are read in the wrong way, or may be. Raises `SourceError`."""
    _check_thousands(mapped, delivery, context)
    _check_open_columns(mapped, delivery, context)
    _check_order_totals(mapped, delivery, context)


def cell_texts(mapped: MappedTable, name: str) -> list[str]:
    """A column's cells as they stand in the file; empty when it has none."""
    title = mapped.detected["columns"].get(name)
    if title is None:
        return []
    place = mapped.table.header.index(title)
    return [record.cells[place] for record in mapped.records]


def _check_thousands(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse when amounts differ from quantity × price by a thousand, and a mark explains it."""
    columns = mapped.columns
    texts = {name: cell_texts(mapped, name) for name in ("quantity", "unit_price", "amount")}
    if not all(texts.values()):
        return
    for row, (quantity, price, amount) in enumerate(
        zip(columns["quantity"], columns["unit_price"], columns["amount"], strict=True)
    ):
        if not quantity or not price or not amount:
            continue
        factor = abs(amount / (quantity * price))
        is_thousand = any(abs(factor / f - 1) < Decimal("0.001") for f in _FACTORS)
        written = {name: cells[row] for name, cells in texts.items()}
        if is_thousand and any(could_be_both(text) for text in written.values()):
            told = ", ".join(f"{name} {text!r}" for name, text in written.items())
            raise context.refuse(
                delivery.file,
                line=mapped.records[row].line,
                column=next(n for n, text in written.items() if could_be_both(text)),
                found=f"{told}: read with decimal sign "
                f"{mapped.detected.get('decimal', {}).get('sign', '.')!r}, the amount is "
                f"{factor:.6g} times quantity × price",
                expected="numbers whose decimal sign makes amount = quantity × price",
                remedy='Say it in hub.yml: `decimal: "."` or `decimal: ","`; when each column '
                "writes its numbers differently, export them alike.",
            )


_FACTORS = (Decimal(1000), Decimal("0.001"), Decimal(10) ** 6, Decimal(10) ** -6)


def _check_order_totals(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse an amount column that repeats the order's total on each line of the order."""
    columns = mapped.columns
    title = mapped.detected["columns"].get("amount")
    if title is None:
        return
    orders: dict[Any, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for order_id, quantity, price, amount in zip(
        columns["order_id"], columns["quantity"], columns["unit_price"], columns["amount"],
        strict=True,
    ):  # fmt: skip
        if None not in (order_id, quantity, price, amount) and amount:
            orders[order_id].append((quantity * price, amount))
    telling = [lines for lines in orders.values() if len({worth for worth, _ in lines}) > 1]
    repeated = [lines for lines in telling if len({amount for _, amount in lines}) == 1]
    if len(repeated) >= _FEW and 10 * len(repeated) >= 9 * len(telling):
        raise context.refuse(
            delivery.file,
            column=title,
            found=f"the same amount on every line of {len(repeated):,} orders whose lines differ "
            f"in quantity × price, such as {repeated[0][0][1]}",
            expected="the amount of each line",
            remedy="It is the order's total. Map the line's own amount in hub.yml, or "
            '`columns: {amount: "-"}` to count quantity × price.',
        )


def _check_open_columns(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse a column whose marks are read as thousands because of other columns alone."""
    if context.source.decimal:
        return
    sign = mapped.detected.get("decimal", {}).get("sign", ".")
    counted = count_differences(mapped)
    if counted["compared"] and not counted["different"]:
        return
    for name in _NUMBERS:
        texts = {text.strip() for text in cell_texts(mapped, name)} - {""}
        is_open = [text for text in texts if could_be_both(text) and sign not in text]
        if not is_open or any(tells_sign(text) for text in texts) or _is_grouped(texts, sign):
            continue
        example = max(is_open)
        raise context.refuse(
            delivery.file,
            column=mapped.detected["columns"][name],
            found=f"{example!r}, which is {parse_decimal(example, sign=sign)} with the decimal "
            f"sign {sign!r} of other columns, or "
            f"{parse_decimal(example, sign=',' if sign == '.' else '.')}",
            expected="a column whose numbers show whether the mark stands before decimals",
            remedy='Say it in hub.yml: `decimal: "."` or `decimal: ","`; when each column '
            "writes its numbers differently, export them alike.",
        )


def _is_grouped(texts: set[str], sign: str) -> bool:
    """Whether small numbers stand without a mark, and no large one does: so thousands are
    written."""
    plain = [text for text in texts if not set(".,") & set(text)]
    sizes = [abs(size) for text in plain if (size := parse_decimal(text, sign=sign)) is not None]
    return any(0 < size < 1000 for size in sizes) and all(size < 1000 for size in sizes)


def count_differences(mapped: MappedTable) -> Counter[str]:
    """Lines whose amount is not quantity × price (discounts, taxes, or a wrong column)."""
    counts: Counter[str] = Counter()
    if "amount" not in mapped.detected["columns"]:
        return counts
    columns = mapped.columns
    for quantity, price, amount in zip(
        columns["quantity"], columns["unit_price"], columns["amount"], strict=True
    ):
        if None not in (quantity, price, amount):
            counts["compared"] += 1
            counts["different"] += abs(quantity * price - amount) > Decimal("0.01")
    return counts
