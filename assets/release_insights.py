"""What did each model release do to sales? Only releases whose days changed are looked at again.

A release is judged from two years before it to 90 days after it, so that its answer stands once
those days have passed, whatever comes later.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from analytics.link_verdict import Judgement
from analytics.money import mean_daily_kpi, smallest_effect
from analytics.multiplicity import benjamini_hochberg, judged_among
from analytics.release import ReleaseImpact, release_impact
from analytics.vocabulary import Verdict, p_words
from assets.input_checks import REPAIR, Faults, faults_of
from assets.insight_rows import insert_rows, number, read_rows
from assets.link_inputs import Kpi, LinkInputs
from assets.link_pairs import digest, engine_digest, frame_digest, series_digest

DAYS_BEFORE = 730
DAYS_AFTER = 90
DRAWN_BEFORE = 90
NEAR_DAYS = 28
DONUT_DAYS = 7
NAMED = 4


@dataclass(frozen=True, eq=False)
class _Release:
    """One release and one KPI: the days looked at, and what else happened near it."""

    impact_id: str
    model: str
    version: str
    day: pd.Timestamp
    kpi: Kpi
    window: pd.Series
    calendar: pd.DataFrame | None
    held_constant: pd.DataFrame
    together_with: pd.DataFrame
    smallest_share: float
    fingerprint: str


def update_release_impacts(
    con: duckdb.DuckDBPyConnection, inputs: LinkInputs, faults: Faults, *, build: str
) -> int:
    """Estimate the releases whose days changed, judge all of them anew; returns how many changed.

    KPIs: the one that counts money, and those of the pairs declared beforehand.
    """
    releases = _releases(inputs)
    query = "select impact_id, fingerprint from insights.release_impacts"
    known = dict(con.execute(query).fetchall())
    changed = [one for one in releases if known.get(one.impact_id) != one.fingerprint]
    found = [(one, _impact(one)) for one in changed]
    stale = [one.impact_id for one in changed]
    stale += list(known.keys() - {one.impact_id for one in releases})
    con.execute("begin")
    for table in ("release_impacts", "release_impact_series"):
        con.execute(f"delete from insights.{table} where list_contains(?, impact_id)", [stale])
    rows = pd.DataFrame([_row(one, impact, inputs, build) for one, impact in found])
    insert_rows(con, "release_impacts", rows)
    series = [_series(one, impact) for one, impact in found]
    if series:
        insert_rows(con, "release_impact_series", pd.concat(series, ignore_index=True))
    _judge_together(con, {one.impact_id: one for one in releases}, faults)
    con.execute("commit")
    return len(changed)


def _releases(inputs: LinkInputs) -> list[_Release]:
    kpis = {kpi.name: kpi for kpi in inputs.kpis}
    names = [inputs.money_kpi.name] if inputs.money_kpi else []
    names += [pair.kpi for pair in inputs.settings.primary if pair.kpi in kpis]
    return [
        _release(model, version, day, kpis[name], inputs)
        for name in dict.fromkeys(names)
        for model, version, day in inputs.releases.itertuples(index=False, name=None)
        if kpis[name].values.index[0] < day <= kpis[name].values.index[-1]
    ]


def _release(model: str, version: str, day: pd.Timestamp, kpi: Kpi, inputs: LinkInputs) -> _Release:
    first = max(day - pd.Timedelta(days=DAYS_BEFORE), kpi.values.index[0])
    last = min(day + pd.Timedelta(days=DAYS_AFTER), kpi.values.index[-1])
    window = kpi.values.reindex(pd.date_range(first, last, freq="D"))
    calendar = inputs.calendar
    if calendar is not None:
        calendar = calendar[(calendar.index >= first) & (calendar.index <= last)]
        calendar = calendar.loc[:, calendar.any()]
    others = inputs.releases
    others = others[~((others["model"] == model) & (others["released_on"] == day))]
    away = (others["released_on"] - day).abs()
    near = others[(away <= pd.Timedelta(days=NEAR_DAYS)) & (others["released_on"] <= last)]
    is_close = away.loc[near.index] <= pd.Timedelta(days=DONUT_DAYS)
    share = _smallest_share(last, inputs)
    told = near[["model", "version", "released_on"]].astype(str).to_numpy().ravel().tolist()
    return _Release(
        impact_id=f"{model}.{version}.{day:%Y-%m-%d}.{kpi.name}",
        model=model,
        version=version,
        day=day,
        kpi=kpi,
        window=window,
        calendar=calendar,
        held_constant=near[~is_close],
        together_with=near[is_close],
        smallest_share=share,
        fingerprint=digest(
            engine_digest(), series_digest(window), frame_digest(calendar), repr(share), *told
        ),
    )


def _smallest_share(last: pd.Timestamp, inputs: LinkInputs) -> float:
    """The smallest gain that matters as a share of the money KPI at the end of the days."""
    if inputs.money_kpi is None:
        return 0.05
    level = mean_daily_kpi(inputs.money_kpi.values, last_complete_day=last)
    gain = inputs.settings.smallest_gain_per_month
    share = smallest_effect(gain, metric_change=1.0, mean_daily_kpi=level)
    return share if math.isfinite(share) else 0.05


def _impact(one: _Release) -> ReleaseImpact:
    return release_impact(
        one.window,
        released_at=one.day,
        calendar=one.calendar,
        donut_days=DONUT_DAYS,
        other_releases=list(one.held_constant["released_on"].unique()),
        smallest_effect=one.smallest_share,
    )


def _row(one: _Release, impact: ReleaseImpact, inputs: LinkInputs, build: str) -> dict[str, Any]:
    is_money = inputs.is_money(one.kpi)
    low, high = impact.kpi_per_month_interval
    return {
        "impact_id": one.impact_id,
        "model": one.model,
        "version": one.version,
        "released_on": one.day,
        "kpi": one.kpi.name,
        "kpi_label": one.kpi.label,
        "kpi_unit": one.kpi.unit,
        "verdict_alone": str(impact.verdict),
        "reason_alone": impact.verdict_reason,
        "more_needed_alone": impact.more_needed,
        "effect": impact.effect,
        "effect_low": impact.interval[0],
        "effect_high": impact.interval[1],
        "effect_unit": impact.effect_unit,
        "p_value": impact.p_value,
        "pre_release_p_value": impact.pre_release_p_value,
        "smallest_detectable_effect": impact.smallest_detectable_effect,
        "smallest_effect": impact.smallest_effect,
        "kpi_month": impact.kpi_per_month,
        "kpi_month_low": low,
        "kpi_month_high": high,
        "money_month": impact.kpi_per_month if is_money else None,
        "money_month_low": low if is_money else None,
        "money_month_high": high if is_money else None,
        "currency": inputs.currency if is_money else None,
        "donut_days": impact.donut_days,
        "n_days_before": impact.n_days_before,
        "n_days_after": impact.n_days_after,
        "first_day": one.window.index[0],
        "last_day": one.window.index[-1],
        "method": impact.method,
        "caveats": json.dumps([*_neighbours(one), *impact.caveats]),
        "fingerprint": one.fingerprint,
        "inputs_build_id": build,
    }


def _neighbours(one: _Release) -> list[str]:
    """What else was released near it, and what became of that."""
    notes = []
    if len(one.together_with):
        notes.append(
            f"Released within {DONUT_DAYS} days of it: {_named(one.together_with)}. The step is "
            "that of all of them together."
        )
    if len(one.held_constant):
        notes.append(
            f"Held constant, released within {NEAR_DAYS} days: {_named(one.held_constant)}."
        )
    return notes


def _named(releases: pd.DataFrame) -> str:
    names = [f"{row.model} {row.version}" for row in releases.itertuples()]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _series(one: _Release, impact: ReleaseImpact) -> pd.DataFrame:
    """The days around the release: the KPI, and what it would have been without."""
    since = one.day - pd.Timedelta(days=DRAWN_BEFORE)
    rows = impact.series[impact.series.index >= since].rename_axis("day").reset_index()
    return rows.assign(impact_id=one.impact_id)


def _judge_together(
    con: duckdb.DuckDBPyConnection, releases: dict[str, _Release], faults: Faults
) -> None:
    """Verdicts once the number of releases looked at is counted, and faulty inputs."""
    rows = read_rows(con, "select * from insights.release_impacts order by impact_id")
    q_values = benjamini_hochberg([number(row["p_value"]) for row in rows])
    told = []
    for row, q_value in zip(rows, q_values, strict=True):
        after = _judged(row, float(q_value), len(rows))
        kpi = releases[row["impact_id"]].kpi
        names = [f"metric {kpi.name}", "table insights.release_impacts"]
        fault = faults_of((*kpi.source_kinds, *names), faults)
        if fault:
            after = Judgement(Verdict.INVALID_DATA, fault, REPAIR)
        told.append(
            [row["impact_id"], q_value, str(after.verdict), after.reason, after.more_needed]
        )
    frame = pd.DataFrame(
        told, columns=["impact_id", "q_value", "verdict", "verdict_reason", "more_needed"]
    )
    con.register("judged", frame)
    con.execute(
        """
        update insights.release_impacts as r set
            q_value = case when isfinite(j.q_value) then j.q_value end,
            verdict = j.verdict, verdict_reason = j.verdict_reason, more_needed = j.more_needed
        from judged as j where r.impact_id = j.impact_id
        """
    )
    con.unregister("judged")


def _judged(row: dict[str, Any], q_value: float, n_releases: int) -> Judgement:
    alone = Judgement(Verdict(row["verdict_alone"]), row["reason_alone"], row["more_needed_alone"])
    detectable, smallest = number(row["smallest_detectable_effect"]), number(row["smallest_effect"])
    after = judged_among(
        alone,
        p_value=number(row["p_value"]),
        q_value=q_value,
        pool=n_releases,
        could_show=detectable <= smallest,
    )
    if after.verdict is alone.verdict:
        return after
    return Judgement(
        after.verdict,
        f"Alone it would pass ({p_words(number(row['p_value']))}), but among {n_releases} releases "
        f"such a step is to be expected by chance ({p_words(q_value, 'q')}).",
        "Judge all releases of the model together: the card of its metric does.",
    )
