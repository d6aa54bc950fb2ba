"""What did dbt refuse, where does it stand, and what is to be done? From the page that dbt prints.

Most faults of a home's metrics are found before dbt starts (`assets.metric_files`). For the others
dbt names a metric, a file or neither, each in one of several wordings, and seldom a line: that is
looked up in the file (`assets.fault_lines`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from assets.metric_files import own_files
from assets.metric_place import fault_place, metric_place

_NAMED = (
    re.compile(r"in metric (\w+) \("),
    re.compile(r"@ metrics: \{'name': '([^']+)'"),
    re.compile(r"metric `(\w+)`"),
    re.compile(r"Metric\(name='(\w+)'"),
)
_CLOCK = re.compile(r"^\d\d:\d\d:\d\d {1,2}", re.MULTILINE)
_TRACE = re.compile(r"^Traceback.*", re.MULTILINE | re.DOTALL)
_OF_NO_USE = re.compile(
    r"^\s*(Encountered an error:|Parsing Error.*|Compilation Error.*|Runtime Error.*"
    r"|Semantic Manifest validation failed\.)\s*$",
    re.MULTILINE,
)
_ECHO = re.compile(r"(Invalid \w+ config given).*- at path \[[^\]]*\]:", re.DOTALL)
# What dbt fails to fill in or to take stands in the file as it says, but where it does not tell.
_QUOTED = re.compile(r"Could not render (.+?):|Invalid enum value: `([^`]+)`")
# The semantic layer's own validation names neither file nor metric, but what it does not take.
_VALIDATION = "Semantic Manifest validation failed"
_NOT_TAKEN = re.compile(r"[`']([\w ]+)[`']|\b(?:Entity|Measure|Dimension): (\w+)")
_PROSE = re.compile(r"\s*(?:#|(?:-\s*)?(?:label|description)\b)")
_NAME_OF_BLOCK = re.compile(r"\s*-\s*\{?\s*name:\s*[\"']?(\w+)")
_SETTINGS = re.compile(r"\s*Vars supplied to .*", re.DOTALL)
_LONGEST = 400
ADVICE = "docs/own-metrics.md shows a block that works."


def told_plainly(told: str, folder: Path) -> str:
    """`file:line: metric: rule` and what to do, where dbt's page is about a file of the home.

    Where it is not, the page itself: then the fault is in the project, not in what a user wrote.
    """
    place = _place(told, folder)
    if place is None:
        return f"dbt refused the project:\n{told}"
    text = _SETTINGS.sub("", _OF_NO_USE.sub("", _TRACE.sub("", _CLOCK.sub("", told))))
    rule = _rule(_ECHO.sub(r"\1:", text))
    return f"{place}: dbt refuses it: {rule}. {ADVICE}"


def _rule(text: str) -> str:
    """In one line, which is cut where it is too long."""
    rule = " ".join(text.split())
    return (rule if len(rule) <= _LONGEST else f"{rule[:_LONGEST]} …").rstrip(".:")


def _place(told: str, folder: Path) -> str | None:
    """The line of the metric or of the text that dbt names, else the file of the home it names."""
    files = own_files(folder)
    for name in (name for pattern in _NAMED for name in pattern.findall(told)):
        for file in files:
            place = metric_place(str(file), name)
            if place != str(file):
                return f"{fault_place(place, told)}: metric `{name}`"
    for quoted in ("".join(found) for found in _QUOTED.findall(told)):
        for file in files:
            for number, line in enumerate(file.read_text().splitlines(), start=1):
                if quoted in line:
                    return f"{file}:{number}"
    for file in files:
        if str(file) in told or _is_read(file, folder, told):
            return _block_named(file, told)
    return _place_not_taken(told, files) if _VALIDATION in told else None


def _place_not_taken(told: str, files: Sequence[Path]) -> str | None:
    """The first line of a home's file that holds what the validation names, else its only file."""
    for word in ("".join(found) for found in _NOT_TAKEN.findall(told)):
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for file in files:
            for number, line in enumerate(file.read_text().splitlines(), start=1):
                if whole.search(line) and not _PROSE.match(line):
                    return f"{file}:{number}"
    return str(files[0]) if len(files) == 1 else None


def _block_named(file: Path, told: str) -> str:
    """The file, with the line of the fault in the first block that dbt names, if it names one."""
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        name = _NAME_OF_BLOCK.match(line)
        if name and re.search(rf"\b{name[1]}\b", told):
            return fault_place(f"{file}:{number}", told)
    return str(file)


def _is_read(file: Path, folder: Path, told: str) -> bool:
    """Whether dbt could not read the file; it then names it as seen from its folder."""
    return f"Error reading bellwether: {file.relative_to(folder).as_posix()} " in told
