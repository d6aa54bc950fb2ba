"""What do the timing test and the slow curve change, in worlds made to be hard?

    python -m pytest tests/analytics/test_link_weak_spots.py -m long -s

prints every figure with and without them.
"""

from collections.abc import Callable

import numpy as np
import pytest

import analytics.link as engine
import analytics.link_verdict as rules
from analytics.vocabulary import Verdict
from benchmarks import link_worlds as worlds

pytestmark = pytest.mark.long

N_WORLDS = 120
Maker = Callable[[np.random.Generator], worlds.World]


def any_noise(rng: np.random.Generator) -> worlds.Noise:
    return list(worlds.USUAL.values())[int(rng.integers(len(worlds.USUAL)))]


def rises(rng: np.random.Generator, first: int, last: int, size: float) -> worlds.World:
    """Business rises or falls, and a release with a gain to match follows days later."""
    n = worlds.span(rng, low=365)
    base = worlds.shop(rng, any_noise(rng), n=n)
    at = worlds.release_days(rng, n, count=worlds.release_count(rng, n))
    at = at[at >= 14]
    sizes = rng.normal(0.0, size, len(at))
    delay = rng.integers(first, last + 1, len(at))
    lifted = base.log_kpi + worlds.steps(n, at - delay, sizes)
    risen = worlds.Shop(lifted, base.promotion, base.days)
    return worlds.world(rng, risen, at, 0.3 * sizes + rng.normal(0.005, 0.008, len(at)))


def half_year(rng: np.random.Generator, *, effect: bool, shrinking: bool) -> worlds.World:
    """150 to 299 days out of a year whose season swings by 15 %."""
    n = int(rng.integers(150, 300))
    base = worlds.shop(rng, any_noise(rng), n=n, sd=float(rng.uniform(0.03, 0.06)))
    angle = 2 * np.pi * base.days.day_of_year.to_numpy() / 365.25 + rng.uniform(0, 2 * np.pi)
    swung = worlds.Shop(base.log_kpi + 0.15 * np.sin(angle), base.promotion, base.days)
    at = worlds.release_days(rng, n, count=worlds.release_count(rng, n, low=10))
    gains = worlds.gains(rng, len(at))
    if shrinking:
        gains = 0.04 * np.exp(-at / 120) + rng.normal(0.0, 0.01, len(at))
    size = float(rng.uniform(0.8, 2.0)) if effect else 0.0
    return worlds.world(rng, swung, at, gains, effect=size, lag=int(rng.integers(0, 15)))


def verdicts(name: str, maker: Maker) -> list[engine.LinkResult]:
    results = []
    for number in range(N_WORLDS):
        key = [number, *name.encode()]
        truth = maker(np.random.default_rng(key))
        results.append(
            engine.link(
                truth.metric,
                truth.kpi,
                calendar=truth.calendar,
                releases=truth.releases,
                rng=np.random.default_rng([*key, 1]),
            )
        )
    return results


def share(results: list[engine.LinkResult], verdict: Verdict) -> float:
    return float(np.mean([each.verdict is verdict for each in results]))


@pytest.mark.parametrize(
    ("days", "size", "most"), [((3, 12), 0.05, 0.06), ((3, 5), 0.05, 0.06), ((1, 3), 0.05, 0.2)]
)
def test_the_timing_test_halves_false_moves_of_rises_before_releases(
    monkeypatch: pytest.MonkeyPatch, days: tuple[int, int], size: float, most: float
) -> None:
    name = f"rises of {size:.0%}, {days[0]} to {days[1]} days before their release"

    def maker(rng: np.random.Generator) -> worlds.World:
        return rises(rng, *days, size)

    with_it = verdicts(name, maker)
    monkeypatch.setattr(rules, "TIMING_BELOW", 0.0)
    without = verdicts(name, maker)
    for verdict in (Verdict.MOVES, Verdict.CONFOUNDED):
        figures = f"{share(without, verdict):.3f} without, {share(with_it, verdict):.3f} with"
        print(f"\n{name}: {verdict} {figures} the timing test (n={N_WORLDS})", end="")
    assert share(with_it, Verdict.MOVES) <= min(most, share(without, Verdict.MOVES))


def test_the_timing_test_spares_true_effects(monkeypatch: pytest.MonkeyPatch) -> None:
    def maker(rng: np.random.Generator) -> worlds.World:
        return worlds.step_effect(rng, any_noise(rng), low=0.1, high=4.0, least_releases=12)

    with_it = share(verdicts("effects", maker), Verdict.CONFOUNDED)
    monkeypatch.setattr(rules, "TIMING_BELOW", 0.0)
    without = share(verdicts("effects", maker), Verdict.CONFOUNDED)
    print(f"\ntrue effects of .1-4 called confounded: {without:.3f} without, {with_it:.3f} with")
    assert with_it - without <= 0.02


@pytest.mark.parametrize(
    ("name", "effect", "shrinking", "most"),
    [
        ("shrinking gains that do nothing", False, True, 0.12),
        ("gains that do nothing", False, False, 0.10),
        ("effects of .8 to 2", True, False, 1.0),
    ],
)
def test_the_slow_curve_stands_for_a_season_too_short_to_model(
    monkeypatch: pytest.MonkeyPatch, name: str, effect: bool, shrinking: bool, most: float
) -> None:
    def maker(rng: np.random.Generator) -> worlds.World:
        return half_year(rng, effect=effect, shrinking=shrinking)

    with_it = share(verdicts(name, maker), Verdict.MOVES)
    whiten = engine.whiten_kpi
    monkeypatch.setattr(engine, "whiten_kpi", lambda data, **_: whiten(data))
    without = share(verdicts(name, maker), Verdict.MOVES)
    print(f"\n150-299 days, {name}: moves {without:.3f} without, {with_it:.3f} with", end="")
    assert with_it <= most
    assert with_it >= 0.4 or not effect
