"""Do simulated truths come back as often as promised? A small share of `benchmarks.link`.

Limits leave room for chance at these counts (about three standard errors), so that a right engine
passes with any seed and a wrong one (a plain regression: .3 to .9 false links) does not.
"""

import pytest

from analytics.vocabulary import Verdict
from benchmarks import link as benchmark
from benchmarks import link_worlds as worlds

SEED = 404


def test_releases_that_do_nothing_seldom_move_the_kpi() -> None:
    outcomes = [
        outcome
        for name, noise in worlds.USUAL.items()
        for outcome in benchmark.run(
            name, benchmark.fixed(worlds.step_null, noise), n_worlds=40, seed=SEED
        )
    ]
    assert benchmark.share(outcomes, Verdict.MOVES) <= 0.12
    assert benchmark.share(outcomes, Verdict.CONFOUNDED) <= 0.05


def test_true_step_effects_are_covered_found_and_placed() -> None:
    outcomes = benchmark.run(
        "effects",
        lambda rng: worlds.step_effect(
            rng, worlds.autoregressive, low=0.8, high=2.0, least_releases=24
        ),
        n_worlds=60,
        seed=SEED,
    )
    moving = [outcome for outcome in outcomes if outcome.says(Verdict.MOVES)]
    near = [abs((each.result.lag_days or 0) - each.truth.lag) <= 2 for each in moving]
    assert sum(outcome.covers for outcome in outcomes) >= 0.9 * len(outcomes)
    assert len(moving) >= 0.6 * len(outcomes)
    assert sum(near) >= 0.8 * len(near)


def test_reactions_to_the_last_week_are_called_confounded() -> None:
    outcomes = benchmark.run(
        "reverse",
        lambda rng: worlds.reverse(rng, worlds.stochastic_trend, "7-day"),
        n_worlds=40,
        seed=SEED,
    )
    assert benchmark.share(outcomes, Verdict.CONFOUNDED) >= 0.75
    assert benchmark.share(outcomes, Verdict.MOVES) <= 0.1


def test_continuous_metrics_are_covered_and_stay_silent_without_effect() -> None:
    noise = worlds.autoregressive
    null = benchmark.run(
        "null", lambda rng: worlds.continuous(rng, noise, noise), n_worlds=100, seed=SEED
    )
    real = benchmark.run(
        "real", lambda rng: worlds.continuous(rng, noise, noise, effect=0.4), n_worlds=40, seed=SEED
    )
    assert benchmark.share(null, Verdict.MOVES) <= 0.12
    assert sum(outcome.covers for outcome in real) >= 0.9 * len(real)


def test_missing_days_do_not_bias_the_effect() -> None:
    outcomes = benchmark.run(
        "gaps",
        lambda rng: worlds.with_gaps(
            rng, worlds.step_effect(rng, worlds.white, low=0.8, high=2.0, least_releases=24)
        ),
        n_worlds=40,
        seed=SEED,
    )
    assert sum(outcome.covers for outcome in outcomes) >= 0.88 * len(outcomes)


def test_the_raw_correlation_would_have_been_wrong() -> None:
    outcomes = benchmark.run(
        "null", lambda rng: worlds.step_null(rng, worlds.stochastic_trend), n_worlds=40, seed=SEED
    )
    naive = [
        abs(outcome.result.raw_correlation) * outcome.result.n_days**0.5 > 1.96
        for outcome in outcomes
    ]
    assert sum(naive) / len(naive) > 0.5
    assert benchmark.share(outcomes, Verdict.MOVES) < 0.2


@pytest.mark.parametrize("kind", ["short", "few"])
def test_too_little_data_never_moves(kind: str) -> None:
    outcomes = benchmark.run(kind, worlds.too_little, n_worlds=30, seed=SEED)
    assert all(outcome.says(Verdict.NOT_ENOUGH_DATA) for outcome in outcomes)
