"""How often would the engine be right on this very KPI?

Releases that do nothing and releases with a known effect are planted into the KPI's own history,
and the same engine with the same settings is asked about each. What it says is counted: false
alarms, effects found, intervals that hold the truth, lags. The counts are about this one history:
the binomial intervals tell how well these counts are known, not how another history would do.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import stats

from analytics.kpi_data import assemble_kpi, check_kpi
from analytics.link_data import ELASTICITY, SLOPE, RefusalError
from analytics.planning_checks import check_count
from analytics.self_test_worlds import Ground, Outcome, Pattern, Planted, look
from analytics.vocabulary import Verdict

__all__ = ["Ground", "Rate", "SelfTest", "self_test"]

# Planted sizes as multiples of what the engine itself says it could see.
SIZES = (0.4, 0.7, 1.0, 1.3, 1.6, 2.0)
LEAST_WORLDS = 2 * len(SIZES)
LEAST_RELEASES = 2
WANTED_POWER = 0.8
LAG_TOLERANCE_DAYS = 2
# In multiples of the largest planted size: beyond FURTHEST a size is no longer told.
FURTHEST = 1.5
REACH, REACH_STEPS = (0.02, 30.0), 900
SLOPES, SLOPE_STEPS = (0.05, 300.0), 120
METHOD = (
    "Planted releases on the KPI's own history, asked of the same engine with the hub's settings; "
    "rates with exact binomial (Clopper–Pearson) 95 % intervals; the size found four times in five "
    "from a probit curve through all sizes, with its profile-likelihood 95 % interval."
)
ASSUMPTIONS = (
    "Planted releases have nothing to do with the real ones: what those did stays in the KPI as "
    "part of its ups and downs.",
    "Gains do not answer to the KPI. When a team releases because the KPI moved, false alarms are "
    "more frequent; the engine's test for a confounded link is there for that and is not tried "
    "here.",
    "Planted effects are lasting and in proportion to the gain; fading ones are harder to find.",
    "All worlds share one history, so the intervals tell how well these rates are known for it, "
    "not how another year would do.",
)


@dataclass(frozen=True)
class Rate:
    """`count` of `n` worlds and the exact binomial 95 % interval; NaN without worlds."""

    count: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """0..1, or NaN without worlds."""
        return self.count / self.n if self.n else math.nan


@dataclass(frozen=True)
class SizeFound:
    """How often an effect of one size was found; `effect` in the self test's `effect_unit`."""

    effect: float
    found: Rate


@dataclass(frozen=True)
class SelfTest:
    """What the engine makes of planted effects and of nothing at all.

    Attributes:
        effect_unit: Of every effect: an elasticity, or KPI units per metric unit.
        n_worlds, n_releases, n_days: Worlds asked, planted releases in each, days of the history.
        false_alarms: Null worlds called `moves`; `false_alarms_own` with the own releases moved,
            `false_alarms_random` with random ones.
        called_confounded: Worlds of either kind called `confounded`; none is.
        coverage: Worlds with an estimate whose 95 % interval holds the planted effect.
        sizes: How often effects were found, by size.
        sign_right, lag_right: Of the effects found: sign as planted, lag within two days.
        lag_error_days: Median of the lag's absolute error where the effect was found.
        found_with_80, found_with_80_interval: Size that is found in four of five worlds; infinite
            where even the largest planted size was not nearly.
        promised: Median of what the engine itself called its smallest detectable effect.
        reason: Why nothing could be tested; empty otherwise.
        method, assumptions: How, and what a reader must know.
    """

    effect_unit: str
    n_worlds: int
    n_releases: int
    n_days: int
    false_alarms: Rate
    false_alarms_own: Rate
    false_alarms_random: Rate
    called_confounded: Rate
    coverage: Rate
    sizes: tuple[SizeFound, ...]
    sign_right: Rate
    lag_right: Rate
    lag_error_days: float
    found_with_80: float
    found_with_80_interval: tuple[float, float]
    promised: float
    reason: str
    method: str
    assumptions: tuple[str, ...]


Run = Callable[[Callable[[Planted], Outcome], Sequence[Planted]], Iterable[Outcome]]


def self_test(
    ground: Ground,
    *,
    rng: np.random.Generator,
    n_worlds: int = 600,
    run: Run = map,
    on_world: Callable[[int, int], None] | None = None,
) -> SelfTest:
    """Plant null and effect worlds, half each, into the KPI's history and count what is found.

    Args:
        ground: History, own releases and settings.
        rng: Draws the worlds' seeds; the same seed gives the same answer, however `run` works.
        n_worlds: Worlds in all, at least 12.
        run: Applies a function to every world in order: `map`, or that of a process pool.
        on_world: Told after each world how many are done, of how many.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    _check(ground, rng, n_worlds)
    nulls = _null_worlds(rng, n_worlds // 2)
    refusal = _refusal(ground)
    if refusal:
        return _summary(ground, [], [], refusal)
    ask = partial(look, ground)

    def asked(worlds: Sequence[Planted], before: int) -> list[Outcome]:
        outcomes = []
        for outcome in run(ask, worlds):
            outcomes.append(outcome)
            if on_world is not None:
                on_world(before + len(outcomes), n_worlds)
        return outcomes

    without = asked(nulls, 0)
    promised = _promised(without)
    if not math.isfinite(promised):
        reason = "The engine refused every planted world: too few releases or days."
        return _summary(ground, without, [], reason)
    planted = _effect_worlds(rng, n_worlds - len(nulls), ground, promised)
    return _summary(ground, without, asked(planted, len(nulls)), "")


def _check(ground: Ground, rng: np.random.Generator, n_worlds: int) -> None:
    if not isinstance(ground, Ground):
        raise TypeError(f"ground: expected a Ground, got {type(ground).__name__}")
    check_kpi(ground.kpi, calendar=ground.calendar, rng=rng)
    check_count("n_worlds", n_worlds, least=LEAST_WORLDS)
    if len(ground.gains) != len(ground.released_at):
        raise ValueError(
            f"gains: expected one per release, got {len(ground.gains)} for "
            f"{len(ground.released_at)} releases"
        )
    if not np.isfinite(ground.gains).all():
        raise ValueError("gains: expected finite log changes")


def _refusal(ground: Ground) -> str:
    if len(ground.gains) < LEAST_RELEASES or not np.ptp(ground.gains) > 0.0:
        return "At least two releases with different gains are needed to plant their like."
    try:
        assemble_kpi(ground.kpi, ground.calendar)
    except RefusalError as refusal:
        return f"{refusal.reason} {refusal.more_needed}"
    return ""


def _null_worlds(rng: np.random.Generator, n: int) -> list[Planted]:
    return [_planted(rng, i, effect=0.0, lag_days=0) for i in range(n)]


def _effect_worlds(
    rng: np.random.Generator, n: int, ground: Ground, promised: float
) -> list[Planted]:
    """Sizes in turn, signs and lags at random."""
    worlds = []
    for i in range(n):
        size = SIZES[(i // len(Pattern)) % len(SIZES)] * promised
        lags = ground.max_lag_days // ground.period_days
        lag = int(rng.integers(0, lags + 1)) * ground.period_days
        sign = 1.0 if rng.random() < 0.5 else -1.0
        worlds.append(_planted(rng, i, effect=sign * size, lag_days=lag))
    return worlds


def _planted(rng: np.random.Generator, i: int, *, effect: float, lag_days: int) -> Planted:
    pattern = tuple(Pattern)[i % len(Pattern)]
    return Planted(pattern, effect, lag_days, int(rng.integers(0, 2**63)))


def _promised(outcomes: Sequence[Outcome]) -> float:
    told = [o.smallest_detectable_effect for o in outcomes if o.has_estimate]
    finite = [each for each in told if math.isfinite(each) and each > 0.0]
    return float(np.median(finite)) if finite else math.nan


def _summary(
    ground: Ground,
    nulls: Sequence[Outcome],
    effects: Sequence[Outcome],
    reason: str,
) -> SelfTest:
    found = [outcome for outcome in effects if outcome.is_found]
    errors = [
        abs(outcome.lag_days - outcome.planted.lag_days)
        for outcome in found
        if outcome.lag_days is not None
    ]
    sizes = _by_size(effects)
    size, interval = _found_with(sizes)
    everything = [*nulls, *effects]
    return SelfTest(
        effect_unit=ELASTICITY if ground.is_log else SLOPE,
        n_worlds=len(everything),
        n_releases=len(ground.gains),
        n_days=len(ground.kpi) * ground.period_days,
        false_alarms=_rate(o.is_found for o in nulls),
        false_alarms_own=_rate(o.is_found for o in nulls if o.planted.pattern is Pattern.OWN),
        false_alarms_random=_rate(o.is_found for o in nulls if o.planted.pattern is Pattern.RANDOM),
        called_confounded=_rate(o.verdict is Verdict.CONFOUNDED for o in everything),
        coverage=_rate(o.covers for o in everything if o.has_estimate),
        sizes=sizes,
        sign_right=_rate(o.effect * o.planted.effect > 0.0 for o in found),
        lag_right=_rate(error <= LAG_TOLERANCE_DAYS for error in errors),
        lag_error_days=float(np.median(errors)) if errors else math.nan,
        found_with_80=size,
        found_with_80_interval=interval,
        promised=_promised(nulls),
        reason=reason,
        method=METHOD,
        assumptions=ASSUMPTIONS,
    )


def _by_size(effects: Sequence[Outcome]) -> tuple[SizeFound, ...]:
    sizes = sorted({abs(outcome.planted.effect) for outcome in effects})
    return tuple(
        SizeFound(size, _rate(o.is_found for o in effects if abs(o.planted.effect) == size))
        for size in sizes
    )


def _rate(hits: Iterable[bool]) -> Rate:
    told = list(hits)
    count, n = sum(told), len(told)
    if not n:
        return Rate(0, 0, math.nan, math.nan)
    low = float(stats.beta.ppf(0.025, count, n - count + 1)) if count else 0.0
    high = float(stats.beta.ppf(0.975, count + 1, n - count)) if count < n else 1.0
    return Rate(count, n, low, high)


def _found_with(sizes: Sequence[SizeFound]) -> tuple[float, tuple[float, float]]:
    """The size found with 80 % probability and its 95 % interval; infinite beyond reach.

    Power is taken to be a probit in the size, as it nearly is for two-sided tests. Its likelihood
    is profiled over the slope on a grid of sizes that would be found with 80 % probability.
    """
    if len(sizes) < 2:
        return math.nan, (math.nan, math.nan)
    effect = np.array([each.effect for each in sizes])
    hits = np.array([float(each.found.count) for each in sizes])
    misses = np.array([float(each.found.n) for each in sizes]) - hits
    largest = float(effect.max())
    at = largest * np.geomspace(*REACH, REACH_STEPS)
    slope = np.geomspace(*SLOPES, SLOPE_STEPS) / largest
    score = stats.norm.ppf(WANTED_POWER) + slope[:, None, None] * (effect - at[:, None])
    likelihood = stats.norm.logcdf(score) @ hits + stats.norm.logsf(score) @ misses
    profile = likelihood.max(axis=0)
    inside = at[profile >= profile.max() - stats.chi2.ppf(0.95, 1) / 2.0]

    def told(size: float) -> float:
        return size if size <= FURTHEST * largest else math.inf

    best = float(at[int(profile.argmax())])
    return told(best), (told(float(inside[0])), told(float(inside[-1])))
