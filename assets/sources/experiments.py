"""How are experiments read? One CSV row per experiment, variant and metric, as aggregates."""

from __future__ import annotations

import duckdb

from assets.sources.mapped_table import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TIME,
    TableSettings,
    Wanted,
    read_mapped,
)
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

WANTED = (
    Wanted("experiment", is_required=True, is_filled=True),
    Wanted("model"),
    Wanted("variant", is_required=True, is_filled=True),
    Wanted("is_control", BOOLEAN, ("control",), is_required=True, is_filled=True),
    Wanted("started_at", TIME, ("start",), is_required=True, is_filled=True),
    Wanted("ended_at", TIME, ("end",)),
    Wanted("metric", is_required=True, is_filled=True),
    Wanted("users", INTEGER, ("n",), is_required=True, is_filled=True),
    Wanted("expected_share", NUMBER),
    Wanted("conversions", INTEGER),
    Wanted("value_sum", NUMBER),
    Wanted("value_sum_squares", NUMBER),
    Wanted("offline_metric"),
    Wanted("offline_delta", NUMBER),
    Wanted("offline_se", NUMBER),
)


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of experiment aggregates. See `reading.Reader`."""
    settings = TableSettings(columns=context.source.columns)
    mapped = read_mapped(delivery, context, WANTED, settings)
    loaded = insert_rows(
        con, "experiments", mapped.columns, delivery, context, lines=mapped.lines,
        extra=mapped.extra,
    )  # fmt: skip
    starts = mapped.columns.get("started_at", [])
    ends = [when for when in mapped.columns.get("ended_at", []) if when is not None]
    return Outcome(
        mapped.table.count, loaded, mapped.table.blank, mapped.rejected, "csv", mapped.detected,
        min(starts, default=None), max([*starts, *ends], default=None),
    )  # fmt: skip
