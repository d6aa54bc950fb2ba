"""What is left of a KPI once its controls and its memory of its own past are taken out?"""

from dataclasses import dataclass

import numpy as np

from analytics.controls import (
    control_columns,
    day_dummies,
    fill_gaps,
    orthonormal,
    slow_curve,
)
from analytics.link_data import BoolArray, FloatArray, LinkData, RefusalError, unworkable
from analytics.noise_model import NoiseModel, choose_noise_model
from analytics.vocabulary import Verdict

SHOCK_SD = 4.5
MAX_SHOCK_SHARE = 0.05
SHOCK_PASSES = 3
MIN_DOF = 20
_NORMAL_MAD = 0.6744897501960817


@dataclass(frozen=True, eq=False)
class WhitenedKpi:
    """A KPI of n periods after generalised least squares on its controls.

    `filled` is the KPI on the analysis scale without gaps, `columns` (n, k) its controls without
    day dummies, `q` (n, r) an orthonormal basis of the whitened controls (day dummies included),
    `residual` (n,) the whitened remainder and `sigma` its standard deviation on `dof` degrees of
    freedom. `shocks` marks the days that were set aside as unlisted shocks.
    """

    model: NoiseModel
    filled: FloatArray
    columns: FloatArray
    q: FloatArray
    residual: FloatArray
    sigma: float
    dof: int
    shocks: BoolArray

    def project_out(self, whitened: FloatArray) -> FloatArray:
        """Take the whitened controls out of whitened columns (n, ...)."""
        left: FloatArray = whitened - self.q @ (self.q.T @ whitened)
        return left


def whiten_kpi(data: LinkData, *, with_slow_curve: bool = False) -> WhitenedKpi:
    """Choose the noise model of the KPI, set unlisted shocks aside and return what is left.

    `with_slow_curve` holds a parabola constant where the span is too short for a yearly season;
    not for columns that are to be carried into the future.
    """
    columns = control_columns(data)
    if with_slow_curve:
        columns = np.hstack([columns, slow_curve(data)])
    filled = fill_gaps(data.y, columns)
    weekdays = data.days.day_of_week.to_numpy(dtype=np.float64) if data.period_days == 1 else None
    gaps = data.kpi_is_missing
    shocks = np.zeros(data.n, dtype=np.bool_)
    whitened = _whiten(filled, columns, gaps, shocks, weekdays)
    for _ in range(SHOCK_PASSES):
        found = _new_shocks(whitened, gaps)
        if not found.any():
            break
        shocks = shocks | found
        whitened = _whiten(filled, columns, gaps, shocks, weekdays)
    return whitened


def _whiten(
    filled: FloatArray,
    columns: FloatArray,
    gaps: BoolArray,
    shocks: BoolArray,
    weekdays: FloatArray | None,
) -> WhitenedKpi:
    basis = orthonormal(np.hstack([columns, day_dummies(gaps | shocks)]))
    _require_days_left(len(filled) - basis.shape[1])
    try:
        model = choose_noise_model(basis, filled, weekdays)
    except np.linalg.LinAlgError:
        raise unworkable() from None
    q = orthonormal(model.whiten(basis))
    y = model.whiten(filled)
    residual = y - q @ (q.T @ y)
    dof = len(y) - q.shape[1]
    sigma = float(np.sqrt(residual @ residual / dof))
    _require_noise(sigma, float(np.abs(y).max()))
    return WhitenedKpi(model, filled, columns, q, residual, sigma, dof, shocks)


def _require_days_left(dof: int) -> None:
    if dof < MIN_DOF:
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            "Controls, gaps and calendar columns leave too few days to estimate anything.",
            "Deliver a longer span, or list fewer calendar columns.",
        )


def _require_noise(sigma: float, size: float) -> None:
    if sigma <= 1e-11 * size:
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            "Trend, season and calendar explain the KPI to the last digit; nothing is left.",
            "Check the source of the KPI: a business figure without any chance in it is unusual.",
        )


def _new_shocks(whitened: WhitenedKpi, gaps: BoolArray) -> BoolArray:
    """(n,) days whose own dummy would stand out by more than 4.5 robust standard deviations."""
    statistic = pulse_statistics(whitened)
    usable = ~(gaps | whitened.shocks) & np.isfinite(statistic)
    if not usable.any():
        return np.zeros_like(usable)
    spread = float(np.median(np.abs(statistic[usable]))) / _NORMAL_MAD
    size = np.where(usable, np.abs(statistic), 0.0)
    found = size > SHOCK_SD * spread
    room = int(MAX_SHOCK_SHARE * len(size)) - int(whitened.shocks.sum())
    if found.sum() > room:
        found &= size >= np.sort(size)[::-1][max(room - 1, 0)]
        found &= room > 0
    return found


def pulse_statistics(whitened: WhitenedKpi) -> FloatArray:
    """(n,) studentised generalised least squares estimate of a one-day shock on each day."""
    impulses = whitened.model.impulses()
    numerator = impulses.T @ whitened.residual
    size = np.einsum("ij,ij->j", impulses, impulses)
    size = size - np.square(whitened.q.T @ impulses).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic: FloatArray = np.where(
            size > 1e-8, numerator / (whitened.sigma * np.sqrt(size)), np.nan
        )
    return statistic
