"""Which lines of a CSV did a spreadsheet quote as a whole, and what were they before?

Opened with the wrong delimiter and saved again, a line becomes one quoted cell, its own quotes
doubled, sometimes with delimiters behind it: `"SHOP-1,""Search, faster"",Open";;`. A record whose
cells spanned lines becomes one such cell a line. What can be taken apart into as many cells as the
header has is a record again; what cannot is left to its reader.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence

_FEWEST_COLUMNS = 5
_FEWEST_NAMES = 3
_MOST_LINES = 2000


def wrapped_line(cells: Sequence[str]) -> str | None:
    """The text of a record whose first cell alone is filled, else None."""
    if not cells or not cells[0].strip() or any(cell.strip() for cell in cells[1:]):
        return None
    return cells[0]


def unwrap_header(
    cells: Sequence[str], *, find: Callable[[Sequence[str]], str]
) -> tuple[list[str], str] | None:
    """The names within a header that is one cell, and their delimiter. `find` tells it."""
    text = wrapped_line(cells)
    if text is None or "\n" in text or "\r" in text:
        return None
    mark = find([text])
    names = _split(text, mark)
    if not names or len(names) < _FEWEST_NAMES:
        return None
    return names, mark


class Requoted:
    """Takes wrapped lines in their order and gives back whole records.

    `is_all`: the header was wrapped as well, so every record is.
    """

    def __init__(self, delimiter: str, width: int, *, is_all: bool = False) -> None:
        self.delimiter = delimiter
        self.width = width
        self.is_all = is_all
        self._open: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether lines were taken that are not yet a record."""
        return bool(self._open)

    def forget(self) -> None:
        """Drop the lines taken that are not yet a record."""
        self._open = []

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether cells that could stand for themselves are rather a wrapped line."""
        text = wrapped_line(cells)
        if text is None:
            return False
        if self.is_all or len(cells) == 1:
            return True
        if self.width < _FEWEST_COLUMNS or self.delimiter not in text:
            return False
        return len(_split(text, self.delimiter) or []) == self.width

    def take(self, cells: Sequence[str]) -> list[str] | None:
        """Add a line; the cells of the record it completes, or None while it is open.

        Raises `ValueError` when the lines taken so far can be no record; they are forgotten.
        """
        text = wrapped_line(cells)
        self._open.append(text or "")
        whole = "\n".join(self._open)
        if whole.count('"') % 2 == 0:
            found = _split(whole, self.delimiter)
            self._open = []
            if text is None or found is None or len(found) != self.width:
                raise ValueError("no record of this header")
            return found
        if (text is None and any(cells)) or len(self._open) > _MOST_LINES:
            self._open = []
            raise ValueError("no record of this header")
        return None


def _split(text: str, delimiter: str) -> list[str] | None:
    """The cells of one record's text; None when it is no single record."""
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
