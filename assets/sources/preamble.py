"""What stands in a file before its first record? A header, without which records mean nothing.

It is kept with the load, so that records set aside can be read again when the file is gone.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from assets.sources.content import open_content
from assets.sources.raw_tables import RECORD_TABLES
from assets.sources.reading import Delivery, Outcome

LONGEST_BYTES = 1 << 20


def read_preamble(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, outcome: Outcome, now: datetime
) -> bytes | None:
    """The lines before the first record of a delivery just read into the open transaction.

    None for a tail, for a file without records, and for more than `LONGEST_BYTES`.
    """
    if delivery.start_byte or not outcome.records:
        return None
    numbers = [row.line for row in outcome.rejected if row.line is not None]
    if outcome.loaded:
        numbers += _first_loaded(con, delivery.load_id, now)
    if not numbers:
        return None
    text = b""
    with open_content(delivery.path) as (stream, _):
        for _ in range(min(numbers) - 1):
            text += stream.readline(LONGEST_BYTES)
            if len(text) > LONGEST_BYTES:
                return None
    return text


def _first_loaded(con: duckdb.DuckDBPyConnection, load_id: str, now: datetime) -> list[int]:
    """The first line of a load's rows; the time of the load spares looking at older ones."""
    tables = " UNION ALL ".join(
        f"SELECT min(_line) AS line FROM raw.{table}"
        " WHERE _loaded_at = $now::TIMESTAMPTZ AND _load_id = $load_id"
        for table in RECORD_TABLES
    )
    rows = con.execute(
        f"SELECT min(line) FROM ({tables})", {"now": now, "load_id": load_id}
    ).fetchall()
    return [row[0] for row in rows if row[0] is not None]
