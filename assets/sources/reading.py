"""What does a reader of one kind get, and what does it hand back?

A reader gets one `Delivery` (a file, or a run's folder) with its `Context`, appends its rows to
the raw tables in the transaction that is open, and returns an `Outcome`. The ledger row is written
by the caller, in the same transaction.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from assets.sources.batches import lent
from assets.sources.content import Content
from assets.sources.problem import SourceError
from assets.sources.quarantine import Rejected, readable
from assets.sources.raw_tables import RECORD_TABLES
from hub.config import HubConfig
from hub.home import HubHome


class ReadAgain(Exception):
    """The quick way of reading does not fit this file: start over, `Delivery.attempt` + 1."""


@dataclass(frozen=True)
class Context:
    """What holds for a whole run of one source: settings, place, clock.

    `earlier` is what was detected when this source's last file was loaded ({} for the first).
    """

    home: HubHome
    config: HubConfig
    source: Any
    now: datetime
    earlier: Mapping[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of times without an offset: the source's, else the hub's."""
        return ZoneInfo(getattr(self.source, "time_zone", None) or self.config.time_zone)

    def refuse(
        self,
        file: str | None,
        *,
        found: str,
        expected: str,
        remedy: str,
        line: int | None = None,
        column: str | None = None,
        published_found: str | None = None,
    ) -> SourceError:
        """The error that refuses a whole file of this source.

        `published_found` is published in place of a `found` that tells cells of the file.
        """
        return SourceError(
            source=self.source.name,
            file=file,
            line=line,
            column=column,
            found=found,
            expected=expected,
            remedy=remedy,
            published_found=published_found,
        )


@dataclass(frozen=True)
class Delivery:
    """One thing to load. A grown file is loaded from byte `start_byte`, after `start_line` lines;
    `before` is what was detected when its beginning was loaded, as `after_load_id`."""

    path: Path
    file: str
    content: Content
    load_id: str
    start_byte: int = 0
    start_line: int = 0
    before: Mapping[str, Any] | None = None
    after_load_id: str | None = None
    attempt: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of one delivery; always records = loaded + len(rejected) + blank.

    A later tail of this file starts at `resume_byte`, after `resume_line` lines. `preview`
    makes lines for a person who looks before a load; they are not kept.
    """

    records: int
    loaded: int
    blank: int
    rejected: Sequence[Rejected]
    format: str
    detected: dict[str, Any]
    first_at: datetime | None = None
    last_at: datetime | None = None
    resume_byte: int | None = None
    resume_line: int | None = None
    preview: Callable[[], Sequence[str]] = tuple


class Reader(Protocol):
    """Loads one delivery. Raises `SourceError` to refuse it as a whole, `ReadAgain` (once) to be
    called again in a new transaction."""

    def __call__(
        self, con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context
    ) -> Outcome: ...


def insert_rows(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: Mapping[str, Sequence[Any]],
    delivery: Delivery,
    context: Context,
    *,
    lines: Sequence[int | None],
    extra: Sequence[dict[str, Any] | None],
    files: Sequence[str] | None = None,
    loads: Sequence[str] | None = None,
) -> int:
    """Append rows given as columns to `raw.<table>`, with their provenance. Returns the count.

    `files` and `loads` are for rows of several files or loads at once.
    """
    if table not in RECORD_TABLES:
        raise ValueError(f"no raw table {table}")
    if not lines:
        return 0
    names = list(columns)
    batch = pa.table(
        {
            **{name: _array(columns[name]) for name in names},
            "_file": pa.array(files or [delivery.file] * len(lines), pa.string()),
            "_line": pa.array(lines, pa.int64()),
            "_load_id": pa.array(loads or [delivery.load_id] * len(lines), pa.string()),
            "_extra": pa.array([_json(row) for row in extra], pa.string()),
        }
    )
    with lent(con, "row_batch", batch):
        con.execute(
            f"INSERT INTO raw.{table} ({', '.join(names)}, _source, _file, _line, _load_id,"
            f" _loaded_at, _extra) SELECT {', '.join(names)}, ?, _file, _line, _load_id,"
            " ?::TIMESTAMPTZ, _extra FROM row_batch",
            [context.source.name, context.now],
        )
    return len(lines)


def _array(values: Sequence[Any]) -> pa.Array:
    """A column as Arrow: texts cleaned of lone surrogates, times with microseconds in UTC."""
    first = next((value for value in values if value is not None), None)
    if first is None:
        return pa.nulls(len(values), pa.string())
    if isinstance(first, str):
        return pa.array([None if v is None else readable(v) for v in values], pa.string())
    if isinstance(first, datetime):
        return pa.array(values, pa.timestamp("us", tz="UTC"))
    return pa.array(values)


def _json(row: dict[str, Any] | None) -> str | None:
    return json.dumps(_clean(row), ensure_ascii=False) if row else None


def _clean(value: Any) -> Any:
    """A value as JSON text can hold it: no lone surrogates, no NaN, no foreign types."""
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(cell) for key, cell in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(cell) for cell in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return readable(str(value))
