"""Does the self test plant what it says it plants, and count right what is found?"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.link_data import ELASTICITY, SLOPE
from analytics.self_test import SIZES, self_test
from analytics.self_test_worlds import (
    Ground,
    Outcome,
    Pattern,
    Planted,
    drawn_releases,
    look,
    with_effect,
)
from analytics.vocabulary import Verdict

Look = Callable[[Planted], Outcome]


def ground(*, n: int = 240, n_releases: int = 14, seed: int = 3) -> Ground:
    """A quiet shop with a release about every other week."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2025-01-01", periods=n, freq="D")
    kpi = pd.Series(1000.0 * np.exp(0.03 * rng.standard_normal(n)), days)
    at = np.linspace(5, n - 20, n_releases).astype(np.int64)
    return Ground(kpi, at, rng.normal(0.02, 0.03, n_releases), None, 7, 1.0)


def engine(
    *, power: Callable[[float], float], alarms: float = 0.05, coverage: float = 0.95
) -> Callable[[Look, Sequence[Planted]], Iterable[Outcome]]:
    """An engine of known quality in place of the real one; it promises to see 1."""

    def answer(planted: Planted) -> Outcome:
        rng = np.random.default_rng(planted.seed)
        chance = power(abs(planted.effect)) if planted.effect else alarms
        verdict = Verdict.MOVES if rng.random() < chance else Verdict.NO_EVIDENCE
        off = 0.0 if rng.random() < coverage else 5.0
        return Outcome(
            planted=planted,
            verdict=verdict,
            effect=planted.effect + off,
            low=planted.effect + off - 1.0,
            high=planted.effect + off + 1.0,
            lag_days=planted.lag_days + 1,
            smallest_detectable_effect=1.0,
        )

    return lambda _, worlds: (answer(world) for world in worlds)


def probit(at: float, width: float) -> Callable[[float], float]:
    """Found half the time at `at`; four times in five about .84 widths above it."""
    return lambda effect: float(stats.norm.cdf((effect - at) / width))


def test_an_effect_is_in_the_kpi_from_its_lag_on_and_in_proportion_to_the_gain() -> None:
    shop = ground(n=100)
    metric = pd.Series(np.where(np.arange(100) >= 40, 1.1, 1.0), shop.kpi.index)
    planted = with_effect(shop, metric, Planted(Pattern.OWN, effect=0.5, lag_days=6, seed=0))
    lift = np.log(planted.to_numpy() / shop.kpi.to_numpy())
    assert np.allclose(lift[:46], 0.0)
    assert np.allclose(lift[46:], 0.5 * np.log(1.1))


def test_an_effect_on_a_kpi_that_can_be_negative_is_in_its_own_units() -> None:
    shop = ground(n=100)
    shop = replace(shop, kpi=shop.kpi - 1000.0)
    metric = pd.Series(np.where(np.arange(100) >= 40, 1.1, 1.0), shop.kpi.index)
    planted = with_effect(shop, metric, Planted(Pattern.OWN, effect=50.0, lag_days=0, seed=0))
    assert np.allclose((planted - shop.kpi).to_numpy()[40:], 5.0)


def test_a_gap_of_the_kpi_stays_a_gap() -> None:
    shop = ground(n=100)
    shop.kpi.iloc[50:55] = np.nan
    metric = pd.Series(np.where(np.arange(100) >= 40, 1.1, 1.0), shop.kpi.index)
    planted = with_effect(shop, metric, Planted(Pattern.OWN, effect=0.5, lag_days=0, seed=0))
    assert planted.isna().sum() == 5


def test_the_own_pattern_keeps_distances_and_deals_the_own_gains_anew() -> None:
    shop = ground()
    n = len(shop.kpi)
    moved = set()
    for seed in range(20):
        at, gains = drawn_releases(shop, Pattern.OWN, np.random.default_rng(seed))
        assert sorted(gains) == sorted(shop.gains)
        circle = np.sort(np.diff(np.r_[at, at[0] + n]))
        own = np.sort(np.diff(np.r_[shop.released_at, shop.released_at[0] + n]))
        assert circle.tolist() == own.tolist()
        moved.add(int(at[0]))
    assert len(moved) > 5


def test_random_releases_are_as_many_with_gains_of_the_same_spread() -> None:
    shop = ground()
    drawn = [drawn_releases(shop, Pattern.RANDOM, np.random.default_rng(s)) for s in range(300)]
    assert {len(at) for at, _ in drawn} == {len(shop.gains)}
    gains = np.concatenate([gains for _, gains in drawn])
    assert gains.mean() == pytest.approx(shop.gains.mean(), abs=0.002)
    assert gains.std() == pytest.approx(shop.gains.std(ddof=1), rel=0.05)


def test_the_real_engine_finds_a_large_effect_and_its_lag() -> None:
    found = look(ground(), Planted(Pattern.OWN, effect=3.0, lag_days=4, seed=1))
    assert found.is_found
    assert found.covers
    assert found.lag_days is not None
    assert abs(found.lag_days - 4) <= 1


def test_the_same_seed_gives_the_same_answer_however_it_is_run() -> None:
    def backwards(ask: Look, worlds: Sequence[Planted]) -> Iterable[Outcome]:
        return reversed([ask(world) for world in reversed(worlds)])

    told: list[tuple[int, int]] = []
    first = self_test(
        ground(),
        rng=np.random.default_rng(5),
        n_worlds=12,
        on_world=lambda done, of: told.append((done, of)),
    )
    again = self_test(ground(), rng=np.random.default_rng(5), n_worlds=12, run=backwards)
    assert first == again
    assert told[-1] == (12, 12)
    assert first.effect_unit == ELASTICITY
    assert first.promised > 0.0
    assert [size.effect for size in first.sizes] == pytest.approx(
        [size * first.promised for size in SIZES[: len(first.sizes)]]
    )


def test_rates_are_those_of_the_engine() -> None:
    result = self_test(
        ground(),
        rng=np.random.default_rng(1),
        n_worlds=2000,
        run=engine(power=probit(0.8, 0.3), alarms=0.10, coverage=0.8),
    )
    assert result.false_alarms.low <= 0.10 <= result.false_alarms.high
    assert result.false_alarms.low > 0.05
    assert result.coverage.low <= 0.8 <= result.coverage.high
    for size in result.sizes:
        # one of six such intervals may well miss its rate a little
        assert abs(size.found.share - probit(0.8, 0.3)(size.effect)) < 0.12
    assert result.lag_error_days == 1.0
    assert result.lag_right.share == 1.0
    assert result.false_alarms.n == result.false_alarms_own.n + result.false_alarms_random.n


def test_the_interval_of_the_size_found_four_times_in_five_holds_it() -> None:
    true = 0.8 + 0.3 * float(stats.norm.ppf(0.8))
    held, sizes = 0, []
    for seed in range(25):
        result = self_test(
            ground(),
            rng=np.random.default_rng(seed),
            n_worlds=300,
            run=engine(power=probit(0.8, 0.3)),
        )
        low, high = result.found_with_80_interval
        held += low <= true <= high
        sizes.append(result.found_with_80)
    assert np.mean(sizes) == pytest.approx(true, rel=0.05)
    assert held >= 21


def test_a_blind_engine_has_its_size_beyond_reach() -> None:
    result = self_test(
        ground(), rng=np.random.default_rng(1), n_worlds=600, run=engine(power=lambda _: 0.05)
    )
    assert math.isinf(result.found_with_80)


def test_a_history_that_cannot_be_tested_says_why() -> None:
    short = ground(n=60, n_releases=8)
    result = self_test(short, rng=np.random.default_rng(1), n_worlds=12)
    assert "90" in result.reason
    assert result.false_alarms.n == 0
    same = replace(ground(), gains=np.full(14, 0.02))
    assert "different gains" in self_test(same, rng=np.random.default_rng(1), n_worlds=12).reason


def test_the_unit_is_that_of_the_link() -> None:
    shop = ground(n=60, n_releases=8)
    shop = replace(shop, kpi=shop.kpi - 1000.0)
    assert self_test(shop, rng=np.random.default_rng(1), n_worlds=12).effect_unit == SLOPE


def test_misuse_names_the_argument() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="n_worlds: expected at least 12"):
        self_test(ground(), rng=rng, n_worlds=3)
    with pytest.raises(ValueError, match="gains: expected one per release"):
        self_test(replace(ground(), gains=np.ones(3)), rng=rng)
    with pytest.raises(ValueError, match="gains: expected finite"):
        self_test(replace(ground(), gains=np.full(14, np.nan)), rng=rng)
    with pytest.raises(TypeError, match="ground: expected a Ground"):
        self_test("revenue", rng=rng)  # type: ignore[arg-type]


@pytest.mark.long
def test_the_real_engine_keeps_its_promise_on_a_quiet_shop() -> None:
    result = self_test(ground(n=400, n_releases=20), rng=np.random.default_rng(2), n_worlds=400)
    assert result.false_alarms.low <= 0.05
    assert result.coverage.high >= 0.95
    assert math.isfinite(result.found_with_80)
