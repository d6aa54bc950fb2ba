"""Does what a release did to the KPI last, or does it fade within weeks?

A second look beside the main analysis, which stays the permanent step. Novelty wears off: here a
release's effect falls to exp(-k / 14) after k days. The same releases, deals and lags give its
size, p-value and interval. Which shape fits better is judged by a parametric bootstrap: how often
would noise make the wrong shape win by as much as it did (D. R. Cox, "Further results on tests of
separate families of hypotheses", JRSS B 24, 1962)?
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.signal import lfilter

from analytics.controls import orthonormal
from analytics.link_data import FloatArray
from analytics.profile_interval import critical_value, profile
from analytics.release_permutation import (
    LagFit,
    LagGrid,
    effect_series,
    exceedance,
    fit,
    lag_grid,
    permuted_f,
)
from analytics.release_steps import StepDesign
from analytics.vocabulary import p_words
from analytics.whitening import WhitenedKpi

FADE_DAYS = 14.0
CLEARLY_BELOW = 0.05
# Two shapes are two looks at the same releases.
SEEN_BELOW = 0.025
N_DRAWS = 1999


class EffectShape(StrEnum):
    """How an effect goes on after its release."""

    PERMANENT = "permanent"
    FADING = "fading"
    UNCLEAR = "cannot be told"


@dataclass(frozen=True)
class FadingEffect:
    """The effect if it fades: size right after it arrives, falling to a third in two weeks.

    Attributes:
        effect, interval, p_value, lag_days, lag_set: as in `LinkResult`, of the fading shape.
        better_fit: the shape that fits better, by however little.
        shape: the shape the data clearly shows; `cannot be told` when neither is ruled out.
        permanent_p_value: how often noise around a permanent effect would make the fading shape
            look as much better as it does; small: the effect does not last.
        fading_p_value: the same with the shapes exchanged; small: the effect lasts.
    """

    effect: float
    interval: tuple[float, float]
    p_value: float
    lag_days: int
    lag_set: tuple[int, int]
    better_fit: EffectShape
    shape: EffectShape
    permanent_p_value: float
    fading_p_value: float

    @property
    def caveat(self) -> str | None:
        """What a reader of a figure a month must know; None when the effect lasts or is unseen."""
        low, high = self.interval
        if self.shape is not EffectShape.FADING:
            return None
        return (
            f"An effect that fades (a third is left after {FADE_DAYS:.0f} days) fits clearly "
            f"better than a lasting one: {self.effect:.3g} [95 %: {low:.3g}, {high:.3g}] at first "
            f"({p_words(self.p_value)}). Figures a month hold for the days seen and must not be "
            "carried forward."
        )


@dataclass(frozen=True, eq=False)
class _Shape:
    """One shape's releases at every lag, and their fit."""

    design: StepDesign
    grid: LagGrid
    found: LagFit

    def regressors(self, delta: FloatArray) -> FloatArray:
        """(n, m) what a unit of effect adds to the whitened KPI at each lag."""
        return np.column_stack(
            [effect_series(self.design, self.grid, at, delta) for at in range(len(self.grid.lags))]
        )

    @property
    def everywhere(self) -> FloatArray:
        """(n,) the same effect at every release, at the best lag."""
        return self.design.combined(self.found.best_lag, np.ones(self.design.n))


def fading_columns(whitened: WhitenedKpi, *, period_days: int) -> FloatArray:
    """(n, n) column d is an effect that arrives on day d and fades, whitened, controls left in."""
    kept = float(np.exp(-period_days / FADE_DAYS))
    pulses = whitened.model.impulses()
    faded: FloatArray = lfilter([1.0], [1.0, -kept], pulses[:, ::-1], axis=1)[:, ::-1]
    return faded


def estimate_fading(
    permanent: StepDesign,
    permanent_grid: LagGrid,
    permanent_fit: LagFit,
    delta: FloatArray,
    deals: FloatArray,
    *,
    permanent_p_value: float,
    whitened: WhitenedKpi,
    period_days: int,
    rng: np.random.Generator,
) -> FadingEffect:
    """Estimate the fading effect of gains (R,) dealt as in `deals` (B, R) and hold it against the
    permanent one, whose p-value is `permanent_p_value`.
    """
    lags = permanent_grid.lags
    columns = fading_columns(whitened, period_days=period_days)
    design = StepDesign(whitened, permanent.position, columns=columns)
    grid = lag_grid(design, whitened, lags)
    found = fit(grid, delta)
    fading = _Shape(design, grid, found)
    p_value = exceedance(float(found.f.max()), permuted_f(grid, deals).max(axis=1))
    left = whitened.residual - found.slope[found.best] * effect_series(
        design, grid, found.best, delta
    )
    without = permuted_f(grid.with_score(design.against(lags, left)), deals).max(axis=1)
    interval = profile(
        lags,
        found.slope,
        found.information,
        found.explained,
        variance=float(found.se[found.best] ** 2 * found.information[found.best]),
        critical=critical_value(float(np.quantile(without, 0.95)), float(found.f.max()), p_value),
    )
    steady = _Shape(permanent, permanent_grid, permanent_fit)
    better, not_permanent, not_fading = _compare(steady, fading, delta, whitened, rng)
    return FadingEffect(
        effect=float(found.slope[found.best]),
        interval=(interval.low, interval.high),
        p_value=p_value,
        lag_days=found.best_lag * period_days,
        lag_set=(min(interval.lag_set) * period_days, max(interval.lag_set) * period_days),
        better_fit=better,
        shape=_clear_shape(permanent_p_value, p_value, not_permanent, not_fading),
        permanent_p_value=not_permanent,
        fading_p_value=not_fading,
    )


def _clear_shape(
    permanent_p: float, fading_p: float, not_permanent: float, not_fading: float
) -> EffectShape:
    """A shape is said only when its effect is seen and the other one cannot explain the data."""
    if fading_p < SEEN_BELOW and not_permanent < CLEARLY_BELOW:
        return EffectShape.FADING
    if permanent_p < SEEN_BELOW and not_fading < CLEARLY_BELOW:
        return EffectShape.PERMANENT
    return EffectShape.UNCLEAR


def _compare(
    permanent: _Shape,
    fading: _Shape,
    delta: FloatArray,
    whitened: WhitenedKpi,
    rng: np.random.Generator,
) -> tuple[EffectShape, float, float]:
    """The better shape, and how surprising that is if the effect were permanent, or fading.

    All regressors of both shapes are correlated normals of one Gram matrix, so a bootstrap needs
    no series: only their scores are drawn. What all releases have in common is taken out in both
    shapes.
    """
    common = orthonormal(np.column_stack([permanent.everywhere, fading.everywhere]))
    regressors = np.hstack([permanent.regressors(delta), fading.regressors(delta)])
    regressors = regressors - common @ (common.T @ regressors)
    gram = regressors.T @ regressors
    size = np.maximum(np.diag(gram), 1e-12 * float(np.diag(gram).max()))
    score = regressors.T @ whitened.residual
    m = len(permanent.grid.lags)

    def lead_of_fading(scores: FloatArray) -> FloatArray:
        explained = np.square(scores) / size
        lead: FloatArray = explained[..., m:].max(axis=-1) - explained[..., :m].max(axis=-1)
        return lead

    variance = min(
        float(each.found.se[each.found.best] ** 2 * each.found.information[each.found.best])
        for each in (permanent, fading)
    )
    values, vectors = np.linalg.eigh(gram * variance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = rng.standard_normal((N_DRAWS, len(size))) @ root.T
    observed = float(lead_of_fading(score))
    at_permanent = int(np.argmax(np.square(score[:m]) / size[:m]))
    at_fading = m + int(np.argmax(np.square(score[m:]) / size[m:]))
    if_permanent = lead_of_fading(gram[at_permanent] * (score / size)[at_permanent] + noise)
    if_fading = lead_of_fading(gram[at_fading] * (score / size)[at_fading] + noise)
    return (
        EffectShape.FADING if observed > 0.0 else EffectShape.PERMANENT,
        _share_beyond(if_permanent >= observed),
        _share_beyond(if_fading <= observed),
    )


def _share_beyond(is_beyond: np.ndarray) -> float:
    return float((1 + np.count_nonzero(is_beyond)) / (1 + len(is_beyond)))
