"""Is a fading effect told from a lasting one, and neither seen where there is none?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.fading import EffectShape, FadingEffect
from analytics.link import LinkResult, link
from analytics.vocabulary import Verdict
from benchmarks import link_worlds as worlds

DAYS = 600


def world(
    seed: int, *, effect: float, fade_days: float | None = None, lag: int = 4
) -> worlds.World:
    """Thirty releases; their effect lasts, or falls to a third in `fade_days`."""
    rng = np.random.default_rng([seed, 41])
    at = worlds.release_days(rng, DAYS, count=30)
    base = worlds.shop(rng, worlds.autoregressive, n=DAYS, sd=0.04)
    delta = rng.normal(0.008, 0.02, len(at))
    if fade_days is None:
        return worlds.world(rng, base, at, delta, effect=effect, lag=lag)
    since = np.arange(DAYS)[:, None] - at[None, :] - lag
    share = np.where(since >= 0, np.exp(-np.maximum(since, 0) / fade_days), 0.0)
    lifted = replace(base, log_kpi=base.log_kpi + effect * share @ delta)
    return worlds.world(rng, lifted, at, delta)


def linked(truth: worlds.World, seed: int = 0) -> LinkResult:
    return link(
        truth.metric,
        truth.kpi,
        calendar=truth.calendar,
        releases=truth.releases,
        rng=np.random.default_rng(seed),
    )


def looked(truth: worlds.World) -> FadingEffect:
    found = linked(truth).fading
    assert found is not None
    return found


def test_a_novelty_effect_is_called_fading_with_its_size_and_delay() -> None:
    found = [looked(world(seed, effect=3.0, fade_days=14.0)) for seed in range(8)]
    assert sum(each.shape is EffectShape.FADING for each in found) >= 6
    assert not any(each.shape is EffectShape.PERMANENT for each in found)
    assert sum(each.interval[0] <= 3.0 <= each.interval[1] for each in found) >= 7
    assert sum(abs(each.lag_days - 4) <= 2 for each in found) >= 7
    assert all(each.p_value < 0.05 for each in found)


def test_a_lasting_effect_is_not_called_fading() -> None:
    found = [looked(world(seed, effect=2.0)) for seed in range(8)]
    assert sum(each.shape is EffectShape.PERMANENT for each in found) >= 6
    assert not any(each.shape is EffectShape.FADING for each in found)


def test_where_nothing_happened_no_shape_is_claimed() -> None:
    found = [looked(world(seed, effect=0.0)) for seed in range(20)]
    assert sum(each.shape is not EffectShape.UNCLEAR for each in found) <= 2


def test_a_fading_effect_warns_against_carrying_money_forward() -> None:
    result = linked(world(1, effect=3.0, fade_days=7.0))
    assert result.fading is not None
    assert result.fading.shape is EffectShape.FADING
    assert sum("carried forward" in caveat for caveat in result.caveats) == 1
    lasting = linked(world(1, effect=2.0))
    assert not any("carried forward" in caveat for caveat in lasting.caveats)


def test_the_second_look_leaves_the_main_answer_alone() -> None:
    result = linked(world(2, effect=2.0))
    assert result.verdict is Verdict.MOVES
    assert result.interval[0] < 2.0 < result.interval[1]
    assert result.lag_days == pytest.approx(4, abs=1)


def test_weekly_series_fade_in_weeks() -> None:
    rng = np.random.default_rng(5)
    weeks = pd.date_range("2023-01-02", periods=104, freq="7D")
    at = np.arange(6, 102, 7)
    delta = rng.normal(0.0, 0.05, len(at))
    since = np.arange(104)[:, None] - at[None, :] - 1
    lift = 3.0 * np.where(since >= 0, np.exp(-np.maximum(since, 0) / 2.0), 0.0) @ delta
    kpi = pd.Series(1e4 * np.exp(lift + 0.02 * rng.standard_normal(104)), weeks)
    metric = pd.Series(0.3 * np.exp(worlds.steps(104, at, delta)), weeks)
    found = link(metric, kpi, rng=np.random.default_rng(0)).fading
    assert found is not None
    assert found.shape is EffectShape.FADING
    assert found.lag_days == 7
    assert found.interval[0] < 3.0 < found.interval[1]


def test_a_continuous_metric_and_refused_data_have_no_second_look() -> None:
    moving = worlds.continuous(np.random.default_rng(3), worlds.white, worlds.white)
    assert linked(moving).fading is None
    short = world(0, effect=1.0)
    assert link(short.metric[:50], short.kpi[:50], rng=np.random.default_rng(0)).fading is None


def test_the_same_seed_gives_the_same_second_look() -> None:
    truth = world(4, effect=2.0, fade_days=14.0)
    assert linked(truth, 7).fading == linked(truth, 7).fading
    assert pd.notna(looked(truth).permanent_p_value)
