"""Through when does the data go, and which source is older than it may be?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pandas as pd

from dashboards.wording import age, day_name, is_missing, moment
from hub.config import HubConfig
from hub.freshness import LEAST_DELIVERIES, has_time, state

EVENT_KINDS = ("sales", "service_logs")


@dataclass(frozen=True)
class StaleSource:
    """A source whose newest record is older than its `fresh_within` allows."""

    source: str
    data_through: datetime
    age: timedelta
    allowed: str

    def __str__(self) -> str:
        return (
            f"{self.source} has data through {day_name(self.data_through)}, {age(self.age)} old; "
            f"at most {self.allowed} is allowed"
        )


def stale_sources(sources: pd.DataFrame, config: HubConfig, now: datetime) -> list[StaleSource]:
    """The sources with a limit in hub.yml whose newest record is older than that."""
    limits = {s.name: (s.fresh_within_hours, s.fresh_within) for s in config.sources}
    now = config.judged_at(now)
    found = []
    for _, row in sources.iterrows():
        hours, allowed = limits.get(row["source"], (None, None))
        if hours is None or allowed is None or is_missing(row["data_through"]):
            continue
        through = pd.Timestamp(row["data_through"]).to_pydatetime()
        if state(through, now=now, limit_hours=hours) == "stale":
            found.append(StaleSource(str(row["source"]), through, now - through, allowed))
    return found


def cadence(row: Any, limit: str | None) -> str:
    """How often data is expected, and who says so: hub.yml, or the source's own rhythm.

    `row` is a source's row of `mart_data_health_rhythm`, or None without a delivery.
    """
    if limit:
        return f"at most {limit} old (hub.yml)"
    if row is None or is_missing(row["usual_gap_days"]) or row["deliveries"] < LEAST_DELIVERIES:
        return "not known: too few deliveries"
    gap = float(row["usual_gap_days"])
    often = "every day" if gap <= 1 else f"every {gap:.0f} days"
    return f"about {often} (learned from {int(row['deliveries'])} deliveries)"


def freshness(
    row: Any, limit_hours: int | None, through: Any, now: datetime, *, is_closed: bool = False
) -> str:
    """The word of `hub.freshness.state`, with the age where it is too high: `late: 9 days old`."""
    newest = None if is_missing(through) else pd.Timestamp(through).to_pydatetime()
    gap = None if row is None or is_missing(row["longest_gap_days"]) else row["longest_gap_days"]
    word = state(
        newest,
        now=now,
        limit_hours=limit_hours,
        deliveries=0 if row is None else int(row["deliveries"]),
        longest_gap_days=None if gap is None else float(gap),
        is_closed=is_closed,
    )
    if newest is None or word not in ("stale", "late"):
        return word
    return f"{word}: {age(now - newest)} old"


def told_by_source(
    sources: pd.DataFrame, rhythm: pd.DataFrame, config: HubConfig | None, now: datetime
) -> pd.DataFrame:
    """The sources with columns `expected` and `freshness`, in words."""
    limits = {s.name: s for s in config.sources} if config else {}
    now = config.judged_at(now) if config else now
    rows = {row["source"]: row for _, row in rhythm.iterrows()}
    expected, verdicts = [], []
    for name, through in zip(sources["source"], sources["data_through"], strict=True):
        limit = limits.get(name)
        ended = limit.ended if limit else None
        often = cadence(rows.get(name), limit.fresh_within if limit else None)
        expected.append(f"nothing after {day_name(ended)} (hub.yml)" if ended else often)
        hours = limit.fresh_within_hours if limit else None
        is_closed = ended is not None
        verdicts.append(freshness(rows.get(name), hours, through, now, is_closed=is_closed))
    return sources.assign(expected=expected, freshness=verdicts)


def how_old(sources: pd.DataFrame, config: HubConfig | None, now: datetime) -> str:
    """`52 days ago` of what `data_through` tells, or that nothing newer is expected; else empty.

    Data younger than two days are said without their age.
    """
    if config is not None and config.data_end is not None and config.judged_at(now) < now:
        return f"nothing after {day_name(config.data_end)} is expected"
    newest = _deciding(sources)["data_through"]
    if newest.empty:
        return ""
    old = now - pd.Timestamp(newest.iloc[0]).to_pydatetime()
    return f"{age(old)} ago" if old >= timedelta(days=2) else ""


def _deciding(sources: pd.DataFrame) -> pd.DataFrame:
    """The sources that tell through when the data go, oldest first: daily ones, else all."""
    known = sources.dropna(subset=["data_through"])
    if "ended_on" in known and known["ended_on"].isna().any():  # a closed source tells no more
        known = known[known["ended_on"].isna()]
    daily = known[known["kind"].isin(EVENT_KINDS)]
    return (daily if len(daily) else known).sort_values("data_through")


def data_through(sources: pd.DataFrame, zone: tzinfo) -> str:
    """`30 Jun 2025 13:45`, or `28 Jun 2025 09:10 (service_logs) to 30 Jun 2025 (shop_orders)`.

    Daily sources decide (sales and service logs); other kinds only where there are none. Of one
    day the earliest moment is told; midnight is the mark of a source that knows only days.
    """
    rows = _deciding(sources)
    if rows.empty:
        return "no data"
    stamps = pd.to_datetime(rows["data_through"], utc=True)
    first, last = (_through(stamps.iloc[at], zone) for at in (0, -1))
    local = stamps.dt.tz_convert(zone)
    if day_name(local.iloc[0]) == day_name(local.iloc[-1]):
        return first
    return f"{first} ({rows['source'].iloc[0]}) to {last} ({rows['source'].iloc[-1]})"


def _through(stamp: pd.Timestamp, zone: tzinfo) -> str:
    """A moment on the hub's clock, or its day alone where the mark has no time of day."""
    local = stamp.tz_convert(zone)
    return moment(local, zone) if has_time(stamp.to_pydatetime(), zone) else day_name(local)
