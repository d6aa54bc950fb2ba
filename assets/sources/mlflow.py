"""How is an MLflow file store read? By parsing its files: one run's folder is one delivery.

A run is `<store>/<experiment>/<run>/` with `meta.yaml`, `metrics/<key>` (lines of time in ms, value
and step), `params/<key>` and `tags/<key>`. Its records are counted so: one for `meta.yaml`, one
per line of a metric, one per parameter, one per tag. A run whose files changed (RUNNING →
FINISHED) is read anew as a whole and takes the place of its earlier load.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.sources import quarantine
from assets.sources.content import Content, Unreadable
from assets.sources.quarantine import Rejected, readable
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

FORMAT = "mlflow_files"
STATUSES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 7_258_118_400_000  # the year 2200
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class _Run:
    """What one folder holds, and what of it cannot be read."""

    meta: dict[str, Any] | None = None
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: list[tuple[str, str, int, float, int | None, datetime]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    blank: int = 0

    @property
    def loaded(self) -> int:
        return (self.meta is not None) + len(self.params) + len(self.tags) + len(self.metrics)


def find_runs(store: Path) -> list[Path]:
    """The run folders of a store: grandchildren with a `meta.yaml`; not what was deleted."""
    runs = [meta.parent for meta in store.glob("*/*/meta.yaml")]
    return sorted(run for run in runs if run.parent.name not in (".trash", "models"))


def run_fingerprint(run: Path) -> str:
    """Names, sizes and times of change of a run's files."""
    digest = hashlib.sha256()
    for path in _run_files(run):
        stat = path.stat()
        name = path.relative_to(run).as_posix()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "replace"))
    return digest.hexdigest()


def inspect_run(run: Path) -> Content:
    """Hash a run's files, by their names within the run and their content."""
    fingerprint = run_fingerprint(run)
    digest = hashlib.sha256()
    size = 0
    for path in _run_files(run):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Unreadable(f"{path.name}, which cannot be opened ({error.strerror})") from error
        size += len(data)
        name = path.relative_to(run).as_posix().encode("utf-8", "replace")
        digest.update(b"%d %b %d " % (len(name), name, len(data)))
        digest.update(data)
    return Content(fingerprint, size, digest.hexdigest(), size)


def _run_files(run: Path) -> list[Path]:
    """The files that are read: artifacts and inputs are none of them."""
    found = [run / "meta.yaml"]
    for part in ("metrics", "params", "tags"):
        for folder, _, names in os.walk(run / part):
            found += [Path(folder, name) for name in names]
    return sorted(path for path in found if path.is_file())


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one run. See `reading.Reader`."""
    folder = delivery.path
    run = _read_run(folder)
    if run.meta is not None:
        _insert_run(con, run, run.meta, delivery, context)
    run_id = _run_id(run.meta or {}, folder)
    metrics = run.metrics
    insert_rows(
        con,
        "mlflow_metrics",
        {
            "run_id": [run_id] * len(metrics),
            "metric_key": [row[0] for row in metrics],
            "value": [row[3] for row in metrics],
            "step": [row[4] for row in metrics],
            "logged_at": [row[5] for row in metrics],
            "is_finite": [math.isfinite(row[3]) for row in metrics],
        },
        delivery,
        context,
        lines=[row[2] for row in metrics],
        extra=[None] * len(metrics),
        files=[f"{delivery.file}/{row[1]}" for row in metrics],
    )
    rejected = run.rejected
    times = [row[5] for row in metrics]
    times += [when for name in ("start_time", "end_time") if (when := _time(run.meta, name))]
    return Outcome(
        run.loaded + len(rejected) + run.blank, run.loaded, run.blank, rejected, FORMAT,
        {"run_id": run_id, "status": _status(run.meta or {})},
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _insert_run(
    con: duckdb.DuckDBPyConnection,
    run: _Run,
    meta: Mapping[str, Any],
    delivery: Delivery,
    context: Context,
) -> None:
    folder = delivery.path
    known = {"run_id", "run_uuid", "experiment_id", "run_name", "name", "status", "start_time",
             "end_time"}  # fmt: skip
    extra = {str(key): value for key, value in meta.items() if key not in known and value}
    name = meta.get("run_name") or meta.get("name") or run.tags.get("mlflow.runName")
    columns = {
        "run_id": _run_id(meta, folder),
        "experiment_id": str(meta.get("experiment_id", folder.parent.name)),
        "experiment_name": _experiment_name(folder.parent),
        "run_name": str(name) if name else None,
        "status": _status(meta),
        "started_at": _time(meta, "start_time"),
        "ended_at": _time(meta, "end_time"),
        "params": json.dumps(run.params, ensure_ascii=False),
        "tags": json.dumps(run.tags, ensure_ascii=False),
    }
    insert_rows(
        con, "mlflow_runs", {key: [value] for key, value in columns.items()}, delivery, context,
        lines=[None], extra=[extra or None], files=[f"{delivery.file}/meta.yaml"],
    )  # fmt: skip


def _read_run(folder: Path) -> _Run:
    run = _Run()
    text = (folder / "meta.yaml").read_bytes()
    meta = _yaml(text)
    if meta is None or _status(meta) is None:
        run.rejected.append(
            Rejected(
                None, quarantine.MALFORMED_YAML, "meta.yaml", None,
                "a YAML mapping with the run's status", readable(text),
            )
        )  # fmt: skip
    else:
        run.meta = meta
    for part, values in (("params", run.params), ("tags", run.tags)):
        for key, path in _keys(folder / part):
            values[key] = readable(path.read_bytes())
    for key, path in _keys(folder / "metrics"):
        _read_metric(run, key, path, path.relative_to(folder).as_posix())
    return run


def _keys(folder: Path) -> list[tuple[str, Path]]:
    """Keys and files of a part; a key with slashes lies in sub-folders."""
    paths = [Path(where, name) for where, _, names in os.walk(folder) for name in names]
    return [(readable(path.relative_to(folder).as_posix()), path) for path in sorted(paths)]


def _read_metric(run: _Run, key: str, path: Path, file: str) -> None:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        text = readable(line)
        if not text.strip():
            run.blank += 1
        elif (point := _point(text)) is not None:
            value, step, when = point
            run.metrics.append((key, readable(file), number, value, step, when))
        else:
            run.rejected.append(
                Rejected(
                    number, quarantine.BAD_NUMBER, file, text[:200],
                    "time in ms, value and step", text,
                )
            )  # fmt: skip


def _point(text: str) -> tuple[float, int | None, datetime] | None:
    """One line of a metric: time in ms, value, and (since MLflow 1.0) the step."""
    cells = text.split()
    if len(cells) not in (2, 3):
        return None
    try:
        millis, value = int(cells[0]), float(cells[1])
        step = int(cells[2]) if len(cells) == 3 else None
    except ValueError:
        return None
    if not 0 <= millis < _LATEST_MS or (step is not None and abs(step) >= 2**63):
        return None
    return value, step, _EPOCH + timedelta(milliseconds=millis)


def _yaml(text: bytes) -> dict[str, Any] | None:
    try:
        value = yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _run_id(meta: Mapping[str, Any], folder: Path) -> str:
    return str(meta.get("run_id") or meta.get("run_uuid") or folder.name)


def _status(meta: Mapping[str, Any]) -> str | None:
    status = meta.get("status")
    if isinstance(status, int):
        return STATUSES.get(status)
    return str(status).upper() if str(status).upper() in STATUSES.values() else None


def _time(meta: Mapping[str, Any] | None, name: str) -> datetime | None:
    millis = (meta or {}).get(name)
    if isinstance(millis, int) and 0 < millis < _LATEST_MS:
        return _EPOCH + timedelta(milliseconds=millis)
    return None


def _experiment_name(folder: Path) -> str | None:
    try:
        meta = _yaml((folder / "meta.yaml").read_bytes())
    except OSError:
        return None
    name = (meta or {}).get("name")
    return None if name is None else str(name)
