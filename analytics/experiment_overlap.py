"""Did experiments that ran on the same users change each other's effects?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analytics.experiment_lift import MIN_EVENTS, MIN_USERS
from analytics.experiment_split import SAMPLE_RATIO_THRESHOLD
from analytics.experiment_verdict import (
    SIGNIFICANCE,
    SMALLEST_LIFT,
    check_read_out_options,
    holm,
)
from analytics.vocabulary import p_words

INTERACTION_UNIT = "the outcome's own unit, per user"
_POWER = 0.8
_LARGEST_VALUE = 1e30


class InteractionVerdict(StrEnum):
    """What can be said of two experiments on the same users."""

    INVALID_DATA = "invalid data"
    NOT_ENOUGH_DATA = "not enough data"
    INTERACTION = "interaction"
    NO_INTERACTION_SEEN = "no interaction seen"


@dataclass(frozen=True)
class Interaction:
    """One treatment of one experiment beside one treatment of another.

    Attributes:
        users_in_both: users with a variant in both experiments; `share_of_first`,
            `share_of_second` and `share_of_either`: of all users of one, the other, or any.
        effect_alone, effect_beside: effect of the first experiment's treatment among users who
            have the second's control, and among those who have the second's treatment.
        interaction, low, high: the second effect less the first with its 95 % interval, that of
            this comparison alone. It reads the same with the experiments exchanged.
        unit: of these figures and of the two `smallest_`s.
        interaction_share: of the mean of users with both controls; None when that is not positive.
        p_value: of this comparison alone; `p_value_adjusted`: Holm over all comparisons.
        smallest_detectable: found with 80 % power, the correction included;
            `smallest_interaction`: the one that matters.
        independence_p: of variants that were dealt independently.
    """

    first: str
    second: str
    variant_of_first: str | None
    variant_of_second: str | None
    users_in_both: int
    share_of_first: float
    share_of_second: float
    share_of_either: float
    effect_alone: float | None = None
    effect_beside: float | None = None
    interaction: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = INTERACTION_UNIT
    interaction_share: float | None = None
    dof: float | None = None
    se: float | None = None
    p_value: float | None = None
    p_value_adjusted: float | None = None
    smallest_detectable: float | None = None
    smallest_interaction: float | None = None
    independence_p: float | None = None
    verdict: InteractionVerdict = InteractionVerdict.NOT_ENOUGH_DATA
    verdict_reason: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Options:
    controls: Mapping[str, str]
    threshold: float
    smallest_lift: float
    min_users: int


def overlap(
    assignments: pd.DataFrame,
    outcome: pd.Series,
    *,
    controls: Mapping[str, str],
    before: pd.Series | None = None,
    smallest_lift: float = SMALLEST_LIFT,
    min_users: int = MIN_USERS,
    independence_threshold: float = SAMPLE_RATIO_THRESHOLD,
    unit: str = INTERACTION_UNIT,
) -> tuple[Interaction, ...]:
    """Compare every two experiments on the users they share.

    One result per pair of experiments and pair of their treatments, ordered by name; one without
    variants where a pair cannot be compared at all.

    Args:
        assignments: columns user, experiment, variant; one row per user and experiment.
        outcome: one value per user, indexed by user, of the time in which both ran.
        controls: by experiment, its control variant.
        before: pre-period figure per user; makes the interval narrower (CUPED).
        smallest_lift: smallest interaction that matters, as a share of the mean of users with
            both controls.
        min_users: fewest users of each of the four combinations of variants.
        independence_threshold: below this p-value the two deals count as tied to each other.
        unit: of the outcome, per user.

    Raises:
        TypeError: `assignments` is no frame, `outcome` or `before` no series.
        ValueError: a column is missing, an index repeats a user, or an option is out of range;
            the message names the argument.

    Data never raises: what cannot be compared says so in its verdict.

    Source: the interaction contrast of a two-by-two factorial with unequal variances; degrees
    of freedom after F. E. Satterthwaite, Biometrics Bulletin 2 (1946), 110-114.
    """
    check_read_out_options(independence_threshold, smallest_lift)
    options = _Options(controls, independence_threshold, smallest_lift, min_users)
    wide, caveats = _by_user(assignments)
    value = _aligned("outcome", outcome, wide.index)
    earlier = None if before is None else _aligned("before", before, wide.index)
    found = [
        replace(one, unit=unit, caveats=(*caveats, *one.caveats))
        for first, second in combinations(sorted(wide.columns), 2)
        for one in _compare(wide[[first, second]], value, earlier, options)
    ]
    return tuple(_judge_together(found))


def _by_user(assignments: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """(users, experiments) variants; users with several variants of one experiment have none."""
    if not isinstance(assignments, pd.DataFrame):
        raise TypeError(f"assignments must be a pandas DataFrame, not {type(assignments).__name__}")
    names = ["user", "experiment", "variant"]
    missing = [name for name in names if name not in assignments.columns]
    if missing:
        raise ValueError(f"assignments lacks the columns {', '.join(missing)}")
    rows = assignments[names].astype("string").dropna().drop_duplicates().astype(object)
    crossed = rows.duplicated(["user", "experiment"], keep=False)
    wide = rows[~crossed].pivot(index="user", columns="experiment", values="variant")
    n_crossed = len(rows.loc[crossed, ["user", "experiment"]].drop_duplicates())
    note = f"{n_crossed:,} users with several variants of one experiment were left out of it."
    return wide, (note,) if n_crossed else ()


def _aligned(name: str, values: pd.Series, users: pd.Index) -> np.ndarray:
    """(users,) numbers, NaN where unknown."""
    if not isinstance(values, pd.Series):
        raise TypeError(f"{name} must be a pandas Series by user, not {type(values).__name__}")
    index = values.index.astype("string")
    if index.has_duplicates:
        raise ValueError(f"{name} must have one value per user")
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    usable = np.where(np.abs(numbers) < _LARGEST_VALUE, numbers, np.nan)
    return pd.Series(usable, index=index.astype(object)).reindex(users).to_numpy()


def _compare(
    variants: pd.DataFrame, value: np.ndarray, before: np.ndarray | None, options: _Options
) -> Iterator[Interaction]:
    first, second = (str(name) for name in variants.columns)
    has_first, has_second = (variants[name].notna().to_numpy() for name in variants.columns)
    both, n_either = has_first & has_second, int((has_first | has_second).sum())
    n_both = int(both.sum())
    base = Interaction(
        first=first,
        second=second,
        variant_of_first=None,
        variant_of_second=None,
        users_in_both=n_both,
        share_of_first=n_both / max(int(has_first.sum()), 1),
        share_of_second=n_both / max(int(has_second.sum()), 1),
        share_of_either=n_both / max(n_either, 1),
    )
    if not n_both:
        yield replace(base, verdict_reason="No user is in both experiments.")
        return
    dealt = variants[both]
    p_value = _tie(dealt.iloc[:, 0].to_numpy(), dealt.iloc[:, 1].to_numpy())
    base = replace(base, independence_p=p_value)
    fault = _fault(base, dealt, np.isfinite(value[both]), options)
    if fault is not None:
        yield replace(base, verdict=InteractionVerdict.INVALID_DATA, verdict_reason=fault)
        return
    earlier = None if before is None else before[both]
    arms = [sorted(set(dealt[name]) - {options.controls[name]}) for name in (first, second)]
    for one in arms[0]:
        for other in arms[1]:
            named = replace(base, variant_of_first=one, variant_of_second=other)
            yield _contrast(named, dealt, value[both], earlier, options)


def _tie(one: np.ndarray, other: np.ndarray) -> float:
    """P-value of two deals that know nothing of each other; 1 when one of them has one variant."""
    counts = pd.crosstab(one, other).to_numpy()
    if min(counts.shape) < 2:
        return 1.0
    return float(stats.chi2_contingency(counts, correction=False).pvalue)


def _fault(
    base: Interaction, dealt: pd.DataFrame, is_known: np.ndarray, options: _Options
) -> str | None:
    for name in (base.first, base.second):
        if options.controls.get(name) not in set(dealt[name]):
            return f"No user in both experiments has a control of {name!r}."
        if dealt[name].nunique() < 2:
            return f"All users in both experiments have the control of {name!r}."
    if base.independence_p is not None and base.independence_p < options.threshold:
        return (
            f"The variants of the two experiments go together ({p_words(base.independence_p)}): "
            "who got one decided who got the other, so neither effect is that experiment's alone."
        )
    cell = (dealt[base.first] + "\0" + dealt[base.second]).to_numpy()
    if not is_known.all() and (p_value := _tie(cell, is_known)) < options.threshold:
        return f"Outcomes are missing unevenly between the variants ({p_words(p_value)})."
    return None


def _contrast(
    base: Interaction,
    dealt: pd.DataFrame,
    value: np.ndarray,
    before: np.ndarray | None,
    options: _Options,
) -> Interaction:
    masks = _cells(base, dealt, np.isfinite(value), options)
    cells = [value[mask] for mask in masks]
    lack = _lack(cells, options)
    if lack is not None:
        return replace(base, verdict_reason=lack)
    if before is not None:
        cells = _adjusted(cells, [before[mask] for mask in masks])
    return _tested(base, cells, options)


def _cells(
    base: Interaction, dealt: pd.DataFrame, is_known: np.ndarray, options: _Options
) -> list[np.ndarray]:
    """Masks of users treated in both, in the first only, in the second only, and in none."""
    first, second = (dealt[name].to_numpy() for name in (base.first, base.second))
    return [
        is_known & (first == of_first) & (second == of_second)
        for of_first in (base.variant_of_first, options.controls[base.first])
        for of_second in (base.variant_of_second, options.controls[base.second])
    ]


def _tested(base: Interaction, cells: Sequence[np.ndarray], options: _Options) -> Interaction:
    both, first_only, second_only, none = (float(cell.mean()) for cell in cells)
    errors = np.array([cell.var(ddof=1) / len(cell) for cell in cells])
    total, sizes = float(errors.sum()), np.array([len(cell) for cell in cells])
    if not total > 1e-14 * max(none**2, both**2, 1e-180):
        return replace(
            base,
            verdict=InteractionVerdict.INVALID_DATA,
            verdict_reason="All users have the same outcome, so nothing can be tested.",
        )
    se, dof = math.sqrt(total), total**2 / float((errors**2 / (sizes - 1)).sum())
    size = (both - second_only) - (first_only - none)
    half = float(stats.t.ppf(1 - SIGNIFICANCE / 2, dof)) * se
    return replace(
        base,
        effect_alone=first_only - none,
        effect_beside=both - second_only,
        interaction=size,
        low=size - half,
        high=size + half,
        interaction_share=size / none if none > 0 else None,
        dof=dof,
        se=se,
        p_value=float(2 * stats.t.sf(abs(size) / se, dof)),
        smallest_interaction=options.smallest_lift * abs(none),
    )


def _lack(cells: Sequence[np.ndarray], options: _Options) -> str | None:
    fewest = min(len(cell) for cell in cells)
    if fewest < max(options.min_users, 2):
        return (
            f"A combination of variants has {fewest:,} users; at least "
            f"{max(options.min_users, 2):,} are needed in each of the four."
        )
    if all(np.isin(cell, (0.0, 1.0)).all() for cell in cells):
        rarest = min(min(float(cell.sum()), float(len(cell) - cell.sum())) for cell in cells)
        if rarest < MIN_EVENTS:
            return (
                f"A combination of variants has {rarest:,.0f} users who converted, or did not; "
                f"at least {MIN_EVENTS} are needed."
            )
    return None


def _adjusted(cells: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Values less what the pre-period figure foretells, its slope pooled within the cells."""
    known = np.concatenate(before)
    known = known[np.isfinite(known)]
    if not len(known) or not np.ptp(known) > 1e-9 * np.abs(known).max():
        return list(cells)
    mean = float(known.mean())
    filled = [np.where(np.isfinite(figures), figures, mean) for figures in before]
    moved = [figures - figures.mean() for figures in filled]
    spread = sum(float(figures @ figures) for figures in moved)
    slope = sum(float(m @ cell) for m, cell in zip(moved, cells, strict=True)) / max(spread, 1e-200)
    return [cell - slope * (figures - mean) for cell, figures in zip(cells, filled, strict=True)]


def _judge_together(found: Sequence[Interaction]) -> list[Interaction]:
    tested = [i for i, one in enumerate(found) if one.p_value is not None]
    adjusted = holm([found[i].p_value or 0.0 for i in tested])
    judged = list(found)
    for i, p_value in zip(tested, adjusted, strict=True):
        judged[i] = _judge(found[i], p_value, len(tested))
    return judged


def _judge(one: Interaction, adjusted: float, n_tested: int) -> Interaction:
    dof, se = one.dof or 1.0, one.se or math.inf
    alpha = SIGNIFICANCE / n_tested
    detectable = float(stats.t.ppf(1 - alpha / 2, dof) + stats.t.ppf(_POWER, dof)) * se
    smallest = one.smallest_interaction or 0.0
    among = f", corrected for {n_tested} comparisons" if n_tested > 1 else ""
    figures = (one.effect_alone, one.effect_beside, one.interaction, one.low, one.high)
    alone, beside, size, low, high = (f"{each:+.4g}".replace("-", "−") for each in figures)
    told = (
        f"The effect of {one.first!r} was {alone} without and {beside} with {one.second!r}, in "
        f"{one.unit}: a difference of {size} [95 %: {low} to {high}] ({p_words(adjusted)}{among})"
    )
    if adjusted < SIGNIFICANCE:
        verdict, reason = InteractionVerdict.INTERACTION, f"{told}."
    elif detectable > smallest:
        verdict = InteractionVerdict.NOT_ENOUGH_DATA
        reason = (
            f"{told}; only a difference of {detectable:.4g} or more would have shown, and "
            f"{smallest:.4g} already matters."
        )
    else:
        verdict = InteractionVerdict.NO_INTERACTION_SEEN
        reason = f"{told}; a difference of {detectable:.4g} would have shown."
    return replace(
        one,
        p_value_adjusted=adjusted,
        smallest_detectable=detectable,
        verdict=verdict,
        verdict_reason=reason,
    )
