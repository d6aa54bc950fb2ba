"""Is a source's newest record as young as it may be: by hub.yml, or by the source's own rhythm?

Pages and commands say the same word of it, which is that of `state`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

State = Literal["fresh", "stale", "on time", "late", "no limit set", "no data", "closed"]
LEAST_DELIVERIES = 4
LATE_AFTER_GAPS = 2


def state(
    through: datetime | None,
    *,
    now: datetime,
    limit_hours: float | None = None,
    deliveries: int = 0,
    longest_gap_days: float | None = None,
    is_closed: bool = False,
) -> State:
    """`fresh` or `stale` by the limit of hub.yml; without one `on time` or `late` by the rhythm.

    A source is late when its newest record is older than twice its longest gap so far, and has no
    rhythm before its fourth delivery; numbers are marked as stale by hub.yml's limit alone, as a
    rhythm is no promise. A source that ended by hub.yml is closed: nothing newer can come. `now` is
    the moment at which the hub judges (`HubConfig.judged_at`).
    """
    if through is None:
        return "no data"
    if is_closed:
        return "closed"
    old = now - through
    if limit_hours is not None:
        return "stale" if old > timedelta(hours=limit_hours) else "fresh"
    if longest_gap_days is None or deliveries < LEAST_DELIVERIES:
        return "no limit set"
    return "late" if old > timedelta(days=LATE_AFTER_GAPS * longest_gap_days) else "on time"


def has_time(moment: datetime, zone: tzinfo) -> bool:
    """Whether a mark tells a time of day: midnight is the mark of a source that knows only days."""
    stamps = (moment.astimezone(each) for each in (UTC, zone))
    return all((each.hour, each.minute, each.second) != (0, 0, 0) for each in stamps)
