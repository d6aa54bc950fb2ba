"""Is whitening the same as generalised least squares with the full covariance matrix?"""

import numpy as np
import pytest

from analytics.controls import orthonormal
from analytics.link_data import FloatArray
from analytics.noise_model import (
    NoiseModel,
    choose_noise_model,
    criterion_of,
    whitened_residual,
)


def model(n: int, *, phi: float = 0.0, theta: float = 1.0, **others: object) -> NoiseModel:
    fields: dict[str, object] = {
        "phi_week": 0.0,
        "theta_week": 0.0,
        "scale": np.ones(n),
        "scale_first": False,
        "criterion": np.inf,
    }
    return NoiseModel(phi, theta, **{**fields, **others})  # type: ignore[arg-type]


def weekdays_of(n: int) -> FloatArray:
    return np.arange(n, dtype=np.float64) % 7


def trend(n: int) -> FloatArray:
    return orthonormal(np.column_stack([np.ones(n), np.linspace(-1, 1, n)]))


def test_ar1_slope_equals_dense_generalised_least_squares(rng: np.random.Generator) -> None:
    n, phi = 60, 0.6
    x = np.column_stack([np.ones(n), rng.standard_normal(n)])
    y = x @ [2.0, 0.5] + rng.standard_normal(n)
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    precision = np.linalg.inv(phi**distance / (1 - phi**2))
    expected = np.linalg.solve(x.T @ precision @ x, x.T @ precision @ y)
    noise = model(n, phi=phi)
    found = np.linalg.lstsq(noise.whiten(x), noise.whiten(y), rcond=None)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_local_level_slope_equals_dense_generalised_least_squares(
    rng: np.random.Generator,
) -> None:
    n, theta = 60, 0.7
    x = rng.standard_normal(n)
    y = 0.5 * x + rng.standard_normal(n)
    difference = np.eye(n)[1:] - np.eye(n)[:-1]
    average = np.eye(n)[1:] - theta * np.eye(n)[:-1]
    covariance = average @ average.T
    dx, dy = difference @ x, difference @ y
    exact = (dx @ np.linalg.solve(covariance, dy)) / (dx @ np.linalg.solve(covariance, dx))
    noise = model(n, theta=theta)
    columns = np.column_stack([np.ones(n), x])
    found = np.linalg.lstsq(noise.whiten(columns), noise.whiten(y), rcond=None)[0]
    assert found[1] == pytest.approx(exact, rel=1e-6)


def test_criterion_differs_from_dense_restricted_likelihood_by_a_constant(
    rng: np.random.Generator,
) -> None:
    n = 50
    basis, y = trend(n), rng.standard_normal(n)

    def dense(phi: float) -> float:
        distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        covariance = phi**distance / (1 - phi**2)
        precision = np.linalg.inv(covariance)
        gram = basis.T @ precision @ basis
        left = y - basis @ np.linalg.solve(gram, basis.T @ precision @ y)
        rss = left @ precision @ left
        k = basis.shape[1]
        return float(
            (n - k) * np.log(rss / (n - k))
            + np.linalg.slogdet(covariance)[1]
            + np.linalg.slogdet(gram)[1]
        )

    both = np.column_stack([basis, y])
    gaps = [criterion_of(both, model(n, phi=phi)) - dense(phi) for phi in (0.0, 0.5, 0.9)]
    np.testing.assert_allclose(gaps, gaps[0], atol=1e-8)


@pytest.mark.parametrize("scale_first", [True, False])
def test_pulses_are_the_whitened_unit_days(scale_first: bool, rng: np.random.Generator) -> None:
    n = 40
    noise = model(
        n,
        phi=0.4,
        theta=0.7,
        phi_week=1.0,
        theta_week=0.85,
        short=(0.3, -0.2),
        scale=np.exp(rng.normal(0, 0.3, n)),
        scale_first=scale_first,
    )
    np.testing.assert_allclose(noise.impulses(), noise.whiten(np.eye(n)), atol=1e-12)


def test_white_noise_is_left_as_it_is(rng: np.random.Generator) -> None:
    n = 600
    chosen = choose_noise_model(trend(n), rng.standard_normal(n), weekdays_of(n))
    assert not chosen.has_weekday_scale
    assert not chosen.has_weekly_factor
    assert (1 - chosen.phi) * (chosen.theta) > 0.7


def test_random_walk_is_differenced(rng: np.random.Generator) -> None:
    n = 600
    chosen = choose_noise_model(trend(n), np.cumsum(rng.standard_normal(n)), weekdays_of(n))
    assert abs(chosen.phi - chosen.theta) <= 0.25  # equal factors cancel: a plain difference
    assert chosen.theta < 0.8


def test_loud_weekends_are_found_and_scaled(rng: np.random.Generator) -> None:
    n = 700
    weekdays = weekdays_of(n)
    noise = rng.standard_normal(n) * np.where(weekdays >= 5, 3.0, 1.0)
    chosen = choose_noise_model(trend(n), noise, weekdays)
    ratio = chosen.scale[weekdays == 6][0] / chosen.scale[weekdays == 0][0]
    assert 2.0 < ratio < 4.0


def test_weekly_memory_is_found(rng: np.random.Generator) -> None:
    n = 700
    noise = rng.standard_normal(n)
    for day in range(7, n):
        noise[day] += 0.5 * noise[day - 7]
    assert choose_noise_model(trend(n), noise, weekdays_of(n)).has_weekly_factor


def test_noise_outside_the_family_is_whitened_too(rng: np.random.Generator) -> None:
    n = 700
    noise = rng.standard_normal(n)
    for day in range(2, n):
        noise[day] += 0.9 * noise[day - 1] - 0.6 * noise[day - 2]
    chosen = choose_noise_model(trend(n), noise, weekdays_of(n))
    left = whitened_residual(chosen, trend(n), noise)
    correlations = [np.corrcoef(left[k:], left[:-k])[0, 1] for k in (1, 2, 3)]
    assert chosen.has_short_memory
    assert np.abs(correlations).max() < 0.12


@pytest.mark.parametrize("scale_first", [True, False])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"phi": 0.6},
        {"phi": 0.4, "theta": 0.8},
        {"theta": 0.6, "phi_week": 0.3},
        {"theta": 0.9, "phi_week": 1.0, "theta_week": 0.85, "short": (0.2, -0.1)},
    ],
)
def test_rows_are_whitened_like_columns(
    fields: dict[str, float], scale_first: bool, rng: np.random.Generator
) -> None:
    scale = np.exp(0.3 * np.sin(weekdays_of(90)))
    any_model = model(90, **fields, scale=scale, scale_first=scale_first)
    columns = rng.standard_normal((90, 3)) + 5.0
    np.testing.assert_allclose(
        any_model.whiten_rows(columns.T).T, any_model.whiten(columns), rtol=1e-9, atol=1e-11
    )
