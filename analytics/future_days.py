"""What do a KPI's controls and noise look like on days that have not come yet?"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.controls import YEARLY_FROM_DAYS, control_columns
from analytics.link_data import MONTH_DAYS, FloatArray, LinkData
from analytics.noise_model import NoiseModel

_YEARLY_COLUMNS = 4


@dataclass(frozen=True, eq=False)
class Horizon:
    """n seen and h coming periods on one grid: `days` (n + h), `columns` (n + h, k) controls."""

    days: pd.DatetimeIndex
    columns: FloatArray
    n_seen: int

    @property
    def n(self) -> int:
        """Seen and coming periods together."""
        return len(self.days)


def extend(
    data: LinkData,
    ahead: int,
    *,
    calendar: pd.DataFrame | None = None,
    begins_season: bool = False,
) -> Horizon:
    """The grid and controls of `data` with `ahead` more periods.

    Coming days take their calendar from `calendar` where it names them, else 0. A yearly season
    that the seen days were too few for is begun only where asked.
    """
    freq = "MS" if data.period_days == MONTH_DAYS else f"{data.period_days}D"
    days = pd.date_range(data.days[0], periods=data.n + ahead, freq=freq)
    known = data.calendar
    if calendar is not None and known.shape[1]:
        known = calendar.astype("float64").replace([np.inf, -np.inf], np.nan).fillna(0.0)
        known = pd.concat([data.calendar, known.loc[known.index > data.days[-1]]])
    blank = np.full(len(days), np.nan)
    longer = replace(
        data, days=days, x=blank, y=blank, calendar=known.reindex(days, fill_value=0.0)
    )
    columns = control_columns(longer)
    is_yearly = len(days) * data.period_days >= YEARLY_FROM_DAYS
    if is_yearly and not begins_season and data.n * data.period_days < YEARLY_FROM_DAYS:
        first = 8 if data.period_days == 1 else 2
        columns = np.delete(columns, np.arange(first, first + _YEARLY_COLUMNS), axis=1)
    return Horizon(days, columns, data.n)


def extended_model(model: NoiseModel, horizon: Horizon) -> NoiseModel:
    """The same noise on the longer grid; every weekday keeps its loudness."""
    if not model.has_weekday_scale:
        return replace(model, scale=np.ones(horizon.n))
    weekday = horizon.days.day_of_week.to_numpy()
    by_weekday = np.ones(7)
    by_weekday[weekday[: horizon.n_seen]] = model.scale
    return replace(model, scale=by_weekday[weekday])
