"""What do pages draw of a pair: effect by lag, both series, the releases and what each added?

A single link tells these, and takes several times as long as the pair's part of a scan. In a large
catalogue they are kept for the pairs that people look at: those declared beforehand, those that
move or are confounded, then the clearest. `link.draw_pairs` in hub.yml says for how many.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analytics.crowding import crowded_releases, effect_without
from analytics.link import LinkResult, link
from analytics.money import (
    MarginalGains,
    ReleaseGain,
    Worth,
    marginal_gains,
    mean_daily_kpi,
    worth_together,
)
from analytics.naive_effect import naive_effect
from analytics.vocabulary import EvidenceGrade, Verdict
from analytics.whiteness import whiteness
from assets.analysis_tables import DRAWN_TABLES
from assets.insight_rows import insert_rows
from assets.link_estimates import SEED
from assets.link_inputs import LinkInputs
from assets.link_pairs import Pair

NAMED_OTHERS = 4
_LOOKED_AT = {Verdict.MOVES: 0, Verdict.CONFOUNDED: 1}


def update_drawings(
    con: duckdb.DuckDBPyConnection,
    pairs: Sequence[Pair],
    verdicts: Mapping[str, tuple[Verdict, float]],
    inputs: LinkInputs,
) -> int:
    """Draw the pairs worth drawing that are not drawn yet, drop the others; returns how many.

    Args:
        verdicts: verdict and p-value by link id, the search accounted for.
    """
    wanted = _worth_drawing(pairs, verdicts, most=inputs.settings.draw_pairs)
    drawn = {row[0] for row in con.execute("select link_id from insights.link_notes").fetchall()}
    new = [pair for pair in wanted if pair.link_id not in drawn]
    rows = [drawing_rows(pair, inputs) for pair in new]
    gone = list(drawn - {pair.link_id for pair in wanted}) + [pair.link_id for pair in new]
    con.execute("begin")
    for table in DRAWN_TABLES:
        con.execute(f"delete from insights.{table} where list_contains(?, link_id)", [gone])
        insert_rows(con, table, _stacked([drawing[table] for drawing in rows]))
    con.execute("commit")
    return len(new)


def _worth_drawing(
    pairs: Sequence[Pair], verdicts: Mapping[str, tuple[Verdict, float]], *, most: int
) -> list[Pair]:
    def place(pair: Pair) -> tuple[bool, int, float, str]:
        verdict, p_value = verdicts[pair.link_id]
        p_value = p_value if math.isfinite(p_value) else 2.0
        return not pair.is_primary, _LOOKED_AT.get(verdict, 2), p_value, pair.link_id

    declared = sum(pair.is_primary for pair in pairs)
    return sorted(pairs, key=place)[: max(most, declared)]


def drawing_rows(pair: Pair, inputs: LinkInputs) -> dict[str, pd.DataFrame]:
    """Rows of every table in `DRAWN_TABLES` for one pair."""
    result = single_link(pair)
    gains, trend = _gain_rows(pair, result, inputs)
    return {
        "link_lags": result.lag_effects.assign(link_id=pair.link_id),
        "link_series": _series_rows(pair, result),
        "link_releases": _release_rows(pair, result, inputs.releases),
        "link_gains": gains,
        "link_gain_trends": trend,
        "link_notes": pd.DataFrame([_note_row(pair, result, inputs)]),
    }


def single_link(pair: Pair) -> LinkResult:
    """The pair by itself, with all that is drawn of it."""
    view = pair.view
    return link(
        view.known.metric,
        pair.outcome,
        rng=np.random.default_rng(SEED),
        calendar=view.calendar,
        releases=view.known.releases,
        max_lag_days=view.max_lag_days,
        smallest_effect=view.smallest_effect,
    )


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _series_rows(pair: Pair, result: LinkResult) -> pd.DataFrame:
    """The metric as it was seen, with its gaps."""
    frame = result.whitened.assign(metric_value=pair.view.seen)
    return frame.rename_axis("day").reset_index().assign(link_id=pair.link_id)


def _release_rows(pair: Pair, result: LinkResult, releases: pd.DataFrame) -> pd.DataFrame:
    """Every release with the version that went live; unknown gains are NULL."""
    mine = releases[releases["model"] == pair.metric.model][["released_on", "version"]]
    table = result.release_table.rename(
        columns={"se": "kpi_log_change_se", "usable": "is_usable"}
    ).assign(released_on=pd.to_datetime(result.release_table["released_on"]))
    days = pd.DatetimeIndex(table["released_on"])
    seen, unknown = pair.view.seen, pair.view.known.unknown
    table["metric_before"] = seen.shift(1).reindex(days).to_numpy()
    table["metric_after"] = seen.reindex(days).to_numpy()
    left_out = pd.DataFrame({"released_on": unknown, "is_usable": False})
    table = _stacked([table, left_out])
    if table.empty:
        return table
    table = table.sort_values("released_on")
    return table.merge(mine, on="released_on", how="left").assign(link_id=pair.link_id)


def _gain_rows(
    pair: Pair, result: LinkResult, inputs: LinkInputs
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each release added in money a month, and whether later ones add less."""
    is_by_release = result.evidence_grade is EvidenceGrade.RELEASES and result.has_estimate
    level = mean_daily_kpi(pair.outcome)
    if not (is_by_release and inputs.is_money(pair.kpi) and math.isfinite(level)):
        return pd.DataFrame(), pd.DataFrame()
    found = marginal_gains(
        result.release_table,
        result.effect,
        result.interval,
        level,
        rng=np.random.default_rng(SEED),
        effect_unit=result.effect_unit,
    )
    versions = inputs.releases[inputs.releases["model"] == pair.metric.model]
    named = dict(zip(versions["released_on"], versions["version"], strict=True))
    gains = pd.DataFrame(
        [
            {
                "link_id": pair.link_id,
                "place": place,
                "released_on": one.released_on,
                "version": named.get(one.released_on),
                "gain": one.gain,
                "money_month": one.per_month,
                "money_month_low": one.per_month_interval[0],
                "money_month_high": one.per_month_interval[1],
                "cumulative_gain": one.cumulative_gain,
                "cumulative_money_month": together.per_month,
                "cumulative_money_month_low": together.per_month_interval[0],
                "cumulative_money_month_high": together.per_month_interval[1],
            }
            for place, (one, together) in enumerate(_so_far(found, result, level), start=1)
        ]
    )
    trend = found.trend
    told = {
        "link_id": pair.link_id,
        "n_releases": trend.n,
        "change_per_release": trend.change_per_step,
        "change_low": trend.interval[0],
        "change_high": trend.interval[1],
        "rank_correlation": trend.rank_correlation,
        "p_value": trend.p_value,
        "verdict": str(trend.verdict),
        "verdict_reason": trend.verdict_reason,
        "method": trend.method,
        "caveats": json.dumps(found.caveats),
    }
    return gains, pd.DataFrame([told])


def _so_far(
    found: MarginalGains, result: LinkResult, level: float
) -> Iterator[tuple[ReleaseGain, Worth]]:
    """Each release with what all releases up to it are worth together, as the card values them."""
    for one in found.releases:
        yield (
            one,
            worth_together(result, metric_change=one.cumulative_gain, mean_daily_kpi=level),
        )


def _note_row(pair: Pair, result: LinkResult, inputs: LinkInputs) -> dict[str, Any]:
    """The caveats of a pair, and what is said if its effect fades."""
    caveats = [
        *result.caveats,
        *_unknown_notes(pair, inputs),
        *_crowding_notes(pair, result, inputs),
    ]
    fading = result.fading
    row: dict[str, Any] = {"link_id": pair.link_id, "caveats": json.dumps(caveats)}
    row |= _plain_look(pair, result)
    if fading is None:
        return row
    return row | {
        "fading_shape": str(fading.shape),
        "fading_effect": fading.effect,
        "fading_effect_low": fading.interval[0],
        "fading_effect_high": fading.interval[1],
        "fading_p_value": fading.p_value,
        "fading_lag_days": fading.lag_days,
        "fading_note": fading.caveat,
    }


def _plain_look(pair: Pair, result: LinkResult) -> dict[str, float]:
    """What a plain regression would say, and whether whitening left noise."""
    plain = naive_effect(pair.view.known.metric, pair.outcome)
    checked = whiteness(result.whitened["kpi_value"], result.whitened["kpi_whitened"])
    return {
        "naive_effect": plain.effect,
        "naive_effect_low": plain.low,
        "naive_effect_high": plain.high,
        "timing_p_value": result.timing_p_value,
        **{f"autocorrelation_{lag}": value for lag, value in checked.before.items()},
        **{f"whitened_autocorrelation_{lag}": value for lag, value in checked.after.items()},
        "whiteness_p_value": checked.p_value,
    }


def _unknown_notes(pair: Pair, inputs: LinkInputs) -> list[str]:
    """Which releases could not be compared because nobody knows what they gained."""
    unknown = pair.view.known.unknown
    if unknown.empty:
        return []
    releases = inputs.releases
    mine = releases[
        (releases["model"] == pair.metric.model) & releases["released_on"].isin(unknown)
    ]
    versions = [str(version) for version in mine["version"]]
    names = ", ".join(versions[:NAMED_OTHERS]) + (" …" if len(versions) > NAMED_OTHERS else "")
    return [
        f"{len(unknown)} releases ({names}) were left out: the offline value before or after them "
        "is not known. What the KPI did then is not counted for or against the metric."
    ]


def _crowding_notes(pair: Pair, result: LinkResult, inputs: LinkInputs) -> list[str]:
    """Which releases other models shared, and the estimate without them."""
    view = pair.view
    days, values = view.max_lag_days, view.known.metric
    released = view.known.releases
    inside = released[(released >= values.index[0]) & (released <= values.index[-1])]
    others = inputs.releases[inputs.releases["model"] != pair.metric.model]
    crowded = crowded_releases(inside, pd.DatetimeIndex(others["released_on"]), max_lag_days=days)
    if crowded.empty or result.verdict is not Verdict.MOVES:
        return []
    note = (
        f"{len(crowded)} of {len(inside)} releases had another model released within {days} days "
        f"after them ({_named(others, crowded, days)})."
    )
    without = effect_without(
        crowded,
        metric=values,
        kpi=pair.outcome,
        result=result,
        releases=inside,
        calendar=view.calendar,
        max_lag_days=days,
        rng=np.random.default_rng(SEED),
    )
    if without is None:
        return [f"{note} Too few stand alone to estimate the effect without them."]
    return [
        f"{note} From the {without.n_releases} that stood alone: {without.effect:.2f} "
        f"[95 %: {without.low:.2f}, {without.high:.2f}]."
    ]


def _named(others: pd.DataFrame, crowded: pd.DatetimeIndex, days: int) -> str:
    window = pd.Timedelta(days=days)
    near = others[
        others["released_on"].map(
            lambda at: bool(((crowded <= at) & (at <= crowded + window)).any())
        )
    ]
    names = [f"{row.model} {row.version}" for row in near.itertuples()]
    more = f" and {len(names) - NAMED_OTHERS} more" if len(names) > NAMED_OTHERS else ""
    return ", ".join(names[:NAMED_OTHERS]) + more
