"""How often was each method right about one release?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from benchmarks import causal_impact, figures, release
from benchmarks import link_worlds as worlds
from benchmarks.figures import OURS, Figure

NULL = "no effect"
RAMP = "step of 10 % with a 7-day ramp"
SECTIONS = (NULL, "step of 10 %", RAMP)
SHORT = {
    "release_impact": OURS,
    "plain step (donut_days=0)": "no donut",
    "before/after t-test": "before/after t",
    "CausalImpact, level sd .1": "CausalImpact .1",
}


@dataclass(frozen=True)
class ReleaseScore:
    """One method on one world with one release."""

    section: str
    is_usual: bool
    method: str
    moves: bool
    covers: bool


def score_releases(
    section: str, noise: str, numbers: range, *, seed: int, slow_worlds: int
) -> list[ReleaseScore]:
    """Ask every method; CausalImpact, when installed, only about worlds below `slow_worlds`."""
    effect, ramp_days = release.SECTIONS[section]
    slow = range(numbers.start, min(numbers.stop, slow_worlds))
    asked = [(numbers, tuple(release.METHODS))]
    if noise in worlds.USUAL and causal_impact.is_installed():
        asked.append((slow, tuple(causal_impact.METHODS)))
    scores = []
    for some, methods in asked:
        told = release.answers(
            f"{section}: {noise}",
            release.NOISES[noise],
            effect=effect,
            ramp_days=ramp_days,
            numbers=some,
            seed=seed,
            methods=methods,
        )
        scores += [
            ReleaseScore(
                section,
                noise in worlds.USUAL,
                SHORT.get(method, method),
                answer.moves,
                answer.covers(effect),
            )
            for method, answers in told.items()
            for answer in answers
        ]
    return scores


def release_figures(scores: Iterable[ReleaseScore]) -> list[Figure]:
    """False alarms, coverage and power of all methods; the engine's with a target."""
    by_method: dict[str, list[ReleaseScore]] = defaultdict(list)
    for score in scores:
        by_method[score.method].append(score)
    return [
        replace(figure, method=method, target=figure.target if method == OURS else None)
        for method, some in by_method.items()
        for figure in _of_method(some)
        if figure.n
    ]


def _of_method(scores: list[ReleaseScore]) -> Iterator[Figure]:
    usual = [score for score in scores if score.is_usual]
    awkward = [score for score in scores if not score.is_usual]
    null = [score.moves for score in usual if score.section == NULL]
    yield figures.share("one release: false moves", null, 0.07)
    null = [score.moves for score in awkward if score.section == NULL]
    yield figures.share("one release, awkward noise: false moves", null)
    yield figures.share(
        "one release: coverage", (score.covers for score in usual), 0.92, at_most=False
    )
    for section in SECTIONS:
        covers = [score.covers for score in usual if score.section == section]
        yield figures.share(f"one release, {section}: coverage", covers, 0.92, at_most=False)
    covers = [score.covers for score in awkward]
    yield figures.share("one release, awkward noise: coverage", covers, at_most=False)
    for section in SECTIONS[1:]:
        moves = [score.moves for score in usual if score.section == section]
        yield figures.share(f"one release, {section}: power", moves, at_most=False)
