"""Which seeded worlds, with known truth, is the link engine measured on?

Every world is daily: 120 to 730 days, 6 to 40 releases, weekday and (usually) yearly seasonality,
promotions that the calendar lists, trend, and one of several kinds of noise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.signal import lfilter

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
START = pd.Timestamp("2024-01-01")


@dataclass(frozen=True, eq=False)
class World:
    """One pair with its truth: `effect` (elasticity) arrives `lag` days after the metric moves."""

    metric: pd.Series
    kpi: pd.Series
    calendar: pd.DataFrame
    releases: pd.DatetimeIndex | None
    effect: float
    lag: int


@dataclass(frozen=True, eq=False)
class Shop:
    """Log KPI without any model effect, and the promotions that are inside it."""

    log_kpi: FloatArray
    promotion: FloatArray
    days: pd.DatetimeIndex

    @property
    def n(self) -> int:
        """Number of days."""
        return len(self.days)


Noise = Callable[[np.random.Generator, int], FloatArray]


def white(rng: np.random.Generator, n: int) -> FloatArray:
    """Independent normal days."""
    return rng.standard_normal(n)


def autoregressive(rng: np.random.Generator, n: int) -> FloatArray:
    """AR(1) with a coefficient of .3 to .8."""
    return _unit(lfilter([1.0], [1.0, -rng.uniform(0.3, 0.8)], rng.standard_normal(n + 200))[200:])


def stochastic_trend(rng: np.random.Generator, n: int) -> FloatArray:
    """White noise around a slow random walk."""
    return rng.standard_normal(n) + rng.uniform(0.05, 0.3) * np.cumsum(rng.standard_normal(n))


def heavy_tails(rng: np.random.Generator, n: int) -> FloatArray:
    """Student t with three degrees of freedom, mildly autocorrelated."""
    return _unit(lfilter([1.0], [1.0, -0.3], rng.standard_t(3, n + 50))[50:])


def weekday_variance(rng: np.random.Generator, n: int) -> FloatArray:
    """Weekends three times as loud as weekdays."""
    return autoregressive(rng, n) * np.where(np.arange(n) % 7 >= 5, 2.0, 0.7)


def drifting_weekly_pattern(rng: np.random.Generator, n: int) -> FloatArray:
    """A weekly pattern that wanders."""
    walk = np.cumsum(0.15 * rng.standard_normal((n // 7 + 1, 7)), axis=0)
    return rng.standard_normal(n) + (walk - walk.mean(axis=1, keepdims=True)).ravel()[:n]


def weekly_memory(rng: np.random.Generator, n: int) -> FloatArray:
    """AR(1) times a seasonal AR at seven days."""
    weekly = lfilter([1.0], np.r_[1.0, np.zeros(6), -0.4], rng.standard_normal(n + 200))
    return _unit(lfilter([1.0], [1.0, -0.4], weekly)[200:])


def volatility_waves(rng: np.random.Generator, n: int) -> FloatArray:
    """Quiet and loud months."""
    log_sd = lfilter([1.0], [1.0, -0.98], 0.12 * rng.standard_normal(n + 300))[300:]
    return rng.standard_normal(n) * np.exp(log_sd)


def arma_2_2(rng: np.random.Generator, n: int) -> FloatArray:
    """An ARMA(2, 2) outside the engine's own family."""
    noise = rng.standard_normal(n + 200)
    return _unit(lfilter([1.0, 0.4, 0.3], [1.0, -0.9, 0.3], noise)[200:])


def random_walk(rng: np.random.Generator, n: int) -> FloatArray:
    """A pure random walk with a quarter of the usual innovation."""
    return 0.25 * np.cumsum(rng.standard_normal(n)) + 0.05 * rng.standard_normal(n)


USUAL: dict[str, Noise] = {
    "white": white,
    "autoregressive": autoregressive,
    "stochastic trend": stochastic_trend,
    "heavy tails": heavy_tails,
}
STRESS: dict[str, Noise] = {
    "weekday variance": weekday_variance,
    "drifting weekly pattern": drifting_weekly_pattern,
    "weekly memory": weekly_memory,
    "t(3)": lambda rng, n: rng.standard_t(3, n) / np.sqrt(3.0),
    "common volatility": volatility_waves,
    "ARMA(2,2)": arma_2_2,
    "random walk": random_walk,
}


def shop(rng: np.random.Generator, noise: Noise, *, n: int, sd: float | None = None) -> Shop:
    """A KPI with trend, seasonality, promotions and noise of 3 to 8 % a day."""
    days = pd.date_range(START + pd.Timedelta(days=int(rng.integers(0, 365))), periods=n)
    time = np.arange(n)
    season = rng.normal(0, 0.06) * np.sin(2 * np.pi * days.day_of_year.to_numpy() / 365.25)
    weekday = rng.normal(0, 0.1, 7)[days.day_of_week.to_numpy()]
    promotion = np.zeros(n)
    for start in rng.choice(n, max(n // 60, 1), replace=False):
        promotion[start : start + int(rng.integers(2, 8))] = 1.0
    spread = rng.uniform(0.03, 0.08) if sd is None else sd
    log_kpi = 10.0 + rng.normal(0, 0.2) * time / 365 + season + weekday
    log_kpi = log_kpi + rng.uniform(0.05, 0.3) * promotion + spread * noise(rng, n)
    return Shop(log_kpi, promotion, days)


def span(rng: np.random.Generator, *, low: int = 120, high: int = 730) -> int:
    """Number of days of a world."""
    return int(rng.integers(low, high + 1))


def release_days(rng: np.random.Generator, n: int, *, count: int, margin: int = 15) -> IntArray:
    """Sorted release days, at least two days apart, inside the data by the lag window."""
    for _ in range(200):
        days = np.sort(rng.choice(np.arange(5, n - margin), count, replace=False))
        if np.diff(days).min(initial=9) >= 2:
            break
    return days.astype(np.int64)


def release_count(rng: np.random.Generator, n: int, *, low: int = 6, high: int = 40) -> int:
    """Between `low` and `high` releases, on average one in nine days at the most."""
    return int(rng.integers(low, max(min(high, n // 9), low) + 1))


def gains(rng: np.random.Generator, count: int) -> FloatArray:
    """Log changes of the metric: mostly small gains, some nothing, some steps back."""
    delta = rng.normal(0.008, rng.uniform(0.015, 0.025), count)
    delta[rng.random(count) < 0.1] = 0.0
    return delta


def world(
    rng: np.random.Generator,
    base: Shop,
    at: IntArray,
    delta: FloatArray,
    *,
    effect: float = 0.0,
    lag: int = 0,
    side_effects: float = 0.0,
) -> World:
    """A step metric in a shop; every release may have a side effect of its own."""
    log_metric = np.log(0.3) + steps(base.n, at, delta)
    log_kpi = base.log_kpi + steps(base.n, at + lag, effect * delta)
    if side_effects:
        log_kpi = log_kpi + steps(base.n, at, rng.normal(0.003, side_effects, len(at)))
    return World(
        metric=pd.Series(np.exp(log_metric), base.days),
        kpi=pd.Series(np.exp(log_kpi), base.days),
        calendar=pd.DataFrame({"promotion": base.promotion}, index=base.days),
        releases=base.days[at],
        effect=effect,
        lag=lag,
    )


def steps(n: int, at: IntArray, sizes: FloatArray) -> FloatArray:
    """(n,) sum of permanent steps of the given sizes."""
    jumps = np.zeros(n)
    inside = at < n
    np.add.at(jumps, at[inside], sizes[inside])
    return np.cumsum(jumps)


def step_null(rng: np.random.Generator, noise: Noise) -> World:
    """Releases that do nothing, or only something unrelated to their gain."""
    n = span(rng)
    at = release_days(rng, n, count=release_count(rng, n))
    side = rng.choice([0.0, 0.01])
    return world(rng, shop(rng, noise, n=n), at, gains(rng, len(at)), side_effects=side)


def step_effect(
    rng: np.random.Generator, noise: Noise, *, low: float, high: float, least_releases: int = 6
) -> World:
    """Releases whose gains move the KPI after a delay of 0 to 14 days."""
    n = span(rng, low=max(120, 9 * least_releases))
    at = release_days(rng, n, count=release_count(rng, n, low=least_releases))
    effect, lag = float(rng.uniform(low, high)), int(rng.integers(0, 15))
    base = shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    return world(rng, base, at, gains(rng, len(at)), effect=effect, lag=lag)


def continuous(
    rng: np.random.Generator, noise: Noise, metric_noise: Noise, *, effect: float = 0.0
) -> World:
    """A metric that moves every day, with its own trend, weekdays and season."""
    n = span(rng, low=180)
    base = shop(rng, noise, n=n, sd=float(rng.uniform(0.03, 0.06)))
    own = (
        rng.uniform(0.02, 0.05) * metric_noise(rng, n)
        + rng.normal(0, 0.05, 7)[base.days.day_of_week.to_numpy()]
    )
    own = own + rng.normal(0, 0.1) * np.arange(n) / 365
    lag = int(rng.integers(0, 15))
    arriving = np.concatenate([np.full(lag, own[0]), own[: n - lag]])
    return World(
        metric=pd.Series(np.exp(own), base.days),
        kpi=pd.Series(np.exp(base.log_kpi + effect * arriving), base.days),
        calendar=pd.DataFrame({"promotion": base.promotion}, index=base.days),
        releases=None,
        effect=effect,
        lag=lag,
    )


def continuous_stress(rng: np.random.Generator, name: str) -> World:
    """The same awkward noise in metric and KPI; volatility waves are common to both."""
    noise = STRESS[name]
    if name != "common volatility":
        return continuous(rng, noise, noise)
    seed = int(rng.integers(2**31))

    def waves(own: np.random.Generator, n: int) -> FloatArray:
        shared = np.random.default_rng(seed).standard_normal(n + 300)
        log_sd = lfilter([1.0], [1.0, -0.98], 0.12 * shared)[300:]
        return own.standard_normal(n) * np.exp(log_sd)

    return continuous(rng, waves, waves)


REVERSE_MECHANISMS = ("7-day", "3-day", "14-day", "28-day", "against eight weeks", "rises")


def reverse(rng: np.random.Generator, noise: Noise, mechanism: str) -> World:
    """Teams release better models after the KPI has risen; models themselves do nothing."""
    n = span(rng, low=365)
    base = shop(rng, noise, n=n)
    at = release_days(rng, n, count=release_count(rng, n, low=6))
    at = at[at >= 60] if mechanism == "against eight weeks" else at[at >= 14]
    if mechanism == "rises":
        sizes = rng.normal(0.0, 0.08, len(at))
        delay = rng.integers(4, 15, len(at))
        risen = Shop(base.log_kpi + steps(n, at - delay, sizes), base.promotion, base.days)
        return world(rng, risen, at, 0.3 * sizes + rng.normal(0.005, 0.008, len(at)))
    reaction = np.array([_recent_rise(base.log_kpi, int(day), mechanism) for day in at])
    reaction = (reaction - reaction.mean()) / reaction.std()
    return world(rng, base, at, 0.008 + 0.02 * reaction + rng.normal(0, 0.01, len(at)))


def _recent_rise(log_kpi: FloatArray, day: int, mechanism: str) -> float:
    """What a team sees on release day: the recent mean against the time before."""
    if mechanism == "against eight weeks":
        return float(log_kpi[day - 7 : day].mean() - log_kpi[max(day - 63, 0) : day - 7].mean())
    window = int(mechanism.split("-")[0])
    before = log_kpi[max(day - 2 * window, 0) : day - window]
    return float(log_kpi[max(day - window, 0) : day].mean() - (before.mean() if len(before) else 0))


def with_gaps(rng: np.random.Generator, whole: World) -> World:
    """The same world with 5 % of the days missing, or ten days in a row."""
    n = len(whole.kpi)
    gone = np.zeros(n, dtype=bool)
    if rng.random() < 0.5:
        gone[rng.choice(n, n // 20, replace=False)] = True
    else:
        start = int(rng.integers(20, n - 30))
        gone[start : start + 10] = True
    metric = whole.metric if whole.releases is not None else whole.metric.mask(gone)
    return World(
        metric, whole.kpi.mask(gone), whole.calendar, whole.releases, whole.effect, whole.lag
    )


def too_little(rng: np.random.Generator) -> World:
    """Fewer than 90 days, or fewer than six usable releases."""
    short = rng.random() < 0.5
    n = int(rng.integers(30, 90)) if short else span(rng)
    count = int(rng.integers(2, 5 if short else 6))
    at = release_days(rng, n, count=count)
    return world(rng, shop(rng, white, n=n), at, gains(rng, count) + 0.02, effect=1.0, lag=3)


def _unit(values: FloatArray) -> FloatArray:
    scaled: FloatArray = values / max(float(values.std()), 1e-12)
    return scaled
