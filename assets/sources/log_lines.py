"""Which physical lines of a log file are blank, broken or rejected, and why?

Only files that are not clean come here. A line that the JSON reader cannot be trusted with (two
objects, bytes that are no text, a line longer than it takes) is set aside by parsing every line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from assets.sources import quarantine
from assets.sources.content import open_content
from assets.sources.log_query import EARLIEST, LATEST, LONGEST_LINE_BYTES
from assets.sources.quarantine import Rejected, readable

EXPECTED = {
    "logged_at": f"a time: ISO 8601 or an epoch, from {EARLIEST[:4]} to {LATEST[:4]}",
    "status": "an HTTP status from 100 to 599",
    "latency_ms": "a duration: a finite number that is not negative",
    "is_fallback": "true or false",
}
_REASON = {"logged_at": quarantine.BAD_TIMESTAMP, "status": quarantine.BAD_STATUS}
_LONGEST_SHOWN = 200


@dataclass
class LineScan:
    """The lines of a file part: `numbers[i]` is the physical line of the i-th kept line."""

    numbers: npt.NDArray[np.int64]
    blank: int
    rejected: list[Rejected] = field(default_factory=list)


def scan_lines(path: Path, *, first_line: int) -> LineScan:
    """Number the lines that are not blank. `first_line` lines of the file came before these."""
    numbers: list[int] = []
    blank = 0
    with open_content(path) as (stream, _):
        for number, line in enumerate(stream, start=first_line + 1):
            if line.isspace():
                blank += 1
            else:
                numbers.append(number)
    return LineScan(np.array(numbers, np.int64), blank)


def keep_objects(path: Path, target: Path, *, first_line: int) -> LineScan:
    """Copy the lines that hold one JSON object to `target`, each on one line; reject the rest."""
    numbers: list[int] = []
    scan = LineScan(np.array([], np.int64), 0)
    with open_content(path) as (stream, _), target.open("wb") as out:
        for number, line in enumerate(stream, start=first_line + 1):
            if line.isspace():
                scan.blank += 1
            elif (kept := _one_object(line)) is not None:
                out.write(kept)
                numbers.append(number)
            else:
                scan.rejected.append(_malformed(number, line))
    scan.numbers = np.array(numbers, np.int64)
    return scan


def _one_object(line: bytes) -> bytes | None:
    """A line as the JSON reader takes it without fail, or None."""
    if len(line) > LONGEST_LINE_BYTES // 2:
        return None
    try:
        value = json.loads(line.decode("utf-8"))
        if not isinstance(value, dict):
            return None
        return json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n"
    except (ValueError, RecursionError):
        return None


def reject_lines(
    path: Path,
    bad: Iterable[tuple[int, dict[str, str | None]]],
    scan: LineScan,
    *,
    first_line: int,
) -> Iterator[Rejected]:
    """Why each bad line was left out. `bad` gives ordinals (1 = first kept line), in order, with
    the texts of the columns that could not be read."""
    wanted = {int(scan.numbers[ordinal - 1]): texts for ordinal, texts in bad}
    if not wanted:
        return
    with open_content(path) as (stream, _):
        for number, line in enumerate(stream, start=first_line + 1):
            if number in wanted:
                yield _reason(number, line, wanted[number])


def _reason(number: int, line: bytes, texts: dict[str, str | None]) -> Rejected:
    unread = next(((name, text) for name, text in texts.items() if text is not None), None)
    if unread is None:
        return (
            _malformed(number, line) if _one_object(line) is None else _without_time(number, line)
        )
    name, text = unread
    reason = _REASON.get(name, quarantine.BAD_NUMBER)
    reason = quarantine.BAD_VALUE if name == "is_fallback" else reason
    expected = EXPECTED.get(name, "a whole number that is not negative")
    return Rejected(number, reason, name, (text or "")[:_LONGEST_SHOWN], expected, _raw(line))


def _malformed(number: int, line: bytes) -> Rejected:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return Rejected(
            number, quarantine.ENCODING, None, "bytes that are no text", "UTF-8", _raw(line)
        )
    cut = not line.endswith(b"\n")
    return Rejected(
        number,
        quarantine.TRUNCATED if cut else quarantine.MALFORMED_JSON,
        None,
        readable(line[:_LONGEST_SHOWN]).strip(),
        "one whole JSON object on the line",
        _raw(line),
    )


def _without_time(number: int, line: bytes) -> Rejected:
    return Rejected(
        number, quarantine.MISSING_REQUIRED, "logged_at", None, EXPECTED["logged_at"], _raw(line)
    )


def _raw(line: bytes) -> str:
    return readable(line.rstrip(b"\r\n"))


def last_line_is_open(stream: IO[bytes], start: int) -> bool:
    """Whether the unfinished last line, which begins at byte `start`, is not a whole object."""
    stream.seek(start)
    return _one_object(stream.read()) is None
