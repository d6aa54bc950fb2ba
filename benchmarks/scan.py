"""How fast is a scan of a whole catalogue, and how many of the links it declares are false?

    python -m benchmarks.scan [--seeds 50] [--workers 2] [--only speed discoveries] [--json FILE]

One run prints the time of a full catalogue of 200 metrics and 50 KPIs, then the false-discovery
share and the power over many smaller catalogues, each figure with its 95 % band beside its target.
Discoveries are counted beside two ways of doing without the scan: correlating everything with
everything, and permuting without regard to how many pairs were searched.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy.stats import t as student

from analytics.multiplicity import benjamini_hochberg
from analytics.scan import ScanResult, scan
from analytics.vocabulary import Verdict
from benchmarks.figure_tables import write_json
from benchmarks.figures import OURS, Figure, mean
from benchmarks.processor_time import processor_seconds
from benchmarks.scan_worlds import CatalogueWorld, catalogue

MAX_LAG_DAYS = 14
FALSE_SHARE = 0.07
Pairs = Set[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """What one method declared in one world."""

    n_declared: int
    n_true: int
    n_links: int

    @classmethod
    def of(cls, declared: Pairs, links: Pairs) -> "Found":
        """Count what was declared against the true links."""
        return cls(len(declared), len(declared & links), len(links))

    @property
    def false_share(self) -> float:
        """Share of what was declared that is false; 0 when nothing was."""
        return (self.n_declared - self.n_true) / max(self.n_declared, 1)

    @property
    def power(self) -> float:
        """Share of the true links that were declared."""
        return self.n_true / max(self.n_links, 1)


def run(world: CatalogueWorld, *, seed: int, workers: int) -> ScanResult:
    """Scan the whole catalogue."""
    return scan(
        world.metrics,
        world.kpis,
        calendar=world.calendar,
        releases=world.releases,
        max_lag_days=MAX_LAG_DAYS,
        rng=np.random.default_rng([seed, 1]),
        workers=workers,
    )


def speed(options: argparse.Namespace) -> Iterator[Figure]:
    """Seconds for 200 metrics and 50 KPIs over two years, 14 leads, 15 lags."""
    targets = {"half steps": (0.5, 60.0), "steps only": (1.0, 60.0), "continuous only": (0.0, 5.0)}
    for name, (share, target) in targets.items():
        world = catalogue(1, n_metrics=200, n_kpis=50, step_share=share)
        started, worked = time.perf_counter(), processor_seconds()
        run(world, seed=1, workers=options.workers)
        took, worked = time.perf_counter() - started, processor_seconds() - worked
        label = f"{world.n_pairs:,} pairs, {name}, {options.workers} workers"
        yield Figure(f"{label}: seconds", took, target, True, 1)
        yield Figure(f"{label}: processor s / 2", worked / 2.0, target, True, 1)


def discoveries(options: argparse.Namespace) -> Iterator[Figure]:
    """False-discovery share and power of the scan and of doing without it."""
    found: dict[tuple[str, str], list[Found]] = {}
    for number in range(options.seeds):
        seed = options.first_seed + number
        world = catalogue(
            seed, n_metrics=options.metrics, n_kpis=options.kpis, links_per_kpi=options.links
        )
        for method, declared in _declared(world, seed=seed, workers=options.workers).items():
            for kind, names in _kinds(world).items():
                among = {pair for pair in declared if pair[0] in names}
                links = {pair for pair in world.links if pair[0] in names}
                found.setdefault((method, kind), []).append(Found.of(among, links))
        print(f"[{number + 1}/{options.seeds}] catalogues", file=sys.stderr, flush=True)
    for (method, kind), some in found.items():
        target = FALSE_SHARE if (method, kind) == (OURS, "") else None
        false = [one.false_share for one in some]
        yield mean(f"{_of(method)}{kind}: false discoveries", false, target, method=method)
        power = [one.power for one in some]
        yield mean(f"{_of(method)}{kind}: power", power, at_most=False, method=method)


def _of(method: str) -> str:
    return "scan" if method == OURS else method


def _kinds(world: CatalogueWorld) -> dict[str, Set[str]]:
    """All metrics, those that step at releases and those that move every day."""
    everything, steps = set(world.metrics.columns), set(world.releases)
    return {"": everything, ", steps": steps, ", continuous": everything - steps}


def _declared(world: CatalogueWorld, *, seed: int, workers: int) -> dict[str, Pairs]:
    """The pairs that each method says are links."""
    pairs = run(world, seed=seed, workers=workers).pairs
    moves = pairs["verdict"] == Verdict.MOVES
    alone = (pairs["p_value"] < 0.05) & (pairs["verdict"] != Verdict.CONFOUNDED)
    return {
        OURS: _names(pairs[moves]),
        "permutation, not adjusted": _names(pairs[alone]),
        "correlation + BH": _correlated(world),
    }


def _names(pairs: pd.DataFrame) -> Pairs:
    return set(zip(pairs["metric"], pairs["kpi"], strict=True))


def _correlated(world: CatalogueWorld) -> Pairs:
    """Pearson correlation of the levels at the best of 15 lags, Benjamini–Hochberg at 5 %."""
    metrics, kpis = world.metrics.to_numpy(), world.kpis.to_numpy()
    best = np.zeros((metrics.shape[1], kpis.shape[1]))
    for lag in range(MAX_LAG_DAYS + 1):
        best = np.maximum(best, np.abs(_correlation(metrics[: len(metrics) - lag], kpis[lag:])))
    dof = len(metrics) - 2
    statistic = best * np.sqrt(dof / (1.0 - best**2))
    q = benjamini_hochberg((2.0 * student.sf(statistic, dof)).ravel().tolist()).reshape(best.shape)
    return {
        (str(world.metrics.columns[row]), str(world.kpis.columns[column]))
        for row, column in np.argwhere(q < 0.05)
    }


def _correlation(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    size = np.outer(np.linalg.norm(left, axis=0), np.linalg.norm(right, axis=0))
    return np.asarray(left.T @ right / size)


SECTIONS: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
    "speed": speed,
    "discoveries": discoveries,
}


def main() -> int:
    """Print the asked sections; the exit code is 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=50, help="catalogues to count discoveries in")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--metrics", type=int, default=60, help="metrics of such a catalogue")
    parser.add_argument("--kpis", type=int, default=20, help="KPIs of such a catalogue")
    parser.add_argument("--links", type=int, default=3, help="true links of each KPI")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS))
    options = parser.parse_args()
    made: dict[str, list[Figure]] = {name: [] for name in options.only}
    for name in options.only:
        started = time.perf_counter()
        for figure in SECTIONS[name](options):
            made[name].append(figure)
            print(figure, flush=True)
        print(f"  ({name}: {time.perf_counter() - started:.0f} s)", flush=True)
    if options.json is not None:
        asked = {key: value for key, value in vars(options).items() if key != "json"}
        write_json(options.json, made, asked)
    return int(any(figure.reached is False for some in made.values() for figure in some))


if __name__ == "__main__":
    sys.exit(main())
