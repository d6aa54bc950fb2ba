"""Did the KPI move more after bigger offline gains than after shuffled ones?

Each release is one observation. At every lag the KPI's steps are regressed by generalised least
squares on the releases' offline gains, beside an intercept for "a release happened". The statistic
is the largest studentised slope over the lags; its distribution comes from dealing the same gains
to the releases at random, which is exact when gains do not depend on where the KPI stood.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.link_data import FloatArray
from analytics.release_steps import StepDesign
from analytics.whitening import WhitenedKpi

N_PERMUTATIONS = 1999
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class LagGrid:
    """Release-level normal equations at each of m lags, the intercept already taken out.

    `information` is (m, R, R), `score` (m, R), `total` (m,) the variation of the release steps
    around their mean and `rank` (m,) its degrees of freedom.
    """

    lags: tuple[int, ...]
    information: FloatArray
    score: FloatArray
    total: FloatArray
    rank: FloatArray
    sigma2: float
    raw_information: FloatArray

    def with_score(self, score: FloatArray) -> "LagGrid":
        """The same design against another KPI series' raw scores (m, R)."""
        centred, total = _centre_scores(self.raw_information, score)
        return LagGrid(
            self.lags,
            self.information,
            centred,
            total,
            self.rank,
            self.sigma2,
            self.raw_information,
        )


@dataclass(frozen=True, eq=False)
class LagFit:
    """Slope, standard error and studentised statistic squared at each of m lags."""

    lags: tuple[int, ...]
    slope: FloatArray
    se: FloatArray
    f: FloatArray
    explained: FloatArray
    information: FloatArray

    @property
    def best(self) -> int:
        """Index of the lag with the largest statistic."""
        return int(np.nanargmax(self.f))

    @property
    def best_lag(self) -> int:
        """The lag with the largest statistic."""
        return self.lags[self.best]


def lag_grid(design: StepDesign, whitened: WhitenedKpi, lags: Sequence[int]) -> LagGrid:
    """Collect the release-level normal equations at every lag."""
    raw = np.array([design.information(lag) for lag in lags]).reshape(-1, design.n, design.n)
    return grid_of(lags, raw, design.against(lags, whitened.residual), sigma2=whitened.sigma**2)


def effect_series(design: StepDesign, grid: LagGrid, at: int, delta: FloatArray) -> FloatArray:
    """(n,) what one unit of effect adds to the whitened KPI at the grid's lag number `at`.

    What every release does alike (the intercept) is taken out.
    """
    raw = grid.raw_information[at]
    mean = float(raw.sum(axis=0) @ delta / max(raw.sum(), _TINY))
    return design.combined(grid.lags[at], delta - mean)


def grid_of(lags: Sequence[int], raw: FloatArray, score: FloatArray, *, sigma2: float) -> LagGrid:
    """The normal equations from cross products (m, R, R) of the steps and scores (m, R)."""
    centred, total = _centre_scores(raw, score)
    rank = np.count_nonzero(np.diagonal(raw, axis1=1, axis2=2) > _TINY, axis=1) - 1.0
    return LagGrid(tuple(lags), centred_information(raw), centred, total, rank, sigma2, raw)


def centred_information(raw: FloatArray) -> FloatArray:
    """Take the intercept (the same step at every release) out of (m, R, R) cross products."""
    by_all = raw.sum(axis=2)
    size = np.maximum(by_all.sum(axis=1), _TINY)
    centred: FloatArray = raw - by_all[:, :, None] * by_all[:, None, :] / size[:, None, None]
    return centred


def _centre_scores(raw: FloatArray, score: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scores without the intercept, and the variation they hold around it."""
    by_all = raw.sum(axis=2)
    size = np.maximum(by_all.sum(axis=1), _TINY)
    common = score.sum(axis=1)
    largest = np.maximum(np.diagonal(raw, axis1=1, axis2=2).max(axis=1), _TINY)
    ridge = 1e-9 * largest[:, None, None] * np.eye(raw.shape[1])
    total = np.einsum("mr,mr->m", score, np.linalg.solve(raw + ridge, score[:, :, None])[:, :, 0])
    centred = score - by_all * (common / size)[:, None]
    return centred, np.maximum(total - common**2 / size, 0.0)


def fit(grid: LagGrid, delta: FloatArray) -> LagFit:
    """Fit the gains `delta` (R,) as they were released."""
    slope, information, explained, variance = _slopes(grid, delta[None, :])
    return LagFit(
        grid.lags,
        slope[:, 0],
        np.sqrt(variance[:, 0] / information[:, 0]),
        explained[:, 0] / variance[:, 0],
        explained[:, 0],
        information[:, 0],
    )


def permuted_f(grid: LagGrid, deals: FloatArray) -> FloatArray:
    """(B, m) statistics of every deal of the gains (B, R) at every lag."""
    _, _, explained, variance = _slopes(grid, deals)
    f: FloatArray = (explained / variance).T
    return f


def _slopes(
    grid: LagGrid, deals: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Slope, information, explained variation and variance, each (m, B)."""
    numerator = grid.score @ deals.T
    information = np.array([((deals @ each) * deals).sum(axis=1) for each in grid.information])
    information = information.reshape(len(grid.lags), len(deals))
    size = float(np.square(deals).sum(axis=1).max())
    information, explained, variance = explained_by(grid, numerator, information, size=size)
    return numerator / information, information, explained, variance


def explained_by(
    grid: LagGrid, numerator: FloatArray, information: FloatArray, *, size: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Information (kept from vanishing), explained variation and variance, each (m, B).

    `size` is the sum of squared gains. The variance is the larger of the day-to-day noise and what
    releases with equal gains differ by: side effects of releases must not pass for precision.
    """
    scale = size * np.maximum(np.trace(grid.information, axis1=1, axis2=2), _TINY)
    information = np.maximum(information, 1e-9 * scale[:, None])
    explained = numerator**2 / information
    spread = (grid.total[:, None] - explained) / np.maximum(grid.rank[:, None] - 1.0, 1.0)
    return information, explained, np.maximum(spread, grid.sigma2)


def deal(delta: FloatArray, rng: np.random.Generator, *, n: int = N_PERMUTATIONS) -> FloatArray:
    """(n, R) the same gains dealt to the releases at random."""
    return rng.permuted(np.broadcast_to(delta, (n, len(delta))), axis=1)


def exceedance(observed: float, simulated: FloatArray) -> float:
    """Share of simulated statistics at least as large, the observed one counted among them."""
    ties = observed * (1.0 - 1e-9)
    return float((1 + np.count_nonzero(simulated >= ties)) / (1 + len(simulated)))
