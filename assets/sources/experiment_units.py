"""How are experiments read that come as rows of users?

A row tells who was in which variant (an assignment), what somebody did (an outcome), or both. An
outcome stands in `value`, its metric in `metric`, the same from before the start in
`value_before`; or `hub.yml` names the columns that are outcomes (`outcomes`), whose figures from
before stand in `<name>_before`. A user who was assigned and has no outcome row did nothing;
staging says so. Ids are hashed above staging.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from assets.sources.csv_table import CsvTable
from assets.sources.experiment_table import CONTROL_WORDS, control_of, started_at
from assets.sources.mapped_table import (
    BOOLEAN,
    NUMBER,
    TIME,
    MappedTable,
    TableSettings,
    Wanted,
    map_table,
)
from assets.sources.problem import known_columns
from assets.sources.quarantine import MISSING_REQUIRED, Rejected
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

USER_HEADERS = ("user", "unit_id", "unit", "customer_id", "customer", "visitor_id", "device_id",
                "account_id")  # fmt: skip
_COMMON = (
    Wanted("user_id", headers=USER_HEADERS, is_required=True, is_filled=True),
    Wanted("experiment", headers=("experiment_id", "test"), is_required=True, is_filled=True),
    Wanted("variant", headers=("variant_id", "arm", "group", "treatment")),
    Wanted("is_control", BOOLEAN, ("control",)),
    Wanted("model"),
    Wanted("assigned_at", TIME, ("exposed_at", "first_seen", "timestamp", "assigned_on")),
    Wanted("ended_at", TIME, ("end",)),
    Wanted("expected_share", NUMBER),
    Wanted("offline_metric"),
    Wanted("offline_delta", NUMBER),
    Wanted("offline_se", NUMBER),
)
_OUTCOME = (
    Wanted("metric", headers=("outcome", "metric_id")),
    Wanted("value", NUMBER, ("outcome_value", "metric_value")),
    Wanted("value_before", NUMBER, ("pre_value", "covariate")),
)
_BEFORE = "_before"


def is_units(table: CsvTable) -> bool:
    """Whether the rows are users: a column of ids, and none that counts users."""
    has_user = any(table.places(name) for name in ("user_id", *USER_HEADERS))
    return has_user and not table.places("users")


def read(
    con: duckdb.DuckDBPyConnection, table: CsvTable, delivery: Delivery, context: Context
) -> Outcome:
    """Load rows of users: one row for each of a user's outcomes. See `reading.Reader`."""
    outcomes = context.source.outcomes
    wanted = (*_COMMON, *(_named(table, outcomes) if outcomes else _OUTCOME))
    settings = TableSettings(columns=context.source.columns)
    mapped = map_table(table, delivery, context, wanted, settings)
    if mapped.columns:
        _check_outcomes(mapped, delivery, context)
        mapped.reject(_without_content(mapped, outcomes))
    rows = [(n, row) for n in range(len(mapped.records)) for row in _rows(mapped, n, context)]
    _mark_controls([row for _, row in rows], delivery, context)
    columns = {name: [row[name] for _, row in rows] for name in (rows[0][1] if rows else {})}
    insert_rows(
        con, "experiment_units", columns, delivery, context,
        lines=[mapped.records[n].line for n, _ in rows], extra=[mapped.extra[n] for n, _ in rows],
    )  # fmt: skip
    times = [row["assigned_at"] for _, row in rows if row["assigned_at"]]
    loaded = len(mapped.records)
    detected = mapped.detected | {
        "users": len({row["user_id"] for _, row in rows}),
        "experiments": len({row["experiment"] for _, row in rows}),
    }
    return Outcome(
        loaded + len(mapped.rejected) + table.blank, loaded, table.blank, mapped.rejected,
        "unit_rows", detected, min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _named(table: CsvTable, outcomes: tuple[str, ...]) -> Iterator[Wanted]:
    for name in outcomes:
        yield Wanted(name, NUMBER, is_required=True)
        if table.places(name + _BEFORE):
            yield Wanted(name + _BEFORE, NUMBER)


def _check_outcomes(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Rows that are neither assignments nor have a known outcome cannot be understood."""
    if context.source.outcomes or any(mapped.columns["value"]) or "value" in _found(mapped):
        return
    if "variant" in _found(mapped) and len(_spare(mapped)) == 0:
        return
    raise context.refuse(
        delivery.file,
        line=mapped.table.header_line,
        column="value",
        found=f"rows of users with the columns {', '.join(mapped.table.header)[:400]}",
        published_found="rows of users with "
        + known_columns(mapped.table.header, mapped.detected.get("columns", {}).values()),
        expected="`value`, or the columns that are outcomes",
        remedy="Name them in hub.yml: `outcomes: [<column>, …]`.",
    )


def _found(mapped: MappedTable) -> set[str]:
    return set(mapped.detected.get("columns", {}))


def _spare(mapped: MappedTable) -> list[str]:
    """Headers that nothing was made of."""
    used = set(mapped.detected.get("columns", {}).values())
    return [title for title in mapped.table.header if title and title not in used]


def _without_content(mapped: MappedTable, outcomes: tuple[str, ...]) -> dict[int, Rejected]:
    """Rows with neither a variant nor an outcome."""
    names = outcomes or ("value",)
    return {
        row: mapped.rejection(row, MISSING_REQUIRED, "variant", None, "a variant or an outcome")
        for row, variant in enumerate(mapped.columns["variant"])
        if variant is None and all(mapped.columns[name][row] is None for name in names)
    }


def _rows(mapped: MappedTable, number: int, context: Context) -> Iterator[dict[str, Any]]:
    cells = {name: column[number] for name, column in mapped.columns.items()}
    row = {column.name: cells[column.name] for column in _COMMON}
    row["model"] = row["model"] or context.source.model
    row["assigned_at"] = row["assigned_at"] or started_at(row["experiment"], context)
    outcomes = context.source.outcomes
    if not outcomes:
        metric = cells["metric"] or ("value" if cells["value"] is not None else None)
        outcome = {"metric": metric, "value": cells["value"]}
        yield row | outcome | {"value_before": cells["value_before"]}
        return
    for name in outcomes:
        before = cells.get(name + _BEFORE)
        yield row | {"metric": name, "value": cells[name], "value_before": before}


def _mark_controls(rows: list[dict[str, Any]], delivery: Delivery, context: Context) -> None:
    """Which variant is the control, told by a column, by hub.yml or by its name."""
    variants: dict[str, set[str]] = {}
    for row in rows:
        if row["variant"] is not None and row["is_control"] is None:
            variants.setdefault(row["experiment"], set()).add(row["variant"])
    controls: dict[str, str] = {}
    for experiment, names in variants.items():
        named = control_of(experiment, context.source)
        known = [name for name in names if name.strip().lower() in CONTROL_WORDS]
        if named is None and len(known) != 1:
            raise context.refuse(
                delivery.file,
                column="variant",
                found=f"variants {', '.join(sorted(names)[:8])} of {experiment}, none of which is "
                "known as the control",
                expected="a column `is_control`, or a variant called control",
                remedy=f"Name it in hub.yml: `control: {{{experiment}: <variant>}}`.",
            )
        controls[experiment] = named if named is not None else known[0]
    for row in rows:
        if row["variant"] is not None and row["is_control"] is None:
            row["is_control"] = row["variant"] == controls[row["experiment"]]
