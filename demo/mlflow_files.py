"""How does MLflow keep these runs in a file store?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from demo.offline_runs import EXPERIMENT_IDS, RUNNING, Run, runs
from demo.shop import Shop
from demo.tally import FileCount, write_bytes

STORE = "exports/mlruns"
ROOT = "file:///srv/mlflow/mlruns"


def write_mlflow(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes one directory per run; returns one count per run directory.

    Its records are the run itself, each parameter, each tag and each line of a metric.
    """
    started = int(shop.plan.at(-40, shop.moments.rollback_at.time()).timestamp() * 1000)
    for name, experiment in {"Default": "0", **EXPERIMENT_IDS}.items():
        meta: dict[str, Any] = {
            "artifact_location": f"{ROOT}/{experiment}",
            "creation_time": started,
            "experiment_id": experiment,
            "last_update_time": started,
            "lifecycle_stage": "active",
            "name": name,
        }
        _write_yaml(folder, f"{STORE}/{experiment}/meta.yaml", meta)
    return [_write_run(folder, run) for run in runs(shop)]


def _write_run(folder: Path, run: Run) -> FileCount:
    experiment = EXPERIMENT_IDS[run.model]
    place = f"{STORE}/{experiment}/{run.run_id}"
    start_ms = int(run.started_at.timestamp() * 1000)
    end_ms = int(run.ended_at.timestamp() * 1000) if run.ended_at else None
    meta: dict[str, Any] = {
        "artifact_uri": f"{ROOT}/{experiment}/{run.run_id}/artifacts",
        "end_time": end_ms,
        "entry_point_name": "",
        "experiment_id": experiment,
        "lifecycle_stage": "active",
        "run_id": run.run_id,
        "run_name": run.run_name,
        "run_uuid": run.run_id,
        "source_name": "",
        "source_type": 4,
        "source_version": "",
        "start_time": start_ms,
        "status": run.status,
        "tags": [],
        "user_id": run.user,
    }
    _write_yaml(folder, f"{place}/meta.yaml", meta)
    parts = {"params": run.params, "tags": _tags(run), "metrics": _metrics(run, start_ms)}
    for part, texts in parts.items():
        for key, text in texts.items():
            write_bytes(folder, f"{place}/{part}/{key}", text.encode())
    points = sum(text.count("\n") for text in parts["metrics"].values())
    return FileCount("mlflow", place, 1 + len(run.params) + len(parts["tags"]) + points)


def _tags(run: Run) -> dict[str, str]:
    return {
        "mlflow.runName": run.run_name,
        "mlflow.source.git.commit": run.commit,
        "mlflow.source.name": f"train/{run.model}.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.user": run.user,
        "model": run.model,
    }


def _metrics(run: Run, start_ms: int) -> dict[str, str]:
    """Lines of `timestamp_ms value step`; a running run has only its loss so far."""
    ended = run.ended_at or run.started_at + timedelta(hours=1)
    end_ms = int(ended.timestamp() * 1000)
    pace = (end_ms - start_ms) // (len(run.loss) + 1)
    course = (f"{start_ms + (i + 1) * pace} {v} {i}\n" for i, v in enumerate(run.loss))
    written = {"train_loss": "".join(course)}
    if run.status != RUNNING:
        written |= {key: f"{end_ms - 1500} {value} 0\n" for key, value in run.metrics.items()}
    return written


def _write_yaml(folder: Path, file: str, meta: dict[str, Any]) -> None:
    write_bytes(folder, file, yaml.safe_dump(meta, sort_keys=True).encode())
