"""How does one KPI follow many continuous metrics, fitted together lag by lag?

The estimates are those of `analytics.series_link` and `analytics.feedback`; what they draw at
random is shared by all pairs of one shape. Metrics with gaps on the same days are fitted together.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.controls import fill_gaps, residual_of
from analytics.feedback import N_DRAWS as N_FEEDBACK_DRAWS
from analytics.feedback import (
    N_FLIPS,
    SCREEN_BELOW,
    feedback_p_value,
    innovations,
    judged_days,
)
from analytics.link_data import BoolArray, FloatArray, LinkData, RefusalError
from analytics.link_estimate import LinkEstimate
from analytics.link_result import no_lag_effects
from analytics.link_verdict import FEEDBACK_BELOW
from analytics.profile_interval import critical_value, profile
from analytics.release_permutation import exceedance
from analytics.scan_draws import SharedDraws, upper_quantile
from analytics.scan_kpi import SharedKpi
from analytics.series_link import (
    METHOD,
    N_DRAWS,
    POWER_QUANTILE,
    no_movement,
    too_few_days,
)
from analytics.vocabulary import EvidenceGrade
from analytics.whitening import MIN_DOF

REFINE_BELOW = 0.05
N_REFINED = 19_999
N_SCREENED = 1_999
N_FEW_FLIPS = 999
FEW_FLIPS_FROM = 4.0 * FEEDBACK_BELOW
LOOK_AGAIN_BELOW = 0.1
BATCH = 40
MIN_LEFT = 0.05
LEAST_DIRECTION = 1e-12
CHOLESKY_RIDGE = 1e-8
_NO_LAG_EFFECTS = no_lag_effects()


@dataclass(frozen=True, eq=False)
class MovingMetric:
    """A continuous metric on one span: gaps filled, and what is new in it each day, both (n,)."""

    filled: FloatArray
    unknown: BoolArray
    new: FloatArray

    @classmethod
    def of(cls, data: LinkData, columns: FloatArray) -> "MovingMetric":
        """Fill the gaps around the controls `columns` (n, k) and take its own past away."""
        filled = fill_gaps(data.x, columns)
        return cls(filled, np.isnan(data.x), innovations(residual_of(filled, columns)))


@dataclass(frozen=True, eq=False)
class _Absorber:
    """What the controls and the unknown days of one lag leave: `basis` spans both."""

    basis: FloatArray
    residual: FloatArray
    leverage: FloatArray
    dof: int


@dataclass(frozen=True, eq=False)
class _Fits:
    """m metrics at every lead and lag: slopes and errors (m, lags), unit regressors (m, both, n).

    `cross` (m, both, both) and `score` (m, both) are the regressors' products with one another and
    with the whitened KPI.
    """

    slope: FloatArray
    se: FloatArray
    cross: FloatArray
    score: FloatArray


class ScannedKpi:
    """One whitened KPI, ready to meet continuous metrics on its span."""

    def __init__(self, kpi: SharedKpi, *, max_lag: int, draws: SharedDraws) -> None:
        self._kpi = kpi
        self._whitened = kpi.whitened
        self._impulses = kpi.whitened.project_out(kpi.whitened.model.impulses())
        self._max_lag = max_lag
        self._draws = draws
        self._absorbers: dict[tuple[bytes, int], _Absorber] = {}
        self._products: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def estimates(
        self, pairs: Sequence[tuple[LinkData, MovingMetric]]
    ) -> list[LinkEstimate | RefusalError]:
        """One estimate, or the reason why there is none, for each metric."""
        if self._whitened.dof - self._max_lag < MIN_DOF:
            return [too_few_days() for _ in pairs]
        found: list[LinkEstimate | RefusalError] = [no_movement() for _ in pairs]
        for batch in _alike(pairs):
            members = [pairs[at] for at in batch]
            estimates = self._estimate_batch(members)
            for at, estimate in zip(batch, estimates, strict=True):
                found[at] = estimate
        return found

    def _estimate_batch(
        self, pairs: Sequence[tuple[LinkData, MovingMetric]]
    ) -> list[LinkEstimate | RefusalError]:
        fits = self._fit(pairs)
        roots = _roots(fits.cross[:, self._max_lag :, self._max_lag :])
        feedback = self._feedback_sizes(pairs)
        return [
            self._estimate(data, metric, _one(fits, at), roots[at], _one_of(feedback, at))
            for at, (data, metric) in enumerate(pairs)
        ]

    def _estimate(
        self,
        data: LinkData,
        metric: MovingMetric,
        fit: _Fits,
        root: FloatArray,
        feedback: tuple[FloatArray, FloatArray, FloatArray],
    ) -> LinkEstimate | RefusalError:
        if not (np.isfinite(fit.slope).all() and (fit.se > 0.0).all()):
            return no_movement(fit.slope)
        f = (fit.slope / fit.se) ** 2
        best = int(np.argmax(f))
        largest = self._largest(root)
        p_value = exceedance(float(f[best]), largest)
        critical = critical_value(upper_quantile(largest), float(f[best]), p_value)
        if p_value < REFINE_BELOW:
            p_value = exceedance(float(f[best]), self._largest(root, n=N_REFINED))
        lags = tuple(range(self._max_lag + 1))
        interval = profile(lags, fit.slope, 1.0 / fit.se**2, f, variance=1.0, critical=critical)
        return LinkEstimate(
            grade=EvidenceGrade.SERIES,
            method=METHOD,
            effect=float(fit.slope[best]),
            low=interval.low,
            high=interval.high,
            se=float(fit.se[best]),
            p_value=p_value,
            lag=best,
            lag_set=interval.lag_set,
            smallest_detectable_effect=float((np.sqrt(critical) + POWER_QUANTILE) * fit.se[best]),
            lead_p_value=self._lead_p_value(fit, best),
            pre_release_p_value=self._feedback_p_value(data, metric, feedback),
            moved_before_p_value=float("nan"),
            lag_effects=_NO_LAG_EFFECTS,
            releases=None,
            release_table=None,
        )

    def _fit(self, pairs: Sequence[tuple[LinkData, MovingMetric]]) -> _Fits:
        """Fit all metrics at all leads and lags; they are unknown on the same days."""
        filled = np.stack([metric.filled for _, metric in pairs])
        unknown = pairs[0][1].unknown
        both = range(-self._max_lag, self._max_lag + 1)
        units = np.empty((len(pairs), len(both), filled.shape[1]))
        slope = np.empty((len(pairs), self._max_lag + 1))
        se = np.empty_like(slope)
        filtered = self._whitened.model.filter_rows(filled)
        for row, lag in enumerate(both):
            absorber, x = self._regressors(filled, filtered, unknown, lag)
            if lag >= 0:
                slope[:, lag], se[:, lag] = _slopes(x, absorber)
            units[:, row] = _unit_rows(x)
        cross = units @ units.transpose(0, 2, 1)
        return _Fits(slope, se, cross, units @ self._whitened.residual)

    def _regressors(
        self, filled: FloatArray, filtered: FloatArray, unknown: BoolArray, lag: int
    ) -> tuple[_Absorber, FloatArray]:
        """(m, n) whitened metrics at a lag, controls and unknown days out; NaN: nothing left."""
        whole = self._at_lag(filled, filtered, lag)
        absorber = self._absorber(unknown, lag)
        x = whole - (whole @ absorber.basis) @ absorber.basis.T
        least = 1e-16 * np.maximum(np.einsum("mn,mn->m", filled, filled), 1e-300)
        x[np.einsum("mn,mn->m", x, x) <= least] = np.nan
        return absorber, x

    def _at_lag(self, filled: FloatArray, filtered: FloatArray, lag: int) -> FloatArray:
        """(m, n) whitened metrics `lag` periods late; days without a value hold anything."""
        model, n = self._whitened.model, filled.shape[1]
        if lag < 1 or model.scale_first:
            return model.whiten_rows(filled[:, np.clip(np.arange(n) - lag, 0, n - 1)])
        late = np.zeros_like(filtered)
        late[:, lag:] = filtered[:, :-lag]
        return model.weigh_rows(late)

    def _absorber(self, unknown: BoolArray, lag: int) -> _Absorber:
        key = unknown.tobytes(), lag
        if key not in self._absorbers:
            source = np.arange(len(unknown)) - lag
            outside = (source < 0) | (source >= len(unknown))
            absorbed = outside | unknown[np.clip(source, 0, len(unknown) - 1)]
            self._absorbers[key] = self._absorb(absorbed)
        return self._absorbers[key]

    def _absorb(self, absorbed: BoolArray) -> _Absorber:
        whitened, residual, basis = self._whitened, self._whitened.residual, self._whitened.q
        dof = whitened.dof - 1
        if absorbed.any():
            days = _spanned(self._impulses[:, absorbed])
            residual, dof = residual - days @ (days.T @ residual), dof - days.shape[1]
            basis = np.hstack([basis, days])
        return _Absorber(basis, residual, np.square(basis).sum(axis=1), dof)

    def _largest(self, root: FloatArray, *, n: int = N_DRAWS) -> FloatArray:
        """(n,) largest squared statistic over correlated regressors without any effect."""
        drawn = root.astype(np.float32) @ self._draws.normals(n, len(root))
        np.square(drawn, out=drawn)
        spread = self._draws.spread(n, len(root), self._whitened.dof)
        largest: FloatArray = drawn.max(axis=0) / spread
        return largest

    def _lead_p_value(self, fit: _Fits, best: int) -> float:
        """Sup-t p of later metric values beside the metric at the best lag."""
        zero = self._max_lag
        shared = fit.cross[:zero, zero + best]
        size = np.sqrt(np.maximum(np.diagonal(fit.cross)[:zero] - shared**2, 0.0))
        kept = size > MIN_LEFT
        if not kept.any():
            return 1.0
        effect = fit.score[zero + best]
        left = (fit.score[:zero] - shared * effect)[kept] / size[kept]
        residual = self._whitened.residual
        sigma2 = float(residual @ residual - effect**2) / (self._whitened.dof - 1)
        cross = (fit.cross[:zero, :zero] - np.outer(shared, shared))[np.ix_(kept, kept)]
        root = _triangles(cross / np.outer(size[kept], size[kept]))
        if sigma2 <= 0.0:
            return 1.0
        observed = float(np.square(left).max()) / sigma2
        screened = exceedance(observed, self._largest(root, n=N_SCREENED))
        if screened >= LOOK_AGAIN_BELOW:
            return screened
        return exceedance(observed, self._largest(root))

    def _feedback_sizes(
        self, pairs: Sequence[tuple[LinkData, MovingMetric]]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Sums (m, f) of innovations times the KPI's course, their sizes, and roots (m, f, f)."""
        course, squares = self._course_products(pairs[0][1].unknown)
        days = judged_days(pairs[0][1].unknown)
        new = np.stack([metric.new for _, metric in pairs])[:, days]
        new = new - new.mean(axis=1, keepdims=True)
        cross = (np.square(new) @ squares).reshape(len(pairs), course.shape[1], -1)
        size = np.sqrt(np.maximum(np.diagonal(cross, axis1=1, axis2=2), 0.0))
        safe = np.where(size > 0.0, size, 1.0)
        roots = _triangles(cross / (safe[:, :, None] * safe[:, None, :]))
        return new @ course, size, roots

    def _course_products(self, unknown: BoolArray) -> tuple[FloatArray, FloatArray]:
        """(r, f) the KPI's course on the judged days, centred, and (r, f * f) its products."""
        key = unknown.tobytes()
        if key not in self._products:
            course = self._kpi.recent[judged_days(unknown)]
            course = course - course.mean(axis=0)
            squares = (course[:, :, None] * course[:, None, :]).reshape(len(course), -1)
            self._products[key] = course, squares
        return self._products[key]

    def _feedback_p_value(
        self,
        data: LinkData,
        metric: MovingMetric,
        feedback: tuple[FloatArray, FloatArray, FloatArray],
    ) -> float:
        """P of the feedback test: Gaussian draws for all, flipped signs for what looks small."""
        sums, size, root = feedback
        new = metric.new[judged_days(metric.unknown)]
        tiny = 1e-12 * max(float(np.abs(metric.filled).max()), 1e-300)
        if float(size.min()) <= tiny or float(np.ptp(new)) <= tiny:
            rng = self._draws.generator()
            return feedback_p_value(data, self._whitened, metric.filled, rng=rng)
        observed = float(np.abs(sums / size).max())
        for n in (N_SCREENED, N_FEEDBACK_DRAWS):
            drawn = root.astype(np.float32) @ self._draws.normals(n, len(size))
            screened = exceedance(observed, np.abs(drawn, out=drawn).max(axis=0))
            if screened >= max(SCREEN_BELOW, LOOK_AGAIN_BELOW if n == N_SCREENED else 0.0):
                return screened
        course, _ = self._course_products(metric.unknown)
        products = (new - new.mean())[:, None] * course / size
        return self._flipped_p_value(observed, products.astype(np.float32))

    def _flipped_p_value(self, observed: float, products: FloatArray) -> float:
        """P when the signs of the innovations are flipped; a few flips decide the clear cases."""
        signs = self._draws.signs(N_FLIPS, len(products))
        few = exceedance(observed, np.abs(signs[:N_FEW_FLIPS] @ products).max(axis=1))
        if few >= FEW_FLIPS_FROM:
            return few
        return exceedance(observed, np.abs(signs @ products).max(axis=1))


def _spanned(columns: FloatArray) -> FloatArray:
    """`independent_basis` (n, r) by way of the cross products, for columns of about unit length."""
    values, vectors = np.linalg.eigh(columns.T @ columns)
    kept = values > LEAST_DIRECTION
    basis: FloatArray = columns @ (vectors[:, kept] / np.sqrt(values[kept]))
    return basis


def _alike(pairs: Sequence[tuple[LinkData, MovingMetric]]) -> list[list[int]]:
    """Places of metrics that are unknown on the same days, a batch each."""
    groups: defaultdict[bytes, list[int]] = defaultdict(list)
    for at, (_, metric) in enumerate(pairs):
        groups[metric.unknown.tobytes()].append(at)
    return [
        group[start : start + BATCH]
        for group in groups.values()
        for start in range(0, len(group), BATCH)
    ]


def _slopes(x: FloatArray, absorber: _Absorber) -> tuple[FloatArray, FloatArray]:
    """Slopes and standard errors (m,), the larger of the model's and HC3."""
    square = np.square(x)
    size = square.sum(axis=1)
    slope = (x @ absorber.residual) / size
    left = absorber.residual - slope[:, None] * x
    model = np.einsum("mn,mn->m", left, left) / absorber.dof / size
    free = np.maximum(1.0 - absorber.leverage - square / size[:, None], 0.05)
    left /= free
    left *= left
    hc3 = np.einsum("mn,mn->m", square, left) / size**2
    return slope, np.sqrt(np.maximum(model, hc3))


def _unit_rows(x: FloatArray) -> FloatArray:
    """Rows of unit length; a row of NaN becomes zeros."""
    size = np.sqrt(np.einsum("mn,mn->m", x, x))[:, None]
    if np.isfinite(size).all():
        unit: FloatArray = x / size
        return unit
    return np.nan_to_num(x / size)


def _roots(cross: FloatArray) -> FloatArray:
    """(m, k, k) matrix roots of m covariance matrices, those `link` draws with."""
    values, vectors = np.linalg.eigh(cross)
    roots: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    return roots


def _triangles(correlation: FloatArray) -> FloatArray:
    """(..., k, k) triangular roots of correlation matrices: cheaper, and as good for a draw."""
    ridge = CHOLESKY_RIDGE * np.eye(correlation.shape[-1])
    return np.asarray(np.linalg.cholesky(correlation + ridge), dtype=np.float64)


def _one(fits: _Fits, at: int) -> _Fits:
    return _Fits(fits.slope[at], fits.se[at], fits.cross[at], fits.score[at])


def _one_of(
    feedback: tuple[FloatArray, FloatArray, FloatArray], at: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    return feedback[0][at], feedback[1][at], feedback[2][at]
