"""Which records does a JSON file hold? Objects a line, a list of objects, or a page around a list.

Each record knows its first physical line and its text. A line that is no object is set aside with
its reason; a document that is not whole is refused, for nobody can say where its records end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.sources import quarantine
from assets.sources.quarantine import Rejected

LINES, LIST, OBJECT = "json_lines", "json_list", "json_object"
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class BrokenDocument(Exception):
    """A JSON document cannot be read; carries line, column and what stands there."""

    def __init__(self, found: str, line: int, column: int) -> None:
        self.found, self.line, self.column = found, line, column
        super().__init__(found)


@dataclass(frozen=True)
class JsonRecord:
    """One object: its first physical line (1 = first of the file) and its text."""

    line: int
    value: dict[str, Any]
    raw: str


@dataclass
class JsonRecords:
    """What a file holds. `open_line` is the number of a last line that was cut off."""

    form: str
    records: list[JsonRecord] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    blank: int = 0
    open_line: int | None = None


def looks_like_json(head: bytes) -> bool:
    """Whether a file begins as a JSON object or list."""
    bare = head.removeprefix(b"\xef\xbb\xbf")
    if bare[:2] in _UTF16:
        bare = bare.decode("utf-16", "replace").encode("utf-8", "replace")
    return bare.lstrip()[:1] in (b"{", b"[")


def decode(data: bytes) -> str:
    """The text of a file; bytes that are no UTF-8 stay as lone surrogates."""
    if data[:2] in _UTF16:
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def read_json_records(
    data: bytes, *, list_keys: Sequence[str] = (), is_tail: bool = False, first_line: int = 0
) -> JsonRecords:
    """Parse a file's bytes, or the tail of a grown one after `first_line` lines.

    `list_keys` name the member of a page that holds its records. Raises `BrokenDocument`.
    """
    text = decode(data)
    start = _skip(text, 0)
    if not is_tail and text[start : start + 1] == "[":
        return _elements(text, start, JsonRecords(LIST))
    if not is_tail and (page := _whole_object(text, start)) is not None:
        return _page(text, start, page, list_keys)
    return _by_line(text, first_line)


class Decoder:
    """JSON values one after the other, noting keys that stand twice in one object."""

    def __init__(self) -> None:
        self.twice: str | None = None
        self._decode = json.JSONDecoder(object_pairs_hook=self._object).raw_decode

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs) and self.twice is None:
            seen: set[str] = set()
            self.twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return made

    def at(self, text: str, place: int) -> tuple[Any, int]:
        """The value at a place and where it ends. Raises `BrokenDocument`."""
        self.twice = None
        try:
            return self._decode(text, place)
        except json.JSONDecodeError as error:
            found = "the end of the file" if error.pos >= len(text) else error.msg.lower()
            raise BrokenDocument(found, error.lineno, error.colno) from error
        except (RecursionError, ValueError) as error:
            line, column = position(text, place)
            raise BrokenDocument(f"a value beyond reading ({error})", line, column) from error


def position(text: str, place: int) -> tuple[int, int]:
    """Line and column (from 1) of a place."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _whole_object(text: str, start: int) -> dict[str, Any] | None:
    """The object that is the whole file; None when lines hold one each."""
    if text[start : start + 1] != "{":
        return None
    line_end = text.find("\n", start)
    try:
        value, end = Decoder().at(text, start)
    except BrokenDocument:
        first = text[start : line_end if line_end >= 0 else len(text)].rstrip()
        if len(first) > 1 or "\n" not in text[start:].rstrip():
            return None
        raise
    return value if _skip(text, end) == len(text) else None


def _page(text: str, start: int, page: dict[str, Any], list_keys: Sequence[str]) -> JsonRecords:
    """The list within a page, or the object itself."""
    for key, place in _members(text, start):
        if key in list_keys and text[place] == "[":
            found = JsonRecords(OBJECT)
            return _elements(text, place, found, is_whole=False)
    found = JsonRecords(OBJECT)
    end = len(text.rstrip())
    decoder = Decoder()
    decoder.at(text, start)
    _keep(found, page, text[start:end], position(text, start)[0], decoder.twice)
    return found


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Keys of an object known to be whole, and where their values start."""
    place = _skip(text, start + 1)
    decoder = Decoder()
    while text[place] == '"':
        key, place = decoder.at(text, place)
        place = _skip(text, _skip(text, place) + 1)
        yield key, place
        _, place = decoder.at(text, place)
        place = _skip(text, _skip(text, place) + 1)
        if place >= len(text):
            return


def _elements(text: str, start: int, found: JsonRecords, *, is_whole: bool = True) -> JsonRecords:
    """The elements of a list; whatever is no object is set aside."""
    decoder = Decoder()
    place = _skip(text, start + 1)
    counted, line = 0, 1
    while text[place : place + 1] != "]":
        value, end = decoder.at(text, place)
        line += text.count("\n", counted, place)
        counted = place
        _keep(found, value, text[place:end], line, decoder.twice)
        place = _skip(text, end)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] != "]":
            what = "the end of the file" if place >= len(text) else repr(text[place])
            raise BrokenDocument(what, *position(text, place))
    if is_whole and _skip(text, place + 1) != len(text):
        raise BrokenDocument("more text after the list", *position(text, place + 1))
    return found


def _by_line(text: str, first_line: int) -> JsonRecords:
    found = JsonRecords(LINES)
    lines = text.split("\n")
    last = lines.pop()
    decoder = Decoder()
    number = first_line
    for number, line in enumerate([*lines, *([last] if last else [])], start=first_line + 1):
        if not line.strip():
            found.blank += 1
            continue
        bare = line.strip(" \t\r")
        try:
            value, end = decoder.at(bare, 0)
        except BrokenDocument as error:
            if last and number == first_line + len(lines) + 1:
                found.open_line = number
                reason, what = quarantine.TRUNCATED, "a line that was cut off"
            else:
                reason, what = quarantine.MALFORMED_JSON, f"{error.found} at {error.column}"
            if _SURROGATE.search(line):
                reason = quarantine.ENCODING
            found.rejected.append(Rejected(number, reason, None, what, "a JSON object", line))
            continue
        if end != len(bare):
            what = "more text after the object"
            found.rejected.append(
                Rejected(number, quarantine.MALFORMED_JSON, None, what, "one object a line", line)
            )
            continue
        _keep(found, value, bare, number, decoder.twice)
    return found


def _keep(found: JsonRecords, value: Any, raw: str, line: int, twice: str | None) -> None:
    def reject(reason: str, column: str | None, what: str, expected: str) -> None:
        found.rejected.append(Rejected(line, reason, column, what, expected, raw))

    if _SURROGATE.search(raw):
        reject(quarantine.ENCODING, None, "bytes that are no text", "UTF-8 text")
    elif not isinstance(value, dict):
        reject(quarantine.MALFORMED_JSON, None, type(value).__name__, "a JSON object")
    elif twice is not None:
        reject(quarantine.DUPLICATE_KEY, twice, f"the key `{twice}` twice", "each key once")
    else:
        found.records.append(JsonRecord(line, value, raw))
