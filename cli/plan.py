"""How small an effect could be seen, and how many releases, weeks or users would it take?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analytics.kpi_data import LOG_POINTS
from analytics.link_data import ELASTICITY
from analytics.money import DAYS_A_MONTH, smallest_effect
from analytics.planning import (
    DetectableEffect,
    DetectableStep,
    ReleasesNeeded,
    UsersNeeded,
    releases_needed,
    smallest_detectable_elasticity,
    smallest_detectable_step,
    users_needed,
)
from analytics.vocabulary import percent
from assets.link_inputs import Kpi, LinkInputs
from cli.console import fail, print_json, print_table, told_clearly
from cli.kpi_history import KpiHistory, UnknownName, history_of, read_histories

OTHER_PLANS = (6, 12, 24, 48)
DAYS_AFTER_ONE = (14, 28, 56)
A_YEAR = 365


@dataclass(frozen=True)
class Asked:
    """A plan as asked on the command line; None where the home's own past decides."""

    releases: int | None = None
    every_days: int | None = None
    gain: float | None = None
    effect: float | None = None
    power: float = 0.8
    baseline: float | None = None
    lift: float | None = None
    spread: float | None = None


@dataclass(frozen=True, eq=False)
class _Plan:
    history: KpiHistory
    releases: int
    every_days: int
    gain: float
    power: float

    def shown(self, releases: int) -> DetectableEffect:
        return smallest_detectable_elasticity(
            self.history.values,
            n_releases=releases,
            spacing_days=self.every_days,
            typical_log_gain=self.gain,
            calendar=self.history.calendar,
            power=self.power,
        )

    def needed(self, effect: float) -> ReleasesNeeded:
        return releases_needed(
            self.history.values,
            elasticity=effect,
            spacing_days=self.every_days,
            typical_log_gain=self.gain,
            calendar=self.history.calendar,
            power=self.power,
        )

    def alone(self, days: int) -> DetectableStep:
        return smallest_detectable_step(
            self.history.values, days_after=days, calendar=self.history.calendar, power=self.power
        )


@told_clearly
def print_plan(
    kpi: str | None, *, metric: str | None, asked: Asked, home: Path | None, as_json: bool
) -> int:
    """Print what a plan of releases would show; returns the exit code."""
    try:
        inputs, kpis = read_histories(home)
        if kpi is None:
            # one model's releases for all, so that the figures can be compared
            same = metric or history_of(inputs, kpis, kpi=None, metric=None).releases.address
            plans = [_plan(inputs, kpis, each.name, same, asked) for each in kpis]
            return _print_all(plans, asked, as_json=as_json)
        plan = _plan(inputs, kpis, kpi, metric, asked)
        return _print_one(plan, asked, as_json=as_json)
    except (UnknownName, TypeError, ValueError) as error:
        return fail(_in_options(str(error)))


_OPTIONS = {
    "n_releases": "--releases",
    "spacing_days": "--every",
    "typical_log_gain": "--gain",
    "elasticity": "--effect",
    "power": "--power",
    "baseline": "--rate",
    "lift": "--lift",
    "standard_deviation": "--spread",
}


def _in_options(message: str) -> str:
    """An argument's name as the option it was given by."""
    name, colon, rest = message.partition(":")
    return f"{_OPTIONS[name]}{colon}{rest}" if name in _OPTIONS else message


def _plan(
    inputs: LinkInputs, kpis: Sequence[Kpi], kpi: str, metric: str | None, asked: Asked
) -> _Plan:
    history = history_of(inputs, list(kpis), kpi=kpi, metric=metric)
    past = history.releases
    every = past.every_days if asked.every_days is None else asked.every_days
    return _Plan(
        history=history,
        releases=max(A_YEAR // every, 6) if asked.releases is None else asked.releases,
        every_days=every,
        gain=past.typical_gain if asked.gain is None else math.log1p(asked.gain / 100.0),
        power=asked.power,
    )


def _print_all(plans: Sequence[_Plan], asked: Asked, *, as_json: bool) -> int:
    """Every KPI under the same plan: which definition would show the smallest effect?"""
    if not plans:
        return fail("the last build has no KPI by day; `bellwether check` shows what is missing.")
    shown = [(plan, plan.shown(plan.releases)) for plan in plans]
    if as_json:
        print_json([_told(plan) | _effect_json(found) for plan, found in shown])
        return 0
    first = plans[0]
    print_table(
        ("KPI", "smallest effect that would show", "for a typical release", "worth a month"),
        [
            (
                plan.history.kpi.label,
                found.reason or _effect(found.effect, found.effect_unit),
                _typical(found, plan),
                _worth(found, plan),
            )
            for plan, found in shown
        ],
        title=f"What {first.releases} releases, one every {first.every_days} days, would show",
        right=("worth a month",),
    )
    print(f"\n{_assumed(first)}")
    print("`bellwether plan KPI` tells how many releases and weeks one KPI needs.")
    _print_users(asked)
    return 0


def _print_one(plan: _Plan, asked: Asked, *, as_json: bool) -> int:
    wanted = _wanted(plan, asked)
    counts = sorted({plan.releases, *OTHER_PLANS})
    shown = [plan.shown(count) for count in counts if count >= min(plan.releases, 6)]
    needed = plan.needed(wanted) if wanted is not None else None
    alone = [plan.alone(days) for days in DAYS_AFTER_ONE]
    if as_json:
        users = _users(asked)
        print_json(
            _told(plan)
            | {
                "plans": [_effect_json(found) for found in shown],
                "wanted_effect": wanted,
                "needed": None if needed is None else _finite(asdict(needed)),
                "one_release": [_finite(asdict(step)) for step in alone],
                "users": None if users is None else _finite(asdict(users)),
            }
        )
        return 0
    if shown[0].reason:
        print(f"No plan for {plan.history.kpi.label}: {shown[0].reason}")
        return 0
    _print_plans(plan, shown)
    _print_alone(plan, alone)
    for line in _sentences(plan, shown, wanted, needed):
        print(line)
    print(f"\n{_assumed(plan)}")
    for caveat in shown[0].caveats:
        print(f"  – {caveat}")
    _print_users(asked)
    return 0


def _wanted(plan: _Plan, asked: Asked) -> float | None:
    """The effect asked for; else the one at which a typical release earns what matters."""
    if asked.effect is not None:
        return asked.effect
    if not plan.history.is_money:
        return None
    told = smallest_effect(
        plan.history.inputs.settings.smallest_gain_per_month,
        metric_change=plan.gain,
        mean_daily_kpi=plan.history.daily_level,
    )
    return told if math.isfinite(told) else None


def _print_plans(plan: _Plan, shown: Sequence[DetectableEffect]) -> None:
    print_table(
        ("releases", "weeks", "smallest effect that shows", "for a typical release", "a month"),
        [
            (
                f"{found.n_releases}" + (" (this plan)" * (found.n_releases == plan.releases)),
                f"{found.weeks:.0f}",
                _effect(found.effect, found.effect_unit) if not found.reason else found.reason,
                _typical(found, plan),
                _worth(found, plan),
            )
            for found in shown
        ],
        title=f"{plan.history.kpi.label}: what coming releases would show",
        right=("weeks", "a month"),
    )
    print()


def _print_alone(plan: _Plan, alone: Sequence[DetectableStep]) -> None:
    if any(step.reason for step in alone):
        return
    print_table(
        ("one release, after", "smallest lasting step that shows", "a month"),
        [
            (
                f"{step.days_after + step.donut_days} days",
                _step(step),
                _money(_share(step) * plan.history.daily_level * DAYS_A_MONTH, plan),
            )
            for step in alone
        ],
        title="One release alone, whatever it gained",
        right=("a month",),
    )
    print()


def _share(step: DetectableStep) -> float:
    return math.expm1(step.step) if step.step_unit == LOG_POINTS else math.nan


def _step(step: DetectableStep) -> str:
    if step.step_unit == LOG_POINTS:
        return percent(math.expm1(step.step), digits=1, signed=True)
    return f"{step.step:,.3g} {step.step_unit}"


def _sentences(
    plan: _Plan,
    shown: Sequence[DetectableEffect],
    wanted: float | None,
    needed: ReleasesNeeded | None,
) -> list[str]:
    kpi = plan.history.kpi.label
    mine = next(found for found in shown if found.n_releases == plan.releases)
    lines = [
        f"In four of five cases {plan.releases} such releases show an effect on {kpi} of "
        f"{_effect(mine.effect, mine.effect_unit)} or more; they take {mine.weeks:.0f} weeks."
        if math.isclose(plan.power, 0.8)
        else f"With {percent(plan.power)} probability {plan.releases} such releases show an effect "
        f"on {kpi} of {_effect(mine.effect, mine.effect_unit)} or more."
    ]
    if wanted is None or needed is None:
        lines.append("Name an effect with --effect to see how many releases and weeks it needs.")
    elif needed.n_releases is None:
        lines.append(f"An effect of {wanted:.2g} is out of reach: {needed.reason}")
    else:
        lines.append(
            f"An effect of {wanted:.2g} needs {needed.n_releases} releases, {needed.weeks:.0f} "
            "weeks."
        )
    return lines


def _assumed(plan: _Plan) -> str:
    return (
        f"Assumed: a release every {plan.every_days} days whose gains of "
        f"{plan.history.releases.metric} differ by {percent(math.expm1(plan.gain), digits=1)} "
        f"(from {plan.history.releases.told}; --every, --gain and --releases change it). Only "
        "differences between gains tell anything: releases that all gain the same show nothing."
    )


def _effect(effect: float, unit: str) -> str:
    if unit == ELASTICITY:
        return f"{effect:.2f} % per 1 % of the metric"
    return f"{effect:,.3g} {unit}"


def _typical(found: DetectableEffect, plan: _Plan) -> str:
    """What the smallest effect makes of the KPI when a release gains as much as is typical."""
    if found.reason or found.effect_unit != ELASTICITY:
        return "–"
    return percent(math.expm1(found.effect * plan.gain), digits=1, signed=True)


def _worth(found: DetectableEffect, plan: _Plan) -> str:
    if found.reason or found.effect_unit != ELASTICITY:
        return "–"
    a_month = plan.history.daily_level * DAYS_A_MONTH
    return _money(math.expm1(found.effect * plan.gain) * a_month, plan)


def _money(amount: float, plan: _Plan) -> str:
    if not plan.history.is_money or not math.isfinite(amount):
        return "–"
    return f"{amount:,.0f} {plan.history.inputs.currency}"


def _told(plan: _Plan) -> dict[str, Any]:
    return {
        "kpi": plan.history.kpi.name,
        "metric": plan.history.releases.metric,
        "releases_from": plan.history.releases.told,
        "n_releases": plan.releases,
        "every_days": plan.every_days,
        "typical_log_gain": plan.gain,
        "power": plan.power,
    }


def _effect_json(found: DetectableEffect) -> dict[str, Any]:
    return _finite(asdict(found))


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }


def _users(asked: Asked) -> UsersNeeded | None:
    """Of an experiment, where its base and lift were named."""
    if asked.baseline is None or asked.lift is None:
        return None
    is_share = asked.spread is None
    return users_needed(
        baseline=asked.baseline / 100.0 if is_share else asked.baseline,
        lift=asked.lift / 100.0,
        standard_deviation=asked.spread,
        power=asked.power,
    )


def _print_users(asked: Asked) -> None:
    needed = _users(asked)
    if needed is None:
        print(
            "\nUsers for an experiment: name the share of users who convert and the lift, such as "
            "`--rate 3 --lift 2` (percent)."
        )
        return
    base = (
        percent(needed.baseline, digits=2)
        if asked.spread is None
        else f"{needed.baseline:,.2f} a user"
    )
    lift = percent(needed.lift, digits=1, signed=True)
    print(
        f"\nAn experiment that shows a lift of {lift} on {base} in {percent(needed.power)} "
        f"of cases needs {needed.total:,} users ({needed.control:,} in each half)."
    )
