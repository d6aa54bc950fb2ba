"""Which pairs of a model metric and a KPI are there, and what exactly is each computed from?

The fingerprint of a pair covers everything its estimate depends on: both series over the days they
share, the releases, the calendar, the settings and the code. Equal fingerprints mean equal
estimates, so a pair is estimated again only when its fingerprint changed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import numpy as np
import pandas as pd

from analytics.money import mean_daily_kpi, smallest_effect
from analytics.unknown_gains import KnownGains, keep_known_gains
from assets.link_inputs import Kpi, LinkInputs, ModelMetric
from hub.home import PROJECT_ROOT

_LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels")
_OWN_CODE = ("link_inputs", "link_pairs", "link_estimates", "link_drawings")


@dataclass(frozen=True, eq=False)
class MetricView:
    """A model metric over the days it shares with a KPI, ready for analysis.

    `seen` has the metric's gaps; `known` leaves out releases whose gain nobody knows, and the
    calendar has their free steps. `log_change` and `plain_change`: what the releases added up to.
    """

    metric: ModelMetric
    seen: pd.Series
    known: KnownGains
    calendar: pd.DataFrame | None
    log_change: float
    plain_change: float
    smallest_effect: float
    max_lag_days: int
    digest: str
    calendar_digest: str


@dataclass(frozen=True, eq=False)
class Pair:
    """A model metric and a KPI on one index of days; gaps are NaN."""

    link_id: str
    view: MetricView
    kpi: Kpi
    outcome: pd.Series
    is_primary: bool
    fingerprint: str

    @property
    def metric(self) -> ModelMetric:
        return self.view.metric


def pairs_of(inputs: LinkInputs) -> list[Pair]:
    """Every pair of the build, in the order of metrics and KPIs."""
    views: dict[tuple[int, pd.Timestamp, pd.Timestamp], MetricView] = {}
    declared = {(pair.metric, pair.kpi) for pair in inputs.settings.primary}
    pairs = []
    for at, metric in enumerate(inputs.metrics):
        for kpi in inputs.kpis:
            first = max(metric.values.index[0], kpi.values.index[0])
            last = max(min(metric.values.index[-1], kpi.values.index[-1]), first)
            if (at, first, last) not in views:
                days = pd.date_range(first, last, freq="D")
                views[at, first, last] = _view(metric, metric.values.reindex(days), inputs)
            view = views[at, first, last]
            outcome = kpi.values.reindex(view.seen.index)
            pairs.append(
                Pair(
                    link_id=_link_id(metric, kpi, inputs.metrics),
                    view=view,
                    kpi=kpi,
                    outcome=outcome,
                    is_primary=(metric.address, kpi.name) in declared,
                    fingerprint=digest(view.digest, series_digest(outcome)),
                )
            )
    return pairs


def _view(metric: ModelMetric, seen: pd.Series, inputs: LinkInputs) -> MetricView:
    settings = inputs.settings
    mine = inputs.releases[inputs.releases["model"] == metric.model]
    released = pd.DatetimeIndex(mine["released_on"]).unique().sort_values()
    known = keep_known_gains(seen, released, max_lag_days=settings.max_lag_days)
    calendar = _with_controls(inputs.calendar, known.controls)
    change = log_change(known.metric)
    smallest = smallest_effect_that_matters(change, inputs)
    calendar_digest = frame_digest(_within(calendar, seen.index))
    return MetricView(
        metric=metric,
        seen=seen,
        known=known,
        calendar=calendar,
        log_change=change,
        plain_change=plain_change(known.metric),
        smallest_effect=smallest,
        max_lag_days=settings.max_lag_days,
        digest=digest(
            engine_digest(),
            metric.model,
            series_digest(seen),
            calendar_digest,
            _releases_digest(inputs.releases, seen.index, settings.max_lag_days),
            repr((settings.max_lag_days, smallest)),
        ),
        calendar_digest=calendar_digest,
    )


@cache
def engine_digest() -> str:
    """A hash over the code and the libraries that turn a pair's inputs into its estimate."""
    files = sorted((PROJECT_ROOT / "analytics").glob("*.py"))
    files += [PROJECT_ROOT / "assets" / f"{name}.py" for name in _OWN_CODE]
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    return digest(*(file.name + "\0" + file.read_text("utf-8") for file in files), *libraries)


def digest(*parts: str) -> str:
    """One hash of several texts, in their order."""
    told = hashlib.sha256()
    for part in parts:
        told.update(part.encode() + b"\0")
    return told.hexdigest()[:32]


def series_digest(series: pd.Series) -> str:
    """A hash of days and values; one kind of missing value only."""
    values = series.to_numpy(np.float64)
    values = np.where(np.isnan(values), np.nan, values)
    days = series.index.to_numpy().astype("datetime64[D]")
    return hashlib.sha256(days.tobytes() + values.tobytes()).hexdigest()


def frame_digest(frame: pd.DataFrame | None) -> str:
    """A hash of the columns of a frame by day; a column of zeros counts for nothing."""
    if frame is None:
        return ""
    columns = [name for name in frame.columns if frame[name].any()]
    return digest(*(f"{name}\0{series_digest(frame[name])}" for name in columns))


def _within(calendar: pd.DataFrame | None, days: pd.Index) -> pd.DataFrame | None:
    """The rows of the calendar that fall on the days, without empty ones."""
    if calendar is None:
        return None
    inside = calendar[(calendar.index >= days[0]) & (calendar.index <= days[-1])]
    return inside[inside.any(axis=1)]


def _releases_digest(releases: pd.DataFrame, days: pd.Index, max_lag_days: int) -> str:
    """All models' releases that the pair's estimate or its caveats may name."""
    last = days[-1] + pd.Timedelta(days=max_lag_days)
    near = releases[(releases["released_on"] >= days[0]) & (releases["released_on"] <= last)]
    return digest(
        *(f"{row.model}\0{row.version}\0{row.released_on:%Y-%m-%d}" for row in near.itertuples())
    )


def _link_id(metric: ModelMetric, kpi: Kpi, metrics: Sequence[ModelMetric]) -> str:
    same = sum(other.address == metric.address for other in metrics)
    measured_on = [metric.dataset] if same > 1 else []
    return ".".join([metric.model, metric.name, *measured_on, kpi.name])


def log_change(values: pd.Series) -> float:
    """What the model's releases added up to: log of the last over the first value."""
    known = values.dropna()
    if len(known) < 2 or known.iloc[0] <= 0 or known.iloc[-1] <= 0:
        return math.nan
    return float(np.log(known.iloc[-1] / known.iloc[0]))


def plain_change(values: pd.Series) -> float:
    """What the model's releases added up to: the last value less the first."""
    known = values.dropna()
    return float(known.iloc[-1] - known.iloc[0]) if len(known) else math.nan


def smallest_effect_that_matters(change: float, inputs: LinkInputs) -> float:
    """The relative effect per unit of the metric's scale that is worth the smallest gain.

    `change` is what the releases added up to on that scale; 1 where nothing can be said.
    """
    kpi = inputs.money_kpi
    if kpi is None or not math.isfinite(change):
        return 1.0
    effect = smallest_effect(
        inputs.settings.smallest_gain_per_month,
        metric_change=change,
        mean_daily_kpi=mean_daily_kpi(kpi.values),
    )
    return effect if math.isfinite(effect) else 1.0


def _with_controls(
    calendar: pd.DataFrame | None, controls: pd.DataFrame | None
) -> pd.DataFrame | None:
    """The calendar and the free steps of releases of unknown gain, side by side."""
    if controls is None or calendar is None:
        return calendar if controls is None else controls
    return calendar.join(controls, how="outer").fillna(0.0)
