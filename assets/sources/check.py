"""Can a source be read, and how would it be understood? Looks, and loads nothing.

The same readers run as in a load, on a few files and into a database in memory that is thrown
away: what a check says is what a load will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.sources import loading
from assets.sources.problem import SourceError, SourceProblem
from assets.sources.quarantine import MISSING_REQUIRED, Rejected
from assets.sources.raw_tables import create_raw_tables
from assets.sources.reading import Context, Delivery, Outcome, ReadAgain
from hub.config import HubConfig
from hub.home import HubHome
from hub.source_settings import SourceConfig

MOST_FILES = 3
_LOOKED_AT = datetime(2000, 1, 1)  # stamps rows that are thrown away


@dataclass(frozen=True)
class SourceCheck:
    """What a look at a source found.

    `files` are all that the path finds; `looked_at` names those read (first, middle, last).
    Counts and times are of those. `detected` is what was found in the last of them: columns,
    encoding, delimiter, order of dates, unit of durations; `preview` shows it to a person.
    `problem` is the first of `problems`.
    """

    source: str
    kind: str
    files: int
    looked_at: Sequence[str] = ()
    format: str | None = None
    detected: dict[str, Any] = field(default_factory=dict)
    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    blank: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    problems: Sequence[SourceProblem] = ()
    preview: Sequence[str] = ()

    @property
    def problem(self) -> SourceProblem | None:
        return self.problems[0] if self.problems else None

    @property
    def is_readable(self) -> bool:
        """Whether a load would take at least one record and refuse none of the files read."""
        return self.loaded > 0 and self.quarantined == len(self.problems)


def check_source(source: SourceConfig, *, home: HubHome, config: HubConfig) -> SourceCheck:
    """Look at a source's first, middle and last file without loading anything."""
    paths = loading.find_deliveries(source, home)
    check = SourceCheck(source.name, source.kind, len(paths))
    if not paths:
        problem = SourceProblem(
            source.name, None, None, None, "no file", f"files at {source.path}",
            "Put the export there, or correct `path` in hub.yml.",
        )  # fmt: skip
        return replace(check, problems=[problem])
    for path in _some(paths):
        check = _look_at(check, path, source, home, config)
    return check


def _some(paths: Sequence[Path]) -> list[Path]:
    places = sorted({0, len(paths) // 2, len(paths) - 1})[:MOST_FILES]
    return [paths[place] for place in places]


def _look_at(
    check: SourceCheck, path: Path, source: SourceConfig, home: HubHome, config: HubConfig
) -> SourceCheck:
    file = home.relative(path)
    check = replace(check, looked_at=[*check.looked_at, file])
    try:
        outcome = _dry_load(path, file, source, home, config, check.detected)
    except SourceError as error:
        return replace(check, problems=[error.problem, *check.problems])
    return _with(check, outcome, [_problem(source, file, row) for row in outcome.rejected])


def _dry_load(
    path: Path,
    file: str,
    source: SourceConfig,
    home: HubHome,
    config: HubConfig,
    earlier: dict[str, Any],
) -> Outcome:
    kind = loading.KINDS[source.kind]
    content = loading.inspect_delivery(path, file, kind, None, source)
    context = Context(home, config, source, _LOOKED_AT, earlier)
    for attempt in (0, 1):
        with duckdb.connect() as con:
            create_raw_tables(con)
            delivery = Delivery(path, file, content, "look", attempt=attempt)
            try:
                return loading.read_delivery(con, kind, delivery, context)
            except ReadAgain:
                continue
    raise context.refuse(
        file,
        found="a file that changes while it is read",
        expected="a file at rest",
        remedy="Look again when it is written.",
    )


def _with(check: SourceCheck, outcome: Outcome, problems: Sequence[SourceProblem]) -> SourceCheck:
    firsts = [when for when in (check.first_at, outcome.first_at) if when]
    lasts = [when for when in (check.last_at, outcome.last_at) if when]
    return replace(
        check,
        format=outcome.format,
        detected=outcome.detected,
        records=check.records + outcome.records,
        loaded=check.loaded + outcome.loaded,
        quarantined=check.quarantined + len(outcome.rejected),
        blank=check.blank + outcome.blank,
        first_at=min(firsts, default=None),
        last_at=max(lasts, default=None),
        problems=[*check.problems, *problems],
        preview=outcome.preview(),
    )


def _problem(source: SourceConfig, file: str, row: Rejected) -> SourceProblem:
    what = row.reason.replace("_", " ")
    found = "no value" if row.reason == MISSING_REQUIRED else what
    if row.found:
        found = f"{what} {row.found!r}"
    remedy = "The record is set aside; correct it in the source, or leave it so."
    return SourceProblem(source.name, file, row.line, row.column, found, row.expected, remedy)
