"""What was a metric's value, period by period? Printed from the published observations."""

from __future__ import annotations

import csv
import difflib
import io
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from cli.console import fail, print_json, print_table, told_clearly
from cli.marks import invalid_metrics, warn_of
from hub.home import find_home
from hub.warehouse import open_published

_COLUMNS = (
    "period_start",
    "entity",
    "segment_value",
    "metric_value",
    "unit",
    "numerator",
    "denominator",
    "is_complete",
)
_QUERY = """
select period_start, entity, segment_value, metric_value, unit, numerator, denominator,
    is_complete
from metrics.observations
where metric_name = $metric
    and ($entity is null or entity = $entity)
    and segment_name = $segment
    and grain = $grain
    and ($first is null or period_start >= cast($first as date))
    and ($last is null or period_start <= cast($last as date))
order by entity, segment_value, period_start
"""


@told_clearly
def print_observations(
    metric: str,
    *,
    home: Path | None,
    grain: str,
    first: str | None,
    last: str | None,
    by: str | None,
    style: str,
) -> int:
    """Print observations of one metric; returns the exit code."""
    for option, day in (("--from", first), ("--to", last)):
        if day is not None and not _is_day(day):
            return fail(f"{option} {day}: expected a day as YYYY-MM-DD, such as 2026-03-31.")
    entity, _, name = metric.rpartition("/")
    con = open_published(find_home(home))
    try:
        problem = _problem(con, name, entity=entity, grain=grain, by=by)
        if problem:
            return fail(problem)
        rows = con.execute(
            _QUERY,
            {
                "metric": name,
                "entity": entity or None,
                "segment": by or "__all__",
                "grain": grain,
                "first": first,
                "last": last,
            },
        ).fetchall()
        failed = invalid_metrics(con).get(name, [])
    finally:
        con.close()
    warn_of(name, failed)
    _print(rows, style)
    return 0


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _problem(
    con: duckdb.DuckDBPyConnection, name: str, *, entity: str, grain: str, by: str | None
) -> str | None:
    """Why this cannot be asked, with what can; None when it can."""
    names = [n for (n,) in con.execute("select metric_name from metrics.catalogue").fetchall()]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3) or sorted(names)[:8]
        return f"metric `{name}` is not in the catalogue; did you mean {', '.join(near)}?"
    stored = con.execute(
        "select distinct entity, segment_name, grain from metrics.observations "
        "where metric_name = ?",
        [name],
    ).fetchall()
    entities = sorted({e for e, _, _ in stored})
    if entity and entity not in entities:
        return f"`{entity}` has no metric `{name}`; known: {', '.join(entities) or 'none yet'}."
    segments = sorted({s for _, s, _ in stored} - {"__all__"})
    if by and by not in segments:
        return (
            f"metric `{name}` is not stored by `{by}`; "
            f"it can be split by {', '.join(segments) or 'nothing'}."
        )
    if stored and grain not in {g for _, _, g in stored}:
        return f"metric `{name}` is not stored by {grain}; a coarser grain is never averaged up."
    return None


def _print(rows: list[tuple[Any, ...]], style: str) -> None:
    records = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    if style == "json":
        print_json(records)
    elif style == "csv":
        stream = io.StringIO()
        writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        sys.stdout.write(stream.getvalue())
    else:
        print_table(
            _COLUMNS,
            [[_cell(value) for value in row] for row in rows],
            right=("metric_value", "numerator", "denominator"),
        )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
