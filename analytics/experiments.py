"""What did each experiment find, metric by metric, and may it be shown at all?"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analytics.experiment_lift import (
    LIFT_UNIT,
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
from analytics.experiment_split import (
    SAMPLE_RATIO_THRESHOLD,
    SampleRatioCheck,
    are_counts,
    are_shares,
    sample_ratio_check,
)
from analytics.experiment_verdict import (
    DETECTABLE_FACTOR,
    ReadOut,
    judge_together,
    withhold,
)
from analytics.vocabulary import Verdict

__all__ = [
    "CannotReadOutError",
    "ExperimentLink",
    "Lift",
    "Measure",
    "ReadOut",
    "Refusal",
    "SampleRatioCheck",
    "VariantTotals",
    "experiment_link",
    "read_out",
    "relative_lift",
    "sample_ratio_check",
]

REQUIRED_COLUMNS = ("experiment", "variant", "is_control", "metric", "users")
_TOTALS = ("conversions", "value_sum", "value_sum_squares")
_OFFLINE = ("offline_metric", "offline_delta", "offline_se")
_NUMBERS = ("users", "expected_share", *_TOTALS, "offline_delta", "offline_se")
_OPTIONAL = ("model", "started_at", "ended_at", "expected_share", *_TOTALS, *_OFFLINE)

SMALLEST_LIFT = 0.02


@dataclass(frozen=True)
class _Options:
    threshold: float
    smallest_lift: float
    min_users: int
    time_zone: str


@dataclass(frozen=True)
class _Split:
    """The variants of one experiment and metric, and whether users were split as planned."""

    shares: Mapping[str, float]
    p_value: float | None
    refusal: Refusal | None
    reason: str | None
    caveats: tuple[str, ...]


def read_out(
    table: pd.DataFrame,
    *,
    sample_ratio_threshold: float = SAMPLE_RATIO_THRESHOLD,
    smallest_lift: float = SMALLEST_LIFT,
    min_users: int = MIN_USERS,
    time_zone: str = "UTC",
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

    Raises:
        TypeError: `table` is no frame.
        ValueError: a needed column is missing or an option out of range; it is named.

    Data never raises: what cannot be read out is withheld, with its reason.
    """
    if not 0 < smallest_lift < math.inf:
        raise ValueError(f"smallest_lift must be positive, not {smallest_lift}")
    if not 0 < sample_ratio_threshold < 1:
        raise ValueError(
            f"sample_ratio_threshold must lie between 0 and 1, not {sample_ratio_threshold}"
        )
    options = _Options(sample_ratio_threshold, smallest_lift, min_users, time_zone)
    rows = _tidy(table)
    found: list[ReadOut] = []
    for _, experiment in rows.groupby(["experiment", "model"], dropna=False, sort=True):
        comparisons: list[ReadOut] = []
        for _, metric in experiment.groupby("metric", sort=True):
            comparisons.extend(_read_metric(metric, options))
        found.extend(judge_together(comparisons))
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
    split = _check_split(records, controls, treatments, options)
    control = controls[0] if len(controls) == 1 else None
    compared: list[dict[str, Any] | None] = [*treatments] or [None]
    for treatment in compared:
        yield _compare(records, control, treatment, split, options)


def _check_split(
    records: Sequence[Mapping[str, Any]],
    controls: Sequence[Mapping[str, Any]],
    treatments: Sequence[Mapping[str, Any]],
    options: _Options,
) -> _Split:
    """Whether the variants can be compared at all; the first rule that fails is named."""
    variants = [str(record["variant"]) for record in records]
    raw_shares = [float(record["expected_share"]) for record in records]
    users = [float(record["users"]) for record in records]
    caveats: tuple[str, ...] = ()
    if all(math.isnan(share) for share in raw_shares):
        raw_shares = [1.0] * len(records)
        caveats = ("The planned shares are not recorded; an even split is assumed.",)
    shares_ok, users_ok = are_shares(raw_shares), are_counts(users)
    shares: dict[str, float] = {}
    if shares_ok:
        relative = np.asarray(raw_shares) / max(raw_shares)
        shares = dict(zip(variants, (relative / relative.sum()).tolist(), strict=True))
    refusal, reason = _first_fault(variants, controls, treatments, shares_ok, users_ok)
    if len(set(variants)) < len(variants) or len(variants) < 2 or not (shares_ok and users_ok):
        return _Split(shares, None, refusal, reason, caveats)
    check = sample_ratio_check(users, raw_shares, threshold=options.threshold)
    if refusal is None and not check.is_ok:
        refusal, reason = Refusal.SAMPLE_RATIO, check.reason
    return _Split(shares, check.p_value, refusal, reason, caveats)


def _first_fault(
    variants: Sequence[str],
    controls: Sequence[Mapping[str, Any]],
    treatments: Sequence[Mapping[str, Any]],
    shares_ok: bool,
    users_ok: bool,
) -> tuple[Refusal | None, str | None]:
    repeated = sorted({name for name in variants if variants.count(name) > 1})
    if repeated:
        return Refusal.REPEATED_VARIANT, (
            f"Variant {repeated[0]!r} is reported more than once with different numbers."
        )
    if not controls:
        return Refusal.NO_CONTROL, "No variant is marked as the control."
    if len(controls) > 1:
        return Refusal.SEVERAL_CONTROLS, (
            f"{len(controls)} variants are marked as the control; exactly one is needed."
        )
    if not treatments:
        return Refusal.NO_TREATMENT, "There is no variant beside the control."
    if not users_ok:
        return Refusal.MISSING_USERS, "A variant has no count of users, so the split is unknown."
    if not shares_ok:
        return Refusal.BAD_SHARES, (
            "The planned shares must be positive and given for all variants or for none; "
            "the split cannot be checked."
        )
    return None, None


def _compare(
    records: Sequence[Mapping[str, Any]],
    control: Mapping[str, Any] | None,
    treatment: Mapping[str, Any] | None,
    split: _Split,
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
    return replace(
        base,
        status="read out",
        measure=measure,
        mean_control=lift.mean_control,
        mean_treatment=lift.mean_treatment,
        lift=lift.lift,
        lift_low=lift.low,
        lift_high=lift.high,
        lift_se=lift.se,
        p_value=lift.p_value,
        smallest_detectable_lift=DETECTABLE_FACTOR * lift.se,
    )


def _describe(
    records: Sequence[Mapping[str, Any]],
    control: Mapping[str, Any] | None,
    treatment: Mapping[str, Any] | None,
    split: _Split,
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
        status="withheld",
        refusal=None,
        withheld_reason=None,
        measure=None,
        mean_control=None,
        mean_treatment=None,
        lift=None,
        lift_low=None,
        lift_high=None,
        lift_se=None,
        lift_unit=LIFT_UNIT,
        p_value=None,
        p_value_adjusted=None,
        smallest_detectable_lift=None,
        smallest_lift=options.smallest_lift,
        offline_metric=None if pd.isna(offline[0]) else str(offline[0]),
        offline_delta=_number(offline[1]),
        offline_se=_number(offline[2]),
        verdict=Verdict.INVALID_DATA,
        verdict_reason="",
        caveats=split.caveats,
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
