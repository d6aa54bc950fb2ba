"""What do experiments, releases and series say of one link, side by side?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from analytics.evidence_unit import COMPARABLE_UNIT, Levels, as_elasticity, levels_of
from analytics.experiment_link import ExperimentLink
from analytics.link_result import LinkResult
from analytics.vocabulary import EvidenceGrade, Verdict, p_words

SIGNIFICANCE = 0.05
ANSWERS = frozenset({Verdict.CONFOUNDED, Verdict.MOVES, Verdict.NO_EVIDENCE})
_UNBIASED = frozenset({Verdict.MOVES, Verdict.NO_EVIDENCE, Verdict.NOT_ENOUGH_DATA})
NO_EVIDENCE_AT_ALL = "There are no experiments, no releases and no series to judge by."


@dataclass(frozen=True)
class Evidence:
    """What one kind of evidence says by itself; None where it has no estimate.

    Attributes:
        effect, interval: in `effect_unit`, with its 95 % interval.
        lag_days, lag_set: delay in days, best and as a range; experiments have none.
        size: how much data, in words.
        comparable_effect, comparable_interval: the same in `comparable_unit`, which all evidence
            of a card shares; None where it cannot be told.
    """

    grade: EvidenceGrade
    verdict: Verdict
    verdict_reason: str
    effect: float | None
    interval: tuple[float, float] | None
    effect_unit: str
    p_value: float | None
    lag_days: int | None
    lag_set: tuple[int, int] | None
    size: str
    caveats: tuple[str, ...]
    comparable_effect: float | None = None
    comparable_interval: tuple[float, float] | None = None
    comparable_unit: str = COMPARABLE_UNIT

    @property
    def has_answer(self) -> bool:
        """Whether the verdict says something of the link rather than of the data's limits."""
        return self.verdict in ANSWERS


@dataclass(frozen=True)
class EvidenceCard:
    """All evidence of one link and the one verdict drawn from it.

    Attributes:
        grade: the evidence the verdict, effect and interval come from, untouched; None when
            there is none at all.
        lag_days, lag_set: of `lag_grade`, the best evidence of a delay; None unless the link
            moves; `lag_reason` says where they come from or why there are none.
        evidence: every kind there is, most trusted first.
        disagreements: where kinds that can answer say different things; empty when they agree.
        not_compared: pairs whose effects are in different units, so their numbers are not held
            against each other.
    """

    verdict: Verdict
    verdict_reason: str
    grade: EvidenceGrade | None
    effect: float | None
    interval: tuple[float, float] | None
    effect_unit: str | None
    lag_days: int | None
    lag_set: tuple[int, int] | None
    lag_grade: EvidenceGrade | None
    lag_reason: str
    evidence: tuple[Evidence, ...]
    disagreements: tuple[str, ...]
    not_compared: tuple[str, ...]
    caveats: tuple[str, ...]


def evidence_card(
    *, experiments: ExperimentLink | None, releases: LinkResult | None, series: LinkResult | None
) -> EvidenceCard:
    """Put all evidence of one link side by side and take the verdict from the best of it.

    The rule: experiments before releases before series, and the first that is able to answer
    (`moves`, `no evidence` or `confounded`) gives the verdict. `not enough data` and `invalid
    data` are no answers, so a lower grade may speak where a higher one cannot; when none can,
    the best grade there is says why. `confounded` is an answer: a lower grade is more exposed
    to the same fault and must not overrule it.

    Asking several grades until one says `moves` is asking more than once. So a lower grade's
    `moves` counts only when its p-value stays below .05 divided by the number of grades that
    looked up to then; else it does not answer. Without any effect, grades that all look and
    cannot answer otherwise say `moves` in 5 % (one), 7.4 % (two) and 8.9 % (three) of cases
    instead of 5 %, 9.8 % and 14.3 %.

    Nothing is averaged: effect and interval are those of the grade that gave the verdict.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: a link of one grade is passed as another.
    """
    collected = _collected(experiments, releases, series)
    levels = levels_of([releases, series])
    found = [_made_comparable(one, levels) for one in collected]
    if not found:
        return _nothing()
    chosen, refused = _choose(found)
    answer = chosen or found[0]
    lag, lag_reason = _lag(answer, found)
    return EvidenceCard(
        verdict=answer.verdict,
        verdict_reason=_reason(answer, found, is_answer=chosen is not None),
        grade=answer.grade,
        effect=answer.effect,
        interval=answer.interval,
        effect_unit=answer.effect_unit,
        lag_days=None if lag is None else lag.lag_days,
        lag_set=None if lag is None else lag.lag_set,
        lag_grade=None if lag is None else lag.grade,
        lag_reason=lag_reason,
        evidence=tuple(found),
        disagreements=tuple(
            text
            for one, other in combinations(found, 2)
            for text in _disagreements(one, other, levels)
        ),
        not_compared=tuple(
            f"{_name(one).capitalize()} give the effect as {one.effect_unit}, {_name(other)} as "
            f"{other.effect_unit}: the numbers are not compared."
            for one, other in combinations(found, 2)
            if one.effect is not None
            and other.effect is not None
            and _comparable(one, other) is None
        ),
        caveats=(*refused, *answer.caveats),
    )


def _nothing() -> EvidenceCard:
    return EvidenceCard(
        verdict=Verdict.NOT_ENOUGH_DATA,
        verdict_reason=NO_EVIDENCE_AT_ALL,
        grade=None,
        effect=None,
        interval=None,
        effect_unit=None,
        lag_days=None,
        lag_set=None,
        lag_grade=None,
        lag_reason=NO_EVIDENCE_AT_ALL,
        evidence=(),
        disagreements=(),
        not_compared=(),
        caveats=(),
    )


def _collected(
    experiments: ExperimentLink | None, releases: LinkResult | None, series: LinkResult | None
) -> list[Evidence]:
    """The evidence there is, most trusted first."""
    if not isinstance(experiments, ExperimentLink | None):
        raise TypeError(
            f"experiments must be an ExperimentLink or None, not {type(experiments).__name__}"
        )
    found = [] if experiments is None else [_of_experiments(experiments)]
    links = {EvidenceGrade.RELEASES: releases, EvidenceGrade.SERIES: series}
    for grade, result in links.items():
        if not isinstance(result, LinkResult | None):
            raise TypeError(f"{grade} must be a LinkResult or None, not {type(result).__name__}")
        if result is None:
            continue
        # A link refused before its data was read does not know its grade yet.
        if result.has_estimate and result.evidence_grade is not grade:
            raise ValueError(f"{grade} must hold a link by {grade}, not by {result.evidence_grade}")
        found.append(_of_link(result, grade))
    return found


def _of_experiments(link: ExperimentLink) -> Evidence:
    bounds = (link.effect_low, link.effect_high)
    return Evidence(
        grade=EvidenceGrade.EXPERIMENTS,
        verdict=link.verdict,
        verdict_reason=link.verdict_reason,
        effect=link.effect,
        interval=None if bounds[0] is None or bounds[1] is None else (bounds[0], bounds[1]),
        effect_unit=link.effect_unit,
        p_value=link.p_value,
        lag_days=None,
        lag_set=None,
        size=f"{link.n_experiments} experiments",
        caveats=link.caveats,
    )


def _of_link(result: LinkResult, grade: EvidenceGrade) -> Evidence:
    days = f"{result.n_days} days"
    is_releases = grade is EvidenceGrade.RELEASES
    return Evidence(
        grade=grade,
        verdict=result.verdict,
        verdict_reason=result.verdict_reason,
        effect=result.effect if result.has_estimate else None,
        interval=result.interval if all(map(math.isfinite, result.interval)) else None,
        effect_unit=result.effect_unit,
        p_value=result.p_value if math.isfinite(result.p_value) else None,
        lag_days=result.lag_days,
        lag_set=result.lag_set,
        size=f"{result.n_releases} releases in {days}" if is_releases else days,
        caveats=result.caveats,
    )


def _made_comparable(one: Evidence, levels: Levels) -> Evidence:
    """The evidence with its effect as an elasticity beside its own unit."""
    factor = as_elasticity(one.effect_unit, levels)
    if factor is None or one.effect is None or one.interval is None:
        return one
    return replace(
        one,
        comparable_effect=one.effect * factor,
        comparable_interval=(one.interval[0] * factor, one.interval[1] * factor),
    )


def _choose(found: Sequence[Evidence]) -> tuple[Evidence | None, list[str]]:
    """The best evidence able to answer, and why any better one that tried is not it."""
    refused: list[str] = []
    n_looks = 0
    for one in found:
        n_looks += one.p_value is not None
        level = SIGNIFICANCE / max(n_looks, 1)
        is_chance = one.verdict is Verdict.MOVES and n_looks > 1 and (one.p_value or 0.0) >= level
        if one.has_answer and not is_chance:
            return one, refused
        if is_chance:
            refused.append(
                f"By themselves the {_name(one)} would say 'moves' ({p_words(one.p_value)}), but "
                f"better evidence looked first and did not see it: of {n_looks} looks one may do "
                f"so by chance, and p < {level:.2g} is asked."
            )
    return None, refused


def _reason(answer: Evidence, found: Sequence[Evidence], *, is_answer: bool) -> str:
    """Whose verdict it is, why it is not a better grade's, and what that grade says."""
    if not is_answer:
        return f"No evidence is able to answer; the {_name(answer)} say: {answer.verdict_reason}"
    silent = [one for one in found if one.grade.rank < answer.grade.rank]
    before = "".join(f"The {_name(one)} cannot answer ({one.verdict}). " for one in silent)
    return f"{before}By {_name(answer)} ({answer.size}): {answer.verdict_reason}"


def _lag(answer: Evidence, found: Sequence[Evidence]) -> tuple[Evidence | None, str]:
    if answer.verdict is not Verdict.MOVES:
        return None, "A delay is told only of a link that moves."
    for one in found:
        agrees = one is answer or (one.verdict is Verdict.MOVES and _same_way(one, answer))
        if agrees and one.lag_days is not None:
            return one, f"The delay is that of the {_name(one)}."
    return None, (
        "Experiments tell no delay, and no release or series shows the effect clearly enough to "
        "time it."
    )


def _disagreements(one: Evidence, other: Evidence, levels: Levels) -> list[str]:
    """In words, where two kinds of evidence contradict each other."""
    said: list[str] = []
    if one.has_answer and other.has_answer and one.verdict is not other.verdict:
        said.append(
            f"The {_name(one)} say '{one.verdict}', the {_name(other)} say '{other.verdict}'."
        )
    if one.verdict is other.verdict is Verdict.MOVES and not _same_way(one, other):
        said.append(
            f"The {_name(one)} show a {_way(one)}, the {_name(other)} a {_way(other)} of the KPI "
            "with the metric."
        )
    pair = _comparable(one, other)
    if pair is not None and {one.verdict, other.verdict} <= _UNBIASED and _are_apart(*pair):
        is_converted = pair != (one.interval, other.interval)
        unit = f" (as elasticities at a metric of {levels.metric:.3g})" if is_converted else ""
        said.append(
            f"The effects do not fit each other{unit}: {_told(pair[0])} by the {_name(one)}, "
            f"{_told(pair[1])} by the {_name(other)}."
        )
    return said


def _are_apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals share no value; a confounded estimate is no yardstick."""
    return one[1] < other[0] or other[1] < one[0]


def _comparable(
    one: Evidence, other: Evidence
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Both intervals in one unit; None where there is no such unit."""
    if one.comparable_interval is not None and other.comparable_interval is not None:
        return one.comparable_interval, other.comparable_interval
    if one.effect_unit == other.effect_unit and one.interval is not None:
        return None if other.interval is None else (one.interval, other.interval)
    return None


def _same_way(one: Evidence, other: Evidence) -> bool:
    return ((one.effect or 0.0) > 0) == ((other.effect or 0.0) > 0)


def _way(one: Evidence) -> str:
    return "rise" if (one.effect or 0.0) > 0 else "fall"


def _told(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.3g} to {interval[1]:.3g}"


def _name(one: Evidence) -> str:
    return str(one.grade)
