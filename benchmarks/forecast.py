"""Do forecasts hold what their intervals promise, and do they beat last week repeated?

    python -m benchmarks.forecast --worlds 300 [--seed 1]

One forecast to the end of the month at a random day in each world of `benchmarks.link_worlds`,
then a rolling-origin back-test of single shops, then delivery forecasts on simulated teams.
"""

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from analytics.forecast import LEVELS, delivery_forecast, period_after, to_period_end
from analytics.forecast_back_test import back_test, seasonal_naive
from benchmarks import link_worlds as worlds

PATHS = 1000
HORIZON_DAYS = 62


@dataclass(frozen=True)
class Quality:
    """Coverage at 50, 80 and 95 %, and error beside the seasonal naive forecast's."""

    name: str
    coverage: tuple[float, ...]
    error: float
    naive_error: float
    n: int

    def __str__(self) -> str:
        covered = " / ".join(f"{share:.3f}" for share in self.coverage)
        return (
            f"  {self.name:<34} coverage at 50/80/95 %: {covered}   error {self.error:6.2%}   "
            f"seasonal naive {self.naive_error:6.2%}   n={self.n}"
        )


def forecasts(family: str, noise: worlds.Noise, *, n_worlds: int, seed: int) -> Quality:
    """One forecast a world, at a random day; errors are shares of the days to come."""
    covered, errors, naive_errors = [], [], []
    for number in range(n_worlds):
        rng = np.random.default_rng([seed, number, *family.encode()])
        n = worlds.span(rng, low=150)
        base = worlds.shop(rng, noise, n=n + HORIZON_DAYS)
        kpi = pd.Series(np.exp(base.log_kpi), base.days)
        calendar = pd.DataFrame({"promotion": base.promotion}, index=base.days)
        made = to_period_end(kpi[:n], calendar=calendar, rng=rng, n_paths=PATHS)
        period = period_after(kpi[:n], "month")
        assert period is not None
        coming = period[period > base.days[n - 1]]
        left = float(kpi[coming].sum())
        actual = made.so_far + left
        covered.append([low <= actual <= high for low, high in made.intervals.values()])
        errors.append(abs(made.expected - actual) / left)
        naive_errors.append(abs(seasonal_naive(kpi[:n], coming) - left) / left)
    return Quality(
        family,
        tuple(np.mean(covered, axis=0).tolist()),
        float(np.mean(errors)),
        float(np.mean(naive_errors)),
        n_worlds,
    )


def back_tests(n_shops: int, seed: int) -> Iterator[Quality]:
    """Two years of a shop, the last twelve months forecast at three days each; pooled."""
    for family, noise in worlds.USUAL.items():
        rows = []
        for number in range(n_shops):
            rng = np.random.default_rng([seed, number, *f"back test {family}".encode()])
            base = worlds.shop(rng, noise, n=730)
            kpi = pd.Series(np.exp(base.log_kpi), base.days)
            calendar = pd.DataFrame({"promotion": base.promotion}, index=base.days)
            rows.append(back_test(kpi, calendar=calendar, rng=rng, n_paths=PATHS))
        yield Quality(
            f"back-test, {family}",
            tuple(float(np.mean([row.coverage[level] for row in rows])) for level in LEVELS),
            float(np.mean([row.error for row in rows])),
            float(np.mean([row.naive_error for row in rows])),
            sum(row.n for row in rows),
        )


def deliveries(n_worlds: int, seed: int) -> Iterator[str]:
    """Teams of 8 to 40 past weeks: how often was the promise at each certainty kept?"""
    kept: dict[float, list[tuple[bool, bool]]] = {0.5: [], 0.85: [], 0.95: []}
    for number in range(n_worlds):
        rng = np.random.default_rng([seed, number, *b"delivery"])
        pace, spread = float(rng.uniform(2.0, 12.0)), float(rng.uniform(1.0, 6.0))
        weeks = rng.negative_binomial(spread, spread / (spread + pace), 400).astype(float)
        past, coming = pd.Series(weeks[: int(rng.integers(8, 41))]), weeks[40:]
        if not past.any():
            continue
        remaining, ahead = int(rng.integers(10, 120)), int(rng.integers(2, 13))
        took = int(np.searchsorted(np.cumsum(coming), remaining)) + 1
        when = delivery_forecast(past, remaining=remaining, rng=rng, n_paths=2000)
        how_many = delivery_forecast(past, weeks=ahead, rng=rng, n_paths=2000)
        for share, pairs in kept.items():
            by, items = when.at[share], how_many.at[share]
            pairs.append((by is None or took <= by, coming[:ahead].sum() >= (items or 0)))
    for share, pairs in kept.items():
        done, many = np.mean(pairs, axis=0)
        yield (
            f"  delivery at {share:.0%}: done in time {done:.3f}, items reached {many:.3f}   "
            f"n={len(pairs)}"
        )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300, help="worlds a family")
    parser.add_argument("--shops", type=int, default=10, help="shops back-tested a family")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("end of the month, one random day a world (error: share of the days to come)")
    for family, noise in {**worlds.USUAL, **worlds.STRESS}.items():
        print(forecasts(family, noise, n_worlds=options.worlds, seed=options.seed), flush=True)
    print("rolling origin (error: share of the whole month)")
    for line in back_tests(options.shops, options.seed):
        print(line, flush=True)
    print("delivery")
    for text in deliveries(10 * options.worlds, options.seed):
        print(text, flush=True)
    rng = np.random.default_rng(options.seed)
    base = worlds.shop(rng, worlds.white, n=730)
    started = time.perf_counter()
    to_period_end(pd.Series(np.exp(base.log_kpi), base.days), rng=rng)
    print(f"one forecast from 730 days: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
