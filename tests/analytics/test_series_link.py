"""Is the continuous engine plain least squares, exact about gaps, and silent without a link?"""

import numpy as np
import pandas as pd
import pytest

from analytics.controls import control_columns
from analytics.feedback import innovations
from analytics.link import link
from analytics.link_data import FloatArray, assemble
from analytics.noise_model import NoiseModel
from analytics.series_link import fit_lags, max_statistics
from analytics.vocabulary import EvidenceGrade, Verdict
from analytics.whitening import WhitenedKpi

DAYS = pd.date_range("2025-01-06", periods=300)


def pair(
    rng: np.random.Generator, *, effect: float = 0.0, lag: int = 0
) -> tuple[FloatArray, FloatArray]:
    x = 0.05 * rng.standard_normal(300)
    late = np.concatenate([np.zeros(lag), x[: 300 - lag]])
    return x, effect * late + 0.02 * rng.standard_normal(300)


def white_kpi(y: FloatArray, columns: FloatArray) -> WhitenedKpi:
    n = len(y)
    model = NoiseModel(0.0, 1.0, 0.0, 0.0, np.ones(n), False, 0.0)
    q = np.linalg.qr(columns)[0]
    left = y - q @ (q.T @ y)
    dof = n - columns.shape[1]
    sigma = float(np.sqrt(left @ left / dof))
    return WhitenedKpi(model, y, columns, q, left, sigma, dof, np.zeros(n, dtype=bool))


def test_slope_equals_least_squares_on_the_days_both_are_known(rng: np.random.Generator) -> None:
    x, y = pair(rng, effect=0.4, lag=2)
    data = assemble(pd.Series(np.exp(x), DAYS), pd.Series(np.exp(y), DAYS), None)
    columns = control_columns(data)
    unknown = np.zeros(300, dtype=bool)
    unknown[[50, 51, 120]] = True
    found = fit_lags(white_kpi(y, columns), np.where(unknown, 99.0, x), unknown, (2,))
    kept = np.array([t for t in range(2, 300) if not unknown[t - 2]])
    design = np.column_stack([columns[kept], x[kept - 2]])
    expected = np.linalg.lstsq(design, y[kept], rcond=None)[0][-1]
    assert found.slope[0] == pytest.approx(expected, rel=1e-6)


def test_standard_error_is_never_below_the_model_s(rng: np.random.Generator) -> None:
    x, y = pair(rng)
    columns = np.ones((300, 1))
    found = fit_lags(white_kpi(y, columns), x, np.zeros(300, dtype=bool), (0,))
    design = np.column_stack([columns, x])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    model = np.sqrt(left @ left / 298 * np.linalg.inv(design.T @ design)[1, 1])
    assert found.se[0] >= model * (1 - 1e-9)


def test_search_over_independent_lags_costs_what_theory_says(rng: np.random.Generator) -> None:
    largest = max_statistics(np.eye(15), 10_000, rng, n=40_000)
    sidak = 2.9282  # two-sided normal quantile of 1 - (1 - .05) ** (1 / 15)
    assert np.sqrt(np.quantile(largest, 0.95)) == pytest.approx(sidak, abs=0.05)


def test_continuous_effect_is_found_with_lag_and_interval(rng: np.random.Generator) -> None:
    x, y = pair(rng, effect=0.4, lag=3)
    found = link(pd.Series(np.exp(x), DAYS), pd.Series(np.exp(y), DAYS), rng=rng)
    assert found.verdict == Verdict.MOVES
    assert found.evidence_grade == EvidenceGrade.SERIES
    assert found.lag_days == 3
    assert found.interval[0] < 0.4 < found.interval[1]
    assert found.n_releases == 0
    assert len(found.release_table) == 0


def test_a_metric_that_follows_the_kpi_is_confounded(rng: np.random.Generator) -> None:
    y = 0.05 * rng.standard_normal(300)
    x = np.concatenate([[0.0, 0.0], y[:-2]]) + 0.02 * rng.standard_normal(300)
    found = link(pd.Series(np.exp(x), DAYS), pd.Series(np.exp(y), DAYS), rng=rng)
    assert found.verdict == Verdict.CONFOUNDED
    assert "feedback" in found.verdict_reason


def test_a_metric_made_of_the_calendar_alone_is_not_enough_data(rng: np.random.Generator) -> None:
    _, y = pair(rng)
    weekly = np.exp(0.1 * (DAYS.day_of_week.to_numpy() >= 5))
    found = link(pd.Series(weekly, DAYS), pd.Series(np.exp(y), DAYS), rng=rng)
    assert found.verdict == Verdict.NOT_ENOUGH_DATA
    assert "does not move apart from" in found.verdict_reason


def test_innovations_of_an_autoregression_are_its_noise(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(2000)
    series = noise.copy()
    for day in range(1, 2000):
        series[day] += 0.7 * series[day - 1]
    assert np.corrcoef(innovations(series)[20:], noise[20:])[0, 1] > 0.99


def test_weekly_data_is_linked_in_weeks(rng: np.random.Generator) -> None:
    weeks = pd.date_range("2022-01-03", periods=150, freq="7D")
    x = 0.1 * rng.standard_normal(150)
    y = 0.6 * np.concatenate([[0.0], x[:-1]]) + 0.03 * rng.standard_normal(150)
    found = link(pd.Series(np.exp(x), weeks), pd.Series(np.exp(y), weeks), rng=rng)
    assert found.verdict == Verdict.MOVES
    assert found.lag_days == 7
    assert any("Weekly data" in caveat for caveat in found.caveats)
