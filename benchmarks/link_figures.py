"""How often was each method right about one pair?

Every figure is made for every method by the same code; only the engine's have a target.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from analytics.vocabulary import Verdict
from benchmarks import figures
from benchmarks.figures import OURS, Figure
from benchmarks.link_families import Group
from benchmarks.link_scores import Score

NULLS = (Group.STEP_NULLS, Group.CONTINUOUS_NULLS)
EFFECTS = (
    Group.STEP_EFFECTS,
    Group.MANY_RELEASES,
    Group.SMALL_EFFECTS,
    Group.CONTINUOUS_EFFECTS,
)
BASE_CONTINUOUS = "continuous effects"
SEVEN_DAYS = "reverse, 7-day"


class Told:
    """The scores of one method, found by group and by family."""

    def __init__(self, scores: Iterable[Score], groups: Mapping[str, Group]) -> None:
        self._families: dict[Group, dict[str, list[Score]]] = defaultdict(dict)
        for score in scores:
            self._families[groups[score.family]].setdefault(score.family, []).append(score)

    def families(self, *groups: Group) -> dict[str, list[Score]]:
        """The scores of each family of these groups."""
        return {name: told for group in groups for name, told in self._families[group].items()}

    def pooled(self, *groups: Group) -> list[Score]:
        """The scores of all families of these groups."""
        return [score for told in self.families(*groups).values() for score in told]


def link_figures(scores: Iterable[Score], groups: Mapping[str, Group]) -> list[Figure]:
    """All figures of all methods; figures without worlds behind them are left out."""
    by_method: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        by_method[score.method].append(score)
    made: list[Figure] = []
    for method, some in by_method.items():
        told = Told(some, groups)
        if method == OURS:
            made.extend([*_of_any_method(told), *_of_ours_alone(told)])
        else:
            made += [replace(each, method=method, target=None) for each in _of_any_method(told)]
    return [figure for figure in made if figure.n]


def family_figures(scores: Iterable[Score]) -> list[Figure]:
    """For each family and method the share of worlds with `moves`, and the coverage."""
    found: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in scores:
        found[score.family, score.method].append(score)
    made = []
    for (family, method), some in found.items():
        made.append(figures.share(f"{family}: moves", (s.moves for s in some), method=method))
        if any(score.true_effect for score in some):
            made.append(replace(_coverage(f"{family}: coverage", some), method=method))
    return [figure for figure in made if figure.n]


def _of_any_method(told: Told) -> Iterator[Figure]:
    yield from _false_moves(told)
    yield from _truths_found(told)
    yield from _when_moves(told)
    yield _moves("reverse: called moves", told.pooled(Group.REVERSE), 0.03)
    yield _moves("reverse, continuous metric: called moves", told.pooled(Group.FEEDBACK), None)
    yield _moves("too little data: called moves", told.pooled(Group.TOO_LITTLE), None)
    yield from _missing(told)
    yield from _beyond_the_model(told)
    crashes = [bool(score.crash) for score in told.pooled(*Group)]
    yield figures.share("crashes", crashes, 0.0)


def _of_ours_alone(told: Told) -> Iterator[Figure]:
    """Answers that no other method has: too little data, and the KPI moved first."""
    refused = (s.verdict == Verdict.NOT_ENOUGH_DATA for s in told.pooled(Group.TOO_LITTLE))
    yield figures.share("too little data: called not enough data", refused, 0.99, at_most=False)
    some = told.families(Group.REVERSE)
    week = some.get(SEVEN_DAYS, [])
    others = [score for name, part in some.items() if name != SEVEN_DAYS for score in part]
    yield _confounded("reverse, 7-day reaction: called confounded", week, 0.9, at_most=False)
    yield _confounded(
        "reverse, mean of five others: called confounded", others, 0.65, at_most=False
    )
    back = told.pooled(Group.FEEDBACK)
    yield _confounded("reverse, continuous metric: called confounded", back, None, at_most=False)
    yield _confounded("nulls called confounded", told.pooled(*NULLS), 0.02)
    yield _confounded("stress nulls called confounded", told.pooled(Group.STRESS_NULLS), None)
    yield _confounded("true effects called confounded", told.pooled(*EFFECTS), 0.02)


def _false_moves(told: Told) -> Iterator[Figure]:
    for group, pooled, worst in (
        (Group.STEP_NULLS, 0.065, 0.09),
        (Group.CONTINUOUS_NULLS, 0.065, 0.09),
        (Group.STRESS_NULLS, 0.06, 0.11),
    ):
        yield _moves(f"{group}: false moves, pooled", told.pooled(group), pooled)
        yield from _worst(
            f"{group}: false moves, worst family", told.families(group), _moves, worst
        )


def _truths_found(told: Told) -> Iterator[Figure]:
    for name, target, groups in (
        ("step effects .8-2", 0.95, (Group.STEP_EFFECTS, Group.MANY_RELEASES)),
        ("small step effects .1-.5", 0.93, (Group.SMALL_EFFECTS,)),
        ("continuous effects .25-.5", 0.95, (Group.CONTINUOUS_EFFECTS,)),
    ):
        yield _coverage(f"{name}: coverage", told.pooled(*groups), target)
        if len(told.families(*groups)) > 1:
            yield from _worst(
                f"{name}: coverage, worst family", told.families(*groups), _coverage, None
            )
    many = told.pooled(Group.MANY_RELEASES)
    yield _moves("step effects .8-2, >= 24 releases: power", many, 0.75, at_most=False)
    some = told.families(Group.CONTINUOUS_EFFECTS)
    base = some.get(BASE_CONTINUOUS, [])
    yield _moves("continuous effects .25-.5: power", base, 0.80, at_most=False)
    awkward = [score for name, told in some.items() if name != BASE_CONTINUOUS for score in told]
    yield _moves("continuous effects .25-.5, awkward: power", awkward, None, at_most=False)


def _when_moves(told: Told) -> Iterator[Figure]:
    for name, groups, sign in (
        ("step effects", (Group.STEP_EFFECTS, Group.MANY_RELEASES), 0.98),
        ("continuous effects", (Group.CONTINUOUS_EFFECTS,), 0.98),
        ("small step effects", (Group.SMALL_EFFECTS,), None),
    ):
        moving = [score for score in told.pooled(*groups) if score.moves]
        near = (score.lag_is_near for score in moving)
        right = (score.sign_is_right for score in moving)
        if sign is not None:
            yield figures.share(f"{name}: lag within 2 days when moves", near, 0.9, at_most=False)
        yield figures.share(f"{name}: sign right when moves", right, sign, at_most=False)


def _missing(told: Told) -> Iterator[Figure]:
    for name, broken in told.families(Group.GAPS).items():
        yield _coverage(f"{name}: coverage", broken, 0.93)
        kind = name.partition(",")[0]
        whole = {s.number: s for s in told.families(Group.WHOLE).get(f"{kind}, whole", [])}
        lost = [
            float(whole[score.number].moves) - float(score.moves)
            for score in broken
            if score.number in whole
        ]
        yield figures.mean(f"{name}: loss of power", lost, 0.08)


def _beyond_the_model(told: Told) -> Iterator[Figure]:
    for name, some in told.families(Group.WEEKLY_EFFECTS, Group.SHAPED_EFFECTS).items():
        yield _moves(f"{name}: power", some, None, at_most=False)
        yield _coverage(f"{name}: coverage", some, None)


def _moves(name: str, some: list[Score], target: float | None, *, at_most: bool = True) -> Figure:
    return figures.share(name, (score.moves for score in some), target, at_most=at_most)


def _confounded(
    name: str, some: list[Score], target: float | None, *, at_most: bool = True
) -> Figure:
    return figures.share(name, (score.confounded for score in some), target, at_most=at_most)


def _coverage(name: str, some: list[Score], target: float | None = None) -> Figure:
    told = (score.covers for score in some if score.has_interval)
    return figures.share(name, told, target, at_most=False)


def _worst(
    name: str,
    families: Mapping[str, list[Score]],
    measure: Callable[[str, list[Score], float | None], Figure],
    target: float | None,
) -> Iterator[Figure]:
    """The family with the worst share; the figure's note names it."""
    made = [replace(measure(name, some, target), note=key) for key, some in families.items()]
    made = [figure for figure in made if figure.n]
    if made:
        at_most = made[0].at_most
        yield (max if at_most else min)(made, key=lambda figure: figure.measured)
