"""Which JSON documents does a file of the REST interface hold, and what is read of them?

One document, several one after the other, or one a line. A broken line is set aside; a broken
document that spans lines refuses the file, for nobody can say what it would have held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.jira_gathering import Gathering, gather
from assets.sources.jira_items import Place, find_items
from assets.sources.json_records import BrokenDocument, Decoder, decode, position
from assets.sources.reading import Context, Delivery, Outcome

DOCUMENT, LINES, SEVERAL = "jira_json", "jira_json_lines", "jira_json_documents"
_BLANK = " \t\r\n"
_LOOKED_AT = 200


@dataclass(frozen=True)
class Document:
    """One value with its first line, or, when it is `broken`, what is wrong and its text."""

    line: int
    value: Any
    raw: str = ""
    broken: str | None = None


def read_documents(
    con: duckdb.DuckDBPyConnection, data: bytes, delivery: Delivery, context: Context
) -> Outcome:
    """Load a JSON delivery. See `reading.Reader`."""
    text = decode(data)
    by_line = is_by_line(text)
    gathering = Gathering(delivery, context, form=LINES if by_line else DOCUMENT)
    try:
        documents = list(_lines(text) if by_line else _documents(text))
    except BrokenDocument as error:
        raise context.refuse(
            delivery.file,
            line=error.line,
            found=f"{error.found} at column {error.column}",
            expected="a whole JSON document, or one a line",
            remedy="Fetch the page again and deliver it when it is written to its end.",
        ) from error
    if not by_line and len(documents) > 1:
        gathering.form = SEVERAL
    gathering.detected["documents"] = len(documents)
    for document in documents:
        if document.broken is None:
            gather(find_items(document.value, Place(document.line)), gathering)
        else:
            gathering.reject(document.line, quarantine.MALFORMED_JSON, None, document.broken,
                             "a JSON document", document.raw)  # fmt: skip
    if by_line:
        gathering.blank = sum(not line.strip() for line in text.rstrip("\n").split("\n"))
    return gathering.write(con)


def is_by_line(text: str) -> bool:
    """Whether lines hold a document each: most that are not blank are whole objects."""
    lines = [line.strip() for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    whole = [line for line in lines if line[0] in "{[" and line[-1] in "}]" and len(line) > 1]
    objects = [line for line in whole if ":" in line]
    return len(lines) > 1 and len(objects) * 2 >= len(lines) and _is_value(objects)


def _is_value(lines: list[str]) -> bool:
    decoder = Decoder()
    for line in lines:
        try:
            _, end = decoder.at(line, 0)
        except BrokenDocument:
            continue
        if end == len(line):
            return True
    return False


def _documents(text: str) -> Iterator[Document]:
    """Values one after the other. Raises `BrokenDocument`."""
    decoder = Decoder()
    place, counted, line = _skip(text, 0), 0, 1
    while place < len(text):
        line += text.count("\n", counted, place)
        counted = place
        value, end = decoder.at(text, place)
        if not isinstance(value, dict | list):
            raise BrokenDocument("a bare value", *position(text, place))
        yield Document(line, value)
        place = _skip(text, end)


def _lines(text: str) -> Iterator[Document]:
    decoder = Decoder()
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip(_BLANK)
        if not bare:
            continue
        try:
            value, end = decoder.at(bare, 0)
        except BrokenDocument as error:
            yield Document(number, None, line, f"{error.found} at column {error.column}")
            continue
        if end == len(bare):
            yield Document(number, value)
        else:
            yield Document(number, None, line, f"more text after column {end}")


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _BLANK:
        place += 1
    return place
