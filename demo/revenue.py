"""What does the shop take in each day, and which part of it comes from what?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from demo.plan import ShopPlan

BASE_LOG_REVENUE = float(np.log(7600.0))
TREND_PER_YEAR = 0.03
WEEKDAY = np.array([0.03, -0.02, -0.04, -0.01, 0.02, -0.06, 0.08])
"""Log effect of Monday to Sunday; they add up to zero."""
YEARLY = ((0.09, 0.02), (0.035, -0.025))
"""Cosine and sine of the first and second yearly harmonic, from 1 January."""
PROMOTION_EFFECT = 0.20
HOLIDAY_EFFECT = -0.22


@dataclass(frozen=True)
class CalendarEntry:
    """One day of one event; a promotion of seven days is seven entries."""

    day: date
    kind: str
    name: str
    country: str


def easter(year: int) -> date:
    """Easter Sunday of the years 1900 to 2099 (Gauss)."""
    moon = (19 * (year % 19) + 24) % 30
    weekday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    if (moon == 29 and weekday == 6) or (moon == 28 and weekday == 6 and year % 19 > 10):
        weekday -= 7
    return date(year, 3, 22) + timedelta(days=moon + weekday)


def holidays(year: int) -> list[CalendarEntry]:
    """The public holidays of the whole of Germany."""
    sunday = easter(year)
    named = [
        (date(year, 1, 1), "New Year's Day"),
        (sunday - timedelta(days=2), "Good Friday"),
        (sunday + timedelta(days=1), "Easter Monday"),
        (date(year, 5, 1), "Labour Day"),
        (sunday + timedelta(days=39), "Ascension Day"),
        (sunday + timedelta(days=50), "Whit Monday"),
        (date(year, 10, 3), "German Unity Day"),
        (date(year, 12, 25), "Christmas Day"),
        (date(year, 12, 26), "Second Christmas Day"),
    ]
    return [CalendarEntry(day, "holiday", name, "DE") for day, name in named]


def promotions(year: int) -> list[CalendarEntry]:
    """The shop's own promotions, in every country it sells to (empty country)."""
    november = date(year, 11, 1)
    friday = november + timedelta(days=(4 - november.weekday()) % 7 + 21)
    spans = [
        ("Winter sale", date(year, 1, 9), 8),
        ("Valentine's week", date(year, 2, 8), 7),
        ("Spring colours", date(year, 4, 22), 6),
        ("Summer sale", date(year, 7, 3), 10),
        ("Back to the loom", date(year, 9, 4), 7),
        ("Lantern week", friday, 4),
        ("Advent gifts", date(year, 12, 8), 6),
    ]
    return [
        CalendarEntry(start + timedelta(days=i), "promotion", name, "")
        for name, start, length in spans
        for i in range(length)
    ]


def calendar(plan: ShopPlan) -> list[CalendarEntry]:
    """Every calendar entry inside the plan's days, by day."""
    last = plan.day(plan.n_days - 1)
    years = range(plan.first_day.year, last.year + 1)
    entries = [e for year in years for e in holidays(year) + promotions(year)]
    return sorted(
        (e for e in entries if plan.first_day <= e.day <= last), key=lambda e: (e.day, e.kind)
    )


def indicator(plan: ShopPlan, entries: list[CalendarEntry], kind: str) -> npt.NDArray[np.float64]:
    """One for each day with an entry of the kind, else zero."""
    column = np.zeros(plan.n_days)
    column[[plan.index(e.day) for e in entries if e.kind == kind]] = 1.0
    return column


def controls(plan: ShopPlan, entries: list[CalendarEntry]) -> npt.NDArray[np.float64]:
    """Log revenue per day from level, trend, weekday, season, promotions and holidays."""
    t = np.arange(plan.n_days)
    weekday = (plan.first_day.weekday() + t) % 7
    phase = 2 * np.pi * (plan.first_day.timetuple().tm_yday - 1 + t) / 365.25
    season = sum(
        c * np.cos(h * phase) + s * np.sin(h * phase) for h, (c, s) in enumerate(YEARLY, start=1)
    )
    return (
        BASE_LOG_REVENUE
        + TREND_PER_YEAR * t / 365.25
        + WEEKDAY[weekday]
        + season
        + PROMOTION_EFFECT * indicator(plan, entries, "promotion")
        + HOLIDAY_EFFECT * indicator(plan, entries, "holiday")
    )


def noise(plan: ShopPlan) -> npt.NDArray[np.float64]:
    """First-order autoregressive noise of log revenue with sd `plan.noise_sd`."""
    shocks = plan.rng("revenue/noise").normal(0.0, 1.0, plan.n_days)
    shocks[1:] *= np.sqrt(1 - plan.noise_ar**2)
    values = shocks.copy()
    for t in range(1, plan.n_days):
        values[t] += plan.noise_ar * values[t - 1]
    return plan.noise_sd * values


def recommender_effect(
    plan: ShopPlan, log_metric: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Log revenue per day owed to the recommender: its gains so far, `lag_days` later."""
    gained = log_metric - log_metric[0]
    lagged = np.zeros(plan.n_days)
    lagged[plan.lag_days :] = gained[: plan.n_days - plan.lag_days]
    return plan.elasticity * lagged
