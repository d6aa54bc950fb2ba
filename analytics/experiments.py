"""What did each experiment find, metric by metric, and may it be shown at all?"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.experiment_arms import Arm, ArmsCheck, check_arms
from analytics.experiment_guardrail import Guardrail, GuardrailReading, check_guardrails
from analytics.experiment_lift import (
    MIN_USERS,
    CannotReadOutError,
    Lift,
    Measure,
    Refusal,
    VariantTotals,
    relative_lift,
    which_measure,
)
from analytics.experiment_link import ExperimentLink, experiment_link
from analytics.experiment_overlap import Interaction, InteractionVerdict, overlap
from analytics.experiment_split import (
    SAMPLE_RATIO_THRESHOLD,
    SampleRatioCheck,
    sample_ratio_check,
)
from analytics.experiment_units import UnitMetric, UnitPlan, read_out_units
from analytics.experiment_verdict import (
    SMALLEST_LIFT,
    ReadOut,
    check_read_out_options,
    guard,
    judge_together,
    show,
    withhold,
)

__all__ = [
    "CannotReadOutError",
    "ExperimentLink",
    "Guardrail",
    "GuardrailReading",
    "Interaction",
    "InteractionVerdict",
    "Lift",
    "Measure",
    "ReadOut",
    "Refusal",
    "SampleRatioCheck",
    "UnitMetric",
    "UnitPlan",
    "VariantTotals",
    "experiment_link",
    "overlap",
    "read_out",
    "read_out_units",
    "relative_lift",
    "sample_ratio_check",
]

REQUIRED_COLUMNS = ("experiment", "variant", "is_control", "metric", "users")
_TOTALS = ("conversions", "value_sum", "value_sum_squares")
_OFFLINE = ("offline_metric", "offline_delta", "offline_se")
_NUMBERS = ("users", "expected_share", *_TOTALS, "offline_delta", "offline_se")
_OPTIONAL = ("model", "started_at", "ended_at", "expected_share", *_TOTALS, *_OFFLINE)


@dataclass(frozen=True)
class _Options:
    threshold: float
    smallest_lift: float
    min_users: int
    time_zone: str


def read_out(
    table: pd.DataFrame,
    *,
    sample_ratio_threshold: float = SAMPLE_RATIO_THRESHOLD,
    smallest_lift: float = SMALLEST_LIFT,
    min_users: int = MIN_USERS,
    time_zone: str = "UTC",
    guardrails: Mapping[str, Guardrail] | None = None,
) -> tuple[ReadOut, ...]:
    """Read every experiment out: the split is checked first, then lift, interval and verdict.

    One result per experiment, metric and variant beside the control, ordered by those names.

    Args:
        table: one row per experiment, metric and variant with the columns of raw.experiments.
            Needed: experiment, variant, is_control, metric, users; others may be absent or
            missing. `conversions` or `value_sum` with `value_sum_squares` are sums over users.
        sample_ratio_threshold: below this p-value of the split nothing is shown.
        smallest_lift: smallest relative lift that matters, as a share.
        min_users: fewest users of a variant.
        time_zone: IANA name of the zone in which the days are told.
        guardrails: by metric, what the experiment must not harm: those read-outs also say
            whether the guardrail held. An experiment that does not report one says so.

    Raises:
        TypeError: `table` is no frame, or a guardrail is no `Guardrail`.
        ValueError: a needed column is missing or an option out of range; it is named.

    Data never raises: what cannot be read out is withheld, with its reason.
    """
    check_read_out_options(sample_ratio_threshold, smallest_lift)
    guarded = check_guardrails(guardrails)
    options = _Options(sample_ratio_threshold, smallest_lift, min_users, time_zone)
    rows = _tidy(table)
    found: list[ReadOut] = []
    for _, experiment in rows.groupby(["experiment", "model"], dropna=False, sort=True):
        comparisons: list[ReadOut] = []
        for _, metric in experiment.groupby("metric", sort=True):
            comparisons.extend(_read_metric(metric, options))
        found.extend(guard(judge_together(comparisons), guarded))
    return tuple(found)


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """The columns of interest with one type each; repeats of the same row dropped."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be a pandas DataFrame, not {type(table).__name__}")
    missing = [name for name in REQUIRED_COLUMNS if name not in table.columns]
    if missing:
        raise ValueError(f"table lacks the columns {', '.join(missing)}")
    rows = table.reindex(columns=[*REQUIRED_COLUMNS, *_OPTIONAL])
    numbers = {
        name: pd.to_numeric(rows[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        for name in _NUMBERS
    }
    flags = [value is not pd.NA and value in (True, 1) for value in rows["is_control"]]
    moments = {
        name: pd.to_datetime(rows[name], errors="coerce", utc=True)
        for name in ("started_at", "ended_at")
    }
    rows = rows.assign(is_control=flags, **numbers, **moments)
    for name in ("experiment", "variant", "metric"):
        rows[name] = rows[name].astype("string").fillna("(no name)")
    return rows.drop_duplicates().sort_values(["experiment", "metric", "variant"], kind="stable")


def _read_metric(rows: pd.DataFrame, options: _Options) -> Iterator[ReadOut]:
    """All comparisons of one experiment and metric, not yet corrected for their number."""
    records: list[dict[str, Any]] = [
        {str(key): value for key, value in record.items()} for record in rows.to_dict("records")
    ]
    controls = [record for record in records if record["is_control"]]
    treatments = [record for record in records if not record["is_control"]]
    split = check_arms([_arm(record) for record in records], threshold=options.threshold)
    control = controls[0] if len(controls) == 1 else None
    compared: list[dict[str, Any] | None] = [*treatments] or [None]
    for treatment in compared:
        yield _compare(records, control, treatment, split, options)


def _compare(
    records: Sequence[Mapping[str, Any]],
    control: Mapping[str, Any] | None,
    treatment: Mapping[str, Any] | None,
    split: ArmsCheck,
    options: _Options,
) -> ReadOut:
    base = _describe(records, control, treatment, split, options)
    if control is None or treatment is None or split.refusal is not None:
        return withhold(base, split.refusal, split.reason)
    first, second = _totals(control), _totals(treatment)
    measure = which_measure(first, second)
    try:
        lift = relative_lift(first, second, measure=measure, min_users=options.min_users)
    except CannotReadOutError as error:
        return withhold(base, error.refusal, error.reason)
    return show(base, lift, measure)


def _describe(
    records: Sequence[Mapping[str, Any]],
    control: Mapping[str, Any] | None,
    treatment: Mapping[str, Any] | None,
    split: ArmsCheck,
    options: _Options,
) -> ReadOut:
    first = records[0]
    offline = _offline(records, treatment)
    variant = None if treatment is None else str(treatment["variant"])
    return ReadOut(
        experiment=str(first["experiment"]),
        model=None if pd.isna(first["model"]) else str(first["model"]),
        metric=str(first["metric"]),
        variant=variant,
        started_on=_day([record["started_at"] for record in records], options, latest=False),
        ended_on=_day([record["ended_at"] for record in records], options, latest=True),
        users_control=_count(control),
        users_treatment=_count(treatment),
        expected_share=None if variant is None else split.shares.get(variant),
        sample_ratio_p=split.p_value,
        smallest_lift=options.smallest_lift,
        offline_metric=None if pd.isna(offline[0]) else str(offline[0]),
        offline_delta=_number(offline[1]),
        offline_se=_number(offline[2]),
        caveats=split.caveats,
    )


def _arm(record: Mapping[str, Any]) -> Arm:
    return Arm(
        variant=str(record["variant"]),
        is_control=bool(record["is_control"]),
        users=float(record["users"]),
        share=float(record["expected_share"]),
    )


def _offline(
    records: Sequence[Mapping[str, Any]], treatment: Mapping[str, Any] | None
) -> tuple[Any, Any, Any]:
    """The offline gain on the treatment's row, or the experiment's when only one is told."""
    if treatment is not None and not pd.isna(treatment["offline_delta"]):
        return tuple(treatment[name] for name in _OFFLINE)
    told = {
        tuple(record[name] for name in _OFFLINE)
        for record in records
        if not pd.isna(record["offline_delta"])
    }
    n_treatments = sum(not record["is_control"] for record in records)
    if len(told) == 1 and n_treatments == 1:
        return next(iter(told))
    return None, None, None


def _totals(record: Mapping[str, Any]) -> VariantTotals:
    return VariantTotals(
        variant=str(record["variant"]),
        users=float(record["users"]),
        conversions=float(record["conversions"]),
        value_sum=float(record["value_sum"]),
        value_sum_squares=float(record["value_sum_squares"]),
    )


def _count(record: Mapping[str, Any] | None) -> int | None:
    users = None if record is None else _number(record["users"])
    return None if users is None else int(users)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) or not math.isfinite(value) else float(value)


def _day(moments: Sequence[Any], options: _Options, *, latest: bool) -> dt.date | None:
    known = [moment for moment in moments if not pd.isna(moment)]
    if not known:
        return None
    chosen = pd.Timestamp(max(known) if latest else min(known))
    return chosen.tz_convert(options.time_zone).date()
