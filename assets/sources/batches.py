"""How is a table in memory lent to the database for one statement?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb
import pyarrow as pa


@contextmanager
def lent(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """Make `table` readable as `name` within the block.

    After an error the open transaction takes no more statements; the name is then left, and
    replaced when it is used next.
    """
    con.register(name, table)
    try:
        yield
    finally:
        with suppress(duckdb.Error):
            con.unregister(name)
