"""Is it noticed when the KPI moved first, and only then?"""

import numpy as np
import pytest

from analytics.link_data import assemble
from analytics.placebo import Placebo, combined_p_value, pre_release_placebo
from analytics.pre_release import CourseTable, contrasts, course_features, course_views
from analytics.release_permutation import deal
from analytics.whitening import whiten_kpi
from benchmarks.link_worlds import World


def test_contrast_is_the_last_days_minus_the_days_before_by_hand() -> None:
    view = np.concatenate([np.zeros(97), np.ones(3), np.zeros(100)])
    position = np.array([100, 110, 120, 130, 140, 150])
    three_days = contrasts(view, position, 1)[:, 0]
    expected = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(three_days, expected - expected.mean())


def test_releases_too_early_for_a_window_stay_neutral() -> None:
    view = np.arange(200.0)
    features = contrasts(view, np.array([2, 80, 100, 120, 140, 160]), 1)
    np.testing.assert_allclose(features[0], 0.0)


def test_gains_that_follow_the_last_week_are_noticed(
    recommender: World, rng: np.random.Generator
) -> None:
    data = assemble(recommender.metric, recommender.kpi, recommender.calendar)
    whitened = whiten_kpi(data)
    position = np.arange(70, 710, 25)
    features = course_features(data, whitened, whitened.filled, position)
    week = np.array(
        [data.y[at - 7 : at].mean() - data.y[at - 14 : at - 7].mean() for at in position]
    )
    reacting = week + rng.normal(0, 0.3 * week.std(), len(position))
    assert pre_release_placebo(features, reacting, deal(reacting, rng)).p_value < 0.01
    innocent = rng.standard_normal(len(position))
    assert pre_release_placebo(features, innocent, deal(innocent, rng)).p_value > 0.01


def test_equal_gains_cannot_follow_anything(recommender: World, rng: np.random.Generator) -> None:
    data = assemble(recommender.metric, recommender.kpi, recommender.calendar)
    whitened = whiten_kpi(data)
    features = course_features(data, whitened, whitened.filled, np.arange(70, 700, 50))
    equal = np.full(13, 0.1)
    assert pre_release_placebo(features, equal, deal(equal, rng)).p_value == 1.0


def test_two_near_misses_count_together(rng: np.random.Generator) -> None:
    lead = Placebo(2.2, rng.standard_normal(1999))
    before = Placebo(2.2, rng.standard_normal(1999))
    assert combined_p_value(lead, before) < min(lead.p_value, before.p_value)


def test_combined_p_value_is_middling_for_middling_parts(rng: np.random.Generator) -> None:
    parts = [Placebo(0.0, rng.standard_normal(1999)) for _ in range(2)]
    assert combined_p_value(*parts) == pytest.approx(0.6, abs=0.1)


def test_a_table_of_every_day_s_course_gives_the_features_of_any_releases(
    recommender: World,
) -> None:
    data = assemble(recommender.metric, recommender.kpi, recommender.calendar)
    whitened = whiten_kpi(data)
    table = CourseTable(course_views(data, whitened, whitened.filled), data.period_days)
    for position in (np.arange(3, 700, 25), np.arange(10, 70, 12)):
        expected = course_features(data, whitened, whitened.filled, position)
        np.testing.assert_allclose(table.features(position), expected, atol=1e-9)
