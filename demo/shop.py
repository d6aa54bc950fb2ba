"""What is true of the simulated shop: its revenue, its releases, its calendar and experiments?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from demo import release_plan, revenue
from demo.plan import Clock, Moments, ShopPlan, moments, traffic_before
from demo.release_plan import Release
from demo.revenue import CalendarEntry

__all__ = ["Shop", "ShopPlan", "simulate"]


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
    rec_days = _days(plan, "recommender", plan.recommender_releases, taken=set())
    rec_values = release_plan.offline_values(
        "recommender",
        release_plan.recommender_gains(plan.rng("gains/recommender"), len(rec_days)),
    )
    rec_live = release_plan.live_series(rec_days, rec_values, plan.n_days)
    log_controls = revenue.controls(plan, entries)
    log_recommender = revenue.recommender_effect(plan, np.log(rec_live))
    log_noise = revenue.noise(plan)

    fraud_days = _days(plan, "fraud", plan.fraud_releases, taken=set(rec_days))
    fraud_values = release_plan.offline_values(
        "fraud", release_plan.fraud_gains(plan.rng("gains/fraud"), len(fraud_days))
    )
    search_days = _days(
        plan, "search_ranker", plan.search_ranker_releases, taken={*rec_days, *fraud_days}
    )
    search_values = release_plan.offline_values(
        "search_ranker",
        release_plan.search_ranker_gains(
            plan.rng("gains/search_ranker"), search_days, log_recommender + log_noise
        ),
    )
    schedule = {
        "recommender": (rec_days, rec_values),
        "search_ranker": (search_days, search_values),
        "fraud": (fraud_days, fraud_values),
    }
    daily = pd.DataFrame(
        {
            "day": pd.date_range(plan.first_day, periods=plan.n_days, freq="D"),
            "revenue": np.exp(log_controls + log_recommender + log_noise),
            "is_complete": np.arange(plan.n_days) < plan.n_days - 1,
            "log_controls": log_controls,
            "log_recommender": log_recommender,
            "log_noise": log_noise,
        }
    )
    daily.loc[~daily["is_complete"], "revenue"] *= last_day_share(plan, when)
    return Shop(
        plan=plan,
        moments=when,
        daily=daily,
        releases=release_plan.release_frame(_releases(plan, when, schedule)),
        calendar=tuple(entries),
        live=pd.DataFrame(
            {m: release_plan.live_series(d, v, plan.n_days) for m, (d, v) in schedule.items()},
            index=pd.Index(daily["day"], name="day"),
        ),
    )


def last_day_share(plan: ShopPlan, when: Moments) -> float:
    """Share of the last day's traffic that had passed when the data ends."""
    start = plan.at(plan.n_days - 1, when.data_ends_at.time().min)
    return traffic_before((when.data_ends_at - start).total_seconds() / 86_400)


def _days(plan: ShopPlan, model: str, count: int, *, taken: set[int]) -> list[int]:
    return release_plan.release_days(plan.rng(f"days/{model}"), plan, count, taken=taken)


def _releases(
    plan: ShopPlan, when: Moments, schedule: dict[str, tuple[list[int], np.ndarray]]
) -> list[Release]:
    released = release_plan.service_releases(plan, when)
    for model, (days, values) in schedule.items():
        of_model = release_plan.model_releases(plan, model, days, values)
        if model == "fraud":
            of_model = release_plan.with_unmatched(plan, of_model)
        released += of_model
    return released
