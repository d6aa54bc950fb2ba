"""Where do records go that cannot be loaded? Into `raw.quarantine`, each with its reason.

`MEANINGS` is the list of all reasons. There are few, so that they can be counted; what exactly was
found and what was expected stands beside each record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from assets.sources.batches import lent

LONGEST_RAW_TEXT = 1_000_000

MALFORMED_JSON = "malformed_json"
MALFORMED_YAML = "malformed_yaml"
MISSING_REQUIRED = "missing_required"
BAD_TIMESTAMP = "bad_timestamp"
BAD_NUMBER = "bad_number"
BAD_STATUS = "bad_status"
BAD_VALUE = "bad_value"
UNKNOWN_CURRENCY = "unknown_currency"
WRONG_COLUMN_COUNT = "wrong_column_count"
UNCLOSED_QUOTE = "unclosed_quote"
REPEATED_HEADER = "repeated_header"
ENCODING = "encoding"
TRUNCATED = "truncated"
DUPLICATE_KEY = "duplicate_key"
MALFORMED_LINE = "malformed_line"
NOT_A_REQUEST = "not_a_request"
TOO_LONG = "too_long"

MEANINGS = {
    MALFORMED_JSON: "the line is not one whole JSON object",
    MALFORMED_YAML: "the file is no YAML mapping",
    MISSING_REQUIRED: "a value that every record must have is missing",
    BAD_TIMESTAMP: "a date or time cannot be read",
    BAD_NUMBER: "a number cannot be read, or lies outside what it can be",
    BAD_STATUS: "an HTTP status that is none",
    BAD_VALUE: "a value that is not one of those expected",
    UNKNOWN_CURRENCY: "an amount in a currency without a rate",
    WRONG_COLUMN_COUNT: "more or fewer cells than the header has",
    UNCLOSED_QUOTE: "a quote is opened and never closed",
    REPEATED_HEADER: "the header stands among the records",
    ENCODING: "bytes that are no text in the file's encoding",
    TRUNCATED: "the last line was cut off",
    DUPLICATE_KEY: "another record of the file has the same key and is newer",
    MALFORMED_LINE: "the line does not have the form of its file",
    NOT_A_REQUEST: "a line in a log of requests that tells of something else",
    TOO_LONG: "the line is longer than can be read",
}
# What makes a record be set aside for these reasons stands outside its text, or the text that is
# kept is not its bytes: only the file itself can tell whether it can be loaded now.
TOLD_BY_FILE_ALONE = frozenset({DUPLICATE_KEY, ENCODING, TRUNCATED, MALFORMED_YAML})


@dataclass(frozen=True)
class Rejected:
    """One record that was not loaded: its physical line (1 = first), why, and its text."""

    line: int | None
    reason: str
    column: str | None
    found: str | None
    expected: str
    raw_text: str


def readable(text: str | bytes) -> str:
    """Text that any database takes: bytes that are no UTF-8 are written as `\\xNN`."""
    if isinstance(text, bytes):
        return text[:LONGEST_RAW_TEXT].decode("utf-8", "backslashreplace")
    try:
        raw = text[:LONGEST_RAW_TEXT].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text[:LONGEST_RAW_TEXT].encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")


def write_quarantine(
    con: duckdb.DuckDBPyConnection,
    rejected: Sequence[Rejected],
    *,
    source: str,
    file: str,
    load_id: str,
    now: datetime,
) -> None:
    """Append the rejected records of one load, in the transaction that is open."""
    if not rejected:
        return
    batch = pa.table(
        {
            "line": pa.array([row.line for row in rejected], pa.int64()),
            "reason": pa.array([row.reason for row in rejected], pa.string()),
            "column_name": pa.array([_text(row.column) for row in rejected], pa.string()),
            "found": pa.array([_text(row.found) for row in rejected], pa.string()),
            "expected": pa.array([row.expected for row in rejected], pa.string()),
            "raw_text": pa.array([readable(row.raw_text) for row in rejected], pa.string()),
        }
    )
    with lent(con, "rejected_batch", batch):
        con.execute(
            "INSERT INTO raw.quarantine (source, file, line, reason, column_name, found,"
            " expected, raw_text, load_id, quarantined_at)"
            " SELECT ?, ?, line, reason, column_name, found, expected, raw_text, ?,"
            " ?::TIMESTAMPTZ FROM rejected_batch",
            [source, file, load_id, now],
        )


def _text(value: str | None) -> str | None:
    return None if value is None else readable(value)
