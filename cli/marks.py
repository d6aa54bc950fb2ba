"""Does a number rest on a check that failed? Said beside every answer of a reading command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from cli.console import say
from cli.published_rows import read_rows


def invalid_metrics(con: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """By metric, the failed checks below it: check_name, model, failures, since.

    Nothing in a build of a version that marked nothing.
    """
    try:
        rows = read_rows(
            con,
            "select subject, check_name, model, failures, since from meta.marks "
            "where subject_kind = 'metric' order by subject, check_name",
        )
    except duckdb.CatalogException:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop("subject"), []).append(row)
    return found


def doubted_links(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """By link, what is wrong below its KPI, its metric or its experiments, in sentences.

    A verdict that experiments give stands all the same, but its money is a share of the KPI, and a
    change of the metric: whatever is said here is wrong with the amounts. Nothing in a build of a
    version that marked nothing.
    """
    try:
        told = con.execute(_DOUBTED).fetchall()
    except duckdb.CatalogException:
        return {}
    found: dict[str, list[str]] = {}
    for link, check, model, failures, since, reason in told:
        if check is None:  # a file that cannot be read, or a source that is too old
            found.setdefault(link, [reason.rstrip(".")])
            continue
        rows = "1 row" if failures == 1 else f"{failures:,} rows"
        text = f"the check {check} fails on {model} ({rows}, since {since:%Y-%m-%d})"
        found.setdefault(link, []).append(text)
    return found


_DOUBTED = """
select link_id, check_name, model, max(failures) as failures, min(since) as since, null as reason
from insights.links
join meta.marks on
    (subject_kind = 'metric' and (subject = kpi or subject = metric_name))
    or (subject_kind = 'table' and (
        subject = 'insights.links'
        or (evidence_grade = 'experiments'
            and subject in ('insights.experiments', 'insights.experiment_links'))
    ))
group by link_id, check_name, model
union all
select link_id, null, null, null, null, min(verdict_reason)
from insights.evidence where verdict = 'invalid data' and grade <> 'experiments'
group by link_id
order by link_id, check_name nulls last, model
"""


def warn_of(metric: str, failed: Sequence[dict[str, Any]]) -> None:
    """Say on standard error which checks fail below a metric, so that output can be piped on."""
    for row in failed:
        rows = "1 row" if row["failures"] == 1 else f"{row['failures']:,} rows"
        say(
            f"INVALID DATA: {metric} rests on {row['model']}, of which the check "
            f"{row['check_name']} fails ({rows}, since {row['since']:%Y-%m-%d}). "
            "`bellwether status` lists all that does; repair the source, then `bellwether run`."
        )
