"""Are an MLflow store's runs read whole, old and new, finished and not?"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub


def _write_run(hub: Hub, run: str = "r1", *, status: Any = 3, **changes: str) -> Path:
    meta = f"run_id: {run}\nexperiment_id: '7'\nrun_name: brave-owl\nstatus: {status}\n"
    meta += "start_time: 1740820500000\nend_time: 1740820800000\nlifecycle_stage: active\n"
    files = {
        "meta.yaml": meta,
        "metrics/ndcg_at_10": "1740820600000 0.41 0\n1740820700000 0.43 1\n",
        "metrics/val/auc": "1740820700000 nan 1\n1740820700000 inf 2\n",
        "params/dataset": "holdout-2025",
        "params/model": "recommender",
        "tags/mlflow.user": "ada",
    } | changes
    for name, text in files.items():
        hub.write(f"mlruns/7/{run}/{name}", text)
    hub.write("mlruns/7/meta.yaml", "experiment_id: '7'\nname: ranking\n")
    return hub.home.root / "mlruns/7" / run


def test_a_run_becomes_a_row_and_its_metric_lines_rows(hub: Hub) -> None:
    _write_run(hub)
    (result,) = hub.load("mlflow", "mlruns")
    assert result.file == "mlruns/7/r1"
    assert (result.records, result.loaded) == (1 + 4 + 2 + 1, 8)
    assert hub.rows(
        "SELECT run_id, experiment_id, experiment_name, run_name, status, started_at,"
        " ended_at - started_at, params->>'dataset', tags->>'\"mlflow.user\"' FROM raw.mlflow_runs"
    )[0][:6] == (
        "r1", "7", "ranking", "brave-owl", "FINISHED", datetime(2025, 3, 1, 9, 15, tzinfo=UTC),
    )  # fmt: skip
    params, tags = hub.rows("SELECT params, tags FROM raw.mlflow_runs")[0]
    assert json.loads(params) == {"dataset": "holdout-2025", "model": "recommender"}
    assert json.loads(tags) == {"mlflow.user": "ada"}
    metrics = hub.rows(
        "SELECT metric_key, value, step, is_finite, _file, _line FROM raw.mlflow_metrics"
        " ORDER BY metric_key, _line"
    )
    assert metrics[1] == ("ndcg_at_10", 0.43, 1, True, "mlruns/7/r1/metrics/ndcg_at_10", 2)
    assert metrics[2][0] == "val/auc"
    assert math.isnan(metrics[2][1])
    assert [row[3] for row in metrics] == [True, True, False, False]


def test_a_run_that_finished_later_takes_the_place_of_its_earlier_load(hub: Hub) -> None:
    _write_run(hub, status=1)
    hub.load("mlflow", "mlruns")
    assert hub.load("mlflow", "mlruns") == []
    run = _write_run(hub, status=3)
    assert hub.pending("mlflow", "mlruns") == [run]
    hub.load("mlflow", "mlruns")
    assert hub.rows("SELECT status FROM raw.loads ORDER BY loaded_at") == [
        ("superseded",), ("loaded",),
    ]  # fmt: skip
    live = (
        "SELECT status FROM raw.mlflow_runs JOIN raw.loads AS l ON l.load_id = _load_id"
        " WHERE l.status = 'loaded'"
    )
    assert hub.rows(live.replace("SELECT status", "SELECT mlflow_runs.status")) == [("FINISHED",)]
    assert hub.one("SELECT count(*) FROM raw.mlflow_runs") == 2


def test_the_old_form_of_a_store_is_read(hub: Hub) -> None:
    hub.write(
        "mlruns/0/abc/meta.yaml",
        "run_uuid: abc\nexperiment_id: 0\nname: ''\nstatus: 4\nstart_time: 1530000000000\n"
        "end_time: null\nsource_type: 4\n",
    )
    hub.write("mlruns/0/abc/metrics/auc", "1530000000 0.7\n")
    (result,) = hub.load("mlflow", "mlruns")
    assert result.loaded == 2
    assert hub.rows("SELECT run_id, status, ended_at FROM raw.mlflow_runs") == [
        ("abc", "FAILED", None)
    ]
    assert hub.rows("SELECT value, step FROM raw.mlflow_metrics") == [(0.7, None)]


@pytest.mark.parametrize(
    ("status", "name"), [(1, "RUNNING"), (2, "SCHEDULED"), ("KILLED", "KILLED"), (5, "KILLED")]
)
def test_statuses_have_their_names(hub: Hub, status: Any, name: str) -> None:
    _write_run(hub, status=status)
    hub.load("mlflow", "mlruns")
    assert hub.one("SELECT status FROM raw.mlflow_runs") == name


def test_lines_that_cannot_be_read_are_set_aside(hub: Hub) -> None:
    _write_run(hub, **{"metrics/auc": "1740820600000 0.4 0\n\nx y z\n1740820600000\n"})
    (result,) = hub.load("mlflow", "mlruns")
    assert result.records == result.loaded + result.quarantined + result.blank
    assert (result.quarantined, result.blank) == (2, 1)
    assert hub.quarantine() == [
        (3, "bad_number", "metrics/auc"), (4, "bad_number", "metrics/auc"),
    ]  # fmt: skip


@pytest.mark.parametrize("meta", ["{broken", "status: 99\n", "- a list\n", "\x00"])
def test_a_run_whose_meta_cannot_be_read_is_set_aside(hub: Hub, meta: str) -> None:
    _write_run(hub, **{"meta.yaml": meta})
    (result,) = hub.load("mlflow", "mlruns")
    assert result.quarantined == 1
    assert hub.quarantine()[0][1] == "malformed_yaml"
    assert hub.one("SELECT count(*) FROM raw.mlflow_runs") == 0


def test_a_copy_of_a_run_is_a_duplicate_and_deleted_runs_are_left_out(hub: Hub) -> None:
    _write_run(hub)
    hub.load("mlflow", "mlruns")
    for path in sorted((hub.home.root / "mlruns/7").rglob("*")):
        if path.is_file():
            copy = path.relative_to(hub.home.root / "mlruns/7")
            hub.write(f"mlruns/8/{copy}", path.read_bytes())
            hub.write(f"mlruns/.trash/{copy}", path.read_bytes())
    (result,) = hub.load("mlflow", "mlruns")
    assert (result.file, result.status) == ("mlruns/8/r1", "duplicate")
