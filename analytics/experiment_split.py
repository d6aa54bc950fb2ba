"""Did the experiment split its users between the variants as it was meant to?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analytics.vocabulary import p_words

SAMPLE_RATIO_THRESHOLD = 0.001
LARGEST_COUNT = 1e15
# A planned share a billion times smaller than another is a typing mistake.
_SMALLEST_SHARE = 1e-9


@dataclass(frozen=True)
class SampleRatioCheck:
    """Whether the counts of users fit the shares they were planned with.

    Attributes:
        counts: users seen, one per variant.
        expected_counts: users expected at the same total.
        statistic: chi-square with `dof` degrees of freedom.
        p_value: of a split at least as uneven, if users were assigned as planned.
        is_ok: false when the p-value is below the threshold.
        reason: one sentence for the reader.
    """

    counts: tuple[int, ...]
    expected_counts: tuple[float, ...]
    statistic: float
    dof: int
    p_value: float
    is_ok: bool
    reason: str


def sample_ratio_check(
    counts: Sequence[float],
    expected_shares: Sequence[float],
    *,
    threshold: float = SAMPLE_RATIO_THRESHOLD,
) -> SampleRatioCheck:
    """Chi-square test of the users per variant against the planned shares.

    Args:
        counts: users per variant, at least two, none negative, below 1e15.
        expected_shares: planned share per variant, same order, all positive; only their ratios
            matter, so 50/50, 0.5/0.5 and 1/1 are the same plan.
        threshold: below this p-value the split counts as broken. Strict on purpose: the check
            runs on every experiment, and a real fault gives p-values far below it.

    Raises:
        ValueError: lengths differ, fewer than two variants, a negative count, no users at all,
            a share that is not positive, or a threshold outside 0..1; the message names it.

    Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled
    experiments", KDD 2019.
    """
    observed = np.asarray(counts, dtype=np.float64)
    shares = np.asarray(expected_shares, dtype=np.float64)
    _check_arguments(observed, shares, threshold)
    relative = shares / shares.max()
    expected = observed.sum() * relative / relative.sum()
    statistic = float(((observed - expected) ** 2 / expected).sum())
    p_value = float(stats.chi2.sf(statistic, len(observed) - 1))
    is_ok = bool(p_value >= threshold)
    return SampleRatioCheck(
        counts=tuple(int(count) for count in observed),
        expected_counts=tuple(float(count) for count in expected),
        statistic=statistic,
        dof=len(observed) - 1,
        p_value=p_value,
        is_ok=is_ok,
        reason=_reason(observed, expected, p_value, is_ok=is_ok),
    )


def are_counts(counts: Sequence[float] | np.ndarray) -> bool:
    """Whether these can be users per variant: finite, none negative, not all zero."""
    values = np.asarray(counts, dtype=np.float64)
    return bool(((values >= 0) & (values < LARGEST_COUNT)).all() and values.sum() > 0)


def are_shares(shares: Sequence[float] | np.ndarray) -> bool:
    """Whether these can be planned shares: finite, positive, of comparable size."""
    values = np.asarray(shares, dtype=np.float64)
    if not (np.isfinite(values) & (values > 0)).all():
        return False
    return bool((values / values.max() >= _SMALLEST_SHARE).all())


def _check_arguments(observed: np.ndarray, shares: np.ndarray, threshold: float) -> None:
    if observed.ndim != 1 or len(observed) < 2:
        raise ValueError("counts must hold the users of at least two variants")
    if observed.shape != shares.shape:
        raise ValueError(
            f"expected_shares must hold one share per count: {len(observed)} counts, "
            f"{shares.size} shares"
        )
    if not are_counts(observed):
        raise ValueError("counts must be finite, not negative, and not all zero")
    if not are_shares(shares):
        raise ValueError("expected_shares must be finite and positive")
    if not (0 < threshold < 1 and math.isfinite(threshold)):
        raise ValueError(f"threshold must lie between 0 and 1, not {threshold}")


def _reason(observed: np.ndarray, expected: np.ndarray, p_value: float, *, is_ok: bool) -> str:
    seen = " : ".join(f"{count:,.0f}" for count in observed)
    planned = " : ".join(f"{count:,.0f}" for count in expected)
    if is_ok:
        return f"Users split {seen}, planned {planned}: within chance ({p_words(p_value)})."
    return (
        f"Users split {seen}, but {planned} was planned; chance does that with "
        f"{p_words(p_value)}. Assignment or logging lost users of one variant, so the groups "
        "cannot be compared."
    )
