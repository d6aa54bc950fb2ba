"""How fast is a scan of a whole catalogue, and how many of the links it declares are false?

    python -m benchmarks.scan [--seeds 50] [--workers 2] [--only speed discoveries]

Prints each measured figure beside its target. Discoveries are counted beside two ways of doing
without the scan: correlating everything with everything, and permuting without regard to how many
pairs were searched.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy.stats import t as student

from analytics.multiplicity import benjamini_hochberg
from analytics.scan import ScanResult, scan
from analytics.vocabulary import Verdict
from benchmarks.figures import Figure
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


def speed(options: argparse.Namespace) -> Iterator[Figure | str]:
    """Seconds for 200 metrics and 50 KPIs over two years, 14 leads, 15 lags."""
    targets = {"half steps": (0.5, 60.0), "steps only": (1.0, 60.0), "continuous only": (0.0, 5.0)}
    for name, (share, target) in targets.items():
        world = catalogue(1, n_metrics=200, n_kpis=50, step_share=share)
        started, worked = time.perf_counter(), _processor_seconds()
        run(world, seed=1, workers=options.workers)
        took, worked = time.perf_counter() - started, _processor_seconds() - worked
        label = f"{world.n_pairs:,} pairs, {name}, {options.workers} workers"
        yield Figure(f"{label}: seconds", took, target, True, 1)
        yield Figure(f"{label}: processor seconds / 2", worked / 2.0, target, True, 1)


def _processor_seconds() -> float:
    """Of this process and its ended children: what busy neighbours do not change."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def discoveries(options: argparse.Namespace) -> Iterator[Figure | str]:
    """False-discovery share and power of the scan and of doing without it."""
    found: dict[str, list[Found]] = {}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        world = catalogue(
            seed, n_metrics=options.metrics, n_kpis=options.kpis, links_per_kpi=options.links
        )
        for method, declared in _declared(world, seed=seed, workers=options.workers).items():
            for kind, names in _kinds(world).items():
                among = {pair for pair in declared if pair[0] in names}
                links = {pair for pair in world.links if pair[0] in names}
                found.setdefault(f"{method}{kind}", []).append(Found.of(among, links))
    for method, worlds in found.items():
        false, power = [w.false_share for w in worlds], [w.power for w in worlds]
        error = float(np.std(false, ddof=1) / np.sqrt(len(false))) if len(false) > 1 else np.nan
        if method == "scan":
            label = f"scan: false discoveries (± {error:.3f})"
            yield Figure(label, float(np.mean(false)), FALSE_SHARE, True, len(worlds))
        yield (
            f"{method:<45} {np.mean(false):6.3f} false (± {error:.3f}), "
            f"power {np.mean(power):.3f}, n={len(worlds)}"
        )


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
        "scan": _names(pairs[moves]),
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


SECTIONS: dict[str, Callable[[argparse.Namespace], Iterator[Figure | str]]] = {
    "speed": speed,
    "discoveries": discoveries,
}


def main() -> None:
    """Print the asked sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="catalogues to count discoveries in")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--metrics", type=int, default=60, help="metrics of such a catalogue")
    parser.add_argument("--kpis", type=int, default=20, help="KPIs of such a catalogue")
    parser.add_argument("--links", type=int, default=3, help="true links of each KPI")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS))
    options = parser.parse_args()
    for name in options.only:
        started = time.perf_counter()
        for figure in SECTIONS[name](options):
            print(figure, flush=True)
        print(f"  ({name}: {time.perf_counter() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
