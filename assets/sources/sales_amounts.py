"""What is each order line worth, and in which currency?

An amount column wins over quantity × unit price. Where all three are there they are compared: a
decimal comma read as thousands, or an order's total repeated on each of its lines, shows there
and refuses the file. Without a currency column the sign beside a price tells the currency.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from assets.sources import quarantine
from assets.sources.cell_values import TOO_LARGE
from assets.sources.mapped_table import MappedTable
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery
from assets.sources.sales_rules import is_like

_QUANTITY_STEP, _MONEY_STEP = Decimal("0.001"), Decimal("0.0001")
_SYMBOLS = {"€": "EUR", "£": "GBP", "US$": "USD", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW",
            "฿": "THB", "ZŁ": "PLN"}  # fmt: skip
_SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "KR": ("SEK", "NOK", "DKK", "ISK"),
}
_SIGN = re.compile(r"[A-Z]{3}|US\$|[$€£¥₹₽₩฿]|[Kk]r\b|zł")
_CODE = re.compile(r"[A-Z]{3}$")
_THREE_AFTER_MARK = re.compile(r"[.,]\d{3}(?!\d)")
_FEW = 3


def check_can_be_priced(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse a file that gives neither amounts nor quantities with prices."""
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


def set_amounts(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Give every line its amount; lines without one are set aside. Raises `SourceError`."""
    _check_thousands(mapped, delivery, context)
    _check_order_totals(mapped, delivery, context)
    cells = mapped.columns
    problems: dict[int, Rejected] = {}
    for row in range(len(mapped.records)):
        quantity, price, amount = (
            cells[name][row] for name in ("quantity", "unit_price", "amount")
        )
        if amount is None and quantity is not None and price is not None:
            amount = quantity * price
        if amount is None or abs(amount) >= TOO_LARGE:
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


def turn_cancellations(mapped: MappedTable, patterns: Sequence[str]) -> int:
    """Make the lines of cancelled orders returns; how many had a positive amount before."""
    turned = 0
    columns = mapped.columns
    for row, order_id in enumerate(columns["order_id"]):
        if order_id and any(is_like(order_id, pattern) for pattern in patterns):
            turned += columns["amount"][row] > 0
            for name in ("quantity", "amount"):
                value = columns[name][row]
                columns[name][row] = None if value is None else -abs(value)
    return turned


def set_currency(mapped: MappedTable, context: Context) -> None:
    """Every line's currency: its own, the sign at its price, the source's, or the hub's.

    A currency other than the hub's is kept where a source of rates is there to convert it, and
    set aside by its name where none is.
    """
    hub = context.config.currency
    default = context.source.currency or hub
    signs = _signs(mapped)
    codes = [
        _code(cell or signs.get(row) or default, default)
        for row, cell in enumerate(mapped.columns["currency"])
    ]
    mapped.columns["currency"] = codes
    if mapped.detected.get("columns", {}).get("currency") is None:
        by_sign = {"told_by": "the sign at the price"} if signs else {}
        mapped.detected["currency"] = {"code": default, "told_by": "hub.yml"} | by_sign
    has_rates = any(source.kind == "rates" for source in context.config.sources)
    mapped.reject(
        {
            row: mapped.rejection(
                row, quarantine.UNKNOWN_CURRENCY, "currency", code,
                "a code such as USD" if has_rates else f"{hub}, or a source of kind `rates`",
            )
            for row, code in enumerate(codes)
            if code != hub and not (has_rates and _CODE.match(code))
        }
    )  # fmt: skip


def _signs(mapped: MappedTable) -> Mapping[int, str]:
    """Row to the currency sign in its price or amount cell."""
    found: dict[int, str] = {}
    for name in ("unit_price", "amount"):
        for row, text in enumerate(_texts(mapped, name)):
            if not text.isascii() or text.strip("0123456789.,-+ "):
                match = _SIGN.search(text)
                if match:
                    found[row] = match[0]
    return found


def _texts(mapped: MappedTable, name: str) -> list[str]:
    """A column's cells as they stand in the file; empty when it has none."""
    title = mapped.detected["columns"].get(name)
    if title is None:
        return []
    place = mapped.table.header.index(title)
    return [record.cells[place] for record in mapped.records]


def _code(text: str, default: str) -> str:
    name = text.strip().upper()
    if name in _SHARED:
        return default if default in _SHARED[name] else "USD" if name == "$" else name
    return _SYMBOLS.get(name, name)


def _check_thousands(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse when amounts differ from quantity × price by a thousand, and a mark explains it."""
    columns = mapped.columns
    texts = {name: _texts(mapped, name) for name in ("quantity", "unit_price", "amount")}
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
        if is_thousand and any(_THREE_AFTER_MARK.search(text) for text in written.values()):
            told = ", ".join(f"{name} {text!r}" for name, text in written.items())
            raise context.refuse(
                delivery.file,
                line=mapped.records[row].line,
                column=next(n for n, text in written.items() if _THREE_AFTER_MARK.search(text)),
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


def _rounded(number: Decimal | None, step: Decimal) -> Decimal | None:
    return None if number is None else number.quantize(step, ROUND_HALF_EVEN)
