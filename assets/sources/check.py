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

MOST_FILES = 24
MOST_BYTES = 20_000_000
REFUSED = "refused"
_LOOKED_AT = datetime(2000, 1, 1)  # stamps rows that are thrown away


@dataclass(frozen=True)
class SourceCheck:
    """What a look at a source found.

    `files` are all that the path finds; `looked_at` names those read: all, unless they are many or
    large, then the first, the middle and the last at least. `forms` counts them by form. Counts
    and times are of those. `detected` is what was found in the last of them: columns,
    encoding, delimiter, order of dates, unit of durations; `preview` shows it to a person.
    `problem` is the first of `problems`.
    """

    source: str
    kind: str
    files: int
    looked_at: Sequence[str] = ()
    forms: dict[str, int] = field(default_factory=dict)
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
    """Look at a source's files without loading anything."""
    paths = loading.find_deliveries(source, home)
    check = SourceCheck(source.name, source.kind, len(paths))
    if not paths:
        problem = SourceProblem(
            source.name, None, None, None, "no file", f"files at {source.path}",
            "Put the export there, or correct `path` in hub.yml.",
        )  # fmt: skip
        return replace(check, problems=[problem])
    with duckdb.connect() as con:
        create_raw_tables(con)
        for path in _some(paths):
            check = _look_at(check, path, source, home, config, con)
    return check


def _some(paths: Sequence[Path]) -> list[Path]:
    """The first, middle and last file, and others in between as long as they are few and small."""
    chosen = {0, len(paths) // 2, len(paths) - 1}
    spent = sum(_bytes(paths[place]) for place in chosen)
    for place, path in enumerate(paths):
        if len(chosen) >= MOST_FILES or path.is_dir():
            break
        if place not in chosen and spent + _bytes(path) <= MOST_BYTES:
            chosen.add(place)
            spent += _bytes(path)
    return [paths[place] for place in sorted(chosen)]


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _look_at(
    check: SourceCheck,
    path: Path,
    source: SourceConfig,
    home: HubHome,
    config: HubConfig,
    con: duckdb.DuckDBPyConnection,
) -> SourceCheck:
    file = home.relative(path)
    check = replace(check, looked_at=[*check.looked_at, file])
    try:
        outcome = dry_load(path, file, source, home, config, check.detected, con=con)
    except SourceError as error:
        forms = check.forms | {REFUSED: check.forms.get(REFUSED, 0) + 1}
        return replace(check, forms=forms, problems=[error.problem, *check.problems])
    return _with(check, outcome, [_problem(source, file, row) for row in outcome.rejected])


def dry_load(
    path: Path,
    file: str,
    source: SourceConfig,
    home: HubHome,
    config: HubConfig,
    earlier: dict[str, Any],
    *,
    con: duckdb.DuckDBPyConnection,
) -> Outcome:
    """Read a file as a load would into a database with the raw tables, and take the rows back.

    Raises `SourceError`.
    """
    kind = loading.KINDS[source.kind]
    content = loading.inspect_delivery(path, file, kind, None, source)
    context = Context(home, config, source, _LOOKED_AT, earlier)
    for attempt in (0, 1):
        delivery = Delivery(path, file, content, "look", attempt=attempt)
        con.execute("BEGIN TRANSACTION")
        try:
            return loading.read_delivery(con, kind, delivery, context)
        except ReadAgain:
            continue
        finally:
            con.execute("ROLLBACK")
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
        forms=check.forms | {outcome.format: check.forms.get(outcome.format, 0) + 1},
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
