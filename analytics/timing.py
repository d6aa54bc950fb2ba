"""Did the KPI move before the releases rather than after them?

Where an effect is found, a step some days *before* each release may explain the KPI better than
one at or after it: business rose first, and the release with the gain followed. The lead over the
best lag is held against what noise around an effect at that lag would give (a parametric
bootstrap, as in D. R. Cox, "Further results on tests of separate families of hypotheses", JRSS B
24, 1962). Rises that come a different number of days before each release look like a ramp, so
ramps stand beside single days.
"""

from functools import lru_cache

import numpy as np

from analytics.link_data import FloatArray
from analytics.release_permutation import LagFit, LagGrid, effect_series, fit
from analytics.release_steps import StepDesign

# The day before a release may be the release itself, written down a day late.
NEAREST_LEAD = 2
SHORTEST_RAMP = 3
N_DRAWS = 1999
_RIDGE = 1e-9


def lead_spans(max_lag: int) -> tuple[tuple[int, int], ...]:
    """First and last lead of every shape looked at: single leads, and ramps over several."""
    singles = [(-lead, -lead) for lead in range(max_lag, NEAREST_LEAD - 1, -1)]
    half, third = max_lag // 2, -(-max_lag // 3)
    ramps = [(-max_lag, -1), (-half, -1), (-max_lag, -half - 1), (-third, -1)]
    long_enough = [ramp for ramp in ramps if ramp[1] - ramp[0] + 1 >= SHORTEST_RAMP]
    return (*singles, *long_enough)


def common_lags(best_lag: int, max_lag: int) -> tuple[int, ...]:
    """Lags at which what all releases have in common is taken out."""
    return tuple(dict.fromkeys((best_lag, 0, -(max_lag // 2))))


def timing_p_value(
    design: StepDesign,
    leads: LagGrid,
    lags: LagGrid,
    found: LagFit,
    delta: FloatArray,
    residual: FloatArray,
) -> float:
    """P of the lead of earlier steps, for gains (R,) and the whitened KPI `residual` (n,).

    NaN without leads to look at.
    """
    max_lag = len(leads.lags)
    spans = lead_spans(max_lag)
    if not spans:
        return float("nan")
    early = [effect_series(design, leads, at, delta) for at in range(max_lag)]
    late = [effect_series(design, lags, at, delta) for at in range(len(lags.lags))]
    common = [
        design.combined(lag, np.ones(design.n)) for lag in common_lags(found.best_lag, max_lag)
    ]
    columns = np.column_stack([*common, *averaged(early, spans), *late])
    return separated_p_value(
        columns.T @ columns,
        columns.T @ residual,
        n_common=len(common),
        n_early=len(spans),
        variance=noise_variance(fit(leads, delta), found),
    )


def averaged(early: list[FloatArray], spans: tuple[tuple[int, int], ...]) -> list[FloatArray]:
    """The mean over each span of what stands at each lead, the earliest lead first."""
    n = len(early)
    return [np.mean(early[n + first : n + last + 1], axis=0) for first, last in spans]


def noise_variance(before: LagFit, found: LagFit) -> float:
    """The noise beside whichever of the two explains more."""
    return min(float(one.se[one.best] ** 2 * one.information[one.best]) for one in (before, found))


def separated_p_value(
    gram: FloatArray, score: FloatArray, *, n_common: int, n_early: int, variance: float
) -> float:
    """P that noise around the best late column makes the best early one win by as much.

    `gram` (m, m) and `score` (m,) are of the columns common to both, the early and the late ones,
    in that order. The normal draws are always the same ones, so the answer is a function of the
    data alone.
    """
    shared, rest = slice(0, n_common), slice(n_common, len(gram))
    taken = np.linalg.lstsq(
        gram[shared, shared],
        np.column_stack([gram[shared, rest], score[shared]]),
        rcond=1e-10,
    )[0]
    own = gram[rest, rest] - gram[rest, shared] @ taken[:, :-1]
    score = score[rest] - gram[rest, shared] @ taken[:, -1]
    largest = float(np.diag(own).max())
    if not largest > 0.0:
        return float("nan")
    size = np.maximum(np.diag(own), 1e-9 * largest)

    def lead(scores: FloatArray) -> FloatArray:
        explained = np.square(scores) / size
        ahead: FloatArray = explained[..., :n_early].max(-1) - explained[..., n_early:].max(-1)
        return ahead

    late = n_early + int(np.argmax((np.square(score) / size)[n_early:]))
    root = np.linalg.cholesky(own + _RIDGE * largest * np.eye(len(own)))
    noise = _normal_draws(len(own)) @ root.T * np.sqrt(variance)
    expected = own[late] * score[late] / size[late]
    reached = np.count_nonzero(lead(expected + noise) >= lead(score))
    return float((1 + reached) / (1 + N_DRAWS))


@lru_cache(maxsize=8)
def _normal_draws(n: int) -> FloatArray:
    return np.random.default_rng(19_620_101).standard_normal((N_DRAWS, n))
