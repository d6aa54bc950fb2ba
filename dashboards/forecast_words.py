"""How is a forecast said: where the period ends, how sure, and how good such forecasts were?"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from dashboards.wording import LEVEL, amount, count, day_name, is_missing, period_name, share


def is_known(forecast: Any | None) -> bool:
    """Whether there is a forecast at all."""
    return forecast is not None and not is_missing(forecast["expected"])


EVEN = 50
TOO_OFTEN = 2
LEAST_MISSES = 2


def outlook(forecast: Any) -> str:
    """`May 2026 through 29 May 2026: 39,000 €; 40,800 € expected at the end [95 %: …]; …`."""
    words = [
        f"{period_name(forecast['period_start'], forecast['grain'])} through "
        f"{day_name(forecast['data_through'])}: {_said(forecast, 'so_far')}; "
        f"{_said(forecast, 'expected')} expected at the end "
        f"[{LEVEL}: {_said(forecast, 'low_95')} to {_said(forecast, 'high_95')}], "
        f"{count(int(forecast['days_left']), 'day')} to go"
    ]
    if told := faith(forecast):
        words.append(told)
    return "; ".join(words)


def faith(forecast: Any) -> str:
    """`chance of the target under 4 % (95 % intervals of earlier forecasts held 22 of 24 times)`.

    Without a target only that intervals were too narrow, else nothing; where no earlier forecast
    was tried, that no chance is told.
    """
    past = past_words(forecast)
    if is_missing(forecast["target"]):
        return past if too_narrow(forecast) else ""
    if is_missing(forecast["chance_of_target"]):
        return "no chance of the target is told: such forecasts were not tried on the past"
    return f"chance of the target {chance(forecast)}{f' ({past})' if past else ''}"


def sentence(forecast: Any) -> str:
    """Where it will end, with both intervals, the days left and the chance of the target."""
    left = count(int(forecast["days_left"]), "day")
    said = (
        f"{forecast['label']} is expected to end {period_name(*_period(forecast))} at "
        f"{_said(forecast, 'expected')}: with 80 % between {_said(forecast, 'low_80')} and "
        f"{_said(forecast, 'high_80')}, with 95 % between {_said(forecast, 'low_95')} and "
        f"{_said(forecast, 'high_95')}; {left} to go, and only "
        f"{'that is' if int(forecast['days_left']) == 1 else 'those are'} uncertain"
    )
    if not is_missing(forecast["target"]) and not is_missing(forecast["chance_of_target"]):
        said += (
            f". The chance of the target of {_said(forecast, 'target')} is {chance(forecast)}, no "
            f"surer than the past allows: {_as_far_off(forecast)}"
        )
    return said + "."


def _as_far_off(forecast: Any) -> str:
    """How many earlier forecasts were off by as much as the target is away."""
    found, tried = int(forecast["n_as_far_off"]), int(forecast["n_back_tests"])
    which = "none" if found == 0 else f"{found}"
    verb = "was" if found < 2 else "were"
    return f"{which} of {count(tried, 'earlier forecast')} {verb} as far off for its interval"


def back_tests(forecast: Any, tests: pd.DataFrame) -> str:
    """How earlier forecasts of this kind did against what came.

    `tests` holds them a row each, with the days that were left when it was made.
    """
    if is_missing(forecast["n_back_tests"]) or is_missing(forecast["coverage_80"]):
        reason = forecast["back_test_reason"]
        return f"Not tried on the past: {reason}" if reason else "Not tried on the past."
    left, now = tests["days_left"], int(forecast["days_left"])
    horizon = f" with {left.min():.0f} to {left.max():.0f} days to go" if len(left) else ""
    shorter = ""
    if len(left) and now < left.min():
        shorter = (
            f" This one has {count(now, 'day')} to go, fewer than any of them, so its interval "
            "is narrower and it should be off by less; how much less has not been tried."
        )
    return (
        f"Of {count(int(forecast['n_back_tests']), 'earlier forecast')} made in the same way"
        f"{horizon}, the 80 % interval held what came in {share(forecast['coverage_80'])} and the "
        f"95 % interval in {share(forecast['coverage_95'])} of the cases. They were off by "
        f"{amount(forecast['error'], 'ratio', form='.1%')} on average; repeating last week would "
        f"have been off by {amount(forecast['naive_error'], 'ratio', form='.1%')}.{shorter}"
    )


def held(forecast: Any, level: int) -> tuple[int, int] | None:
    """How many of how many earlier intervals of 80 or 95 % held what came; None where untried."""
    tried, coverage = forecast.get("n_back_tests"), forecast.get(f"coverage_{level}")
    if is_missing(tried) or is_missing(coverage) or not int(tried):
        return None
    return round(float(coverage) * int(tried)), int(tried)


def too_narrow(forecast: Any) -> int | None:
    """The level whose intervals missed at least twice as often as they say; None where none did.

    That is a count held against the level's promise, no test: one miss is let pass.
    """
    for level in (95, 80):
        found = held(forecast, level)
        if found is None:
            continue
        missed, promised = found[1] - found[0], found[1] * (100 - level) / 100
        if missed >= max(LEAST_MISSES, TOO_OFTEN * promised):
            return level
    return None


def past_words(forecast: Any) -> str:
    """How often intervals of earlier forecasts held, and that they were too narrow; else empty."""
    level = too_narrow(forecast)
    found = held(forecast, level or 95)
    if found is None:
        return ""
    doubt = "⚠ too narrow in the past: " if level else ""
    counted = f"{found[0]} of {count(found[1], 'time')}"
    return f"{doubt}{level or 95} % intervals of earlier forecasts{_made(forecast)} held {counted}"


def _made(forecast: Any) -> str:
    """`, made with 10 to 31 days to go,`; empty where the days are not known."""
    least, most = (forecast.get(f"{each}_days_tested") for each in ("least", "most"))
    if is_missing(least) or is_missing(most):
        return ""
    span = f"{least:.0f} to " if least < most else ""
    return f", made with {span}{count(float(most), 'day')} to go,"


def caveats(forecast: Any) -> list[str]:
    """What a reader should know of the forecast."""
    return [] if is_missing(forecast["caveats"]) else list(json.loads(forecast["caveats"]))


def chance(forecast: Any) -> str:
    """The chance of the target in words that never say never: `35 %`, `under 4 %`, `over 96 %`.

    Where no earlier forecast was ever as far off, it is told as a bound, rounded to the cautious
    side.
    """
    number = 100 * float(forecast["chance_of_target"])
    if bool(forecast["chance_is_bound"]):
        cautious = -(-number // 1) if number < EVEN else number // 1
        return f"{'under' if number < EVEN else 'over'} {cautious:.0f} %"
    if number < 1:
        return "under 1 %"
    return "over 99 %" if number > 99 else share(number / 100)


def _period(forecast: Any) -> tuple[Any, str]:
    return forecast["period_start"], str(forecast["grain"])


def _said(forecast: Any, column: str) -> str:
    return amount(forecast[column], forecast["unit"], form=forecast["format"], short=True)
