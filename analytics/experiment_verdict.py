"""What does one experiment's read-out conclude, once all its comparisons are counted?"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import tea_tasting as tt
from tea_tasting.experiment import ExperimentResult

from analytics.experiment_guardrail import (
    Guardrail,
    GuardrailReading,
    read_guardrail,
    reason_of_guardrail,
)
from analytics.experiment_lift import LIFT_UNIT, Lift, Measure, Refusal
from analytics.vocabulary import Verdict, p_words, percent

SIGNIFICANCE = 0.05
SMALLEST_LIFT = 0.02
# t quantiles of 5 % two-sided and 80 % power, for groups large enough to be read out.
DETECTABLE_FACTOR = 2.8

_TOO_LITTLE = frozenset({Refusal.TOO_FEW_USERS, Refusal.TOO_FEW_CONVERSIONS})


@dataclass(frozen=True)
class ReadOut:
    """One variant of one experiment against its control, for one metric.

    Attributes:
        started_on, ended_on: local days.
        expected_share: planned share of the treatment among all variants, 0..1.
        sample_ratio_p: of the split over all variants; None when it cannot be checked.
        status: `withheld` shows no means and no effect; `withheld_reason` says why in words,
            `refusal` by name.
        measure: `conversion` (share of users) or `value` (per user).
        lift, lift_low, lift_high, lift_se: relative to the control's mean, see `lift_unit`; the
            95 % interval is that of this comparison alone.
        p_value: of this comparison alone; `p_value_adjusted`: Holm over all metrics and
            variants of the experiment, which the verdict uses.
        smallest_detectable_lift: found with 80 % power; `smallest_lift`: the one that matters.
        offline_delta, offline_se: of the candidate, in the unit of `offline_metric`.
        variance_reduction: share of the variance of the difference that the pre-period figure
            took away, 0..1; None where none was used.
        guardrail, guardrail_reason: whether a metric that must not be harmed was spared, and
            why; None for other metrics. `guardrail_margin`: the harm borne, as a share.
    """

    experiment: str
    model: str | None
    metric: str
    variant: str | None
    started_on: dt.date | None = None
    ended_on: dt.date | None = None
    users_control: int | None = None
    users_treatment: int | None = None
    expected_share: float | None = None
    sample_ratio_p: float | None = None
    status: Literal["read out", "withheld"] = "withheld"
    refusal: Refusal | None = None
    withheld_reason: str | None = None
    measure: Measure | None = None
    mean_control: float | None = None
    mean_treatment: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    lift_se: float | None = None
    lift_unit: str = LIFT_UNIT
    p_value: float | None = None
    p_value_adjusted: float | None = None
    smallest_detectable_lift: float | None = None
    smallest_lift: float = SMALLEST_LIFT
    offline_metric: str | None = None
    offline_delta: float | None = None
    offline_se: float | None = None
    verdict: Verdict = Verdict.INVALID_DATA
    verdict_reason: str = ""
    caveats: tuple[str, ...] = ()
    variance_reduction: float | None = None
    guardrail: GuardrailReading | None = None
    guardrail_reason: str | None = None
    guardrail_margin: float | None = None


def check_read_out_options(sample_ratio_threshold: float, smallest_lift: float) -> None:
    """Raise ValueError, naming the argument, for an option that no read-out can use."""
    if not 0 < smallest_lift < math.inf:
        raise ValueError(f"smallest_lift must be positive, not {smallest_lift}")
    if not 0 < sample_ratio_threshold < 1:
        raise ValueError(
            f"sample_ratio_threshold must lie between 0 and 1, not {sample_ratio_threshold}"
        )


def show(base: ReadOut, lift: Lift, measure: Measure) -> ReadOut:
    """The same comparison with its means and lift, not yet judged."""
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


def withhold(base: ReadOut, refusal: Refusal | None, reason: str | None) -> ReadOut:
    """The same comparison with nothing shown but the reason."""
    verdict = Verdict.NOT_ENOUGH_DATA if refusal in _TOO_LITTLE else Verdict.INVALID_DATA
    return replace(
        base,
        refusal=refusal,
        withheld_reason=reason,
        verdict=verdict,
        verdict_reason=reason or "",
    )


def judge_together(comparisons: Sequence[ReadOut]) -> list[ReadOut]:
    """Verdicts of one experiment, its p-values corrected for how many there are (Holm)."""
    tested = {i: one.p_value for i, one in enumerate(comparisons) if one.p_value is not None}
    if not tested:
        return list(comparisons)
    adjusted = holm(list(tested.values()))
    judged = list(comparisons)
    for i, p_value in zip(tested, adjusted, strict=True):
        judged[i] = _judge(comparisons[i], p_value, len(tested))
    return judged


def holm(p_values: Sequence[float]) -> list[float]:
    """(n,) p-values corrected for their number, whatever their dependence.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6 (1979), 65-70.
    """
    results = {i: ExperimentResult({"lift": {"pvalue": p}}) for i, p in enumerate(p_values)}
    corrected = tt.adjust_fwer(
        results, alpha=SIGNIFICANCE, arbitrary_dependence=True, method="bonferroni"
    )
    return [float(corrected[i]["lift"]["pvalue_adj"]) for i in results]


def _judge(one: ReadOut, adjusted: float, n_comparisons: int) -> ReadOut:
    lift, detectable = one.lift or 0.0, one.smallest_detectable_lift or math.inf
    among = f", corrected for {n_comparisons} comparisons" if n_comparisons > 1 else ""
    told = f"{percent(lift, digits=2, signed=True)} ({p_words(adjusted)}{among})"
    shown = percent(detectable, digits=2)
    if adjusted < SIGNIFICANCE:
        verdict, reason = Verdict.MOVES, f"{one.metric} changed by {told}."
    elif detectable > one.smallest_lift:
        verdict = Verdict.NOT_ENOUGH_DATA
        reason = (
            f"{one.metric} changed by {told}; only a lift of {shown} or more would have "
            f"shown, and {percent(one.smallest_lift, digits=2)} already matters."
        )
    else:
        verdict = Verdict.NO_EVIDENCE
        reason = f"{one.metric} changed by {told}; a lift of {shown} would have shown."
    caveats = one.caveats
    if n_comparisons > 1:
        note = f"{n_comparisons} comparisons were tested; the interval is that of this one alone."
        caveats = (*caveats, note)
    return replace(
        one, p_value_adjusted=adjusted, verdict=verdict, verdict_reason=reason, caveats=caveats
    )


def guard(comparisons: Sequence[ReadOut], guardrails: Mapping[str, Guardrail]) -> list[ReadOut]:
    """The comparisons of one experiment with the reading of each guardrail metric.

    The verdicts stay as they are. Readings are not corrected for their number: all guardrails
    must hold, so more of them make it harder to pass, not easier.
    """
    absent = sorted(set(guardrails) - {one.metric for one in comparisons})
    notes = tuple(f"Guardrail {name!r} was not reported for this experiment." for name in absent)
    return [
        replace(_guarded(one, guardrails.get(one.metric)), caveats=(*one.caveats, *notes))
        for one in comparisons
    ]


def _guarded(one: ReadOut, guardrail: Guardrail | None) -> ReadOut:
    if guardrail is None:
        return one
    reading, reason = GuardrailReading.CANNOT_BE_TOLD, one.withheld_reason or ""
    if one.lift_low is not None and one.lift_high is not None:
        reading = read_guardrail(guardrail, low=one.lift_low, high=one.lift_high)
        reason = reason_of_guardrail(
            guardrail, reading, metric=one.metric, low=one.lift_low, high=one.lift_high
        )
    return replace(
        one, guardrail=reading, guardrail_reason=reason, guardrail_margin=guardrail.margin
    )
