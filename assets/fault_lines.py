"""On which line of a metric's block stands what dbt, MetricFlow or DuckDB complains of?

None of them tells a line of the file: DuckDB tells one of the SQL that MetricFlow made of it, with
a caret. But they name what is not there, and a place is told where the block bears that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# What DuckDB prints of a fault in SQL.
_OF_SQL = re.compile(
    r"^(?P<lead>[ \t]*LINE \d+: )(?P<shown>.*)\n(?P<before>[ \t]*)\^", re.MULTILINE
)
# How each of them names what it does not know or understand.
_NAMES = (
    re.compile(r"depends on a node named '([^']+)'"),
    re.compile(r"'(\w+)' is undefined"),
    re.compile(r"\b(?:Entity|Dimension|TimeDimension|Metric)\('(\w+)'\)[;,]? it knows"),
    re.compile(r"\b[Tt]he metric `([^`]+)` does not exist"),
    re.compile(r"\bno \w+ `([^`]+)`"),
    re.compile(r"^(source_kinds) lacks"),
    re.compile(r"\b[Cc]olumn (?:name )?\"([^\"]+)\""),
    re.compile(r"\b(?:Table|Function|Type|Schema|Macro) with name \"?([\w.]+)\"? does not exist"),
    re.compile(r"\bat or near \"([^\"]+)\""),
    re.compile(r"\bConversion Error: .*?'([^']+)'"),
)
_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_PROSE = re.compile(r"^\s*(?:-\s*)?(?:name|label|description):")


def line_in_block(lines: Sequence[str], at: int, told: str) -> int:
    """The line, from 1, of the YAML block around the line `at` that a message is about.

    That is the first line which bears the name that the message gives, but for label and
    description; `at` itself where none does.
    """
    first, end = _block(lines, at)
    shown = ["" if _PROSE.match(line) else line for line in lines[first - 1 : end]]
    found = _line_naming(shown, told)
    return at if found is None else first + found - 1


def _line_naming(lines: Sequence[str], told: str) -> int | None:
    for name in _names(told):
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        for number, line in enumerate(lines, start=1):
            if whole.search(_COMMENT.sub("", line)):
                return number
    return None


def _names(told: str) -> Iterator[str]:
    """What a message names, then the word at which DuckDB's caret stands."""
    for pattern in _NAMES:
        yield from pattern.findall(told)
    if found := _OF_SQL.search(told):
        column = len(found["before"]) - len(found["lead"])
        word = _WORD.match(found["shown"], column) if column >= 0 else None
        if word:
            yield word[0]


def _block(lines: Sequence[str], at: int) -> tuple[int, int]:
    """First and last line of the list item that the line `at` belongs to, both from 1."""
    first = at
    while first > 1 and not lines[first - 1].lstrip().startswith("- "):
        first -= 1
    indent = _indent(lines[first - 1])
    last = first
    for number in range(first + 1, len(lines) + 1):
        line = lines[number - 1]
        if line.strip() and not line.lstrip().startswith("#") and _indent(line) <= indent:
            break
        last = number
    return first, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
