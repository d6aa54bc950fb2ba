"""How large is the simulated shop, over which days, and when does what happen to it?"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

TIME_ZONE = "Europe/Berlin"
COMPANY = "Lantern & Loom"
FULL_ORDERS_PER_DAY = 155.0
DEFAULT_SEED = 20241001


@dataclass(frozen=True)
class ShopPlan:
    """Size and seed of a shop. Everything else about it follows from these numbers.

    `orders_per_day` and `log_lines_per_day` are averages. Daily revenue in EUR does not depend on
    `orders_per_day`: a shop with fewer orders sells dearer goods (`price_scale`), so that its
    daily noise is the same.
    """

    seed: int = DEFAULT_SEED
    first_day: date = date(2024, 10, 1)
    n_days: int = 730
    orders_per_day: float = FULL_ORDERS_PER_DAY
    log_lines_per_day: float = 740.0
    jira_issues: int = 860
    training_steps: int = 240
    elasticity: float = 1.2
    lag_days: int = 5
    noise_sd: float = 0.05
    noise_ar: float = 0.2
    recommender_releases: int = 30
    fraud_releases: int = 16
    search_ranker_releases: int = 20

    def __post_init__(self) -> None:
        if self.n_days < 365:
            raise ValueError(f"n_days is {self.n_days}: the planted events need at least 365 days")
        if self.orders_per_day < 5 or self.log_lines_per_day < 20:
            raise ValueError("a shop needs at least 5 orders and 20 log lines a day")

    @classmethod
    def default(cls) -> Self:
        """The full shop: two years, over 100,000 orders and over 500,000 log lines."""
        return cls()

    @classmethod
    def small(cls, seed: int = DEFAULT_SEED) -> Self:
        """A cheap shop for tests: the same days, revenue and releases, few orders and lines."""
        return cls(
            seed=seed, orders_per_day=15.0, log_lines_per_day=50.0, jira_issues=160,
            training_steps=20,
        )  # fmt: skip

    @property
    def price_scale(self) -> float:
        """By how much dearer goods are than in the full shop."""
        return FULL_ORDERS_PER_DAY / self.orders_per_day

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(TIME_ZONE)

    def day(self, index: int) -> date:
        """The local day with this number, counted from zero."""
        return self.first_day + timedelta(days=index)

    def index(self, day: date) -> int:
        """The number of a local day, counted from zero."""
        return (day - self.first_day).days

    def working_day(self, share: float, *, weekday: int) -> int:
        """Number of the first day with this weekday (Monday is 0) after a share of the span."""
        start = round(share * self.n_days)
        return start + (weekday - self.day(start).weekday()) % 7

    def at(self, index: int, clock: time) -> datetime:
        """A local time of a day, with its offset."""
        return datetime.combine(self.day(index), clock, tzinfo=self.zone)

    def rng(self, stream: str) -> np.random.Generator:
        """Random numbers of a named stream: adding a stream leaves every other one as it was."""
        return np.random.default_rng([self.seed, zlib.crc32(stream.encode())])


@dataclass(frozen=True)
class Moments:
    """When the planted events happen. Days are numbers counted from the plan's first day."""

    rendered_cut_day: int
    rendered_cut_at: datetime
    new_platform_day: int
    bad_deploy_at: datetime
    rollback_at: datetime
    daily_logs_from_day: int
    duplicated_log_day: int
    truncated_log_day: int
    logs_missing_day: int
    data_ends_at: datetime


def moments(plan: ShopPlan) -> Moments:
    """The planted events' times, fixed shares of the plan's span."""
    n = plan.n_days
    cut = plan.working_day(0.66, weekday=1)
    bad = plan.working_day(0.725, weekday=2)
    return Moments(
        rendered_cut_day=cut,
        rendered_cut_at=plan.at(cut, time(0, 5)),
        new_platform_day=plan.working_day(0.80, weekday=0),
        bad_deploy_at=plan.at(bad, time(10, 5)),
        rollback_at=plan.at(bad, time(16, 20)),
        daily_logs_from_day=n - 45,
        duplicated_log_day=n - 30,
        truncated_log_day=n - 11,
        logs_missing_day=n - 18,
        data_ends_at=plan.at(n - 1, time(13, 47)),
    )


@dataclass(frozen=True)
class Clock:
    """The plan's local days on the line of universal time (seconds since 1970)."""

    starts: npt.NDArray[np.int64]
    """Start of every local day and of the one after the last: n_days + 1 values."""

    @classmethod
    def of(cls, plan: ShopPlan) -> Self:
        midnights = [plan.at(i, time(0)) for i in range(plan.n_days + 1)]
        return cls(np.array([int(m.timestamp()) for m in midnights], dtype=np.int64))

    def moment(
        self, days: npt.NDArray[np.int64], share: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Seconds since 1970 of a share (0..1) of each local day, 23 or 25 hours long or not."""
        length = self.starts[days + 1] - self.starts[days]
        return np.asarray(self.starts[days] + share * length, dtype=np.float64)

    def days(self, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Number of the local day that holds each moment."""
        return np.asarray(np.searchsorted(self.starts, seconds, side="right") - 1, dtype=np.int64)


# How much of a day's traffic falls into each of its hours.
HOURLY = np.array(
    [8, 5, 3, 2, 2, 4, 9, 18, 29, 38, 44, 47, 50, 46, 43, 43, 46, 52, 61, 70, 74, 62, 39, 19],
    dtype=np.float64,
)
_CUMULATIVE = np.concatenate([[0.0], np.cumsum(HOURLY / HOURLY.sum())])


def time_of_day(quantile: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of the day (0..1) at which this quantile of its traffic has passed."""
    return np.interp(quantile, _CUMULATIVE, np.arange(25) / 24)


def traffic_before(share_of_day: float) -> float:
    """Quantile of a day's traffic that has passed at a share of the day: inverse of the above."""
    return float(np.interp(share_of_day, np.arange(25) / 24, _CUMULATIVE))
