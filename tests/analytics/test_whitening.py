"""Are gaps and shocks set aside without touching the rest?"""

import numpy as np
import pandas as pd
import pytest

from analytics.link_data import LinkData, assemble
from analytics.whitening import pulse_statistics, whiten_kpi
from benchmarks.link_worlds import World


def kpi_data(kpi: pd.Series, world: World) -> LinkData:
    return assemble(world.metric, kpi, world.calendar)


def test_what_fills_a_gap_is_of_no_consequence(recommender: World) -> None:
    kpi = recommender.kpi.copy()
    kpi.iloc[200:210] = np.nan
    data = kpi_data(kpi, recommender)
    whitened = whiten_kpi(data)
    shifted = whitened.filled + np.where(data.kpi_is_missing, 0.7, 0.0)
    np.testing.assert_allclose(
        whitened.project_out(whitened.model.whiten(shifted)), whitened.residual, atol=1e-9
    )


def test_an_unlisted_outage_is_found_on_its_day(recommender: World) -> None:
    kpi = recommender.kpi.copy()
    kpi.iloc[300] *= 0.3
    whitened = whiten_kpi(kpi_data(kpi, recommender))
    assert whitened.shocks[300]
    assert whitened.shocks.sum() <= 3


def test_an_ordinary_kpi_has_no_shocks(recommender: World) -> None:
    assert whiten_kpi(kpi_data(recommender.kpi, recommender)).shocks.sum() <= 1


def test_shocks_never_take_more_than_a_twentieth_of_the_days(recommender: World) -> None:
    kpi = recommender.kpi.copy()
    kpi.iloc[::15] *= 3.0
    whitened = whiten_kpi(kpi_data(kpi, recommender))
    assert whitened.shocks.sum() <= 0.05 * len(kpi)


def test_pulse_statistic_equals_the_t_value_of_a_day_dummy(recommender: World) -> None:
    whitened = whiten_kpi(kpi_data(recommender.kpi, recommender))
    day = 123
    dummy = np.zeros(len(whitened.filled))
    dummy[day] = 1.0
    x = whitened.project_out(whitened.model.whiten(dummy))
    expected = (x @ whitened.residual) / np.sqrt(x @ x) / whitened.sigma
    assert pulse_statistics(whitened)[day] == pytest.approx(expected, rel=1e-8)


def test_residual_is_white(recommender: World) -> None:
    residual = whiten_kpi(kpi_data(recommender.kpi, recommender)).residual
    for back in (1, 2, 7):
        assert abs(np.corrcoef(residual[back:], residual[:-back])[0, 1]) < 0.12


@pytest.mark.parametrize(("n", "columns"), [(149, 0), (150, 1), (299, 1), (300, 0)])
def test_half_a_year_gets_a_slow_curve_instead_of_a_season(n: int, columns: int) -> None:
    days = pd.date_range("2025-01-01", periods=n)
    noise = np.random.default_rng(1).standard_normal((2, n))
    data = assemble(
        pd.Series(np.exp(0.1 * noise[0]), days), pd.Series(np.exp(0.1 * noise[1]), days), None
    )
    plain, curved = whiten_kpi(data), whiten_kpi(data, with_slow_curve=True)
    assert curved.columns.shape[1] - plain.columns.shape[1] == columns
