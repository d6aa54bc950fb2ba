"""Which seeded worlds, with known truth, bend what the link engine assumes?

They are the worlds of `benchmarks.link_worlds` with one thing changed: what happens at a release
besides the gain, what moves metric and KPI together, what the calendar does not list, how the
effect arrives, or how the data is delivered.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks import link_worlds as worlds
from benchmarks.link_worlds import FloatArray, IntArray, Noise, World

BoolArray = npt.NDArray[np.bool_]
Shape = Callable[[FloatArray], FloatArray]
RAMP_DAYS = 7
FADING_DAYS = 14.0


def improving(rng: np.random.Generator, noise: Noise, *, effect: float = 0.0) -> World:
    """Every release is a gain while the business grows by 20 to 80 % a year on its own."""
    n, at, lag = _plan(rng, effect)
    base = worlds.shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    growth = rng.uniform(0.2, 0.6) * np.arange(n) / 365.0
    delta = np.abs(rng.normal(0.015, 0.015, len(at)))
    grown = replace(base, log_kpi=base.log_kpi + growth)
    return worlds.world(rng, grown, at, delta, effect=effect, lag=lag)


def co_intervention(rng: np.random.Generator, noise: Noise, *, effect: float = 0.0) -> World:
    """Every release ships something else, with a lasting effect of its own."""
    n, at, lag = _plan(rng, effect)
    base = worlds.shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    other = worlds.steps(n, at, rng.normal(0.01, 0.015, len(at)))
    shipped = replace(base, log_kpi=base.log_kpi + other)
    return worlds.world(rng, shipped, at, worlds.gains(rng, len(at)), effect=effect, lag=lag)


def promoted_releases(rng: np.random.Generator, noise: Noise, *, effect: float = 0.0) -> World:
    """Half of the releases go out on the first day of a listed promotion."""
    n, at, lag = _plan(rng, effect)
    base = worlds.shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    lift, promotion = float(rng.uniform(0.05, 0.2)), np.zeros(n)
    for day in at[rng.random(len(at)) < 0.5]:
        promotion[day : day + int(rng.integers(2, 8))] = 1.0
    # Days that both this promotion and one of the shop's cover are one promotion.
    extra = np.where(base.promotion > 0.0, 0.0, promotion)
    shown = replace(base, log_kpi=base.log_kpi + lift * extra)
    made = worlds.world(rng, shown, at, worlds.gains(rng, len(at)), effect=effect, lag=lag)
    return replace(made, calendar=made.calendar.assign(launch=extra))


def unlisted_promotions(rng: np.random.Generator, noise: Noise, *, effect: float = 0.0) -> World:
    """Half of the shop's promotions are missing from the calendar."""
    n, at, lag = _plan(rng, effect)
    base = worlds.shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    made = worlds.world(rng, base, at, worlds.gains(rng, len(at)), effect=effect, lag=lag)
    return _forget_promotions(rng, made)


def tiny(rng: np.random.Generator, noise: Noise) -> World:
    """90 to 150 days with six to nine releases that do nothing."""
    n = worlds.span(rng, low=100, high=150)
    at = worlds.release_days(rng, n, count=int(rng.integers(6, 10)))
    return worlds.world(rng, worlds.shop(rng, noise, n=n), at, worlds.gains(rng, len(at)))


def ramped_side_effects(rng: np.random.Generator, noise: Noise) -> World:
    """Releases that do nothing but carry side effects which ramp up over a week."""
    return _with_shaped_side_effects(rng, noise, _ramp)


def fading_side_effects(rng: np.random.Generator, noise: Noise) -> World:
    """Releases that do nothing but carry the passing effect of something new."""
    return _with_shaped_side_effects(rng, noise, _fading)


def ramped_effect(rng: np.random.Generator, noise: Noise, *, effect: float) -> World:
    """The gain reaches users over a week, as a gradual roll-out does; `effect` is the end of it."""
    return _with_shaped_effect(rng, noise, effect, _ramp)


def fading_effect(rng: np.random.Generator, noise: Noise, *, effect: float) -> World:
    """Novelty: the effect starts in full and fades with e^(-days / 14); `effect` is the start."""
    return _with_shaped_effect(rng, noise, effect, _fading)


def common_wave(
    rng: np.random.Generator, noise: Noise, metric_noise: Noise, *, effect: float = 0.0
) -> World:
    """Metric and KPI share a strong weekly pattern, and grow over the same years."""
    made = worlds.continuous(rng, noise, metric_noise, effect=effect)
    wave = rng.normal(0.0, 0.12, 7)[_days(made).day_of_week.to_numpy()]
    growth = rng.uniform(0.1, 0.4) * np.arange(len(made.kpi)) / 365.0
    shared = _with_metric(made, wave + growth)
    return replace(shared, kpi=shared.kpi * np.exp(wave + growth))


def promoted_metric(
    rng: np.random.Generator, noise: Noise, metric_noise: Noise, *, effect: float = 0.0
) -> World:
    """Listed promotions move the metric too: other customers come."""
    made = worlds.continuous(rng, noise, metric_noise, effect=effect)
    promotion = made.calendar["promotion"].to_numpy(dtype=np.float64)
    size = float(rng.uniform(-0.15, 0.15))
    return _with_metric(made, size * promotion)


def unlisted_promotions_moving(
    rng: np.random.Generator, noise: Noise, metric_noise: Noise, *, effect: float = 0.0
) -> World:
    """A metric that moves every day, and a calendar that lacks half of the promotions."""
    return _forget_promotions(rng, worlds.continuous(rng, noise, metric_noise, effect=effect))


def tiny_moving(rng: np.random.Generator, noise: Noise, metric_noise: Noise) -> World:
    """The last 90 to 150 days of two series that have nothing to do with one another."""
    made = worlds.continuous(rng, noise, metric_noise)
    kept = slice(len(made.kpi) - worlds.span(rng, low=90, high=150), None)
    return replace(made, metric=made.metric[kept], kpi=made.kpi[kept], calendar=made.calendar[kept])


def feedback(rng: np.random.Generator, noise: Noise) -> World:
    """A continuous metric that follows the KPI of the last days instead of leading it."""
    made = worlds.continuous(rng, noise, worlds.autoregressive)
    log_kpi = np.log(made.kpi.to_numpy())
    level = pd.Series(log_kpi).rolling(28, min_periods=1).median().to_numpy()
    window = int(rng.choice([1, 3, 7]))
    seen = pd.Series(log_kpi - level).rolling(window).mean().shift(1).fillna(0.0).to_numpy()
    return _with_metric(made, 0.7 * seen)


def weekly(made: World) -> World:
    """The same world delivered by week: mean KPI, the metric in force when the week ended."""
    first = _days(made)[0]
    whole = len(made.kpi) // 7 * 7
    kpi = made.kpi[:whole].resample("7D", origin=first).mean()
    by_week = made.metric[:whole].resample("7D", origin=first)
    is_step = made.releases is not None
    return replace(made, metric=by_week.last() if is_step else by_week.mean(), kpi=kpi)


def weekly_steps(rng: np.random.Generator, noise: Noise, *, effect: float = 0.0) -> World:
    """One to three years of weeks; releases weeks apart, so that the metric still steps."""
    n = worlds.span(rng, low=52 * 7, high=156 * 7)
    count = int(rng.integers(6, max(n // 42, 7)))
    slots = np.sort(rng.choice(np.arange(1, n // 28 - 1), min(count, n // 28 - 2), replace=False))
    at = 28 * slots.astype(np.int64) + rng.integers(0, 14, len(slots))
    base = worlds.shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    lag = int(rng.integers(0, 15)) if effect else 0
    delta = worlds.gains(rng, len(at))
    return weekly(worlds.world(rng, base, at, delta, effect=effect, lag=lag))


def weekly_moving(rng: np.random.Generator, noise: Noise, *, effect: float = 0.0) -> World:
    """A metric that moves every week, up to two years of it."""
    while True:
        made = worlds.continuous(rng, noise, worlds.autoregressive, effect=effect)
        if len(made.kpi) >= 300:
            return weekly(made)


def scattered_gaps(rng: np.random.Generator, whole: World) -> World:
    """The same world without 5 % of its days."""
    n = len(whole.kpi)
    gone = np.zeros(n, dtype=np.bool_)
    gone[rng.choice(n, n // 20, replace=False)] = True
    return _without(whole, gone)


def long_gap(rng: np.random.Generator, whole: World) -> World:
    """The same world without ten days in a row."""
    n = len(whole.kpi)
    gone = np.zeros(n, dtype=np.bool_)
    start = int(rng.integers(20, n - 30))
    gone[start : start + 10] = True
    return _without(whole, gone)


def _plan(rng: np.random.Generator, effect: float) -> tuple[int, IntArray, int]:
    """Days, release days and lag; worlds with an effect get the releases it takes to see one."""
    least = 16 if effect else 6
    n = worlds.span(rng, low=max(120, 9 * least))
    at = worlds.release_days(rng, n, count=worlds.release_count(rng, n, low=least))
    return n, at, int(rng.integers(0, 15)) if effect else 0


def _days(made: World) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(made.kpi.index)


def _with_metric(made: World, change: FloatArray) -> World:
    """The world with log changes of the metric, which reach the KPI as all of the metric does."""
    late = np.concatenate([np.full(made.lag, change[0]), change[: len(change) - made.lag]])
    return replace(
        made,
        metric=made.metric * np.exp(change),
        kpi=made.kpi * np.exp(made.effect * late),
    )


def _forget_promotions(rng: np.random.Generator, made: World) -> World:
    promotion = made.calendar["promotion"].to_numpy(dtype=np.float64)
    starts = np.cumsum(np.diff(promotion, prepend=0.0) > 0.0)
    remembered = rng.random(int(starts.max(initial=0)) + 1) < 0.5
    return replace(made, calendar=made.calendar.assign(promotion=promotion * remembered[starts]))


def _ramp(since: FloatArray) -> FloatArray:
    return np.clip((since + 1.0) / RAMP_DAYS, 0.0, 1.0)


def _fading(since: FloatArray) -> FloatArray:
    return np.where(since >= 0.0, np.exp(-np.maximum(since, 0.0) / FADING_DAYS), 0.0)


def _arrived(n: int, at: IntArray, sizes: FloatArray, shape: Shape) -> FloatArray:
    """(n,) sum over the releases of a size times the shape in which it arrives."""
    since = np.arange(n, dtype=np.float64)[:, None] - at[None, :]
    total: FloatArray = shape(since) @ sizes
    return total


def _with_shaped_side_effects(rng: np.random.Generator, noise: Noise, shape: Shape) -> World:
    n, at, _ = _plan(rng, 0.0)
    base = worlds.shop(rng, noise, n=n)
    side = _arrived(n, at, rng.normal(0.005, 0.02, len(at)), shape)
    return worlds.world(
        rng, replace(base, log_kpi=base.log_kpi + side), at, worlds.gains(rng, len(at))
    )


def _with_shaped_effect(
    rng: np.random.Generator, noise: Noise, effect: float, shape: Shape
) -> World:
    n, at, lag = _plan(rng, effect)
    base = worlds.shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    delta = worlds.gains(rng, len(at))
    moved = replace(base, log_kpi=base.log_kpi + _arrived(n, at + lag, effect * delta, shape))
    return replace(worlds.world(rng, moved, at, delta), effect=effect, lag=lag)


def _without(whole: World, gone: BoolArray) -> World:
    """A released metric is known without the KPI's days; one that moves is missing with them."""
    metric = whole.metric if whole.releases is not None else whole.metric.mask(gone)
    return replace(whole, metric=metric, kpi=whole.kpi.mask(gone))
