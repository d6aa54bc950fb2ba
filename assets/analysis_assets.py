"""Which assets turn layers into observations, observations into insights, marts into a build?"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets.analysis_tables import INSIGHT_TABLES
from assets.dbt_runs import read_checks
from assets.gate import build_fingerprint, code_fingerprint
from assets.hub_resource import Hub
from assets.invalid_marks import write_marks
from assets.metric_catalogue import read_catalogue
from assets.metric_lineage import write_lineage
from assets.retention import RetentionError, drop_old_lines
from assets.source_columns import write_source_columns
from hub.warehouse import publish

OBSERVATIONS = dg.AssetKey(["metrics", "observations"])
CATALOGUE = dg.AssetKey(["metrics", "catalogue"])
CHECKS = dg.AssetKey(["meta", "checks"])
PUBLISHED = dg.AssetKey(["published", "build"])


def build_id(run_id: str, now: datetime) -> str:
    """A build's name: when it was made (UTC) and the first part of its run's id."""
    return f"{now:%Y%m%dT%H%M%S}-{run_id[:8]}"


@cache
def build_of_run(run_id: str) -> str:
    """The one name that all steps of a run in this process give its build."""
    return build_id(run_id, datetime.now(UTC))


def observation_assets(layer_keys: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Every metric of every layer as one long table, and the checks of the layers."""

    @dg.multi_asset(
        name="observe",
        group_name="metrics",
        specs=[
            dg.AssetSpec(
                OBSERVATIONS,
                deps=layer_keys,
                description="One row per metric, entity, segment, grain and period.",
                kinds={"duckdb", "metricflow"},
            ),
            dg.AssetSpec(CATALOGUE, deps=layer_keys, description="One row per metric."),
            dg.AssetSpec(
                CHECKS, deps=layer_keys, description="One row per dbt test of the layers."
            ),
        ],
    )
    def observe(context: dg.AssetExecutionContext, hub: Hub) -> Iterator[dg.MaterializeResult]:
        # a run in which nothing changed never gets here, and should not wait for these imports
        from assets.metric_compiler import MetricCompiler
        from assets.observations import write_catalogue, write_observations
        from assets.upstream_sql import with_upstream

        now = datetime.now(UTC)
        build = build_of_run(context.run_id)
        compiler = MetricCompiler(hub.home.dbt_target)
        target = hub.home.dbt_target
        described = compiler.described(read_catalogue(target))
        definitions = with_upstream(described, target, hub.config)
        with hub.warehouse() as con:
            write_catalogue(con, definitions, now=now, build=build)
            counts = write_observations(
                con,
                definitions,
                compiler=compiler,
                config=hub.config,
                now=now,
                build=build,
            )
            compiler.keep()
            checks = write_checks(con, read_checks(hub.home.dbt_target), build=build)
            write_marks(con, hub.home.dbt_target, now=now, build=build)
        yield dg.MaterializeResult(asset_key=OBSERVATIONS, metadata=counts)
        yield dg.MaterializeResult(asset_key=CATALOGUE, metadata={"metrics": len(definitions)})
        yield dg.MaterializeResult(asset_key=CHECKS, metadata={"checks": checks})

    return observe


def write_checks(
    con: duckdb.DuckDBPyConnection, checks: Sequence[Mapping[str, Any]], *, build: str
) -> int:
    """Replace `meta.checks` by dbt's tests and the sources that could not be read; returns rows."""
    con.execute("delete from meta.checks")
    _insert_checks(con, checks, build=build)
    con.execute(
        "insert into meta.checks select ?, 'source is readable', source, null, 'error', 1, "
        "'error', problem from meta.source_problems",
        [build],
    )
    con.execute("select count(*) from meta.checks")
    return int(con.fetchall()[0][0])


def _insert_checks(
    con: duckdb.DuckDBPyConnection, checks: Sequence[Mapping[str, Any]], *, build: str
) -> None:
    for check in checks:
        con.execute(
            "insert into meta.checks values (?, ?, ?, ?, ?, ?, ?, ?)", [build, *check.values()]
        )


def complete_marks(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    checks: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
    build: str,
) -> int:
    """Add the checks of the pages' tables, which were made last, and mark pages; returns marks."""
    _insert_checks(con, checks, build=build)
    con.execute(
        "insert into marts.mart_data_health_checks by name "
        "select * exclude (build_id) from meta.checks as told where not exists ("
        "select 1 from marts.mart_data_health_checks as known "
        "where known.check_name = told.check_name and known.model = told.model)"
    )
    return write_marks(con, target, now=now, build=build)


def insight_assets() -> dg.AssetsDefinition:
    """What the analytics say of the observations."""
    keys = [dg.AssetKey(["insights", table]) for table in INSIGHT_TABLES]

    @dg.multi_asset(
        name="analyse",
        group_name="insights",
        specs=[
            dg.AssetSpec(key, deps=[OBSERVATIONS, CATALOGUE], kinds={"duckdb", "python"})
            for key in keys
        ],
    )
    def analyse(context: dg.AssetExecutionContext, hub: Hub) -> Iterator[dg.MaterializeResult]:
        from assets.insights import write_insights

        build = build_of_run(context.run_id)
        with hub.warehouse() as con:
            counts = write_insights(con, config=hub.config, build=build)
        context.log.info(
            f"{counts['pairs_estimated']} of {counts['links']} pairs had new inputs and were "
            f"estimated, {counts['pairs_drawn']} drawn; {counts['releases_estimated']} of "
            f"{counts['release_impacts']} releases."
        )
        for key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"rows": counts[key.path[-1]]})

    return analyse


def publish_asset(mart_keys: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The read copy that pages and reading commands open."""

    @dg.asset(
        key=PUBLISHED,
        deps=[*mart_keys, OBSERVATIONS],
        group_name="publish",
        kinds={"duckdb"},
        description="A new read copy of marts, observations and insights; the pointer is moved.",
    )
    def published(context: dg.AssetExecutionContext, hub: Hub) -> dg.MaterializeResult:
        now = datetime.now(UTC)
        build = build_of_run(context.run_id)
        with hub.warehouse() as con:
            target = hub.home.dbt_target
            marks = complete_marks(con, target, read_checks(target), now=now, build=build)
            write_source_columns(con, hub.config)
            write_lineage(con, target, hub.config)
            # a build with a failed check is made again, for its repair may be no new file
            gate = None if marks else build_fingerprint(con, home=hub.home, config=hub.config)
            con.execute(
                "insert into meta.builds values (?, ?, ?, ?)",
                [build, now, code_fingerprint()[:12], gate],
            )
        done = publish(hub.home, build, keep=hub.config.keep_builds)
        with hub.warehouse() as con:
            try:
                dropped = drop_old_lines(con, hub.config, now=now)
            except RetentionError as error:  # what was published is sound, and nothing is lost
                context.log.warning(str(error))
            else:
                context.log.info(str(dropped or "No log line is old enough to be dropped."))
        return dg.MaterializeResult(
            metadata={"build": build, "file": dg.MetadataValue.path(done.path)}
        )

    return published
