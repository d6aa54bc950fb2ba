"""What does a run do in which nothing is new? It looks at every source and builds nothing.

The job of that name without what it would skip: loading dbt's part of the graph takes longer than
looking at all sources. See docs/decisions/0004-a-run-in-which-nothing-changed.md.
"""

from typing import TYPE_CHECKING

import dagster as dg

from assets.hub_resource import Hub
from assets.source_assets import export_spec, source_asset
from hub.config import HubConfig
from hub.home import HubHome

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

JOB = "refresh"


def source_assets(config: HubConfig) -> list[dg.AssetSpec | dg.AssetsDefinition]:
    """The files of every source and the assets that load them."""
    return [
        *(export_spec(source) for source in config.sources),
        *(source_asset(source) for source in config.sources),
    ]


def refresh_job() -> "UnresolvedAssetJobDefinition":
    """The one job: every asset there is, in one process."""
    return dg.define_asset_job(
        JOB, selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor
    )


def looking_job(home: HubHome, config: HubConfig) -> dg.JobDefinition:
    """The job over the sources alone."""
    only_sources = dg.Definitions(
        assets=source_assets(config),
        jobs=[refresh_job()],
        resources={"hub": Hub(root=str(home.root))},
    )
    return only_sources.resolve_job_def(JOB)
