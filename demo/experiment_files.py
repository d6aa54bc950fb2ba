"""Which experiments tested recommender candidates, and what did they find?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from demo.orders import MEAN_PRICE
from demo.plan import FULL_ORDERS_PER_DAY
from demo.shop import Shop
from demo.tally import FileCount, write_bytes

FILE = "exports/experiments/experiments.csv"
N_EXPERIMENTS = 14
N_SHELVED = 4
BROKEN_SPLIT = 6
BROKEN_SHARE = 0.52
DAYS = 28
CONVERSION = 0.03
OFFLINE_SE = 0.004
ORDER_SPREAD = 0.6
GUARDRAIL = "response_ms"
"""Mean time of a user's answers from the recommender; reported since the later experiments."""
N_GUARDED = 6
GUARDRAIL_MARGIN = 0.03
RESPONSE_MS = 84.0
RESPONSE_SPREAD = 0.5
HARMED_BY = 0.09
UNHARMED_BY = 0.002


@dataclass(frozen=True)
class Experiment:
    """A test of one candidate. True changes are of the logarithm, of ndcg@10 and of value per user;
    `offline_delta` and `offline_se` are in the files' unit: ndcg@10 of the candidate less that of
    the version live at the start, `offline_level`."""

    name: str
    started_at: datetime
    true_offline_delta: float
    offline_level: float
    offline_delta: float
    offline_se: float
    true_lift: float
    share: float
    is_shipped: bool
    true_guardrail_change: float | None = None
    """Relative change of the guardrail metric; None where the experiment did not report it."""


def experiments(shop: Shop) -> list[Experiment]:
    """Ten tests before a release of what was tested, four of candidates left on the shelf."""
    rng = shop.plan.rng("experiments")
    releases = shop.releases
    gained = releases[(releases["model"] == "recommender") & releases["log_change"].notna()]
    tested = gained.iloc[2 :: max(1, len(gained) // (N_EXPERIMENTS - N_SHELVED))]
    wanted = [
        (row["released_at"].to_pydatetime() - timedelta(days=DAYS + 2), row["log_change"], True)
        for row in tested.head(N_EXPERIMENTS - N_SHELVED).to_dict("records")
    ]
    for _ in range(N_EXPERIMENTS - len(wanted)):
        day = int(rng.integers(40, shop.plan.n_days - DAYS - 10))
        wanted.append((shop.plan.at(day, time(0)), float(rng.normal(-0.015, 0.02)), False))
    live = shop.metric_series("recommender")
    found = []
    for number, (at, delta, is_shipped) in enumerate(sorted(wanted, key=lambda w: w[0])):
        level = float(live.loc[: pd.Timestamp(at.date())].iloc[-1])
        measured = delta + float(rng.normal(0.0, OFFLINE_SE))
        found.append(
            Experiment(
                name=f"rec-{number + 1:02d}",
                started_at=at.replace(hour=6, minute=0, second=0, microsecond=0),
                true_offline_delta=delta,
                offline_level=level,
                offline_delta=round(level * math.expm1(measured), 8),
                offline_se=round(level * math.exp(measured) * OFFLINE_SE, 8),
                true_lift=shop.plan.elasticity * delta,
                share=BROKEN_SHARE if number == BROKEN_SPLIT else 0.5,
                is_shipped=is_shipped,
            )
        )
    return _guarded(found)


def _guarded(tests: list[Experiment]) -> list[Experiment]:
    """The later experiments report the guardrail; the last of them left on the shelf harmed it."""
    unguarded, guarded = tests[:-N_GUARDED], tests[-N_GUARDED:]
    harmed = next((e for e in reversed(guarded) if not e.is_shipped), guarded[-1])
    return unguarded + [
        replace(e, true_guardrail_change=HARMED_BY if e is harmed else UNHARMED_BY) for e in guarded
    ]


def write_experiments(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes two rows, control and treatment, for each experiment and metric that it reports."""
    rng = shop.plan.rng("experiments/outcomes")
    of_guardrail = shop.plan.rng("experiments/guardrail")
    rows = []
    for test in experiments(shop):
        variants = _variants(rng, test)
        rows += [*variants, *_guardrail_rows(of_guardrail, test, variants)]
    table = pd.DataFrame(rows).astype({"conversions": "Int64"})
    write_bytes(folder, FILE, table.to_csv(index=False).encode())
    return [FileCount("experiments", FILE, len(rows))]


def _variants(rng: np.random.Generator, test: Experiment) -> list[dict[str, Any]]:
    everyone = round(FULL_ORDERS_PER_DAY * DAYS / CONVERSION * float(rng.uniform(0.95, 1.05)))
    treated = int(rng.binomial(everyone, test.share))
    ends = test.started_at + timedelta(days=DAYS)
    rows = []
    for variant, users in (("control", everyone - treated), ("treatment", treated)):
        is_control = variant == "control"
        lift = 1.0 if is_control else float(np.exp(test.true_lift))
        buyers = int(rng.binomial(users, CONVERSION * lift))
        values = 2.6 * MEAN_PRICE * rng.lognormal(-(ORDER_SPREAD**2) / 2, ORDER_SPREAD, buyers)
        rows.append(
            {
                "experiment": test.name,
                "model": "recommender",
                "variant": variant,
                "is_control": str(is_control).lower(),
                "started_at": test.started_at.isoformat(),
                "ended_at": ends.isoformat(),
                "metric": "revenue",
                "users": users,
                "expected_share": 0.5,
                "conversions": buyers,
                "value_sum": round(float(values.sum()), 2),
                "value_sum_squares": round(float((values**2).sum()), 2),
                "offline_metric": "ndcg_at_10",
                "offline_delta": 0.0 if is_control else test.offline_delta,
                "offline_se": 0.0 if is_control else test.offline_se,
            }
        )
    return rows


def _guardrail_rows(
    rng: np.random.Generator, test: Experiment, variants: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The same users' mean response time; no offline gain stands beside what is to be spared."""
    if test.true_guardrail_change is None:
        return []
    rows = []
    for of_revenue in variants:
        is_control = of_revenue["is_control"] == "true"
        mean = RESPONSE_MS * (1 if is_control else 1 + test.true_guardrail_change)
        spread = -(RESPONSE_SPREAD**2) / 2
        times = mean * rng.lognormal(spread, RESPONSE_SPREAD, of_revenue["users"])
        rows.append(
            {
                **of_revenue,
                "metric": GUARDRAIL,
                "conversions": None,
                "value_sum": round(float(times.sum()), 2),
                "value_sum_squares": round(float((times**2).sum()), 2),
                "offline_metric": None,
                "offline_delta": None,
                "offline_se": None,
            }
        )
    return rows
