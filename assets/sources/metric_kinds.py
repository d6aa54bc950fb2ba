"""Does a metric count up for ever, count within each interval, or measure a state?

A cumulative counter only ever rises, but for resets to zero; a delta is the count of an interval
and falls as often as it rises; a gauge is a state. A file that declares types is believed. Else
the name and the values must agree: a name that says counter with values that fall most of the
time is a delta; values that only rise over many samples are a counter whatever the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

KINDS = ("counter", "gauge", "delta", "rate", "histogram", "summary")
ENOUGH = 20
_COUNTER = re.compile(r"(_total|_bucket|_count|_sum)$")
_INCREASE = re.compile(r"^\s*(sum\s*(by\s*\([^)]*\)\s*)?\()?\s*(increase|delta|idelta)\s*\(")
_RATE_QUERY = re.compile(r"(^|\W)(i?rate|deriv|per_second|per_minute)\s*\(")
_RATE = re.compile(
    r"(per_?(s|sec|second|min|minute)\b|[/_]s$|rps\b|qps\b|tps\b|_rate$|[. ]rate$)", re.IGNORECASE
)
_COUNTED = re.compile(
    r"(^|[_. :/-])(requests?|count|hits|errors?|calls|invocations|events|orders|faults"
    r"|RequestCount|Invocations|HTTPCode\w+Count)([_. {(]|$)"
)
_STATE = re.compile(
    r"latency|duration|time|percent|utili[sz]ation|ratio|average|avg|mean|p\d{2}", re.IGNORECASE
)
_RATE_UNITS = ("per_second", "1/s", "rps", "Count/Second", "Bytes/Second")


@dataclass(frozen=True)
class Evidence:
    """A metric's kind, and what told it. `is_certain` is false where nothing did."""

    kind: str
    told_by: str
    is_certain: bool = True


def decide_kind(metric: str, unit: str | None, series: Sequence[Sequence[float]]) -> Evidence:
    """The kind of a metric from its name, unit and the values of its series in order of time."""
    if unit in _RATE_UNITS or _RATE_QUERY.search(metric):
        return Evidence("rate", "its unit" if unit in _RATE_UNITS else "its query")
    if _INCREASE.match(metric):
        return Evidence("delta", "its query")
    steps, falls, resets, rises = _steps(series)
    share = f"{falls} of {steps} steps fall"
    if _COUNTER.search(metric):
        if steps >= 3 and falls > 0.2 * steps:
            return Evidence("delta", f"its name says counter, but {share}")
        kind = "histogram" if metric.endswith("_bucket") else "counter"
        return Evidence(kind, "its name")
    if _RATE.search(metric):
        return Evidence("rate", "its name")
    is_whole = all(value >= 0 and value == int(value) for values in series for value in values)
    is_rising = falls == resets and resets <= max(1, steps // 20) and rises >= 0.1 * steps
    if is_whole and steps >= ENOUGH and is_rising:
        told = f"whole numbers that never fall in {steps} steps"
        return Evidence("counter", told + (f" but for {resets} resets" if resets else ""))
    if is_whole and falls and _COUNTED.search(metric) and not _STATE.search(metric):
        return Evidence("delta", f"its name says count, and {share}")
    if steps < ENOUGH:
        return Evidence("gauge", f"only {steps} steps, and a name that does not tell", False)
    return Evidence("gauge", f"{share}, and the name says no count")


def _steps(series: Sequence[Sequence[float]]) -> tuple[int, int, int, int]:
    """Steps from sample to sample, and how many fall, fall to near nothing, and rise."""
    steps = falls = resets = rises = 0
    for values in series:
        for before, after in pairwise(values):
            steps += 1
            falls += after < before
            resets += after < before and after <= 0.1 * before
            rises += after > before
    return steps, falls, resets, rises
