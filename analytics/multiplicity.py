"""How many of the links of a search are chance? Benjamini–Hochberg over a pool of p-values.

Source: Benjamini and Hochberg (1995), "Controlling the False Discovery Rate", JRSS B 57, 289–300.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics.link_data import FloatArray
from analytics.link_result import LinkResult
from analytics.link_verdict import MOVES_BELOW
from analytics.vocabulary import Verdict


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


def judged_in_pool(results: Sequence[LinkResult]) -> list[tuple[LinkResult, float]]:
    """Each result with its q-value; a link that only p would show is no longer said to move."""
    q_values = benjamini_hochberg([result.p_value for result in results])
    return [
        (_corrected(result, float(q), len(results)), float(q))
        for result, q in zip(results, q_values, strict=True)
    ]


def _corrected(result: LinkResult, q_value: float, pool: int) -> LinkResult:
    if result.verdict is not Verdict.MOVES or q_value < MOVES_BELOW:
        return result
    could_show = result.smallest_detectable_effect <= result.smallest_effect
    return replace(
        result,
        verdict=Verdict.NO_EVIDENCE if could_show else Verdict.NOT_ENOUGH_DATA,
        verdict_reason=(
            f"Alone it would pass (p = {result.p_value:.2g}), but among the {pool} pairs searched "
            f"such a result is to be expected by chance (q = {q_value:.2g})."
        ),
        more_needed=(
            "Declare this pair beforehand (`link.primary` in hub.yml) and judge it again on "
            "releases yet to come."
        ),
    )
