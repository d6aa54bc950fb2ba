"""What is the verdict on each link once experiments, releases and series stand side by side?

One card a link: the best grade of evidence that can answer gives the verdict, effect and interval,
the others stand beside it, and where they disagree that is said in words.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics.evidence import Evidence, EvidenceCard, evidence_card
from analytics.experiment_link import LOG_EFFECT_UNIT
from analytics.link_data import ELASTICITY, SLOPE
from analytics.money import DAYS_A_MONTH, Worth, mean_daily_kpi, worth_together
from analytics.vocabulary import EvidenceGrade, Verdict
from assets.experiment_insights import JoinedExperiments
from assets.link_inputs import LinkInputs
from assets.link_verdicts import JudgedPair

Row = dict[str, Any]


@dataclass(frozen=True)
class _Effect:
    effect: float
    interval: tuple[float, float]
    effect_unit: str


@dataclass(frozen=True, eq=False)
class LinkCard:
    """A link with all evidence of it and the verdict drawn from that."""

    judged: JudgedPair
    experiments: JoinedExperiments | None
    card: EvidenceCard

    @property
    def answering(self) -> Evidence:
        """The evidence that gave the verdict."""
        return next(one for one in self.card.evidence if one.grade is self.card.grade)


def link_cards(judged: Sequence[JudgedPair], joined: Sequence[JoinedExperiments]) -> list[LinkCard]:
    """The card of every pair; experiments count for a link when they measured its very KPI."""
    by_key = {(one.model, one.offline_metric, one.metric): one for one in joined}
    cards = []
    for each in judged:
        pair, result = each.pair, each.result
        found = by_key.get((pair.metric.model, pair.metric.name, pair.kpi.name))
        by_release = result.evidence_grade is EvidenceGrade.RELEASES
        card = evidence_card(
            experiments=None if found is None else found.link,
            releases=result if by_release else None,
            series=None if by_release else result,
        )
        cards.append(LinkCard(each, found, card))
    return cards


def evidence_rows(cards: Sequence[LinkCard], inputs: LinkInputs) -> list[Row]:
    """Rows of insights.evidence: one for each link and grade there is."""
    levels = _Levels()
    return [
        _evidence_row(card, one, inputs, levels) for card in cards for one in card.card.evidence
    ]


def link_rows(cards: Sequence[LinkCard], inputs: LinkInputs, *, build: str) -> list[Row]:
    """Rows of insights.links: one for each link, with the verdict of its card."""
    levels = _Levels()
    return [_link_row(card, inputs, levels, build) for card in cards]


class _Levels:
    """Mean daily KPI of each pair's days, worked out once for each KPI and last day."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, object], float] = {}

    def of(self, judged: JudgedPair) -> float:
        outcome = judged.pair.outcome
        key = judged.pair.kpi.name, outcome.index[-1]
        if key not in self._known:
            self._known[key] = mean_daily_kpi(judged.pair.kpi.values.loc[: outcome.index[-1]])
        return self._known[key]


def _worth(card: LinkCard, one: Evidence, inputs: LinkInputs, levels: _Levels) -> Worth | None:
    """What the model's releases were worth together; None where the KPI is not money."""
    pair = card.judged.pair
    if one.effect is None or not inputs.is_money(pair.kpi):
        return None
    is_log = one.effect_unit in (ELASTICITY, LOG_EFFECT_UNIT)
    change, level = _change(card, one), levels.of(card.judged)
    if not (math.isfinite(change) and math.isfinite(level)):
        return None
    # A lift per unit of the offline metric is relative too: only the change is a plain one.
    unit = SLOPE if one.effect_unit == SLOPE else ELASTICITY
    interval = one.interval or (-math.inf, math.inf)
    if not is_log and one.grade is EvidenceGrade.EXPERIMENTS:
        unit = ELASTICITY
    return worth_together(
        _Effect(one.effect, interval, unit), metric_change=change, mean_daily_kpi=level
    )


def _change(card: LinkCard, one: Evidence) -> float:
    """The change of the metric over the days, on the scale that the effect is per unit of."""
    view = card.judged.pair.view
    is_log = one.effect_unit in (ELASTICITY, LOG_EFFECT_UNIT)
    return view.log_change if is_log else view.plain_change


def _money(worth: Worth | None) -> Row:
    return {
        "money_month": None if worth is None else worth.per_month,
        "money_month_low": None if worth is None else worth.per_month_interval[0],
        "money_month_high": None if worth is None else worth.per_month_interval[1],
    }


def _detectable_money(
    card: LinkCard, one: Evidence, detectable: float | None, inputs: LinkInputs, levels: _Levels
) -> float | None:
    """The smallest detectable effect as money a month, for the same change of the metric."""
    level, change = levels.of(card.judged), _change(card, one)
    if detectable is None or not inputs.is_money(card.judged.pair.kpi) or one.effect is None:
        return None
    if one.effect_unit == SLOPE:
        return detectable * abs(change) * DAYS_A_MONTH
    return -math.expm1(-detectable * abs(change)) * level * DAYS_A_MONTH


def _reach(card: LinkCard, one: Evidence) -> Row:
    """What this evidence could have shown, what would matter, and how much more is needed."""
    if one.grade is not EvidenceGrade.EXPERIMENTS or card.experiments is None:
        result = card.judged.result
        return {
            "smallest_detectable_effect": result.smallest_detectable_effect,
            "smallest_effect": result.smallest_effect,
            "more_needed": result.more_needed,
            "method": result.method,
        }
    link = card.experiments.link
    return {
        "smallest_detectable_effect": link.smallest_detectable_effect,
        "smallest_effect": link.smallest_effect,
        "more_needed": _more_experiments(card.experiments),
        "method": link.method,
    }


def _more_experiments(joined: JoinedExperiments) -> str:
    link = joined.link
    if link.verdict is Verdict.MOVES:
        return (
            "The link is shown; more experiments narrow the interval, four times as many halve it."
        )
    if link.experiments_needed is None:
        return ""
    missing = max(link.experiments_needed - link.n_experiments, 1)
    noun = "experiment" if missing == 1 else "experiments"
    return f"About {missing:,} more {noun} of the same kind would be enough."


def _evidence_row(card: LinkCard, one: Evidence, inputs: LinkInputs, levels: _Levels) -> Row:
    judged = card.judged
    low, high = one.interval or (None, None)
    lag_low, lag_high = one.lag_set or (None, None)
    is_experiments = one.grade is EvidenceGrade.EXPERIMENTS
    reach = _reach(card, one)
    return {
        "link_id": judged.pair.link_id,
        "grade": str(one.grade),
        "rank": one.grade.rank,
        "gives_verdict": one.grade is card.card.grade,
        "verdict": str(one.verdict),
        "verdict_reason": one.verdict_reason,
        "effect": one.effect,
        "effect_low": low,
        "effect_high": high,
        "effect_unit": one.effect_unit,
        **_money(_worth(card, one, inputs, levels)),
        "currency": inputs.currency,
        "p_value": one.p_value,
        "q_value": None if is_experiments else judged.q_value,
        "lag_days": one.lag_days,
        "lag_set_low": lag_low,
        "lag_set_high": lag_high,
        "size": one.size,
        "n_experiments": card.experiments.link.n_experiments
        if is_experiments and card.experiments
        else None,
        **reach,
        "smallest_detectable_money_month": _detectable_money(
            card, one, reach["smallest_detectable_effect"], inputs, levels
        ),
        "caveats": json.dumps(one.caveats),
        "inputs_build_id": judged.inputs_build_id,
    }


def _link_row(card: LinkCard, inputs: LinkInputs, levels: _Levels, build: str) -> Row:
    judged, told, one = card.judged, card.card, card.answering
    pair, result = judged.pair, judged.result
    by_experiments = one.grade is EvidenceGrade.EXPERIMENTS
    low, high = one.interval or (None, None)
    lag = (told.lag_days, told.lag_set)
    if told.verdict is not Verdict.MOVES:
        lag = (result.lag_days, result.lag_set)
    lag_low, lag_high = lag[1] or (None, None)
    reach = _reach(card, one)
    return {
        "link_id": pair.link_id,
        "metric_name": pair.metric.name,
        "entity": pair.metric.model,
        "metric_label": pair.metric.label,
        "dataset": pair.metric.dataset,
        "kpi": pair.kpi.name,
        "kpi_label": pair.kpi.label,
        "kpi_unit": pair.kpi.unit,
        "evidence_grade": str(one.grade),
        "is_primary": pair.is_primary,
        "verdict": str(told.verdict),
        "verdict_reason": told.verdict_reason,
        "effect": one.effect,
        "effect_low": low,
        "effect_high": high,
        "effect_unit": one.effect_unit,
        **_money(_worth(card, one, inputs, levels)),
        "currency": inputs.currency,
        "log_change": pair.view.log_change,
        "p_value": one.p_value,
        "q_value": None if by_experiments else judged.q_value,
        "lead_p_value": result.lead_p_value,
        "pre_release_p_value": result.pre_release_p_value,
        "lag_days": lag[0],
        "lag_set_low": lag_low,
        "lag_set_high": lag_high,
        "lag_reason": told.lag_reason,
        **reach,
        "smallest_detectable_money_month": _detectable_money(
            card, one, reach["smallest_detectable_effect"], inputs, levels
        ),
        "n_experiments": card.experiments.link.n_experiments if card.experiments else 0,
        "n_releases": result.n_releases,
        "n_days": result.n_days,
        "first_day": result.first_day,
        "last_day": result.last_day,
        "caveats": json.dumps(told.caveats),
        "disagreements": json.dumps([*told.disagreements, *told.not_compared]),
        "raw_correlation": result.raw_correlation,
        "fingerprint": judged.fingerprint,
        "inputs_build_id": judged.inputs_build_id,
        "build_id": build,
    }
