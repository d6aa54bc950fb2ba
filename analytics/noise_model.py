"""How does a series of daily residuals remember its past, and how loud is each weekday?

The family is (1 - phi B)(1 - B) / (1 - theta B), times a weekly factor
(1 - phi7 B^7) / (1 - theta7 B^7), times a scale for each weekday, times a short autoregression
where the rest leaves one. White noise, AR(1), local level and random walk are members. Parameters
are chosen by restricted maximum likelihood (Patterson & Thompson 1971): filters are unit
triangular, so the criterion needs nothing but the Cholesky factor of one small cross-product
matrix for each candidate.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import toeplitz
from scipy.signal import lfilter

from analytics.link_data import FloatArray

PHI_GRID = np.array([0.0, 0.2, 0.4, 0.6, 0.75, 0.9])
THETA_GRID = np.array([0.0, 0.25, 0.45, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97, 1.0])
WEEKLY_FACTORS = (
    (0.15, 0.0),
    (0.3, 0.0),
    (0.5, 0.0),
    (1.0, 0.97),
    (1.0, 0.93),
    (1.0, 0.85),
    (1.0, 0.7),
)
SHORT_ORDERS = (1, 2, 3, 4)
_RIDGE = 1e-13
# A weekday quieter than this share of the loudest has no noise at all, only rounding.
_SILENT = 1e-6


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """One member of the family; `scale` is (n,), 1 everywhere when weekdays are equally loud."""

    phi: float
    theta: float
    phi_week: float
    theta_week: float
    scale: FloatArray
    scale_first: bool
    criterion: float
    short: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        """Length of the series the model was chosen for."""
        return len(self.scale)

    @property
    def has_weekday_scale(self) -> bool:
        """Whether weekdays differ in loudness."""
        return bool(np.ptp(self.scale) > 0)

    @property
    def has_weekly_factor(self) -> bool:
        """Whether a day remembers the same weekday a week ago."""
        return self.phi_week != 0.0

    @property
    def has_short_memory(self) -> bool:
        """Whether a short autoregression was needed on top."""
        return len(self.short) > 0

    def whiten(self, columns: FloatArray) -> FloatArray:
        """Turn columns (n, ...) into the same columns with white, equally loud noise."""
        shape = (-1,) + (1,) * (columns.ndim - 1)
        scale = self.scale.reshape(shape)
        filtered = memory_filter(columns / scale if self.scale_first else columns, self)
        filtered = lfilter([1.0, -1.0], [1.0, -self.theta], filtered, axis=0)
        filtered = lfilter([1.0, -self.phi], [1.0], filtered, axis=0)
        if not self.scale_first:
            filtered = filtered / scale
        filtered[0] *= self._first_weight
        return filtered

    def whiten_rows(self, rows: FloatArray) -> FloatArray:
        """`whiten` of many series at once, each a row of (m, n); equal to it up to rounding."""
        return self.weigh_rows(self.filter_rows(rows / self.scale if self.scale_first else rows))

    def filter_rows(self, rows: FloatArray) -> FloatArray:
        """The memory of rows (m, n) taken out, loudness apart.

        Rows that start with zeros can be shifted before or after this, with the same result.
        """
        ahead, behind = self._filter
        filtered = ahead[0] * rows
        for lag in np.flatnonzero(ahead[1:]) + 1:
            filtered[:, lag:] += ahead[lag] * rows[:, :-lag]
        return lfilter([1.0], behind, filtered, axis=1) if len(behind) > 1 else filtered

    def weigh_rows(self, filtered: FloatArray) -> FloatArray:
        """Filtered rows (m, n) made equally loud; changes them in place."""
        if not self.scale_first:
            filtered /= self.scale
        filtered[:, 0] *= self._first_weight
        return filtered

    @property
    def _filter(self) -> tuple[FloatArray, FloatArray]:
        """Numerator and denominator of the whole filter; factors that cancel are left out."""
        ahead, behind = np.array([1.0, -self.phi]), np.ones(1)
        if self.theta != 1.0:
            ahead, behind = np.convolve(ahead, [1.0, -1.0]), np.array([1.0, -self.theta])
        if self.has_weekly_factor:
            ahead = np.convolve(ahead, [1.0, *[0.0] * 6, -self.phi_week])
            behind = np.convolve(behind, [1.0, *[0.0] * 6, -self.theta_week])
        ahead = np.convolve(ahead, [1.0, *(-each for each in self.short)])
        return ahead, np.trim_zeros(behind, "b")

    def impulses(self) -> FloatArray:
        """(n, n) column d is a single pulse on day d after whitening."""
        pulse = np.zeros(self.n)
        pulse[0] = 1.0
        plain = replace(self, scale=np.ones(self.n))
        response = lfilter([1.0, -self.phi], [1.0], memory_filter(pulse, plain))
        response = lfilter([1.0, -1.0], [1.0, -self.theta], response)
        matrix = toeplitz(response, np.zeros(self.n))
        matrix = matrix / self.scale[None, :] if self.scale_first else matrix / self.scale[:, None]
        matrix[0] *= self._first_weight
        return matrix

    @property
    def _first_weight(self) -> float:
        """An AR(1) starts from its stationary spread, not from one innovation."""
        return float(np.sqrt(1.0 - self.phi**2)) if self.theta == 1.0 else 1.0


def memory_filter(columns: FloatArray, model: NoiseModel) -> FloatArray:
    """Apply the weekly factor and the short autoregression alone."""
    filtered = columns
    if model.has_weekly_factor:
        numerator = [1.0, *[0.0] * 6, -model.phi_week]
        denominator = [1.0, *[0.0] * 6, -model.theta_week]
        filtered = lfilter(numerator, denominator, filtered, axis=0)
    if model.has_short_memory:
        filtered = lfilter([1.0, *(-each for each in model.short)], [1.0], filtered, axis=0)
    return filtered


def choose_noise_model(basis: FloatArray, y: FloatArray, weekdays: FloatArray | None) -> NoiseModel:
    """Choose the member of the family with the best restricted likelihood.

    `basis` is (n, r) and orthonormal, `y` is (n,), `weekdays` (n,) holds 0..6, None for weekly
    data. Each refinement must pay for itself: 3 ln n for the weekday scale, 2 for the weekly
    factor, ln n for each coefficient of a short autoregression.
    """
    both = np.column_stack([basis, y])
    start = NoiseModel(0.0, 1.0, 0.0, 0.0, np.ones(len(y)), False, np.inf)
    model = _best_base(both, start)
    if weekdays is not None:
        model = _with_weekday_scale(both, model, weekdays)
        model = _with_weekly_factor(both, model)
    return _with_short_memory(both, model)


def whitened_residual(model: NoiseModel, basis: FloatArray, y: FloatArray) -> FloatArray:
    """(n,) whitened residual of y after generalised least squares on the basis."""
    whitened = model.whiten(np.column_stack([basis, y]))
    q = np.linalg.qr(whitened[:, :-1])[0]
    target = whitened[:, -1]
    left: FloatArray = target - q @ (q.T @ target)
    return left


def _best_base(both: FloatArray, model: NoiseModel) -> NoiseModel:
    """Search phi and theta with everything else as in `model`."""
    columns = both / model.scale[:, None] if model.scale_first else both
    columns = memory_filter(columns, model)
    row_scale = np.ones(model.n) if model.scale_first else model.scale
    grams = np.stack(
        [_grams(columns, theta, row_scale) for theta in THETA_GRID]
    )  # theta x phi x columns x columns
    criteria = _criteria(grams, model.n) + 2.0 * np.log(model.scale).sum()
    criteria[-1] -= np.log(1.0 - PHI_GRID**2)
    at = np.unravel_index(int(np.argmin(criteria)), criteria.shape)
    return replace(
        model,
        theta=float(THETA_GRID[at[0]]),
        phi=float(PHI_GRID[at[1]]),
        criterion=float(criteria[at]),
    )


def _grams(columns: FloatArray, theta: float, row_scale: FloatArray) -> FloatArray:
    """Cross products of the filtered columns for every phi, from three matrix products."""
    now = columns if theta == 1.0 else lfilter([1.0, -1.0], [1.0, -theta], columns, axis=0)
    before = np.vstack([np.zeros((1, now.shape[1])), now[:-1]])
    now, before = now / row_scale[:, None], before / row_scale[:, None]
    own, cross, lagged = now.T @ now, now.T @ before, before.T @ before
    phi = PHI_GRID[:, None, None]
    grams: FloatArray = own - phi * (cross + cross.T) + phi**2 * lagged
    if theta == 1.0:
        grams = grams - phi**2 * np.outer(now[0], now[0])
    return grams


def _criteria(grams: FloatArray, n: int) -> FloatArray:
    """-2 log restricted likelihood up to a constant; the last column is the response."""
    k = grams.shape[-1] - 1
    diagonal = np.sqrt(np.maximum(np.diagonal(grams, axis1=-2, axis2=-1), 1e-300))
    scaled = grams / (diagonal[..., :, None] * diagonal[..., None, :])
    scaled = scaled + _RIDGE * np.eye(k + 1)
    try:
        factor = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        factor = np.linalg.cholesky(scaled + 1e-8 * np.eye(k + 1))
    roots = np.diagonal(factor, axis1=-2, axis2=-1) * diagonal
    residual = roots[..., -1] ** 2 / (n - k)
    criteria: FloatArray = (n - k) * np.log(residual) + 2.0 * np.log(roots[..., :-1]).sum(axis=-1)
    return criteria


def _with_weekday_scale(both: FloatArray, model: NoiseModel, weekdays: FloatArray) -> NoiseModel:
    scale = _weekday_scale(whitened_residual(model, both[:, :-1], both[:, -1]), weekdays)
    if scale is None:
        return model
    candidates = [
        _best_base(both, replace(model, scale=scale, scale_first=first)) for first in (True, False)
    ]
    best = min(candidates, key=lambda candidate: candidate.criterion)
    return best if best.criterion + 3.0 * np.log(model.n) < model.criterion else model


def _weekday_scale(residual: FloatArray, weekdays: FloatArray) -> FloatArray | None:
    """(n,) loudness of each day's weekday, shrunk towards equal; None when there is no sign.

    A weekday without any residual (closed on Sundays: every Sunday is a gap) has no loudness of
    its own and takes the mean.
    """
    spread = np.array([residual[weekdays == k].std() for k in range(7)])
    heard = spread > _SILENT * spread.max()
    if heard.sum() < 2:
        return None
    log_sd = np.zeros(7)
    log_sd[heard] = np.log(spread[heard]) - np.log(spread[heard]).mean()
    noise = 1.0 / (2.0 * len(residual) / 7.0)
    signal = max(float(log_sd[heard].var(ddof=1)) - 1.5 * noise, 0.0)
    if signal == 0.0:
        return None
    shrunk = log_sd * signal / (signal + 1.5 * noise)
    scale: FloatArray = np.exp(shrunk[weekdays.astype(int)])
    return scale


def _with_weekly_factor(both: FloatArray, model: NoiseModel) -> NoiseModel:
    """Add the best weekly factor when it pays, then search phi and theta again."""
    candidates = [
        replace(model, phi_week=phi_week, theta_week=theta_week)
        for phi_week, theta_week in WEEKLY_FACTORS
    ]
    scored = [replace(each, criterion=criterion_of(both, each)) for each in candidates]
    best = min(scored, key=lambda candidate: candidate.criterion)
    if best.criterion + 2.0 >= model.criterion:
        return model
    return _best_base(both, best)


def _with_short_memory(both: FloatArray, model: NoiseModel) -> NoiseModel:
    """Add a short autoregression of what the family left over when it pays."""
    left = whitened_residual(model, both[:, :-1], both[:, -1])
    most = SHORT_ORDERS[-1]
    past = np.column_stack([left[most - j : len(left) - j] for j in range(1, most + 1)])
    best, price = model, np.log(model.n)
    for order in SHORT_ORDERS:
        coefficients = np.linalg.lstsq(past[:, :order], left[most:], rcond=None)[0]
        candidate = replace(model, short=tuple(float(each) for each in coefficients))
        criterion = criterion_of(both, candidate)
        if criterion + price * order < best.criterion + price * len(best.short):
            best = replace(candidate, criterion=criterion)
    return _best_base(both, best) if best.has_short_memory else model


def criterion_of(both: FloatArray, model: NoiseModel) -> float:
    """-2 log restricted likelihood of a model, up to a constant; the last column is y."""
    whitened = model.whiten(both)
    criterion = float(_criteria(whitened.T @ whitened, model.n))
    return (
        criterion
        + 2.0 * float(np.log(model.scale).sum())
        - 2.0 * float(np.log(model._first_weight))
    )
