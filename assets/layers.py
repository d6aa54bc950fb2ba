"""Which assets are dbt's? Every model is an asset and every dbt test an asset check."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from packaging.version import Version

from assets.dbt_runs import dbt_vars
from assets.gate import build_fingerprint, published_fingerprint
from assets.hub_resource import Hub
from assets.launch import beside_python
from assets.rebuild import reason_to_rebuild, remember_build
from assets.retention import update_retained, what_stays
from assets.source_assets import source_key
from assets.sources.raw_tables import TABLES_OF_KIND
from hub.config import HubConfig
from hub.home import DBT_PROJECT

MARTS = "tag:mart"
NOTHING_CHANGED = "Nothing changed since the published build: dbt is skipped."

_TABLES_OF_ALL = ("loads", "quarantine", "hash_key")


class HubTranslator(DagsterDbtTranslator):
    """Joins dbt's raw tables to the assets that load them."""

    def __init__(self, config: HubConfig) -> None:
        super().__init__()
        self._loaders: dict[dg.AssetKey, list[dg.AssetKey]] = {}
        for source in config.sources:
            for table in (*TABLES_OF_KIND[source.kind], *_TABLES_OF_ALL):
                self._loaders.setdefault(dg.AssetKey(["raw", table]), []).append(source_key(source))

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.startswith("source."):
            return spec
        keys = {
            key for dep in spec.deps for key in self._loaders.get(dep.asset_key, [dep.asset_key])
        }
        return spec.replace_attributes(deps=sorted(keys))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return dbt_resource_props["fqn"][1] if len(dbt_resource_props["fqn"]) > 2 else None


class OwnDbt(DbtCliResource):
    """dbt of this environment, started at once.

    Dagster would start dbt once more to ask for its version, and read all macros before each
    command to be able to count rows.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        """No connection of its own to the warehouse: nothing is asked beside what dbt tells."""
        return None


def dbt_resource() -> DbtCliResource:
    """dbt of this environment, whatever PATH says."""
    return OwnDbt(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        dbt_executable=beside_python("dbt"),
    )


def layer_assets(manifest: Path, config: HubConfig) -> dg.AssetsDefinition:
    """Staging, the three layers and the time spine; skipped when nothing changed."""

    @dbt_assets(
        manifest=manifest,
        exclude=MARTS,
        name="layers",
        dagster_dbt_translator=HubTranslator(config),
    )
    def layers(context: dg.AssetExecutionContext, dbt: DbtCliResource, hub: Hub) -> Iterator[Any]:
        with hub.warehouse() as con:
            now = build_fingerprint(con, home=hub.home, config=hub.config)
            published = published_fingerprint(con, home=hub.home)
            anew = reason_to_rebuild(con, hub.config)
            update_retained(con)
            stays = what_stays(con)
        if now == published:
            context.log.info(NOTHING_CHANGED)
            return
        if anew:
            context.log.info(f"The facts of all log lines are made anew: {anew}.")
            if stays:
                context.log.warning(stays)
        yield from _build(context, dbt, hub, *(["--full-refresh"] if anew else []))
        with hub.warehouse() as con:
            remember_build(con, hub.config, datetime.now(UTC))

    return layers


def mart_assets(manifest: Path, config: HubConfig) -> dg.AssetsDefinition:
    """The tables that pages read."""

    @dbt_assets(
        manifest=manifest,
        select=MARTS,
        name="marts",
        dagster_dbt_translator=HubTranslator(config),
    )
    def marts(context: dg.AssetExecutionContext, dbt: DbtCliResource, hub: Hub) -> Iterator[Any]:
        yield from _build(context, dbt, hub)

    return marts


def _build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, hub: Hub, *options: str
) -> Iterator[Any]:
    arguments = ["build", *options, "--vars", dbt_vars(hub.config)]
    yield from dbt.cli(arguments, context=context, target_path=hub.home.dbt_target).stream()
