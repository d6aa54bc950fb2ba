"""How is a file made of records that were set aside, when the delivered one is gone?

Its preamble (a header) and the texts that were kept, one below the other. Left out are records
whose reason only the whole file can tell, and texts that are not the very bytes of the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from assets.sources.quarantine import LONGEST_RAW_TEXT, TOLD_BY_FILE_ALONE


class Kept(Protocol):
    """A record as the quarantine keeps it."""

    @property
    def line(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def raw_text(self) -> str: ...


def rebuild_file(
    path: Path, held: Iterable[Kept], *, preamble: bytes | None, detected: Mapping[str, Any]
) -> dict[int, int]:
    """Write the file; returns its lines (1 = first) with the lines of the delivered file.

    Empty when nothing can be told without the file.
    """
    encoding = str(detected.get("encoding") or "utf-8")
    if preamble is None:
        return {}
    text = preamble.decode(encoding, "surrogateescape")
    if text and not text.endswith(("\n", "\r")):
        return {}
    line = _count(text) + 1
    lines: dict[int, int] = {}
    pieces, taken = [text], set[int]()
    for record in held:
        if record.line is None or record.line in taken or not _is_whole(record):
            continue
        lines[line] = record.line
        taken.add(record.line)
        line += max(1, _count(record.raw_text + "\n"))
        pieces.append(record.raw_text + "\n")
    path.write_bytes("".join(pieces).encode(encoding, "surrogateescape"))
    return lines


def _is_whole(record: Kept) -> bool:
    """Whether the kept text is the record, so that its lines can be counted."""
    raw = record.raw_text
    return (
        record.reason not in TOLD_BY_FILE_ALONE
        and len(raw) < LONGEST_RAW_TEXT
        and "\r" not in raw.replace("\r\n", "")
    )


def _count(text: str) -> int:
    return len(list(io.StringIO(text, newline="\n")))
