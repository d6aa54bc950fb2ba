"""How often is the analysis of one release right, beside what people usually do?

    python -m benchmarks.release --worlds 300 [--seed 1] [--only "no effect" ...]

Every world is a shop of `benchmarks.link_worlds` with one release. Each figure stands beside the
same figure of a before/after t-test and of least squares with Newey-West (HAC) errors on the same
worlds, and beside the target where there is one.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from scipy import stats

from analytics.controls import control_columns, orthonormal
from analytics.kpi_data import assemble_kpi
from analytics.release import ReleaseImpact, release_impact
from analytics.vocabulary import Verdict
from benchmarks import causal_impact
from benchmarks import link_worlds as worlds
from benchmarks.release_worlds import Answer, ReleaseWorld, release_world

FloatArray = npt.NDArray[np.float64]
HAC_LAGS = 14
RAMP_DAYS = 7


def ours(world: ReleaseWorld, *, donut_days: int = 7) -> ReleaseImpact:
    """The answer of `release_impact`."""
    return release_impact(
        world.kpi, released_at=world.released_at, calendar=world.calendar, donut_days=donut_days
    )


def before_after(world: ReleaseWorld) -> Answer:
    """Welch's t-test of the log KPI before and after."""
    log_kpi = np.log(world.kpi.to_numpy(dtype=np.float64))
    test = stats.ttest_ind(log_kpi[world.released :], log_kpi[: world.released], equal_var=False)
    interval = test.confidence_interval(0.95)
    return Answer(float(interval.low), float(interval.high), bool(test.pvalue < 0.05))


def hac(world: ReleaseWorld) -> Answer:
    """Least squares on the same controls with Newey-West errors over two weeks."""
    data = assemble_kpi(world.kpi, world.calendar)
    basis = orthonormal(control_columns(data))
    step = (np.arange(data.n) >= world.released).astype(np.float64)
    step = step - basis @ (basis.T @ step)
    y = data.y - basis @ (basis.T @ data.y)
    effect = float(step @ y / (step @ step))
    score = step * (y - effect * step)
    variance = float(score @ score)
    for lag in range(1, HAC_LAGS + 1):
        variance += 2.0 * (1.0 - lag / (HAC_LAGS + 1)) * float(score[lag:] @ score[:-lag])
    half = 1.96 * float(np.sqrt(max(variance, 0.0))) / float(step @ step)
    return Answer(effect - half, effect + half, abs(effect) > half)


def _of(result: ReleaseImpact) -> Answer:
    return Answer(*result.interval, result.verdict == Verdict.MOVES)


METHODS: dict[str, Callable[[ReleaseWorld], Answer]] = {
    "release_impact": lambda world: _of(ours(world)),
    "plain step (donut_days=0)": lambda world: _of(ours(world, donut_days=0)),
    "before/after t-test": before_after,
    "OLS + HAC": hac,
}
NOISES = {**worlds.USUAL, **worlds.STRESS}


@dataclass(frozen=True)
class Rates:
    """What one method reached on one family of worlds."""

    moves: float
    covers: float
    width: float


def run(
    family: str,
    noise: worlds.Noise,
    *,
    effect: float,
    ramp_days: int,
    n_worlds: int,
    seed: int,
    methods: tuple[str, ...] = tuple(METHODS),
) -> dict[str, Rates]:
    """Ask each method about the same worlds; seeds depend on the family's name."""
    told = answers(
        family,
        noise,
        effect=effect,
        ramp_days=ramp_days,
        numbers=range(n_worlds),
        seed=seed,
        methods=methods,
    )
    return {
        name: Rates(
            *np.mean([(a.moves, a.covers(effect), a.high - a.low) for a in some], axis=0).tolist()
        )
        for name, some in told.items()
    }


def answers(
    family: str,
    noise: worlds.Noise,
    *,
    effect: float,
    ramp_days: int,
    numbers: Iterable[int],
    seed: int,
    methods: tuple[str, ...],
) -> dict[str, list[Answer]]:
    """Each method's answers on the worlds of these numbers; CausalImpact may be among them."""
    known = METHODS | causal_impact.METHODS
    told: dict[str, list[Answer]] = {name: [] for name in methods}
    for number in numbers:
        rng = np.random.default_rng([seed, number, *family.encode()])
        world = release_world(rng, noise, effect=effect, ramp_days=ramp_days)
        for name in methods:
            told[name].append(known[name](world))
    return told


SECTIONS = {
    "no effect": (0.0, 0),
    "step of 10 %": (0.1, 0),
    "step of 10 % with a 7-day ramp": (0.1, RAMP_DAYS),
    "step of 30 % with a 7-day ramp": (0.3, RAMP_DAYS),
}


def report(section: str, n_worlds: int, seed: int) -> Iterator[str]:
    """Lines of one section: each family, then the usual and the awkward ones pooled."""
    effect, ramp_days = SECTIONS[section]
    moved = "false" if effect == 0.0 else "power"
    yield f"{section}: {moved} moves / coverage / width of the interval, {n_worlds} worlds each"
    yield " " * 26 + "".join(f"{name:>28}" for name in METHODS)
    found: dict[str, dict[str, Rates]] = {}
    for family, noise in NOISES.items():
        found[family] = run(
            f"{section}: {family}",
            noise,
            effect=effect,
            ramp_days=ramp_days,
            n_worlds=n_worlds,
            seed=seed,
        )
        yield _line(family, found[family])
    for name, members in (("usual, pooled", worlds.USUAL), ("awkward, pooled", worlds.STRESS)):
        yield _line(name, {each: _pool(found, members, each) for each in METHODS})
    best = _pool(found, worlds.USUAL, "release_impact")
    if effect == 0.0:
        yield f"  target, usual: false moves <= .07: {_mark(best.moves <= 0.07)}"
    yield f"  target, usual: coverage >= .92: {_mark(best.covers >= 0.92)}"


def _pool(found: dict[str, dict[str, Rates]], members: dict[str, worlds.Noise], name: str) -> Rates:
    rows = [found[family][name] for family in members]
    return Rates(*np.mean([(row.moves, row.covers, row.width) for row in rows], axis=0).tolist())


def _line(name: str, rates: dict[str, Rates]) -> str:
    cells = (
        f"{each.moves:10.3f} / {each.covers:.3f} / {each.width:.3f}" for each in rates.values()
    )
    return f"  {name:<24}" + "".join(f"{cell:>28}" for cell in cells)


def _mark(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def main() -> None:
    """Print the asked sections and the time of one analysis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300, help="worlds a family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS))
    options = parser.parse_args()
    for section in options.only:
        for line in report(section, options.worlds, options.seed):
            print(line, flush=True)
    world = release_world(np.random.default_rng(options.seed), worlds.white, effect=0.1)
    started = time.perf_counter()
    for _ in range(10):
        ours(world)
    print(f"one release of {len(world.kpi)} days: {(time.perf_counter() - started) / 10:.3f} s")


if __name__ == "__main__":
    main()
