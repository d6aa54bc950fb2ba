"""How do records that were set aside join the load they belong to, once they can be read?"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from assets.sources import loading
from assets.sources.batches import lent
from assets.sources.ledger import SUPERSEDED, Ledger
from assets.sources.preamble import read_preamble
from assets.sources.quarantine import Rejected, readable, write_quarantine
from assets.sources.raw_tables import RECORD_TABLES, create_raw_tables
from assets.sources.reading import Context, Delivery, Outcome, ReadAgain

MIXED_LINES = (
    "some stand on lines of which other records are loaded, and those would now be read "
    "differently: they stay as they are"
)
_OF_LINES = "_line IN (SELECT unnest($lines::BIGINT[]))"


class NothingGained(Exception):
    """Reading a delivery again set as much aside as before."""


@dataclass(frozen=True)
class Load:
    """A ledger row with records in quarantine."""

    load_id: str
    file: str
    content_hash: str
    content_bytes: int
    detected: Mapping[str, Any]
    preamble: bytes | None


@dataclass(frozen=True)
class Held:
    """A record in quarantine; `row` addresses it in the table."""

    row: int
    line: int | None
    reason: str
    raw_text: str


@dataclass(frozen=True)
class Again:
    """A file read again: `database` holds the rows of the wanted lines in its schema `wanted`,
    `rejected` what is set aside still, by line of the delivered file."""

    database: Path
    outcome: Outcome
    rejected: Mapping[int, list[Rejected]]


def read_apart(
    load: Load, path: Path, lines: Mapping[int, int], context: Context, folder: Path
) -> Again:
    """Read a file into a database of its own. `lines` are the wanted lines of `path` with those
    of the delivered file. Raises `SourceError`."""
    kind = loading.KINDS[context.source.kind]
    content = loading.inspect_delivery(path, load.file, kind, None, context.source)
    delivery = Delivery(path, load.file, content, load.load_id, before=load.detected or None)
    for attempt in (0, 1):
        database = folder / f"read-{attempt}.duckdb"
        with duckdb.connect(str(database)) as con:
            create_raw_tables(con)
            try:
                outcome = loading.read_delivery(
                    con, kind, replace(delivery, attempt=attempt), context
                )
            except ReadAgain:
                continue
            _keep_wanted(con, lines)
        rejected: dict[int, list[Rejected]] = {}
        for row in outcome.rejected:
            if row.line is not None and row.line in lines:
                rejected.setdefault(lines[row.line], []).append(row)
        return Again(database, outcome, rejected)
    raise context.refuse(
        load.file,
        found="a file that changes while it is read",
        expected="a file at rest",
        remedy="Try again when it is written.",
    )


def _keep_wanted(con: duckdb.DuckDBPyConnection, lines: Mapping[int, int]) -> None:
    """Copy the rows of the wanted lines, under the lines of the delivered file."""
    batch = pa.table(
        {
            "here": pa.array(list(lines), pa.int64()),
            "there": pa.array(list(lines.values()), pa.int64()),
        }
    )
    con.execute("CREATE SCHEMA wanted")
    with lent(con, "wanted_lines", batch):
        for table in RECORD_TABLES:
            con.execute(
                f"CREATE TABLE wanted.{table} AS SELECT rows_read.* REPLACE (there AS _line)"
                f" FROM raw.{table} AS rows_read JOIN wanted_lines ON here = rows_read._line"
            )


def take_over(
    con: duckdb.DuckDBPyConnection,
    load: Load,
    held: Sequence[Held],
    again: Again,
    context: Context,
) -> tuple[int, int]:
    """Move what parses now into the load. Returns how many records were loaded, and how many
    could not be told from the loaded ones of their line."""
    resolved: list[Held] = []
    mixed = 0
    with _attached(con, again.database), loading.transaction(con):
        read = _rows_by_line(con, "again.wanted", None)
        kept = _rows_by_line(con, "raw", load.load_id)
        changed = _changed_lines(con, load, set(read) & set(kept))
        for line, records in _by_line(held).items():
            parsed = _without(records, again.rejected.get(line, [])) if read[line] else []
            if line in changed:
                mixed += len(parsed)
            else:
                resolved += parsed
        _insert(con, load, {record.line for record in resolved}, context)
        _settle(con, load, resolved, again.outcome, context)
        _tell_anew(con, held, again.rejected)
    return len(resolved), mixed


def _by_line(held: Sequence[Held]) -> dict[int, list[Held]]:
    records: dict[int, list[Held]] = {}
    for record in held:
        if record.line is not None:
            records.setdefault(record.line, []).append(record)
    return records


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, database: Path) -> Iterator[None]:
    escaped = str(database).replace("'", "''")
    con.execute(f"ATTACH '{escaped}' AS again (READ_ONLY)")
    try:
        yield
    finally:
        con.execute("DETACH again")


def _rows_by_line(con: duckdb.DuckDBPyConnection, schema: str, load_id: str | None) -> Counter[int]:
    counts: Counter[int] = Counter()
    for table in RECORD_TABLES:
        rows = con.execute(
            f"SELECT _line, count(*) FROM {schema}.{table}"
            " WHERE $load_id IS NULL OR _load_id = $load_id GROUP BY _line",
            {"load_id": load_id},
        ).fetchall()
        counts.update({line: count for line, count in rows if line is not None})
    return counts


def _changed_lines(con: duckdb.DuckDBPyConnection, load: Load, lines: set[int]) -> set[int]:
    """Of lines that hold loaded records too: those whose loaded rows are not read the same now."""
    changed: set[int] = set()
    for table in RECORD_TABLES if lines else ():
        own = _own_columns(con, table)
        rows = con.execute(
            f"SELECT DISTINCT _line FROM (SELECT {own} FROM raw.{table}"
            f" WHERE _load_id = $load_id AND {_OF_LINES}"
            f" EXCEPT ALL SELECT {own} FROM again.wanted.{table})",
            {"load_id": load.load_id, "lines": sorted(lines)},
        ).fetchall()
        changed |= {row[0] for row in rows}
    return changed


def _own_columns(con: duckdb.DuckDBPyConnection, table: str) -> str:
    described = con.execute(f"DESCRIBE again.wanted.{table}").fetchall()
    names = [row[0] for row in described]
    return ", ".join(f'"{n}"' for n in names if n not in ("_source", "_load_id", "_loaded_at"))


def _without(records: Sequence[Held], rejected: Sequence[Rejected]) -> list[Held]:
    """The records of a line that are no longer among those set aside."""
    still = Counter(readable(row.raw_text) for row in rejected)
    parsed = []
    for record in records:
        if still[record.raw_text]:
            still[record.raw_text] -= 1
        else:
            parsed.append(record)
    return parsed


def _insert(
    con: duckdb.DuckDBPyConnection, load: Load, lines: set[int | None], context: Context
) -> None:
    """Append the rows of these lines, but for those that are there."""
    for table in RECORD_TABLES if lines else ():
        own = _own_columns(con, table)
        con.execute(
            f"INSERT INTO raw.{table} ({own}, _source, _load_id, _loaded_at)"
            f" SELECT {own}, $source, $load_id, $now::TIMESTAMPTZ FROM ("
            f"SELECT {own} FROM again.wanted.{table} WHERE {_OF_LINES}"
            f" EXCEPT ALL SELECT {own} FROM raw.{table}"
            f" WHERE _load_id = $load_id AND {_OF_LINES})",
            {
                "source": context.source.name,
                "load_id": load.load_id,
                "now": context.now,
                "lines": list(lines),
            },
        )


def _settle(
    con: duckdb.DuckDBPyConnection,
    load: Load,
    resolved: Sequence[Held],
    outcome: Outcome,
    context: Context,
) -> None:
    """Quarantine and ledger say what was loaded now."""
    if not resolved:
        return
    con.execute(
        "UPDATE raw.quarantine SET resolved_by = ?, resolved_at = ?::TIMESTAMPTZ"
        " WHERE rowid IN (SELECT unnest(?::BIGINT[]))",
        [f"retry-{uuid.uuid4().hex}", context.now, [record.row for record in resolved]],
    )
    con.execute(
        "UPDATE raw.loads SET loaded = loaded + $n, quarantined = quarantined - $n,"
        " first_at = least(first_at, $first::TIMESTAMPTZ),"
        " last_at = greatest(last_at, $last::TIMESTAMPTZ) WHERE load_id = $load_id",
        {
            "n": len(resolved),
            "first": outcome.first_at,
            "last": outcome.last_at,
            "load_id": load.load_id,
        },
    )


def _tell_anew(
    con: duckdb.DuckDBPyConnection,
    held: Sequence[Held],
    rejected: Mapping[int, list[Rejected]],
) -> None:
    """What is set aside still has the reason that holds now."""
    told: list[tuple[Held, Rejected]] = []
    for line, records in _by_line(held).items():
        by_text: dict[str, list[Rejected]] = {}
        for row in rejected.get(line, []):
            by_text.setdefault(readable(row.raw_text), []).append(row)
        told += [
            (record, by_text[record.raw_text][0])
            for record in records
            if len(by_text.get(record.raw_text, ())) == 1
        ]
    if not told:
        return
    batch = pa.table(
        {
            "place": pa.array([record.row for record, _ in told], pa.int64()),
            "reason": pa.array([row.reason for _, row in told], pa.string()),
            "column_name": pa.array([_text(row.column) for _, row in told], pa.string()),
            "found": pa.array([_text(row.found) for _, row in told], pa.string()),
            "expected": pa.array([row.expected for _, row in told], pa.string()),
        }
    )
    with lent(con, "told_anew", batch):
        con.execute(
            "UPDATE raw.quarantine AS held SET reason = told.reason,"
            " column_name = told.column_name, found = told.found, expected = told.expected"
            " FROM told_anew AS told WHERE held.rowid = told.place AND held.resolved_at IS NULL"
        )


def _text(value: str | None) -> str | None:
    return None if value is None else readable(value)


def load_whole_again(
    con: duckdb.DuckDBPyConnection,
    load: Load,
    held: Sequence[Held],
    path: Path,
    context: Context,
) -> int:
    """Load a delivery anew in the place of its earlier load. Returns how many records fewer are
    set aside. Raises `NothingGained` (and leaves all as it was) and `SourceError`."""
    kind = loading.KINDS[context.source.kind]
    content = loading.inspect_delivery(path, load.file, kind, None, context.source)
    delivery = Delivery(path, load.file, content, uuid.uuid4().hex, before=load.detected or None)
    try:
        return _replace_load(con, load, held, delivery, context)
    except ReadAgain:
        return _replace_load(con, load, held, replace(delivery, attempt=1), context)


def _replace_load(
    con: duckdb.DuckDBPyConnection,
    load: Load,
    held: Sequence[Held],
    delivery: Delivery,
    context: Context,
) -> int:
    kind = loading.KINDS[context.source.kind]
    with loading.transaction(con):
        con.execute("UPDATE raw.loads SET status = ? WHERE load_id = ?", [SUPERSEDED, load.load_id])
        con.execute(
            "UPDATE raw.quarantine SET resolved_by = ?, resolved_at = ?::TIMESTAMPTZ"
            " WHERE rowid IN (SELECT unnest(?::BIGINT[]))",
            [delivery.load_id, context.now, [record.row for record in held]],
        )
        outcome = loading.read_delivery(con, kind, delivery, context)
        if len(outcome.rejected) >= len(held):
            raise NothingGained
        write_quarantine(
            con, outcome.rejected, source=context.source.name, file=delivery.file,
            load_id=delivery.load_id, now=context.now,
        )  # fmt: skip
        preamble = None if kind.is_folder else read_preamble(con, delivery, outcome, context.now)
        ledger = Ledger(con, context.source.name, context.source.kind)
        ledger.record_load(delivery, outcome, context.now, preamble=preamble)
    return len(held) - len(outcome.rejected)
