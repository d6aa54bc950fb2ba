"""How many of the links of a search are chance? Benjamini–Hochberg over a pool of p-values.

Source: Benjamini and Hochberg (1995), "Controlling the False Discovery Rate", JRSS B 57, 289–300.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from analytics.link_data import FloatArray
from analytics.link_result import LinkResult
from analytics.link_verdict import MOVES_BELOW, Judgement
from analytics.scan_pairs import PairRow
from analytics.vocabulary import Verdict, p_words

PairT = TypeVar("PairT", LinkResult, PairRow)


def benjamini_hochberg(p_values: Sequence[float]) -> FloatArray:
    """(n,) q-values; a NaN p-value was not tested: it stays NaN and counts for nothing.

    Raises:
        ValueError: When a p-value lies outside 0 to 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    if ((p[tested] < 0.0) | (p[tested] > 1.0)).any():
        raise ValueError("p_values must lie between 0 and 1")
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    q = np.full(len(p), np.nan)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def judged_among(
    alone: Judgement, *, p_value: float, q_value: float, pool: int, could_show: bool
) -> Judgement:
    """What a pair's own judgement becomes among all pairs of its pool.

    `could_show` tells whether the pair's data could have shown an effect that matters.
    """
    if alone.verdict is not Verdict.MOVES or q_value < MOVES_BELOW:
        return alone
    return Judgement(
        Verdict.NO_EVIDENCE if could_show else Verdict.NOT_ENOUGH_DATA,
        f"Alone it would pass ({p_words(p_value)}), but among the {pool} pairs searched "
        f"such a result is to be expected by chance ({p_words(q_value, 'q')}).",
        "Declare this pair beforehand (`link.primary` in hub.yml) and judge it again on "
        "releases yet to come.",
    )


def told_among(pair: PairT, *, q_value: float, pool: int) -> PairT:
    """The pair with the verdict it deserves among all pairs of its pool, and why."""
    if pair.verdict is not Verdict.MOVES:
        return pair
    after = judged_among(
        Judgement(pair.verdict, pair.verdict_reason, pair.more_needed),
        p_value=pair.p_value,
        q_value=q_value,
        pool=pool,
        could_show=pair.smallest_detectable_effect <= pair.smallest_effect,
    )
    reason = after.reason
    if after.verdict is Verdict.MOVES:
        reason = f"{reason} Among the {pool:,} pairs searched together {p_words(q_value, 'q')}."
    return replace(
        pair, verdict=after.verdict, verdict_reason=reason, more_needed=after.more_needed
    )


def pooled_q_values(p_values: Sequence[float], is_declared: Sequence[bool]) -> FloatArray:
    """(n,) q-values in two pools: the pairs declared beforehand, and all others."""
    p, declared = np.asarray(p_values, dtype=np.float64), np.asarray(is_declared, dtype=np.bool_)
    q = np.full(len(p), np.nan)
    for pool in (declared, ~declared):
        q[pool] = benjamini_hochberg(p[pool].tolist())
    return q
