"""What is each order line worth, and in which currency?

An amount column wins over quantity × unit price. Without a currency column the sign beside a price
tells the currency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from assets.sources import quarantine
from assets.sources.cell_values import TOO_LARGE
from assets.sources.mapped_table import MappedTable
from assets.sources.problem import known_columns
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery
from assets.sources.sales_numbers import cell_texts, check_numbers
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


def check_can_be_priced(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse a file that gives neither amounts nor quantities with prices."""
    found = mapped.detected["columns"]
    if "amount" not in found and not {"quantity", "unit_price"} <= set(found):
        raise context.refuse(
            delivery.file,
            line=mapped.table.header_line,
            column="amount",
            found="the columns " + ", ".join(title for title in mapped.table.header if title),
            published_found=known_columns(
                mapped.table.header, mapped.detected.get("columns", {}).values()
            ),
            expected="a line's amount, or its quantity and unit price",
            remedy="Map them in hub.yml: `columns: {quantity: …, unit_price: …}` "
            "or `columns: {amount: …}`.",
        )


def set_amounts(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Give every line its amount; lines without one are set aside. Raises `SourceError`."""
    check_numbers(mapped, delivery, context)
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
        for row, text in enumerate(cell_texts(mapped, name)):
            if not text.isascii() or text.strip("0123456789.,-+ "):
                match = _SIGN.search(text)
                if match:
                    found[row] = match[0]
    return found


def _code(text: str, default: str) -> str:
    name = text.strip().upper()
    if name in _SHARED:
        return default if default in _SHARED[name] else "USD" if name == "$" else name
    return _SYMBOLS.get(name, name)


def _rounded(number: Decimal | None, step: Decimal) -> Decimal | None:
    return None if number is None else number.quantize(step, ROUND_HALF_EVEN)
