"""How often was each method right about a link across experiments?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks import experiments, figures
from benchmarks.figures import OURS, Figure

FALSE_ALARMS = experiments.LARGEST_FALSE_ALARM_SHARE
COVERAGE = experiments.SMALLEST_COVERAGE
AIMED_FAMILIES = {family.name: family for family in experiments.FAMILIES if family.has_target}


@dataclass(frozen=True)
class ExperimentScore:
    """One method on one family: counts of worlds."""

    method: str
    family: str
    alarms: int
    nulls: int
    covered: int
    answered: int
    found: int


def score_experiments(method: str, family: str, *, n_worlds: int, seed: int) -> ExperimentScore:
    """Count on `n_worlds` programmes without and as many with a true slope."""
    told = experiments.measure(
        experiments.METHODS[method], AIMED_FAMILIES[family], n_worlds=n_worlds, seed=seed
    )
    answered = round(told.answered * 2 * n_worlds)
    return ExperimentScore(
        OURS if method == "bellwether" else method,
        family,
        alarms=round(told.false_alarms * n_worlds),
        nulls=n_worlds,
        covered=round(told.coverage * answered) if answered else 0,
        answered=answered,
        found=round(told.power * n_worlds),
    )


def experiment_figures(scores: Iterable[ExperimentScore]) -> list[Figure]:
    """False alarms, coverage and power of all methods over the families from ten experiments on."""
    by_method: dict[str, list[ExperimentScore]] = defaultdict(list)
    for score in scores:
        by_method[score.method].append(score)
    return [figure for method, some in by_method.items() for figure in _of_method(method, some)]


def _of_method(method: str, some: list[ExperimentScore]) -> Iterator[Figure]:
    false, held = (FALSE_ALARMS, COVERAGE) if method == OURS else (None, None)
    loud = max(some, key=lambda one: one.alarms / one.nulls)
    weak = min(some, key=lambda one: one.covered / max(one.answered, 1))
    for scope, one, other in (("", some, some), (", worst family", [loud], [weak])):
        yield figures.counted(
            f"experiments: false alarms{scope}",
            sum(score.alarms for score in one),
            sum(score.nulls for score in one),
            false,
            method=method,
        )
        yield figures.counted(
            f"experiments: coverage{scope}",
            sum(score.covered for score in other),
            sum(score.answered for score in other),
            held,
            at_most=False,
            method=method,
        )
    found, asked = sum(score.found for score in some), sum(score.nulls for score in some)
    yield figures.counted("experiments: power", found, asked, at_most=False, method=method)
