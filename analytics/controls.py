"""What else, known beforehand, moves a KPI and must be held constant?"""

import numpy as np
import pandas as pd

from analytics.link_data import MONTH_DAYS, BoolArray, FloatArray, LinkData

YEARLY_FROM_DAYS = 300
SLOW_CURVE_FROM_DAYS = 150
RANK_TOLERANCE = 1e-8


def control_columns(data: LinkData) -> FloatArray:
    """(n, k) constant, trend, weekdays, two yearly harmonics from 300 days on, calendar.

    Monthly data has a column for each month of the year instead.
    """
    columns = [np.ones((data.n, 1)), np.linspace(-1.0, 1.0, data.n)[:, None]]
    if data.period_days == 1:
        columns.append(_weekday_columns(data.days))
    if data.period_days == MONTH_DAYS:
        columns.append(_month_columns(data.days))
    elif data.n * data.period_days >= YEARLY_FROM_DAYS:
        columns.append(_yearly_columns(data.days))
    columns.append(data.calendar.to_numpy(dtype=np.float64))
    return np.hstack(columns)


def slow_curve(data: LinkData) -> FloatArray:
    """(n, 0 or 1) a parabola where the span is too short for a season and too long for a trend.

    From about five months on, a part of a yearly season bends the level more than a straight
    trend follows.
    """
    n_days = data.n * data.period_days
    if not SLOW_CURVE_FROM_DAYS <= n_days < YEARLY_FROM_DAYS:
        return np.zeros((data.n, 0))
    return np.linspace(-1.0, 1.0, data.n)[:, None] ** 2


def day_dummies(is_marked: BoolArray) -> FloatArray:
    """(n, m) one column for each marked day: that day no longer counts."""
    positions = np.flatnonzero(is_marked)
    dummies = np.zeros((len(is_marked), len(positions)))
    dummies[positions, np.arange(len(positions))] = 1.0
    return dummies


def orthonormal(columns: FloatArray) -> FloatArray:
    """(n, r) orthonormal basis of the columns; what repeats earlier columns is dropped."""
    norms = np.linalg.norm(columns, axis=0)
    kept = columns[:, norms > 0] / norms[norms > 0]
    if kept.shape[1] == 0:
        return kept
    basis, upper = np.linalg.qr(kept)
    diagonal = np.abs(np.diag(upper))
    independent = diagonal > RANK_TOLERANCE * diagonal.max()
    if independent.all():
        return basis
    return orthonormal(kept[:, independent])


def fill_gaps(values: FloatArray, columns: FloatArray) -> FloatArray:
    """Fill missing days with the controls' fit plus the interpolated residual around it."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    coefficients, *_ = np.linalg.lstsq(columns[~missing], values[~missing], rcond=None)
    residual = values - columns @ coefficients
    return np.where(missing, columns @ coefficients + _interpolate(residual), values)


def residual_of(values: FloatArray, columns: FloatArray) -> FloatArray:
    """What is left of the values, of any trailing shape, after least squares on the columns."""
    basis = orthonormal(columns)
    left: FloatArray = values - basis @ (basis.T @ values)
    return left


def _interpolate(values: FloatArray) -> FloatArray:
    missing = np.isnan(values)
    positions = np.arange(len(values))
    return np.interp(positions, positions[~missing], values[~missing])


def _weekday_columns(days: pd.DatetimeIndex) -> FloatArray:
    weekdays = days.day_of_week.to_numpy()
    return (weekdays[:, None] == np.arange(1, 7)[None, :]).astype(np.float64)


def _month_columns(days: pd.DatetimeIndex) -> FloatArray:
    return (days.month.to_numpy()[:, None] == np.arange(2, 13)[None, :]).astype(np.float64)


def _yearly_columns(days: pd.DatetimeIndex) -> FloatArray:
    angle = 2.0 * np.pi * days.day_of_year.to_numpy(dtype=np.float64)[:, None] / 365.25
    return np.hstack([np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)])
