"""Generated KPIs of a test shop in the columns of `mart_success_metrics`."""

from __future__ import annotations

import numpy as np
import pandas as pd

FIRST, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-03-12")

KPIS = {
    "revenue": ("Revenue", "Value of all sold lines.", "EUR", "up", "kpi", ",.0f"),
    "orders": ("Orders", "Orders with a sold line.", "orders", "up", "kpi", ",.0f"),
    "return_rate": ("Return rate", "Returns by revenue.", "ratio", "down", "guardrail", ".2%"),
}


def _sales_days() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    days = pd.date_range(FIRST, LAST, freq="D")
    parts = []
    for country, channel, level in (
        ("DE", "web", 500.0),
        ("DE", "app", 200.0),
        ("FR", "web", 180.0),
        (None, "app", 60.0),
    ):
        growth = np.linspace(1, 1.4, len(days)) * (1 + 0.1 * np.sin(days.day_of_week))
        revenue = level * growth * rng.normal(1, 0.05, len(days))
        parts.append(
            pd.DataFrame(
                {
                    "day": days,
                    "country": country or "__null__",
                    "channel": channel,
                    "revenue": revenue,
                    "orders": np.round(revenue / 40),
                    "returns": revenue * rng.uniform(0.02, 0.06, len(days)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def success_metrics() -> pd.DataFrame:
    days = _sales_days()
    starts = {
        "day": days["day"],
        "week": days["day"] - pd.to_timedelta(days["day"].dt.day_of_week, unit="D"),
        "month": days["day"].dt.to_period("M").dt.to_timestamp(),
    }
    ends = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(days=7)}
    parts = []
    for grain, start in starts.items():
        placed = days.assign(period_start=start, __all__="__all__")
        for segment in ("__all__", "country", "channel"):
            keys = ["period_start", segment]
            sums = placed.groupby(keys)[["revenue", "orders", "returns"]].sum().reset_index()
            for metric, about in KPIS.items():
                value = sums["returns"] / sums["revenue"] if metric == "return_rate" else None
                part = pd.DataFrame(
                    {
                        "metric_name": metric,
                        "segment_name": segment,
                        "segment_value": sums[segment],
                        "grain": grain,
                        "period_start": sums["period_start"],
                        "value": sums[metric] if value is None else value,
                        "numerator": None if value is None else sums["returns"],
                        "denominator": None if value is None else sums["revenue"],
                    }
                )
                names = ("label", "description", "unit", "direction", "role", "format")
                part = part.assign(**dict(zip(names, about, strict=True)), owner="Sales")
                end = part["period_start"] + ends.get(grain, pd.DateOffset(months=1))
                part["is_complete"] = end <= LAST + pd.Timedelta(days=1)
                parts.append(_compared(part, grain))
    frame = pd.concat(parts, ignore_index=True)
    is_target = (
        (frame["metric_name"] == "revenue")
        & (frame["grain"] == "month")
        & (frame["segment_name"] == "__all__")
    )
    frame["target"] = np.where(is_target, 29000.0, np.nan)
    frame["adds_up"] = frame["metric_name"] != "return_rate"
    return frame


def _compared(part: pd.DataFrame, grain: str) -> pd.DataFrame:
    steps = {"day": (1, 364), "week": (7, 364)}
    known = part[part["is_complete"]].set_index(["segment_value", "period_start"])["value"]
    for name, at in (("previous", 0), ("year_ago", 1)):
        if grain == "month":
            start = part["period_start"] - pd.DateOffset(months=(1, 12)[at])
        else:
            start = part["period_start"] - pd.Timedelta(days=steps[grain][at])
        index = pd.MultiIndex.from_arrays([part["segment_value"], start])
        value = known.reindex(index).to_numpy()
        is_known = part["is_complete"].to_numpy() & ~pd.isna(value)
        part[f"{name}_period_start"] = start.where(is_known)
        part[f"{name}_value"] = np.where(is_known, value, np.nan)
        part[f"change_{name}"] = part["value"] / part[f"{name}_value"] - 1
    return part


def year_to_date(metrics: pd.DataFrame) -> pd.DataFrame:
    """Of the months with a target: sums of their year, in the columns of the mart."""
    is_counted = metrics["target"].notna() & metrics["is_complete"]
    rows = metrics[is_counted].sort_values("period_start")
    year = rows["period_start"].dt.year
    years = rows.groupby(year)
    return pd.DataFrame(
        {
            "metric_name": rows["metric_name"],
            "grain": rows["grain"],
            "period_start": rows["period_start"],
            "year_start": rows["period_start"].dt.to_period("Y").dt.start_time,
            "value_to_date": years["value"].cumsum(),
            "target_to_date": years["target"].cumsum(),
            "n_counted": years.cumcount() + 1,
            "n_on_target": (rows["value"] >= rows["target"]).groupby(year).cumsum(),
            "n_periods": rows["period_start"].dt.month,
        }
    )
