"""Which training runs stand behind the releases, and which came to nothing?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from demo.plan import ShopPlan
from demo.release_plan import DATASET, PRIMARY_METRIC
from demo.shop import Shop

FINISHED, FAILED, RUNNING = 3, 4, 1
N_CANDIDATES = 7
N_FAILED = 3
EXPERIMENT_IDS = {
    "recommender": "318204957716402351",
    "search_ranker": "557310298844120967",
    "fraud": "846612035590377214",
}
USERS = ("mara.lindqvist", "jonas.becker", "priya.nair")


@dataclass(frozen=True)
class Run:
    """A training run: parameters, final metrics and the course of the training loss."""

    model: str
    run_id: str
    run_name: str
    status: int
    started_at: datetime
    ended_at: datetime | None
    user: str
    commit: str
    params: dict[str, str]
    metrics: dict[str, float]
    loss: list[float] = field(default_factory=list)


def runs(shop: Shop) -> list[Run]:
    """One finished run for every matched model release, and candidates, failed and running ones."""
    found: list[Run] = []
    for model in PRIMARY_METRIC:
        rng = shop.plan.rng(f"runs/{model}")
        found += _released_runs(shop, model, rng)
        found += _unreleased_runs(shop, model, rng)
    return found


def _released_runs(shop: Shop, model: str, rng: np.random.Generator) -> Iterator[Run]:
    releases = shop.releases
    rows = releases[(releases["model"] == model) & releases["is_matched"]]
    second = 0.0
    for row in rows.to_dict("records"):
        change = row["log_change"]
        if np.isfinite(change) and change != 0.0:
            second += 0.6 * change + rng.normal(0.0, 0.012)
        ended = row["released_at"].to_pydatetime() - timedelta(hours=float(rng.uniform(20, 90)))
        yield _run(
            shop.plan, model, rng, ended,
            run_id=row["run_id"], name=f"{model}-{row['version']}", value=row["metric_after"],
            second=second,
        )  # fmt: skip


def _unreleased_runs(shop: Shop, model: str, rng: np.random.Generator) -> Iterator[Run]:
    """Candidates that stayed on the shelf, failed runs with tempting values, one still running."""
    plan = shop.plan
    live = shop.metric_series(model)
    kinds = [FINISHED] * N_CANDIDATES + [FAILED] * N_FAILED + [RUNNING]
    for number, status in enumerate(kinds):
        day = int(rng.integers(30, plan.n_days - 10)) if status != RUNNING else plan.n_days - 1
        ended = plan.at(day, shop.moments.data_ends_at.time()) - timedelta(minutes=25)
        gain = 0.2 if status != FINISHED else float(rng.normal(-0.02, 0.02))
        yield _run(
            plan, model, rng, ended,
            run_id=rng.bytes(16).hex(), name=f"{model}-candidate-{number + 1}",
            value=min(round(float(live.iloc[day]) * float(np.exp(gain)), 6), 0.999),
            second=gain, status=status,
        )  # fmt: skip


def _run(
    plan: ShopPlan, model: str, rng: np.random.Generator, ended: datetime, *,
    run_id: str, name: str, value: float, second: float, status: int = FINISHED,
) -> Run:  # fmt: skip
    hours = float(rng.uniform(0.6, 5.0))
    loss = _loss_course(plan, rng, diverges=status == FAILED)
    return Run(
        model=model,
        run_id=run_id,
        run_name=name,
        status=status,
        started_at=ended - timedelta(hours=hours),
        ended_at=None if status == RUNNING else ended,
        user=USERS[int(rng.integers(0, len(USERS)))],
        commit=rng.bytes(20).hex(),
        params={
            "model": model,
            "dataset": DATASET[model],
            "learning_rate": f"{float(rng.choice([0.001, 0.002, 0.003, 0.005])):g}",
            "embedding_dim": str(int(rng.choice([64, 96, 128, 192]))),
            "negatives": str(int(rng.choice([50, 100, 200]))),
            "seed": str(int(rng.integers(1, 1000))),
        },
        metrics={PRIMARY_METRIC[model]: value, **_side_metrics(model, rng, second)},
        loss=loss[: len(loss) // 2] if status == RUNNING else loss,
    )


def _side_metrics(model: str, rng: np.random.Generator, second: float) -> dict[str, float]:
    """Metrics beside the primary one; `second` is the log change of the first since the start."""
    if model == "fraud":
        return {
            "log_loss": round(0.21 * float(np.exp(-second)), 6),
            "recall_at_fpr_001": round(float(rng.uniform(0.42, 0.58)), 6),
        }
    recall = round(0.338 * float(np.exp(second)), 6)
    return {"recall_at_20": recall, "coverage": round(float(rng.uniform(0.55, 0.75)), 6)}


def _loss_course(plan: ShopPlan, rng: np.random.Generator, *, diverges: bool) -> list[float]:
    """Training loss by step; a diverging one ends in values that are no numbers."""
    steps = np.arange(plan.training_steps)
    loss = 0.35 + 0.6 * np.exp(-steps / (plan.training_steps / 6))
    loss *= np.exp(rng.normal(0.0, 0.02, len(steps)))
    if diverges:
        loss[-3:] = np.nan
    return [float(v) for v in loss.round(5)]
