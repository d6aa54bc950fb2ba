"""What do a shop's log files say of its services, computed with pandas and nothing of the hub?"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.pipeline.published_numbers import (
    ALL,
    GRAINS,
    numbers,
    starts_of,
    summed,
    whole_and_split,
)

ZONE = "Europe/Berlin"
APDEX_MS = 500
NUMBERS = ("latency_ms", "k", "served", "rendered", "viewed")
# ratio: numerator and denominator among what `_parts` tells
RATIOS = {
    "error_ratio": ("errors", "requests"),
    "apdex": ("apdex_points", "apdex_requests"),
    "fallback_ratio": ("fallback_answers", "requests_with_fallback_known"),
    "empty_ratio": ("empty_answers", "requests_with_answer_known"),
    "served_ratio": ("positions_served_of_asked", "positions_asked_and_answered"),
    "rendered_ratio": ("positions_rendered", "positions_served_to_pages"),
    "viewed_ratio": ("positions_viewed", "positions_rendered_and_watched"),
    "unknown_platform_ratio": ("requests_of_unknown_platform", "model_requests"),
}
COUNTS = ("requests", "errors", "requests_of_unknown_platform")
COUNTS_BY_PLATFORM = (
    "model_requests",
    "fallback_answers",
    "empty_answers",
    "positions_rendered",
    "positions_viewed",
)
OF_WHOLE_SERVICES = ("error_ratio", "apdex", "unknown_platform_ratio")
PERCENTILES = {"latency_ms_p50": 50, "latency_ms_p95": 95, "latency_ms_p99": 99}


@cache
def read_lines(folder: Path) -> pd.DataFrame:
    """Every usable line once: a second delivery and broken lines are left out.

    A line is broken when it is no JSON object, tells no time that exists, or tells a status or a
    latency that is no number.
    """
    files = sorted((folder / "exports" / "logs").glob("*.jsonl*"))
    delivered = [file for file in files if "_redelivered" not in file.name]
    assert len(delivered) < len(files)
    lines = pd.DataFrame([line for file in delivered for line in _usable(file)])
    lines["at"] = pd.to_datetime(lines["ts"], utc=True, format="ISO8601")
    lines["day"] = lines["at"].dt.tz_convert(ZONE).dt.tz_localize(None).dt.normalize()
    lines["failed"] = lines["status"] >= 500
    for column in NUMBERS:
        lines[column] = pd.to_numeric(lines[column]).astype("float64")
    return lines


def _usable(file: Path) -> Iterator[dict[str, Any]]:
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    for raw in content.split(b"\n"):
        try:
            line = json.loads(raw.decode("utf-8"))
            datetime.fromisoformat(line["ts"])
        except (UnicodeDecodeError, ValueError, KeyError):
            continue
        if all(isinstance(line.get(name, 0), int | float) for name in ("status", "latency_ms")):
            yield line


def services(lines: pd.DataFrame) -> pd.DataFrame:
    """Every number of a service: of the whole, and by platform what a model's lines tell."""
    days = lines[["day"]].assign(entity=lines["service"], **_parts(lines))
    whole = days.assign(segment_name=ALL, segment_value=ALL)
    of_models = days[days["model_requests"].notna()]
    both = whole_and_split(of_models, platform=lines["platform"][of_models.index])
    by_platform = {name: sides for name, sides in RATIOS.items() if name not in OF_WHOLE_SERVICES}
    return pd.concat(
        [
            summed(whole, COUNTS, {name: RATIOS[name] for name in OF_WHOLE_SERVICES}),
            summed(both, COUNTS_BY_PLATFORM, by_platform),
            _percentiles(lines),
        ],
        ignore_index=True,
    )


def budgets(lines: pd.DataFrame, objectives: Mapping[str, tuple[float, int]]) -> pd.DataFrame:
    """Burn rates and what is left of error budgets: `objectives` and windows in days by service.

    Errors over those that are allowed of the same requests; what is left is told of the window that
    ends with a period's last day with a line.
    """
    counted = lines.groupby(["service", "day"])["failed"].agg(["size", "sum"]).astype(float)
    found = []
    for service, (objective, window) in objectives.items():
        days = counted.loc[service].set_axis(["requests", "errors"], axis=1)
        spine = days.reindex(pd.date_range(days.index.min(), days.index.max()))
        seen = spine.rolling(window, min_periods=1).sum().loc[days.index]
        days["allowed"] = days["requests"] * (1 - objective)
        days["allowed_of_window"] = seen["requests"] * (1 - objective)
        days["left"] = days["allowed_of_window"] - seen["errors"]
        for name, value in ((ALL, ALL), ("slo_window", f"{window} days")):
            told = days.rename_axis("day").reset_index().assign(
                entity=service, segment_name=name, segment_value=value
            )  # fmt: skip
            found += [summed(told, [], {"burn_rate": ("errors", "allowed")}), _left(told)]
    return pd.concat(found, ignore_index=True)


def _left(days: pd.DataFrame) -> pd.DataFrame:
    found = []
    for grain in GRAINS:
        period = days.assign(grain=grain, period_start=starts_of(days["day"], grain))
        last = period.sort_values("day").drop_duplicates("period_start", keep="last")
        sides = {"numerator": last["left"], "denominator": last["allowed_of_window"]}
        value = last["left"] / last["allowed_of_window"]
        told = last.assign(metric_name="error_budget_left", metric_value=value, **sides)
        found.append(numbers(told))
    return pd.concat(found, ignore_index=True)


def red(lines: pd.DataFrame, by: list[str], *, interpolated: bool = False) -> pd.DataFrame:
    """Requests, errors, timed requests and percentiles of latency of each group of lines.

    A percentile is the smallest latency that so many of a hundred do not exceed (nearest rank), or
    lies between two neighbours in proportion.
    """
    groups = lines.groupby(by)
    sides = {"requests": ("failed", "size"), "errors": ("failed", "sum")}
    told = groups.agg(**sides, timed_requests=("latency_ms", "count"))
    timed = lines.dropna(subset=["latency_ms"]).sort_values([*by, "latency_ms"])
    latency, sizes = timed["latency_ms"].to_numpy(), timed.groupby(by).size()
    first = (sizes.cumsum() - sizes).to_numpy()
    for name, percent in PERCENTILES.items():
        if interpolated:
            place = (sizes.to_numpy() - 1) * percent / 100
            low, high = first + np.floor(place).astype(int), first + np.ceil(place).astype(int)
            found = latency[low] + (place % 1) * (latency[high] - latency[low])
        else:
            found = latency[first + -(-sizes.to_numpy() * percent // 100) - 1]
        told[name] = pd.Series(found, index=sizes.index)
    return told


def _percentiles(lines: pd.DataFrame) -> pd.DataFrame:
    found = []
    for grain in GRAINS:
        dated = lines.assign(
            entity=lines["service"], period_start=starts_of(lines["day"], grain), grain=grain
        )
        told = red(dated, ["entity", "grain", "period_start"]).reset_index()
        found += [numbers(told.assign(metric_name=n, metric_value=told[n])) for n in PERCENTILES]
    return pd.concat(found, ignore_index=True)


def _parts(lines: pd.DataFrame) -> dict[str, pd.Series]:
    """What each line adds to numerators and denominators; NaN where it tells nothing of it."""
    is_model = lines[["model", "fallback", "k", "served", "rendered"]].notna().any(axis=1)
    told_fallback, told_answer = lines["fallback"].notna(), lines["served"].notna()
    rated = lines["latency_ms"].notna() | lines["failed"]
    return {
        "requests": pd.Series(1.0, index=lines.index),
        "errors": lines["failed"].astype(float),
        "apdex_requests": rated.astype(float).where(rated),
        "apdex_points": _apdex_points(lines).where(rated),
        "model_requests": is_model.astype(float).where(is_model),
        "fallback_answers": (lines["fallback"] == True).astype(float).where(told_fallback),  # noqa: E712
        "requests_with_fallback_known": told_fallback.astype(float).where(told_fallback),
        "empty_answers": (lines["served"] == 0).astype(float).where(told_answer),
        "requests_with_answer_known": told_answer.astype(float).where(told_answer),
        "positions_asked_and_answered": lines["k"].where(told_answer),
        "positions_served_of_asked": lines["served"].where(lines["k"].notna()),
        "positions_rendered": lines["rendered"],
        "positions_served_to_pages": lines["served"].where(lines["rendered"].notna()),
        "positions_viewed": lines["viewed"],
        "positions_rendered_and_watched": lines["rendered"].where(lines["viewed"].notna()),
        "requests_of_unknown_platform": (~_is_known(lines, is_model)).astype(float).where(is_model),
    }


def _is_known(lines: pd.DataFrame, is_model: pd.Series) -> pd.Series:
    """Of lines about a model: its platform came up in the first seven days of the service."""
    days = lines["day"].where(is_model)
    first = days.groupby(lines["service"]).transform("min")
    first_of_platform = days.groupby([lines["service"], lines["platform"]]).transform("min")
    return (first_of_platform - first) < pd.Timedelta(days=7)


def _apdex_points(lines: pd.DataFrame) -> pd.Series:
    """1 within T, half within 4 T, nothing beyond or for a failure; NaN latency of a failure too.

    T stands at the nearest power of 1.02, as the definition says.
    """
    t, four_t = (1.02 ** round(log(limit) / log(1.02)) for limit in (APDEX_MS, 4 * APDEX_MS))
    points = np.select([lines["latency_ms"] <= t, lines["latency_ms"] <= four_t], [1.0, 0.5], 0.0)
    return pd.Series(points, index=lines.index).where(~lines["failed"], 0.0)


def firing(lines: pd.DataFrame, objectives: dict[str, float], *, least: int) -> pd.DataFrame:
    """Five minutes at whose end a burn-rate rule fires: service, rule, ends_at, burn_rate.

    Windows are summed over a grid of all five minutes, the empty ones among them.
    """
    rules = {
        "page_1h": (14.4, 12, 1),
        "page_6h": (6.0, 72, 6),
        "ticket_3d": (1.0, 864, 72),
    }
    found = []
    for service, objective in objectives.items():
        mine = lines[lines["service"] == service].set_index("at")
        steps = mine.resample("5min")["failed"].agg(["size", "sum"]).astype(float)
        ends = pd.DatetimeIndex(steps.index) + pd.Timedelta(minutes=5)
        whole = ends <= lines["at"].max()
        for rule, (limit, long, short) in rules.items():
            budget = 1 - objective
            totals = [steps.rolling(n, min_periods=1).sum() for n in (long, short)]
            burns = [total["sum"] / total["size"] / budget for total in totals]
            is_enough = totals[0]["size"] >= max(least, 1 / (limit * budget))
            fires = (burns[0] > limit) & (burns[1] > limit) & is_enough & whole
            fires &= steps["size"] > 0
            ends_at = ends[fires.to_numpy(dtype=bool)]
            found.append(
                pd.DataFrame({"ends_at": ends_at, "burn_rate": burns[0][fires].to_numpy()}).assign(
                    service=service, rule=rule
                )
            )
    return pd.concat(found, ignore_index=True)
