"""What does one experiment's read-out conclude, once all its comparisons are counted?"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import tea_tasting as tt
from tea_tasting.experiment import ExperimentResult

from analytics.experiment_lift import Measure, Refusal
from analytics.vocabulary import Verdict

SIGNIFICANCE = 0.05
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
    """

    experiment: str
    model: str | None
    metric: str
    variant: str | None
    started_on: dt.date | None
    ended_on: dt.date | None
    users_control: int | None
    users_treatment: int | None
    expected_share: float | None
    sample_ratio_p: float | None
    status: Literal["read out", "withheld"]
    refusal: Refusal | None
    withheld_reason: str | None
    measure: Measure | None
    mean_control: float | None
    mean_treatment: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    lift_se: float | None
    lift_unit: str
    p_value: float | None
    p_value_adjusted: float | None
    smallest_detectable_lift: float | None
    smallest_lift: float
    offline_metric: str | None
    offline_delta: float | None
    offline_se: float | None
    verdict: Verdict
    verdict_reason: str
    caveats: tuple[str, ...]


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
    results = {i: ExperimentResult({"lift": {"pvalue": p}}) for i, p in tested.items()}
    corrected = tt.adjust_fwer(
        results, alpha=SIGNIFICANCE, arbitrary_dependence=True, method="bonferroni"
    )
    judged = list(comparisons)
    for i in tested:
        adjusted = float(corrected[i]["lift"]["pvalue_adj"])
        judged[i] = _judge(comparisons[i], adjusted, len(tested))
    return judged


def _judge(one: ReadOut, adjusted: float, n_comparisons: int) -> ReadOut:
    lift, detectable = one.lift or 0.0, one.smallest_detectable_lift or math.inf
    among = f", corrected for {n_comparisons} comparisons" if n_comparisons > 1 else ""
    told = f"{lift:+.2%} (p = {adjusted:.2g}{among})"
    if adjusted < SIGNIFICANCE:
        verdict, reason = Verdict.MOVES, f"{one.metric} changed by {told}."
    elif detectable > one.smallest_lift:
        verdict = Verdict.NOT_ENOUGH_DATA
        reason = (
            f"{one.metric} changed by {told}; only a lift of {detectable:.2%} or more would have "
            f"shown, and {one.smallest_lift:.2%} already matters."
        )
    else:
        verdict = Verdict.NO_EVIDENCE
        reason = f"{one.metric} changed by {told}; a lift of {detectable:.2%} would have shown."
    caveats = one.caveats
    if n_comparisons > 1:
        note = f"{n_comparisons} comparisons were tested; the interval is that of this one alone."
        caveats = (*caveats, note)
    return replace(
        one, p_value_adjusted=adjusted, verdict=verdict, verdict_reason=reason, caveats=caveats
    )
