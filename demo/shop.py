"""What is true of the simulated shop: its revenue, its releases, its calendar and experiments?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo import release_plan, revenue
from demo.plan import Clock, Moments, ShopPlan, moments, traffic_before
from demo.release_plan import Release
from demo.revenue import CalendarEntry

__all__ = ["Shop", "ShopPlan", "simulate"]

Floats = npt.NDArray[np.float64]
Schedule = tuple[list[int], Floats]
"""Numbers of the release days, and the metric of the first version and after each release."""


@dataclass(frozen=True, eq=False)
class Shop:
    """A simulated shop in memory. Orders, log lines and issues are drawn when it is written.

    `daily` has one row per local day: `day`, `revenue` (gross, EUR), `is_complete`, and the parts
    of its logarithm: `log_controls`, `log_recommender`, `log_noise`.
    `releases` has one row per release of a model or service, the first ones before the first day:
    `kind`, `model`, `version`, `released_at`, `released_on`, `run_id`, `metric_before`,
    `metric_after`, `log_change`, `is_rollback`, `is_matched`, `note`, `environment`.
    """

    plan: ShopPlan
    moments: Moments
    daily: pd.DataFrame
    releases: pd.DataFrame
    calendar: tuple[CalendarEntry, ...]
    live: pd.DataFrame

    @property
    def clock(self) -> Clock:
        return Clock.of(self.plan)

    def metric_series(self, model: str) -> pd.Series:
        """Offline metric of the version live on each day (a release counts from its own day)."""
        if model not in self.live:
            raise KeyError(f"no model {model!r}; there are {', '.join(self.live.columns)}")
        return self.live[model]

    def calendar_frame(self) -> pd.DataFrame:
        """Confounders by day: `promotion` and `holiday`, one or zero."""
        kinds = {k: revenue.indicator(self.plan, list(self.calendar), k) for k in _CALENDAR_KINDS}
        return pd.DataFrame(kinds, index=pd.Index(self.daily["day"], name="day"))


_CALENDAR_KINDS = ("promotion", "holiday")


def simulate(plan: ShopPlan) -> Shop:
    """Draws a shop: revenue from controls, recommender and noise; then the search ranker's gains.

    The order matters: the search ranker answers revenue that is already known.
    """
    when = moments(plan)
    entries = revenue.calendar(plan)
    recommender = _schedule(plan, "recommender", release_plan.recommender_gains)
    live = release_plan.live_series(*recommender, plan.n_days)
    parts = {
        "log_controls": revenue.controls(plan, entries),
        "log_recommender": revenue.recommender_effect(plan, np.log(live)),
        "log_noise": revenue.noise(plan),
    }
    fraud = _schedule(plan, "fraud", release_plan.fraud_gains, recommender)
    search_ranker = _search_ranker_schedule(
        plan, parts["log_recommender"] + parts["log_noise"], recommender, fraud
    )
    schedules = {"recommender": recommender, "search_ranker": search_ranker, "fraud": fraud}
    daily = _daily(plan, when, parts)
    return Shop(
        plan=plan,
        moments=when,
        daily=daily,
        releases=release_plan.release_frame(_releases(plan, when, schedules)),
        calendar=tuple(entries),
        live=pd.DataFrame(
            {m: release_plan.live_series(d, v, plan.n_days) for m, (d, v) in schedules.items()},
            index=pd.Index(daily["day"], name="day"),
        ),
    )


def _schedule(
    plan: ShopPlan,
    model: str,
    gains: Callable[[np.random.Generator, int], Floats],
    *others: Schedule,
) -> Schedule:
    """Release days of a model, none of them another's, and its metric before and after each."""
    days = _days(plan, model, *others)
    drawn = gains(plan.rng(f"gains/{model}"), len(days))
    return days, release_plan.offline_values(model, drawn)


def _search_ranker_schedule(
    plan: ShopPlan, adjusted_log_revenue: Floats, *others: Schedule
) -> Schedule:
    days = _days(plan, "search_ranker", *others)
    gains = release_plan.search_ranker_gains(
        plan.rng("gains/search_ranker"), days, adjusted_log_revenue
    )
    return days, release_plan.offline_values("search_ranker", gains)


def _days(plan: ShopPlan, model: str, *others: Schedule) -> list[int]:
    taken = {day for days, _ in others for day in days}
    count = {
        "recommender": plan.recommender_releases,
        "search_ranker": plan.search_ranker_releases,
        "fraud": plan.fraud_releases,
    }[model]
    return release_plan.release_days(plan.rng(f"days/{model}"), plan, count, taken=taken)


def _daily(plan: ShopPlan, when: Moments, parts: dict[str, Floats]) -> pd.DataFrame:
    is_complete = np.arange(plan.n_days) < plan.n_days - 1
    passed = np.where(is_complete, 1.0, last_day_share(plan, when))
    return pd.DataFrame(
        {
            "day": pd.date_range(plan.first_day, periods=plan.n_days, freq="D"),
            "revenue": np.exp(np.sum(list(parts.values()), axis=0)) * passed,
            "is_complete": is_complete,
            **parts,
        }
    )


def last_day_share(plan: ShopPlan, when: Moments) -> float:
    """Share of the last day's traffic that had passed when the data ends."""
    start = plan.at(plan.n_days - 1, when.data_ends_at.time().min)
    return traffic_before((when.data_ends_at - start).total_seconds() / 86_400)


def _releases(plan: ShopPlan, when: Moments, schedules: dict[str, Schedule]) -> list[Release]:
    released = release_plan.service_releases(plan, when)
    for model, (days, values) in schedules.items():
        of_model = release_plan.model_releases(plan, model, days, values)
        if model == "fraud":
            of_model = release_plan.with_unmatched(plan, of_model)
        released += of_model
    return released
