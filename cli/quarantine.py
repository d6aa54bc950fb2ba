"""What could not be loaded, why, and can it be loaded now? The quarantine of the warehouse.

The records' texts never leave the warehouse, so that it is opened here, under the write lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from cli.console import fail, print_json, print_table, say, told_clearly
from cli.published_rows import read_rows
from hub.config import HubConfig, load_config
from hub.home import HubHome, find_home
from hub.warehouse import LockHolder, NothingPublished, open_warehouse, write_lock

_LONGEST_TEXT = 2_000
_HELD = """
from raw.quarantine as held
inner join raw.loads as loads on held.load_id = loads.load_id and loads.status = 'loaded'
where
    held.resolved_at is null
    and ($source is null or held.source = $source)
    and ($reason is null or held.reason = $reason)
    and ($file is null or held.file = $file)
"""
_COUNTS = f"""
select
    held.source, held.reason, held.column_name as "column", held.file, count(*) as records,
    min(held.line) as first_line, min(held.expected) as expected
{_HELD}
group by held.source, held.reason, held.column_name, held.file
order by held.source, held.reason, held.file, held.column_name
"""
_RECORDS = f"""
select
    held.source, held.file, held.line, held.reason, held.column_name as "column", held.found,
    held.expected, held.raw_text
{_HELD}
order by held.source, held.file, held.line, held.reason
limit $limit
"""


@told_clearly
def list_quarantine(given: Path | None, *, source: str | None, as_json: bool) -> int:
    """Print the counts; returns 0."""
    from assets.sources.quarantine import MEANINGS

    home = find_home(given)
    config = load_config(home.root)
    if (problem := _unknown(source, config)) is not None:
        return problem
    with opened_warehouse(home, "quarantine list") as con:
        rows = read_rows(con, _COUNTS, {"source": source, "reason": None, "file": None})
    for row in rows:
        row["meaning"] = MEANINGS.get(row["reason"], "")
    if as_json:
        print_json(rows)
    elif not rows:
        print("Nothing is in quarantine.")
    else:
        _print_counts(rows)
    return 0


def _print_counts(rows: list[dict[str, Any]]) -> None:
    print_table(
        ("source", "reason", "column", "file", "records", "first line"),
        [
            (
                row["source"],
                row["reason"],
                row["column"] or "",
                row["file"],
                f"{row['records']:,}",
                "" if row["first_line"] is None else f"{row['first_line']:,}",
            )
            for row in rows
        ],
        right=("records", "first line"),
    )
    print()
    for reason, meaning in sorted({(row["reason"], row["meaning"]) for row in rows}):
        print(f"{reason}: {meaning}")
    print(
        f"\n{sum(row['records'] for row in rows):,} records. Look at them with `bellwether "
        "quarantine show`; after correcting hub.yml, load them with `bellwether quarantine retry`."
    )


@told_clearly
def show_quarantine(
    given: Path | None,
    *,
    source: str | None,
    reason: str | None,
    file: str | None,
    limit: int,
    as_json: bool,
) -> int:
    """Print records in quarantine; returns 0."""
    home = find_home(given)
    config = load_config(home.root)
    if (problem := _unknown(source, config)) is not None:
        return problem
    wanted = {"source": source, "reason": reason, "file": file, "limit": limit}
    with opened_warehouse(home, "quarantine show") as con:
        rows = read_rows(con, _RECORDS, wanted)
    if as_json:
        print_json(rows)
    elif not rows:
        print("No such record is in quarantine.")
    for row in rows if not as_json else ():
        print("\n".join(_told(row)) + "\n")
    return 0


def _told(row: dict[str, Any]) -> Iterator[str]:
    line = "" if row["line"] is None else f", line {row['line']:,}"
    column = f", column `{row['column']}`" if row["column"] else ""
    yield f"{row['source']}: {row['file']}{line}{column}: {row['reason']}"
    if row["found"] is not None:
        yield f"  found     {row['found']}"
    yield f"  expected  {row['expected']}"
    text = row["raw_text"] or ""
    cut = f" … ({len(text):,} characters)" if len(text) > _LONGEST_TEXT else ""
    yield f"  text      {text[:_LONGEST_TEXT]}{cut}"


@told_clearly
def retry_home(given: Path | None, *, source: str | None, file: str | None, as_json: bool) -> int:
    """Try what is in quarantine again; returns 0, or 1 when some could not even be read."""
    from assets.sources.retry import retry_quarantine

    home = find_home(given)
    config = load_config(home.root)
    if (problem := _unknown(source, config)) is not None:
        return problem
    results = []
    with opened_warehouse(home, "quarantine retry") as con:
        for known in config.sources:
            if source in (None, known.name):
                say(f"Reading again what {known.name} has in quarantine …")
                results += retry_quarantine(
                    con, known, home=home, config=config, now=datetime.now(UTC), file=file
                )
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        for result in results:
            print(f"{result.file}: {result.loaded:,} loaded, {result.left:,} still in quarantine")
            if result.problem:
                print(config.redact(f"  {result.problem}"))
        print(_summary(sum(result.loaded for result in results), bool(results)))
    return 1 if any(result.problem for result in results) else 0


def _summary(loaded: int, was_any: bool) -> str:
    if not was_any:
        return "Nothing is in quarantine."
    if not loaded:
        return "Nothing of it can be read yet: see `bellwether quarantine show`."
    return f"{loaded:,} records loaded. `bellwether run` takes them into the pages."


def _unknown(source: str | None, config: HubConfig) -> int | None:
    """An error when hub.yml has no such source."""
    names = [known.name for known in config.sources]
    if source is None or source in names:
        return None
    return fail(f"hub.yml has no source `{source}`; it has {', '.join(names)}.")


@contextmanager
def opened_warehouse(home: HubHome, what: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, once nobody else writes it."""
    from assets.sources.raw_tables import create_raw_tables

    def tell(holder: LockHolder | None) -> None:
        say(f"Waiting for the hub: it is being written by {holder or 'another process'}")

    if not home.warehouse.exists():
        raise NothingPublished(
            f"{home.root}: nothing has been loaded here yet. Run "
            f"`bellwether run --home {home.root}` first."
        )
    with write_lock(home, what, on_wait=tell), open_warehouse(home) as con:
        create_raw_tables(con)
        yield con
