"""Which metrics does a model hold, which of the pages' tables name one, and which pages show it?

Asked by the way of a metric to the pages (`assets.metric_lineage`) and by the marks of what rests
on a failed check (`assets.invalid_marks`): what the one says is shown, the other marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from assets.dbt_manifest import Node, is_metric, is_model
from assets.metric_catalogue import EVERY_NAME

# Columns of the pages' tables that name a metric whose values the row is made of. The `metric` of
# an experiment is none of them: experiments count it among their own users, whatever it is called.
NAME_COLUMNS = ("metric_name", "kpi", "offline_metric")
# These pages and tables tell of the data and of definitions; the number itself is not on them.
ABOUT_DATA = ("catalogue", "data_health")


def names_held(
    con: duckdb.DuckDBPyConnection, relation: str | None, names: Sequence[str]
) -> list[str]:
    """The metrics that a relation is declared to hold; for `*`, every name in its rows."""
    if EVERY_NAME not in names:
        return list(names)
    rows = con.execute(f"select distinct metric_name from {relation} order by 1")
    return [str(name) for (name,) in rows.fetchall()]


def metrics_of(con: duckdb.DuckDBPyConnection, node: Node) -> list[str]:
    """The metrics that a node of dbt's manifest is, or that it holds as a precomputed model."""
    if is_metric(node):
        return [str(node["name"])]
    meta = node.get("config", {}).get("meta", {})
    if not is_model(node) or meta.get("aggregation") != "precomputed":
        return []
    names = [str(metric["name"]) for metric in meta["metrics"]]
    return names_held(con, node.get("relation_name"), names)


def columns_of_marts(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The columns of each of the pages' tables, as far as these are there."""
    return dict(
        con.execute(
            "select table_name, list(column_name order by column_name) "
            "from information_schema.columns where table_catalog = current_catalog() "
            "and table_schema = 'marts' group by table_name order by table_name"
        ).fetchall()
    )


def metrics_in_marts(
    con: duckdb.DuckDBPyConnection,
    marts: Iterable[Node],
    *,
    columns: Mapping[str, Sequence[str]],
) -> dict[str, frozenset[str]]:
    """By table of pages, the metrics it has rows of; what a model says it `holds` is believed.

    `marts` are the models of the tables, `columns` those of `columns_of_marts`.
    """
    found: dict[str, frozenset[str]] = {}
    for mart in marts:
        table = str(mart["name"])
        if declared := mart["config"].get("meta", {}).get("holds"):
            found[table] = frozenset(declared) if table in columns else frozenset()
            continue
        naming = [each for each in columns.get(table, ()) if each in NAME_COLUMNS]
        asked = " union ".join(f'select "{each}" from marts."{table}"' for each in naming)
        rows = con.execute(asked).fetchall() if asked else []
        found[table] = frozenset(str(name) for (name,) in rows if name is not None)
    return found


def shows(page: Node, mart: Node, *, name: str, layer: str | None) -> bool:
    """Whether a page that reads a table shows its rows of a metric; `shows` narrows that."""
    if page["name"] in ABOUT_DATA or mart["unique_id"] not in page["depends_on"]["nodes"]:
        return False
    limits = page["config"].get("meta", {}).get("shows", {}).get(mart["name"])
    if limits is None:
        return True
    return bool(layer == limits.get("layer", layer)) and name in limits.get("names", (name,))
