"""How often is the engine right on this hub's own KPI? Effects and nothing at all are planted."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from analytics.link_data import ELASTICITY
from analytics.money import worth_together
from analytics.self_test import Ground, Rate, SelfTest, self_test
from analytics.self_test_worlds import Outcome, Planted
from cli.console import fail, print_json, print_table, say, told_clearly
from cli.kpi_history import KpiHistory, UnknownName, history_of, read_histories

ONE_PROCESS_BELOW = 100
MOST_PROCESSES = 4
PROMISED_FALSE_ALARMS = 0.05
PROMISED_COVERAGE = 0.95


@told_clearly
def print_self_test(
    kpi: str | None,
    *,
    metric: str | None,
    worlds: int,
    seed: int,
    home: Path | None,
    as_json: bool,
) -> int:
    """Print what the engine makes of planted effects; returns the exit code."""
    try:
        history = history_of(*read_histories(home), kpi=kpi, metric=metric)
    except UnknownName as error:
        return fail(str(error))
    say(
        f"Planting {worlds:,} worlds into {history.kpi.label}: half without any effect, half with "
        f"a known one, on releases like {history.releases.told} …"
    )
    result = self_test(
        ground_of(history),
        rng=np.random.default_rng(seed),
        n_worlds=worlds,
        run=_in_processes if worlds >= ONE_PROCESS_BELOW else map,
        on_world=_progress,
    )
    if as_json:
        print_json(_as_json(result, history))
    else:
        _print(result, history)
    return 0


def ground_of(history: KpiHistory) -> Ground:
    """What the self test plants into."""
    return Ground(
        kpi=history.values,
        released_at=history.releases.positions,
        gains=history.releases.gains,
        calendar=history.calendar,
        max_lag_days=history.inputs.settings.max_lag_days,
        smallest_effect=history.smallest_effect,
    )


def _in_processes(
    look: Callable[[Planted], Outcome], worlds: Sequence[Planted]
) -> Iterable[Outcome]:
    """In order, on a few cores; each world draws from its own seed, so the answer is the same."""
    processes = max(1, min(MOST_PROCESSES, os.cpu_count() or 1))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(look, worlds, chunksize=8)


def _progress(done: int, of: int) -> None:
    if done == of or done % max(of // 10, 1) == 0:
        say(f"  {done:,} of {of:,}")


def _as_json(result: SelfTest, history: KpiHistory) -> dict[str, Any]:
    about = {
        "kpi": history.kpi.name,
        "metric": history.releases.metric,
        "releases": history.releases.told,
    }
    return about | _without_nan(asdict(result)) | {"summary": summary(result, history)}


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(result: SelfTest, history: KpiHistory) -> None:
    title = (
        f"Self test of {history.kpi.label}: {result.n_worlds:,} planted worlds, each with "
        f"{result.n_releases} releases on {result.n_days:,} days"
    )
    if result.reason:
        print(f"{title}\n  nothing can be tested: {result.reason}")
        return
    print_table(
        ("figure", "measured", "95 % interval", "worlds", "promised"),
        _figures(result),
        title=title,
        right=("measured", "worlds", "promised"),
    )
    print()
    print_table(
        (f"planted effect, {result.effect_unit}", "worth a month", "found", "95 % interval", "of"),
        [
            (
                f"{size.effect:.2f}",
                _money(size.effect, history),
                _percent(size.found.share),
                _interval(size.found),
                f"{size.found.n}",
            )
            for size in result.sizes
        ],
        right=("worth a month", "found", "of"),
    )
    print()
    for line in summary(result, history):
        print(line)
    print(f"\nHow: {result.method}")
    for assumption in result.assumptions:
        print(f"  – {assumption}")


def _figures(result: SelfTest) -> list[tuple[str, str, str, str, str]]:
    def row(name: str, rate: Rate, promised: str = "") -> tuple[str, str, str, str, str]:
        return name, _percent(rate.share), _interval(rate), f"{rate.n}", promised

    low, high = result.found_with_80_interval
    return [
        row("false alarms: nothing planted, called `moves`", result.false_alarms, "5 %"),
        row("  on the own releases, moved", result.false_alarms_own, "5 %"),
        row("  on random days and gains", result.false_alarms_random, "5 %"),
        row("called `confounded` though it was not", result.called_confounded),
        row("95 % interval holds the planted effect", result.coverage, "95 %"),
        row("sign right, when found", result.sign_right),
        row("lag within 2 days, when found", result.lag_right),
        ("median error of the lag, when found", f"{result.lag_error_days:.0f} days", "", "", ""),
        (
            "effect found four times in five",
            _size(result.found_with_80),
            f"{_size(low)} – {_size(high)}",
            f"{sum(size.found.n for size in result.sizes)}",
            _size(result.promised),
        ),
    ]


def summary(result: SelfTest, history: KpiHistory) -> list[str]:
    """What the figures mean, in sentences for who decides."""
    if result.reason:
        return [result.reason]
    kpi, alarms = history.kpi.label, result.false_alarms
    lines = [
        f"Where nothing was there, the hub claimed an effect on {kpi} in "
        f"{_percent(alarms.share)} of cases ({_interval(alarms)}); "
        + _kept(alarms.low <= PROMISED_FALSE_ALARMS, "5 % is what it promises"),
        f"Its 95 % intervals held the truth in {_percent(result.coverage.share)} of cases; "
        + _kept(result.coverage.high >= PROMISED_COVERAGE, "95 % is what it promises"),
    ]
    if math.isfinite(result.found_with_80):
        lines.append(
            f"With releases like these it finds an effect four times in five from "
            f"{_size(result.found_with_80)} on{_in_words(result, history)}. Smaller ones are "
            "mostly missed: read `not enough data` as exactly that."
        )
        lines += _held_to_its_word(result)
    else:
        lines.append(
            "Even the largest planted effect was found less than four times in five: this history "
            "and so few releases can hardly show anything."
        )
    return lines


def _held_to_its_word(result: SelfTest) -> list[str]:
    """Whether the smallest detectable effect on the hub's cards is what it is said to be."""
    low, high = result.found_with_80_interval
    if low <= result.promised <= high:
        return []
    how = "too hopeful" if result.promised < low else "too careful"
    return [
        f"The smallest detectable effect on its cards, here {_size(result.promised)}, is {how}: "
        f"by this count it is {_size(low)} to {_size(high)}."
    ]


def _kept(is_kept: bool, promise: str) -> str:
    return f"{promise}." if is_kept else f"{promise}, and HERE THE PROMISE IS NOT KEPT."


def _in_words(result: SelfTest, history: KpiHistory) -> str:
    if result.effect_unit != ELASTICITY:
        return f" ({result.effect_unit})"
    told = f": {history.kpi.label} up {result.found_with_80:.2g} % for each 1 % gained offline"
    money = _money(result.found_with_80, history)
    return told + (f", {money} a month for the gains so far" if money else "")


@dataclass(frozen=True)
class _Effect:
    effect: float
    interval: tuple[float, float]
    effect_unit: str = ELASTICITY


def _money(effect: float, history: KpiHistory) -> str:
    """What all own gains together would be worth a month at this effect; empty if not money."""
    change, level = float(np.sum(history.releases.gains)), history.daily_level
    is_known = math.isfinite(effect) and math.isfinite(level) and change > 0.0
    if not (history.is_money and is_known and float(history.values.min()) > 0.0):
        return ""
    told = worth_together(
        _Effect(effect, (effect, effect)), metric_change=change, mean_daily_kpi=level
    )
    return f"{told.per_month:,.0f} {history.inputs.currency}"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100.0 * share:.1f} %"


def _interval(rate: Rate) -> str:
    return "–" if not rate.n else f"{100.0 * rate.low:.1f} – {100.0 * rate.high:.1f} %"


def _size(effect: float) -> str:
    return "beyond reach" if math.isinf(effect) else "–" if math.isnan(effect) else f"{effect:.2f}"
