"""How small a step could be seen if the KPI were followed for longer?"""

from dataclasses import dataclass, replace

import numpy as np

from analytics.controls import day_dummies, orthonormal
from analytics.future_days import extend, extended_model
from analytics.link_data import FloatArray, LinkData
from analytics.model_average import plausible_models
from analytics.whitening import WhitenedKpi

SMALLEST_WEIGHT = 0.03
LOOK_AHEAD_DAYS = (7, 14, 21, 28, 42, 56, 84, 112, 168, 252, 364)


@dataclass(frozen=True, eq=False)
class View:
    """The KPI whitened by one plausible noise model, and that model's weight."""

    whitened: WhitenedKpi
    weight: float


def plausible_views(data: LinkData, whitened: WhitenedKpi) -> tuple[View, ...]:
    """The KPI under each noise model that explains it about as well as the best one."""
    left_out = day_dummies(data.kpi_is_missing | whitened.shocks)
    basis = orthonormal(np.hstack([whitened.columns, left_out]))
    views = []
    for each in plausible_models(basis, whitened.filled, whitened.model):
        if each.weight >= SMALLEST_WEIGHT:
            y = each.model.whiten(whitened.filled)
            q = orthonormal(each.model.whiten(basis))
            left = y - q @ (q.T @ y)
            sigma = float(np.sqrt(left @ left / (len(y) - q.shape[1])))
            views.append(View(replace(whitened, model=each.model, sigma=sigma), each.weight))
    total = sum(view.weight for view in views)
    return tuple(replace(view, weight=view.weight / total) for view in views)


def step_information(
    data: LinkData,
    whitened: WhitenedKpi,
    steps: FloatArray,
    ahead: int,
    *,
    begins_season: bool = False,
) -> FloatArray:
    """(R, R) cross products of steps (n + ahead, R) beside controls and gaps, whitened.

    The standard error of one step alone is `whitened.sigma` over the root of its own entry.
    Coming days are taken to have a value, and nothing in the calendar. `begins_season`: whether an
    analysis on the longer span would hold a yearly season constant that this one cannot.
    """
    horizon = extend(data, ahead, begins_season=begins_season)
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
