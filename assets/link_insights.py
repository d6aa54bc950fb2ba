"""What does the hub say of every model metric and KPI? Estimates in, rows of insights out."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pandas as pd

from analytics.crowding import crowded_releases, effect_without
from analytics.link import ELASTICITY, LinkResult, link
from analytics.money import DAYS_A_MONTH, Worth, mean_daily_kpi, smallest_effect, worth_together
from analytics.multiplicity import judged_in_pool
from analytics.unknown_gains import KnownGains, keep_known_gains
from analytics.vocabulary import Verdict
from assets.link_inputs import (
    Kpi,
    ModelMetric,
    aligned,
    read_calendar,
    read_kpis,
    read_model_metrics,
    read_releases,
)
from hub.config import HubConfig

NAMED_OTHERS = 4


@dataclass(frozen=True)
class LinkInputs:
    """All that the links of one build are computed from."""

    kpis: Sequence[Kpi]
    metrics: Sequence[ModelMetric]
    releases: pd.DataFrame
    calendar: pd.DataFrame | None
    config: HubConfig

    @property
    def money_kpi(self) -> Kpi | None:
        """The KPI in which the smallest gain that matters is counted: sales in the currency."""
        for kpi in sorted(self.kpis, key=lambda kpi: kpi.name != "revenue"):
            if kpi.adds_up and kpi.unit == self.config.currency:
                return kpi
        return None


@dataclass(frozen=True)
class PairLink:
    """One pair with its result; `money` where the KPI is money."""

    metric: ModelMetric
    kpi: Kpi
    link_id: str
    is_primary: bool
    result: LinkResult
    q_value: float
    log_change: float
    money: Worth | None
    seen: pd.Series
    unknown: pd.DatetimeIndex

    @property
    def detectable_money(self) -> float | None:
        """The smallest detectable effect as money a month, for the same change of the metric."""
        if self.money is None or self.result.effect_unit != ELASTICITY:
            return None
        lost = -math.expm1(-self.result.smallest_detectable_effect * abs(self.log_change))
        return lost * self.money.mean_daily_kpi * DAYS_A_MONTH


def read_inputs(con: duckdb.DuckDBPyConnection, config: HubConfig) -> LinkInputs:
    """Series, releases and confounders of the build at hand."""
    return LinkInputs(
        kpis=_wanted(read_kpis(con), config),
        metrics=read_model_metrics(con),
        releases=read_releases(con),
        calendar=read_calendar(con),
        config=config,
    )


def _wanted(kpis: Sequence[Kpi], config: HubConfig) -> list[Kpi]:
    names = config.link.kpis
    return [kpi for kpi in kpis if names is None or kpi.name in names]


def compute_links(inputs: LinkInputs) -> list[PairLink]:
    """Every pair; p-values corrected within two pools: declared beforehand, and all others."""
    pairs = [_estimate(metric, kpi, inputs) for metric in inputs.metrics for kpi in inputs.kpis]
    found: list[PairLink] = []
    for declared in (True, False):
        pool = [pair for pair in pairs if pair.is_primary is declared]
        judged = judged_in_pool([pair.result for pair in pool])
        found += [
            replace(pair, result=result, q_value=q)
            for pair, (result, q) in zip(pool, judged, strict=True)
        ]
    return found


def _estimate(metric: ModelMetric, kpi: Kpi, inputs: LinkInputs) -> PairLink:
    settings = inputs.config.link
    link_id = _link_id(metric, kpi, inputs.metrics)
    values, outcome = aligned(metric, kpi)
    released = _releases_of(metric, inputs.releases)
    known = keep_known_gains(values, released, max_lag_days=settings.max_lag_days)
    calendar = _with_controls(inputs.calendar, known.controls)
    change = _log_change(known.metric)
    smallest = _smallest_effect(change, inputs)
    # the same data gives the same answer: the permutations are seeded by the pair's name
    rng = np.random.default_rng(zlib.crc32(link_id.encode()))
    result = link(
        known.metric,
        outcome,
        rng=rng,
        calendar=calendar,
        releases=known.releases,
        max_lag_days=settings.max_lag_days,
        smallest_effect=smallest,
    )
    notes = _unknown_notes(metric, known.unknown, inputs.releases)
    notes += _crowding_notes(metric, outcome, result, known, calendar, inputs, rng)
    return PairLink(
        metric=metric,
        kpi=kpi,
        link_id=link_id,
        is_primary=any(
            pair.metric == metric.address and pair.kpi == kpi.name for pair in settings.primary
        ),
        result=replace(result, caveats=(*result.caveats, *notes)),
        q_value=math.nan,
        log_change=change,
        money=_worth(result, known.metric, outcome, kpi, inputs),
        seen=values,
        unknown=known.unknown,
    )


def _worth(
    result: LinkResult, values: pd.Series, outcome: pd.Series, kpi: Kpi, inputs: LinkInputs
) -> Worth | None:
    """What the model's releases were worth together; None where the KPI is not money."""
    known = values.dropna()
    is_log = result.effect_unit == ELASTICITY
    change = _log_change(values) if is_log else float(known.iloc[-1] - known.iloc[0])
    level = mean_daily_kpi(outcome)
    if not (kpi.adds_up and kpi.unit == inputs.config.currency):
        return None
    if not (math.isfinite(change) and math.isfinite(level)):
        return None
    return worth_together(result, metric_change=change, mean_daily_kpi=level)


def _link_id(metric: ModelMetric, kpi: Kpi, metrics: Sequence[ModelMetric]) -> str:
    same = [other for other in metrics if other.address == metric.address]
    measured_on = [metric.dataset] if len(same) > 1 else []
    return ".".join([metric.model, metric.name, *measured_on, kpi.name])


def _releases_of(metric: ModelMetric, releases: pd.DataFrame) -> pd.DatetimeIndex:
    mine = releases.loc[releases["model"] == metric.model, "released_on"]
    return pd.DatetimeIndex(mine).unique().sort_values()


def _log_change(values: pd.Series) -> float:
    """What the model's releases added up to: log of the last over the first value."""
    known = values.dropna()
    if len(known) < 2 or known.iloc[0] <= 0 or known.iloc[-1] <= 0:
        return math.nan
    return float(np.log(known.iloc[-1] / known.iloc[0]))


def _smallest_effect(log_change: float, inputs: LinkInputs) -> float:
    """The elasticity at which the model's gains would be worth the smallest gain that matters."""
    kpi = inputs.money_kpi
    if kpi is None or not math.isfinite(log_change):
        return 1.0
    effect = smallest_effect(
        inputs.config.link.smallest_gain_per_month,
        metric_change=log_change,
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


def _unknown_notes(
    metric: ModelMetric, unknown: pd.DatetimeIndex, releases: pd.DataFrame
) -> list[str]:
    """Which releases could not be compared because nobody knows what they gained."""
    if unknown.empty:
        return []
    mine = releases[(releases["model"] == metric.model) & releases["released_on"].isin(unknown)]
    versions = [str(version) for version in mine["version"]]
    names = ", ".join(versions[:NAMED_OTHERS]) + (" …" if len(versions) > NAMED_OTHERS else "")
    return [
        f"{len(unknown)} releases ({names}) were left out: the offline value before or after them "
        "is not known. What the KPI did then is not counted for or against the metric."
    ]


def _crowding_notes(
    metric: ModelMetric,
    outcome: pd.Series,
    result: LinkResult,
    known: KnownGains,
    calendar: pd.DataFrame | None,
    inputs: LinkInputs,
    rng: np.random.Generator,
) -> list[str]:
    """Which releases other models shared, and the estimate without them."""
    days = inputs.config.link.max_lag_days
    values, released = known.metric, known.releases
    inside = released[(released >= values.index[0]) & (released <= values.index[-1])]
    others = inputs.releases[inputs.releases["model"] != metric.model]
    crowded = crowded_releases(inside, pd.DatetimeIndex(others["released_on"]), max_lag_days=days)
    if crowded.empty or result.verdict is not Verdict.MOVES:
        return []
    names = _named(others, crowded, days)
    note = (
        f"{len(crowded)} of {len(inside)} releases had another model released within {days} days "
        f"after them ({names})."
    )
    without = effect_without(
        crowded,
        metric=values,
        kpi=outcome,
        result=result,
        releases=inside,
        calendar=calendar,
        max_lag_days=days,
        rng=rng,
    )
    if without is None:
        return [f"{note} Too few stand alone to estimate the effect without them."]
    return [
        f"{note} From the {without.n_releases} that stood alone: {without.effect:.2f} "
        f"[{without.low:.2f}, {without.high:.2f}]."
    ]


def _named(others: pd.DataFrame, crowded: pd.DatetimeIndex, days: int) -> str:
    window = pd.Timedelta(days=days)
    near = others[
        others["released_on"].map(
            lambda at: bool(((crowded <= at) & (at <= crowded + window)).any())
        )
    ]
    names = [f"{row.model} {row.version}" for row in near.itertuples()]
    more = f" and {len(names) - NAMED_OTHERS} more" if len(names) > NAMED_OTHERS else ""
    return ", ".join(names[:NAMED_OTHERS]) + more


def link_row(pair: PairLink, *, config: HubConfig, build: str) -> dict[str, object]:
    """One row of insights.links."""
    result, money = pair.result, pair.money
    low, high = result.interval
    lag_low, lag_high = result.lag_set or (None, None)
    return {
        "link_id": pair.link_id,
        "metric_name": pair.metric.name,
        "entity": pair.metric.model,
        "metric_label": pair.metric.label,
        "dataset": pair.metric.dataset,
        "kpi": pair.kpi.name,
        "kpi_label": pair.kpi.label,
        "kpi_unit": pair.kpi.unit,
        "evidence_grade": str(result.evidence_grade),
        "is_primary": pair.is_primary,
        "verdict": str(result.verdict),
        "verdict_reason": result.verdict_reason,
        "effect": result.effect,
        "effect_low": low,
        "effect_high": high,
        "effect_unit": result.effect_unit,
        "money_month": money.per_month if money else None,
        "money_month_low": money.per_month_interval[0] if money else None,
        "money_month_high": money.per_month_interval[1] if money else None,
        "currency": config.currency,
        "log_change": pair.log_change,
        "p_value": result.p_value,
        "q_value": pair.q_value,
        "lead_p_value": result.lead_p_value,
        "pre_release_p_value": result.pre_release_p_value,
        "lag_days": result.lag_days,
        "lag_set_low": lag_low,
        "lag_set_high": lag_high,
        "smallest_detectable_effect": result.smallest_detectable_effect,
        "smallest_effect": result.smallest_effect,
        "smallest_detectable_money_month": pair.detectable_money,
        "more_needed": result.more_needed,
        "n_releases": result.n_releases,
        "n_days": result.n_days,
        "first_day": result.first_day,
        "last_day": result.last_day,
        "method": result.method,
        "caveats": json.dumps(result.caveats),
        "raw_correlation": result.raw_correlation,
        "build_id": build,
    }


def lag_rows(pair: PairLink) -> pd.DataFrame:
    """Rows of insights.link_lags."""
    return pair.result.lag_effects.assign(link_id=pair.link_id)


def series_rows(pair: PairLink) -> pd.DataFrame:
    """Rows of insights.link_series: the metric as it was seen, with its gaps."""
    frame = pair.result.whitened.assign(metric_value=pair.seen)
    return frame.rename_axis("day").reset_index().assign(link_id=pair.link_id)


def release_rows(pair: PairLink, releases: pd.DataFrame) -> pd.DataFrame:
    """Rows of insights.link_releases, with the version that went live; unknown gains are NULL."""
    mine = releases[releases["model"] == pair.metric.model][["released_on", "version"]]
    table = pair.result.release_table.rename(
        columns={"se": "kpi_log_change_se", "usable": "is_usable"}
    )
    table = table.assign(released_on=pd.to_datetime(table["released_on"]))
    days = pd.DatetimeIndex(table["released_on"])
    table["metric_before"] = pair.seen.shift(1).reindex(days).to_numpy()
    table["metric_after"] = pair.seen.reindex(days).to_numpy()
    left_out = pd.DataFrame({"released_on": pair.unknown, "is_usable": False})
    rows = [table, left_out] if len(pair.unknown) else [table]
    table = pd.concat(rows, ignore_index=True).sort_values("released_on")
    return table.merge(mine, on="released_on", how="left").assign(link_id=pair.link_id)
