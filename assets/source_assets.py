"""Which assets bring the outside in? One asset per source of `hub.yml`, into `raw.*`."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import duckdb

from assets.hub_resource import Hub
from assets.sources import LoadResult, SourceError, load_source
from assets.sources.loading import find_deliveries
from hub.source_settings import SourceConfig

READABLE = "readable"


def source_key(source: SourceConfig) -> dg.AssetKey:
    """The asset that loads one source."""
    return dg.AssetKey(["raw", source.name])


def export_spec(source: SourceConfig) -> dg.AssetSpec:
    """The files somebody else writes: where the graph begins."""
    return dg.AssetSpec(
        ["exports", source.name],
        description=f"Files {source.path}, kind {source.kind}.",
        group_name="exports",
        kinds={"file"},
    )


def source_asset(source: SourceConfig) -> dg.AssetsDefinition:
    """The asset that loads what is new of one source, one transaction a file."""
    key = source_key(source)

    @dg.asset(
        key=key,
        deps=[["exports", source.name]],
        group_name="sources",
        kinds={"duckdb"},
        description=f"New files of {source.name} ({source.kind}), loaded and accounted for.",
        check_specs=[dg.AssetCheckSpec(READABLE, asset=key)],
    )
    def load(context: dg.AssetExecutionContext, hub: Hub) -> Iterator[Any]:
        with hub.warehouse() as con:
            hub.make_tables(con)
            try:
                results = load_source(
                    con,
                    source,
                    home=hub.home,
                    config=hub.config,
                    now=load_time(con),
                    progress=context.log.debug,
                )
                problems: list[str] = []
                remember_problem(con, source.name, "")
            except SourceError as error:
                results = list(error.results)
                problems = [str(error), *map(str, error.others)]
                remember_problem(con, source.name, hub.config.redact(error.published()))
            problem = hub.config.redact("\n".join(problems))
        if problem:
            context.log.error(problem)
        found = len(find_deliveries(source, hub.home))
        yield dg.MaterializeResult(metadata={"found": found} | _metadata(results))
        yield dg.AssetCheckResult(
            check_name=READABLE,
            asset_key=key,
            passed=not problem,
            metadata={"problem": problem},
        )

    return load


def load_time(con: duckdb.DuckDBPyConnection) -> datetime:
    """Now, or just after the newest load when the clock was set back: later loads come later."""
    newest = con.execute("select max(loaded_at) from raw.loads").fetchall()[0][0]
    now = datetime.now(UTC)
    return now if newest is None else max(now, newest + timedelta(microseconds=1))


def remember_problem(con: duckdb.DuckDBPyConnection, source: str, problem: str) -> None:
    """Keep what is wrong with a source now, as it is published; nothing when all is well."""
    con.execute("delete from meta.source_problems where source = ?", [source])
    if problem:
        con.execute("insert into meta.source_problems values (?, ?)", [source, problem])


def _metadata(results: list[LoadResult]) -> dict[str, Any]:
    return {
        "files": len(results),
        "loaded": sum(result.loaded for result in results),
        "quarantined": sum(result.quarantined for result in results),
        "blank": sum(result.blank for result in results),
        "duplicate_files": sum(result.status == "duplicate" for result in results),
        "statuses": dg.MetadataValue.json(
            json.loads(json.dumps({result.file: result.status for result in results[:200]}))
        ),
    }
