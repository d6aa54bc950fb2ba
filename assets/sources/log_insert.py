"""How do a log file's lines get into the raw table: the quick way, and the careful one?

Quickly: the database reads the file and takes every line; where sampled lines show bad ones, it
leaves those out, and they alone are looked at closely. Carefully: every line is taken apart here
first. Either way each line is loaded, blank or set aside with its number, reason and text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.sources.batches import lent
from assets.sources.log_fields import LogFields
from assets.sources.log_layout import Layout, json_layout
from assets.sources.log_lines import LineScan, Splitter, explain_bad, keep_objects, number_lines
from assets.sources.log_query import LogQuery, missing_lines
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, ReadAgain

_Bad = list[tuple[int, dict[str, str | None]]]


@dataclass(frozen=True)
class Part:
    """The file (or a copy of the part to load) that is read; `folder` is for more copies."""

    path: Path
    compression: str
    lines: int
    folder: Path


@dataclass(frozen=True)
class Loaded:
    """What became of a file's records; records = loaded + len(rejected) + blank."""

    records: int
    loaded: int
    blank: int = 0
    rejected: Sequence[Rejected] = ()


class Inserter:
    """Inserts one delivery. `fields_of` gives the fields once those of all records are known."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        delivery: Delivery,
        context: Context,
        fields_of: Callable[[Sequence[str]], LogFields],
        service: str | None,
    ) -> None:
        self._con = con
        self._delivery = delivery
        self._context = context
        self._fields_of = fields_of
        self._service = service

    def insert_whole(self, layout: Layout, part: Part) -> Loaded:
        """Take every line in one pass. Raises `ReadAgain` when one cannot be taken."""
        query = self._query(layout)
        try:
            loaded = self._execute(query.insert(is_strict=True), self._delivery.start_line)
        except duckdb.Error as error:
            raise ReadAgain(str(error)) from error
        if loaded != part.lines:
            raise ReadAgain("blank lines, or lines with several objects")
        return Loaded(part.lines, loaded)

    def insert_good(self, layout: Layout, part: Part, splitter: Splitter) -> Loaded:
        """Take the good lines, then look closely at the others; at all of them when the
        database's rows are not the file's lines one by one."""
        query = self._query(layout)
        rows = self._count(query)
        if rows == part.lines:
            loaded = self._execute(query.insert(), self._delivery.start_line)
        else:
            numbers = number_lines(part.path, first_line=self._delivery.start_line)
            if rows != len(numbers):  # not even the blank lines aside
                return self.insert_split(part, splitter)
            loaded = self._insert_numbered(query, numbers)
        left = self._missing_lines(part.lines)
        if loaded + len(left) != part.lines:
            raise ReadAgain("lines that are read differently each time")
        if not left:
            return Loaded(part.lines, loaded)
        closely = self.insert_split(part, splitter, only=left)
        return Loaded(part.lines, loaded + closely.loaded, closely.blank, closely.rejected)

    def insert_split(
        self,
        part: Part,
        splitter: Splitter,
        *,
        only: set[int] | None = None,
        is_by_line: bool = True,
    ) -> Loaded:
        """Take lines apart (all, or `only` some), and load their objects."""
        kept = part.folder / "kept.jsonl"
        scan = keep_objects(
            part.path, kept, splitter, first_line=self._delivery.start_line, only=only
        )
        return self.insert_kept(kept, scan, original=part.path if is_by_line else None)

    def insert_kept(self, kept: Path, scan: LineScan, *, original: Path | None) -> Loaded:
        """Load the objects that were written to `kept`, one a line."""
        loaded, rejected = 0, list(scan.rejected)
        if len(scan.numbers):
            fields = self._fields_of(scan.keys)
            query = self._query(json_layout(fields, path=str(kept), compression="none"))
            loaded, bad = self._insert_kept(query, scan.numbers)
            rejected += explain_bad(
                kept, bad, scan, original=original, first_line=self._delivery.start_line
            )
        rejected.sort(key=lambda row: row.line or 0)
        return Loaded(loaded + len(rejected) + scan.blank, loaded, scan.blank, rejected)

    def _insert_kept(self, query: LogQuery, numbers: npt.NDArray[np.int64]) -> tuple[int, _Bad]:
        try:
            loaded = self._insert_numbered(query, numbers)
            bad = _bad_lines(self._con, query)
        except duckdb.Error as error:
            raise self._unreadable(str(error)) from error
        if loaded + len(bad) != len(numbers):
            raise self._unreadable("lines that are read differently each time")
        return loaded, bad

    def _insert_numbered(self, query: LogQuery, numbers: npt.NDArray[np.int64]) -> int:
        with lent(self._con, "line_map", pa.table({"line": numbers})):
            return self._execute(query.insert(has_line_map=True), 0)

    def _count(self, query: LogQuery) -> int | None:
        """The database's rows; None when it cannot read the file."""
        with self._con.cursor() as probe:  # of its own: an error would end the open transaction
            try:
                return int(probe.execute(query.count()).fetchall()[0][0])
            except duckdb.Error:
                return None

    def _missing_lines(self, lines: int) -> set[int]:
        first = self._delivery.start_line + 1
        rows = self._con.execute(
            missing_lines(),
            {
                "first": first,
                "last": first + lines - 1,
                "now": self._context.now,
                "load_id": self._delivery.load_id,
            },
        ).fetchall()
        return {row[0] for row in rows}

    def _execute(self, sql: str, first_line: int) -> int:
        with _one_thread(self._con):
            inserted = self._con.execute(
                sql,
                {
                    "source": self._context.source.name,
                    "file": self._delivery.file,
                    "load_id": self._delivery.load_id,
                    "now": self._context.now,
                    "first_line": first_line,
                },
            ).fetchall()
        return int(inserted[0][0])

    def _query(self, layout: Layout) -> LogQuery:
        return LogQuery(layout, zone=self._context.zone.key, service=self._service)

    def _unreadable(self, found: str) -> Exception:
        return self._context.refuse(
            self._delivery.file,
            found=found,
            expected="records that the database can read",
            remedy="Split the file, or convert it to flat JSON lines.",
        )


@contextmanager
def _one_thread(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Numbering rows in order keeps one thread busy; others would only spin beside it (measured:
    a fifth more processor time, and no time gained)."""
    with con.cursor() as settings:
        threads = settings.execute("SELECT current_setting('threads')").fetchall()[0][0]
        settings.execute("SET threads = 1")
        try:
            yield
        finally:
            settings.execute(f"SET threads = {int(threads)}")


def _bad_lines(con: duckdb.DuckDBPyConnection, query: LogQuery) -> _Bad:
    names = query.checked()
    rows = con.execute(query.bad()).fetchall()
    return [(row[0], dict(zip(names, row[1:], strict=True))) for row in rows]
