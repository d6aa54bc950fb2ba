"""In which unit does a column count its times since 1970?

Seconds, milliseconds, microseconds and nanoseconds of our times differ in their number of digits,
so that one value tells. A column that mixes them is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from assets.sources.log_fields import EPOCH_UNITS

_COUNT = re.compile(r"\d{9,19}(?:\.\d{1,9})?$|\d(?:\.\d{1,18})?[eE]\+?\d{1,2}$", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class UndecidedEpoch(Exception):
    """A column counts in more than one unit; the text names a cell of each."""


@dataclass(frozen=True)
class EpochTimes:
    """The unit, and the time of each text that is within its range."""

    unit: str
    times: dict[str, datetime]


def is_epoch(values: Collection[str]) -> bool:
    """Whether most cells of a column are counts of 9 to 19 digits."""
    counts = sum(1 for value in values if _COUNT.match(value.strip()))
    return 2 * counts > len(values)


def epoch_unit(value: float | Decimal) -> str | None:
    """The unit that puts a count between 1973 and 5138; None where none does."""
    return next((unit for unit, low, high in EPOCH_UNITS if low <= value < high), None)


def epoch_time(value: int | float | Decimal, unit: str) -> datetime | None:
    """A count of a unit as UTC time with microseconds; None beyond the calendar."""
    count = value if isinstance(value, Decimal) else Decimal(str(value))
    if not count.is_finite():
        return None
    try:
        micros = int(count * 1_000_000 / _UNITS_A_SECOND[unit])
        return _EPOCH + timedelta(microseconds=micros)
    except (OverflowError, ArithmeticError):
        return None


def epoch_times(values: Collection[str]) -> EpochTimes:
    """Read a column of counts. Raises `UndecidedEpoch`; texts that are no counts are left out."""
    examples: dict[str, str] = {}
    counts: dict[str, Decimal] = {}
    for text in values:
        if not _COUNT.match(text.strip()):
            continue
        count = Decimal(text.strip())
        if unit := epoch_unit(count):
            examples.setdefault(unit, text)
            counts[text] = count
    if len(examples) > 1:
        told = " and ".join(f"{text!r} ({unit})" for unit, text in sorted(examples.items()))
        raise UndecidedEpoch(f"times counted in different units: {told}")
    unit = next(iter(examples), "s")
    read = {text: epoch_time(count, unit) for text, count in counts.items()}
    return EpochTimes(unit, {text: when for text, when in read.items() if when})
