"""Which files of a source are loaded, in which order, and how does each become one transaction?"""

from __future__ import annotations

import glob
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from assets.sources import (
    calendar,
    cost,
    events,
    experiments,
    exposure,
    incidents,
    jira,
    mlflow,
    rates,
    releases,
    sales,
    service_logs,
    service_metrics,
    settings,
)
from assets.sources.content import Content, Unreadable, file_fingerprint, inspect_file
from assets.sources.ledger import (
    DUPLICATE,
    Ledger,
    LoadResult,
    OnRewrite,
    Plan,
    time_after_all,
)
from assets.sources.overlap import Coverage, order_by_growth
from assets.sources.preamble import read_preamble
from assets.sources.problem import SourceError
from assets.sources.quarantine import write_quarantine
from assets.sources.reading import Context, Delivery, Outcome, ReadAgain, Reader
from assets.sources.run_batches import load_runs
from hub.config import HubConfig
from hub.home import HubHome
from hub.source_settings import SourceConfig

Progress = Callable[[str], None]
SCRATCH = ("reading-*", "retry-*")
OLDEST_SCRATCH = timedelta(days=1)


@dataclass(frozen=True)
class Kind:
    """How one kind of source is found, read, and what a rewritten file means."""

    read: Reader
    on_rewrite: OnRewrite
    is_folder: bool = False


KINDS: Mapping[str, Kind] = {
    "service_logs": Kind(service_logs.read, OnRewrite.REFUSE),
    "sales": Kind(sales.read, OnRewrite.REFUSE),
    "jira": Kind(jira.read, OnRewrite.KEEP),
    "mlflow": Kind(mlflow.read, OnRewrite.SUPERSEDE, is_folder=True),
    "releases": Kind(releases.read, OnRewrite.SUPERSEDE),
    "experiments": Kind(experiments.read, OnRewrite.SUPERSEDE),
    "calendar": Kind(calendar.read, OnRewrite.SUPERSEDE),
    "service_metrics": Kind(service_metrics.read, OnRewrite.ADD),
    "events": Kind(events.read, OnRewrite.REFUSE),
    "exposure": Kind(exposure.read, OnRewrite.REFUSE),
    "incidents": Kind(incidents.read, OnRewrite.KEEP),
    "cost": Kind(cost.read, OnRewrite.SUPERSEDE),
    "rates": Kind(rates.read, OnRewrite.SUPERSEDE),
    "settings": Kind(settings.read, OnRewrite.SNAPSHOT),
}


def load_source(
    con: duckdb.DuckDBPyConnection,
    source: SourceConfig,
    *,
    home: HubHome,
    config: HubConfig,
    now: datetime,
    progress: Progress | None = None,
) -> list[LoadResult]:
    """Load every new or grown file of a source; files that did not change give no result.

    Raises `SourceError` for the first refused file after all the others were loaded: its
    `results` are theirs, its `others` the problems of further refused files.
    """
    con.execute("SET TimeZone = 'UTC'")
    kind = KINDS[source.kind]
    ledger = Ledger(con, source.name, source.kind)
    _sweep(home.var, now)
    now = time_after_all(con, now)
    results: list[LoadResult] = []
    errors: list[SourceError] = []
    looked = _look(source, kind, ledger, home, errors)
    if kind.is_folder:
        context = Context(home, config, source, now, ledger.last_detected)
        batch = load_runs(con, ledger, looked, context, transaction)
        results, looked = batch.results, batch.rest
        errors += batch.errors
        if progress is not None and results:
            progress(f"{source.name}: {len(results):,} runs loaded")
    coverage = Coverage(ledger, looked, home.root)
    for file, (path, content) in looked.items():
        context = Context(home, config, source, now, ledger.last_detected)
        others = {name: found for name, (_, found) in looked.items()}
        try:
            plan = ledger.plan(file, content, others=others, on_rewrite=kind.on_rewrite)
            if plan.action in ("load", "refuse") and kind.on_rewrite is OnRewrite.REFUSE:
                covered_by = coverage.of(file, content)
                plan = Plan("duplicate", covered_by) if covered_by else plan
            result = _carry_out(con, ledger, kind, plan, path, file, content, context)
        except SourceError as error:
            errors.append(error)
            continue
        if result is not None:
            results.append(result)
            if progress is not None:
                progress(_told(source.name, result))
    if errors:
        errors[0].results = results
        errors[0].others = [error.problem for error in errors[1:]]
        raise errors[0]
    return results


def _sweep(var: Path, now: datetime) -> None:
    """Remove copies of files that a killed load left behind. Younger ones may be in use: a check
    reads without the lock."""
    for folder in (path for pattern in SCRATCH for path in var.glob(pattern)):
        with suppress(OSError):
            if folder.stat().st_mtime < (now - OLDEST_SCRATCH).timestamp():
                shutil.rmtree(folder)


def pending_files(
    con: duckdb.DuckDBPyConnection, source: SourceConfig, *, home: HubHome
) -> list[Path]:
    """Which files (for MLflow: run folders) are new or changed since they were loaded.

    Only a file whose size or time of change differs is read, to compare its content. The raw
    tables must be there (`create_raw_tables`).
    """
    kind = KINDS[source.kind]
    ledger = Ledger(con, source.name, source.kind)
    pending: list[Path] = []
    for path in find_deliveries(source, home):
        file = home.relative(path)
        try:
            if ledger.is_unchanged(file, fingerprint_of(path, kind)):
                continue
            if ledger.same_content(file, _inspect(path, kind, ledger).content_hash):
                continue
        except (Unreadable, OSError):
            pass
        pending.append(path)
    return pending


def find_deliveries(source: SourceConfig, home: HubHome) -> list[Path]:
    """What a source's path finds now: files, or run folders, in the order of their names."""
    pattern = source.path if Path(source.path).is_absolute() else str(home.root / source.path)
    found = sorted(Path(name) for name in glob.glob(pattern, recursive=True))
    if KINDS[source.kind].is_folder:
        return mlflow.find(found)
    files = [path for path in found if path.is_file()]
    return calendar.find(files, source, home) if source.kind == "calendar" else files


def read_delivery(
    con: duckdb.DuckDBPyConnection, kind: Kind, delivery: Delivery, context: Context
) -> Outcome:
    """Read one delivery into the open transaction and check that no record is missing."""
    outcome = kind.read(con, delivery, context)
    if outcome.records != outcome.loaded + len(outcome.rejected) + outcome.blank:
        raise RuntimeError(
            f"{delivery.file}: {outcome.records} records, but {outcome.loaded} loaded, "
            f"{len(outcome.rejected)} quarantined and {outcome.blank} blank"
        )
    return outcome


def inspect_delivery(
    path: Path, file: str, kind: Kind, ledger: Ledger | None, source: SourceConfig
) -> Content:
    """The content of one delivery. Raises `SourceError` when it cannot be read at all."""
    try:
        return _inspect(path, kind, ledger)
    except (Unreadable, OSError) as error:
        raise SourceError(
            source=source.name,
            file=file,
            found=str(error),
            expected="a readable file, plain or gzip",
            remedy="Deliver the file again.",
        ) from error


def _look(
    source: SourceConfig,
    kind: Kind,
    ledger: Ledger,
    home: HubHome,
    errors: list[SourceError],
) -> dict[str, tuple[Path, Content]]:
    """Read the content of every file that may have changed."""
    looked: dict[str, tuple[Path, Content]] = {}
    paths = find_deliveries(source, home)
    ledger.present = {home.relative(path) for path in paths}
    for path in paths:
        file = home.relative(path)
        try:
            if not ledger.is_unchanged(file, fingerprint_of(path, kind)):
                looked[file] = (path, inspect_delivery(path, file, kind, ledger, source))
        except SourceError as error:
            errors.append(error)
        except OSError:
            continue  # gone since it was found
    if kind.on_rewrite is not OnRewrite.REFUSE:
        return looked
    try:
        return order_by_growth(looked)
    except (Unreadable, OSError):
        return looked  # a file went away: what is left is read in the order of names


def _carry_out(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    kind: Kind,
    plan: Plan,
    path: Path,
    file: str,
    content: Content,
    context: Context,
) -> LoadResult | None:
    load_id = uuid.uuid4().hex
    now = context.now
    if plan.action == "refuse":
        raise context.refuse(
            file,
            found=plan.found,
            expected="the earlier content, with new lines only at its end",
            remedy="Put the earlier file back (a rotated one under any name that `path` finds) "
            "and deliver new records as a file of its own; or take back what was loaded with "
            "`bellwether forget`.",
        )
    with transaction(con):
        if plan.action == "skip":
            ledger.remember(file, content, now)
            return None
        if plan.action == "duplicate" and plan.after is not None:
            ledger.remember(file, content, now)
            if kind.on_rewrite is OnRewrite.SUPERSEDE and plan.after.file != file:
                ledger.supersede(file)
            return ledger.record_duplicate(file, content, plan.after, load_id=load_id, now=now)
    after = plan.after
    delivery = Delivery(
        path,
        file,
        content,
        load_id,
        start_byte=after.resume_byte if after else 0,
        start_line=after.resume_line if after else 0,
        before=after.detected if after else None,
        after_load_id=after.load_id if after else None,
    )
    try:
        return _load(con, ledger, kind, delivery, context)
    except ReadAgain:
        return _load(con, ledger, kind, replace(delivery, attempt=1), context)


def _load(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    kind: Kind,
    delivery: Delivery,
    context: Context,
) -> LoadResult:
    """One delivery in one transaction: rows, quarantine, ledger and what the path holds."""
    with transaction(con):
        outcome = read_delivery(con, kind, delivery, context)
        write_quarantine(
            con,
            outcome.rejected,
            source=context.source.name,
            file=delivery.file,
            load_id=delivery.load_id,
            now=context.now,
        )
        if kind.on_rewrite is OnRewrite.SUPERSEDE:
            ledger.supersede(delivery.file)
        ledger.remember(delivery.file, delivery.content, context.now)
        preamble = None if kind.is_folder else read_preamble(con, delivery, outcome, context.now)
        return ledger.record_load(delivery, outcome, context.now, preamble=preamble)


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that is written within, or nothing of it."""
    con.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")


def _inspect(path: Path, kind: Kind, ledger: Ledger | None) -> Content:
    if kind.is_folder:
        return mlflow.inspect(path)
    return inspect_file(path, ledger.beginnings() if ledger else ())


def fingerprint_of(path: Path, kind: Kind) -> str:
    """What is compared first to tell whether a delivery changed."""
    return mlflow.fingerprint(path) if kind.is_folder else file_fingerprint(path)


def _told(source: str, result: LoadResult) -> str:
    if result.status == DUPLICATE:
        return f"{source}: {result.file} is loaded already"
    told = f"{source}: {result.file}: {result.loaded:,} records"
    told += f", {result.quarantined:,} set aside" if result.quarantined else ""
    return "; ".join([told, *result.detected.get("notes", ())])
