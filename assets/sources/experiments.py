"""In which forms do experiments arrive? As sums over variants, as snapshots of them, as users."""

from __future__ import annotations

import duckdb

from assets.sources import experiment_units
from assets.sources.experiment_table import (
    AGGREGATES,
    PAIRS,
    is_pairs,
    read_aggregates,
    read_pairs,
)
from assets.sources.mapped_table import TableSettings
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_table import read_records


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of experiments. See `reading.Reader`."""
    settings = TableSettings(columns=context.source.columns)
    table = read_records(delivery, context, (*AGGREGATES, *PAIRS), settings).table
    if is_pairs(table):
        return read_pairs(con, table, delivery, context)
    if experiment_units.is_units(table) or "user_id" in settings.columns:
        return experiment_units.read(con, table, delivery, context)
    return read_aggregates(con, table, delivery, context)
