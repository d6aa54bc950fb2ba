"""Which of all model metrics moved which of all business figures, chance accounted for?

`scan` says of every pair what `analytics.link.link` says of one, at a fraction of the cost: a KPI
is whitened once, what pairs draw at random is drawn once, and only pairs that look like more than
chance are permuted 20,000 times. The verdict uses the share of false discoveries to be expected
among all pairs searched (Benjamini and Hochberg 1995), not the pair's own p-value. Pairs declared
before the data was looked at are a search of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.multiplicity import pooled_q_values, told_among
from analytics.scan_checks import (
    ReleaseDays,
    Series,
    check_settings,
    declared_pairs,
    release_days_by_metric,
    series_frame,
    smallest_by_metric,
)
from analytics.scan_grid import Catalogue
from analytics.scan_kpi import block_size
from analytics.scan_pairs import PairRow, PairScan, ScanSettings
from analytics.vocabulary import Verdict

METHOD = (
    "Every pair by the method of a single link; p-values of at least 1,999 permutations (9,999 "
    "draws for a continuous metric), refined to 20,000 below .05; Benjamini–Hochberg over all "
    "pairs, those declared beforehand in a pool of their own; moves: q < .05."
)
CAVEAT = (
    "Intervals are each pair's own and not widened for the search: among the pairs said to move, "
    "effects tend to be too large."
)
LAG_COLUMNS = ("lag_days", "lag_set_low", "lag_set_high")


@dataclass(frozen=True, eq=False)
class ScanResult:
    """Answer to "which metrics moved which KPIs?".

    Attributes:
        pairs: One row for each metric and KPI, in the order given: metric, kpi, is_primary,
            effect, effect_unit, low, high (the pair's own 95 % interval), p_value (the pair's
            own), q_value, lag_days, lag_set_low, lag_set_high (missing without an estimate),
            verdict, verdict_reason, more_needed, smallest_detectable_effect, smallest_effect,
            n_releases, n_days, lead_p_value, pre_release_p_value (feedback test for a continuous
            metric), evidence_grade.
        counts: Number of pairs by verdict; every verdict is a key.
        n_declared, n_searched: Pairs with a p-value in the pool declared beforehand and the other.
        method: One sentence.
        caveats: Sentences a reader must see.
    """

    pairs: pd.DataFrame
    counts: dict[Verdict, int]
    n_declared: int
    n_searched: int
    method: str
    caveats: tuple[str, ...]

    @property
    def moving(self) -> pd.DataFrame:
        """The rows of `pairs` whose verdict is `moves`, smallest q first."""
        found = self.pairs[self.pairs["verdict"] == Verdict.MOVES]
        return found.sort_values(["q_value", "p_value"], kind="stable")


def scan(
    metrics: Series,
    kpis: Series,
    *,
    rng: np.random.Generator,
    calendar: pd.DataFrame | None = None,
    max_lag_days: int = 14,
    primary: Iterable[tuple[str, str]] | None = None,
    releases: Mapping[str, ReleaseDays] | None = None,
    smallest_effect: float | Mapping[str, float] = 1.0,
    workers: int = 1,
) -> ScanResult:
    """Estimate every pair of a metric and a KPI and say which of them move.

    Args:
        metrics: Name to daily (or weekly) values, NaN where unknown; step and continuous metrics
            mixed, all on one sorted index of unique days without zone.
        kpis: Name to values on the same index, NaN where missing.
        rng: Source of the permutations. Every pair sees it in the state handed over: the row of a
            pair does not depend on the other pairs, and `link` with a generator in that state
            gives the same effect, interval and lag, and the whole `LinkResult`.
        calendar: Columns of known confounders by day, as for `link`.
        max_lag_days: Longest delay looked for, 0 to 60.
        primary: (metric, kpi) pairs declared before anybody looked at the data.
        releases: Release dates by name of the metric, where they are known.
        smallest_effect: The smallest effect that matters, for all metrics or by name.
        workers: Processes to spread the KPIs over.

    Returns:
        A `ScanResult`. Series that cannot be analysed give rows with verdict and reason, never an
        exception.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    check_settings(calendar=calendar, max_lag_days=max_lag_days, rng=rng, workers=workers)
    left = series_frame("metrics", metrics)
    right = series_frame("kpis", kpis, index=left.index)
    declared = declared_pairs(primary, left, right)
    settings = ScanSettings(
        releases=release_days_by_metric(releases, left),
        smallest_effect=smallest_by_metric(smallest_effect, left),
        max_lag_days=max_lag_days,
        rng=rng,
    )
    rows = _rows(Catalogue(left, right, calendar), settings, workers=workers)
    rng.bit_generator.random_raw()  # a second scan with the same generator draws anew
    at = {(row.metric, row.kpi): row for row in rows}
    ordered = [at[metric, kpi] for metric in left.columns for kpi in right.columns]
    return _result(ordered, [(row.metric, row.kpi) in declared for row in ordered])


def _rows(catalogue: Catalogue, settings: ScanSettings, *, workers: int) -> list[PairRow]:
    """The rows of all pairs, one block of KPIs after or beside the other."""
    n_kpis = catalogue.kpis.shape[1]
    n_blocks = min(max(workers, -(-n_kpis // block_size(len(catalogue.metrics)))), n_kpis)
    blocks = [block.tolist() for block in np.array_split(np.arange(n_kpis), n_blocks)]
    if workers == 1 or n_blocks == 1:
        return [row for block in blocks for row in _block(catalogue, settings, block)]
    with ProcessPoolExecutor(min(workers, n_blocks)) as pool:
        jobs = [pool.submit(_block, catalogue, settings, block) for block in blocks]
        return [row for job in jobs for row in job.result()]


def _block(catalogue: Catalogue, settings: ScanSettings, kpis: Sequence[int]) -> list[PairRow]:
    return PairScan(catalogue, settings).rows(kpis)


def _result(rows: Sequence[PairRow], is_primary: Sequence[bool]) -> ScanResult:
    q_values = pooled_q_values([row.p_value for row in rows], is_primary)
    tested = [not np.isnan(row.p_value) for row in rows]
    n_declared = sum(map(min, tested, is_primary))
    pools = {True: n_declared, False: sum(tested) - n_declared}
    judged = [
        told_among(row, q_value=float(q), pool=pools[declared])
        for row, q, declared in zip(rows, q_values, is_primary, strict=True)
    ]
    pairs = pd.DataFrame([vars(row) for row in judged])
    pairs.insert(2, "is_primary", list(is_primary))
    pairs.insert(list(pairs.columns).index("p_value") + 1, "q_value", q_values)
    for name in LAG_COLUMNS:
        pairs[name] = pairs[name].astype("Int64").mask(pairs[name] < 0)
    return ScanResult(
        pairs=pairs,
        counts={verdict: sum(row.verdict is verdict for row in judged) for verdict in Verdict},
        n_declared=n_declared,
        n_searched=pools[False],
        method=METHOD,
        caveats=(CAVEAT,),
    )
