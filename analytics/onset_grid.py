"""On which regular grid, on which scale and with which weekly pattern is a series looked at?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HOUR = pd.Timedelta(hours=1)
DAY = pd.Timedelta(days=1)
HOURS_A_WEEK = 168
DAYS_A_WEEK = 7
FULL_PATTERN_WEEKS = 4
LEAST_OBSERVED = {"hour": 2 * HOURS_A_WEEK, "day": 28, "period": 20}
CLIP_SD = 4.0
LARGEST_VALUE = 1e100
STILL_WITHOUT_PATTERN = 0.8
STILL_WITHOUT_MEMORY = 0.5
NORMAL_MAD = 1.4826
# By number of parts.
PATTERNS = {1: "weekday", 2: "hour of the day and weekday", 3: "hour of the week"}


@dataclass(frozen=True, eq=False)
class Grid:
    """The observed periods of a series.

    `position` counts periods from the first one on, gaps included; `starts` is the start of every
    grid period; `slot` the hour of the week (0..167), the weekday (0..6) or 0. `period_name` is
    `hour`, `day` or, for anything sparser, `period`.
    """

    period: pd.Timedelta
    period_name: str
    starts: pd.DatetimeIndex
    position: IntArray
    slot: IntArray
    value: FloatArray
    caveats: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of observed periods."""
        return len(self.value)

    @property
    def n_slots(self) -> int:
        """168 for hourly, 7 for daily data, otherwise 1."""
        return {"hour": HOURS_A_WEEK, "day": DAYS_A_WEEK}.get(self.period_name, 1)

    @property
    def stillness(self) -> float:
        """Share of values equal to the one before: near 1 for rare errors or a constant."""
        return float(np.mean(np.diff(self.value) == 0.0)) if self.n > 1 else 1.0

    @property
    def week(self) -> IntArray:
        """(n,) number of the seven-day stretch each observation lies in, from the first period."""
        return self.position // max(self.n_slots, 1)


def to_grid(series: pd.Series) -> Grid:
    """Observed values by period: hours, days, or the sparser periods of the index as they are.

    Several values in one hour or day (finer data, the repeated hour of a clock change) count as
    their mean. A daily index is read by its local date, an hourly one by its instants.
    """
    values, stamps, caveats = _observed(series)
    if not len(values):
        none = np.zeros(0, dtype=np.int64)
        return Grid(DAY, "day", stamps, none, none, values, tuple(caveats))
    period, name = _period(stamps)
    if name == "period":
        position = np.arange(len(stamps), dtype=np.int64)
        grid = stamps
    else:
        position, grid = _positions(stamps, period)
        before = len(position)
        position, values = _mean_by_position(position, values)
        if len(position) < before:
            caveats.append(f"Several values in one {name} were averaged.")
    slot = _slots(grid, name)[position]
    return Grid(period, name, grid, position, slot, values, tuple(caveats))


def _observed(series: pd.Series) -> tuple[FloatArray, pd.DatetimeIndex, list[str]]:
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    index = pd.DatetimeIndex(series.index)
    beyond = np.abs(values) > LARGEST_VALUE
    caveats = [f"{int(beyond.sum())} infinite values were left out."] if beyond.any() else []
    seen = np.isfinite(values) & ~beyond & index.notna()
    values, index = values[seen], index[seen]
    if not index.is_monotonic_increasing:
        order = np.argsort(index.asi8, kind="stable")
        values, index = values[order], index[order]
    return values, index, caveats


def _period(stamps: pd.DatetimeIndex) -> tuple[pd.Timedelta, str]:
    """Distance of neighbouring observations, made a whole hour or day where it is near one."""
    if len(stamps) < 2:
        return DAY, "day"
    typical = pd.Timedelta(np.median(np.diff(stamps.as_unit("ns").asi8)), unit="ns")
    if typical <= pd.Timedelta(hours=12):
        return HOUR, "hour"
    if typical <= pd.Timedelta(days=3):
        return DAY, "day"
    return typical, "period"


def _positions(stamps: pd.DatetimeIndex, period: pd.Timedelta) -> tuple[IntArray, pd.DatetimeIndex]:
    """Period number of every stamp, and the start of every period."""
    zone = stamps.tz
    if period == DAY:
        local = stamps.tz_localize(None).normalize()
        first = local[0]
        number = (local - first).days.to_numpy().astype(np.int64)
        days = pd.date_range(first, periods=int(number[-1]) + 1, freq="D")
        if zone is None:
            return number, days
        return number, days.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    instants = stamps.as_unit("ns").asi8
    size = HOUR.value
    first_hour = instants[0] - instants[0] % size
    number = (instants - first_hour) // size
    hours = pd.date_range(pd.Timestamp(first_hour, tz="UTC"), periods=int(number[-1]) + 1, freq="h")
    return number, hours.tz_localize(None) if zone is None else hours.tz_convert(zone)


def _mean_by_position(position: IntArray, values: FloatArray) -> tuple[IntArray, FloatArray]:
    if len(position) < 2 or np.all(np.diff(position) > 0):
        return position, values
    distinct, inverse = np.unique(position, return_inverse=True)
    return distinct, np.bincount(inverse, weights=values) / np.bincount(inverse)


def _slots(grid: pd.DatetimeIndex, name: str) -> IntArray:
    if name == "period":
        return np.zeros(len(grid), dtype=np.int64)
    weekday = grid.day_of_week.to_numpy().astype(np.int64)
    if name == "day":
        return weekday
    return weekday * 24 + grid.hour.to_numpy().astype(np.int64)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """A series without its weekly pattern.

    `level` is the value on the analysis scale (logarithm where `is_log`) minus the pattern, which
    has mean zero over the observations; `spread` the relative standard deviation of each
    observation's slot; `pattern` names what was taken out.
    """

    level: FloatArray
    spread: FloatArray
    is_log: bool
    pattern: str

    @property
    def scaled(self) -> FloatArray:
        """(n,) level around its median with the same spread in every slot."""
        return np.asarray((self.level - np.median(self.level)) / self.spread)

    def inverse(self, level: FloatArray | float) -> FloatArray:
        """Back to the unit of the series."""
        with np.errstate(over="ignore"):
            raw = np.exp(level) if self.is_log else level
        return np.asarray(raw, dtype=np.float64)


def adjust(grid: Grid) -> Adjusted:
    """Takes logarithms where every value is positive, then the weekly pattern and its spread out.

    The pattern is made of clipped means by hour of the day, weekday and hour of the week around
    the levels of the weeks, so that a change of level is not taken for pattern; each part is
    drawn to zero by as much as it may be chance. Below four weeks of hours there is no part by
    hour of the week. Where nearly all values are the same (few errors) no pattern is taken out.
    """
    is_log = bool(grid.value.min() > 0)
    x = np.log(grid.value) if is_log else grid.value
    if grid.n_slots == 1 or grid.stillness > STILL_WITHOUT_PATTERN:
        return Adjusted(x, np.ones(grid.n), is_log, "none")
    keys = _pattern_keys(grid)
    pattern = _pattern(x, grid.week, keys)
    level = x - (pattern - pattern.mean())
    spread = _slot_spread(level - weekly_level(level, grid.week), keys)
    return Adjusted(level, spread, is_log, PATTERNS[len(keys)])


def _pattern_keys(grid: Grid) -> list[IntArray]:
    if grid.period_name == "day":
        return [grid.slot]
    is_short = int(grid.position[-1]) < FULL_PATTERN_WEEKS * HOURS_A_WEEK
    parts = [grid.slot % 24, grid.slot // 24]
    return parts if is_short else [*parts, grid.slot]


def _pattern(x: FloatArray, week: IntArray, keys: list[IntArray]) -> FloatArray:
    """Weekly pattern at every observation: alternating means of weeks and of slots."""
    pattern = np.zeros_like(x)
    for _ in range(2):
        others = x - weekly_level(x - pattern, week)
        pattern = np.zeros_like(x)
        for key in keys:
            pattern = pattern + _shrunk_mean(others - pattern, key)
    return pattern


def weekly_level(x: FloatArray, week: IntArray) -> FloatArray:
    """(n,) clipped mean of the week of each observation."""
    return _group_mean(x, week, clip_around(x, week))


def _shrunk_mean(x: FloatArray, key: IntArray) -> FloatArray:
    """Clipped mean of each observation's group, drawn to the mean of all as chance allows."""
    clipped = np.clip(x, *clip_around(x, None))
    count = np.bincount(key)
    mean = np.bincount(key, weights=clipped) / np.maximum(count, 1)
    overall = float(clipped.mean())
    used = count > 0
    inside = float(((clipped - mean[key]) ** 2).sum()) / max(len(x) - int(used.sum()), 1)
    chance = inside * float((1.0 / count[used]).mean())
    between = float(((mean[used] - overall) ** 2).mean())
    if between <= chance * (1.0 + 2.0 * np.sqrt(2.0 / max(int(used.sum()), 1))):
        return np.full_like(x, overall)
    kept = (between - chance) / between
    return np.asarray((overall + kept * (mean - overall))[key], dtype=np.float64)


def clip_around(x: FloatArray, group: IntArray | None) -> tuple[float, float]:
    """Bounds for `x`: four robust standard deviations around the median.

    With a group the spread is that inside the groups, added to the range of the group medians, so
    that no level is cut off.
    """
    if group is None:
        centre, sd = float(np.median(x)), robust_sd(x)
        return centre - CLIP_SD * sd, centre + CLIP_SD * sd
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    counts = np.diff(np.append(starts, len(x)))
    means = np.add.reduceat(x, starts) / counts
    sd = robust_sd(x - np.repeat(means, counts))
    low, high = float(means.min()), float(means.max())
    return low - CLIP_SD * sd, high + CLIP_SD * sd


def _group_mean(x: FloatArray, group: IntArray, bounds: tuple[float, float]) -> FloatArray:
    """Mean of the clipped values of each observation's group, at every observation."""
    clipped = np.clip(x, *bounds)
    count = np.maximum(np.bincount(group), 1)
    mean = np.bincount(group, weights=clipped) / count
    return np.asarray(mean[group], dtype=np.float64)


def robust_sd(x: FloatArray) -> float:
    """From the median absolute deviation; of the clipped values where most values are equal.

    Where nearly all are equal even clipped values are constant, and it is the plain one.
    """
    n = len(x)
    low, high = int(0.005 * (n - 1)), int(np.ceil(0.995 * (n - 1)))
    ordered = np.partition(x, sorted({low, n // 2, high}))
    deviation = np.abs(x - ordered[n // 2])
    from_median = NORMAL_MAD * float(np.partition(deviation, n // 2)[n // 2])
    clipped = float(np.clip(x, ordered[low], ordered[high]).std())
    if from_median >= 0.4 * clipped and from_median > 0.0:
        return from_median
    plain = float(x.std())
    return clipped if clipped >= 0.3 * plain else plain


def _slot_spread(residual: FloatArray, keys: list[IntArray]) -> FloatArray:
    """Relative standard deviation by hour, weekday and slot, each drawn to 1 as chance allows."""
    if robust_sd(residual) <= 0.0:
        return np.ones_like(residual)
    log_spread = np.zeros_like(residual)
    for key in keys:
        scaled = residual / np.exp(log_spread)
        log_spread = log_spread + _log_spread(scaled, key)
    return np.asarray(np.exp(log_spread), dtype=np.float64)


def _log_spread(residual: FloatArray, key: IntArray) -> FloatArray:
    """Shrunk log standard deviation of each observation's group around that of all."""
    sd = robust_sd(residual)
    square = np.clip(residual / sd, -CLIP_SD, CLIP_SD) ** 2
    overall = float(square.mean())
    count = np.bincount(key)
    by_group = (np.bincount(key, weights=square) + 2.0 * overall) / (count + 2.0)
    log_sd = 0.5 * np.log(by_group / overall)
    kurtosis = float((square**2).mean()) / overall**2
    chance = 1.5 * (kurtosis - 1.0) / (4.0 * float(count[count > 0].mean()))
    real = max(float(log_sd[count > 0].var()) - chance, 0.0)
    return np.asarray((log_sd * (real / (real + chance + 1e-12)))[key], dtype=np.float64)
