"""Which lines of a log file need a closer look, and what becomes of each?

Lines that the database cannot be trusted with, and all lines of forms it does not know, are taken
apart here: those that hold records are written as one JSON object a line, the rest is counted as
blank or set aside with the reason. Memory stays bounded: a line at a time.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assets.sources import quarantine
from assets.sources.content import UTF8_BOM, open_content
from assets.sources.log_json_forms import BrokenList, stream_objects
from assets.sources.log_layout import LONGEST_LINE_BYTES
from assets.sources.log_query import EARLIEST, LATEST
from assets.sources.quarantine import LONGEST_RAW_TEXT, Rejected, readable

Parse = Callable[[str], Sequence[dict[str, Any]] | None]
Flatten = Callable[[Mapping[str, Any]], Sequence[dict[str, Any]] | None]

EXPECTED = {
    "logged_at": f"a time: ISO 8601 or an epoch, from {EARLIEST[:4]} to {LATEST[:4]}",
    "status": "an HTTP status from 100 to 599",
    "latency_ms": "a duration: a finite number that is not negative",
    "is_fallback": "true or false",
}
_REASON = {"logged_at": quarantine.BAD_TIMESTAMP, "status": quarantine.BAD_STATUS}
_LONGEST_SHOWN = 200


@dataclass(frozen=True)
class Splitter:
    """How a line becomes objects. `is_json`: lines must be UTF-8; elsewhere bytes that are none
    are written as `\\xNN`. `expected` words the form; `other` recognises lines of the same log
    that tell of no request."""

    parse: Parse
    is_json: bool
    expected: str = "one whole JSON object on the line"
    other: re.Pattern[str] | None = None


@dataclass
class LineScan:
    """What was kept: `numbers[i]` is the physical line of the i-th object, `keys` are the fields
    of all of them."""

    numbers: npt.NDArray[np.int64]
    blank: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    keys: tuple[str, ...] = ()


def keep_objects(
    path: Path,
    target: Path,
    splitter: Splitter,
    *,
    first_line: int,
    only: Collection[int] | None = None,
) -> LineScan:
    """Write the objects of all lines (or of those numbered in `only`) to `target`, one a line.

    `first_line` lines of the file came before these.
    """
    numbers, keys = array("q"), dict[str, None]()
    scan = LineScan(np.array([], np.int64))
    with open_content(path) as (stream, _), target.open("wb") as out:
        for number, line in enumerate(stream, start=first_line + 1):
            if only is not None and number not in only:
                continue
            kept = _split(number, line, splitter)
            if isinstance(kept, Rejected):
                scan.rejected.append(kept)
                continue
            scan.blank += not kept
            for value, text in kept:
                out.write(text)
                numbers.append(number)
                keys.update(dict.fromkeys(value))
    scan.numbers, scan.keys = np.array(numbers, np.int64), tuple(keys)
    return scan


def keep_listed(path: Path, target: Path, flatten: Flatten | None = None) -> LineScan:
    """Write the objects of a JSON list, or of objects over several lines, one a line.

    `flatten` takes each apart further. A list that breaks off has its last record set aside.
    Raises `BrokenList` where something else stands in it.
    """
    numbers, keys = array("q"), dict[str, None]()
    scan = LineScan(np.array([], np.int64))
    with open_content(path) as (stream, _), target.open("wb") as out:
        try:
            for number, whole in stream_objects(stream):
                found = [whole] if flatten is None else flatten(whole) or [whole]
                for value in found:
                    text = _as_line(value)
                    if isinstance(text, str):
                        scan.rejected.append(_unwritable(number, text, json.dumps(value)))
                        continue
                    out.write(text)
                    numbers.append(number)
                    keys.update(dict.fromkeys(value))
        except BrokenList as error:
            if not error.at_end:
                raise
            scan.rejected.append(
                Rejected(
                    error.line, quarantine.TRUNCATED, None, error.found, "a whole JSON list",
                    readable(error.rest),
                )
            )  # fmt: skip
    scan.numbers, scan.keys = np.array(numbers, np.int64), tuple(keys)
    return scan


def _split(
    number: int, line: bytes, splitter: Splitter
) -> list[tuple[dict[str, Any], bytes]] | Rejected:
    """The objects of a line with their text, none for a blank one, or why it is set aside."""
    if line.isspace():
        return []
    if len(line) > LONGEST_LINE_BYTES // 2:
        return _rejected(number, quarantine.TOO_LONG, f"{len(line):,} bytes",
                         f"at most {LONGEST_LINE_BYTES // 2:,} bytes", line)  # fmt: skip
    try:
        text = line.decode("utf-8", "strict" if splitter.is_json else "backslashreplace")
    except UnicodeDecodeError:
        return _rejected(number, quarantine.ENCODING, "bytes that are no text", "UTF-8", line)
    text = text.rstrip("\r\n").lstrip("\ufeff")
    objects = splitter.parse(text if splitter.is_json else _visible(text))
    if objects is None:
        return _malformed(number, line, splitter)
    kept = []
    for value in objects:
        written = _as_line(value)
        if isinstance(written, str):
            return _unwritable(number, written, text)
        kept.append((value, written))
    return kept


def _visible(text: str) -> str:
    """Text without the characters that end a line or a text for others."""
    return text.replace("\0", "\\x00").replace("\r", "\\x0d")


def _as_line(value: Mapping[str, Any]) -> bytes | str:
    """An object on a line as the JSON reader takes it without fail, or the reason why not."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        return quarantine.ENCODING
    except (ValueError, RecursionError):
        return quarantine.BAD_NUMBER


def explain_bad(
    kept: Path,
    bad: Iterable[tuple[int, Mapping[str, str | None]]],
    scan: LineScan,
    *,
    original: Path | None,
    first_line: int = 0,
) -> Iterator[Rejected]:
    """Why each object in `kept` was left out. `bad` gives ordinals (1 = first), in order, with the
    texts of the columns that could not be read. The record's text is its line of `original`, or of
    `kept` where a line holds several."""
    texts = dict(bad)
    if not texts:
        return
    if original is None:
        for ordinal, line in _numbered(kept, 0, texts):
            yield _reason(int(scan.numbers[ordinal - 1]), line, texts[ordinal])
        return
    by_line = {int(scan.numbers[ordinal - 1]): found for ordinal, found in texts.items()}
    for number, line in _numbered(original, first_line, by_line):
        yield _reason(number, line, by_line[number])


def _numbered(path: Path, first: int, wanted: Collection[int]) -> Iterator[tuple[int, bytes]]:
    with open_content(path) as (stream, _):
        for number, line in enumerate(stream, start=first + 1):
            if number in wanted:
                yield number, line


def _reason(number: int, line: bytes, texts: Mapping[str, str | None]) -> Rejected:
    unread = next(((name, text) for name, text in texts.items() if text is not None), None)
    if unread is None:
        return Rejected(
            number, quarantine.MISSING_REQUIRED, "logged_at", None, EXPECTED["logged_at"],
            _raw(line),
        )  # fmt: skip
    name, text = unread
    reason = _REASON.get(name, quarantine.BAD_NUMBER)
    reason = quarantine.BAD_VALUE if name == "is_fallback" else reason
    expected = EXPECTED.get(name, "a whole number that is not negative")
    return Rejected(number, reason, name, (text or "")[:_LONGEST_SHOWN], expected, _raw(line))


def _malformed(number: int, line: bytes, splitter: Splitter) -> Rejected:
    text = line.decode("utf-8", "backslashreplace")
    if not line.endswith(b"\n"):
        reason = quarantine.TRUNCATED
    elif splitter.other is not None and splitter.other.match(text):
        reason = quarantine.NOT_A_REQUEST
    else:
        reason = quarantine.MALFORMED_JSON if splitter.is_json else quarantine.MALFORMED_LINE
    found = readable(line[:_LONGEST_SHOWN]).strip()
    return _rejected(number, reason, found, splitter.expected, line)


def _unwritable(number: int, reason: str, text: str) -> Rejected:
    found, expected = "characters that no text can hold", "UTF-8 text without NUL"
    if reason == quarantine.BAD_NUMBER:
        found, expected = "a number too large", "finite numbers"
    return Rejected(number, reason, None, found, expected, readable(text))


def _rejected(number: int, reason: str, found: str, expected: str, line: bytes) -> Rejected:
    return Rejected(number, reason, None, found, expected, _raw(line))


def _raw(line: bytes) -> str:
    return readable(line[: LONGEST_RAW_TEXT + 2].rstrip(b"\r\n").removeprefix(UTF8_BOM))


def number_lines(path: Path, *, first_line: int) -> npt.NDArray[np.int64]:
    """The numbers of the lines that are not blank."""
    numbers = array("q")
    with open_content(path) as (stream, _):
        for number, line in enumerate(stream, start=first_line + 1):
            if not line.isspace():
                numbers.append(number)
    return np.array(numbers, np.int64)


def count_blank(path: Path) -> tuple[int, int | None]:
    """How many lines are blank, and the number of the first that is not."""
    blank, first = 0, None
    with open_content(path) as (stream, _):
        for number, line in enumerate(stream, 1):
            if line.isspace():
                blank += 1
            else:
                first = first or number
    return blank, first
