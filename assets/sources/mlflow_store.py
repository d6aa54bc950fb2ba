"""What does a run's folder of an MLflow file store hold, and which versions its registry?

A run is `<store>/<experiment>/<run>/` with `meta.yaml`, `metrics/<key>` (lines of time in ms, value
and step), `params/<key>` and `tags/<key>`. Its records are counted so: one for `meta.yaml`, one
per line of a metric, one per parameter, one per tag."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from assets.sources import quarantine
from assets.sources.quarantine import Rejected, readable

STATUSES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_MS = 7_258_118_400_000  # the year 2200
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


MetricPoint = tuple[str, str, int | None, float, int | None, datetime | None]


@dataclass
class StoredRun:
    """What one run holds, and what of it cannot be read. `metrics` are key, file within the store,
    line, value, step and time."""

    meta: dict[str, Any] | None = None
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: list[MetricPoint] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    blank: int = 0

    @property
    def loaded(self) -> int:
        return (self.meta is not None) + len(self.params) + len(self.tags) + len(self.metrics)


def read_run(folder: Path) -> StoredRun:
    """Read a run's folder. Raises `OSError` when a file went away."""
    run = StoredRun()
    text = (folder / "meta.yaml").read_bytes()
    meta = read_yaml(text)
    if meta is None or status_of(meta) is None:
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


def _read_metric(run: StoredRun, key: str, path: Path, file: str) -> None:
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
    if not 0 <= millis < LATEST_MS or (step is not None and abs(step) >= 2**63):
        return None
    return value, step, EPOCH + timedelta(milliseconds=millis)


def read_yaml(text: bytes) -> dict[str, Any] | None:
    """A YAML mapping; None when the text is none."""
    try:
        value = yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def run_id_of(meta: Mapping[str, Any], folder: Path) -> str:
    """A run's id: new and old stores name it differently."""
    return str(meta.get("run_id") or meta.get("run_uuid") or folder.name)


def status_of(meta: Mapping[str, Any]) -> str | None:
    """The status by name; stores write it as a number or a word. None when it is neither."""
    status = meta.get("status")
    if isinstance(status, int):
        return STATUSES.get(status)
    return str(status).upper() if str(status).upper() in STATUSES.values() else None


def time_of(meta: Mapping[str, Any] | None, name: str) -> datetime | None:
    """A member that counts milliseconds, as a time."""
    return instant((meta or {}).get(name))


def instant(millis: object) -> datetime | None:
    """Milliseconds since 1970 as a time; None when they are none."""
    if isinstance(millis, int) and 0 < millis < LATEST_MS:
        return EPOCH + timedelta(milliseconds=millis)
    return None


def experiment_name(folder: Path) -> str | None:
    """The name of the experiment in a folder of the store."""
    try:
        meta = read_yaml((folder / "meta.yaml").read_bytes())
    except OSError:
        return None
    name = (meta or {}).get("name")
    return None if name is None else str(name)
