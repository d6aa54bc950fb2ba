"""How is the hub? Loads, quarantine, freshness and the last build, from the published copy."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import duckdb

from cli.console import print_json, print_table, told_clearly
from cli.incomplete import print_incomplete, read_incomplete
from cli.published_rows import read_rows
from hub.config import HubConfig, load_config
from hub.freshness import has_time, state
from hub.home import find_home
from hub.warehouse import lock_holder, open_published, published_build


@told_clearly
def print_status(given: Path | None, *, as_json: bool) -> int:
    """Print the status; returns 0, or 1 when a source is stale or a check failed."""
    home = find_home(given)
    config = load_config(home.root)
    con = open_published(home)
    try:
        told = _read(con)
        _judge_freshness(told["sources"], _rhythms(con), config, now=datetime.now(UTC))
    finally:
        con.close()
    build = published_build(home)
    holder = lock_holder(home)
    told["build"] = {
        "build_id": build.build_id if build else None,
        "built_at": build.built_at if build else None,
        "being_written_by": str(holder) if holder else None,
    }
    if as_json:
        print_json(told)
    else:
        _print(told, config)
    limited = {source.name for source in config.sources if source.fresh_within}
    is_old = any(
        s["freshness"] == "stale" or (s["freshness"] == "no data" and s["source"] in limited)
        for s in told["sources"]
    )
    return 1 if is_old or told["failed_checks"] else 0


def _read(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return {
        "sources": read_rows(con, "select * from marts.mart_data_health_sources order by source"),
        "files": read_rows(con, "select * from marts.mart_data_health_files order by source, file"),
        "quarantine": read_rows(
            con, "select * from marts.mart_data_health_quarantine order by source, reason"
        ),
        "missing_days": read_rows(
            con, "select * from marts.mart_data_health_gaps order by source, gap_day"
        ),
        "releases_without_run": read_rows(con, "select * from marts.mart_data_health_releases"),
        "failed_checks": read_rows(
            con, "select * from marts.mart_data_health_checks where status not in ('pass', 'warn')"
        ),
        "invalid_data": _marks(con),
        "incomplete": read_incomplete(con),
    }


def _marks(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What rests on a failed check; nothing in a build of a version that marked nothing."""
    try:
        return read_rows(con, "select * from meta.marks order by check_name, subject_kind, subject")
    except duckdb.CatalogException:
        return []


def _rhythms(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """How often each source delivers; nothing in a build of a version that did not count it."""
    try:
        rows = read_rows(con, "select * from marts.mart_data_health_rhythm")
    except duckdb.CatalogException:
        return {}
    return {str(row["source"]): row for row in rows}


def _judge_freshness(
    sources: list[dict[str, Any]],
    rhythms: dict[str, dict[str, Any]],
    config: HubConfig,
    *,
    now: datetime,
) -> None:
    limits = {source.name: source.fresh_within_hours for source in config.sources}
    closed = {source.name for source in config.sources if source.ended}
    now = config.judged_at(now)
    for source in sources:
        limit, newest = limits.get(source["source"]), source["data_through"]
        rhythm = rhythms.get(source["source"], {})
        source["age_hours"] = round((now - newest).total_seconds() / 3600, 1) if newest else None
        source["freshness"] = state(
            newest,
            now=now,
            limit_hours=limit,
            deliveries=rhythm.get("deliveries") or 0,
            longest_gap_days=rhythm.get("longest_gap_days"),
            is_closed=source["source"] in closed,
        )


def _moment(when: datetime | None, zone: tzinfo) -> str:
    """A moment on the hub's clock, its day alone where it tells no time, or that there is none."""
    if when is None:
        return "–"
    local = when.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}" if has_time(when, zone) else f"{local:%Y-%m-%d}"


def _print(told: dict[str, Any], config: HubConfig) -> None:
    build, zone = told["build"], config.zone
    built = build["built_at"].astimezone(zone)
    print(f"Build {build['build_id']}, built at {built:%Y-%m-%d %H:%M}; times are in {zone}")
    if build["being_written_by"]:
        print(f"Being written now by {build['being_written_by']}")
    print_table(
        ("source", "files", "records", "loaded", "quarantined", "blank", "data through", "state"),
        [
            (
                s["source"],
                f"{s['files']:,}",
                *(f"{s[key] or 0:,}" for key in ("records", "loaded", "quarantined", "blank")),
                _moment(s["data_through"], zone),
                s["freshness"],
            )
            for s in told["sources"]
        ],
        right=("files", "records", "loaded", "quarantined", "blank"),
    )
    print_incomplete(told["incomplete"])
    for row in told["quarantine"]:
        print(
            f"quarantined: {row['rows']} × {row['reason']} in {row['source']}, "
            f"first in {row['example_file']} line {row['example_line']}"
        )
    for row in told["missing_days"]:
        print(f"missing: {row['source']} has no record on {row['gap_day']}")
    for row in told["releases_without_run"]:
        print(f"release without a run: {row['model']} {row['version']}: {row['problem']}")
    for row in told["failed_checks"]:
        print(f"failed check: {row['check_name']} on {row['model']}")
    _print_marks(told["invalid_data"], zone)


def _print_marks(marks: list[dict[str, Any]], zone: tzinfo) -> None:
    """By failed check, since when, and the metrics, tables and pages that rest on it."""
    for check in dict.fromkeys((row["check_name"], row["model"]) for row in marks):
        mine = [row for row in marks if (row["check_name"], row["model"]) == check]
        since = mine[0]["since"].astimezone(zone)
        print(f"invalid data since {since:%Y-%m-%d %H:%M}, below {check[0]}:")
        for kind in dict.fromkeys(row["subject_kind"] for row in mine):
            names = [row["subject"] for row in mine if row["subject_kind"] == kind]
            print(f"  {kind}s: {', '.join(names)}")
