"""How is an MLflow database read? With SQLite itself, read only: nothing is created or upgraded.

Records are runs, points of metrics, parameters, tags, versions of models and their aliases. MLflow
writes NaN as a flag and infinity as the largest number there is; both come back as what they are.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from assets.sources.content import Content
from assets.sources.mlflow_insert import insert_points, insert_run_rows, known_times
from assets.sources.mlflow_registry import alias_row, insert_versions, version_row
from assets.sources.mlflow_store import MetricPoint, instant, status_of
from assets.sources.quarantine import BAD_NUMBER, BAD_STATUS, BAD_TIMESTAMP, Rejected
from assets.sources.reading import Context, Delivery, Outcome

FORMAT = "mlflow_sqlite"
_MAGIC = b"SQLite format 3\0"
_WRITES_A_LOG = 2  # bytes 18 and 19 of a database whose changes go to a log beside it first
_NEEDED = {
    "runs": ("run_uuid", "status"),
    "metrics": ("run_uuid", "key", "value", "timestamp"),
}


@dataclass
class _Read:
    runs: list[dict[str, Any]] = field(default_factory=list)
    extra: list[dict[str, Any] | None] = field(default_factory=list)
    points: list[tuple[str, MetricPoint]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    n_named: int = 0  # parameters and tags


def is_database(delivery: Delivery) -> bool:
    """Whether a file is a SQLite database, by its first bytes."""
    return delivery.content.head.startswith(_MAGIC)


def parts(path: Path) -> list[Path]:
    """A file and the log of changes beside it that SQLite has not put into it yet."""
    log = _log(path)
    return [path, log] if log.is_file() and log.stat().st_size else [path]


def with_log(path: Path, content: Content, fingerprint: str) -> Content:
    """A file's content with that of its log of changes."""
    if len(parts(path)) == 1:
        return content
    digest = hashlib.sha256(content.content_hash.encode() + _log(path).read_bytes()).hexdigest()
    return replace(content, content_hash=digest, fingerprint=fingerprint)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load a database. See `reading.Reader`."""
    try:
        with _opened(delivery) as db:
            _check(db, delivery, context)
            found = _read(db)
    except sqlite3.Error as error:
        raise context.refuse(
            delivery.file,
            found=f"a database that SQLite cannot read ({error})",
            expected="an MLflow database at rest",
            remedy="Stop what writes it, or deliver a copy made with `sqlite3 <file> .backup`.",
        ) from error
    insert_run_rows(con, found.runs, delivery, context, extra=found.extra)
    insert_points(con, found.points, delivery, context)
    insert_versions(con, found.versions, delivery, context)
    times = known_times(row[name] for row in found.runs for name in ("started_at", "ended_at"))
    loaded = len(found.runs) + len(found.points) + len(found.versions) + found.n_named
    return Outcome(
        loaded + len(found.rejected), loaded, 0, found.rejected, FORMAT,
        {"runs": len(found.runs), "model_versions": len(found.versions)},
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


@contextmanager
def _opened(delivery: Delivery) -> Iterator[sqlite3.Connection]:
    """A read-only connection. A database with a log mode and no log is opened as unchanging, for
    SQLite would write files beside it otherwise."""
    head = delivery.content.head
    keeps_log = len(head) > 19 and _WRITES_A_LOG in (head[18], head[19])
    fixed = keeps_log and len(parts(delivery.path)) == 1
    uri = f"file:{quote(str(delivery.path))}?mode=ro{'&immutable=1' if fixed else ''}"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        db.row_factory = sqlite3.Row
        db.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        db.execute("BEGIN")  # one state of all tables
        yield db


def _check(db: sqlite3.Connection, delivery: Delivery, context: Context) -> None:
    for table, columns in _NEEDED.items():
        present = _columns(db, table)
        if missing := [name for name in columns if name not in present]:
            raise context.refuse(
                delivery.file,
                column=f"{table}.{missing[0]}",
                found="a SQLite database without it",
                expected="an MLflow tracking database",
                remedy="Name MLflow's own database in hub.yml (its `--backend-store-uri`).",
            )


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}


def _rows(db: sqlite3.Connection, table: str) -> Iterator[Mapping[str, Any]]:
    """All rows of a table, none when an older schema lacks it."""
    if _columns(db, table):
        yield from (dict(row) for row in db.execute(f"SELECT rowid AS _row, * FROM {table}"))


def _read(db: sqlite3.Connection) -> _Read:
    found = _Read()
    experiments = {str(r["experiment_id"]): r.get("name") for r in _rows(db, "experiments")}
    params, tags = _named(db, "params", found), _named(db, "tags", found)
    for run in _rows(db, "runs"):
        _read_run(found, run, experiments, params, tags)
    for point in _rows(db, "metrics"):
        _read_point(found, point)
    _read_registry(db, found)
    return found


def _named(db: sqlite3.Connection, table: str, found: _Read) -> dict[str, dict[str, str]]:
    """Parameters or tags by run."""
    named: dict[str, dict[str, str]] = {}
    for row in _rows(db, table):
        named.setdefault(str(row["run_uuid"]), {})[str(row["key"])] = str(row["value"])
        found.n_named += 1
    return named


def _read_run(
    found: _Read,
    run: Mapping[str, Any],
    experiments: Mapping[str, Any],
    params: Mapping[str, dict[str, str]],
    tags: Mapping[str, dict[str, str]],
) -> None:
    run_id = str(run["run_uuid"])
    if (status := status_of(run)) is None:
        what = str(run["status"])
        found.rejected.append(
            Rejected(run["_row"], BAD_STATUS, "runs.status", what, "a status of a run", run_id)
        )
        return
    experiment, stage = str(run.get("experiment_id")), run.get("lifecycle_stage")
    own = tags.get(run_id, {})
    found.runs.append(
        {
            "run_id": run_id,
            "experiment_id": experiment,
            "experiment_name": experiments.get(experiment),
            "run_name": run.get("name") or own.get("mlflow.runName"),
            "status": status,
            "started_at": instant(run.get("start_time")),
            "ended_at": instant(run.get("end_time")),
            "params": params.get(run_id, {}),
            "tags": own,
        }
    )
    found.extra.append({"lifecycle_stage": stage} if stage else None)


def _read_point(found: _Read, row: Mapping[str, Any]) -> None:
    millis, value, step = row["timestamp"], row["value"], row.get("step")
    when = instant(millis)
    if when is None:
        found.rejected.append(_reject_point(row, BAD_TIMESTAMP, "timestamp", "milliseconds"))
    elif not isinstance(value, int | float) and not row.get("is_nan"):
        found.rejected.append(_reject_point(row, BAD_NUMBER, "value", "a number"))
    else:
        number = math.nan if row.get("is_nan") else float(value)
        if abs(number) >= sys.float_info.max:
            number = math.copysign(math.inf, number)
        point = (str(row["key"]), "metrics", row["_row"], number, step, when)
        found.points.append((str(row["run_uuid"]), point))


def _reject_point(row: Mapping[str, Any], reason: str, column: str, expected: str) -> Rejected:
    text = f"{row['run_uuid']} {row['key']} {row['timestamp']} {row['value']}"
    return Rejected(row["_row"], reason, f"metrics.{column}", str(row[column]), expected, text)


def _read_registry(db: sqlite3.Connection, found: _Read) -> None:
    known: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in _rows(db, "model_versions"):
        key = str(row["name"]), str(row["version"])
        known[key] = row
        found.versions.append(version_row(*key, row))
    for row in _rows(db, "registered_model_aliases"):
        key = str(row["name"]), str(row["version"])
        found.versions.append(alias_row(*key, str(row["alias"]), known.get(key, {}), None))
