"""What does every pair of a model metric and a KPI say by itself? Only what changed is asked again.

All changed pairs go through one scan: a KPI is whitened once, p-values that look like more than
chance are refined to 20,000 permutations. A pair's row depends on nothing but the pair, so rows of
an earlier build stand beside new ones; what depends on all pairs is judged elsewhere, every time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analytics.release_link import METHOD as BY_RELEASES
from analytics.scan_grid import Catalogue
from analytics.scan_kpi import block_size
from analytics.scan_pairs import PairRow, PairScan, ScanSettings
from analytics.series_link import METHOD as BY_SERIES
from analytics.vocabulary import EvidenceGrade
from assets.analysis_tables import DRAWN_TABLES
from assets.insight_rows import insert_rows, read_rows
from assets.link_pairs import Pair

# The permutations of every pair start from here, so that the same data gives the same answer.
SEED = 20_250_301
REFINED = "P-values below .05 are refined to at least 20,000 permutations."
REFUSED = "None: the data was refused before an estimate."


def update_estimates(con: duckdb.DuckDBPyConnection, pairs: Sequence[Pair], *, build: str) -> int:
    """Estimate the pairs whose inputs changed, forget those that are gone; returns how many."""
    known = dict(con.execute("select link_id, fingerprint from insights.link_estimates").fetchall())
    changed = [pair for pair in pairs if known.get(pair.link_id) != pair.fingerprint]
    stale = [pair.link_id for pair in changed] + list(known.keys() - {p.link_id for p in pairs})
    rows = pd.DataFrame(estimate_rows(changed, build=build))
    con.execute("begin")
    for table in ("link_estimates", *DRAWN_TABLES):
        con.execute(
            f"delete from insights.{table} where list_contains(?, link_id)", [list(set(stale))]
        )
    insert_rows(con, "link_estimates", rows)
    con.execute("commit")
    return len(changed)


def read_estimates(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """The row of every pair, of this build or an earlier one, by link id."""
    return {row["link_id"]: row for row in read_rows(con, "select * from insights.link_estimates")}


def estimate_rows(pairs: Sequence[Pair], *, build: str) -> list[dict[str, Any]]:
    """One row of insights.link_estimates for each pair."""
    found = scan_pairs(pairs)
    return [_row(pair, found[pair.link_id], build) for pair in pairs]


def scan_pairs(pairs: Sequence[Pair]) -> dict[str, PairRow]:
    """Every pair on its own, before the search is accounted for, by link id."""
    blocks: defaultdict[object, list[Pair]] = defaultdict(list)
    for pair in pairs:
        last = pair.outcome.index[-1]
        blocks[pair.kpi.values.index[0], last, pair.view.calendar_digest].append(pair)
    found: dict[str, PairRow] = {}
    for block in blocks.values():
        for members in _rectangles(block):
            found |= _scan_block(members)
    return found


def _rectangles(block: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs in groups in which every metric meets every KPI."""
    kpis: defaultdict[int, list[str]] = defaultdict(list)
    for pair in block:
        kpis[id(pair.view.metric)].append(pair.kpi.name)
    groups: defaultdict[tuple[str, ...], list[Pair]] = defaultdict(list)
    for pair in block:
        groups[tuple(sorted(kpis[id(pair.view.metric)]))].append(pair)
    return list(groups.values())


def _scan_block(pairs: Sequence[Pair]) -> dict[str, PairRow]:
    """Pairs on one span of KPI days with one calendar: all of some metrics with some KPIs."""
    first, last = pairs[0].kpi.values.index[0], pairs[0].outcome.index[-1]
    days = pd.date_range(min(first, last), last, freq="D")
    views = {str(id(pair.view.metric)): pair.view for pair in pairs}
    kpis = {pair.kpi.name: pair.kpi for pair in pairs}
    catalogue = Catalogue(
        pd.DataFrame({name: view.known.metric.reindex(days) for name, view in views.items()}),
        pd.DataFrame({name: kpi.values.reindex(days) for name, kpi in kpis.items()}),
        pairs[0].view.calendar,
    )
    settings = ScanSettings(
        releases={name: view.known.releases for name, view in views.items()},
        smallest_effect={name: view.smallest_effect for name, view in views.items()},
        max_lag_days=pairs[0].view.max_lag_days,
        rng=np.random.default_rng(SEED),
    )
    size = block_size(len(days))
    ids = {(str(id(pair.view.metric)), pair.kpi.name): pair.link_id for pair in pairs}
    return {
        ids[row.metric, row.kpi]: row
        for start in range(0, len(kpis), size)
        for row in PairScan(catalogue, settings).rows(range(start, min(start + size, len(kpis))))
    }


def _row(pair: Pair, found: PairRow, build: str) -> dict[str, Any]:
    both = pair.view.known.metric.notna() & pair.outcome.notna()
    seen = pair.outcome.index[both.to_numpy()]
    is_step = found.evidence_grade is EvidenceGrade.RELEASES
    has_lag = found.lag_days >= 0
    method = f"{BY_RELEASES if is_step else BY_SERIES} {REFINED}"
    return {
        "link_id": pair.link_id,
        "fingerprint": pair.fingerprint,
        "inputs_build_id": build,
        "evidence_grade": str(found.evidence_grade),
        "verdict_alone": str(found.verdict),
        "reason_alone": found.verdict_reason,
        "more_needed_alone": found.more_needed,
        "effect": found.effect,
        "effect_low": found.low,
        "effect_high": found.high,
        "effect_unit": found.effect_unit,
        "p_value": found.p_value,
        "lead_p_value": found.lead_p_value,
        "pre_release_p_value": found.pre_release_p_value,
        "lag_days": found.lag_days if has_lag else None,
        "lag_set_low": found.lag_set_low if has_lag else None,
        "lag_set_high": found.lag_set_high if has_lag else None,
        "smallest_detectable_effect": found.smallest_detectable_effect,
        "smallest_effect": found.smallest_effect,
        "n_releases": found.n_releases,
        "n_days": found.n_days,
        "first_day": seen[0] if len(seen) else None,
        "last_day": seen[-1] if len(seen) else None,
        "method": method if np.isfinite(found.effect) else REFUSED,
        "raw_correlation": _correlation(pair.view.known.metric, pair.outcome),
    }


def _correlation(metric: pd.Series, kpi: pd.Series) -> float:
    """Pearson correlation of the days with both values; NaN when either is constant."""
    left, right = metric.to_numpy(np.float64), kpi.to_numpy(np.float64)
    both = np.isfinite(left) & np.isfinite(right)
    if both.sum() < 3:
        return float("nan")
    left, right = left[both] - left[both].mean(), right[both] - right[both].mean()
    size = float(np.linalg.norm(left)) * float(np.linalg.norm(right))
    return float(left @ right / size) if size > 1e-150 else float("nan")
