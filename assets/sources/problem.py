"""What is said when a source cannot be read? One shape for every problem of every kind.

Whoever loads a file is told what stands in it. What is published says the same without the file's
own values: the first line of a file without a header is a record, perhaps of a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

_MAIL = re.compile(r"[\w.%+-]+@[\w.-]+")
_ADDRESS = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])"
)
_QUOTED = re.compile(r"(?<!\w)'[^'\n]*'(?!\w)|\"[^\"\n]*\"")


@dataclass(frozen=True)
class SourceProblem:
    """Where something is wrong, what stands there, what should, and what to do about it.

    `published_found` is said in place of `found` where others than the loader read it.
    """

    source: str
    file: str | None
    line: int | None
    column: str | None
    found: str
    expected: str
    remedy: str
    published_found: str | None = None

    def __str__(self) -> str:
        return self._told(self.found)

    def published(self) -> str:
        """The same without values of the file: quoted texts, mail and network addresses."""
        found = self.published_found
        if found is None:
            found = _QUOTED.sub("<text>", self.found)
        return _ADDRESS.sub("<address>", _MAIL.sub("<mail>", self._told(found)))

    def _told(self, found: str) -> str:
        place = f"source `{self.source}`"
        if self.file:
            place += f", {self.file}"
        if self.line is not None:
            place += f", line {self.line}"
        if self.column:
            place += f", column `{self.column}`"
        return f"{place}: found {found}; expected {self.expected}. {self.remedy}"


def known_columns(header: Sequence[str], known: Collection[str]) -> str:
    """How many columns a file has, and which of their names are `known`; no other cell is told."""
    names = {" ".join(name.split()).lower() for name in known}
    titles = [title for title in dict.fromkeys(header) if title]
    told = [title for title in titles if " ".join(title.split()).lower() in names]
    if not told:
        return f"{len(titles):,} columns, none of a known name"
    return f"{len(titles):,} columns; of known names: {', '.join(told)}"


class SourceError(Exception):
    """A whole file (or source) is refused; nothing of it was loaded.

    `problem` is the first one. `load_source` goes on with the source's other files before it
    raises: `results` holds what was loaded, `others` the problems of further files.
    """

    def __init__(
        self,
        *,
        source: str,
        file: str | None = None,
        line: int | None = None,
        column: str | None = None,
        found: str,
        expected: str,
        remedy: str,
        published_found: str | None = None,
    ) -> None:
        self.problem = SourceProblem(
            source, file, line, column, found, expected, remedy, published_found
        )
        self.results: Sequence[Any] = ()
        self.others: Sequence[SourceProblem] = ()
        super().__init__(str(self.problem))

    def published(self) -> str:
        """All problems as they are published, one a line."""
        return "\n".join(problem.published() for problem in (self.problem, *self.others))
