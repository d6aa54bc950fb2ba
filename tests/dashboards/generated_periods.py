"""Periods of a service and of a project as stored, with what each of them is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

Frames = dict[str, pd.DataFrame]
WHOLE, TABLET = ("__all__", "__all__"), ("platform", "tablet")
METRICS = {
    "requests": ("Requests", "requests", "up", ",.0f"),
    "error_ratio": ("Error ratio", "ratio", "down", ".3%"),
    "model_requests": ("Model requests", "requests", "up", ",.0f"),
    "rendered_ratio": ("Rendered share", "ratio", "up", ".1%"),
    "throughput": ("Throughput", "issues", "up", ",.0f"),
    "cycle_time_days_p50": ("Cycle time p50", "days", "down", ",.1f"),
}
# 95 % intervals of the change from the period before: only shares of requests have one.
NO_INTERVAL: dict[str, float | None] = {"low": None, "high": None}
CHANGES: dict[str, dict[str, float | None]] = {"error_ratio": {"low": 0.001, "high": 0.003}}
# First days, the place of the period before and that of a year ago; the last is not complete.
MONTHS = (
    ("2024-02-01", None, None),
    ("2025-01-01", None, None),
    ("2025-02-01", 1, 0),
    ("2025-03-01", None, None),
)
WEEKS = (
    ("2025-02-10", None, None),
    ("2025-02-17", 0, None),
    ("2025-02-24", 1, None),
    ("2025-03-03", None, None),
)


def periods(service: str = "elsewhere", project: str = "ELSEWHERE") -> Frames:
    """The marts of compared periods, of a service and a project that the other marts may know."""
    return {
        "mart_service_periods": pd.concat(
            [
                _stored("requests", service, (800.0, 1000.0, 1200.0, 7.0)),
                _stored("error_ratio", service, (0.004, 0.004, 0.006, 0.9)),
                _stored("model_requests", service, (800.0, 1000.0, 1200.0, 7.0)),
                _stored("rendered_ratio", service, (0.9, 1.0, 0.5, 0.1)),
            ]
        ),
        "mart_delivery_periods": pd.concat(
            [
                _stored("throughput", project, (4.0, 5.0, 6.0, 1.0)),
                _stored("cycle_time_days_p50", project, (6.0, 7.0, 6.5, 1.0)),
            ]
        ),
    }


def _stored(metric: str, entity: str, values: Sequence[float]) -> pd.DataFrame:
    """Of the whole, and of tablets half as much."""
    label, unit, direction, form = METRICS[metric]
    rows = [
        {
            "metric_name": metric,
            "label": label,
            "description": f"{label}.",
            "unit": unit,
            "direction": direction,
            "format": form,
            "entity": entity,
            "segment_name": segment[0],
            "segment_value": segment[1],
            "grain": grain,
            "period_start": pd.Timestamp(start),
            "value": value * scale,
            "numerator": value * scale * 1000 if unit == "ratio" else None,
            "denominator": 1000.0 * scale if unit == "ratio" else None,
            "is_complete": start != steps[-1][0],
            **_place("previous", steps, values, before, scale, CHANGES.get(metric, NO_INTERVAL)),
            **_place("year_ago", steps, values, year_ago, scale, NO_INTERVAL),
        }
        for segment, scale in ((WHOLE, 1.0), (TABLET, 0.5))
        for grain, steps in (("month", MONTHS), ("week", WEEKS))
        for (start, before, year_ago), value in zip(steps, values, strict=True)
    ]
    return pd.DataFrame(rows)


def _place(
    name: str,
    steps: Sequence[tuple[str, int | None, int | None]],
    values: Sequence[float],
    place: int | None,
    scale: float,
    interval: dict[str, float | None],
) -> dict[str, object]:
    return {
        f"{name}_period_start": pd.NaT if place is None else pd.Timestamp(steps[place][0]),
        f"{name}_value": None if place is None else values[place] * scale,
        **{f"{name}_change_{end}": interval[end] for end in interval},
    }
