"""Of which series is asked since when they are at their level? Complete hours and days only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from hub.config import HubConfig

HOURLY_DAYS = 800
FEW_REQUESTS = 20
LEAST_REQUESTS = 5
FEW = (
    f"Most hours have fewer than {FEW_REQUESTS} requests, too few for a 95th percentile: their "
    "median is looked at."
)
TOTAL = "__all__"
SERVED = "positions_served_per_request"
# what is returned was sold before, and of what was sold before the first day no return may be
# delivered: until most of what may still come back was sold within the data, returns only begin
OF_RETURNS = ("returns_value", "return_rate")
RETURN_DAYS = 42
BEGINNING = (
    f"The first {RETURN_DAYS} days are left out: returns follow sales, so at the beginning of the "
    "data they are fewer than they are later."
)


@dataclass(frozen=True, eq=False)
class WatchedSeries:
    """One measure of one service, project or of the company, by hour or by day.

    `values` are indexed by the start of each local hour (with time zone) or local day (without);
    gaps are absent or NaN. `direction` is `up` or `down`; another word or none: neither is good.
    """

    metric: str
    entity: str
    label: str
    layer: str
    role: str
    unit: str
    direction: str
    format: str
    grain: str
    values: pd.Series
    caveats: tuple[str, ...] = ()

    @property
    def series_id(self) -> str:
        """`recommender-api/error_ratio`, or `revenue` for the company."""
        return self.metric if self.entity == "company" else f"{self.entity}/{self.metric}"

    def fingerprint(self, code: str) -> str:
        """Changes when a value, a stamp or the code that looks at them does."""
        digest = hashlib.sha256(f"{code}|{self.series_id}|{self.grain}".encode())
        digest.update(pd.DatetimeIndex(self.values.index).as_unit("us").asi8.tobytes())
        digest.update(np.asarray(self.values, dtype=np.float64).tobytes())
        return digest.hexdigest()[:32]


def read_watched(con: duckdb.DuckDBPyConnection, config: HubConfig) -> list[WatchedSeries]:
    """Services by hour, what else is known of them by day, KPIs and guardrails by day."""
    described = _described(con)
    by_hour = list(_by_hour(con, config, described))
    timed = {series.entity for series in by_hour if series.metric.startswith("latency")}
    return [*by_hour, *_served_by_request(con), *_by_day(con, described, timed_by_hour=timed)]


def _described(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    rows = con.execute(
        "select metric_name, label, layer, role, unit, coalesce(direction, ''), format, "
        "aggregation from metrics.catalogue"
    ).fetchall()
    keys = ("label", "layer", "role", "unit", "direction", "format", "aggregation")
    return {name: dict(zip(keys, map(str, rest), strict=True)) for name, *rest in rows}


def _series(metric: str, entity: str, about: dict[str, str], **rest: object) -> WatchedSeries:
    kept = {key: value for key, value in about.items() if key != "aggregation"}
    return WatchedSeries(metric=metric, entity=entity, **kept, **rest)  # type: ignore[arg-type]


def _by_hour(
    con: duckdb.DuckDBPyConnection, config: HubConfig, described: dict[str, dict[str, str]]
) -> Iterator[WatchedSeries]:
    """Error ratio and latency of each service in every hour that had a request.

    Where most hours have too few requests for a 95th percentile, their median stands for it; of
    services with next to no requests latency is looked at by day.
    """
    frame = con.execute(
        """
        select hours.service, hours.hour_start, hours.requests, hours.errors,
            hours.latency_ms_p50, hours.latency_ms_p95
        from platform.platform_request_hours as hours
        cross join (
            select newest_at from staging.stg_watermarks where kind = 'service_logs'
        ) as known
        where hours.hour_start + interval 1 hour <= known.newest_at
            and hours.hour_start >= known.newest_at - to_days(?)
        order by hours.service, hours.hour_start
        """,
        [HOURLY_DAYS],
    ).df()
    frame["error_ratio"] = frame["errors"] / frame["requests"].where(frame["requests"] > 0)
    for service, rows in frame.groupby("service", sort=True):
        stamps = pd.DatetimeIndex(rows["hour_start"]).tz_convert(config.time_zone)
        for name in ("error_ratio", *_latency(rows)):
            values = pd.Series(rows[name].to_numpy(dtype=np.float64, na_value=np.nan), stamps)
            if name.startswith("latency"):
                values[rows["requests"].to_numpy() < LEAST_REQUESTS] = np.nan
            if name in described and values.notna().any():
                yield _series(
                    name,
                    str(service),
                    described[name],
                    grain="hour",
                    values=values,
                    caveats=(FEW,) if name == "latency_ms_p50" else (),
                )


def _latency(rows: pd.DataFrame) -> tuple[str, ...]:
    """Which percentile the hours of a service can carry, if any."""
    typical = float(rows["requests"].median())
    if typical < LEAST_REQUESTS:
        return ()
    return ("latency_ms_p50",) if typical < FEW_REQUESTS else ("latency_ms_p95",)


def _served_by_request(con: duckdb.DuckDBPyConnection) -> Iterator[WatchedSeries]:
    """How many positions a service answers with: the k that was served."""
    frame = con.execute(
        """
        select usage.service, usage.requested_on as day,
            sum(usage.k_served) / nullif(sum(usage.requests_with_answer_known), 0) as served
        from platform.platform_model_usage_days as usage
        join metrics.observations as seen
            on seen.metric_name = 'requests' and seen.entity = usage.service
            and seen.grain = 'day' and seen.segment_name = '__all__'
            and seen.period_start = usage.requested_on and seen.is_complete
        group by all having served is not null order by 1, 2
        """
    ).df()
    for service, rows in frame.groupby("service", sort=True):
        yield WatchedSeries(
            metric=SERVED,
            entity=str(service),
            label="Positions served per request",
            layer="platform",
            role="service_metric",
            unit="positions",
            direction="",
            format=",.1f",
            grain="day",
            values=_daily(rows["day"], rows["served"]),
        )


def _by_day(
    con: duckdb.DuckDBPyConnection,
    described: dict[str, dict[str, str]],
    *,
    timed_by_hour: set[str],
) -> Iterator[WatchedSeries]:
    """Traffic and ratios of services, and the company's KPIs and guardrails.

    Traffic goes up and down with the day as a whole, which hours would take for a change. Other
    counts of services repeat their traffic; what is looked at by hour, as the parts of Apdex are,
    or as positions served per request, is not asked twice.
    """
    frame = con.execute(
        """
        select observations.metric_name, entity, period_start, metric_value
        from metrics.observations join metrics.catalogue using (metric_name)
        where segment_name = ? and grain = 'day' and is_complete and metric_value is not null
            and (
                (role in ('kpi', 'guardrail') and entity = 'company')
                or (role = 'service_metric' and aggregation not in ('simple', 'precomputed'))
                or metric_name = 'requests'
                or (metric_name = 'latency_ms_p95' and not list_contains(?, entity))
            )
            and metric_name not in ('error_ratio', 'apdex', 'served_ratio')
        order by 1, 2, 3
        """,
        [TOTAL, sorted(timed_by_hour)],
    ).df()
    for (name, entity), rows in frame.groupby(["metric_name", "entity"], sort=True):
        values, caveats = _daily(rows["period_start"], rows["metric_value"]), tuple[str, ...]()
        if name in OF_RETURNS:
            values, caveats = _settled(values), (BEGINNING,)
        yield _series(
            str(name),
            str(entity),
            described[str(name)],
            grain="day",
            values=values,
            caveats=caveats,
        )


def _settled(values: pd.Series) -> pd.Series:
    """Returns from the day on that most of what is returned then was sold within the data."""
    return values[values.index >= values.index.min() + pd.Timedelta(days=RETURN_DAYS)]


def _daily(days: pd.Series, values: pd.Series) -> pd.Series:
    index = pd.DatetimeIndex(pd.to_datetime(days)).as_unit("us")
    return pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan), index=index)
