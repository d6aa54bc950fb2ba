"""Which form does a delivery of Jira have, and what is read of it? Told by content, not by name.

CSV exports of the user interface, answers of the REST interface as JSON in whatever wrapping, JSON
within a column of a CSV, and the XML (RSS) export. A record is an issue; a file of histories,
worklogs, comments, statuses or sprints alone has one record for each of these.
"""

from __future__ import annotations

import duckdb

from assets.sources.content import Unreadable, read_content
from assets.sources.jira_csv import read_export, wanted_columns
from assets.sources.jira_json import read_documents
from assets.sources.jira_nested import read_nested
from assets.sources.jira_xml import read_xml
from assets.sources.json_records import looks_like_json
from assets.sources.mapped_table import TableSettings, parse_csv
from assets.sources.reading import Context, Delivery, Outcome

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one delivery, whatever its form. See `reading.Reader`."""
    head = delivery.content.head
    start = _first_text(head)
    if head.startswith((_ZIP, _OLD_EXCEL)):
        raise _refuse(delivery, context, "a spreadsheet's own format, or an archive")
    if start.startswith(("<!doctype html", "<html", "<head", "<table", "<meta", "<body")):
        raise _refuse(delivery, context, "an HTML page")
    if looks_like_json(head):
        return read_documents(con, _content(delivery, context), delivery, context)
    if start.startswith("<"):
        return read_xml(con, _content(delivery, context), delivery, context)
    settings = TableSettings(columns=context.source.columns)
    table = parse_csv(delivery, context, wanted_columns(), settings)
    nested = read_nested(con, table, delivery, context)
    return nested or read_export(con, table, delivery, context)


def _first_text(head: bytes) -> str:
    encoding = "utf-16" if head.startswith(_BOMS[1:]) else "utf-8-sig"
    return head[:400].decode(encoding, "replace").lstrip("\ufeff \t\r\n").lower()


def _content(delivery: Delivery, context: Context) -> bytes:
    try:
        return read_content(delivery.path, delivery.content.content_bytes)
    except Unreadable as error:
        raise _refuse(delivery, context, str(error), "Deliver the file again.") from error


def _refuse(delivery: Delivery, context: Context, found: str, remedy: str = "") -> Exception:
    return context.refuse(
        delivery.file,
        line=1,
        found=found,
        expected="Jira's CSV export, an answer of its REST interface (JSON), or its XML export",
        remedy=remedy or "Export the issues from Jira as CSV (all fields), or through REST.",
    )
