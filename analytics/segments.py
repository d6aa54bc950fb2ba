"""Does a difference between two groups hold within each segment, or does their mix make it?

A rate can fall in every segment and rise in all of them together when users move to segments
with a higher rate (Simpson 1951). So the difference is looked at both ways: pooled, and within
segments, where each is weighted by what it can tell (Mantel and Haenszel 1959).
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analytics.link_data import FloatArray
from analytics.vocabulary import p_words

SIGNIFICANCE = 0.05
METHOD = (
    "Odds ratio of all segments together, and within segments by Mantel and Haenszel with the "
    "variance of Robins, Breslow and Greenland; difference of rates with Mantel-Haenszel weights."
)

_COLUMNS = ("group", "segment", "successes", "trials")
_QUANTILE = float(stats.norm.isf(SIGNIFICANCE / 2.0))


@dataclass(frozen=True)
class Contrast:
    """The other group against the baseline.

    `odds_ratio` with its 95 % interval; `difference` of the rates, as a share of trials; `p_value`
    of no difference. NaN where it cannot be told.
    """

    odds_ratio: float
    interval: tuple[float, float]
    difference: float
    p_value: float


@dataclass(frozen=True, eq=False)
class WithinSegments:
    """A difference of rates with and without the mix of segments.

    Attributes:
        pooled: all segments thrown together, what a plain chart shows.
        within: like with like, segment by segment.
        mix_effect: the part of the pooled difference that comes from who is in which segment.
        is_reversed: pooled and within point in opposite ways.
        is_mix: the pooled difference is more than chance and within segments there is none left,
            or the opposite one.
        segments: one row a segment: segment, rate_baseline, rate_other, difference, trials.
        reason: one sentence.
    """

    pooled: Contrast
    within: Contrast
    mix_effect: float
    is_reversed: bool
    is_mix: bool
    segments: pd.DataFrame
    reason: str
    method: str = METHOD


def within_segments(table: pd.DataFrame, *, baseline: str, other: str) -> WithinSegments:
    """Compare the rates of two groups, pooled and within segments.

    Args:
        table: one row per group and segment with the columns group, segment, successes, trials;
            rows of other groups are left out.
        baseline, other: names of the groups.

    Raises:
        TypeError: `table` is no frame.
        ValueError: a column is missing, a group is absent, a count is impossible or a row is
            there twice; the message names the argument and the row.

    Source: E. H. Simpson, JRSS B 13 (1951), 238-241; N. Mantel and W. Haenszel, JNCI 22 (1959),
    719-748; J. Robins, N. Breslow and S. Greenland, Biometrics 42 (1986), 311-323.
    """
    counts = _counts(table, baseline, other)
    won, lost = (counts[name].to_numpy(dtype=np.float64) for name in ("won", "lost"))
    cells = np.stack([won[:, 1], lost[:, 1], won[:, 0], lost[:, 0]])
    pooled, within = _contrast(cells.sum(axis=1, keepdims=True)), _contrast(cells)
    is_reversed = pooled.difference * within.difference < 0.0
    seen = pooled.p_value < SIGNIFICANCE
    same = within.p_value < SIGNIFICANCE and not is_reversed
    return WithinSegments(
        pooled=pooled,
        within=within,
        mix_effect=pooled.difference - within.difference,
        is_reversed=is_reversed,
        is_mix=seen and not same,
        segments=_by_segment(counts.index, cells),
        reason=_reason(pooled, within, baseline, other, seen=seen, same=same),
    )


def _counts(table: pd.DataFrame, baseline: str, other: str) -> pd.DataFrame:
    """Successes (won) and failures (lost) by segment of both groups; segments with both only."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: expected a frame, got {type(table).__name__}")
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise ValueError(f"table: lacks the columns {', '.join(missing)}")
    rows = table[table["group"].isin([baseline, other])]
    for name, group in (("baseline", baseline), ("other", other)):
        if not (rows["group"] == group).any():
            raise ValueError(f"{name}: no row of the table has the group {group!r}")
    if rows.duplicated(["group", "segment"]).any():
        twice = rows[rows.duplicated(["group", "segment"])].iloc[0]
        raise ValueError(f"table: group {twice['group']!r}, segment {twice['segment']!r} twice")
    won, trials = (
        pd.to_numeric(rows[name], errors="coerce").astype("float64")
        for name in ("successes", "trials")
    )
    impossible = ~((won >= 0) & (won <= trials) & np.isfinite(trials))
    if impossible.any():
        row = rows[impossible].iloc[0]
        raise ValueError(
            f"table: group {row['group']!r}, segment {row['segment']!r} has {row['successes']} "
            f"successes of {row['trials']} trials"
        )
    tidy = rows[["group", "segment"]].assign(won=won, lost=trials - won)
    wide = tidy.pivot_table(index="segment", columns="group", values=["won", "lost"], dropna=False)
    wide = wide.reindex(columns=[(v, g) for v in ("won", "lost") for g in (baseline, other)])
    return wide.fillna(0.0)


def _contrast(cells: FloatArray) -> Contrast:
    """Mantel-Haenszel over strata; `cells` (4, strata): other won, lost, baseline won, lost."""
    won, lost, base_won, base_lost = cells
    n_other, n_base = won + lost, base_won + base_lost
    total = n_other + n_base
    usable = (n_other > 0) & (n_base > 0)
    won, lost, base_won, base_lost = (each[usable] for each in (won, lost, base_won, base_lost))
    n_other, n_base, total = n_other[usable], n_base[usable], total[usable]
    for_it, against = won * base_lost / total, lost * base_won / total
    if not (for_it.sum() > 0.0 and against.sum() > 0.0):
        return Contrast(math.nan, (math.nan, math.nan), math.nan, math.nan)
    ratio = float(for_it.sum() / against.sum())
    alike, unlike = (won + base_lost) / total, (lost + base_won) / total
    variance = (
        (alike * for_it).sum() / (2.0 * for_it.sum() ** 2)
        + (alike * against + unlike * for_it).sum() / (2.0 * for_it.sum() * against.sum())
        + (unlike * against).sum() / (2.0 * against.sum() ** 2)
    )
    half = _QUANTILE * math.sqrt(float(variance))
    weight = n_other * n_base / total
    difference = float(weight @ (won / n_other - base_won / n_base) / weight.sum())
    z = math.log(ratio) / math.sqrt(float(variance))
    return Contrast(
        odds_ratio=ratio,
        interval=(ratio * math.exp(-half), ratio * math.exp(half)),
        difference=difference,
        p_value=float(2.0 * stats.norm.sf(abs(z))),
    )


def _by_segment(segments: pd.Index, cells: FloatArray) -> pd.DataFrame:
    won, lost, base_won, base_lost = cells
    with np.errstate(invalid="ignore"):
        other, base = won / (won + lost), base_won / (base_won + base_lost)
    return pd.DataFrame(
        {
            "segment": segments,
            "rate_baseline": base,
            "rate_other": other,
            "difference": other - base,
            "trials": cells.sum(axis=0),
        }
    )


def _reason(
    pooled: Contrast, within: Contrast, baseline: str, other: str, *, seen: bool, same: bool
) -> str:
    told = (
        f"{other} against {baseline}: {_points(pooled.difference)} pooled "
        f"({p_words(pooled.p_value)}), "
        f"{_points(within.difference)} within segments ({p_words(within.p_value)})."
    )
    if not seen:
        return f"{told} Pooled, there is no difference beyond chance."
    if same:
        return f"{told} The difference holds within segments."
    return f"{told} The pooled difference comes from who is in which segment."


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f} percentage points".replace("-", "−")
