"""When will the remaining work be done, or how much in the coming weeks, at the pace so far?

Monte-Carlo over past weeks: every path deals weeks of the past at random, each past week with a
weight of its own drawn for the path (Bayesian bootstrap, Rubin 1981), so that few weeks of history
give wide answers.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analytics.link_data import FloatArray
from analytics.planning_checks import check_count

CERTAINTIES = (0.5, 0.85, 0.95)
MIN_WEEKS = 6
LONGEST_WEEKS = 520
CHANGED_BELOW = 0.01
METHOD = (
    "Monte-Carlo over past weeks, each drawn with random weights (Bayesian bootstrap), weeks "
    "independent of one another."
)


@dataclass(frozen=True)
class DeliveryForecast:
    """Answer in weeks (`remaining` asked) or finished items (`weeks` asked).

    Attributes:
        remaining, weeks: What was asked; the other is None.
        at: {0.5, 0.85, 0.95: answer} at that certainty: done within so many weeks, or at least so
            many items. None where more than ten years would be needed, or without an answer.
        finish_by: {certainty: last day of the week in which the work is done}; empty unless
            `remaining` was asked of weeks with dates.
        n_weeks: Past weeks used.
        items_per_week: Their mean.
        reason: Why there is no answer; empty when there is one.
        method, caveats: How, and what a reader must see.
    """

    remaining: int | None
    weeks: int | None
    at: dict[float, int | None]
    finish_by: dict[float, pd.Timestamp]
    n_weeks: int
    items_per_week: float
    reason: str
    method: str
    caveats: tuple[str, ...]


def delivery_forecast(
    throughput: pd.Series,
    *,
    rng: np.random.Generator,
    remaining: int | None = None,
    weeks: int | None = None,
    recent_weeks: int = 26,
    n_paths: int = 10_000,
) -> DeliveryForecast:
    """Forecast delivery from items finished in each complete week.

    Args:
        throughput: (n,) items finished by week, in time order, 0 in a week without any; the index
            may hold the weeks' first days.
        rng: Source of the paths.
        remaining: Items left: when will they be done? Give this or `weeks`.
        weeks: Coming weeks, 1 to 520: how many items will be finished?
        recent_weeks: Only so many last weeks count, at least 6.
        n_paths: Simulated paths, at least 200.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    _check(throughput, rng, remaining, weeks, recent_weeks, n_paths)
    past = throughput.astype("float64").replace([np.inf, -np.inf], np.nan).dropna()
    past = past.iloc[-recent_weeks:]
    items: FloatArray = np.asarray(past, dtype=np.float64)
    reason = _refusal(past)
    at: dict[float, int | None] = dict.fromkeys(CERTAINTIES)
    if not reason and remaining is not None:
        at = _when(items, remaining, rng, n_paths)
    elif not reason and weeks is not None:
        at = _how_many(items, weeks, rng, n_paths)
    return DeliveryForecast(
        remaining=remaining,
        weeks=weeks,
        at=at,
        finish_by={} if remaining is None else _finish_by(past, at),
        n_weeks=len(past),
        items_per_week=float(past.mean()) if len(past) else math.nan,
        reason=reason,
        method=METHOD,
        caveats=() if reason else _caveats(items),
    )


def _check(
    throughput: pd.Series,
    rng: np.random.Generator,
    remaining: int | None,
    weeks: int | None,
    recent_weeks: int,
    n_paths: int,
) -> None:
    if not isinstance(throughput, pd.Series):
        raise TypeError(f"throughput: expected a pandas Series, got {type(throughput).__name__}")
    if not pd.api.types.is_numeric_dtype(throughput.dtype):
        raise TypeError(f"throughput: expected numbers, got values of type {throughput.dtype}")
    if not throughput.index.is_monotonic_increasing:
        raise ValueError("throughput: expected weeks in ascending order; sort the index first")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected numpy.random.Generator, got {type(rng).__name__}")
    if (remaining is None) == (weeks is None):
        raise ValueError("remaining: give either remaining or weeks, and not both")
    if remaining is not None:
        check_count("remaining", remaining, least=1)
    if weeks is not None:
        check_count("weeks", weeks, least=1)
        if weeks > LONGEST_WEEKS:
            raise ValueError(f"weeks: expected at most {LONGEST_WEEKS}, got {weeks}")
    check_count("recent_weeks", recent_weeks, least=MIN_WEEKS)
    check_count("n_paths", n_paths, least=200)


def _refusal(past: pd.Series) -> str:
    if len(past) < MIN_WEEKS:
        return f"Only {len(past)} complete weeks; at least {MIN_WEEKS} are needed."
    if (past < 0).any():
        return "A week with fewer than zero finished items: repair the throughput first."
    if not past.any():
        return f"Nothing was finished in {len(past)} weeks, so there is no pace to go by."
    return ""


def _odds(n_weeks: int, rng: np.random.Generator, n_paths: int) -> FloatArray:
    """(n_paths, n_weeks) cumulated weights with which each path deals the past weeks."""
    weights = rng.standard_exponential((n_paths, n_weeks))
    cumulated: FloatArray = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    return cumulated


def _deal(past: FloatArray, cumulated: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(n_paths,) items of one week on every path."""
    at = (cumulated < rng.random(len(cumulated))[:, None]).sum(axis=1)
    dealt: FloatArray = past[np.minimum(at, len(past) - 1)]
    return dealt


def _when(
    past: FloatArray, remaining: int, rng: np.random.Generator, n_paths: int
) -> dict[float, int | None]:
    cumulated = _odds(len(past), rng, n_paths)
    done, finished = np.zeros(n_paths), np.full(n_paths, np.inf)
    needed = math.ceil(max(CERTAINTIES) * n_paths)
    for week in range(1, LONGEST_WEEKS + 1):
        done += _deal(past, cumulated, rng)
        finished[(done >= remaining - 1e-9) & np.isinf(finished)] = week
        if np.isfinite(finished).sum() >= needed:
            break
    ordered = np.sort(finished)
    by = {share: ordered[math.ceil(share * n_paths) - 1] for share in CERTAINTIES}
    return {share: int(week) if math.isfinite(week) else None for share, week in by.items()}


def _how_many(
    past: FloatArray, weeks: int, rng: np.random.Generator, n_paths: int
) -> dict[float, int | None]:
    cumulated = _odds(len(past), rng, n_paths)
    done = np.sort(sum(_deal(past, cumulated, rng) for _ in range(weeks)))[::-1]
    return {share: int(done[math.ceil(share * n_paths) - 1]) for share in CERTAINTIES}


def _finish_by(past: pd.Series, at: dict[float, int | None]) -> dict[float, pd.Timestamp]:
    if not isinstance(past.index, pd.DatetimeIndex) or past.empty:
        return {}
    end = past.index[-1] + pd.Timedelta(days=6)
    return {share: end + pd.Timedelta(weeks=week) for share, week in at.items() if week is not None}


def _caveats(past: FloatArray) -> tuple[str, ...]:
    caveats = []
    half = len(past) // 2
    if half >= MIN_WEEKS // 2 and np.ptp(past) > 0:
        test = stats.mannwhitneyu(past[:half], past[-half:])
        if float(test.pvalue) < CHANGED_BELOW:
            caveats.append("The pace changed within these weeks; older ones may no longer count.")
        centred = past - past.mean()
        memory = float(centred[1:] @ centred[:-1] / (centred @ centred))
        if memory > 2.0 / math.sqrt(len(past)):
            caveats.append("Good and bad weeks come in runs, so the true spread is wider.")
    caveats.append("Counts items as they were, whatever their size; new work is not foreseen.")
    return tuple(caveats)
