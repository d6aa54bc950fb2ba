"""What does the link engine say about one simulated pair whose truth is known?

`python -m benchmarks.statistics` runs it on every family of worlds and prints the figures.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

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


def run(family: str, maker: Maker, *, n_worlds: int, seed: int) -> list[Outcome]:
    """Make the worlds of one family and link each pair; seeds depend on the family's name."""
    outcomes = []
    for number in range(n_worlds):
        key = world_key(family, seed=seed, number=number)
        truth = maker(np.random.default_rng(key))
        outcomes.append(Outcome(family, truth, ask(truth, key)))
    return outcomes


def world_key(family: str, *, seed: int, number: int) -> list[int]:
    """The seed of one world: its family's name keeps families apart."""
    return [seed, number, *family.encode()]


def fixed(world: Callable[..., worlds.World], *arguments: object) -> Maker:
    """A maker of worlds with everything but the random numbers fixed."""
    return lambda rng: world(rng, *arguments)


def ask(truth: worlds.World, key: list[int]) -> LinkResult:
    """The engine's answer; weekly and daily worlds alike."""
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
