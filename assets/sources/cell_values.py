"""What does the text of a cell mean as a number or a yes/no?

Files write numbers with a point or a comma before the decimals. Which one is decided over all
number cells of a file; a file whose numbers can be read both ways is refused by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_SPACES = dict.fromkeys(map(ord, " \u00a0\u2007\u2009\u202f'\u2019"), None)
_MONEY = r"(?:[A-Z]{3}|[$€£¥₹₽₩฿]|kr\.?)"
_CURRENCY_SIGN = re.compile(rf"^([+-]?)\s*{_MONEY}\s*|\s*{_MONEY}$")
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$")
_BOTH_POINT = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d*$")
_BOTH_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d*$")
_MANY_COMMA = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){2,}$")
_MANY_POINT = re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}$")
_ONE = re.compile(r"[+-]?(?P<whole>\d*)(?P<mark>[.,])(?P<rest>\d*)$")
_TRUE = {"true", "t", "yes", "y", "1"}
_FALSE = {"false", "f", "no", "n", "0"}
TOO_LARGE = Decimal(10) ** 14


class UndecidedNumbers(Exception):
    """The decimal sign of a file cannot be told; the text names a cell."""


@dataclass(frozen=True)
class DecimalEvidence:
    """Which sign stands before the decimals ('.' or ','), and the cell that tells."""

    sign: str
    example: str | None
    is_from_earlier: bool = False


def decide_decimal(values: Collection[str], *, earlier: str | None = None) -> DecimalEvidence:
    """The decimal sign over all number cells of a file; that of `earlier` files when no cell
    tells. Raises `UndecidedNumbers`."""
    told: dict[str, str] = {}
    open_cells: list[str] = []
    for value in values:
        text = _bare(value)
        if sign := _tells(text):
            told.setdefault(sign, value)
        elif _could_be_both(text):
            open_cells.append(value)
    if len(told) > 1:
        raise UndecidedNumbers(
            f"a decimal point in {told['.']!r} and a decimal comma in {told[',']!r}"
        )
    if told:
        sign, example = next(iter(told.items()))
        return DecimalEvidence(sign, example)
    if open_cells and earlier:
        return DecimalEvidence(earlier, None, is_from_earlier=True)
    if open_cells:
        raise UndecidedNumbers(f"numbers that can be read two ways, such as {max(open_cells)!r}")
    return DecimalEvidence(".", None)


def tells_sign(text: str) -> str | None:
    """The decimal sign that one cell tells by itself; None when it tells none."""
    return _tells(_bare(text))


def could_be_both(text: str) -> bool:
    """Whether a cell such as `1,234` reads as a whole number and as one with decimals."""
    return _could_be_both(_bare(text))


def parse_decimal(text: str, *, sign: str) -> Decimal | None:
    """One cell as an exact number; None where it is none (NaN and infinity are none too)."""
    bare = _bare(text)
    thousands = "," if sign == "." else "."
    if thousands in bare:
        whole = bare.partition(sign)[0].lstrip("+-")
        if not re.fullmatch(r"\d{1,3}(?:" + re.escape(thousands) + r"\d{3})+", whole):
            return None
        bare = bare.replace(thousands, "")
    bare = bare.replace(sign, ".")
    if not _PLAIN.match(bare):
        return None
    try:
        number = Decimal(bare)
    except InvalidOperation:
        return None
    return number if abs(number) < TOO_LARGE else None


def parse_integer(text: str, *, sign: str) -> int | None:
    """One cell as a whole number (`3` or `3.0`), else None."""
    number = parse_decimal(text, sign=sign)
    if number is None or number != number.to_integral_value():
        return None
    return int(number)


def parse_boolean(text: str) -> bool | None:
    """yes/no, true/false, 1/0 in any case, else None."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def _bare(text: str) -> str:
    """A number's text without spaces, currency sign, brackets or trailing minus."""
    bare = text.strip()
    is_negative = False
    if bare.startswith("(") and bare.endswith(")"):
        bare, is_negative = bare[1:-1], True
    bare = _CURRENCY_SIGN.sub(r"\1", bare).translate(_SPACES)
    if bare.endswith("-"):
        bare, is_negative = bare[:-1], True
    return f"-{bare}" if is_negative else bare


def _tells(text: str) -> str | None:
    if _BOTH_POINT.match(text) or _MANY_COMMA.match(text):
        return "."
    if _BOTH_COMMA.match(text) or _MANY_POINT.match(text):
        return ","
    match = _ONE.match(text)
    if not match or _could_be_both(text):
        return None
    return match["mark"] if match["whole"] or match["rest"] else None


def _could_be_both(text: str) -> bool:
    """`1,234` and `1.234`: three digits after the only sign, one to three before it, no 0."""
    match = _ONE.match(text)
    return bool(
        match
        and len(match["rest"]) == 3
        and 1 <= len(match["whole"]) <= 3
        and not match["whole"].startswith("0")
    )
