"""Which series does a link analysis compare? Read from the observations, complete days only."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

OWN_COLUMN_DAYS = 5


@dataclass(frozen=True)
class Kpi:
    """A business figure of the whole company, one value a complete day."""

    name: str
    label: str
    unit: str
    adds_up: bool
    values: pd.Series


@dataclass(frozen=True)
class ModelMetric:
    """A model's offline metric on one data set: the live version's value, one a day."""

    model: str
    name: str
    label: str
    dataset: str
    values: pd.Series

    @property
    def address(self) -> str:
        """How a person names it: `recommender/ndcg_at_10`."""
        return f"{self.model}/{self.name}"


def read_kpis(con: duckdb.DuckDBPyConnection) -> list[Kpi]:
    """Every metric with the role `kpi`, by day for the whole company."""
    rows = con.execute(
        """
        select metric_name, label, unit, aggregation = 'simple' as adds_up
        from metrics.catalogue where role = 'kpi' order by metric_name
        """
    ).fetchall()
    frame = con.execute(
        """
        select metric_name, period_start, metric_value from metrics.observations
        where entity = 'company' and segment_name = '__all__' and grain = 'day' and is_complete
        """
    ).df()
    return [
        Kpi(name, label, unit, adds_up, _series(frame[frame["metric_name"] == name]))
        for name, label, unit, adds_up in rows
        if (frame["metric_name"] == name).any()
    ]


def read_model_metrics(con: duckdb.DuckDBPyConnection) -> list[ModelMetric]:
    """Every metric with the role `model_metric`, one series per model and data set."""
    frame = con.execute(
        """
        select entity, metric_name, label, segment_value as dataset, period_start, metric_value
        from metrics.observations join metrics.catalogue using (metric_name)
        where role = 'model_metric' and segment_name = 'dataset' and grain = 'day' and is_complete
        """
    ).df()
    keys = ["entity", "metric_name", "label", "dataset"]
    return [
        ModelMetric(str(entity), str(name), str(label), str(dataset), _series(rows))
        for (entity, name, label, dataset), rows in frame.groupby(keys, sort=True)
    ]


def read_releases(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Production releases of models: columns model, version, released_on (midnight)."""
    frame = con.execute(
        """
        select model, version, valid_from as released_on
        from platform.platform_model_releases order by model, released_on
        """
    ).df()
    return frame.assign(released_on=pd.to_datetime(frame["released_on"]))


def read_calendar(con: duckdb.DuckDBPyConnection) -> pd.DataFrame | None:
    """Confounder columns by day (0 or 1): one per name with at least five days, else per kind."""
    frame = con.execute(
        "select distinct day, kind, coalesce(name, '') as name from staging.stg_calendar"
    ).df()
    if frame.empty:
        return None
    frame["day"] = pd.to_datetime(frame["day"])
    days = frame.groupby(["kind", "name"])["day"].transform("nunique")
    own = frame["kind"] + ": " + frame["name"]
    frame["column"] = own.where(days >= OWN_COLUMN_DAYS, frame["kind"])
    return pd.crosstab(frame["day"], frame["column"]).clip(upper=1).astype(float)


def aligned(metric: ModelMetric, kpi: Kpi) -> tuple[pd.Series, pd.Series]:
    """Both on one daily index over the days they share; gaps are NaN."""
    first = max(metric.values.index[0], kpi.values.index[0])
    last = min(metric.values.index[-1], kpi.values.index[-1])
    days = pd.date_range(first, max(first, last), freq="D")
    return metric.values.reindex(days), kpi.values.reindex(days)


def _series(rows: pd.DataFrame) -> pd.Series:
    days = pd.DatetimeIndex(pd.to_datetime(rows["period_start"]))
    return pd.Series(rows["metric_value"].to_numpy(float), index=days).sort_index()
