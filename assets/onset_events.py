"""What happened, in any layer, that a change of a series might go back to?

Events are rows: `at` (UTC), `kind`, `name`, `component` (the service, model or source it belongs
to; empty for the whole company) and `is_measured`: found as a change of another series, so that
its moment is an estimate, or recorded with its moment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from hub.config import HubConfig

EVENT_COLUMNS = ("at", "kind", "name", "component", "is_measured")
KNOWN_FROM_THE_START = pd.Timedelta(days=7)
UNKNOWN_VALUE = "__null__"
FILES_EACH_SIDE = 2

_RELEASES = """
select released_at as at,
    case when is_rollback then 'rollback' when kind = 'service' then 'deploy' else 'release' end
        as kind,
    model || ' ' || version as name, model as component
from platform.platform_releases where is_production
"""
_PLATFORMS = """
select min(first_seen) as at,
    case when platform is null then 'missing column' else 'unknown category value' end as kind,
    case when platform is null then 'platform' else 'platform ' || platform end as name,
    service as component
from platform.platform_model_usage_days group by service, platform, is_known_platform
qualify not is_known_platform
    and min(requested_on) >= min(min(requested_on)) over (partition by service) + ?::integer
"""
_EXPERIMENTS = """
select started_at as at, 'experiment' as kind, experiment || ' starts' as name,
    coalesce(model, '') as component
from staging.stg_experiments where started_at is not null group by all
union all
select ended_at, 'experiment', experiment || ' ends', coalesce(model, '')
from staging.stg_experiments where ended_at is not null group by all
"""
_INCIDENTS = """
select created_at as at, 'incident' as kind, issue_key as name, '' as component
from staging.stg_jira_issues
where created_at is not null
    and (lower(issue_type) like '%incident%' or lower(issue_type) like '%outage%')
"""


def recorded_events(con: duckdb.DuckDBPyConnection, config: HubConfig) -> pd.DataFrame:
    """Releases, deploys, new category values, columns, experiments, incidents, the calendar."""
    parts = [
        con.execute(_RELEASES).df(),
        con.execute(_PLATFORMS, [KNOWN_FROM_THE_START.days]).df(),
        con.execute(_EXPERIMENTS).df(),
        con.execute(_INCIDENTS).df(),
        _frame(_calendar(con, config)),
        _frame(_columns(con)),
    ]
    filled = [part for part in parts if len(part)]
    if not filled:
        return no_events()
    events = pd.concat(filled, ignore_index=True).assign(is_measured=False)
    return events.assign(at=pd.to_datetime(events["at"], utc=True).astype("datetime64[us, UTC]"))


def no_events() -> pd.DataFrame:
    """An empty frame of events."""
    none = pd.DataFrame(columns=list(EVENT_COLUMNS))
    return none.assign(at=pd.to_datetime(none["at"], utc=True))


def _frame(rows: Iterable[tuple[pd.Timestamp, str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["at", "kind", "name", "component"])


def _calendar(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> Iterator[tuple[pd.Timestamp, str, str, str]]:
    """Begin and end of each run of days; a single day is one event."""
    frame = con.execute(
        "select distinct kind, coalesce(name, kind) as name, day from staging.stg_calendar "
        "order by kind, name, day"
    ).df()
    for (kind, name), rows in frame.groupby(["kind", "name"], sort=True):
        days = pd.to_datetime(rows["day"])
        for _, each in days.groupby((days.diff() > pd.Timedelta(days=1)).cumsum()):
            told = str(kind).replace("_", " ")
            first, after = each.iloc[0], each.iloc[-1] + pd.Timedelta(days=1)
            if len(each) == 1:
                yield _midnight(first, config), told, str(name), ""
                continue
            yield _midnight(first, config), told, f"{name} begins", ""
            yield _midnight(after, config), told, f"{name} ends", ""


def _midnight(day: pd.Timestamp, config: HubConfig) -> pd.Timestamp:
    local = day.tz_localize(config.time_zone, ambiguous=True, nonexistent="shift_forward")
    return local.tz_convert("UTC")


def _columns(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[pd.Timestamp, str, str, str]]:
    """Columns that a source's files stop having, begin to have or call by another name.

    Only for good: on one side every file has it, on the other none, at least two files each, so
    that a column which is often absent (an error's text) is no event.
    """
    rows = con.execute(
        "select source, first_at, detected from raw.loads where status = 'loaded' "
        "and first_at is not null and detected is not null order by source, first_at, file"
    ).fetchall()
    for source in dict.fromkeys(row[0] for row in rows):
        files = [(at, _mapping(told)) for name, at, told in rows if name == source]
        files = [(at, columns) for at, columns in files if columns]
        for column in sorted({name for _, columns in files for name in columns}):
            theirs = [columns.get(column) for _, columns in files]
            for i in range(FILES_EACH_SIDE, len(files) - FILES_EACH_SIDE + 1):
                kind = _column_change(theirs[:i], theirs[i:])
                if kind:
                    at = pd.Timestamp(files[i][0])
                    yield at, kind, f"{source} {column}", str(source)


def _column_change(before: list[str | None], after: list[str | None]) -> str:
    """What happened to a column between two groups of files; empty when nothing lasting did."""
    old, new = set(before), set(after)
    if len(old) != 1 or len(new) != 1 or old == new:
        return ""
    return "missing column" if new == {None} else "drifted column"


def _mapping(detected: str) -> dict[str, str]:
    """Our name: theirs, of one file; what a source does not tell is left out."""
    told: Any = json.loads(detected)
    fields = told.get("columns") or told.get("fields") if isinstance(told, dict) else None
    if not isinstance(fields, dict):
        return {}
    return {str(ours): json.dumps(theirs, sort_keys=True) for ours, theirs in fields.items()}


@dataclass(frozen=True)
class Family:
    """Measures that tell of the same thing, and what their changes are called as a cause."""

    kind: str
    metrics: tuple[str, ...]


FAMILIES = (
    Family("incident", ("error_ratio", "errors")),
    Family("latency", ("latency_ms_p50", "latency_ms_p95", "latency_ms_p99")),
    Family("fallback answers", ("fallback_ratio", "fallback_answers")),
    Family("empty answers", ("empty_ratio", "empty_answers")),
    Family(
        "exposure",
        ("rendered_ratio", "positions_rendered", "viewed_ratio", "positions_served_per_request"),
    ),
    # not "unknown category value", which is the value itself: this is how often such ones come
    Family("share of unknown values", ("unknown_platform_ratio", "requests_of_unknown_platform")),
    Family("traffic", ("requests", "model_requests")),
)


def family_of(metric: str) -> str:
    """The kind of event a change of this measure is; its own name where it has no family."""
    return next((family.kind for family in FAMILIES if metric in family.metrics), metric)


def measured_event(
    *, metric: str, entity: str, label: str, at: pd.Timestamp, size: float
) -> tuple[pd.Timestamp, str, str, str]:
    """A change of a service's series as an event for other series."""
    kind = family_of(metric)
    if kind == "exposure":
        kind = "exposure cut" if size < 0 else "more exposure"
    return (
        at.tz_convert("UTC"),
        kind,
        f"{entity} {label} {'falls' if size < 0 else 'rises'}",
        entity,
    )


def segment_events(
    con: duckdb.DuckDBPyConnection, *, metric: str, entity: str, config: HubConfig
) -> pd.DataFrame:
    """Segment values of a daily measure that came up later than the measure itself.

    Columns of events and `without`: the measure by day without that segment value, from its
    numerators and denominators (or, where it adds up, its values).
    """
    frame = con.execute(
        """
        select segment_name, segment_value, period_start, metric_value, numerator, denominator
        from metrics.observations
        where metric_name = ? and entity = ? and grain = 'day' and is_complete
        """,
        [metric, entity],
    ).df()
    aggregation = con.execute(
        "select aggregation from metrics.catalogue where metric_name = ?", [metric]
    ).fetchall()
    is_ratio = bool(aggregation) and aggregation[0][0] == "ratio"
    if frame.empty or not (is_ratio or (aggregation and aggregation[0][0] == "simple")):
        return no_events()
    frame["period_start"] = pd.to_datetime(frame["period_start"]).astype("datetime64[us]")
    total = frame[frame["segment_name"] == "__all__"].set_index("period_start").sort_index()
    rows = []
    for (name, value), part in frame[frame["segment_name"] != "__all__"].groupby(
        ["segment_name", "segment_value"], sort=True
    ):
        part = part.set_index("period_start").sort_index()
        shown = part[part["metric_value"].notna()]
        if shown.empty or shown.index[0] <= total.index[0] + KNOWN_FROM_THE_START:
            continue
        is_unknown = value == UNKNOWN_VALUE
        rows.append(
            {
                "at": _midnight(shown.index[0], config),
                "kind": "missing column" if is_unknown else "unknown category value",
                "name": str(name) if is_unknown else f"{name} {value}",
                "component": entity,
                "is_measured": False,
                "without": _without(total, part, is_ratio),
            }
        )
    if not rows:
        return no_events()
    found = pd.DataFrame(rows)
    return found.assign(at=pd.to_datetime(found["at"], utc=True).astype("datetime64[us, UTC]"))


def _without(total: pd.DataFrame, part: pd.DataFrame, is_ratio: bool) -> pd.Series:
    if not is_ratio:
        return total["metric_value"] - part["metric_value"].reindex(total.index).fillna(0.0)
    top = total["numerator"] - part["numerator"].reindex(total.index).fillna(0.0)
    bottom = total["denominator"] - part["denominator"].reindex(total.index).fillna(0.0)
    return top / bottom.where(bottom > 0)
