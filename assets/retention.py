"""Which raw log lines need not be kept any longer, and what becomes of their facts?

`retention.raw_log_days` of hub.yml keeps the lines of so many days before the newest one. Older
lines are dropped after a build that published, and only when the facts account for every one of
them. Their facts are copied to the schema `retained`: a rebuild cannot make them anew, takes them
from there as they were, and says so. See docs/decisions/0006-raw-lines-go-when-facts-exist.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from hub.config import HubConfig

# The platform models that read lines, and the local day of a row of theirs.
FACTS = {
    "platform_request_histograms": "requested_on",
    "platform_request_minute_parts": "cast(timezone($zone, minute_start) as date)",
    "platform_model_usage_parts": "requested_on",
    "platform_error_parts": "requested_on",
    "platform_caller_parts": "requested_on",
    "platform_other_line_parts": "requested_on",
}
# A path may hold ids, so one that no kept line names goes with its lines.
_FORGET_PATHS = """
delete from raw.stg_service_endpoints as paths
where not exists (select 1 from raw.service_logs as lines where lines.endpoint = paths.endpoint)
"""
# What earlier versions called retained facts, and columns that facts no longer have: a column that
# retained rows alone have would be there after a rebuild and missing in the next day's rows.
_RENAMED = {"platform_request_minutes": "platform_request_minute_parts"}
_WITHOUT_COLUMNS = {"platform_model_usage_parts": ("unknown_platforms",)}
_OLD_LINES = "cast(timezone($zone, logged_at) as date) < $before"


class RetentionError(Exception):
    """The facts do not account for the lines that would be dropped; nothing was dropped."""


@dataclass(frozen=True)
class Dropped:
    """Lines dropped now: those of all days before `before_day`."""

    before_day: date
    lines: int

    def __str__(self) -> str:
        return (
            f"{self.lines:,} log lines before {self.before_day} were dropped "
            "(retention.raw_log_days); their facts stay"
        )


def drop_old_lines(
    con: duckdb.DuckDBPyConnection, config: HubConfig, *, now: datetime
) -> Dropped | None:
    """Drop the lines that hub.yml does not keep. Call it after a build, under its write lock.

    Lines dated after `now` do not count as the newest. Returns None when there is nothing to
    drop. Raises `RetentionError`.
    """
    days = config.retention.raw_log_days
    before = None if days is None else _first_kept_day(con, config.time_zone, days, now)
    if before is None:
        return None
    told = {"zone": config.time_zone, "before": before}
    ((lines, first_at, last_at),) = con.execute(
        f"select count(*), min(logged_at), max(logged_at) from raw.service_logs where {_OLD_LINES}",
        told,
    ).fetchall()
    if not lines:
        return None
    con.execute("begin transaction")
    try:
        _check_facts(con, lines, told)
        _retain_facts(con, told)
        con.execute(f"delete from raw.service_logs where {_OLD_LINES}", told)
        con.execute(_FORGET_PATHS)
        con.execute(
            "insert into raw.dropped_lines values (?, ?, ?, ?, ?::timestamptz)",
            [before, lines, first_at, last_at, now],
        )
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
    return Dropped(before, lines)


def update_retained(con: duckdb.DuckDBPyConnection) -> None:
    """Give retained facts that an earlier version wrote the names and columns of today.

    Call it before a build, under its write lock. Does nothing where they have them.
    """
    con.execute("begin transaction")
    try:
        for old, new in _RENAMED.items():
            if not _is_retained(con, old):
                continue
            if _is_retained(con, new):
                con.execute(f"insert into retained.{new} by name select * from retained.{old}")
                con.execute(f"drop table retained.{old}")
            else:
                con.execute(f"alter table retained.{old} rename to {new}")
        for table, columns in _WITHOUT_COLUMNS.items():
            for column in columns if _is_retained(con, table) else ():
                con.execute(f"alter table retained.{table} drop column if exists {column}")
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def _is_retained(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = con.execute(
        "select count(*) from information_schema.tables"
        " where table_schema = 'retained' and table_name = ?",
        [table],
    ).fetchall()
    return bool(found[0][0])


def what_stays(con: duckdb.DuckDBPyConnection) -> str | None:
    """What a rebuild can no longer compute, in a sentence; None when every line is kept."""
    ((lines, before),) = con.execute(
        "select sum(lines), max(before_day) from raw.dropped_lines"
    ).fetchall()
    if not lines:
        return None
    return (
        f"{lines:,} log lines of days before {before} are no longer kept (retention.raw_log_days). "
        "Their facts cannot be computed anew: they stay as the definitions and the time zone of "
        "then made them."
    )


def _first_kept_day(
    con: duckdb.DuckDBPyConnection, zone: str, days: int, now: datetime
) -> date | None:
    """The day before which lines go; never earlier than when lines were dropped last."""
    ((before,),) = con.execute(
        "select greatest("
        " cast(timezone($zone, least(max(logged_at), $now::timestamptz)) as date) - $days::integer,"
        " (select max(before_day) from raw.dropped_lines)) from raw.service_logs",
        {"zone": zone, "days": days, "now": now},
    ).fetchall()
    return before if isinstance(before, date) else None


def _check_facts(con: duckdb.DuckDBPyConnection, lines: int, told: dict[str, object]) -> None:
    """Every old line must be counted in the facts, beside those dropped before."""
    ((counted,),) = con.execute(
        "select coalesce(sum(counted), 0) from ("
        " select sum(requests) as counted from platform.platform_request_histograms"
        " where requested_on < $before union all"
        " select sum(lines) from platform.platform_other_line_parts where requested_on < $before)",
        {"before": told["before"]},
    ).fetchall()
    ((dropped,),) = con.execute("select coalesce(sum(lines), 0) from raw.dropped_lines").fetchall()
    if counted != lines + dropped:
        raise RetentionError(
            f"the facts count {counted:,} log lines before {told['before']}, but {lines:,} are "
            f"there and {dropped:,} were dropped earlier. Nothing is dropped; the next build that "
            "makes the facts anew puts this right."
        )


def _retain_facts(con: duckdb.DuckDBPyConnection, told: dict[str, object]) -> None:
    """Copy the facts of old days, those retained earlier among them."""
    con.execute("create schema if not exists retained")
    for table, day in FACTS.items():
        used = {name: value for name, value in told.items() if f"${name}" in f"{day} < $before"}
        con.execute(
            f"create or replace table retained.{table} as"
            f" select * from platform.{table} where {day} < $before",
            used,
        )
