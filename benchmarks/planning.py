"""Do the analyses find what planning promised, as often as it promised?

    python -m benchmarks.planning --worlds 300 [--seed 1] [--only releases ...]

For each family of worlds a plan is made from the KPI's history alone; the effect it names is then
planted in the days to come, and the share of worlds in which the analysis says "moves" is printed
beside the promised power.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.experiment_lift import VariantTotals, relative_lift
from analytics.link import link
from analytics.planning import (
    smallest_detectable_elasticity,
    smallest_detectable_step,
    users_needed,
)
from analytics.release import release_impact
from analytics.vocabulary import Verdict
from benchmarks import link_worlds as worlds

HISTORY_DAYS = 365
LAG_WINDOW_DAYS = 14
GAIN_SPREAD = 0.02
POWER = 0.8


@dataclass(frozen=True)
class Realised:
    """A plan's promise and what came of it: median promised effect, share of worlds shown."""

    name: str
    promised: float
    effect: float
    shown: float
    n: int

    def __str__(self) -> str:
        return (
            f"  {self.name:<48} smallest detectable {self.effect:8.3f}   promised "
            f"{self.promised:.2f}   realised {self.shown:.3f}   n={self.n}"
        )


def releases(
    rng: np.random.Generator, noise: worlds.Noise, *, n_releases: int, spacing_days: int
) -> tuple[float, bool]:
    """Plan releases from a year of history, plant the elasticity, and link."""
    n = HISTORY_DAYS + n_releases * spacing_days + LAG_WINDOW_DAYS
    base = worlds.shop(rng, noise, n=n)
    kpi = pd.Series(np.exp(base.log_kpi), base.days)
    calendar = pd.DataFrame({"promotion": base.promotion}, index=base.days)
    plan = smallest_detectable_elasticity(
        kpi[:HISTORY_DAYS],
        n_releases=n_releases,
        spacing_days=spacing_days,
        typical_log_gain=GAIN_SPREAD,
        calendar=calendar[:HISTORY_DAYS],
        power=POWER,
    )
    at = HISTORY_DAYS + spacing_days * np.arange(n_releases)
    truth = worlds.world(
        rng,
        base,
        at,
        rng.normal(0.01, GAIN_SPREAD, n_releases),
        effect=plan.effect,
        lag=int(rng.integers(0, LAG_WINDOW_DAYS + 1)),
    )
    found = link(truth.metric, truth.kpi, calendar=calendar, releases=truth.releases, rng=rng)
    return plan.effect, found.verdict == Verdict.MOVES


def one_release(
    rng: np.random.Generator, noise: worlds.Noise, *, days_after: int
) -> tuple[float, bool]:
    """Plan one release after a year of history, plant the step, and judge the release."""
    n = HISTORY_DAYS + 7 + days_after
    base = worlds.shop(rng, noise, n=n)
    kpi = pd.Series(np.exp(base.log_kpi), base.days)
    calendar = pd.DataFrame({"promotion": base.promotion}, index=base.days)
    plan = smallest_detectable_step(
        kpi[:HISTORY_DAYS],
        days_after=days_after,
        calendar=calendar[:HISTORY_DAYS],
        power=POWER,
    )
    lifted = kpi.where(np.arange(n) < HISTORY_DAYS, kpi * np.exp(plan.step))
    found = release_impact(lifted, released_at=base.days[HISTORY_DAYS], calendar=calendar)
    return plan.step, found.verdict == Verdict.MOVES


def conversion(rng: np.random.Generator, *, baseline: float, lift: float) -> tuple[float, bool]:
    """Plan an experiment on conversion and read one out."""
    plan = users_needed(baseline=baseline, lift=lift, power=POWER)
    control = rng.binomial(plan.control, baseline)
    treatment = rng.binomial(plan.treatment, baseline * (1.0 + lift))
    found = relative_lift(
        VariantTotals("control", plan.control, conversions=float(control)),
        VariantTotals("treatment", plan.treatment, conversions=float(treatment)),
    )
    return lift, found.p_value < 0.05


def mean_value(
    rng: np.random.Generator, *, baseline: float, standard_deviation: float, lift: float
) -> tuple[float, bool]:
    """Plan an experiment on a skewed value per user and read one out."""
    plan = users_needed(
        baseline=baseline, standard_deviation=standard_deviation, lift=lift, power=POWER
    )
    control = _values(rng, plan.control, baseline, standard_deviation)
    treatment = _values(rng, plan.treatment, baseline, standard_deviation) + baseline * lift
    found = relative_lift(_totals("control", control), _totals("treatment", treatment))
    return lift, found.p_value < 0.05


def _values(
    rng: np.random.Generator, users: int, mean: float, standard_deviation: float
) -> npt.NDArray[np.float64]:
    shape = (mean / standard_deviation) ** 2
    return rng.gamma(shape, mean / shape, users)


def _totals(variant: str, values: npt.NDArray[np.float64]) -> VariantTotals:
    return VariantTotals(
        variant,
        float(len(values)),
        value_sum=float(values.sum()),
        value_sum_squares=float((values**2).sum()),
    )


def realised(
    name: str,
    trial: Callable[[np.random.Generator], tuple[float, bool]],
    *,
    n_worlds: int,
    seed: int,
) -> Realised:
    """Run the trials of one family; seeds depend on its name."""
    outcomes = [
        trial(np.random.default_rng([seed, number, *name.encode()])) for number in range(n_worlds)
    ]
    effects, shown = zip(*outcomes, strict=True)
    return Realised(name, POWER, float(np.median(effects)), float(np.mean(shown)), n_worlds)


def release_plans(n_worlds: int, seed: int) -> Iterator[Realised]:
    """12 and 36 releases in each usual noise."""
    for family, noise in worlds.USUAL.items():
        for count, spacing in ((12, 14), (36, 10)):

            def trial(
                rng: np.random.Generator,
                noise: worlds.Noise = noise,
                count: int = count,
                spacing: int = spacing,
            ) -> tuple[float, bool]:
                return releases(rng, noise, n_releases=count, spacing_days=spacing)

            name = f"{family}: {count} releases, {spacing} days apart"
            yield realised(name, trial, n_worlds=n_worlds, seed=seed)


def single_plans(n_worlds: int, seed: int) -> Iterator[Realised]:
    """Four and twelve weeks after one release in each usual noise."""
    for family, noise in worlds.USUAL.items():
        for days in (28, 84):

            def trial(
                rng: np.random.Generator, noise: worlds.Noise = noise, days: int = days
            ) -> tuple[float, bool]:
                return one_release(rng, noise, days_after=days)

            name = f"{family}: one release, {days} days after"
            yield realised(name, trial, n_worlds=n_worlds, seed=seed)


def experiment_plans(n_worlds: int, seed: int) -> Iterator[Realised]:
    """Experiments on conversion and on a mean; cheap, so ten times as many."""
    many = 10 * n_worlds
    for baseline, lift in ((0.1, 0.1), (0.02, 0.2), (0.5, -0.05)):
        yield realised(
            f"conversion {baseline:.0%}, lift {lift:+.0%}",
            lambda rng, b=baseline, x=lift: conversion(rng, baseline=b, lift=x),  # type: ignore[misc]
            n_worlds=many,
            seed=seed,
        )
    yield realised(
        "mean 40, sd 90, lift +10%",
        lambda rng: mean_value(rng, baseline=40.0, standard_deviation=90.0, lift=0.1),
        n_worlds=n_worlds,
        seed=seed,
    )


SECTIONS: dict[str, Callable[[int, int], Iterator[Realised]]] = {
    "experiments": experiment_plans,
    "one release": single_plans,
    "releases": release_plans,
}


def main() -> None:
    """Print the asked sections and the mean of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300, help="worlds a family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS))
    options = parser.parse_args()
    for name in options.only:
        print(f"{name}:")
        shares = []
        for line in SECTIONS[name](options.worlds, options.seed):
            shares.append(line.shown)
            print(line, flush=True)
        print(f"  mean realised power {np.mean(shares):.3f}, promised {POWER:.2f}", flush=True)


if __name__ == "__main__":
    main()
