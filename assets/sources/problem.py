"""What is said when a source cannot be read? One shape for every problem of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SourceProblem:
    """Where something is wrong, what stands there, what should, and what to do about it."""

    source: str
    file: str | None
    line: int | None
    column: str | None
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        place = f"source `{self.source}`"
        if self.file:
            place += f", {self.file}"
        if self.line is not None:
            place += f", line {self.line}"
        if self.column:
            place += f", column `{self.column}`"
        return f"{place}: found {self.found}; expected {self.expected}. {self.remedy}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


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
    ) -> None:
        self.problem = SourceProblem(source, file, line, column, found, expected, remedy)
        self.results: Sequence[Any] = ()
        self.others: Sequence[SourceProblem] = ()
        super().__init__(str(self.problem))
