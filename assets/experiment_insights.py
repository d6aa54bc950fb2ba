"""What did experiments find, each by itself, beside one another, and across all of them?"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import duckdb
import numpy as np
import pandas as pd

from analytics.experiment_guardrail import Guardrail
from analytics.experiment_overlap import Interaction, overlap
from analytics.experiment_verdict import SMALLEST_LIFT
from analytics.experiments import ExperimentLink, ReadOut, experiment_link, read_out
from analytics.vocabulary import Verdict
from assets.experiment_unit_insights import has_units, unit_read_outs
from assets.input_checks import Faults, faults_of
from assets.link_inputs import LinkInputs, ModelMetric
from assets.link_pairs import log_change, plain_change, smallest_effect_that_matters
from hub.config import HubConfig

UNITS = ("staging", "stg_experiment_units")
# What a withheld read-out does not show.
_EFFECTS = (
    "mean_control", "mean_treatment", "lift", "lift_low", "lift_high", "lift_se", "p_value",
    "p_value_adjusted", "smallest_detectable_lift",
)  # fmt: skip
EXPOSURE_CAVEAT = (
    "Lifts are those of the users in the experiments; the whole KPI moves as much only if all of "
    "it comes from users like them."
)


@dataclass(frozen=True, eq=False)
class Joinable:
    """The read-outs of one model, offline metric and online metric, and what they can be joined by.

    `shown` are those that are not withheld; `gains` the same with the offline gains as log changes,
    or None where these cannot be had (see `log_gains`).
    """

    model: str
    offline_metric: str
    metric: str
    shown: pd.DataFrame
    gains: pd.DataFrame | None
    n_withheld: int


@dataclass(frozen=True, eq=False)
class JoinedExperiments:
    """All experiments of one model, offline metric and online metric together."""

    model: str
    offline_metric: str
    metric: str
    link: ExperimentLink
    n_withheld: int


def read_outs_of(con: duckdb.DuckDBPyConnection, *, config: HubConfig) -> tuple[ReadOut, ...]:
    """Every experiment read out, with the guardrails that hub.yml names."""
    table = con.execute("select * from staging.stg_experiments").df()
    if table.empty and not has_units(con):
        return ()
    directions = dict(
        con.execute("select metric_name, direction from metrics.catalogue").fetchall()
    )
    guardrails = {
        one.metric: Guardrail(
            one.margin,
            one.direction or ("down" if directions.get(one.metric) == "down" else "up"),
        )
        for one in config.guardrails
    }
    by_sums = read_out(table, time_zone=config.time_zone, guardrails=guardrails or None)
    return (*by_sums, *unit_read_outs(con, guardrails=guardrails or None))


def read_out_rows(read_outs: Sequence[ReadOut]) -> pd.DataFrame:
    """Rows of insights.experiments."""
    return pd.DataFrame([asdict(one) | {"caveats": json.dumps(one.caveats)} for one in read_outs])


def withheld_by(read_outs: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """The read-outs as they are, or all withheld where a check of what they rest on failed."""
    fault = faults_of(["table insights.experiments"], faults)
    if read_outs.empty or not fault:
        return read_outs
    told = {
        "status": "withheld",
        "withheld_reason": fault,
        "verdict": str(Verdict.INVALID_DATA),
        "verdict_reason": fault,
        "guardrail": None,
        "guardrail_reason": None,
    }
    return read_outs.assign(**told, **dict.fromkeys(_EFFECTS))


def joinable(read_outs: pd.DataFrame, inputs: LinkInputs) -> list[Joinable]:
    """The read-outs of each model, offline metric and online metric, which may be joined.

    `read_outs` are rows of insights.experiments.
    """
    if read_outs.empty:
        return []
    found = []
    named = read_outs.dropna(subset=["model", "offline_metric"])
    for key, group in named.groupby(["model", "offline_metric", "metric"], sort=True):
        model, offline_metric, metric = (str(part) for part in key)
        shown = group[group["status"] == "read out"]
        gains = log_gains(shown, model=model, offline_metric=offline_metric, inputs=inputs)
        withheld = int((group["status"] == "withheld").sum())
        found.append(Joinable(model, offline_metric, metric, shown, gains, withheld))
    return found


def joined_experiments(
    groups: Sequence[Joinable], inputs: LinkInputs
) -> tuple[JoinedExperiments, ...]:
    """One joined estimate per model, offline metric and online metric that was measured."""
    return tuple(_joined(group, inputs) for group in groups)


def _joined(group: Joinable, inputs: LinkInputs) -> JoinedExperiments:
    is_log, used = (False, group.shown) if group.gains is None else (True, group.gains)
    names = (group.model, group.offline_metric)
    same = [m for m in inputs.metrics if (m.model, m.name) == names]
    smallest = _smallest_lift(used, same, inputs, is_log=is_log)
    link = _told(experiment_link(used, log_gains=is_log, smallest_lift=smallest), group.n_withheld)
    return JoinedExperiments(*names, group.metric, link, group.n_withheld)


def with_log_changes(read_outs: pd.DataFrame, groups: Sequence[Joinable]) -> pd.DataFrame:
    """The read-outs with the offline gains that the joined estimate rests on, as log changes.

    `groups` are those of the same read-outs. Adds `offline_log_change`, the natural logarithm of
    the offline metric after over before, and `offline_log_change_se`, its standard error. Both are
    NaN for what is withheld and where the gains cannot be had as log changes (see `log_gains`).
    """
    if read_outs.empty:
        return read_outs
    names = {"offline_delta": "offline_log_change", "offline_se": "offline_log_change_se"}
    known = pd.DataFrame(math.nan, index=read_outs.index, columns=list(names.values()))
    for gains in (group.gains for group in groups if group.gains is not None):
        logs = gains[list(names)].rename(columns=names).astype("float64")
        known.loc[gains.index] = logs.where(logs["offline_log_change"].notna())
    return read_outs.assign(**known)


def _smallest_lift(
    gains: pd.DataFrame, metrics: Sequence[ModelMetric], inputs: LinkInputs, *, is_log: bool
) -> float:
    """The lift of a typical offline gain that matters: the same effect that matters of releases."""
    sizes = np.abs(gains["offline_delta"].to_numpy(np.float64, na_value=np.nan))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not metrics or not len(sizes):
        return SMALLEST_LIFT
    values = metrics[0].values
    change = log_change(values) if is_log else plain_change(values)
    return smallest_effect_that_matters(change, inputs) * float(np.median(sizes))


def log_gains(
    shown: pd.DataFrame, *, model: str, offline_metric: str, inputs: LinkInputs
) -> pd.DataFrame | None:
    """The read-outs with offline gains as log changes; None where they cannot be had.

    hub.yml says whether gains are recorded as log changes already (`link.experiment_gains`).
    Differences are divided by the live version's value when the experiment started; that takes one
    series of the offline metric, positive and known on that day for every experiment.
    """
    if inputs.settings.experiment_gains == "log" or shown.empty:
        return shown
    same = [m for m in inputs.metrics if (m.model, m.name) == (model, offline_metric)]
    if len(same) != 1:
        return None
    level = np.array([_live_value(same[0], day) for day in shown["started_on"]])
    after = level + shown["offline_delta"].to_numpy(np.float64, na_value=np.nan)
    if not ((level > 0) & (after > 0)).all():
        return None
    se = shown["offline_se"].to_numpy(np.float64, na_value=np.nan)
    return shown.assign(offline_delta=np.log(after / level), offline_se=se / after)


def _live_value(metric: ModelMetric, day: object) -> float:
    """The last value known on that day; NaN before the first."""
    if day is None or pd.isna(pd.Timestamp(str(day))):
        return math.nan
    before = metric.values[metric.values.index <= pd.Timestamp(str(day))].dropna()
    return float(before.iloc[-1]) if len(before) else math.nan


def _told(link: ExperimentLink, n_withheld: int) -> ExperimentLink:
    """The joined estimate with what a reader of one link's card must know besides."""
    caveats = (*link.caveats, EXPOSURE_CAVEAT)
    if not n_withheld:
        return replace(link, caveats=caveats)
    is_one = n_withheld == 1
    note = f"{n_withheld} withheld read-out{' is' if is_one else 's are'} not part of it."
    link = replace(link, caveats=(*caveats, note))
    if link.n_experiments:
        return link
    return replace(
        link,
        verdict=Verdict.INVALID_DATA,
        verdict_reason=(
            "The one read-out was withheld; it says why."
            if is_one
            else f"All {n_withheld} read-outs were withheld; each says why."
        ),
    )


def experiment_link_rows(joined: Sequence[JoinedExperiments]) -> pd.DataFrame:
    """Rows of insights.experiment_links."""
    return pd.DataFrame(
        [
            {
                **asdict(one.link),
                "model": one.model,
                "offline_metric": one.offline_metric,
                "metric": one.metric,
                "n_withheld": one.n_withheld,
                "verdict": str(one.link.verdict),
                "caveats": json.dumps(one.link.caveats),
            }
            for one in joined
        ]
    )


def overlap_rows(con: duckdb.DuckDBPyConnection, read_outs: Sequence[ReadOut]) -> pd.DataFrame:
    """Rows of insights.experiment_overlaps: experiments that ran on the same users.

    Needs one row per user, experiment and metric (`staging.stg_experiment_units`: experiment,
    variant, is_control, user_key, metric, value, value_before); a hub whose experiments come as
    sums has no such table and no rows.
    """
    if not con.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        list(UNITS),
    ).fetchall():
        return pd.DataFrame()
    units = con.execute(f"select * from {'.'.join(UNITS)}").df()
    if units.empty:
        return pd.DataFrame()
    days = {one.experiment: (one.started_on, one.ended_on) for one in read_outs}
    rows = []
    for metric, group in units.groupby("metric", sort=True):
        controls = dict(
            group.loc[group["is_control"].fillna(False).astype(bool), ["experiment", "variant"]]
            .drop_duplicates()
            .itertuples(index=False, name=None)
        )
        rows += [
            asdict(one) | {"metric": metric, "caveats": json.dumps(one.caveats)}
            for one in _overlaps(group, controls, metric=str(metric))
            if one.users_in_both and _at_once(days.get(one.first), days.get(one.second))
        ]
    return pd.DataFrame(rows)


def _overlaps(
    group: pd.DataFrame, controls: Mapping[str, str], *, metric: str
) -> Sequence[Interaction]:
    """A user of two experiments has a row in each; the outcome is the mean of both."""
    users = group.groupby("user_key")
    value = users["value"].mean()
    before = users["value_before"].max() if "value_before" in group else None
    if before is not None and before.isna().all():
        before = None
    assigned = group.rename(columns={"user_key": "user"})
    unit = f"{metric.replace('_', ' ')} per user"
    return overlap(assigned, value, controls=controls, before=before, unit=unit)


def _at_once(one: tuple[object, object] | None, other: tuple[object, object] | None) -> bool:
    """Whether both ran at the same time; taken as true where a day is not known."""
    days = [*(one or (None, None)), *(other or (None, None))]
    if any(day is None for day in days):
        return True
    first_start, first_end, second_start, second_end = (pd.Timestamp(str(day)) for day in days)
    return bool(max(first_start, second_start) <= min(first_end, second_end))
