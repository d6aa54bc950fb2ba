"""Which series, releases, calendar and settings do link analyses use? Kept so they can be repeated.

What a build's links are computed from is written into the build itself: the observations are there
anyway, and the releases, the calendar and the settings of the day stand beside them. So a verdict
can be worked out again from a published build alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import pandas as pd

from assets.input_checks import Faults
from hub.config import HubConfig, LinkSettings

OWN_COLUMN_DAYS = 5


@dataclass(frozen=True, eq=False)
class Kpi:
    """A business figure of the whole company, one value a complete day."""

    name: str
    label: str
    unit: str
    adds_up: bool
    values: pd.Series
    source_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ModelMetric:
    """A model's offline metric on one data set: the live version's value, one a day."""

    model: str
    name: str
    label: str
    dataset: str
    values: pd.Series
    source_kinds: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """How a person names it: `recommender/ndcg_at_10`."""
        return f"{self.model}/{self.name}"


@dataclass(frozen=True, eq=False)
class LinkInputs:
    """All that the links of one build are computed from.

    `releases` has the columns model, version, released_on (midnight); `calendar` one column of 0
    and 1 for each confounder, by day, or is None.
    """

    kpis: Sequence[Kpi]
    metrics: Sequence[ModelMetric]
    releases: pd.DataFrame
    calendar: pd.DataFrame | None
    settings: LinkSettings
    currency: str

    @cached_property
    def money_kpi(self) -> Kpi | None:
        """The KPI in which the smallest gain that matters is counted: sales in the currency."""
        for kpi in sorted(self.kpis, key=lambda kpi: kpi.name != "revenue"):
            if self.is_money(kpi):
                return kpi
        return None

    def is_money(self, kpi: Kpi) -> bool:
        """Whether the KPI adds up to an amount in the hub's currency."""
        return kpi.adds_up and kpi.unit == self.currency


def store_inputs(
    con: duckdb.DuckDBPyConnection, *, config: HubConfig, faults: Faults, build: str
) -> None:
    """Write the releases, the calendar, the settings and what is wrong with the sources."""
    con.execute("begin")
    con.execute("delete from insights.input_releases")
    con.execute(
        """
        insert into insights.input_releases
        select model, version, valid_from from platform.platform_model_releases
        """
    )
    con.execute("delete from insights.input_calendar")
    con.execute(
        """
        insert into insights.input_calendar
        select distinct day, kind, coalesce(name, '') from staging.stg_calendar
        """
    )
    con.execute("delete from insights.input_settings")
    con.execute(
        "insert into insights.input_settings values (?, ?, ?, ?)",
        [build, config.currency, config.link.model_dump_json(), json.dumps(faults)],
    )
    con.execute("commit")


def read_inputs(con: duckdb.DuckDBPyConnection) -> LinkInputs:
    """The inputs that `store_inputs` noted, from the warehouse or a published build."""
    currency, settings = con.execute(
        "select currency, settings from insights.input_settings"
    ).fetchall()[0]
    link = LinkSettings.model_validate_json(settings)
    return LinkInputs(
        kpis=[kpi for kpi in read_kpis(con) if link.kpis is None or kpi.name in link.kpis],
        metrics=read_model_metrics(con),
        releases=read_releases(con),
        calendar=_stored_calendar(con),
        settings=link,
        currency=currency,
    )


def read_faults(con: duckdb.DuckDBPyConnection) -> Faults:
    """What was wrong with the sources when the inputs were stored."""
    told: dict[str, list[str]] = json.loads(
        con.execute("select faults from insights.input_settings").fetchall()[0][0]
    )
    return told


def read_kpis(con: duckdb.DuckDBPyConnection) -> list[Kpi]:
    """Every metric with the role `kpi`, by day for the whole company."""
    rows = con.execute(
        """
        select metric_name, label, unit, aggregation = 'simple' as adds_up, source_kinds
        from metrics.catalogue where role = 'kpi' order by metric_name
        """
    ).fetchall()
    frame = con.execute(
        """
        select metric_name, period_start, metric_value from metrics.observations
        where entity = 'company' and segment_name = '__all__' and grain = 'day' and is_complete
        """
    ).df()
    series = {name: _series(group) for name, group in frame.groupby("metric_name")}
    return [
        Kpi(name, label, unit, adds_up, series[name], _names(kinds))
        for name, label, unit, adds_up, kinds in rows
        if name in series
    ]


def read_model_metrics(con: duckdb.DuckDBPyConnection) -> list[ModelMetric]:
    """Every metric with the role `model_metric`, one series per model and data set."""
    frame = con.execute(
        """
        select
            entity, metric_name, label, segment_value as dataset, cast(source_kinds as varchar)
            as source_kinds, period_start, metric_value
        from metrics.observations join metrics.catalogue using (metric_name)
        where role = 'model_metric' and segment_name = 'dataset' and grain = 'day' and is_complete
        """
    ).df()
    keys = ["entity", "metric_name", "label", "dataset", "source_kinds"]
    return [
        ModelMetric(str(entity), str(name), str(label), str(dataset), _series(rows), _names(kinds))
        for (entity, name, label, dataset, kinds), rows in frame.groupby(
            keys, sort=True, dropna=False
        )
    ]


def read_releases(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Production releases of models: columns model, version, released_on (midnight)."""
    frame = con.execute(
        "select model, version, released_on from insights.input_releases order by all"
    ).df()
    return frame.assign(released_on=pd.to_datetime(frame["released_on"]))


def read_calendar(con: duckdb.DuckDBPyConnection) -> pd.DataFrame | None:
    """Confounder columns by day (0 or 1): one per name with at least five days, else per kind."""
    return _by_day(
        con.execute(
            "select distinct day, kind, coalesce(name, '') as name from staging.stg_calendar"
        ).df()
    )


def _stored_calendar(con: duckdb.DuckDBPyConnection) -> pd.DataFrame | None:
    return _by_day(con.execute("select day, kind, name from insights.input_calendar").df())


def _by_day(frame: pd.DataFrame) -> pd.DataFrame | None:
    if frame.empty:
        return None
    frame["day"] = pd.to_datetime(frame["day"])
    days = frame.groupby(["kind", "name"])["day"].transform("nunique")
    own = frame["kind"] + ": " + frame["name"]
    frame["column"] = own.where(days >= OWN_COLUMN_DAYS, frame["kind"])
    return pd.crosstab(frame["day"], frame["column"]).clip(upper=1).astype(float)


def _names(kinds: object) -> tuple[str, ...]:
    """A JSON list of names; the catalogue may hold none."""
    return tuple(json.loads(kinds)) if isinstance(kinds, str) else ()


def _series(rows: pd.DataFrame) -> pd.Series:
    days = pd.DatetimeIndex(pd.to_datetime(rows["period_start"]))
    return pd.Series(rows["metric_value"].to_numpy(float), index=days).sort_index()
