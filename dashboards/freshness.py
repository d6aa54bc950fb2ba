"""Through when does the data go, and which source is older than it may be?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import pandas as pd

from dashboards.wording import age, day_name, is_missing
from hub.config import HubConfig

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
    found = []
    for _, row in sources.iterrows():
        hours, allowed = limits.get(row["source"], (None, None))
        if hours is None or allowed is None or is_missing(row["data_through"]):
            continue
        through = pd.Timestamp(row["data_through"]).to_pydatetime()
        if now - through > timedelta(hours=hours):
            found.append(StaleSource(str(row["source"]), through, now - through, allowed))
    return found


def data_through(sources: pd.DataFrame, zone: tzinfo) -> str:
    """`30 Jun 2025`, or `28 Jun 2025 (service_logs) to 30 Jun 2025 (shop_orders)`.

    Daily sources decide (sales and service logs); other kinds only where there are none.
    """
    known = sources.dropna(subset=["data_through"])
    daily = known[known["kind"].isin(EVENT_KINDS)]
    rows = (daily if len(daily) else known).sort_values("data_through")
    if rows.empty:
        return "no data"
    local = pd.to_datetime(rows["data_through"], utc=True).dt.tz_convert(zone)
    first, last = day_name(local.iloc[0]), day_name(local.iloc[-1])
    if first == last:
        return first
    return f"{first} ({rows['source'].iloc[0]}) to {last} ({rows['source'].iloc[-1]})"
