"""How small a step could be seen if the KPI were followed for longer?"""

import numpy as np

from analytics.controls import day_dummies, orthonormal
from analytics.future_days import extend, extended_model
from analytics.link_data import FloatArray, LinkData
from analytics.whitening import WhitenedKpi

LOOK_AHEAD_DAYS = (7, 14, 21, 28, 42, 56, 84, 112, 168, 252, 364)


def step_information(
    data: LinkData, whitened: WhitenedKpi, steps: FloatArray, ahead: int
) -> FloatArray:
    """(R, R) cross products of steps (n + ahead, R) beside controls and gaps, whitened.

    The standard error of one step alone is `whitened.sigma` over the root of its own entry.
    Coming days are taken to have a value, and nothing in the calendar.
    """
    horizon = extend(data, ahead)
    model = extended_model(whitened.model, horizon)
    gaps = np.zeros(horizon.n, dtype=np.bool_)
    gaps[: data.n] = data.kpi_is_missing | whitened.shocks
    q = orthonormal(model.whiten(np.hstack([horizon.columns, day_dummies(gaps)])))
    target = model.whiten(steps)
    target = target - q @ (q.T @ target)
    information: FloatArray = target.T @ target
    return information


def days_until_detectable(
    data: LinkData,
    whitened: WhitenedKpi,
    step: FloatArray,
    detectable_now: float,
    wanted: float,
) -> int | None:
    """Coming days until a step (n,) of the wanted size would show; None when a year is too few.

    Scales what is detectable now by the precision the best noise model promises.
    """
    now = _information(data, whitened, step, 0)
    for ahead in LOOK_AHEAD_DAYS:
        periods = ahead // data.period_days
        then = _information(data, whitened, step, periods)
        if detectable_now * np.sqrt(now / then) <= wanted:
            return ahead
    return None


def _information(data: LinkData, whitened: WhitenedKpi, step: FloatArray, ahead: int) -> float:
    longer = np.concatenate([step, np.ones(ahead)])[:, None]
    return float(step_information(data, whitened, longer, ahead)[0, 0])
