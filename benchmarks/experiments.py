"""Does the link across experiments keep its promises on simulated experiments?

Run: `python -m benchmarks.experiments [--worlds 300] [--seed 1]`.

Every family is simulated twice, without and with a true slope of 1.5, and answered by
`analytics.experiments.experiment_link`, plain least squares and scipy's orthogonal distance
regression. Printed per family: how often p < .05 without a link (false alarms), how often the
95 % interval holds the true slope (coverage, over both halves), and for the hub's own answer the
share of worlds that got an interval and of true links called `moves`; last the median effect
where 1.5 is true. Below that the same two figures for read-outs of single users (plain, with the
pre-period, as a ratio) and for experiments that share their users, and what guardrails say.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from analytics.experiments import experiment_link
from analytics.vocabulary import Verdict
from benchmarks.experiment_units import Shares, coverage, guardrail_shares, overlap_coverage

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from scipy import odr

TRUE_SLOPE = 1.5
LARGEST_FALSE_ALARM_SHARE = 0.08
SMALLEST_COVERAGE = 0.90


@dataclass(frozen=True)
class Family:
    """How a kind of simulated experiment programme looks; gains and lifts are shares."""

    name: str
    n_experiments: int
    reliabilities: tuple[float, ...] = (0.6, 0.8, 0.95)
    gain_sd: float = 0.01
    heterogeneity: float = 0.005
    lift_se: float = 0.008
    unevenness: float = 0.3
    error_correlation: float = 0.0
    has_skewed_gains: bool = False
    kept: Literal["all", "online winners", "offline winners"] = "all"
    has_target: bool = True


@dataclass(frozen=True)
class Answer:
    """One method's answer in one world; `effect` and its bounds are None when there is none."""

    effect: float | None
    p_value: float
    low: float | None
    high: float | None
    moves: bool


FAMILIES = (
    Family("10 experiments", 10),
    Family("20 experiments", 20),
    Family("40 experiments", 40),
    Family("15, skewed gains", 15, has_skewed_gains=True),
    Family("15, very uneven errors", 15, unevenness=0.8),
    Family("15, no heterogeneity", 15, heterogeneity=0.0),
    Family("15, errors correlated .5", 15, error_correlation=0.5),
    Family("8 experiments", 8, has_target=False),
    Family("20, online winners kept", 20, kept="online winners", has_target=False),
    Family("20, offline winners run", 20, kept="offline winners", has_target=False),
)


def simulate(rng: np.random.Generator, family: Family, *, slope: float) -> pd.DataFrame:
    """One programme of experiments: columns as `experiment_link` wants them."""
    n_drawn = family.n_experiments * (1 if family.kept == "all" else 12)
    noise_sd = family.gain_sd * np.sqrt(1 / rng.choice(family.reliabilities) - 1)
    uneven = np.exp(family.unevenness * rng.standard_normal(n_drawn))
    offline_se = noise_sd * uneven / np.sqrt(np.mean(uneven**2))
    lift_se = family.lift_se * np.exp(family.unevenness * rng.standard_normal(n_drawn))
    shape = rng.exponential(1, n_drawn) - 1 if family.has_skewed_gains else rng.normal(size=n_drawn)
    gain = 0.005 + family.gain_sd * shape
    first, second = rng.standard_normal((2, n_drawn))
    rho = family.error_correlation
    lift_error = lift_se * (rho * first + np.sqrt(1 - rho**2) * second)
    lift = 0.002 + slope * gain + family.heterogeneity * rng.normal(size=n_drawn) + lift_error
    table = pd.DataFrame(
        {
            "offline_delta": gain + offline_se * first,
            "offline_se": offline_se,
            "lift": lift,
            "lift_se": lift_se,
        }
    )
    if family.kept == "online winners":
        table = table[table["lift"] > table["lift_se"]]
    elif family.kept == "offline winners":
        table = table[table["offline_delta"] > 0.005]
    return table.head(family.n_experiments).reset_index(drop=True)


def answer_by_hub(table: pd.DataFrame, error_correlation: float) -> Answer:
    link = experiment_link(table, error_correlation=error_correlation)
    p_value = 1.0 if link.p_value is None else link.p_value
    moves = link.verdict is Verdict.MOVES
    return Answer(link.effect, p_value, link.effect_low, link.effect_high, moves)


def answer_by_least_squares(table: pd.DataFrame, error_correlation: float) -> Answer:
    fit = stats.linregress(table["offline_delta"], table["lift"])
    return _by_t(fit.slope, fit.stderr, len(table))


def answer_by_orthogonal_distance(table: pd.DataFrame, error_correlation: float) -> Answer:
    columns = {name: table[name].to_numpy() for name in table.columns}
    start = stats.linregress(columns["offline_delta"], columns["lift"])
    data = odr.RealData(
        columns["offline_delta"],
        columns["lift"],
        sx=columns["offline_se"],
        sy=columns["lift_se"],
    )
    model = odr.unilinear
    found = odr.ODR(data, model, beta0=[start.slope, start.intercept]).run()
    return _by_t(found.beta[0], found.sd_beta[0], len(table))


def _by_t(slope: float, error: float, n_experiments: int) -> Answer:
    dof = n_experiments - 2
    half = float(stats.t.ppf(0.975, dof)) * error
    p_value = float(2 * stats.t.sf(abs(slope) / error, dof))
    return Answer(slope, p_value, slope - half, slope + half, p_value < 0.05)


METHODS: dict[str, Callable[[pd.DataFrame, float], Answer]] = {
    "bellwether": answer_by_hub,
    "least squares": answer_by_least_squares,
    "scipy.odr": answer_by_orthogonal_distance,
}


@dataclass(frozen=True)
class Figures:
    """Shares over the worlds of a family, 0..1, and the median effect where 1.5 is true."""

    false_alarms: float
    coverage: float
    answered: float
    power: float
    median_effect: float


def measure(
    method: Callable[[pd.DataFrame, float], Answer], family: Family, *, n_worlds: int, seed: int
) -> Figures:
    """Figures of one method on the seeded worlds of one family."""
    answers: dict[float, list[Answer]] = {}
    for slope in (0.0, TRUE_SLOPE):
        worlds = (
            simulate(np.random.default_rng([seed, i]), family, slope=slope) for i in range(n_worlds)
        )
        answers[slope] = [method(world, family.error_correlation) for world in worlds]
    covered = [
        one.low <= slope <= one.high
        for slope, some in answers.items()
        for one in some
        if one.low is not None and one.high is not None
    ]
    effects = [one.effect for one in answers[TRUE_SLOPE] if one.effect is not None]
    return Figures(
        false_alarms=float(np.mean([one.p_value < 0.05 for one in answers[0.0]])),
        coverage=float(np.mean(covered)) if covered else float("nan"),
        answered=len(covered) / (2 * n_worlds),
        power=float(np.mean([one.moves for one in answers[TRUE_SLOPE]])),
        median_effect=float(np.median(effects)) if effects else float("nan"),
    )


def _line(family: Family, name: str, figures: Figures, verdict: str) -> str:
    return (
        f"{family.name:26}{name:15}{figures.false_alarms:13.3f}{figures.coverage:10.3f}"
        f"{figures.answered:10.2f}{figures.power:7.2f}{figures.median_effect:8.2f}  {verdict}"
    )


def _verdict(family: Family, name: str, figures: Figures) -> str:
    if name != "bellwether" or not family.has_target:
        return ""
    is_reached = (
        figures.false_alarms <= LARGEST_FALSE_ALARM_SHARE and figures.coverage >= SMALLEST_COVERAGE
    )
    return "reached" if is_reached else "MISSED"


def measure_units(*, n_worlds: int, seed: int) -> dict[str, Shares]:
    """Figures of read-outs of single users and of experiments on the same users, by name."""
    by_kind = {
        f"users, {kind}": shares for kind, shares in coverage(n_worlds=n_worlds, seed=seed).items()
    }
    overlapping = overlap_coverage(n_worlds=2 * n_worlds, seed=seed)
    return {**by_kind, "three experiments on the same users": overlapping}


def _unit_verdict(name: str, shares: Shares) -> str:
    if name == "users, sessions as users":
        return "(a mistake, for comparison)"
    is_reached = (
        shares.false_alarms <= LARGEST_FALSE_ALARM_SHARE and shares.coverage >= SMALLEST_COVERAGE
    )
    return "reached" if is_reached else "MISSED"


def _print_units(*, n_worlds: int, seed: int) -> list[str]:
    print(f"\n{'users one by one':41} false alarms  coverage")
    verdicts = []
    for name, shares in measure_units(n_worlds=n_worlds, seed=seed).items():
        verdicts.append(_unit_verdict(name, shares))
        print(f"{name:41}{shares.false_alarms:13.3f}{shares.coverage:10.3f}  {verdicts[-1]}")
    held, broken = guardrail_shares(n_worlds=10 * n_worlds, seed=seed)
    print(f"Guardrail harmed by just its margin: held {held:.3f}, broken {broken:.3f} (.025 each).")
    return verdicts


def main() -> int:
    """Print the table; the exit code is 1 when a target is missed."""
    parser = argparse.ArgumentParser(description="Experiment links on simulated experiments.")
    parser.add_argument("--worlds", type=int, default=600, help="per family and half")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)
    started, verdicts = time.perf_counter(), []
    print(f"{'family':26}{'method':15} false alarms  coverage  answered  power  median")
    for family in FAMILIES:
        for name, method in METHODS.items():
            figures = measure(method, family, n_worlds=arguments.worlds, seed=arguments.seed)
            verdicts.append(_verdict(family, name, figures))
            print(_line(family, name, figures, verdicts[-1]), flush=True)
    verdicts.extend(_print_units(n_worlds=arguments.worlds, seed=arguments.seed))
    print(
        f"Targets: false alarms at most {LARGEST_FALSE_ALARM_SHARE}, coverage at least "
        f"{SMALLEST_COVERAGE}, from 10 experiments on. {arguments.worlds} worlds a half, "
        f"seed {arguments.seed}, {time.perf_counter() - started:.0f} s."
    )
    return int("MISSED" in verdicts)


if __name__ == "__main__":
    sys.exit(main())
