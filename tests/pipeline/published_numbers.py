"""Where do the published numbers and those of a reference differ?

A table of numbers has `KEY`, metric_value and, for a ratio, its numerator and denominator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hub.home import HubHome
from hub.warehouse import open_published

KEY = ["metric_name", "entity", "segment_name", "segment_value", "grain", "period_start"]
SIDES = ["metric_value", "numerator", "denominator"]
GRAINS = {"day": "D", "week": "W-SUN", "month": "M"}
ALL, UNKNOWN = "__all__", "__null__"
# as a share of the value; a percentile of a histogram is within 1 % of the nearest rank
CLOSE = 1e-9
OF_HISTOGRAMS = {"latency_ms_p50": 0.01, "latency_ms_p95": 0.01, "latency_ms_p99": 0.01}
NOTHING = 1e-12


def published_numbers(home: HubHome) -> pd.DataFrame:
    """Every number that pages and queries read."""
    with open_published(home) as con:
        found = con.execute(
            "select metric_name, entity, segment_name, segment_value, grain, period_start, "
            "metric_value, numerator, denominator from metrics.observations"
        ).df()
    return found.assign(period_start=as_days(found["period_start"]))


def as_days(starts: pd.Series) -> pd.Series:
    """First days of periods in one unit of time, so that they compare."""
    return pd.to_datetime(starts).astype("datetime64[us]")


def starts_of(days: pd.Series, grain: str) -> pd.Series:
    """The first day of the period that holds each local day."""
    return days.dt.to_period(GRAINS[grain]).dt.start_time.dt.normalize()


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` as a table of numbers: of the whole, and no ratio, where nothing else is said."""
    filled: dict[str, Any] = {
        "segment_name": ALL,
        "segment_value": ALL,
        "numerator": np.nan,
        "denominator": np.nan,
    }
    told = rows.assign(**{name: filled[name] for name in filled if name not in rows})
    told = told.dropna(subset=["metric_value"])
    return told.assign(period_start=as_days(told["period_start"]))[[*KEY, *SIDES]]


def summed(
    days: pd.DataFrame, sums: Iterable[str], ratios: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    """Sums and ratios of sums of `days` at every grain.

    `days` has entity, day, segment_name, segment_value and a column a sum; what is NaN on all days
    of a period has no number, and a ratio has none without a denominator. A segment of which no day
    of a period tells anything had none, where the whole tells and so does the segment before and
    after.
    """
    by = ["entity", "segment_name", "segment_value", "period_start"]
    found = []
    for grain in GRAINS:
        of_period = days.assign(period_start=starts_of(days["day"], grain)).groupby(by)
        total = of_period.sum(numeric_only=True, min_count=1).reset_index().assign(grain=grain)
        for name in sums:
            told = total.assign(metric_name=name, metric_value=total[name])
            found.append(told)
            if (told["segment_name"] != ALL).any():
                rows = _zeros(told)
                found.append(rows.assign(grain=grain, metric_name=name, metric_value=0.0))
        for name, (top, base) in ratios.items():
            parts = total.assign(numerator=total[top], denominator=total[base])
            value = parts["numerator"] / parts["denominator"].where(parts["denominator"] > 0)
            found.append(parts.assign(metric_name=name, metric_value=value))
    return pd.concat([numbers(each) for each in found], ignore_index=True)


def _zeros(told: pd.DataFrame) -> pd.DataFrame:
    """Segments and periods of one metric and grain without a row, that are zero and not unknown."""
    by = ["entity", "segment_name", "segment_value"]
    known = told.dropna(subset=["metric_value"])
    is_whole = known["segment_name"] == ALL
    spans_of = known[~is_whole].groupby(by)["period_start"].agg(["min", "max"]).reset_index()
    within = spans_of.merge(known.loc[is_whole, ["entity", "period_start"]], on="entity")
    starts = within["period_start"]
    within = within[(starts > within["min"]) & (starts < within["max"])]
    facts = told[[*by, "period_start"]]
    rows = within.merge(facts, on=[*by, "period_start"], how="left", indicator=True)
    return rows.loc[rows["_merge"] == "left_only", [*by, "period_start"]]


def whole_and_split(days: pd.DataFrame, **segments: pd.Series) -> pd.DataFrame:
    """`days` once of the whole and once by each segment, for `summed`; NaN is a value unknown."""
    split = [
        days.assign(segment_name=name, segment_value=values.fillna(UNKNOWN))
        for name, values in segments.items()
    ]
    return pd.concat([days.assign(segment_name=ALL, segment_value=ALL), *split])


def percentiles(
    days: pd.DataFrame, wanted: Mapping[str, Callable[[pd.Series], float]], *, column: str
) -> pd.DataFrame:
    """A statistic of the records of a period by entity: `days` has entity, day and `column`."""
    known = days.dropna(subset=[column])
    found = []
    for grain in GRAINS:
        starts = starts_of(known["day"], grain).rename("period_start")
        groups = known.groupby([known["entity"], starts])[column]
        for name, statistic in wanted.items():
            rows = groups.agg(statistic).rename("metric_value").reset_index()
            found.append(numbers(rows.assign(metric_name=name, grain=grain)))
    return pd.concat(found, ignore_index=True)


def spans(table: pd.DataFrame) -> set[tuple[str, str, str]]:
    """Which metrics a table of numbers tells, at which segments and grains."""
    columns = table[["metric_name", "segment_name", "grain"]].drop_duplicates()
    return set(columns.itertuples(index=False, name=None))


def differences(expected: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Numbers of the expected metrics that one side lacks, or that are too far apart."""
    found = published[published["metric_name"].isin(expected["metric_name"].unique())]
    both = expected.merge(
        found, on=KEY, how="outer", suffixes=("_expected", "_found"), indicator=True, validate="1:1"
    )
    allowed = both["metric_name"].map(OF_HISTOGRAMS).fillna(CLOSE)
    is_wrong = both["_merge"] != "both"
    for side in SIDES:
        wanted, told = both[f"{side}_expected"], both[f"{side}_found"]
        is_close = (told - wanted).abs() <= allowed * wanted.abs() + NOTHING
        is_wrong |= ~(is_close | (wanted.isna() & told.isna()))
    return both[is_wrong]
