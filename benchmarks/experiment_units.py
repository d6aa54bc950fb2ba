"""Do read-outs of single users keep their promises on simulated users?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analytics.experiment_guardrail import Guardrail, GuardrailReading, read_guardrail
from analytics.experiment_lift import VariantTotals, relative_lift
from analytics.experiment_overlap import InteractionVerdict, overlap
from analytics.experiment_units import UnitMetric, UnitPlan, read_out_units

TRUE_LIFT = 0.1
METRICS = (
    UnitMetric("plain", "spent"),
    UnitMetric("pre-period", "spent", value_before="spent_before"),
    UnitMetric("ratio", "spent", "sessions", "spent_before"),
)


@dataclass(frozen=True)
class Shares:
    """Over the worlds: p < .05 without an effect, and intervals that hold the true lift."""

    false_alarms: float
    coverage: float


def simulate_units(
    rng: np.random.Generator, *, n_users: int, lift: float = 0.0, variants: str = "AB"
) -> pd.DataFrame:
    """Users in turn to each variant, the first the control; skewed spending, correlation .7.

    Spending grows with the user's sessions, so that a ratio's parts go together.
    """
    first, second, third = rng.standard_normal((3, n_users))
    # Of two lognormals exp(s·z) with s = .8 and correlation r the correlation is
    # (exp(s²r) - 1) / (exp(s²) - 1), which is .7 at r = .7611.
    r = np.log1p(0.7 * np.expm1(0.64)) / 0.64
    spent = np.exp(0.8 * (r * first + np.sqrt(1 - r**2) * second))
    variant = np.array(list(variants))[np.arange(n_users) % len(variants)]
    return pd.DataFrame(
        {
            "user": np.arange(n_users),
            "variant": variant,
            "spent": spent * np.where(variant == variants[0], 1.0, 1.0 + lift),
            "spent_before": np.exp(0.8 * first),
            "sessions": 1.0 + rng.poisson(2.0 * np.exp(0.5 * second + 0.3 * third)),
            "visits": rng.poisson(3.0, n_users).astype(np.float64),
        }
    )


def coverage(*, n_worlds: int, seed: int, n_users: int = 1_000) -> dict[str, Shares]:
    """False alarms and coverage by kind of read-out, without an effect and with a lift of .1."""
    alarms: dict[str, list[bool]] = {}
    covered: dict[str, list[bool]] = {}
    for lift in (0.0, TRUE_LIFT):
        for i in range(n_worlds):
            rng = np.random.default_rng([seed, i, int(lift > 0)])
            units = simulate_units(rng, n_users=n_users, lift=lift)
            for kind, (low, high, p_value) in _answers(units).items():
                covered.setdefault(kind, []).append(low <= lift <= high)
                if lift == 0.0:
                    alarms.setdefault(kind, []).append(p_value < 0.05)
    return {
        kind: Shares(float(np.mean(alarms[kind])), float(np.mean(covered[kind]))) for kind in alarms
    }


def _answers(units: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    plan = UnitPlan("simulated", "A", shares={"A": 1.0, "B": 1.0})
    answers = {"sessions as users": _sessions_as_users(units)}
    for found in read_out_units(units, plan, metrics=METRICS):
        if found.lift_low is None or found.lift_high is None or found.p_value is None:
            answers[found.metric] = (-np.inf, np.inf, 1.0)
        else:
            answers[found.metric] = (found.lift_low, found.lift_high, found.p_value)
    return answers


def _sessions_as_users(units: pd.DataFrame) -> tuple[float, float, float]:
    """The mistake of treating every session as a user of its own."""
    sides = []
    for name in ("A", "B"):
        side = units[units["variant"] == name]
        rate = (side["spent"] / side["sessions"]).to_numpy()
        sides.append(np.repeat(rate, side["sessions"].to_numpy(np.int64)))
    control, treatment = sides
    test = stats.ttest_ind(treatment, control, equal_var=False)
    bounds = test.confidence_interval()
    return (
        float(bounds.low / control.mean()),
        float(bounds.high / control.mean()),
        float(test.pvalue),
    )


def simulate_overlap(
    rng: np.random.Generator, *, n_users: int, n_experiments: int = 2, interaction: float = 0.0
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Assignments, outcome and pre-period figure of users who are in every experiment.

    Each treatment adds .1; the first two together add `interaction` on top. Spending is skewed,
    with more noise under treatments.
    """
    first, second = rng.standard_normal((2, n_users))
    before = np.exp(0.6 * first)
    treated = rng.integers(0, 2, (n_users, n_experiments)).astype(bool)
    noise = np.exp(0.6 * second) * (1 + 0.3 * treated[:, 0])
    value = 1 + before + noise - noise[~treated[:, 0]].mean() * (1 + 0.3 * treated[:, 0])
    value += 0.1 * treated.sum(axis=1) + interaction * treated[:, :2].all(axis=1)
    users = pd.Index([f"u{i}" for i in range(n_users)])
    assignments = pd.DataFrame(
        {
            "user": np.tile(users, n_experiments),
            "experiment": np.repeat([f"e{i}" for i in range(n_experiments)], n_users),
            "variant": np.where(treated.T.ravel(), "B", "A"),
        }
    )
    return assignments, pd.Series(value, users), pd.Series(before, users)


def overlap_coverage(*, n_worlds: int, seed: int, n_users: int = 800) -> Shares:
    """False alarms (any of three pairs) and coverage of an interaction of .3."""
    alarms: list[bool] = []
    covered: list[bool] = []
    for i in range(n_worlds):
        rng = np.random.default_rng([seed, i])
        size = (0.0, 0.3)[i % 2]
        assignments, value, before = simulate_overlap(
            rng, n_users=n_users, n_experiments=3, interaction=size
        )
        controls = dict.fromkeys(("e0", "e1", "e2"), "A")
        found = overlap(assignments, value, controls=controls, before=before, min_users=50)
        one = found[0]
        covered.append(one.low is not None and one.high is not None and one.low <= size <= one.high)
        if size == 0.0:
            alarms.append(any(one.verdict is InteractionVerdict.INTERACTION for one in found))
    return Shares(float(np.mean(alarms)), float(np.mean(covered)))


def guardrail_shares(*, n_worlds: int, seed: int) -> tuple[float, float]:
    """How often a rate harmed by just its margin is said to be held, and to be broken."""
    rng, guardrail = np.random.default_rng(seed), Guardrail(0.05)
    readings = []
    for control, treatment in rng.binomial(20_000, [0.1, 0.095], size=(n_worlds, 2)):
        lift = relative_lift(
            VariantTotals("A", 20_000, float(control)), VariantTotals("B", 20_000, float(treatment))
        )
        readings.append(read_guardrail(guardrail, low=lift.low, high=lift.high))
    return (
        float(np.mean([one is GuardrailReading.HELD for one in readings])),
        float(np.mean([one is GuardrailReading.BROKEN for one in readings])),
    )
