"""Are later gains smaller than earlier ones, or does it only look so?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analytics.link_data import FloatArray
from analytics.vocabulary import p_words

MIN_GAINS = 6
SIGNIFICANCE = 0.05
OWN_UNIT = "in the unit of the gains"
METHOD = (
    "Kendall's rank trend of the gains in their order, p-value by dealing the gains over the "
    "order; median of all pairwise changes per release with the interval that test implies."
)

_DEALS = 4_999
_FEWEST_DEALS = 499
_MOST_COMPARISONS = 2e8


class TrendVerdict(StrEnum):
    """What can be said of gains in their order."""

    NOT_ENOUGH_DATA = "not enough data"
    SMALLER = "later gains are smaller"
    LARGER = "later gains are larger"
    NO_TREND_SEEN = "no trend seen"


@dataclass(frozen=True)
class GainTrend:
    """How gains change with their order; nothing is said beyond the last one.

    Attributes:
        change_per_step, interval: median change from one gain to the next, in the unit of the
            gains, with its 95 % interval; unbounded below six gains.
        rank_correlation: Kendall's tau with the order, -1 to 1; NaN below two gains.
        p_value: two-sided, of no trend; NaN below six gains.
    """

    change_per_step: float
    interval: tuple[float, float]
    rank_correlation: float
    p_value: float
    n: int
    verdict: TrendVerdict
    verdict_reason: str
    method: str = METHOD


def gain_trend(
    gains: Sequence[float], *, rng: np.random.Generator, unit: str = OWN_UNIT
) -> GainTrend:
    """Test whether gains shrink or grow in their order.

    Args:
        gains: (n,) in order, finite.
        rng: deals the gains over the order; the same seed gives the same answer.
        unit: what the gains are counted in, for the sentence: `in …`.

    Raises:
        TypeError: `rng` is no generator.
        ValueError: a gain is not finite.

    Source: M. G. Kendall, "A new measure of rank correlation", Biometrika 30 (1938); P. K. Sen,
    "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968), 1379-1389.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy Generator, not {type(rng).__name__}")
    values = np.asarray(gains, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError("gains must be a row of finite numbers")
    n = len(values)
    slopes = _pairwise_changes(values)
    middle = float(np.median(slopes)) if n > 1 else math.nan
    score = float(_scores(values[None, :])[0])
    tau = score / len(slopes) if n > 1 else math.nan
    if n < MIN_GAINS:
        reason = f"{n} gains; at least {MIN_GAINS} are needed before a trend can be told."
        unbounded = (-math.inf, math.inf)
        return GainTrend(middle, unbounded, tau, math.nan, n, TrendVerdict.NOT_ENOUGH_DATA, reason)
    dealt = np.abs(_scores(_deals(values, rng)))
    p_value = float((1 + (dealt >= abs(score)).sum()) / (1 + len(dealt)))
    interval = _interval(slopes, float(np.quantile(dealt, 1 - SIGNIFICANCE, method="higher")))
    verdict, reason = _judge(n, p_value, middle, interval, unit)
    return GainTrend(middle, interval, tau, p_value, n, verdict, reason)


def _deals(values: FloatArray, rng: np.random.Generator) -> FloatArray:
    n_deals = int(np.clip(_MOST_COMPARISONS / len(values) ** 2, _FEWEST_DEALS, _DEALS))
    return rng.permuted(np.tile(values, (n_deals, 1)), axis=1)


def _scores(rows: FloatArray) -> FloatArray:
    """(rows,) later gains above earlier ones less those below, over all pairs."""
    scores = np.zeros(len(rows))
    for i in range(rows.shape[1] - 1):
        scores += np.sign(rows[:, i + 1 :] - rows[:, i : i + 1]).sum(axis=1)
    return scores


def _pairwise_changes(values: FloatArray) -> FloatArray:
    """(n(n-1)/2,) sorted changes per step between every two gains."""
    first, second = np.triu_indices(len(values), k=1)
    return np.sort((values[second] - values[first]) / (second - first))


def _interval(slopes: FloatArray, critical: float) -> tuple[float, float]:
    """Every change that the test, with this largest score it lets pass, would not reject."""
    n_outside = math.floor((len(slopes) - critical) / 2)
    if n_outside < 1:
        return -math.inf, math.inf
    return float(slopes[n_outside - 1]), float(slopes[-n_outside])


def _judge(
    n: int, p_value: float, middle: float, interval: tuple[float, float], unit: str
) -> tuple[TrendVerdict, str]:
    low, high = interval
    said = [_signed(each) for each in (middle, low, high)]
    told = (
        f"{said[0]} from one release to the next [95 %: {said[1]} to {said[2]}], {unit}, over {n} "
        f"releases ({p_words(p_value)})"
    )
    if p_value < SIGNIFICANCE and high < 0:
        return TrendVerdict.SMALLER, f"Gains shrank by more than chance explains: {told}."
    if p_value < SIGNIFICANCE and low > 0:
        return TrendVerdict.LARGER, f"Gains grew by more than chance explains: {told}."
    return TrendVerdict.NO_TREND_SEEN, f"Gains neither shrank nor grew visibly: {told}."


def _signed(value: float) -> str:
    """To two figures, never as a power of ten: `+0.0017`, `−0.000032`."""
    if value == 0:
        return "0"
    told = np.format_float_positional(value, precision=2, fractional=False, trim="-", sign=True)
    return told.replace("-", "−")
