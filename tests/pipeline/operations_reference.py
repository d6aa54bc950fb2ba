"""What do a shop's files say of capacity, cost, incidents and lists? Read with pandas alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd

from tests.pipeline.published_numbers import ALL, summed, whole_and_split

ZONE = "Europe/Berlin"


def local_day(stamps: pd.Series) -> pd.Series:
    local = pd.to_datetime(stamps, utc=True, format="ISO8601").dt.tz_convert(ZONE)
    return local.dt.tz_localize(None).dt.normalize()


def day_of_hour(hours: pd.DataFrame | pd.Series) -> pd.Series:
    """The day of each hour of an index on the local clock."""
    return pd.Series(pd.DatetimeIndex(hours.index).tz_localize(None).normalize(), hours.index)


def samples(home: Path, metric: str) -> pd.DataFrame:
    """Samples of a metric on the local clock, a column a service."""
    file = home / "exports" / "metrics" / "services.csv.gz"
    frame = pd.read_csv(file, parse_dates=["timestamp"])
    wide = frame[frame["metric"] == metric].pivot(
        index="timestamp", columns="service", values="value"
    )
    wide.index = pd.DatetimeIndex(wide.index).tz_convert(ZONE)
    return wide


def by_the_hour(told: pd.DataFrame) -> pd.DataFrame:
    """What held in each hour: samples come every two hours and speak for two; the last for none."""
    hours = pd.date_range(told.index[0], told.index[-1], freq="h", inclusive="left")
    return told.reindex(hours).ffill(limit=1)


def counted_by_the_hour(counters: pd.DataFrame) -> pd.DataFrame:
    """The rise of counters that begin anew at times, spread evenly between two samples."""
    rise = counters.diff()
    came = rise.where(rise >= 0, counters).iloc[1:]
    seconds = counters.index.to_series().diff().iloc[1:].dt.total_seconds()
    width = (seconds / 3600).astype(int).to_numpy()
    sample = np.repeat(np.arange(len(came)), width)
    back = np.concatenate([np.arange(1, hours + 1) for hours in width])
    spread = came.iloc[sample].div(width[sample], axis=0)
    return spread.set_axis(spread.index - pd.to_timedelta(back, unit="h")).sort_index()


def capacity(home: Path) -> pd.DataFrame:
    """Instances, CPU and metered requests, weighted by the time that samples hold."""
    hours = {
        "instance_hours": by_the_hour(samples(home, "instances")),
        "cpu_busy_seconds": by_the_hour(samples(home, "cpu_utilization")) * 36.0,  # of percent
        "metered_requests": counted_by_the_hour(samples(home, "http_requests_total")),
    }
    hours["known_hours"] = hours["instance_hours"].notna().astype(float).replace(0.0, float("nan"))
    hours["cpu_known_seconds"] = 3600 * (hours["cpu_busy_seconds"] * 0 + 1)
    days = pd.concat(
        {name: wide.groupby(day_of_hour(wide)).sum(min_count=1).stack() for name, wide in
         hours.items()}, axis=1
    )  # fmt: skip
    days = days.rename_axis(["day", "entity"]).reset_index()
    return summed(
        days.assign(segment_name=ALL, segment_value=ALL),
        ["instance_hours", "metered_requests"],
        {
            "instances": ("instance_hours", "known_hours"),
            "cpu_used_ratio": ("cpu_busy_seconds", "cpu_known_seconds"),
        },
    )


def bills(home: Path) -> pd.DataFrame:
    """Bills of the shop: all in the hub's currency."""
    files = sorted((home / "exports" / "cost").glob("*.csv"))
    frame = pd.concat([pd.read_csv(file, parse_dates=["day"]) for file in files])
    assert set(frame["currency"]) == {"EUR"}
    return frame.rename(columns={"service": "entity", "cost": "service_cost"})


def cost(home: Path, lines: pd.DataFrame) -> pd.DataFrame:
    """Cost by category, and of a thousand predictions on the days that tell both sides.

    `lines` are the usable lines of the services' logs.
    """
    frame = bills(home)
    days = frame[["entity", "day", "service_cost"]]
    answered = lines[lines["model"].notna() & (lines["fallback"] != True)]  # noqa: E712
    predictions = answered.groupby(["service", "day"]).size().rename_axis(["entity", "day"]) / 1000
    both = pd.concat(
        {"cost": days.groupby(["entity", "day"])["service_cost"].sum(), "thousands": predictions},
        axis=1, join="inner",
    ).reset_index()  # fmt: skip
    return pd.concat(
        [
            summed(whole_and_split(days, category=frame["category"]), ["service_cost"], {}),
            summed(
                both.assign(segment_name=ALL, segment_value=ALL), [],
                {"cost_per_thousand_predictions": ("cost", "thousands")},
            ),
        ],
        ignore_index=True,
    )  # fmt: skip


def told_incidents(home: Path) -> pd.DataFrame:
    return pd.read_csv(home / "exports" / "incidents" / "incidents.csv")


def incidents(home: Path, services: set[str], through: pd.Timestamp) -> pd.DataFrame:
    """Incidents and minutes under at least one: every second of each service is marked.

    Every service of `services` has a number on every local day from the first incident `through`
    the end of the data: the list is delivered whole.
    """
    rows = told_incidents(home)
    began = local_day(rows["started_at"])
    spine = pd.date_range(began.min(), through, freq="D")
    found = []
    for service in sorted(services | set(rows["service"])):
        own = rows[rows["service"] == service]
        seconds: set[int] = set()
        for start, end in zip(own["started_at"], own["resolved_at"], strict=True):
            first, last = (int(pd.Timestamp(text).timestamp()) for text in (start, end))
            seconds.update(range(first, last))
        marked = pd.to_datetime(pd.Series(sorted(seconds), dtype="int64"), unit="s", utc=True)
        under = marked.groupby(local_day(marked)).size() / 60
        days = pd.DataFrame({"entity": service, "day": spine})
        days["incident_minutes"] = under.reindex(spine).fillna(0.0).to_numpy()
        days["incidents"] = began[own.index].value_counts().reindex(spine).fillna(0).to_numpy()
        found.append(days.assign(segment_name=ALL, segment_value=ALL))
    return summed(pd.concat(found), ["incidents", "incident_minutes"], {})


def shown_positions(home: Path) -> pd.DataFrame:
    """Every position of every served list: entity, day, position, served, rendered, viewed."""
    found = []
    packed = (home / "exports" / "exposure" / "recommendations.jsonl.gz").read_bytes()
    for line in gzip.decompress(packed).splitlines():
        one = json.loads(line)
        for position, item in enumerate(one["items"], start=1):
            shown = [float(item in one[stage]) for stage in ("rendered", "viewed")]
            found.append((one["model"], one["ts"], one.get("platform"), position, 1.0, *shown))
    names = ["entity", "ts", "platform", "position", "served", "rendered", "viewed"]
    frame = pd.DataFrame(found, columns=names)
    return frame.assign(day=local_day(frame["ts"]))


def lists(home: Path) -> pd.DataFrame:
    """Served, drawn and seen positions of logged lists, of the whole and by platform."""
    frame = shown_positions(home).rename(columns={"served": "list_positions_served"})
    days = frame[["entity", "day", "list_positions_served", "rendered", "viewed"]]
    shares = {
        "list_rendered_ratio": ("rendered", "list_positions_served"),
        "list_viewed_ratio": ("viewed", "list_positions_served"),
    }
    return summed(
        whole_and_split(days, platform=frame["platform"]), ["list_positions_served"], shares
    )
