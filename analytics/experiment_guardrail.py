"""Was a metric that must not be harmed spared, harmed, or can that not be told?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from analytics.vocabulary import percent


class GuardrailReading(StrEnum):
    """What a read-out says of a metric that must not be harmed."""

    HELD = "guardrail held"
    BROKEN = "guardrail broken"
    CANNOT_BE_TOLD = "guardrail cannot be told"


@dataclass(frozen=True)
class Guardrail:
    """How much a metric may be harmed before it counts.

    Attributes:
        margin: largest harm that is borne, as a share of the control's mean (0.01 = 1 %).
        direction: which way is good; harm goes the other way.

    Raises:
        ValueError: the margin does not lie between 0 and 1, or the direction is neither word.
    """

    margin: float
    direction: Literal["up", "down"] = "up"

    def __post_init__(self) -> None:
        """Refuse what no reading can use."""
        if not 0 < self.margin < 1:
            raise ValueError(f"margin must lie between 0 and 1, not {self.margin}")
        if self.direction not in ("up", "down"):
            raise ValueError(f"direction must be 'up' or 'down', not {self.direction!r}")


def check_guardrails(guardrails: Mapping[str, Guardrail] | None) -> dict[str, Guardrail]:
    """The guardrails by metric, none when there are none.

    Raises:
        TypeError: `guardrails` is no mapping of metric names to `Guardrail`.
    """
    if guardrails is None:
        return {}
    if not isinstance(guardrails, Mapping):
        raise TypeError(f"guardrails must be a mapping, not {type(guardrails).__name__}")
    wrong = [name for name, one in guardrails.items() if not isinstance(one, Guardrail)]
    if wrong:
        raise TypeError(f"guardrails must hold a Guardrail for each metric; {wrong[0]!r} does not")
    return dict(guardrails)


def read_guardrail(guardrail: Guardrail, *, low: float, high: float) -> GuardrailReading:
    """Held when the whole interval of the lift is better than the margin, broken when worse.

    With a 95 % interval a guardrail harmed by its margin or more is said to hold in at most
    2.5 % of cases, and one harmed by less is said to be broken in at most 2.5 %.

    Args:
        low, high: interval of the relative lift.

    Source: non-inferiority by confidence interval, as in G. Piaggio et al., "Reporting of
    noninferiority and equivalence randomized trials", JAMA 308 (2012), 2594-2604.
    """
    best, worst = _best_and_worst(guardrail, low, high)
    if worst > -guardrail.margin:
        return GuardrailReading.HELD
    if best < -guardrail.margin:
        return GuardrailReading.BROKEN
    return GuardrailReading.CANNOT_BE_TOLD


def reason_of_guardrail(
    guardrail: Guardrail, reading: GuardrailReading, *, metric: str, low: float, high: float
) -> str:
    """One sentence on why the reading is what it is; `low` and `high` bound the lift."""
    change = "fall" if guardrail.direction == "up" else "rise"
    bounds = [percent(bound, digits=2, signed=True) for bound in (low, high)]
    margin = percent(guardrail.margin, digits=2)
    interval = f"{bounds[0]} to {bounds[1]} (95 % interval)"
    told = f"{metric} changed by {interval}; a {change} of {margin}"
    if reading is GuardrailReading.HELD:
        return f"{told} or more can be ruled out."
    if reading is GuardrailReading.BROKEN:
        return f"{told} was the limit."
    is_harmed = _best_and_worst(guardrail, low, high)[0] < 0
    harm = " It did get worse, by more than chance explains." if is_harmed else ""
    return f"{told} can be neither ruled out nor shown.{harm}"


def _best_and_worst(guardrail: Guardrail, low: float, high: float) -> tuple[float, float]:
    """The bounds as gains: positive is good."""
    return (high, low) if guardrail.direction == "up" else (-low, -high)
