"""In which forms do runs and their metrics arrive, and how is each read?

A run's folder of a file store is one delivery; so is a model's folder of its registry, a database
(`mlflow.db`) and a table. Whatever changed is read anew as a whole and takes the place of its
earlier load. No client is needed: it refuses file stores, and upgrades a database that it opens.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.sources import mlflow_database, mlflow_registry, mlflow_table
from assets.sources.content import Content, Unreadable, file_fingerprint, inspect_file
from assets.sources.mlflow_insert import insert_runs, run_outcome
from assets.sources.mlflow_store import read_run
from assets.sources.reading import Context, Delivery, Outcome

FORMAT = "mlflow_files"
_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")
_RUN_PARTS = ("metrics", "params", "tags")


def find(found: Sequence[Path]) -> list[Path]:
    """The deliveries of what a path finds: of a store its runs and registered models (not what was
    deleted), and files as they are."""
    deliveries: list[Path] = []
    for root in found:
        if not root.is_dir():
            deliveries += [root] if not root.name.endswith(_BESIDE_A_DATABASE) else []
            continue
        folders = [meta.parent for meta in root.glob("*/*/meta.yaml")]
        deliveries += sorted(f for f in folders if f.parent.name != ".trash")
    return deliveries


def is_run(path: Path) -> bool:
    """Whether a delivery is a run's folder."""
    return path.is_dir() and not is_model(path)


def is_model(path: Path) -> bool:
    """Whether a delivery is a registered model's folder."""
    return path.is_dir() and path.parent.name == "models"


def fingerprint(path: Path) -> str:
    """Names, sizes and times of change of a delivery's files."""
    if not path.is_dir():
        return "/".join(file_fingerprint(part) for part in mlflow_database.parts(path))
    digest = hashlib.sha256()
    for file in _files(path):
        stat = file.stat()
        name = file.relative_to(path).as_posix()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "replace"))
    return digest.hexdigest()


def inspect(path: Path) -> Content:
    """Hash a delivery, by the names of its files and their content."""
    if not path.is_dir():
        content = inspect_file(path)
        return mlflow_database.with_log(path, content, fingerprint(path))
    known = fingerprint(path)
    digest = hashlib.sha256()
    size = 0
    for file in _files(path):
        try:
            data = file.read_bytes()
        except OSError as error:
            raise Unreadable(f"{file.name}, which cannot be opened ({error.strerror})") from error
        size += len(data)
        name = file.relative_to(path).as_posix().encode("utf-8", "replace")
        digest.update(b"%d %b %d " % (len(name), name, len(data)))
        digest.update(data)
    return Content(known, size, digest.hexdigest(), size)


def _files(folder: Path) -> list[Path]:
    """The files that are read: artifacts and inputs are none of them."""
    if is_model(folder):
        return sorted(path for path in folder.rglob("*") if path.is_file())
    found = [folder / "meta.yaml"]
    for part in _RUN_PARTS:
        for where, _, names in os.walk(folder / part):
            found += [Path(where, name) for name in names]
    return sorted(path for path in found if path.is_file())


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one delivery of any form. See `reading.Reader`."""
    if is_model(delivery.path):
        return mlflow_registry.read(con, delivery, context)
    if is_run(delivery.path):
        run = read_run(delivery.path)
        insert_runs(con, [(delivery, run)], context)
        return run_outcome(delivery, run, FORMAT)
    if mlflow_database.is_database(delivery):
        return mlflow_database.read(con, delivery, context)
    return mlflow_table.read(con, delivery, context)
