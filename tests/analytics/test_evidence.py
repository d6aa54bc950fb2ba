"""Is the verdict taken from the best evidence, and disagreement said rather than averaged?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.evidence import NO_EVIDENCE_AT_ALL, EvidenceCard, evidence_card
from analytics.experiment_link import (
    EFFECT_UNIT,
    LOG_EFFECT_UNIT,
    ExperimentLink,
    experiment_link,
)
from analytics.link import link
from analytics.link_data import ELASTICITY, SLOPE
from analytics.link_result import LinkResult, no_lag_effects, no_releases
from analytics.vocabulary import EvidenceGrade, Verdict
from benchmarks.link_worlds import World

NAN = float("nan")
EXPERIMENTS, RELEASES, SERIES = EvidenceGrade


def by_experiments(verdict: Verdict, **changes: Any) -> ExperimentLink:
    base = ExperimentLink(
        effect=1.5,
        effect_low=0.9,
        effect_high=2.1,
        effect_unit=LOG_EFFECT_UNIT,
        p_value=0.001 if verdict is Verdict.MOVES else 0.4,
        reliability=0.8,
        reliability_se=0.05,
        heterogeneity=0.01,
        side_effect=0.0,
        naive_effect=1.2,
        naive_side_effect=0.0,
        smallest_detectable_effect=0.9,
        smallest_effect=1.0,
        experiments_needed=None,
        n_experiments=14,
        verdict=verdict,
        verdict_reason="Fourteen experiments say so.",
        method="meta-regression",
        caveats=("Winners only mislead.",),
    )
    return replace(base, **changes)


def by_link(grade: EvidenceGrade, verdict: Verdict, **changes: Any) -> LinkResult:
    base = LinkResult(
        effect=1.2,
        effect_unit=ELASTICITY,
        interval=(0.8, 1.6),
        p_value=0.001 if verdict is Verdict.MOVES else 0.4,
        lag_days=5,
        lag_set=(4, 6),
        verdict=verdict,
        verdict_reason=f"The {grade} say so.",
        smallest_detectable_effect=0.9,
        smallest_effect=1.0,
        more_needed="",
        n_releases=30,
        n_days=730,
        first_day=None,
        last_day=None,
        lead_p_value=0.5,
        pre_release_p_value=0.5,
        evidence_grade=grade,
        method="gls",
        caveats=(f"Caveat of {grade}.",),
        raw_correlation=0.9,
        lag_effects=no_lag_effects(),
        release_table=no_releases(),
        whitened=pd.DataFrame(),
    )
    return replace(base, **changes)


def card(
    experiments: ExperimentLink | None = None,
    releases: LinkResult | None = None,
    series: LinkResult | None = None,
) -> EvidenceCard:
    return evidence_card(experiments=experiments, releases=releases, series=series)


# --- whose verdict --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("experiments", "releases", "series", "grade", "verdict"),
    [
        ("moves", "no evidence", "moves", EXPERIMENTS, "moves"),
        ("no evidence", "moves", "moves", EXPERIMENTS, "no evidence"),
        ("not enough data", "moves", "no evidence", RELEASES, "moves"),
        ("not enough data", "not enough data", "no evidence", SERIES, "no evidence"),
        ("not enough data", "invalid data", "moves", SERIES, "moves"),
        ("not enough data", "confounded", "moves", RELEASES, "confounded"),
        ("not enough data", "invalid data", "not enough data", EXPERIMENTS, "not enough data"),
        (None, "invalid data", "not enough data", RELEASES, "invalid data"),
        (None, None, "confounded", SERIES, "confounded"),
    ],
)
def test_best_grade_that_can_answer_gives_the_verdict(
    experiments: str | None,
    releases: str | None,
    series: str | None,
    grade: EvidenceGrade,
    verdict: str,
) -> None:
    found = card(
        None if experiments is None else by_experiments(Verdict(experiments)),
        None if releases is None else by_link(RELEASES, Verdict(releases)),
        None if series is None else by_link(SERIES, Verdict(series)),
    )
    assert (found.grade, found.verdict) == (grade, verdict)
    assert len(found.evidence) == 3 - [experiments, releases, series].count(None)
    assert [one.grade.rank for one in found.evidence] == sorted(
        one.grade.rank for one in found.evidence
    )


def test_reason_says_whose_verdict_it_is_and_who_could_not_answer() -> None:
    found = card(by_experiments(Verdict.NOT_ENOUGH_DATA), by_link(RELEASES, Verdict.MOVES))
    assert found.verdict_reason == (
        "The experiments cannot answer (not enough data). "
        "By releases (30 releases in 730 days): The releases say so."
    )
    none = card(by_experiments(Verdict.NOT_ENOUGH_DATA))
    assert none.verdict_reason.startswith("No evidence is able to answer")
    assert "Fourteen experiments say so." in none.verdict_reason


def test_moves_of_a_lower_grade_must_survive_the_looks_before_it() -> None:
    """Two looks: p < .025 is asked; a look without a p-value was none."""
    blunt = by_experiments(Verdict.NOT_ENOUGH_DATA)
    lucky = by_link(RELEASES, Verdict.MOVES, p_value=0.03)
    found = card(blunt, lucky)
    assert (found.verdict, found.grade) == (Verdict.NOT_ENOUGH_DATA, EXPERIMENTS)
    assert any("of 2 looks" in caveat for caveat in found.caveats)
    assert card(None, lucky).verdict is Verdict.MOVES
    assert card(replace(blunt, p_value=None), lucky).verdict is Verdict.MOVES
    assert card(blunt, replace(lucky, p_value=0.02)).verdict is Verdict.MOVES


def test_false_moves_stay_where_the_rule_says() -> None:
    # Grades that look, see nothing and cannot say more: 8.9 % instead of 14.3 % for three.
    rng = np.random.default_rng(1)
    base = (
        by_experiments(Verdict.NOT_ENOUGH_DATA),
        by_link(RELEASES, Verdict.NOT_ENOUGH_DATA),
        by_link(SERIES, Verdict.NOT_ENOUGH_DATA),
    )
    moved = []
    for p in rng.random((3_000, 3)):
        says = [Verdict.MOVES if one < 0.05 else Verdict.NOT_ENOUGH_DATA for one in p]
        found = card(
            replace(base[0], p_value=p[0], verdict=says[0]),
            replace(base[1], p_value=p[1], verdict=says[1]),
            replace(base[2], p_value=p[2], verdict=says[2]),
        )
        moved.append(found.verdict is Verdict.MOVES)
    # Three standard errors of 3,000 draws are 1.6 %.
    assert np.mean(moved) == pytest.approx(0.089, abs=0.016)


@given(
    verdicts=st.tuples(*[st.none() | st.sampled_from(list(Verdict))] * 3),
    effects=st.tuples(*[st.floats(-3, 3)] * 3),
    p_values=st.tuples(*[st.floats(0, 1)] * 3),
)
def test_numbers_are_always_those_of_one_kind_of_evidence(
    verdicts: tuple[Verdict | None, ...],
    effects: tuple[float, ...],
    p_values: tuple[float, ...],
) -> None:
    first, second, third = verdicts
    found = card(
        None
        if first is None
        else by_experiments(
            first,
            effect=effects[0],
            effect_low=effects[0] - 1,
            effect_high=effects[0] + 1,
            p_value=p_values[0],
        ),
        *(
            None
            if verdict is None
            else by_link(grade, verdict, effect=e, interval=(e - 0.5, e + 0.5), p_value=p)
            for grade, verdict, e, p in (
                (RELEASES, second, effects[1], p_values[1]),
                (SERIES, third, effects[2], p_values[2]),
            )
        ),
    )
    if not found.evidence:
        assert (found.grade, found.effect, found.verdict_reason) == (None, None, NO_EVIDENCE_AT_ALL)
        return
    (source,) = [one for one in found.evidence if one.grade is found.grade]
    assert (found.effect, found.interval, found.verdict) == (
        source.effect,
        source.interval,
        source.verdict,
    )
    assert (found.lag_days is not None) <= (found.verdict is Verdict.MOVES)


# --- lag, units, disagreement ---------------------------------------------------------------


def test_delay_is_borrowed_where_experiments_have_none() -> None:
    found = card(
        by_experiments(Verdict.MOVES),
        by_link(RELEASES, Verdict.NOT_ENOUGH_DATA),
        by_link(SERIES, Verdict.MOVES, lag_days=3, lag_set=(2, 3)),
    )
    assert (found.grade, found.lag_grade) == (EXPERIMENTS, SERIES)
    assert (found.lag_days, found.lag_set) == (3, (2, 3))
    alone = card(by_experiments(Verdict.MOVES), by_link(RELEASES, Verdict.NOT_ENOUGH_DATA))
    assert (alone.lag_days, alone.lag_grade) == (None, None)
    assert "no delay" in alone.lag_reason
    assert card(None, by_link(RELEASES, Verdict.NO_EVIDENCE)).lag_days is None


def test_agreement_has_nothing_to_say() -> None:
    found = card(by_experiments(Verdict.MOVES), by_link(RELEASES, Verdict.MOVES))
    assert (found.disagreements, found.not_compared) == ((), ())
    assert found.caveats == ("Winners only mislead.",)


def test_silence_of_a_grade_is_no_disagreement() -> None:
    found = card(by_experiments(Verdict.MOVES), by_link(RELEASES, Verdict.NOT_ENOUGH_DATA))
    assert found.disagreements == ()


def test_different_verdicts_are_said() -> None:
    found = card(by_experiments(Verdict.NO_EVIDENCE), by_link(RELEASES, Verdict.MOVES))
    assert "The experiments say 'no evidence', the releases say 'moves'." in found.disagreements


def test_opposite_ways_are_said_even_when_units_differ() -> None:
    found = card(
        by_experiments(Verdict.MOVES, effect_unit=EFFECT_UNIT),
        by_link(RELEASES, Verdict.MOVES, effect=-1.0, interval=(-1.5, -0.5)),
    )
    assert len(found.disagreements) == 1
    assert "show a rise, the releases a fall" in found.disagreements[0]
    assert found.lag_days is None


def test_effects_apart_are_said_only_in_comparable_units() -> None:
    far = by_link(RELEASES, Verdict.MOVES, effect=4.0, interval=(3.0, 5.0))
    comparable = card(by_experiments(Verdict.MOVES), far)
    assert comparable.disagreements == (
        "The effects do not fit each other: 0.9 to 2.1 by the experiments, 3 to 5 by the releases.",
    )
    for unit in (EFFECT_UNIT, SLOPE):
        other = card(by_experiments(Verdict.MOVES, effect_unit=unit), far)
        assert other.disagreements == ()
        assert len(other.not_compared) == 1
        assert "not compared" in other.not_compared[0]


def levels(metric: float, kpi: float) -> pd.DataFrame:
    return pd.DataFrame({"metric_value": [metric, metric], "kpi_value": [kpi, kpi]})


def test_lift_per_unit_of_the_metric_is_compared_as_an_elasticity() -> None:
    # 5 per unit of a metric of 0.3 is an elasticity of 1.5
    per_unit = by_experiments(
        Verdict.MOVES, effect=5.0, effect_low=3.0, effect_high=7.0, effect_unit=EFFECT_UNIT
    )
    fits = by_link(RELEASES, Verdict.MOVES, whitened=levels(0.3, 1000.0))
    found = card(per_unit, fits)
    assert found.evidence[0].comparable_effect == pytest.approx(1.5)
    assert found.evidence[0].comparable_interval == pytest.approx((0.9, 2.1))
    assert (found.disagreements, found.not_compared) == ((), ())
    # what gave the verdict keeps its own unit
    assert (found.effect, found.effect_unit) == (5.0, EFFECT_UNIT)
    far = by_link(
        RELEASES, Verdict.MOVES, effect=4.0, interval=(3.0, 5.0), whitened=levels(0.3, 1000.0)
    )
    assert card(per_unit, far).disagreements == (
        "The effects do not fit each other (as elasticities at a metric of 0.3): 0.9 to 2.1 by "
        "the experiments, 3 to 5 by the releases.",
    )


def test_kpi_units_per_metric_unit_are_compared_as_an_elasticity() -> None:
    slope = by_link(
        RELEASES,
        Verdict.MOVES,
        effect=4000.0,
        interval=(2000.0, 6000.0),
        effect_unit=SLOPE,
        whitened=levels(0.3, 1000.0),
    )
    series = by_link(SERIES, Verdict.MOVES, effect=9.0, interval=(8.0, 10.0))
    found = card(None, slope, series)
    assert found.evidence[0].comparable_effect == pytest.approx(1.2)
    assert len(found.disagreements) == 1


def test_a_metric_around_zero_has_no_elasticity_to_compare() -> None:
    around_zero = by_link(RELEASES, Verdict.MOVES, effect_unit=SLOPE, whitened=levels(-0.1, 1000.0))
    found = card(by_experiments(Verdict.MOVES, effect_unit=EFFECT_UNIT), around_zero)
    assert found.evidence[0].comparable_effect is None
    assert len(found.not_compared) == 1


def test_experiments_and_releases_of_one_truth_agree_without_help(recommender: World) -> None:
    rng = np.random.default_rng(12)
    level, gains = float(recommender.metric.mean()), rng.normal(0.01, 0.02, 20)
    deltas = level * gains
    table = pd.DataFrame(
        {
            "offline_delta": deltas + 0.0005 * rng.standard_normal(20),
            "offline_se": 0.0005,
            "lift": 1.2 * gains + 0.005 * rng.standard_normal(20),
            "lift_se": 0.005,
        }
    )
    releases = link(
        recommender.metric,
        recommender.kpi,
        rng=rng,
        calendar=recommender.calendar,
        releases=recommender.releases,
    )
    found = card(experiment_link(table), releases)
    assert (found.disagreements, found.not_compared) == ((), ())
    for one in found.evidence:
        assert one.comparable_interval is not None
        assert one.comparable_interval[0] < 1.2 < one.comparable_interval[1]


def test_confounded_estimate_is_no_yardstick() -> None:
    far = by_link(RELEASES, Verdict.CONFOUNDED, effect=4.0, interval=(3.0, 5.0))
    found = card(by_experiments(Verdict.MOVES), far)
    assert found.disagreements == ("The experiments say 'moves', the releases say 'confounded'.",)


# --- real results, misuse -------------------------------------------------------------------


def test_refused_links_and_too_few_experiments_make_a_card() -> None:
    days = pd.date_range("2025-01-01", periods=20)
    refused = link(
        pd.Series(np.arange(20.0), days), pd.Series(1.0, days), rng=np.random.default_rng(1)
    )
    columns = ["offline_delta", "offline_se", "lift", "lift_se"]
    few = experiment_link(pd.DataFrame(columns=columns, dtype=float), log_gains=True)
    found = card(few, refused, refused)
    assert (found.verdict, found.effect, found.grade) == (
        Verdict.NOT_ENOUGH_DATA,
        None,
        EXPERIMENTS,
    )
    assert {one.effect for one in found.evidence} == {None}
    assert found.effect_unit == LOG_EFFECT_UNIT


def test_link_that_moves_answers_where_experiments_cannot(recommender: World) -> None:
    result = link(
        recommender.metric,
        recommender.kpi,
        rng=np.random.default_rng(2),
        calendar=recommender.calendar,
    )
    found = card(by_experiments(Verdict.NOT_ENOUGH_DATA), result)
    assert (found.grade, found.verdict) == (RELEASES, Verdict.MOVES)
    assert (found.effect, found.interval, found.lag_days) == (
        result.effect,
        result.interval,
        result.lag_days,
    )


def test_misuse_names_the_argument() -> None:
    with pytest.raises(TypeError, match="experiments"):
        card(by_link(RELEASES, Verdict.MOVES))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="series"):
        card(None, None, by_experiments(Verdict.MOVES))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="releases"):
        card(None, by_link(SERIES, Verdict.MOVES))
