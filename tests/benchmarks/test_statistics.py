"""Does one run of the benchmark count right, repeat itself and say what it could not do?"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import causal_impact, statistics
from benchmarks import link_worlds as worlds
from benchmarks.experiment_figures import experiment_figures, score_experiments
from benchmarks.figures import OURS, Figure
from benchmarks.link_families import Group, families
from benchmarks.link_figures import link_figures
from benchmarks.link_scores import Score
from benchmarks.release_figures import SECTIONS, release_figures, score_releases
from benchmarks.release_worlds import release_world
from benchmarks.statistics import Plan, run

GROUPS = {
    "null a": Group.STEP_NULLS,
    "null b": Group.STEP_NULLS,
    "many": Group.MANY_RELEASES,
    "step, whole": Group.WHOLE,
    "step, gap": Group.GAPS,
    "reverse, 7-day": Group.REVERSE,
    "reverse, 3-day": Group.REVERSE,
}


def score(family: str, number: int, verdict: str, *, method: str = OURS, **more: Any) -> Score:
    true_effect = 0.0 if "null" in family or "reverse" in family else 1.0
    made = Score(family, method, number, true_effect, 5, verdict, 1.1, 0.5, 1.7, 6)
    return replace(made, **more)


def by_name(made: list[Figure], method: str = OURS) -> dict[str, Figure]:
    return {figure.name: figure for figure in made if figure.method == method}


def test_figures_count_worlds_by_hand() -> None:
    scores = [
        *(score("null a", i, "moves" if i < 1 else "no evidence") for i in range(10)),
        *(score("null b", i, "moves" if i < 3 else "no evidence") for i in range(10)),
        *(score("many", i, "moves" if i < 8 else "not enough data") for i in range(10)),
        score("many", 10, "moves", effect=-1.0, low=-2.0, high=0.1, lag_days=11),
        *(score("step, whole", i, "moves") for i in range(4)),
        *(score("step, gap", i, "moves" if i else "no evidence") for i in range(4)),
        *(score("reverse, 7-day", i, "confounded") for i in range(4)),
        *(score("reverse, 3-day", i, "moves" if i else "confounded") for i in range(4)),
    ]
    made = by_name(link_figures(scores, GROUPS))
    pooled = made["step nulls: false moves, pooled"]
    assert (pooled.measured, pooled.n, pooled.target) == (0.2, 20, 0.065)
    worst = made["step nulls: false moves, worst family"]
    assert (worst.measured, worst.note) == (0.3, "null b")
    assert made["step effects .8-2: coverage"].measured == pytest.approx(10 / 11)
    assert made["step effects .8-2, >= 24 releases: power"].measured == pytest.approx(9 / 11)
    assert made["step effects: sign right when moves"].measured == pytest.approx(8 / 9)
    assert made["step effects: lag within 2 days when moves"].measured == pytest.approx(8 / 9)
    assert made["step, gap: loss of power"].measured == pytest.approx(0.25)
    assert made["reverse, 7-day reaction: called confounded"].measured == 1.0
    assert made["reverse, mean of five others: called confounded"].measured == 0.25
    assert made["reverse: called moves"].measured == pytest.approx(3 / 8)
    assert made["crashes"].reached is True


def test_other_methods_have_no_target_and_no_answer_they_cannot_give() -> None:
    nan = float("nan")
    theirs = [score("many", i, "moves", method="Pearson", low=nan, high=nan) for i in range(5)]
    made = by_name(link_figures(theirs, GROUPS), "Pearson")
    assert made["step effects .8-2, >= 24 releases: power"].measured == 1.0
    assert all(figure.target is None for figure in made.values())
    assert not [name for name in made if "coverage" in name or "confounded" in name]


def test_a_crash_is_counted_and_misses_its_target() -> None:
    scores = [score("null a", 0, "no evidence"), score("null a", 1, "", crash="ValueError: no")]
    assert by_name(link_figures(scores, GROUPS))["crashes"].reached is False


def test_a_seed_repeats_itself_with_any_number_of_workers() -> None:
    plan = Plan(3, seed=8, chosen=frozenset(["many_releases", "feedback"]))
    alone, shared = run(plan, workers=1), run(plan, workers=2)
    assert alone == shared
    assert alone["families"]
    other = run(replace(plan, seed=9), workers=1)
    assert other["families"] != alone["families"]


def test_rivals_may_see_fewer_worlds_and_the_figure_says_so() -> None:
    plan = Plan(3, seed=8, chosen=frozenset(["many_releases"]), rival_worlds=1)
    made = run(plan)["links"]
    name = "step effects .8-2, >= 24 releases: power"
    assert by_name(made)[name].n == 3
    assert by_name(made, "HAC")[name].n == 1


def test_releases_stand_beside_other_methods() -> None:
    scores = [
        one
        for section in SECTIONS[:2]
        for one in score_releases(section, "white", range(2), seed=8, slow_worlds=0)
    ]
    made = release_figures(scores)
    assert {"bellwether", "before/after t", "OLS + HAC"} <= {figure.method for figure in made}
    false = by_name(made)["one release: false moves"]
    assert (false.n, false.target) == (2, 0.07)
    assert by_name(made)["one release: coverage"].n == 4
    assert by_name(made, "OLS + HAC")["one release: coverage"].target is None


def test_experiments_stand_beside_other_methods() -> None:
    scores = [
        score_experiments(method, "10 experiments", n_worlds=3, seed=8)
        for method in ("bellwether", "least squares")
    ]
    made = experiment_figures(scores)
    assert {figure.method for figure in made} == {"bellwether", "least squares"}
    assert by_name(made)["experiments: false alarms"].n == 3
    assert by_name(made)["experiments: coverage"].n <= 6
    assert by_name(made, "least squares")["experiments: coverage"].n == 6


def test_every_job_of_a_run_is_planned_once() -> None:
    planned = list(statistics.jobs(Plan(30, seed=1)))
    assert len(set(planned)) == len(planned)
    links = [job for job in planned if job.kind == "link"]
    assert sum(job.stop - job.start for job in links) == 30 * len(families())


def test_an_unknown_family_is_named_with_what_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["statistics", "--families", "step_nulls,moon"])
    with pytest.raises(SystemExit):
        statistics.main()
    error = capsys.readouterr().err
    assert "moon" in error
    assert "continuous_nulls" in error


def test_the_command_prints_figures_and_writes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "figures.json"
    asked = ["--worlds", "2", "--workers", "1", "--families", "too_little", "--json", str(target)]
    monkeypatch.setattr(sys, "argv", ["statistics", *asked])
    assert statistics.main() == 0
    told = capsys.readouterr()
    assert "too little data: called not enough data" in told.out
    assert "[1/1]" in told.err
    rows = json.loads(target.read_text(encoding="utf-8"))["figures"]["links"]
    assert {row["name"] for row in rows} >= {"too little data: called not enough data"}


@pytest.mark.skipif(causal_impact.is_installed(), reason="the optional package is installed")
def test_a_missing_package_says_what_to_install() -> None:
    world = release_world(np.random.default_rng(1), worlds.white, effect=0.1)
    with pytest.raises(ModuleNotFoundError, match="pycausalimpact"):
        causal_impact.causal_impact(world, prior_level_sd=0.1)


@pytest.mark.skipif(not causal_impact.is_installed(), reason=causal_impact.MISSING)
def test_causal_impact_sees_a_plain_step_and_repeats_itself() -> None:
    world = release_world(np.random.default_rng([7, 2]), worlds.white, effect=0.5)
    first = causal_impact.causal_impact(world, prior_level_sd=0.1)
    assert first.moves
    assert first.low < 0.5 < first.high
    assert causal_impact.causal_impact(world, prior_level_sd=0.1) == first


@pytest.mark.skipif(not causal_impact.is_installed(), reason=causal_impact.MISSING)
def test_the_bridged_package_still_answers_its_vignette(real_data: Path) -> None:
    # R's CausalImpact prints 11 [9.8, 11] a day for the lift of 10 from day 71 on
    frame = pd.read_csv(real_data / "known" / "causalimpact_vignette.csv")
    fitted = causal_impact.fit(frame[["y", "x1"]].to_numpy(np.float64), released=70, seed=1)
    average = fitted.summary_data["average"]
    assert average["abs_effect"] == pytest.approx(10.5, abs=0.5)
    assert 9.0 < average["abs_effect_lower"] < average["abs_effect_upper"] < 12.0
