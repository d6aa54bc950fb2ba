"""How is a wrongly delivered file taken back, so that nothing of it counts any longer?

Its loads are marked as superseded: staging leaves them out, and facts that hold them are made anew.
The path is then unknown, and what stands there at the next run is new. Where the same content was
delivered under another name too, that copy is no duplicate any more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from assets.sources.ledger import DUPLICATE, LOADED, SUPERSEDED, TAIL_OF
from assets.sources.loading import KINDS, fingerprint_of, transaction
from hub.home import HubHome


class CannotForget(Exception):
    """The file cannot be taken back; the message says why and what to do."""


@dataclass(frozen=True)
class Forgotten:
    """What no longer counts. `copies` hold the same content and are loaded at the next run."""

    source: str
    file: str
    loads: int
    records: int
    copies: Sequence[str]


def forget_file(
    con: duckdb.DuckDBPyConnection, file: str, *, home: HubHome, keep_records: bool = False
) -> list[Forgotten]:
    """Take a file back, named as the ledger names it, in every source that loaded it.

    With `keep_records` what was loaded stays, and only what stands there now is taken as new: for
    a log that was emptied and begun anew. Call it under the write lock. Raises `CannotForget`.
    """
    sources = [
        row[0]
        for row in con.execute(
            "SELECT DISTINCT source FROM raw.loads WHERE file = ? AND status = ? ORDER BY source",
            [file, LOADED],
        ).fetchall()
    ]
    if not sources:
        raise CannotForget(f"{file}: nothing that counts was loaded from a file of this name.")
    _check_is_gone(con, file, home)
    with transaction(con):
        return [_forget(con, source, file, keep_records=keep_records) for source in sources]


def _check_is_gone(con: duckdb.DuckDBPyConnection, file: str, home: HubHome) -> None:
    """What was loaded must no longer stand there: the next run would load it again."""
    path = home.root / file
    seen = con.execute(
        "SELECT DISTINCT fingerprint, kind FROM raw.files_seen JOIN raw.loads USING (source, file)"
        " WHERE file = ?",
        [file],
    ).fetchall()
    if path.exists() and any(fingerprint_of(path, KINDS[kind]) == held for held, kind in seen):
        raise CannotForget(
            f"{file}: the file still stands there as it was loaded, and the next run would load it "
            "again. Take it away first."
        )


def _forget(
    con: duckdb.DuckDBPyConnection, source: str, file: str, *, keep_records: bool
) -> Forgotten:
    _unsee(con, source, [file])
    if keep_records:
        return Forgotten(source, file, 0, 0, ())
    loads = {
        load_id: (name, loaded, tail_of)
        for load_id, name, loaded, tail_of in _loads_in_force(con, source)
    }
    mine = {load_id for load_id, (name, _, _) in loads.items() if name == file}
    _check_nothing_goes_on(loads, mine, file)
    _check_lines_are_kept(con, mine, file)
    con.execute(
        "UPDATE raw.loads SET status = ? WHERE list_contains(?, load_id)",
        [SUPERSEDED, sorted(mine)],
    )
    copies = [
        row[0]
        for row in con.execute(
            "SELECT DISTINCT file FROM raw.loads WHERE source = ? AND status = ?"
            " AND duplicate_of = ? AND file <> ? ORDER BY file",
            [source, DUPLICATE, file, file],
        ).fetchall()
    ]
    _unsee(con, source, copies)
    return Forgotten(source, file, len(mine), sum(loads[x][1] for x in mine), copies)


def _loads_in_force(
    con: duckdb.DuckDBPyConnection, source: str
) -> list[tuple[str, str, int, str | None]]:
    rows = con.execute(
        "SELECT load_id, file, loaded, detected FROM raw.loads WHERE source = ? AND status = ?",
        [source, LOADED],
    ).fetchall()
    return [(*row[:3], json.loads(row[3] or "{}").get(TAIL_OF)) for row in rows]


def _check_nothing_goes_on(
    loads: dict[str, tuple[str, int, str | None]], mine: set[str], file: str
) -> None:
    """A tail that was loaded from another file means nothing without its beginning."""
    others = sorted({name for name, _, tail_of in loads.values() if tail_of in mine} - {file})
    if others:
        raise CannotForget(
            f"{file}: {', '.join(others)} goes on where it ended, and only that part was loaded "
            f"from there. Forget {', '.join(others)} first; put a corrected file in its place."
        )


def _check_lines_are_kept(con: duckdb.DuckDBPyConnection, mine: set[str], file: str) -> None:
    """Facts of lines that are no longer kept cannot be made anew without this file."""
    ((expected, there),) = con.execute(
        "SELECT (SELECT coalesce(sum(loaded), 0) FROM raw.loads"
        " WHERE kind = 'service_logs' AND list_contains($mine, load_id)),"
        " (SELECT count(*) FROM raw.service_logs WHERE list_contains($mine, _load_id))",
        {"mine": sorted(mine)},
    ).fetchall()
    if there < expected:
        raise CannotForget(
            f"{file}: {expected - there:,} of its lines are no longer kept "
            "(retention.raw_log_days), so that their facts cannot be made anew without them."
        )


def _unsee(con: duckdb.DuckDBPyConnection, source: str, files: Sequence[str]) -> None:
    con.execute(
        "DELETE FROM raw.files_seen WHERE source = ? AND list_contains(?, file)",
        [source, list(files)],
    )
