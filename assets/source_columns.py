"""Which columns do the records of each source carry, and in how many rows is each filled?

Names, types and counts alone: no value of a record. A field that nobody declared is counted and
not named, for its name may itself be something of a person's (a mail address as a key).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb

from hub.config import HubConfig

# Rows of a source and table that are looked at for how many undeclared names there are.
EXTRA_ROWS = 1000
_EMPTY_JSON = "('', '[]', '{}', 'null', '\"\"')"
_TYPES = ("varchar[]",) * 5 + ("bigint[]",) * 3
Row = tuple[Any, ...]


def write_source_columns(con: duckdb.DuckDBPyConnection, config: HubConfig) -> int:
    """Replace `meta.source_columns` by what the raw tables hold now; returns rows.

    One row per source, raw table and column; the row without a `column_name` stands for the
    fields nobody declared: `filled` rows carry some, of at least `fields` names.
    """
    mapped = dict(_mapped(config))
    rows = [row for table, columns in _raw_tables(con) for row in _counted(con, table, columns)]
    told = [(*row[:4], mapped.get((row[0], row[2])), *row[4:]) for row in rows]
    con.execute("delete from meta.source_columns")
    if told:
        lists = ", ".join(f"unnest(cast(? as {kind}))" for kind in _TYPES)
        by_column = [list(values) for values in zip(*told, strict=True)]
        con.execute(f"insert into meta.source_columns select {lists}", by_column)
    return len(told)


def _mapped(config: HubConfig) -> Iterator[tuple[tuple[str, str], str]]:
    """(source, our column) and the field that `hub.yml` maps to it."""
    for source in config.sources:
        for setting in ("columns", "fields"):
            for column, field in (getattr(source, setting, None) or {}).items():
                yield (source.name, column), str(field)


def _raw_tables(
    con: duckdb.DuckDBPyConnection,
) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    """Every raw table of records with its columns' names and types."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in con.execute(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_catalog = current_catalog() and table_schema = 'raw' "
        "order by table_name, ordinal_position"
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    needed = {"_source", "_extra"}
    return [(t, columns) for t, columns in found.items() if needed <= {c for c, _ in columns}]


def _counted(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[tuple[str, str]]
) -> Iterator[Row]:
    """(source, table, column, type, rows, filled, fields) of one table, by one scan of it."""
    shown = [(name, kind) for name, kind in columns if not name.startswith("_")]
    counts = ", ".join(_filled(name, kind) for name, kind in shown)
    for source, rows, with_extra, *filled in con.execute(
        f'select _source, count(*), count(_extra), {counts} from raw."{table}" '
        "where _source is not null group by _source order by _source"
    ).fetchall():
        for (name, kind), known in zip(shown, filled, strict=True):
            yield source, table, name, kind, rows, known, None
        if with_extra:
            yield source, table, None, None, rows, with_extra, _names(con, table, source)


def _filled(name: str, kind: str) -> str:
    """An empty text, list or object is no value."""
    if kind == "JSON":
        return f'count(case when cast("{name}" as varchar) not in {_EMPTY_JSON} then 1 end)'
    return f"count(nullif(\"{name}\", ''))" if kind == "VARCHAR" else f'count("{name}")'


def _names(con: duckdb.DuckDBPyConnection, table: str, source: str) -> int:
    """How many names undeclared fields have in the first rows that carry some."""
    rows = con.execute(
        "select count(distinct name) from (select unnest(json_keys(_extra)) as name from "
        f'(select _extra from raw."{table}" where _source = ? and _extra is not null limit ?))',
        [source, EXTRA_ROWS],
    ).fetchall()
    return int(rows[0][0])
