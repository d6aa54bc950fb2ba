"""Do gaps, zeros and irregular days end up on one honest grid?"""

import numpy as np
import pandas as pd
import pytest

from analytics.controls import control_columns, fill_gaps, orthonormal, residual_of
from analytics.link_data import RefusalError, assemble
from analytics.vocabulary import Verdict

DAYS = pd.date_range("2025-01-01", periods=120)


def wave(n: int = 120) -> np.ndarray:
    return np.exp(np.sin(np.arange(n)))


def test_absent_days_become_missing_days_on_a_regular_grid() -> None:
    kept = DAYS.delete([10, 11, 50])
    series = pd.Series(wave()[np.delete(np.arange(120), [10, 11, 50])], kept)
    data = assemble(series, series * 2, None)
    assert data.n == 120
    assert np.flatnonzero(data.kpi_is_missing).tolist() == [10, 11, 50]


def test_a_metric_that_changes_on_a_fifth_of_the_days_is_a_step_metric() -> None:
    kpi = pd.Series(wave(), DAYS)
    every_fifth = pd.Series(np.repeat(np.arange(1.0, 25.0), 5), DAYS)
    every_fourth = pd.Series(np.repeat(np.arange(1.0, 31.0), 4), DAYS)
    assert assemble(every_fifth, kpi, None).is_step
    assert not assemble(every_fourth, kpi, None).is_step


def test_a_step_metric_known_only_on_release_days_is_carried_forward() -> None:
    metric = pd.Series(np.nan, DAYS)
    for day, value in {0: 1.0, 40: 2.0, 80: 3.0}.items():
        metric.iloc[day] = value
    data = assemble(metric, pd.Series(wave(), DAYS), None)
    assert data.is_step
    assert data.metric[[0, 39, 40, 119]].tolist() == [1.0, 1.0, 2.0, 3.0]


def test_the_grid_starts_where_both_are_known_and_ends_with_the_kpi() -> None:
    metric = pd.Series(np.repeat([1.0, 2.0], 60), DAYS)
    metric.iloc[:5] = np.nan
    kpi = pd.Series(wave(), DAYS)
    kpi.iloc[-3:] = np.nan
    data = assemble(metric, kpi, None)
    assert (data.days[0], data.days[-1]) == (DAYS[5], DAYS[116])


def test_infinite_values_count_as_missing_and_are_named() -> None:
    kpi = pd.Series(wave(), DAYS)
    kpi.iloc[30] = np.inf
    data = assemble(pd.Series(wave(), DAYS), kpi, None)
    assert data.kpi_is_missing[30]
    assert any("1 infinite values of the KPI" in caveat for caveat in data.caveats)


def test_zeros_switch_to_the_plain_scale() -> None:
    kpi = pd.Series(wave(), DAYS)
    assert assemble(kpi, kpi, None).is_log
    kpi.iloc[3] = 0.0
    assert not assemble(pd.Series(wave(), DAYS), kpi, None).is_log


def test_daily_calendar_is_averaged_for_weekly_data() -> None:
    weeks = pd.date_range("2024-01-01", periods=60, freq="7D")
    calendar = pd.DataFrame(
        {"promotion": 1.0}, index=pd.date_range("2024-01-02", periods=2, freq="D")
    )
    series = pd.Series(wave(60), weeks)
    data = assemble(series, series, calendar)
    assert data.calendar["promotion"].iloc[0] == pytest.approx(2 / 7)
    assert data.calendar["promotion"].iloc[1:].sum() == 0.0


def test_short_weekly_data_is_refused_with_what_is_missing() -> None:
    weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    series = pd.Series(wave(30), weeks)
    with pytest.raises(RefusalError) as refusal:
        assemble(series, series, None)
    assert refusal.value.verdict == Verdict.NOT_ENOUGH_DATA
    assert "10 more weeks" in refusal.value.more_needed


def test_yearly_waves_are_controls_from_300_days_on() -> None:
    long = pd.Series(wave(300), pd.date_range("2024-01-01", periods=300))
    assert control_columns(assemble(long, long, None)).shape == (300, 12)
    short = long.iloc[:299]
    assert control_columns(assemble(short, short, None)).shape == (299, 8)


def test_repeated_columns_are_dropped_from_the_basis(rng: np.random.Generator) -> None:
    columns = rng.standard_normal((50, 3))
    repeated = np.column_stack([columns, columns[:, 0] * 2, np.zeros(50)])
    basis = orthonormal(repeated)
    assert basis.shape == (50, 3)
    np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-12)


def test_gaps_are_filled_along_the_controls() -> None:
    columns = np.column_stack([np.ones(50), np.arange(50.0)])
    values = 3.0 + 2.0 * np.arange(50.0)
    gapped = values.copy()
    gapped[20:25] = np.nan
    np.testing.assert_allclose(fill_gaps(gapped, columns), values, atol=1e-9)
    np.testing.assert_allclose(residual_of(values, columns), 0.0, atol=1e-9)
