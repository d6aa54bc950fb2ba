"""What are the files of a folder that nobody has described, and what must be decided about them?

Every kind's reader looks at every file, as a load would; the one that takes the most of it, and
knows the most of its columns, says what it is. Nothing is loaded. Of a large file its beginning is
looked at.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from pydantic import TypeAdapter, ValidationError

from assets.sources import mlflow
from assets.sources.check import dry_load
from assets.sources.content import Unreadable, open_content
from assets.sources.json_records import looks_like_json
from assets.sources.problem import SourceError, SourceProblem
from assets.sources.raw_tables import create_raw_tables
from assets.sources.reading import Outcome
from hub.config import HubConfig
from hub.home import HubHome
from hub.source_settings import SourceConfig

LOOKED_AT_BYTES = 500_000
# Where two kinds take a file equally well, the earlier one says what it is.
KINDS = (
    "jira", "incidents", "experiments", "mlflow", "rates", "cost", "releases", "calendar",
    "exposure", "events", "sales", "service_metrics", "service_logs", "settings",
)  # fmt: skip
_SOURCE: TypeAdapter[Any] = TypeAdapter(SourceConfig)
_FEWEST_TAKEN = 0.5
_FEWEST_COLUMNS = 3
_ASKS = 2
_PLAIN = ("csv", "json_lines", "json_list", "json_object")
_READS_ANYTHING = ("service_metrics", "service_logs", "settings")


@dataclass(frozen=True)
class Guess:
    """What a file seems to be. `kind` is None when no kind can make anything of it.

    Counts are of what was looked at (`is_whole`: all of it). `decide` are the questions that are
    open before it can be loaded, or that a person should know of.
    """

    file: str
    kind: str | None
    format: str | None = None
    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    blank: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    is_whole: bool = True
    is_refused: bool = False
    decide: Sequence[str] = ()


def guess_folder(folder: Path, config: HubConfig) -> Iterator[Guess]:
    """Look at every file below a folder, in the order of names; an MLflow store counts as one."""
    stores = {meta.parents[2] for meta in folder.rglob("*/*/meta.yaml") if _is_run(meta.parent)}
    tops = {store for store in stores if not any(other in store.parents for other in stores)}
    for store in sorted(tops):
        runs = mlflow.find([store])
        yield Guess(
            store.relative_to(folder).as_posix(), "mlflow", "mlflow_files", len(runs), len(runs),
            decide=[f"{len(runs):,} runs and registered models; name the store's folder as `path`"],
        )  # fmt: skip
    con = duckdb.connect()
    create_raw_tables(con)
    for path in mlflow.find([p for p in sorted(folder.rglob("*")) if p.is_file()]):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") for part in parts) and not tops & set(path.parents):
            yield guess_file(path, config, con, name="/".join(parts))


def _is_run(folder: Path) -> bool:
    return (folder / "metrics").is_dir() or (folder / "params").is_dir()


def guess_file(
    path: Path, config: HubConfig, con: duckdb.DuckDBPyConnection, *, name: str
) -> Guess:
    """Look at one file; `con` has the raw tables, which stay as they are."""
    with tempfile.TemporaryDirectory() as scratch:
        home = HubHome(Path(scratch))
        try:
            sample, is_whole = _sample(path, Path(scratch))
        except Unreadable as error:
            return Guess(name, None, is_refused=True, decide=[f"{error}: deliver it again"])
        taken: list[tuple[tuple[float, ...], str, Outcome]] = []
        refused: list[tuple[int, str, SourceProblem]] = []
        for place, kind in enumerate(KINDS):
            try:
                source = _SOURCE.validate_python({"name": "look", "kind": kind, "path": "*"})
                outcome = dry_load(sample, name, source, home, config, {}, con=con)
            except SourceError as error:
                refused.append((_informative(error.problem, kind), kind, error.problem))
            except ValidationError:
                continue
            else:
                taken.append((_score(outcome, kind, place), kind, outcome))
                if taken[-1][0][0] and outcome.format not in _PLAIN and kind not in _READS_ANYTHING:
                    break
    best = max(taken, default=None, key=lambda one: one[0])
    is_asked = any(rank == _ASKS for rank, _, _ in refused)
    if best is not None and best[0][0] > 0 and (best[0][1] >= _FEWEST_COLUMNS or not is_asked):
        return _taken(name, best[1], best[2], is_whole=is_whole)
    return _refused(name, refused)


def _sample(path: Path, scratch: Path) -> tuple[Path, bool]:
    """The file, or a copy of the beginning of a large one of lines."""
    if path.stat().st_size <= LOOKED_AT_BYTES:
        return path, True
    with open_content(path) as (stream, _):
        head = stream.read(LOOKED_AT_BYTES)
    if head.startswith((b"SQLite", b"PAR1")) or (looks_like_json(head) and head[:1] == b"["):
        return path, True
    copy = scratch / f"look{path.suffix.removesuffix('.gz')}"
    copy.write_bytes(head[: head.rfind(b"\n") + 1] or head)
    shutil.copystat(path, copy)
    return copy, False


def _score(outcome: Outcome, kind: str, place: int) -> tuple[float, ...]:
    """Whether most of the file is taken, how many columns are known, and how much is taken."""
    full = outcome.records - outcome.blank
    share = outcome.loaded / full if full else 0.0
    columns = outcome.detected.get("columns")
    known = len(columns) if isinstance(columns, dict) else 4
    known = 0 if kind == "settings" else known
    return (float(share >= _FEWEST_TAKEN), float(known), share, -float(place))


def _informative(problem: SourceProblem, kind: str) -> int:
    """A refusal that asks for a decision says more than one that misses a column."""
    if kind in _READS_ANYTHING or "in hub.yml" not in problem.remedy:
        return 0
    return 1 if "`columns: {" in problem.remedy else _ASKS


def _taken(name: str, kind: str, outcome: Outcome, *, is_whole: bool) -> Guess:
    reasons = Counter((row.reason, row.column) for row in outcome.rejected)
    decide = [
        f"{count:,} records would be set aside: {reason.replace('_', ' ')}"
        + (f" in `{column}`" if column else "")
        for (reason, column), count in reasons.most_common(2)
    ]
    decide += [str(note) for note in outcome.detected.get("notes", ())][:2]
    return Guess(
        name, kind, outcome.format, outcome.records, outcome.loaded, len(outcome.rejected),
        outcome.blank, outcome.first_at, outcome.last_at, is_whole, decide=decide,
    )  # fmt: skip


def _refused(name: str, refused: Sequence[tuple[int, str, SourceProblem]]) -> Guess:
    asked = [(kind, problem) for rank, kind, problem in refused if rank == _ASKS]
    if asked:
        kind, problem = asked[0]
        told = f"found {problem.found}. {problem.remedy}"
        return Guess(name, kind, is_refused=True, decide=[told])
    return Guess(
        name, None, is_refused=True,
        decide=["no kind knows it by its columns: say which it is in hub.yml, with a mapping "
                "(`columns: {our name: their header}`), or leave it out"],
    )  # fmt: skip
