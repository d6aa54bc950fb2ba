"""Does one release's analysis find what is known about published data, and lose it when spoilt?"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.release import ReleaseImpact, release_impact
from analytics.vocabulary import Verdict


def daily(values: np.ndarray) -> pd.Series:
    """Values in order, one a day, whatever their true distance."""
    numbers = np.asarray(values, dtype=np.float64)
    return pd.Series(numbers, pd.date_range("2024-01-01", periods=len(numbers)))


def vignette(real_data: Path, *, first_lifted: int) -> ReleaseImpact:
    """K. H. Brodersen's example: y = 1.2 x1 + noise, and 10 more from t = 71 on."""
    frame = pd.read_csv(real_data / "known" / "causalimpact_vignette.csv")
    kpi, control = daily(frame["y"].to_numpy()), daily(frame["x1"].to_numpy())
    return release_impact(
        kpi,
        released_at=kpi.index[first_lifted - 1],
        calendar=control.to_frame("control"),
    )


def test_the_ten_units_of_the_causal_impact_vignette_are_in_the_interval(real_data: Path) -> None:
    found = vignette(real_data, first_lifted=71)
    low, high = found.kpi_per_day_interval
    assert found.verdict == Verdict.MOVES
    assert low < 10.0 < high
    assert high - low < 4.0
    assert found.kpi_per_day == pytest.approx(10.0, abs=1.5)


@pytest.mark.parametrize("wrong", [40, 50, 60, 80])
def test_the_vignette_is_lost_at_a_wrong_date(real_data: Path, wrong: int) -> None:
    found = vignette(real_data, first_lifted=wrong)
    assert found.verdict != Verdict.MOVES
    assert not found.kpi_per_day_interval[0] < 10.0 < found.kpi_per_day_interval[1]


def comparison(real_data: Path, *, factor: float = 1.0) -> ReleaseImpact:
    """A market where nothing happened on 2019-07-15, with three others as controls."""
    path = real_data / "known" / "comparison_data.csv"
    frame = pd.read_csv(path, index_col=0, parse_dates=True).astype("float64")
    kpi = frame["CHANGED"].where(frame.index < "2019-07-15", frame["CHANGED"] * factor)
    return release_impact(
        kpi,
        released_at="2019-07-15",
        calendar=frame.drop(columns="CHANGED"),
        donut_days=0,
    )


def test_the_negative_control_shows_no_effect(real_data: Path) -> None:
    # published: -657 [-2076, 832] a day
    found = comparison(real_data)
    low, high = found.kpi_per_day_interval
    assert found.verdict == Verdict.NO_EVIDENCE
    assert low < -657.0 < high
    assert low < 0.0 < high
    assert found.kpi_per_day == pytest.approx(-657.0, abs=400.0)
    assert high - low < 1.5 * (832.0 + 2076.0)


def test_the_negative_control_moves_when_five_percent_are_added(real_data: Path) -> None:
    found = comparison(real_data, factor=1.05)
    assert found.verdict == Verdict.MOVES
    assert found.kpi_per_day_interval[0] > 0.0


def seatbelts(real_data: Path, column: str, *, months_early: int = 0) -> ReleaseImpact:
    """Monthly casualties; month of the year, kilometres and petrol price held constant."""
    frame = pd.read_csv(real_data / "known" / "seatbelts.csv")
    kpi = daily(frame[column].to_numpy())
    month = pd.get_dummies(pd.Series(np.arange(len(frame)) % 12), drop_first=True)
    calendar = month.astype("float64").set_axis(kpi.index)
    calendar = calendar.assign(
        petrol=np.log(frame["PetrolPrice"].to_numpy()), driven=np.log(frame["kms"].to_numpy())
    )
    law = int(frame["law"].to_numpy().argmax())
    day = kpi.index[law - months_early]
    return release_impact(kpi, released_at=day, calendar=calendar, donut_days=0)


def test_the_seat_belt_law_saved_drivers_and_not_rear_passengers(real_data: Path) -> None:
    # Durbin & Koopman (2001): -0.238 log points for drivers; the rear seat was not under the law
    drivers, rear = seatbelts(real_data, "drivers"), seatbelts(real_data, "rear")
    assert drivers.verdict == Verdict.MOVES
    assert drivers.interval[0] < -0.238 < drivers.interval[1] < 0.0
    assert rear.verdict != Verdict.MOVES
    assert rear.interval[0] < 0.0 < rear.interval[1]


def test_the_seat_belt_law_did_nothing_four_years_early(real_data: Path) -> None:
    early = seatbelts(real_data, "drivers", months_early=48)
    assert early.verdict != Verdict.MOVES
    assert not early.interval[0] < -0.238 < early.interval[1]


def test_the_nile_fell_after_1898_and_not_at_another_date(real_data: Path) -> None:
    # Cobb (1978): mean 1098 before, 850 after
    flow = daily(pd.read_csv(real_data / "known" / "nile.csv")["flow"].to_numpy())
    found = release_impact(flow, released_at=flow.index[28], donut_days=0)
    assert found.verdict == Verdict.MOVES
    assert found.interval[0] < np.log(850.0 / 1098.0) < found.interval[1]
    for year in (40, 50, 60):
        other = release_impact(flow, released_at=flow.index[year], donut_days=0)
        assert other.verdict != Verdict.MOVES
