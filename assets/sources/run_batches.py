"""How do thousands of runs load in seconds? Many in one transaction, each with its ledger row."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from assets.sources import mlflow
from assets.sources.content import Content
from assets.sources.ledger import Ledger, LoadResult
from assets.sources.mlflow_insert import insert_runs, run_outcome
from assets.sources.mlflow_store import StoredRun, read_run
from assets.sources.problem import SourceError
from assets.sources.quarantine import write_quarantine
from assets.sources.reading import Context, Delivery, Outcome

RUNS_AT_ONCE = 500
Looked = Mapping[str, tuple[Path, Content]]


@dataclass
class Batch:
    """New runs that were loaded; `rest` are the deliveries that are loaded one by one: copies of
    what is loaded already, and whatever is no run's folder."""

    results: list[LoadResult] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)
    rest: dict[str, tuple[Path, Content]] = field(default_factory=dict)


def load_runs(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    looked: Looked,
    context: Context,
    transaction: Callable[[duckdb.DuckDBPyConnection], Any],
) -> Batch:
    """Load all runs' folders whose content is new."""
    batch = Batch()
    new: list[tuple[str, Path, Content]] = []
    known = {load.content_hash for load in ledger.loads}
    for file, (path, content) in looked.items():
        if not mlflow.is_run(path) or content.content_hash in known:
            batch.rest[file] = (path, content)
            continue
        known.add(content.content_hash)
        new.append((file, path, content))
    for start in range(0, len(new), RUNS_AT_ONCE):
        some = list(_read(new[start : start + RUNS_AT_ONCE], batch, context))
        if some:
            with transaction(con):
                batch.results += _load(con, ledger, some, context)
    return batch


def _read(
    some: Sequence[tuple[str, Path, Content]], batch: Batch, context: Context
) -> Iterator[tuple[Delivery, StoredRun]]:
    for file, path, content in some:
        try:
            yield Delivery(path, file, content, uuid.uuid4().hex), read_run(path)
        except OSError as error:
            batch.errors.append(
                context.refuse(
                    file,
                    found=f"a run whose files cannot be read ({error.strerror or error})",
                    expected="a run's folder at rest",
                    remedy="Load again when it is written.",
                )
            )


def _load(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    runs: Sequence[tuple[Delivery, StoredRun]],
    context: Context,
) -> list[LoadResult]:
    insert_runs(con, runs, context)
    read: list[tuple[Delivery, Outcome]] = []
    for delivery, run in runs:
        outcome = run_outcome(delivery, run, mlflow.FORMAT)
        read.append((delivery, outcome))
        write_quarantine(
            con, outcome.rejected, source=context.source.name, file=delivery.file,
            load_id=delivery.load_id, now=context.now,
        )  # fmt: skip
    return ledger.record_all(read, context.now)
