"""Are the other methods what their names say, and do they find what is plainly there?"""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from analytics.controls import control_columns
from analytics.link_data import LinkData, assemble
from benchmarks import awkward_worlds as awkward
from benchmarks import link_worlds as worlds
from benchmarks.rivals import RIVALS, ask_rival, newey_west, prewhitened_ccf


def data_of(made: worlds.World) -> LinkData:
    return assemble(made.metric, made.kpi, made.calendar)


@pytest.fixture(scope="module")
def strong() -> worlds.World:
    """A continuous metric with a strong effect after some days."""
    return worlds.continuous(
        np.random.default_rng(5), worlds.white, worlds.autoregressive, effect=2.0
    )


@pytest.mark.parametrize("name", RIVALS)
def test_every_method_sees_a_strong_effect(name: str, strong: worlds.World) -> None:
    answer = ask_rival(RIVALS[name], data_of(strong))
    assert answer.moves
    if name != "Pearson":
        assert answer.effect > 0
    if name not in ("Pearson", "Granger"):
        assert answer.lag_days == strong.lag
        assert answer.low < 2.0 < answer.high


def test_newey_west_is_that_of_statsmodels(strong: worlds.World) -> None:
    data = data_of(strong)
    ours = ask_rival(newey_west, data)
    columns = np.column_stack(
        [data.x[14 - strong.lag : data.n - strong.lag], control_columns(data)[14:]]
    )
    kwargs = {"maxlags": 14, "use_correction": True}
    fit = sm.OLS(data.y[14:], columns).fit(cov_type="HAC", cov_kwds=kwargs, use_t=True)
    assert ours.effect == pytest.approx(fit.params[0])
    assert (ours.low, ours.high) == pytest.approx(tuple(fit.conf_int()[0]))


def test_prewhitening_keeps_its_level_where_the_raw_correlation_does_not() -> None:
    counts = {"Pearson": 0, "prewhitened CCF": 0}
    for seed in range(40):
        rng = np.random.default_rng([seed, 9])
        made = worlds.continuous(rng, worlds.stochastic_trend, worlds.autoregressive)
        data = data_of(made)
        for name in counts:
            counts[name] += ask_rival(RIVALS[name], data).moves
    assert counts["Pearson"] >= 20
    assert counts["prewhitened CCF"] <= 8


@pytest.mark.parametrize("name", RIVALS)
def test_no_method_trips_over_gaps_steps_or_weeks(name: str) -> None:
    rng = np.random.default_rng(3)
    step = worlds.step_effect(rng, worlds.white, low=1.0, high=1.0, least_releases=12)
    moving = worlds.continuous(rng, worlds.white, worlds.white)
    for made in (
        awkward.scattered_gaps(rng, step),
        awkward.long_gap(rng, moving),
        awkward.weekly_steps(rng, worlds.white, effect=1.0),
    ):
        answer = ask_rival(RIVALS[name], data_of(made))
        assert np.isfinite(answer.effect)


def test_an_empty_calendar_column_is_no_trouble(strong: worlds.World) -> None:
    never = replace(strong, calendar=strong.calendar.assign(outage=0.0))
    for rival in (newey_west, prewhitened_ccf):
        with_column = ask_rival(rival, data_of(never)).effect
        assert with_column == pytest.approx(ask_rival(rival, data_of(strong)).effect)
