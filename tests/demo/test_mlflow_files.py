"""Does the file store hold a run for each release, and runs that must not count?"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.shop import Shop

Runs = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def runs(home: Path) -> Runs:
    """Every run by id: its meta.yaml, and the text of its params, tags and metrics."""
    found: Runs = {}
    for meta in (home / "exports/mlruns").glob("*/*/meta.yaml"):
        run = yaml.safe_load(meta.read_text())
        for part in ("params", "tags", "metrics"):
            folder = meta.parent / part
            run[part] = {p.name: p.read_text() for p in folder.iterdir()}
        found[run["run_id"]] = run
        assert meta.parent.name == run["run_id"] == run["run_uuid"]
        assert meta.parent.parent.name == run["experiment_id"]
    return found


def last_value(run: dict[str, Any], metric: str) -> float:
    return float(run["metrics"][metric].split("\n")[-2].split()[1])


def test_every_release_but_one_has_a_finished_run(runs: Runs, shop: Shop) -> None:
    released = shop.releases[shop.releases["kind"] == "model"]
    missing = [row["run_id"] for row in released.to_dict("records") if row["run_id"] not in runs]
    assert missing == released.loc[~released["is_matched"], "run_id"].to_list()
    assert len(missing) == 1
    matched = released[released["is_matched"]]
    assert {runs[run_id]["status"] for run_id in matched["run_id"]} == {3}
    assert len(runs) >= 60


def test_runs_hold_the_offline_value_of_their_release(runs: Runs, shop: Shop) -> None:
    rows = shop.releases[(shop.releases["kind"] == "model") & shop.releases["is_matched"]]
    for row in rows.to_dict("records"):
        metric = "auc" if row["model"] == "fraud" else "ndcg_at_10"
        run = runs[row["run_id"]]
        assert last_value(run, metric) == row["metric_after"]
        assert run["end_time"] < row["released_at"].timestamp() * 1000


def test_failed_and_running_runs_are_nobodys_release(
    runs: Runs, shop: Shop, truth: dict[str, Any]
) -> None:
    idle = truth["truths"]["runs_that_are_no_releases"]
    released = set(shop.releases["run_id"].dropna())
    assert {runs[run_id]["status"] for run_id in idle["failed"]} == {4}
    assert {runs[run_id]["status"] for run_id in idle["running"]} == {1}
    assert {runs[run_id]["status"] for run_id in idle["never_released"]} == {3}
    everyone = idle["failed"] + idle["running"] + idle["never_released"]
    assert not released & set(everyone)
    assert len(everyone) + len(released & set(runs)) == len(runs)


def test_diverged_runs_end_in_no_number(runs: Runs, truth: dict[str, Any]) -> None:
    for run_id in truth["truths"]["runs_that_are_no_releases"]["failed"]:
        assert runs[run_id]["metrics"]["train_loss"].split()[-2] == "nan"


def test_running_runs_have_no_end_and_no_final_metric(runs: Runs, truth: dict[str, Any]) -> None:
    for run_id in truth["truths"]["runs_that_are_no_releases"]["running"]:
        assert runs[run_id]["end_time"] is None
        assert set(runs[run_id]["metrics"]) == {"train_loss"}


def test_models_keep_their_evaluation_set(runs: Runs) -> None:
    pairs = {(run["tags"]["model"], run["params"]["dataset"]) for run in runs.values()}
    assert len(pairs) == 3
    assert {len(run["metrics"]["train_loss"].splitlines()) for run in runs.values()} == {10, 20}
