"""Which families of worlds stand behind which figure of the link engine?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from benchmarks import awkward_worlds as awkward
from benchmarks import link_worlds as worlds
from benchmarks.link import Maker


class Group(StrEnum):
    """What the worlds of a family are made to measure."""

    STEP_NULLS = "step nulls"
    CONTINUOUS_NULLS = "continuous nulls"
    STRESS_NULLS = "stress nulls"
    STEP_EFFECTS = "step effects"
    MANY_RELEASES = "step effects, 24 releases or more"
    SMALL_EFFECTS = "small step effects"
    CONTINUOUS_EFFECTS = "continuous effects"
    SHAPED_EFFECTS = "effects that are no steps"
    WEEKLY_EFFECTS = "weekly data"
    REVERSE = "reverse causality"
    FEEDBACK = "feedback"
    TOO_LITTLE = "too little data"
    WHOLE = "whole days"
    GAPS = "missing days"


@dataclass(frozen=True)
class Family:
    """A named kind of world. Families with the same `stem` start from the same worlds."""

    name: str
    group: Group
    maker: Maker
    stem: str = ""

    @property
    def key(self) -> str:
        """The name that seeds the worlds."""
        return self.stem or self.name


StepMaker = Callable[..., worlds.World]


def any_noise(rng: np.random.Generator) -> worlds.Noise:
    """One of the usual kinds of noise."""
    return list(worlds.USUAL.values())[int(rng.integers(len(worlds.USUAL)))]


def families() -> dict[str, Family]:
    """Every family by name, in the order in which they are run."""
    made = [
        *_step_nulls(),
        *_continuous_nulls(),
        *_stress_nulls(),
        *_step_effects(),
        *_continuous_effects(),
        *_shaped_effects(),
        *_weekly(),
        *_reverse(),
        *_missing(),
        Family("too little data", Group.TOO_LITTLE, worlds.too_little),
    ]
    return {family.name: family for family in made}


def _null_of_any_noise(make: StepMaker) -> Maker:
    return lambda rng: make(rng, any_noise(rng))


def _step_nulls() -> Iterator[Family]:
    for name, noise in worlds.USUAL.items():
        yield Family(f"step null, {name}", Group.STEP_NULLS, _with_noise(worlds.step_null, noise))
    for name, make in (
        ("improving", awkward.improving),
        ("co-intervention", awkward.co_intervention),
        ("releases with promotions", awkward.promoted_releases),
        ("unlisted promotions", awkward.unlisted_promotions),
        ("tiny", awkward.tiny),
        ("ramped side effects", awkward.ramped_side_effects),
        ("fading side effects", awkward.fading_side_effects),
        ("weekly data", awkward.weekly_steps),
    ):
        yield Family(f"step null, {name}", Group.STEP_NULLS, _null_of_any_noise(make))
    for name, hole in _HOLES.items():
        yield Family(f"step null, {name}", Group.STEP_NULLS, _holed(_usual_step_null, hole))


def _continuous_nulls() -> Iterator[Family]:
    kinds = list(worlds.USUAL)
    for mine, kpi in zip(kinds, [*kinds[2:], *kinds[:2]], strict=True):
        yield Family(
            f"continuous null, {mine} metric, {kpi} KPI",
            Group.CONTINUOUS_NULLS,
            _with_noise(worlds.continuous, worlds.USUAL[kpi], worlds.USUAL[mine]),
        )
    for name, make in (
        ("common weekly wave", awkward.common_wave),
        ("promotions", awkward.promoted_metric),
        ("unlisted promotions", awkward.unlisted_promotions_moving),
        ("tiny", awkward.tiny_moving),
    ):
        yield Family(f"continuous null, {name}", Group.CONTINUOUS_NULLS, _of_two_noises(make))
    yield Family(
        "continuous null, weekly data",
        Group.CONTINUOUS_NULLS,
        _null_of_any_noise(awkward.weekly_moving),
    )
    for name, hole in _HOLES.items():
        maker = _holed(_of_two_noises(worlds.continuous), hole)
        yield Family(f"continuous null, {name}", Group.CONTINUOUS_NULLS, maker)


def _stress_nulls() -> Iterator[Family]:
    for name, noise in worlds.STRESS.items():
        yield Family(
            f"stress, step, {name}", Group.STRESS_NULLS, _with_noise(worlds.step_null, noise)
        )
    for name in worlds.STRESS:
        maker = _named_stress(name)
        yield Family(f"stress, continuous, {name}", Group.STRESS_NULLS, maker)


def _step_effects() -> Iterator[Family]:
    yield Family("step effects", Group.STEP_EFFECTS, _usual_step_effect(0.8, 2.0, 6))
    yield Family(
        "step effects, >= 24 releases", Group.MANY_RELEASES, _usual_step_effect(0.8, 2.0, 24)
    )
    yield Family("step effects, small", Group.SMALL_EFFECTS, _usual_step_effect(0.1, 0.5, 6))
    for name, make in (
        ("improving", awkward.improving),
        ("co-intervention", awkward.co_intervention),
        ("releases with promotions", awkward.promoted_releases),
        ("unlisted promotions", awkward.unlisted_promotions),
    ):
        yield Family(f"step effects, {name}", Group.STEP_EFFECTS, _with_effect(make, 0.8, 2.0))
    for name in ("weekday variance", "t(3)"):
        yield Family(f"step effects, {name}", Group.STEP_EFFECTS, _stressed_step_effect(name))


def _continuous_effects() -> Iterator[Family]:
    group = Group.CONTINUOUS_EFFECTS
    for name, make in (
        ("", worlds.continuous),
        (", common weekly wave", awkward.common_wave),
        (", promotions", awkward.promoted_metric),
        (", unlisted promotions", awkward.unlisted_promotions_moving),
    ):
        yield Family(f"continuous effects{name}", group, _with_series_effect(make))
    for name in ("weekday variance", "t(3)"):
        yield Family(f"continuous effects, {name}", group, _stressed_series_effect(name))


def _shaped_effects() -> Iterator[Family]:
    for name, make in (("ramped", awkward.ramped_effect), ("fading", awkward.fading_effect)):
        yield Family(f"{name} effects", Group.SHAPED_EFFECTS, _with_effect(make, 0.8, 2.0))


def _weekly() -> Iterator[Family]:
    group = Group.WEEKLY_EFFECTS
    yield Family("weekly step effects", group, _with_effect(awkward.weekly_steps, 0.8, 2.0))
    yield Family("weekly continuous effects", group, _with_effect(awkward.weekly_moving, 0.25, 0.5))


def _reverse() -> Iterator[Family]:
    for mechanism in worlds.REVERSE_MECHANISMS:
        yield Family(f"reverse, {mechanism}", Group.REVERSE, _named_reverse(mechanism))
    yield Family("reverse, continuous metric", Group.FEEDBACK, _null_of_any_noise(awkward.feedback))


def _missing() -> Iterator[Family]:
    """Each kind whole and with each kind of hole, from the same worlds."""
    kinds: dict[str, Maker] = {
        "step": _usual_step_effect(0.8, 2.0, 24),
        "continuous": lambda rng: worlds.continuous(
            rng, any_noise(rng), worlds.autoregressive, effect=0.4
        ),
    }
    for kind, maker in kinds.items():
        stem = f"missing days, {kind}"
        yield Family(f"{kind}, whole", Group.WHOLE, maker, stem)
        for name, hole in _HOLES.items():
            yield Family(f"{kind}, {name}", Group.GAPS, _holed(maker, hole), stem)


Hole = Callable[[np.random.Generator, worlds.World], worlds.World]
_HOLES: dict[str, Hole] = {
    "5 % of days missing": awkward.scattered_gaps,
    "ten-day gap": awkward.long_gap,
}


def _with_noise(make: StepMaker, *noises: worlds.Noise) -> Maker:
    return lambda rng: make(rng, *noises)


def _of_two_noises(make: StepMaker) -> Maker:
    return lambda rng: make(rng, any_noise(rng), any_noise(rng))


def _usual_step_null(rng: np.random.Generator) -> worlds.World:
    return worlds.step_null(rng, any_noise(rng))


def _usual_step_effect(low: float, high: float, least_releases: int) -> Maker:
    return lambda rng: worlds.step_effect(
        rng, any_noise(rng), low=low, high=high, least_releases=least_releases
    )


def _stressed_step_effect(name: str) -> Maker:
    return lambda rng: worlds.step_effect(
        rng, worlds.STRESS[name], low=0.8, high=2.0, least_releases=16
    )


def _with_effect(make: StepMaker, low: float, high: float) -> Maker:
    return lambda rng: make(rng, any_noise(rng), effect=float(rng.uniform(low, high)))


def _with_series_effect(make: StepMaker) -> Maker:
    return lambda rng: make(
        rng, any_noise(rng), any_noise(rng), effect=float(rng.uniform(0.25, 0.5))
    )


def _stressed_series_effect(name: str) -> Maker:
    noise = worlds.STRESS[name]
    return lambda rng: worlds.continuous(rng, noise, noise, effect=float(rng.uniform(0.25, 0.5)))


def _named_stress(name: str) -> Maker:
    return lambda rng: worlds.continuous_stress(rng, name)


def _named_reverse(mechanism: str) -> Maker:
    return lambda rng: worlds.reverse(rng, any_noise(rng), mechanism)


def _holed(maker: Maker, hole: Hole) -> Maker:
    def made(rng: np.random.Generator) -> worlds.World:
        whole = maker(rng)
        return hole(rng, whole)

    return made
