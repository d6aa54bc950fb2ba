"""Are releases found where they were, and do their whitened steps equal direct computation?"""

import numpy as np
import pandas as pd
import pytest

from analytics.link_data import LinkData, assemble
from analytics.release_steps import StepDesign, find_releases
from analytics.whitening import whiten_kpi
from benchmarks.link_worlds import World

DAYS = pd.date_range("2025-01-01", periods=200)


def stepped(changes: dict[int, float], rng: np.random.Generator) -> LinkData:
    metric = pd.Series(1.0, DAYS)
    for day, value in changes.items():
        metric.iloc[day:] = value
    kpi = pd.Series(np.exp(rng.normal(0, 0.05, 200)), DAYS)
    return assemble(metric, kpi, None)


def test_changes_of_the_metric_are_releases_when_none_are_listed(rng: np.random.Generator) -> None:
    releases = find_releases(stepped({50: 2.0, 120: 1.5}, rng), None, max_lag=14)
    assert releases.position.tolist() == [50, 120]
    assert releases.delta == pytest.approx([np.log(2.0), np.log(0.75)])
    assert releases.before == pytest.approx([1.0, 2.0])
    assert releases.after == pytest.approx([2.0, 1.5])


def test_a_listed_release_without_gain_is_still_a_release(rng: np.random.Generator) -> None:
    listed = DAYS[[50, 80, 120]]
    releases = find_releases(stepped({50: 2.0, 120: 1.5}, rng), listed, max_lag=14)
    assert releases.delta == pytest.approx([np.log(2.0), 0.0, np.log(0.75)])
    assert releases.caveats == ()


def test_a_change_measured_two_days_late_belongs_to_its_release(rng: np.random.Generator) -> None:
    releases = find_releases(stepped({52: 2.0, 119: 1.5}, rng), DAYS[[50, 120]], max_lag=14)
    assert releases.position.tolist() == [50, 120]
    assert releases.delta == pytest.approx([np.log(2.0), np.log(0.75)])


def test_a_change_nobody_listed_is_counted_and_named(rng: np.random.Generator) -> None:
    releases = find_releases(stepped({50: 2.0, 120: 1.5}, rng), DAYS[[50]], max_lag=14)
    assert releases.position.tolist() == [50, 120]
    assert "1 changes of the metric have no listed release" in releases.caveats[0]


def test_releases_outside_the_data_are_left_out_and_late_ones_not_usable(
    rng: np.random.Generator,
) -> None:
    listed = pd.DatetimeIndex(["2024-06-01", DAYS[50], DAYS[190], "2026-01-01"])
    releases = find_releases(stepped({50: 2.0, 190: 1.5}, rng), listed, max_lag=14)
    assert releases.position.tolist() == [50, 190]
    assert releases.usable.tolist() == [True, False]
    assert releases.n_usable == 1


def test_whitened_steps_equal_whitening_the_step_columns(recommender: World) -> None:
    assert recommender.releases is not None
    data = assemble(recommender.metric, recommender.kpi, recommender.calendar)
    whitened = whiten_kpi(data)
    position = np.array([40, 200, 201, 650])
    lag = 9
    columns = (np.arange(data.n)[:, None] >= position[None, :] + lag).astype(float)
    direct = whitened.project_out(whitened.model.whiten(columns))
    design = StepDesign(whitened, position)
    np.testing.assert_allclose(design.information(lag), direct.T @ direct, atol=1e-8)
    np.testing.assert_allclose(
        design.against([lag], whitened.residual)[0], direct.T @ whitened.residual, atol=1e-8
    )
    sizes = np.array([1.0, -0.5, 0.2, 0.0])
    np.testing.assert_allclose(design.combined(lag, sizes), direct @ sizes, atol=1e-8)


def test_a_step_beyond_the_data_carries_no_information(recommender: World) -> None:
    data = assemble(recommender.metric, recommender.kpi, recommender.calendar)
    design = StepDesign(whiten_kpi(data), np.array([100, 725]))
    information = design.information(10)
    assert information[1, 1] == 0.0
    assert information[0, 0] > 0.0
