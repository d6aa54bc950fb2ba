"""Which version of which model or service went live when, and what was its offline metric?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo.plan import Moments, ShopPlan

PRIMARY_METRIC = {"recommender": "ndcg_at_10", "search_ranker": "ndcg_at_10", "fraud": "auc"}
FIRST_VALUE = {"recommender": 0.262, "search_ranker": 0.412, "fraud": 0.79}
DATASET = {
    "recommender": "baskets-holdout-2024q3",
    "search_ranker": "search-judgements-v4",
    "fraud": "chargebacks-2024",
}
MAX_VALUE = 0.985
REACTION = 1.0
REACTION_NOISE_SD = 0.006
REACTION_BASE = 0.008


@dataclass(frozen=True)
class Release:
    """One row of the release list. Models carry a run and an offline value, services do not."""

    kind: str
    model: str
    version: str
    released_at: datetime
    run_id: str | None = None
    metric_before: float | None = None
    metric_after: float | None = None
    is_rollback: bool = False
    is_matched: bool = True
    note: str = ""


def release_days(
    rng: np.random.Generator, plan: ShopPlan, count: int, *, taken: set[int]
) -> list[int]:
    """Numbers of `count` days, Monday to Thursday, jittered around an even spacing."""
    grid = np.linspace(42, plan.n_days - 28, count)
    jitter = rng.uniform(-0.28, 0.28, count) * (grid[1] - grid[0])
    days: list[int] = []
    for wanted in np.round(grid + jitter).astype(int):
        day = int(wanted)
        while plan.day(day).weekday() > 3 or day in taken or day in days:
            day += 1
        days.append(day)
    return sorted(days)


def recommender_gains(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Log changes of ndcg@10: about 60 % gains, a sixth exactly zero, the rest losses."""
    n_zero, n_loss = round(count / 6), round(count * 7 / 30)
    gains = np.clip(rng.normal(0.034, 0.014, count - n_zero - n_loss), 0.006, 0.07)
    losses = -np.clip(rng.normal(0.027, 0.010, n_loss), 0.006, 0.05)
    return rng.permutation(np.concatenate([gains, losses, np.zeros(n_zero)]))


def fraud_gains(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Log changes of AUC: mostly gains, a few losses, an eighth exactly zero."""
    n_zero, n_loss = round(count / 8), round(count / 5)
    gains = np.clip(rng.normal(0.018, 0.007, count - n_zero - n_loss), 0.004, 0.035)
    losses = -np.clip(rng.normal(0.016, 0.005, n_loss), 0.004, 0.03)
    return rng.permutation(np.concatenate([gains, losses, np.zeros(n_zero)]))


def search_ranker_gains(
    rng: np.random.Generator, days: list[int], adjusted_log_revenue: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Log changes that answer the revenue before them (reverse causality).

    Each is a base, plus the mean adjusted log revenue of the seven days before the release minus
    that of the seven days before those, plus small noise.
    """
    y = adjusted_log_revenue
    moved = np.array([y[d - 7 : d].mean() - y[d - 14 : d - 7].mean() for d in days])
    noise = rng.normal(0.0, REACTION_NOISE_SD, len(days))
    return REACTION_BASE + REACTION * moved + noise


def offline_values(model: str, log_changes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The metric of the first version and after each release, as logged (six digits)."""
    values = [FIRST_VALUE[model]]
    for change in log_changes:
        values.append(round(min(values[-1] * float(np.exp(change)), MAX_VALUE), 6))
    return np.array(values)


def live_series(
    days: list[int], values: npt.NDArray[np.float64], n_days: int
) -> npt.NDArray[np.float64]:
    """Value of the version that is live on each day; a release counts from its own day."""
    return values[np.searchsorted(np.array(days), np.arange(n_days), side="right")]


def model_releases(
    plan: ShopPlan, model: str, days: list[int], values: npt.NDArray[np.float64]
) -> list[Release]:
    """The releases of a model, the first one 26 days before the plan begins."""
    rng = plan.rng(f"releases/{model}")
    minor, patch = 0, 0
    released: list[Release] = []
    for number, day in enumerate([-26, *days]):
        after = float(values[number])
        before = float(values[number - 1]) if number else None
        if number:
            minor, patch = (minor, patch + 1) if before == after else (minor + 1, 0)
        clock = time(int(rng.integers(7, 10)), int(rng.integers(0, 60)))
        note = "retrained, same evaluation" if before == after else ""
        released.append(
            Release(
                kind="model",
                model=model,
                version=f"1.{minor}.{patch}",
                released_at=plan.at(day, clock),
                run_id=rng.bytes(16).hex(),
                metric_before=before,
                metric_after=after,
                note=note,
            )
        )
    return released


def with_unmatched(plan: ShopPlan, released: list[Release]) -> list[Release]:
    """Adds a release whose run is in no store, between the middle one and the next.

    Its model did not change for better or worse: the value of the version before it stays true.
    """
    middle = len(released) // 2
    before, after = released[middle], released[middle + 1]
    at = before.released_at + (after.released_at - before.released_at) / 2
    while at.weekday() > 3:
        at += timedelta(days=1)
    extra = Release(
        kind="model",
        model=before.model,
        version=f"{before.version}-hotfix",
        released_at=at.replace(hour=8, minute=30, second=0, microsecond=0),
        run_id=plan.rng("releases/unmatched").bytes(16).hex(),
        metric_before=before.metric_after,
        metric_after=before.metric_after,
        is_matched=False,
        note="built by hand from the hotfix branch",
    )
    return [*released[: middle + 1], extra, *released[middle + 1 :]]


def service_releases(plan: ShopPlan, moments: Moments) -> list[Release]:
    """Deployments of the four services, with the bad one, its rollback and the cut list."""
    counts = {"recommender-api": 20, "search-api": 13, "fraud-api": 9, "shop-frontend": 24}
    major = {"recommender-api": 2, "search-api": 4, "fraud-api": 1, "shop-frontend": 7}
    released: list[Release] = []
    for service, count in counts.items():
        rng = plan.rng(f"releases/{service}")
        planted = _planted_deployments(service, moments)
        near = {plan.index(at.date()) + shift for at, _ in planted for shift in range(-4, 8)}
        days = [-19, *(d for d in release_days(rng, plan, count, taken=set()) if d not in near)]
        ordinary = [(plan.at(d, time(int(rng.integers(9, 16)), 30)), "") for d in days]
        released += _numbered(service, major[service], sorted(ordinary + planted))
    return released


def _planted_deployments(service: str, moments: Moments) -> list[tuple[datetime, str]]:
    if service == "recommender-api":
        repaired = moments.rollback_at + timedelta(days=6, hours=-5)
        return [
            (moments.bad_deploy_at, "new candidate mixer"),
            (moments.rollback_at, "rollback: errors and slow answers"),
            (repaired, "candidate mixer, repaired"),
        ]
    if service == "shop-frontend":
        return [(moments.rendered_cut_at, "compact recommendation strip")]
    return []


def _numbered(service: str, major: int, deployments: list[tuple[datetime, str]]) -> list[Release]:
    released: list[Release] = []
    minor = 0
    for at, note in deployments:
        is_rollback = note.startswith("rollback")
        if is_rollback:
            version = released[-2].version
        else:
            version = f"{major}.{minor}.0"
            minor += 1
        released.append(
            Release("service", service, version, at, is_rollback=is_rollback, note=note)
        )
    return released


def release_frame(released: list[Release]) -> pd.DataFrame:
    """One row per release in order of time; `released_at` in the shop's zone."""
    rows = sorted(released, key=lambda r: (r.released_at.timestamp(), r.model))
    frame = pd.DataFrame([vars(r) for r in rows])
    frame["released_at"] = pd.to_datetime(
        [r.released_at.timestamp() for r in rows], unit="s", utc=True
    ).tz_convert(str(rows[0].released_at.tzinfo))
    frame["released_on"] = frame["released_at"].dt.tz_localize(None).dt.normalize()
    frame["log_change"] = np.log(frame["metric_after"] / frame["metric_before"])
    frame["environment"] = "production"
    return frame
