"""What did one experiment find, read from its users one by one?"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analytics.experiment_adjusted import (
    PER,
    PER_BEFORE,
    VALUE,
    VALUE_BEFORE,
    AdjustedMeans,
    adjusted_means,
)
from analytics.experiment_arms import Arm, ArmsCheck, check_arms
from analytics.experiment_guardrail import Guardrail, check_guardrails
from analytics.experiment_lift import (
    MIN_USERS,
    CannotReadOutError,
    Measure,
    Refusal,
    lift_of_means,
    require_events,
    require_users,
)
from analytics.experiment_split import SAMPLE_RATIO_THRESHOLD
from analytics.experiment_unit_rows import VARIANT, UnitRows, unit_rows
from analytics.experiment_verdict import (
    SMALLEST_LIFT,
    ReadOut,
    check_read_out_options,
    guard,
    judge_together,
    show,
    withhold,
)
from analytics.vocabulary import p_words

__all__ = ["UnitMetric", "UnitPlan", "read_out_units"]

_BEFORE = (VALUE_BEFORE, PER_BEFORE)


@dataclass(frozen=True)
class UnitMetric:
    """Which columns of the users' rows make up a metric.

    Attributes:
        name: of the metric.
        value: column with each user's outcome; 0 for a user who did nothing.
        per: column of the denominator, for a ratio such as orders per session.
        value_before, per_before: the same figures from before the start; they make the
            interval narrower (CUPED). A ratio's pre-period figure may be a plain one.

    Raises:
        ValueError: a pre-period column is the outcome itself, or `per_before` stands alone.
    """

    name: str
    value: str
    per: str | None = None
    value_before: str | None = None
    per_before: str | None = None

    def __post_init__(self) -> None:
        """Refuse columns that cannot be what they are called."""
        if self.value_before in (self.value, self.per) and self.value_before is not None:
            raise ValueError(
                f"value_before must be a figure from before the start, not {self.value!r} itself"
            )
        if self.per_before is not None and self.value_before is None:
            raise ValueError("per_before needs value_before")

    @property
    def columns(self) -> dict[str, str]:
        """The columns in use, by the part they play."""
        parts = {
            VALUE: self.value,
            PER: self.per,
            VALUE_BEFORE: self.value_before,
            PER_BEFORE: self.per_before,
        }
        return {part: column for part, column in parts.items() if column is not None}


@dataclass(frozen=True)
class UnitPlan:
    """How the experiment was planned.

    Attributes:
        control: name of the control variant.
        shares: planned share by variant, only their ratios matter; None assumes an even split.
        started_on, ended_on: local days.
        offline_gains: by treatment variant, offline delta and its standard error (NaN where
            unknown) in the unit of `offline_metric`.
    """

    experiment: str
    control: str
    model: str | None = None
    shares: Mapping[str, float] | None = None
    started_on: dt.date | None = None
    ended_on: dt.date | None = None
    offline_metric: str | None = None
    offline_gains: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Options:
    threshold: float
    smallest_lift: float
    min_users: int


def read_out_units(
    units: pd.DataFrame,
    plan: UnitPlan,
    *,
    metrics: Sequence[UnitMetric],
    guardrails: Mapping[str, Guardrail] | None = None,
    user_column: str = "user",
    variant_column: str = "variant",
    sample_ratio_threshold: float = SAMPLE_RATIO_THRESHOLD,
    smallest_lift: float = SMALLEST_LIFT,
    min_users: int = MIN_USERS,
) -> tuple[ReadOut, ...]:
    """Read one experiment out from rows of users: the split first, then lift and verdict.

    One result per metric and variant beside the control, ordered by those names, with the same
    words, corrections and reasons to withhold as `analytics.experiments.read_out`. In addition
    withheld: users in several variants (above 1 %), several different rows of one user, values
    missing unevenly between the variants, and pre-period figures that differed already.

    Args:
        units: shape (users, columns), one row per user who was assigned, active or not.
        plan: names, control and planned shares.
        metrics: what to compare. Users without a value are left out of that metric and counted
            in its caveats; missing pre-period figures are replaced by their mean.
        guardrails: by metric name, what must not be harmed. An experiment that does not report
            one says so.
        sample_ratio_threshold: below this p-value of the split nothing is shown.
        smallest_lift: smallest relative lift that matters, as a share.
        min_users: fewest users of a variant.

    Raises:
        TypeError: `units` is no frame, or a guardrail is no `Guardrail`.
        ValueError: a column is missing, metrics are none or share a name, or an option is out
            of range; the message names it.

    Data never raises: what cannot be read out is withheld, with its reason.
    """
    check_read_out_options(sample_ratio_threshold, smallest_lift)
    guarded = check_guardrails(guardrails)
    _check_metrics(metrics)
    rows = unit_rows(
        units,
        user_column=user_column,
        variant_column=variant_column,
        numbers=list(dict.fromkeys(c for metric in metrics for c in metric.columns.values())),
    )
    options = _Options(sample_ratio_threshold, smallest_lift, min_users)
    counts = _counts(rows.frame)
    split = _split(counts, plan, options)
    compared: list[str | None] = [
        *sorted((counts.keys() | (plan.shares or {}).keys()) - {plan.control})
    ]
    comparisons = [
        _compare(rows, plan, metric, treatment, split, options)
        for metric in sorted(metrics, key=lambda metric: metric.name)
        for treatment in compared or [None]
    ]
    return tuple(guard(judge_together(comparisons), guarded))


def _check_metrics(metrics: Sequence[UnitMetric]) -> None:
    names = [metric.name for metric in metrics]
    if not names:
        raise ValueError("metrics must name at least one metric")
    if len(set(names)) < len(names):
        raise ValueError(f"metrics must have different names, not {', '.join(names)}")


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(n) for name, n in frame[VARIANT].value_counts().items()}


def _split(counts: Mapping[str, int], plan: UnitPlan, options: _Options) -> ArmsCheck:
    planned = plan.shares or {}
    arms = [
        Arm(
            variant=name,
            is_control=name == plan.control,
            users=float(counts.get(name, 0)),
            share=float(planned.get(name, math.nan)),
        )
        for name in sorted(counts.keys() | planned.keys())
    ]
    return check_arms(arms, threshold=options.threshold)


def _compare(
    rows: UnitRows,
    plan: UnitPlan,
    metric: UnitMetric,
    treatment: str | None,
    split: ArmsCheck,
    options: _Options,
) -> ReadOut:
    base = _describe(rows, plan, metric, treatment, split, options)
    if rows.refusal is not None:
        return withhold(base, rows.refusal, rows.reason)
    if treatment is None or split.refusal is not None:
        return withhold(base, split.refusal, split.reason)
    try:
        return _read(base, rows.frame, plan, metric, treatment, options)
    except CannotReadOutError as error:
        return withhold(base, error.refusal, error.reason)


def _describe(
    rows: UnitRows,
    plan: UnitPlan,
    metric: UnitMetric,
    treatment: str | None,
    split: ArmsCheck,
    options: _Options,
) -> ReadOut:
    counts = _counts(rows.frame)
    delta, error = plan.offline_gains.get(treatment or "", (math.nan, math.nan))
    return ReadOut(
        experiment=plan.experiment,
        model=plan.model,
        metric=metric.name,
        variant=treatment,
        started_on=plan.started_on,
        ended_on=plan.ended_on,
        users_control=counts.get(plan.control),
        users_treatment=None if treatment is None else counts.get(treatment),
        expected_share=None if treatment is None else split.shares.get(treatment),
        sample_ratio_p=split.p_value,
        smallest_lift=options.smallest_lift,
        offline_metric=plan.offline_metric,
        offline_delta=delta if math.isfinite(delta) else None,
        offline_se=error if math.isfinite(error) else None,
        caveats=(*split.caveats, *rows.caveats),
    )


def _read(
    base: ReadOut,
    frame: pd.DataFrame,
    plan: UnitPlan,
    metric: UnitMetric,
    treatment: str,
    options: _Options,
) -> ReadOut:
    data, caveats = _metric_rows(frame, plan, metric, options)
    sides = {name: data[data[VARIANT] == name] for name in (plan.control, treatment)}
    for name, side in sides.items():
        require_users(name, float(len(side)), options.min_users)
    measure = _measure(metric, data)
    if measure is Measure.CONVERSION:
        for name, side in sides.items():
            require_events(name, float(side[VALUE].sum()), float(len(side)))
    pair, notes = _with_known_before(pd.concat(sides.values()))
    means = adjusted_means(pair, control=plan.control, treatment=treatment)
    _require_even_start(means, options)
    lift = lift_of_means(means.control, means.treatment, shared=means.shared)
    return replace(
        show(base, lift, measure),
        variance_reduction=means.variance_reduction,
        caveats=(*base.caveats, *caveats, *notes),
    )


def _metric_rows(
    frame: pd.DataFrame, plan: UnitPlan, metric: UnitMetric, options: _Options
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The users who have a value; refused when they are missing more in one variant."""
    parts = {part: frame[column] for part, column in metric.columns.items()}
    data = pd.DataFrame({VARIANT: frame[VARIANT].astype(object), **parts})
    needed = [part for part in data.columns if part not in _BEFORE]
    kept = data.dropna(subset=needed)
    n_missing = len(data) - len(kept)
    if not n_missing:
        return data, ()
    counts = dict.fromkeys(_counts(data), 0) | _counts(kept)
    check = _split(counts, plan, options)
    if check.refusal is Refusal.SAMPLE_RATIO:
        raise CannotReadOutError(
            Refusal.MISSING_VALUES,
            f"{n_missing:,} of {len(data):,} users have no value of {metric.name}, and not evenly "
            f"between the variants ({p_words(check.p_value)}), so those left cannot be compared.",
        )
    note = (
        f"{n_missing:,} of {len(data):,} users have no value of {metric.name} and were left out; "
        "a user who did nothing needs a zero."
    )
    return kept, (note,)


def _measure(metric: UnitMetric, data: pd.DataFrame) -> Measure:
    if metric.per is not None:
        return Measure.RATIO
    return Measure.CONVERSION if bool(data[VALUE].isin((0.0, 1.0)).all()) else Measure.VALUE


def _with_known_before(data: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Fill unknown pre-period figures by their mean; drop those that can explain nothing."""
    parts = [part for part in _BEFORE if part in data.columns]
    if not parts:
        return data, ()
    known = data[parts].dropna()
    is_varied = len(known) > 2 and float(known[VALUE_BEFORE].std()) > 0
    has_denominator = PER_BEFORE not in parts or (known[PER_BEFORE].mean() > 0)
    if not (is_varied and has_denominator):
        note = "The pre-period figures are missing or all the same, so they were not used."
        return data.drop(columns=parts), (note,)
    is_unknown = data[parts].isna().any(axis=1).to_numpy()
    filled = {p: np.where(is_unknown, known[p].mean(), data[p]) for p in parts}
    note = f"{int(is_unknown.sum()):,} users have no pre-period figure; the mean stands in for it."
    return data.assign(**filled), (note,) if is_unknown.any() else ()


def _require_even_start(means: AdjustedMeans, options: _Options) -> None:
    p_value = means.before_p_value
    if p_value is not None and p_value < options.threshold:
        raise CannotReadOutError(
            Refusal.UNEVEN_BEFORE,
            f"The pre-period figures of the variants already differed ({p_words(p_value)}): users "
            "were not split at random, or the figures are not from before the start.",
        )
