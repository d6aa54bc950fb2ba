"""What does each pair's estimate become among all pairs searched, and beside faulty inputs?

Judged anew on every build from the rows of all pairs, whenever each was estimated: how many chance
findings are to be expected depends on the whole search.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analytics.link_result import LinkResult, no_lag_effects, no_releases
from analytics.multiplicity import pooled_q_values, told_among
from analytics.scan import CAVEAT as SEARCHED
from analytics.vocabulary import EvidenceGrade, Verdict
from assets.input_checks import REPAIR, Faults, faults_of
from assets.insight_rows import bounds, number
from assets.link_pairs import Pair

NOT_DRAWN = (
    "Shocks set aside, releases of other models and charts are kept for the clearest pairs only "
    "(`link.draw_pairs` in hub.yml); declare this pair under `link.primary` to have them."
)
# What pages draw is read from its own tables.
_NO_LAG_EFFECTS, _NO_RELEASES, _NO_SERIES = no_lag_effects(), no_releases(), pd.DataFrame()


@dataclass(frozen=True, eq=False)
class JudgedPair:
    """A pair with its result and q-value; frames that pages draw are not part of the result."""

    pair: Pair
    result: LinkResult
    q_value: float
    inputs_build_id: str
    fingerprint: str


def judged_pairs(
    pairs: Sequence[Pair], estimates: Mapping[str, dict[str, Any]], faults: Faults
) -> list[JudgedPair]:
    """Every pair judged in its pool: those declared beforehand, and all others."""
    rows = [estimates[pair.link_id] for pair in pairs]
    declared = [pair.is_primary for pair in pairs]
    p_values = [number(row["p_value"]) for row in rows]
    q_values = pooled_q_values(p_values, declared)
    tested = [math.isfinite(p) for p in p_values]
    n_declared = sum(map(min, tested, declared))
    sizes = {True: n_declared, False: sum(tested) - n_declared}
    return [
        JudgedPair(
            pair=pair,
            result=_checked(_among(result_of(row), float(q), sizes[pair.is_primary]), pair, faults),
            q_value=float(q),
            inputs_build_id=row["inputs_build_id"],
            fingerprint=row["fingerprint"],
        )
        for pair, row, q in zip(pairs, rows, q_values, strict=True)
    ]


def result_of(row: Mapping[str, Any], *, caveats: Sequence[str] = ()) -> LinkResult:
    """The stored estimate of a pair by itself, without the frames that pages draw."""
    has_lag = row["lag_days"] is not None
    return LinkResult(
        effect=number(row["effect"]),
        effect_unit=row["effect_unit"],
        interval=bounds(row["effect"], row["effect_low"], row["effect_high"]),
        p_value=number(row["p_value"]),
        lag_days=int(row["lag_days"]) if has_lag else None,
        lag_set=(int(row["lag_set_low"]), int(row["lag_set_high"])) if has_lag else None,
        verdict=Verdict(row["verdict_alone"]),
        verdict_reason=row["reason_alone"],
        smallest_detectable_effect=number(row["smallest_detectable_effect"]),
        smallest_effect=number(row["smallest_effect"]),
        more_needed=row["more_needed_alone"],
        n_releases=int(row["n_releases"]),
        n_days=int(row["n_days"]),
        first_day=None if row["first_day"] is None else pd.Timestamp(row["first_day"]),
        last_day=None if row["last_day"] is None else pd.Timestamp(row["last_day"]),
        lead_p_value=number(row["lead_p_value"]),
        pre_release_p_value=number(row["pre_release_p_value"]),
        evidence_grade=EvidenceGrade(row["evidence_grade"]),
        method=row["method"],
        caveats=tuple(caveats),
        raw_correlation=number(row["raw_correlation"]),
        lag_effects=_NO_LAG_EFFECTS,
        release_table=_NO_RELEASES,
        whitened=_NO_SERIES,
    )


def with_notes(judged: JudgedPair, note: Mapping[str, Any] | None) -> JudgedPair:
    """The pair with the caveats that were found when it was drawn, or that it was not."""
    found = [NOT_DRAWN] if note is None else json.loads(note["caveats"])
    caveats = (*found, *judged.result.caveats)
    return replace(judged, result=replace(judged.result, caveats=caveats))


def _among(result: LinkResult, q_value: float, pool: int) -> LinkResult:
    """The result among all pairs of its pool; a pair that was asked alone stays as it is."""
    if pool == 1 or result.verdict is not Verdict.MOVES:
        return result
    after = told_among(result, q_value=q_value, pool=pool)
    if after.verdict is Verdict.MOVES:
        return replace(after, caveats=(*after.caveats, SEARCHED))
    return after


def _checked(result: LinkResult, pair: Pair, faults: Faults) -> LinkResult:
    """The result, or `invalid data` where a source of the pair is at fault."""
    names = [f"metric {pair.kpi.name}", f"metric {pair.metric.name}", "table insights.links"]
    fault = faults_of((*pair.kpi.source_kinds, *pair.metric.source_kinds, *names), faults)
    if fault:
        return replace(
            result, verdict=Verdict.INVALID_DATA, verdict_reason=fault, more_needed=REPAIR
        )
    unsure = faults_of(["calendar"], faults)
    if unsure:
        note = f"{unsure} Promotions, holidays or outages may be missing from the controls."
        return replace(result, caveats=(*result.caveats, note))
    return result
