"""How often is the hub right, beside what people would use instead on the same worlds?

    python -m benchmarks.statistics --worlds 300 --seed 1 [--families step_nulls,reverse]
        [--workers 2] [--json figures.json]

Simulates worlds with known truth, asks every method, and prints each figure with a 95 % band
beside its target, then the same figures of all methods. One seed gives the same figures with any
number of workers; only durations differ. `benchmarks.scan` does the same for whole catalogues.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from benchmarks import causal_impact, experiments, figure_tables
from benchmarks import link_worlds as worlds
from benchmarks.experiment_figures import (
    AIMED_FAMILIES,
    ExperimentScore,
    experiment_figures,
    score_experiments,
)
from benchmarks.figures import Figure
from benchmarks.link import ask
from benchmarks.link_families import Group, families
from benchmarks.link_figures import family_figures, link_figures
from benchmarks.link_scores import Score, score_worlds
from benchmarks.processor_time import processor_seconds
from benchmarks.release import NOISES
from benchmarks.release_figures import SECTIONS, ReleaseScore, release_figures, score_releases

CHUNK = 25
RELEASE, EXPERIMENTS, ONE_PAIR = "one_release", "experiments", "one_pair"
GROUPS = {group.name.lower(): group for group in Group}
CHOICES = (*GROUPS, RELEASE, EXPERIMENTS, ONE_PAIR)
ONE_PAIR_SECONDS = 0.10
Scores = list[Score] | list[ReleaseScore] | list[ExperimentScore]


@dataclass(frozen=True)
class Plan:
    """What is asked of a run. Slow methods see only the first `slow_worlds` of each family."""

    worlds: int
    seed: int
    chosen: frozenset[str] = frozenset(CHOICES)
    rival_worlds: int | None = None
    slow_worlds: int = 15


@dataclass(frozen=True)
class Job:
    """A piece of a run that one process does: some worlds of one family."""

    kind: str
    name: str
    part: str
    start: int
    stop: int
    plan: Plan


@dataclass
class Told:
    """What the jobs brought, by kind."""

    links: list[Score] = field(default_factory=list)
    releases: list[ReleaseScore] = field(default_factory=list)
    experiments: list[ExperimentScore] = field(default_factory=list)


def jobs(plan: Plan) -> Iterator[Job]:
    """All jobs of a run, the long ones first."""
    chunks = [(start, min(start + CHUNK, plan.worlds)) for start in range(0, plan.worlds, CHUNK)]
    if RELEASE in plan.chosen:
        for noise in NOISES:
            for section in SECTIONS:
                yield from (Job(RELEASE, section, noise, *chunk, plan) for chunk in chunks)
    if EXPERIMENTS in plan.chosen:
        for method in experiments.METHODS:
            for aimed in AIMED_FAMILIES:
                yield Job(EXPERIMENTS, method, aimed, 0, plan.worlds, plan)
    for family in families().values():
        if family.group.name.lower() in plan.chosen:
            yield from (Job("link", family.name, "", *chunk, plan) for chunk in chunks)


def work(job: Job) -> Scores:
    """Do one job."""
    numbers, plan = range(job.start, job.stop), job.plan
    if job.kind == RELEASE:
        return score_releases(
            job.name, job.part, numbers, seed=plan.seed, slow_worlds=plan.slow_worlds
        )
    if job.kind == EXPERIMENTS:
        return [score_experiments(job.name, job.part, n_worlds=job.stop, seed=plan.seed)]
    rivals = plan.worlds if plan.rival_worlds is None else plan.rival_worlds
    return score_worlds(families()[job.name], numbers, seed=plan.seed, rival_worlds=rivals)


def run(
    plan: Plan, *, workers: int = 1, progress: Callable[[str], None] | None = None
) -> dict[str, list[Figure]]:
    """All figures of a plan by section: `links`, `families`, `releases`, `experiments`."""
    waiting = list(jobs(plan))
    found: dict[int, Scores] = {}
    started = time.perf_counter()
    for number, scores in _finished(waiting, workers):
        found[number] = scores
        if progress is not None:
            progress(_progress(len(found), waiting, number, time.perf_counter() - started))
    told = Told()
    for number in range(len(waiting)):  # in the order of the plan, whoever finished first
        for score in found[number]:
            _keep(told, score)
    groups = {name: family.group for name, family in families().items()}
    return {
        "links": link_figures(told.links, groups) + _one_pair(plan),
        "families": family_figures(told.links),
        "releases": release_figures(told.releases),
        "experiments": experiment_figures(told.experiments),
    }


def _finished(waiting: list[Job], workers: int) -> Iterator[tuple[int, Scores]]:
    if workers <= 1:
        yield from ((number, work(job)) for number, job in enumerate(waiting))
        return
    with ProcessPoolExecutor(workers) as pool:
        futures = {pool.submit(work, job): number for number, job in enumerate(waiting)}
        for done in as_completed(futures):
            yield futures[done], done.result()


def _keep(told: Told, score: Score | ReleaseScore | ExperimentScore) -> None:
    if isinstance(score, Score):
        told.links.append(score)
    elif isinstance(score, ReleaseScore):
        told.releases.append(score)
    else:
        told.experiments.append(score)


def _progress(done: int, waiting: list[Job], number: int, seconds: float) -> str:
    left = seconds / done * (len(waiting) - done)
    job = waiting[number]
    what = ", ".join(part for part in (job.kind, job.name, job.part) if part)
    return f"[{done}/{len(waiting)}] {seconds:.0f} s, about {left:.0f} s left: {what}"


def _one_pair(plan: Plan) -> list[Figure]:
    """Seconds for one pair of two years and 30 releases; a busy machine slows only the first."""
    if ONE_PAIR not in plan.chosen:
        return []
    rng = np.random.default_rng(plan.seed)
    at = worlds.release_days(rng, 730, count=30)
    step = worlds.world(rng, worlds.shop(rng, worlds.white, n=730), at, worlds.gains(rng, 30))
    pairs = {"step": step, "continuous": worlds.continuous(rng, worlds.white, worlds.white)}
    made = []
    for kind, truth in pairs.items():
        ask(truth, [plan.seed])
        for name, clock in (("seconds", time.perf_counter), ("processor s", time.process_time)):
            started = clock()
            for number in range(10):
                ask(truth, [plan.seed, number])
            took = (clock() - started) / 10.0
            made.append(Figure(f"one pair, {kind}: {name}", took, ONE_PAIR_SECONDS, True, 10))
    return made


TITLES = {
    "links": "One metric and one KPI",
    "families": "Every family of such worlds",
    "releases": "One release",
    "experiments": "Across experiments",
}


def show(found: dict[str, list[Figure]], plan: Plan) -> Iterator[str]:
    """The report: figures with targets first, then all methods beside one another."""
    yield f"{plan.worlds} worlds a family, seed {plan.seed}."
    yield "Bands are 95 %: Clopper and Pearson's of a share, normal of a mean."
    for section in ("links", "releases", "experiments"):
        if found[section]:
            yield f"\n{TITLES[section]}: measured, band, target"
            yield from figure_tables.target_lines(found[section])
    for section, some in found.items():
        if some:
            yield f"\n{TITLES[section]}: all methods on the same worlds"
            yield from figure_tables.beside_lines(some)
    if found["releases"] and not causal_impact.is_installed():
        yield f"\n{causal_impact.MISSING}"


def missed(found: dict[str, list[Figure]]) -> list[Figure]:
    """The figures that did not reach their target."""
    return [figure for some in found.values() for figure in some if figure.reached is False]


def main() -> int:
    """Print the report; the exit code is 1 when a target is missed."""
    options = _options()
    plan = Plan(
        options.worlds, options.seed, options.families, options.rival_worlds, options.slow_worlds
    )
    started = time.perf_counter()
    found = run(plan, workers=options.workers, progress=_say)
    for line in show(found, plan):
        print(line)
    short = missed(found)
    took, worked = time.perf_counter() - started, processor_seconds()
    print(f"\n{len(short)} targets missed. {took:.0f} s, {worked:.0f} s of processor time.")
    if options.json is not None:
        about = {
            "worlds": plan.worlds,
            "seed": plan.seed,
            "families": sorted(plan.chosen),
            "rival_worlds": plan.rival_worlds,
            "slow_worlds": plan.slow_worlds,
            "causal_impact": causal_impact.REQUIREMENT if causal_impact.is_installed() else None,
        }
        figure_tables.write_json(options.json, found, about)
    return int(bool(short))


def _say(line: str) -> None:
    is_terminal = sys.stderr.isatty()
    print(
        f"\r\033[K{line}" if is_terminal else line, end="" if is_terminal else "\n", file=sys.stderr
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=_positive, default=300, help="worlds a family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=_positive, default=2, help="processes")
    parser.add_argument("--rival-worlds", type=int, help="worlds a family for the other methods")
    parser.add_argument("--slow-worlds", type=int, default=15, help="the same for CausalImpact")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    parser.add_argument(
        "--families",
        type=_chosen,
        default=frozenset(CHOICES),
        help=f"comma-separated, of: {', '.join(CHOICES)}",
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


def _chosen(text: str) -> frozenset[str]:
    names = {name.strip().lower().replace(" ", "_") for name in text.split(",") if name.strip()}
    unknown = sorted(names - set(CHOICES))
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"unknown families {', '.join(unknown)}; expected some of: {', '.join(CHOICES)}"
        )
    # Loss of power is measured against the same worlds without gaps.
    return frozenset(names | ({"whole"} if "gaps" in names else set()))


if __name__ == "__main__":
    sys.exit(main())
