"""How often is the link engine right on worlds whose truth is known?

    python -m benchmarks.link --worlds 300 [--seed 1] [--only "step nulls" ...]

Prints each measured figure beside the target it must reach and the number of worlds behind it.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from analytics.link import LinkResult, link
from analytics.vocabulary import Verdict
from benchmarks import link_worlds as worlds

Maker = Callable[[np.random.Generator], worlds.World]


@dataclass(frozen=True)
class Outcome:
    """One world's truth and what the engine said."""

    family: str
    truth: worlds.World
    result: LinkResult

    def says(self, verdict: Verdict) -> bool:
        """Whether the engine gave this verdict."""
        return self.result.verdict == verdict

    @property
    def covers(self) -> bool:
        """Whether the interval holds the true effect."""
        low, high = self.result.interval
        return bool(low <= self.truth.effect <= high)


@dataclass(frozen=True)
class Figure:
    """A measured share beside its target; `at_most` says which side is good."""

    name: str
    measured: float
    target: float
    at_most: bool
    n: int

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        reached = self.measured <= self.target if self.at_most else self.measured >= self.target
        mark = "reached" if reached else "MISSED"
        return f"{self.name:<62} {self.measured:6.3f} {sign} {self.target:<5g} {mark:<8} n={self.n}"


def run(family: str, maker: Maker, *, n_worlds: int, seed: int) -> list[Outcome]:
    """Make the worlds of one family and link each pair; seeds depend on the family's name."""
    outcomes = []
    for number in range(n_worlds):
        key = [seed, number, *family.encode()]
        truth = maker(np.random.default_rng(key))
        outcomes.append(Outcome(family, truth, _link(truth, key)))
    return outcomes


def fixed(world: Callable[..., worlds.World], *arguments: object) -> Maker:
    """A maker of worlds with everything but the random numbers fixed."""
    return lambda rng: world(rng, *arguments)


def _link(truth: worlds.World, key: list[int]) -> LinkResult:
    return link(
        truth.metric,
        truth.kpi,
        calendar=truth.calendar,
        releases=truth.releases,
        rng=np.random.default_rng([*key, 1]),
    )


def share(outcomes: list[Outcome], verdict: Verdict) -> float:
    """Share of the worlds with this verdict."""
    return float(np.mean([outcome.says(verdict) for outcome in outcomes]))


def rates(
    name: str,
    families: dict[str, Maker],
    *,
    pooled: float,
    worst: float,
    n_worlds: int,
    seed: int,
    confounded: bool = True,
) -> Iterator[Figure]:
    """False `moves` of null families, pooled and in the worst family."""
    groups = {
        family: run(f"{name}: {family}", maker, n_worlds=n_worlds, seed=seed)
        for family, maker in families.items()
    }
    everything = [outcome for group in groups.values() for outcome in group]
    moved = {family: share(group, Verdict.MOVES) for family, group in groups.items()}
    loudest = max(moved, key=lambda family: moved[family])
    yield Figure(
        f"{name}: false moves, pooled",
        share(everything, Verdict.MOVES),
        pooled,
        True,
        len(everything),
    )
    yield Figure(f"{name}: false moves, worst ({loudest})", moved[loudest], worst, True, n_worlds)
    if confounded:
        yield Figure(
            f"{name}: called confounded",
            share(everything, Verdict.CONFOUNDED),
            0.02,
            True,
            len(everything),
        )


def step_nulls(n_worlds: int, seed: int) -> Iterator[Figure]:
    """Releases that do nothing, usual noise."""
    families = {name: fixed(worlds.step_null, noise) for name, noise in worlds.USUAL.items()}
    yield from rates("step nulls", families, pooled=0.065, worst=0.09, n_worlds=n_worlds, seed=seed)


def continuous_nulls(n_worlds: int, seed: int) -> Iterator[Figure]:
    """A continuous metric that does nothing, usual noise in both."""
    families = {
        f"{mine} metric, {kpi} KPI": fixed(worlds.continuous, worlds.USUAL[kpi], worlds.USUAL[mine])
        for mine, kpi in zip(
            worlds.USUAL, [*list(worlds.USUAL)[2:], *list(worlds.USUAL)[:2]], strict=True
        )
    }
    yield from rates(
        "continuous nulls", families, pooled=0.065, worst=0.09, n_worlds=n_worlds, seed=seed
    )


def stress_nulls(n_worlds: int, seed: int) -> Iterator[Figure]:
    """Noise outside the engine's family, in step worlds and in both continuous series."""
    step = {
        f"step, {name}": fixed(worlds.step_null, noise) for name, noise in worlds.STRESS.items()
    }
    both = {f"continuous, {name}": fixed(worlds.continuous_stress, name) for name in worlds.STRESS}
    half = max(n_worlds // 2, 1)
    yield from rates("stress nulls", step | both, pooled=0.06, worst=0.11, n_worlds=half, seed=seed)


def step_effects(n_worlds: int, seed: int) -> Iterator[Figure]:
    """True step effects: coverage, power, lag, sign."""
    effects = run(
        "step effects",
        lambda rng: worlds.step_effect(rng, _any_noise(rng), low=0.8, high=2.0),
        n_worlds=n_worlds,
        seed=seed,
    )
    small = run(
        "small step effects",
        lambda rng: worlds.step_effect(rng, _any_noise(rng), low=0.1, high=0.5),
        n_worlds=n_worlds,
        seed=seed,
    )
    many = run(
        "step effects, 24 releases or more",
        lambda rng: worlds.step_effect(rng, _any_noise(rng), low=0.8, high=2.0, least_releases=24),
        n_worlds=n_worlds,
        seed=seed,
    )
    yield _coverage("step effects .8-2: coverage", effects + many, 0.95)
    yield _coverage("small step effects .1-.5: coverage", small, 0.93)
    yield Figure(
        "step effects .8-2, >= 24 releases: power",
        share(many, Verdict.MOVES),
        0.75,
        False,
        n_worlds,
    )
    yield from _when_moves("step effects", effects + many)
    yield Figure(
        "step effects: called confounded",
        share(effects + small + many, Verdict.CONFOUNDED),
        0.02,
        True,
        3 * n_worlds,
    )


def side_effects(n_worlds: int, seed: int) -> Iterator[Figure]:
    """True effects where every release also has a random side effect."""
    outcomes = run("side effects", _with_side_effects, n_worlds=n_worlds, seed=seed)
    yield _coverage("step effects with side effects: coverage", outcomes, 0.93)
    yield Figure(
        "step effects with side effects: power",
        share(outcomes, Verdict.MOVES),
        0.0,
        False,
        n_worlds,
    )


def _with_side_effects(rng: np.random.Generator) -> worlds.World:
    n = worlds.span(rng, low=240)
    at = worlds.release_days(rng, n, count=worlds.release_count(rng, n, low=20))
    return worlds.world(
        rng,
        worlds.shop(rng, worlds.white, n=n),
        at,
        worlds.gains(rng, len(at)),
        effect=float(rng.uniform(0.8, 2.0)),
        lag=0,
        side_effects=0.02,
    )


def continuous_effects(n_worlds: int, seed: int) -> Iterator[Figure]:
    """True effects of a continuous metric."""
    outcomes = run(
        "continuous effects",
        lambda rng: worlds.continuous(
            rng, _any_noise(rng), _any_noise(rng), effect=float(rng.uniform(0.25, 0.5))
        ),
        n_worlds=n_worlds,
        seed=seed,
    )
    yield _coverage("continuous effects .25-.5: coverage", outcomes, 0.95)
    yield Figure(
        "continuous effects .25-.5: power", share(outcomes, Verdict.MOVES), 0.80, False, n_worlds
    )
    yield from _when_moves("continuous effects", outcomes)
    yield Figure(
        "continuous effects: called confounded",
        share(outcomes, Verdict.CONFOUNDED),
        0.02,
        True,
        n_worlds,
    )


def reverse_causality(n_worlds: int, seed: int) -> Iterator[Figure]:
    """Teams release better models after the KPI has risen."""
    groups = {
        mechanism: run(
            f"reverse: {mechanism}",
            fixed(_reverse, mechanism),
            n_worlds=n_worlds,
            seed=seed,
        )
        for mechanism in worlds.REVERSE_MECHANISMS
    }
    caught = {name: share(group, Verdict.CONFOUNDED) for name, group in groups.items()}
    yield Figure(
        "reverse, 7-day reaction: called confounded", caught["7-day"], 0.9, False, n_worlds
    )
    others = [rate for mechanism, rate in caught.items() if mechanism != "7-day"]
    yield Figure(
        "reverse, mean of five others: called confounded",
        float(np.mean(others)),
        0.65,
        False,
        5 * n_worlds,
    )
    weakest = min(caught, key=lambda name: caught[name])
    yield Figure(f"reverse, weakest ({weakest})", caught[weakest], 0.0, False, n_worlds)
    everything = [outcome for group in groups.values() for outcome in group]
    yield Figure(
        "reverse: called moves", share(everything, Verdict.MOVES), 0.03, True, len(everything)
    )


def _reverse(rng: np.random.Generator, mechanism: str) -> worlds.World:
    return worlds.reverse(rng, _any_noise(rng), mechanism)


def too_little(n_worlds: int, seed: int) -> Iterator[Figure]:
    """Too few days or releases."""
    outcomes = run("too little", worlds.too_little, n_worlds=n_worlds, seed=seed)
    yield Figure(
        "too little data: called not enough data",
        share(outcomes, Verdict.NOT_ENOUGH_DATA),
        0.99,
        False,
        n_worlds,
    )


def missing_days(n_worlds: int, seed: int) -> Iterator[Figure]:
    """The same effect worlds, whole and with gaps."""
    for kind, maker in (
        (
            "step",
            lambda rng: worlds.step_effect(
                rng, _any_noise(rng), low=0.8, high=2.0, least_releases=24
            ),
        ),
        (
            "continuous",
            lambda rng: worlds.continuous(rng, _any_noise(rng), worlds.autoregressive, effect=0.4),
        ),
    ):
        whole = run(f"whole, {kind}", maker, n_worlds=n_worlds, seed=seed)
        broken = [
            replace(outcome, truth=gapped, result=_link(gapped, [seed, number]))
            for number, outcome in enumerate(whole)
            for gapped in [
                worlds.with_gaps(np.random.default_rng([seed, number, 7]), outcome.truth)
            ]
        ]
        yield _coverage(f"gaps, {kind}: coverage", broken, 0.93)
        loss = share(whole, Verdict.MOVES) - share(broken, Verdict.MOVES)
        yield Figure(f"gaps, {kind}: loss of power", loss, 0.08, True, n_worlds)


def _gapped(outcome: Outcome, key: list[int]) -> Outcome:
    truth = worlds.with_gaps(np.random.default_rng(key), outcome.truth)
    return replace(outcome, truth=truth, result=_link(truth, key))


def one_pair(n_worlds: int, seed: int) -> Iterator[Figure]:
    """Seconds for one pair of 730 days and 30 releases."""
    rng = np.random.default_rng(seed)
    at = worlds.release_days(rng, 730, count=30)
    step = worlds.world(rng, worlds.shop(rng, worlds.white, n=730), at, worlds.gains(rng, 30))
    moving = worlds.continuous(rng, worlds.white, worlds.white)
    for kind, truth in (("step", step), ("continuous", moving)):
        _link(truth, [seed])
        started = time.perf_counter()
        for number in range(10):
            _link(truth, [seed, number])
        yield Figure(
            f"one pair, {kind}: seconds", (time.perf_counter() - started) / 10, 0.10, True, 10
        )


def _coverage(name: str, outcomes: list[Outcome], target: float) -> Figure:
    estimated = [outcome for outcome in outcomes if outcome.result.has_estimate]
    covered = float(np.mean([outcome.covers for outcome in estimated])) if estimated else 0.0
    return Figure(name, covered, target, False, len(estimated))


def _when_moves(name: str, outcomes: list[Outcome]) -> Iterator[Figure]:
    moving = [outcome for outcome in outcomes if outcome.says(Verdict.MOVES)]
    if not moving:
        return
    near = [abs((each.result.lag_days or 0) - each.truth.lag) <= 2 for each in moving]
    signed = [each.result.effect * each.truth.effect > 0 for each in moving]
    yield Figure(
        f"{name}: lag within 2 days when moves", float(np.mean(near)), 0.9, False, len(near)
    )
    yield Figure(f"{name}: sign right when moves", float(np.mean(signed)), 0.98, False, len(near))


def _any_noise(rng: np.random.Generator) -> worlds.Noise:
    return list(worlds.USUAL.values())[int(rng.integers(len(worlds.USUAL)))]


SECTIONS: dict[str, Callable[[int, int], Iterator[Figure]]] = {
    "step nulls": step_nulls,
    "step effects": step_effects,
    "side effects": side_effects,
    "reverse causality": reverse_causality,
    "too little": too_little,
    "missing days": missing_days,
    "continuous nulls": continuous_nulls,
    "continuous effects": continuous_effects,
    "stress nulls": stress_nulls,
    "one pair": one_pair,
}


def main() -> None:
    """Print the asked sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300, help="worlds a family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS))
    options = parser.parse_args()
    for name in options.only:
        started = time.perf_counter()
        for figure in SECTIONS[name](options.worlds, options.seed):
            print(figure, flush=True)
        print(f"  ({name}: {time.perf_counter() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
