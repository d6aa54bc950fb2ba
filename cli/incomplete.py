"""What keeps periods of the published build incomplete, and what to do? A line for each."""

from __future__ import annotations

import duckdb

from cli.published_rows import read_rows
from hub.home import HubHome
from hub.shortfalls import shortfalls
from hub.warehouse import open_published, published_build


def read_incomplete(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The sentences; none in a build of a version that did not count what is left out."""
    try:
        exclusions = read_rows(
            con, "select * from marts.mart_data_health_exclusions order by source, currency"
        )
    except duckdb.CatalogException:
        return []
    sources = read_rows(con, "select * from marts.mart_data_health_sources order by source")
    return shortfalls(sources, exclusions)


def read_incomplete_of(home: HubHome) -> list[str]:
    """The sentences of a home's published build; none where there is no build yet."""
    if published_build(home) is None:
        return []
    con = open_published(home)
    try:
        return read_incomplete(con)
    finally:
        con.close()


def print_incomplete(sentences: list[str]) -> None:
    """What a person reads; nothing where all is whole."""
    for sentence in sentences:
        print(f"incomplete: {sentence}")
    if sentences:
        print()
