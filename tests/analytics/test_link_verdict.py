"""Are the rules for a verdict applied in their fixed order?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.link_data import LinkData, assemble
from analytics.link_estimate import LinkEstimate
from analytics.link_result import no_lag_effects, no_releases
from analytics.link_verdict import judge
from analytics.release_steps import Releases
from analytics.vocabulary import EvidenceGrade, Verdict

DAYS = pd.date_range("2025-01-01", periods=350)


def releases(n: int) -> Releases:
    ones = np.ones(n)
    return Releases(np.arange(n) * 30 + 10, ones, ones, ones, ones.astype(bool), ())


@pytest.fixture
def data() -> LinkData:
    metric = pd.Series(np.repeat([1.0, 2.0], 175), DAYS)
    return assemble(metric, pd.Series(np.exp(np.sin(np.arange(350))), DAYS), None)


@pytest.fixture
def estimate() -> LinkEstimate:
    return LinkEstimate(
        grade=EvidenceGrade.RELEASES,
        method="by hand",
        effect=1.0,
        low=0.5,
        high=1.5,
        se=0.2,
        p_value=0.001,
        lag=2,
        lag_set=(1, 2, 3),
        smallest_detectable_effect=0.7,
        lead_p_value=0.5,
        pre_release_p_value=0.5,
        moved_before_p_value=0.5,
        lag_effects=no_lag_effects(),
        releases=releases(10),
        release_table=no_releases(),
    )


def verdict(data: LinkData, estimate: LinkEstimate, **changes: object) -> Verdict:
    changed = replace(estimate, **changes)  # type: ignore[arg-type]
    return judge(data, changed, smallest_effect=1.0).verdict


def test_a_small_p_value_moves(data: LinkData, estimate: LinkEstimate) -> None:
    assert verdict(data, estimate) == Verdict.MOVES
    assert verdict(data, estimate, p_value=0.05) != Verdict.MOVES


def test_five_releases_are_not_enough_however_small_the_p_value(
    data: LinkData, estimate: LinkEstimate
) -> None:
    assert verdict(data, estimate, releases=releases(5)) == Verdict.NOT_ENOUGH_DATA
    assert verdict(data, estimate, releases=releases(6)) == Verdict.MOVES
    early = {"releases": releases(5), "pre_release_p_value": 0.001}
    assert verdict(data, estimate, **early) == Verdict.NOT_ENOUGH_DATA


@pytest.mark.parametrize(
    "before",
    [{"pre_release_p_value": 0.009}, {"lead_p_value": 0.004}, {"moved_before_p_value": 0.002}],
)
def test_a_kpi_that_moved_first_is_confounded_before_it_moves(
    data: LinkData, estimate: LinkEstimate, before: dict[str, float]
) -> None:
    assert verdict(data, estimate, **before) == Verdict.CONFOUNDED
    assert verdict(data, estimate, p_value=0.9, **before) == Verdict.CONFOUNDED


def test_a_continuous_metric_is_confounded_by_feedback_only(
    data: LinkData, estimate: LinkEstimate
) -> None:
    series = {"releases": None, "moved_before_p_value": float("nan")}
    assert verdict(data, estimate, pre_release_p_value=0.004, **series) == Verdict.CONFOUNDED
    assert verdict(data, estimate, pre_release_p_value=0.009, **series) == Verdict.MOVES


def test_without_a_small_p_value_the_detectable_effect_decides(
    data: LinkData, estimate: LinkEstimate
) -> None:
    assert verdict(data, estimate, p_value=0.4) == Verdict.NO_EVIDENCE
    blunt = {"p_value": 0.4, "smallest_detectable_effect": 1.01}
    assert verdict(data, estimate, **blunt) == Verdict.NOT_ENOUGH_DATA
    unknown = {"p_value": 0.4, "smallest_detectable_effect": float("nan")}
    assert verdict(data, estimate, **unknown) == Verdict.NOT_ENOUGH_DATA


def test_twice_too_blunt_needs_three_times_as_many_more_releases(
    data: LinkData, estimate: LinkEstimate
) -> None:
    blunt = replace(estimate, p_value=0.4, smallest_detectable_effect=2.0)
    judged = judge(data, blunt, smallest_effect=1.0)
    assert "About 30 more releases" in judged.more_needed
    assert "about 150 weeks" in judged.more_needed


def test_twice_too_blunt_needs_three_times_as_many_more_weeks(
    data: LinkData, estimate: LinkEstimate
) -> None:
    blunt = replace(estimate, p_value=0.4, smallest_detectable_effect=2.0, releases=None)
    assert "About 150 more weeks" in judge(data, blunt, smallest_effect=1.0).more_needed


def test_what_would_take_centuries_is_sent_to_an_experiment(
    data: LinkData, estimate: LinkEstimate
) -> None:
    """50 weeks so far, 400 times the information needed: 19,950 weeks, some 382 years."""
    blunt = replace(estimate, p_value=0.4, smallest_detectable_effect=20.0)
    told = judge(data, blunt, smallest_effect=1.0).more_needed
    assert "about 390 years" in told
    assert "down to 14" in told
    assert "experiment" in told
