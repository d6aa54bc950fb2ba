"""What did each method answer on one world, in numbers small enough to keep and to count?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from analytics.link_data import RefusalError, assemble
from analytics.vocabulary import Verdict
from benchmarks import link_worlds as worlds
from benchmarks.figures import OURS
from benchmarks.link import ask, world_key
from benchmarks.link_families import Family
from benchmarks.rivals import RIVALS, ask_rival


@dataclass(frozen=True)
class Score:
    """One method on one world. `verdict` of a rival is `moves` or `no evidence`.

    `crash` is the text of an exception, empty otherwise; bounds are NaN where there are none.
    """

    family: str
    method: str
    number: int
    true_effect: float
    true_lag: int
    verdict: str
    effect: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    lag_days: int = 0
    crash: str = ""

    @property
    def moves(self) -> bool:
        """Whether the method says that the metric moves the KPI."""
        return self.verdict == Verdict.MOVES

    @property
    def confounded(self) -> bool:
        """Whether the method says that the KPI moved first."""
        return self.verdict == Verdict.CONFOUNDED

    @property
    def has_interval(self) -> bool:
        """Whether there is an interval to judge."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    @property
    def covers(self) -> bool:
        """Whether the interval holds the true effect."""
        return self.low <= self.true_effect <= self.high

    @property
    def sign_is_right(self) -> bool:
        """Whether the estimate points where the truth does."""
        return self.effect * self.true_effect > 0.0

    @property
    def lag_is_near(self) -> bool:
        """Whether the delay is right within two days."""
        return abs(self.lag_days - self.true_lag) <= 2


def score_worlds(
    family: Family, numbers: Iterable[int], *, seed: int, rival_worlds: int
) -> list[Score]:
    """Ask the engine about these worlds and the rivals about those below `rival_worlds`."""
    scores: list[Score] = []
    for number in numbers:
        key = world_key(family.key, seed=seed, number=number)
        truth = family.maker(np.random.default_rng(key))
        scores.append(_ours(family, number, truth, key))
        if number < rival_worlds:
            scores.extend(_theirs(family, number, truth))
    return scores


def _ours(family: Family, number: int, truth: worlds.World, key: list[int]) -> Score:
    about = (family.name, OURS, number, truth.effect, truth.lag)
    try:
        result = ask(truth, key)
    except Exception as error:  # a crash is a figure of its own here, and is printed
        return Score(*about, verdict="", crash=f"{type(error).__name__}: {error}")
    low, high = result.interval
    return Score(
        *about,
        verdict=str(result.verdict),
        effect=result.effect,
        low=low,
        high=high,
        lag_days=result.lag_days or 0,
    )


def _theirs(family: Family, number: int, truth: worlds.World) -> Iterator[Score]:
    try:
        data = assemble(truth.metric, truth.kpi, truth.calendar)
    except RefusalError:
        return  # too little data is a question only the engine answers
    for method, rival in RIVALS.items():
        about = (family.name, method, number, truth.effect, truth.lag)
        try:
            answer = ask_rival(rival, data)
        except Exception as error:
            yield Score(*about, verdict="", crash=f"{type(error).__name__}: {error}")
            continue
        yield Score(
            *about,
            verdict=str(Verdict.MOVES if answer.moves else Verdict.NO_EVIDENCE),
            effect=answer.effect,
            low=answer.low,
            high=answer.high,
            lag_days=answer.lag_days,
        )
