"""Is the release-level estimate plain least squares, and is its p-value exact without an effect?"""

import numpy as np
import pandas as pd
import pytest

from analytics.controls import control_columns
from analytics.link_data import FloatArray, IntArray, assemble
from analytics.noise_model import NoiseModel
from analytics.release_permutation import (
    LagGrid,
    deal,
    exceedance,
    fit,
    lag_grid,
    permuted_f,
)
from analytics.release_steps import StepDesign, find_releases
from analytics.whitening import WhitenedKpi


def white_kpi(y: FloatArray, columns: FloatArray) -> WhitenedKpi:
    """A KPI whose noise is known to be white, so that every figure can be had by least squares."""
    n = len(y)
    model = NoiseModel(0.0, 1.0, 0.0, 0.0, np.ones(n), False, 0.0)
    q = np.linalg.qr(columns)[0]
    residual = y - q @ (q.T @ y)
    dof = n - columns.shape[1]
    sigma = float(np.sqrt(residual @ residual / dof))
    return WhitenedKpi(model, y, columns, q, residual, sigma, dof, np.zeros(n, dtype=bool))


def tiny_example() -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
    """40 days, releases on days 10, 18 and 30 with gains .1, 0 and .2, effect 2 at once."""
    n = 40
    position, delta = np.array([10, 18, 30]), np.array([0.1, 0.0, 0.2])
    steps = (np.arange(n)[:, None] >= position[None, :]).astype(float)
    y = 5.0 + steps @ (2.0 * delta) + 0.01 * np.cos(1.7 * np.arange(n))
    return y, steps, position, delta


def test_slope_equals_least_squares_by_hand() -> None:
    y, steps, position, delta = tiny_example()
    whitened = white_kpi(y, np.ones((len(y), 1)))
    found = fit(lag_grid(StepDesign(whitened, position), whitened, [0]), delta)
    by_hand = np.column_stack([np.ones(len(y)), steps.sum(axis=1), steps @ delta])
    expected = np.linalg.lstsq(by_hand, y, rcond=None)[0][2]
    assert found.slope[0] == pytest.approx(expected, rel=1e-9)
    assert found.slope[0] == pytest.approx(2.0, abs=0.1)


def test_information_is_the_gain_series_left_of_all_other_columns() -> None:
    y, steps, position, delta = tiny_example()
    whitened = white_kpi(y, np.ones((len(y), 1)))
    found = fit(lag_grid(StepDesign(whitened, position), whitened, [0]), delta)
    others = np.column_stack([np.ones(len(y)), steps.sum(axis=1)])
    gain = steps @ delta
    left = gain - others @ np.linalg.lstsq(others, gain, rcond=None)[0]
    assert found.information[0] == pytest.approx(left @ left, rel=1e-9)


def test_side_effects_of_releases_widen_the_standard_error() -> None:
    y, steps, position, delta = tiny_example()
    calm = white_kpi(y, np.ones((len(y), 1)))
    rough = white_kpi(y + steps @ [0.3, -0.3, 0.0], np.ones((len(y), 1)))
    ses = [
        fit(lag_grid(StepDesign(each, position), each, [0]), delta).se[0] / each.sigma
        for each in (calm, rough)
    ]
    assert ses[1] > 1.5 * ses[0]


def test_best_lag_is_the_one_planted() -> None:
    n, lag = 400, 6
    rng = np.random.default_rng(3)
    position = np.arange(20, 380, 18)
    delta = rng.normal(0, 0.05, len(position))
    late = (np.arange(n)[:, None] >= position[None, :] + lag).astype(float)
    whitened = white_kpi(late @ delta + 0.01 * rng.standard_normal(n), np.ones((n, 1)))
    found = fit(lag_grid(StepDesign(whitened, position), whitened, range(15)), delta)
    assert found.best_lag == lag


def null_grid(rng: np.random.Generator) -> tuple[LagGrid, FloatArray]:
    n = 150
    position = np.sort(rng.choice(np.arange(5, 140), 12, replace=False))
    noise = np.cumsum(rng.standard_normal(n))  # deliberately not white: exactness needs no model
    whitened = white_kpi(noise, np.column_stack([np.ones(n), np.arange(n)]))
    delta = rng.standard_t(3, 12)
    return lag_grid(StepDesign(whitened, position), whitened, range(8)), delta


def test_p_values_are_uniform_without_an_effect_even_under_wrong_noise() -> None:
    rng = np.random.default_rng(11)
    p_values = []
    for _ in range(300):
        grid, delta = null_grid(rng)
        shuffled = permuted_f(grid, deal(delta, rng, n=199)).max(axis=1)
        p_values.append(exceedance(float(fit(grid, delta).f.max()), shuffled))
    for level in (0.05, 0.2, 0.5):
        share = np.mean(np.array(p_values) <= level)
        assert abs(share - level) < 3.0 * np.sqrt(level * (1 - level) / 300)


def test_deals_hold_the_same_gains_in_every_row(rng: np.random.Generator) -> None:
    delta = np.array([0.1, 0.0, -0.3, 0.2])
    deals = deal(delta, rng, n=50)
    np.testing.assert_allclose(np.sort(deals, axis=1), np.tile(np.sort(delta), (50, 1)))
    assert len(np.unique(deals, axis=0)) > 10


def test_smallest_p_value_is_one_in_all_deals() -> None:
    assert exceedance(10.0, np.zeros(99)) == pytest.approx(0.01)
    assert exceedance(0.0, np.ones(99)) == pytest.approx(1.0)


def test_lag_without_any_step_in_the_data_has_no_say() -> None:
    y, _, position, delta = tiny_example()
    whitened = white_kpi(y, np.ones((len(y), 1)))
    found = fit(lag_grid(StepDesign(whitened, position), whitened, [0, 35]), delta)
    assert found.best_lag == 0
    assert np.isfinite(found.f).all()


def test_releases_of_a_frame_reach_the_same_estimate() -> None:
    y, steps, position, delta = tiny_example()
    del steps
    days = pd.date_range("2025-01-06", periods=120)
    padded = np.concatenate([y, np.full(80, y[-1]) + 0.01 * np.cos(1.7 * np.arange(40, 120))])
    metric = pd.Series(1.0, days)
    for day, gain in zip(position, delta, strict=True):
        metric.iloc[day:] *= np.exp(gain)
    data = assemble(metric, pd.Series(np.exp(padded), days), None)
    releases = find_releases(data, days[position], max_lag=5)
    whitened = white_kpi(data.y, control_columns(data))
    found = fit(lag_grid(StepDesign(whitened, releases.position), whitened, [0]), releases.delta)
    late = (np.arange(120)[:, None] >= position[None, :]).astype(float)
    by_hand = np.column_stack([control_columns(data), late.sum(axis=1), late @ delta])
    expected = np.linalg.lstsq(by_hand, data.y, rcond=None)[0][-1]
    assert found.slope[0] == pytest.approx(expected, rel=1e-6)
