"""What would be published if there were many times as many observations?

A copy of a home's published build in which observations, and every mart that has rows for each
service, project or segment, hold as many of them as asked: the same rows again under other names.
Findings (links, experiments, onsets) stay as they are: there is one for each question asked, not
for each observation.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from hub.home import HubHome
from hub.warehouse import PUBLISHED_SCHEMAS, last_good_build, publish

NAMES = ("service", "project", "segment_value")
TOTAL = "__all__"


def grown_home(home: HubHome, folder: Path, *, times: int) -> tuple[HubHome, dict[str, int]]:
    """A home in `folder` whose published build is `times` as large, and its tables' rows.

    Raises `NothingPublished` when the home has no build.
    """
    build = last_good_build(home)
    grown = HubHome(folder)
    grown.make_var()
    if home.hub_yml.exists():
        shutil.copy(home.hub_yml, grown.hub_yml)
    con = duckdb.connect(str(grown.warehouse))
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach '{build.path}' as source (read_only)")
        rows = {
            f"{schema}.{table}": _copy(con, schema, table, times)
            for schema, table in con.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_catalog = 'source' and list_contains(?, table_schema) order by all",
                [list(PUBLISHED_SCHEMAS)],
            ).fetchall()
        }
    finally:
        con.close()
    publish(grown, f"{build.build_id}-times-{times}")
    return grown, rows


def _copy(con: duckdb.DuckDBPyConnection, schema: str, table: str, times: int) -> int:
    """Copy one table, as often as asked where it has a name to tell the copies apart by."""
    columns = [row[0] for row in con.execute(f'describe source."{schema}"."{table}"').fetchall()]
    con.execute(f'create schema if not exists "{schema}"')
    target = f'"{schema}"."{table}"'
    con.execute(f"create table {target} as from source.{target}")
    name = _name(schema, table, columns)
    if name:
        con.execute(
            f"insert into {target} select t.* replace (t.{name} || ' ' || copies.n as {name}) "
            f"from source.{target} as t, range(2, {times + 1}) as copies(n) where t.{name} <> ?",
            [TOTAL],
        )
    return int(con.execute(f"select count(*) from {target}").fetchall()[0][0])


def _name(schema: str, table: str, columns: list[str]) -> str | None:
    """The column that tells whose rows these are."""
    if (schema, table) == ("metrics", "observations"):
        return "entity"
    if schema != "marts":
        return None
    return next((name for name in NAMES if name in columns), None)
