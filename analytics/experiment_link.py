"""Across experiments, did a larger offline gain of the model bring a larger online lift?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analytics.experiment_regression import (
    CorrectedSlope,
    FloatArray,
    MetaRegression,
    correct_for_noise,
    meta_regression,
)
from analytics.vocabulary import Verdict, p_words

LINK_COLUMNS = ("offline_delta", "offline_se", "lift", "lift_se")
EFFECT_UNIT = "relative lift per unit of the offline metric"
LOG_EFFECT_UNIT = "relative lift per log offline gain"
METHOD = (
    "random-effects meta-regression of lift on offline delta (REML, Knapp-Hartung), "
    "slope divided by the reliability of the offline deltas, Fieller interval"
)
# Both directions are simulated in `benchmarks.experiments`.
SELECTION_CAVEAT = (
    "Winners only mislead, and nothing in the numbers can repair it: when only the best offline "
    "candidates were tested the effect is too high; when only online winners were recorded the "
    "lifts are too high and the effect too low."
)

# Benchmark `benchmarks.experiments`: the test and the interval keep their level from six
# experiments on, but with fewer than eight, at the usual reliability of .7, most true links get
# no bounded interval or stay unseen. The Cochrane Handbook (10.11.5.1) asks for ten: eight and
# nine are answered with a caveat.
MIN_EXPERIMENTS = 8
COMFORTABLE_EXPERIMENTS = 10

# A lift above a millionfold, or known to a trillionth, is a typing mistake.
_LARGEST_LIFT = 1e6
_SMALLEST_LIFT_SE = 1e-12
_LARGEST_DELTA = 1e12
_POWER = 0.8
_SIGNIFICANCE = 0.05
_MOSTLY_WINNERS = 0.9


@dataclass(frozen=True)
class ExperimentLink:
    """What experiments say about an offline metric and an online one.

    Attributes:
        effect, effect_low, effect_high: relative lift per unit of the offline metric (a slope
            of 1.5 means that +0.01 offline brings +1.5 % online) with its 95 % interval; None
            when it cannot be estimated.
        p_value: two-sided, of no link at all.
        reliability: share of the spread of the offline deltas that is not measurement error,
            0..1; `reliability_se` its standard error; None when no error was recorded.
        heterogeneity: standard deviation, in lift, of the experiments around the line beyond
            what the errors of the lifts explain.
        side_effect: lift of an experiment with no offline gain at all (the intercept).
        naive_effect, naive_side_effect: slope and intercept of the line as it was fitted to the
            offline deltas as measured, before their errors were allowed for.
        smallest_detectable_effect: slope found with 80 % power; `smallest_effect`: the slope
            that matters. Both in the unit of the effect.
        experiments_needed: about how many would be enough, of the same kind as those at hand.
        n_experiments: those used.
    """

    effect: float | None
    effect_low: float | None
    effect_high: float | None
    effect_unit: str
    p_value: float | None
    reliability: float | None
    reliability_se: float | None
    heterogeneity: float | None
    side_effect: float | None
    naive_effect: float | None
    naive_side_effect: float | None
    smallest_detectable_effect: float | None
    smallest_effect: float | None
    experiments_needed: int | None
    n_experiments: int
    verdict: Verdict
    verdict_reason: str
    method: str
    caveats: tuple[str, ...]

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval (low, high) of the effect; None when it cannot be estimated."""
        if self.effect_low is None or self.effect_high is None:
            return None
        return self.effect_low, self.effect_high


@dataclass(frozen=True)
class _Usable:
    delta: FloatArray
    delta_se: FloatArray
    lift: FloatArray
    lift_se: FloatArray
    has_delta_se: bool
    caveats: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.lift)


def experiment_link(
    table: pd.DataFrame,
    *,
    error_correlation: float = 0.0,
    smallest_lift: float = 0.02,
    min_experiments: int = MIN_EXPERIMENTS,
    log_gains: bool = False,
) -> ExperimentLink:
    """Slope of the online lift on the offline delta, with a verdict.

    Args:
        table: one row per experiment (treatment against control) of one model, offline metric
            and online metric. Columns: offline_delta and offline_se in the unit of the offline
            metric, lift and lift_se as a share (0.02 = +2 %). Rows that miss a number are left
            out and counted in the caveats. A column `experiment`, when there, shows repeats.
        error_correlation: correlation of the errors of offline delta and lift, -1 < r < 1; not
            zero when both were measured on the same users.
        smallest_lift: smallest relative lift that matters, at a typical (median) offline gain.
        min_experiments: below this many usable rows nothing is estimated; at least 4.
        log_gains: the offline deltas are log changes (delta over the control's level), so the
            effect can be held against an elasticity; it only names the unit.

    Raises:
        TypeError: `table` is no frame.
        ValueError: a column is missing or an option out of range; the message names it.

    Data itself never raises: whatever cannot be used ends as `not enough data` with its reason.
    """
    _check_options(table, error_correlation, smallest_lift, min_experiments)
    found = _link(table, error_correlation, smallest_lift, min_experiments)
    return replace(found, effect_unit=LOG_EFFECT_UNIT) if log_gains else found


def _link(
    table: pd.DataFrame, error_correlation: float, smallest_lift: float, min_experiments: int
) -> ExperimentLink:
    usable = _usable_rows(table)
    if len(usable) < min_experiments:
        reason = (
            f"{len(usable)} usable experiments; at least {min_experiments} are needed before "
            "lifts and offline gains can be compared."
        )
        return _nothing(usable, reason, min_experiments)
    if not np.ptp(usable.delta) > 1e-9 * np.abs(usable.delta).max():
        return _nothing(usable, "All offline deltas are the same: there is no slope to see.", None)
    fit = meta_regression(usable.delta, usable.lift, usable.lift_se**2)
    shared = error_correlation * usable.delta_se * usable.lift_se
    slope = correct_for_noise(fit, usable.delta, usable.delta_se**2, shared)
    return _answer(usable, fit, slope, smallest_lift)


def _check_options(
    table: pd.DataFrame, error_correlation: float, smallest_lift: float, min_experiments: int
) -> None:
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be a pandas DataFrame, not {type(table).__name__}")
    missing = [name for name in LINK_COLUMNS if name not in table.columns]
    if missing:
        raise ValueError(f"table lacks the columns {', '.join(missing)}")
    if not -1 < error_correlation < 1:
        raise ValueError(f"error_correlation must lie between -1 and 1, not {error_correlation}")
    if not 0 < smallest_lift < math.inf:
        raise ValueError(f"smallest_lift must be positive, not {smallest_lift}")
    if min_experiments < 4:
        raise ValueError(f"min_experiments must be at least 4, not {min_experiments}")


def _usable_rows(table: pd.DataFrame) -> _Usable:
    columns = [pd.to_numeric(table[name], errors="coerce") for name in LINK_COLUMNS]
    delta, delta_se, lift, lift_se = (
        column.to_numpy(dtype=np.float64, na_value=np.nan) for column in columns
    )
    # Comparisons with NaN are false, so these lines also drop what is missing.
    has_lift = (np.abs(lift) < _LARGEST_LIFT) & (lift_se > _SMALLEST_LIFT_SE)
    has_lift &= (lift_se < _LARGEST_LIFT) & (np.abs(delta) < _LARGEST_DELTA)
    has_error = (delta_se >= 0) & (delta_se < _LARGEST_DELTA)
    has_delta_se = bool((has_lift & has_error).any())
    keep = has_lift & has_error if has_delta_se else has_lift
    return _Usable(
        delta=delta[keep],
        delta_se=delta_se[keep] if has_delta_se else np.zeros(int(keep.sum())),
        lift=lift[keep],
        lift_se=lift_se[keep],
        has_delta_se=has_delta_se,
        caveats=_row_caveats(table, keep, lift, has_delta_se=has_delta_se),
    )


def _row_caveats(
    table: pd.DataFrame, keep: np.ndarray, lift: FloatArray, *, has_delta_se: bool
) -> tuple[str, ...]:
    caveats = [SELECTION_CAVEAT]
    n_kept, n_left_out = int(keep.sum()), int((~keep).sum())
    n_positive = int((lift[keep] > 0).sum())
    if n_kept >= 4 and n_positive >= _MOSTLY_WINNERS * n_kept:
        caveats.append(
            f"{n_positive} of {n_kept} recorded lifts are positive: "
            "check that losing experiments were recorded too."
        )
    if n_left_out:
        caveats.append(
            f"{n_left_out} rows left out: no lift, no offline delta, or no usable error of them."
        )
    if n_kept and not has_delta_se:
        caveats.append(
            "No errors of the offline deltas are recorded, so they are taken as exact; "
            "the effect is then understated."
        )
    if "experiment" in table.columns and bool(table.loc[keep, "experiment"].duplicated().any()):
        caveats.append(
            "Some experiments give several rows; they share a control group and count as "
            "independent here, so the interval is a little too narrow."
        )
    return tuple(caveats)


def _nothing(usable: _Usable, reason: str, needed: int | None) -> ExperimentLink:
    return ExperimentLink(
        effect=None,
        effect_low=None,
        effect_high=None,
        effect_unit=EFFECT_UNIT,
        p_value=None,
        reliability=None,
        reliability_se=None,
        heterogeneity=None,
        side_effect=None,
        naive_effect=None,
        naive_side_effect=None,
        smallest_detectable_effect=None,
        smallest_effect=None,
        experiments_needed=needed,
        n_experiments=len(usable),
        verdict=Verdict.NOT_ENOUGH_DATA,
        verdict_reason=reason,
        method=METHOD,
        caveats=usable.caveats,
    )


def _answer(
    usable: _Usable, fit: MetaRegression, slope: CorrectedSlope, smallest_lift: float
) -> ExperimentLink:
    typical_gain = float(np.median(np.abs(usable.delta))) or float(np.std(usable.delta))
    smallest_effect = smallest_lift / typical_gain
    is_bounded = slope.low is not None
    detectable = _detectable(slope, fit.dof) if is_bounded else None
    verdict, reason = _judge(slope, len(usable), detectable, smallest_effect)
    centre = float(fit.weights @ usable.delta) / float(fit.weights.sum())
    level = fit.intercept + fit.slope * centre
    caveats = usable.caveats
    if len(usable) < COMFORTABLE_EXPERIMENTS:
        caveats = (*caveats, "Fewer than ten experiments: one of them can carry the answer.")
    return ExperimentLink(
        effect=slope.slope if is_bounded else None,
        effect_low=slope.low,
        effect_high=slope.high,
        effect_unit=EFFECT_UNIT,
        p_value=slope.p_value,
        reliability=slope.reliability if usable.has_delta_se else None,
        reliability_se=slope.reliability_se if usable.has_delta_se else None,
        heterogeneity=math.sqrt(fit.tau_squared),
        side_effect=level - slope.slope * centre if is_bounded else None,
        naive_effect=fit.slope,
        naive_side_effect=fit.intercept,
        smallest_detectable_effect=detectable,
        smallest_effect=smallest_effect,
        experiments_needed=_needed(verdict, len(usable), detectable, smallest_effect),
        n_experiments=len(usable),
        verdict=verdict,
        verdict_reason=reason,
        method=METHOD,
        caveats=caveats,
    )


def _detectable(slope: CorrectedSlope, dof: int) -> float:
    factor = float(stats.t.ppf(1 - _SIGNIFICANCE / 2, dof) + stats.t.ppf(_POWER, dof))
    return factor * slope.slope_se


def _judge(
    slope: CorrectedSlope, n_experiments: int, detectable: float | None, smallest_effect: float
) -> tuple[Verdict, str]:
    if slope.low is None or detectable is None:
        return Verdict.NOT_ENOUGH_DATA, (
            f"The offline deltas are mostly measurement error (reliability "
            f"{slope.reliability:.2f} ± {1.96 * slope.reliability_se:.2f}), so the size of the "
            "effect has no upper bound; larger evaluation sets or more experiments are needed."
        )
    if slope.p_value < _SIGNIFICANCE:
        way = "rose" if slope.slope > 0 else "fell"
        return Verdict.MOVES, (
            f"Across {n_experiments} experiments the lift {way} with the offline gain by more "
            f"than chance explains ({p_words(slope.p_value)})."
        )
    if detectable > smallest_effect:
        return Verdict.NOT_ENOUGH_DATA, (
            f"{n_experiments} experiments would show an effect of {detectable:.3g} or more; "
            f"{smallest_effect:.3g} already matters."
        )
    return Verdict.NO_EVIDENCE, (
        f"{n_experiments} experiments could have shown an effect of {detectable:.3g}, less than "
        f"the {smallest_effect:.3g} that matters, and did not ({p_words(slope.p_value)})."
    )


def _needed(
    verdict: Verdict, n_experiments: int, detectable: float | None, smallest_effect: float
) -> int | None:
    if verdict is not Verdict.NOT_ENOUGH_DATA or detectable is None:
        return None
    return math.ceil(n_experiments * (detectable / smallest_effect) ** 2)
