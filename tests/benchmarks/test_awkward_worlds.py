"""Do the awkward worlds hold the truth they claim to hold?"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from benchmarks import awkward_worlds as awkward
from benchmarks import link_worlds as worlds
from benchmarks.link_families import Group, families

SEED = 77


def quiet(rng: np.random.Generator, n: int) -> worlds.FloatArray:
    """No noise, so that the planted effect can be read off."""
    return np.zeros(n)


def log_kpi_difference(
    make: Callable[..., worlds.World], *noises: worlds.Noise, effect: float
) -> tuple[worlds.World, worlds.FloatArray]:
    """A world and what its log KPI loses when its effect is taken out of the same draws."""
    made = make(np.random.default_rng(SEED), *noises, effect=effect)
    without = make(np.random.default_rng(SEED), *noises, effect=1e-12)
    assert made.metric.equals(without.metric)
    return made, np.log(made.kpi.to_numpy()) - np.log(without.kpi.to_numpy())


@pytest.mark.parametrize(
    "make",
    [
        awkward.improving,
        awkward.co_intervention,
        awkward.promoted_releases,
        awkward.unlisted_promotions,
    ],
)
def test_the_effect_of_a_release_is_the_elasticity_times_its_gain(
    make: Callable[..., worlds.World],
) -> None:
    made, moved = log_kpi_difference(make, quiet, effect=1.5)
    log_metric = np.log(made.metric.to_numpy())
    late = np.concatenate([np.full(made.lag, log_metric[0]), log_metric])[: len(log_metric)]
    np.testing.assert_allclose(moved, 1.5 * (late - late[0]), atol=1e-9)


@pytest.mark.parametrize(
    "make", [awkward.common_wave, awkward.promoted_metric, awkward.unlisted_promotions_moving]
)
def test_all_that_moves_a_continuous_metric_reaches_the_kpi(
    make: Callable[..., worlds.World],
) -> None:
    made, moved = log_kpi_difference(make, quiet, worlds.white, effect=0.4)
    log_metric = np.log(made.metric.to_numpy())
    late = np.concatenate([np.full(made.lag, log_metric[0]), log_metric])[: len(log_metric)]
    np.testing.assert_allclose(np.diff(moved), 0.4 * np.diff(late), atol=1e-9)


def test_a_ramp_ends_at_the_full_effect_and_a_novelty_at_nothing() -> None:
    after = np.arange(-3.0, 200.0)
    ramp, fading = awkward._ramp(after), awkward._fading(after)
    assert ramp[:3].tolist() == [0.0, 0.0, 0.0]
    assert ramp[3] == pytest.approx(1 / 7)
    assert ramp[9:].tolist() == [1.0] * len(ramp[9:])
    assert fading[:3].tolist() == [0.0, 0.0, 0.0]
    assert fading[3] == 1.0
    assert fading[17] == pytest.approx(np.exp(-1.0))
    assert fading[-1] < 1e-5


def test_a_null_has_no_effect_and_a_metric_that_is_not_the_kpi() -> None:
    made = [family for family in families().values() if "null" in family.name]
    assert len(made) >= 20
    for family in made:
        truth = family.maker(np.random.default_rng(SEED))
        assert truth.effect == 0.0, family.name
        assert truth.metric.index.equals(truth.kpi.index), family.name


def test_weeks_are_means_of_whole_weeks() -> None:
    daily = worlds.step_effect(np.random.default_rng(SEED), worlds.white, low=1.0, high=1.0)
    made = awkward.weekly(daily)
    assert set(np.diff(made.kpi.index.to_numpy()).astype("timedelta64[D]").astype(int)) == {7}
    assert made.kpi.iloc[3] == pytest.approx(float(daily.kpi.iloc[21:28].mean()))
    assert made.metric.iloc[3] == daily.metric.iloc[27]
    assert len(made.kpi) == len(daily.kpi) // 7


def test_gaps_take_days_and_change_nothing_else() -> None:
    whole = worlds.step_effect(np.random.default_rng(SEED), worlds.white, low=1.0, high=1.0)
    rng = np.random.default_rng(1)
    for broken, lost in (
        (awkward.scattered_gaps(rng, whole), len(whole.kpi) // 20),
        (awkward.long_gap(rng, whole), 10),
    ):
        kept = broken.kpi.notna()
        assert int((~kept).sum()) == lost
        pd.testing.assert_series_equal(broken.kpi[kept], whole.kpi[kept])


def test_some_promotions_are_missing_from_the_calendar_and_none_is_invented() -> None:
    lost = 0
    for seed in range(6):
        draws = [np.random.default_rng(seed) for _ in range(2)]
        made = awkward.unlisted_promotions_moving(draws[0], worlds.white, worlds.white)
        whole = worlds.continuous(draws[1], worlds.white, worlds.white)
        listed, real = (one.calendar["promotion"].to_numpy() for one in (made, whole))
        assert np.all(listed <= real)
        lost += int((listed < real).sum())
    assert lost > 0


def test_every_group_has_a_family() -> None:
    assert {family.group for family in families().values()} == set(Group)
