"""What does Dagster see? One `Definitions`, made from the home that BELLWETHER_HOME names."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg

from assets.analysis_assets import PUBLISHED, insight_assets, observation_assets, publish_asset
from assets.dagster_record import write_without_flushes
from assets.dbt_runs import ensure_manifest
from assets.hub_resource import Hub
from assets.launch import prepare_environment
from assets.layers import dbt_resource, layer_assets, mart_assets
from assets.looking_job import refresh_job, source_assets
from assets.run_outcomes import outcome_sensors
from assets.triggers import daily_schedule, new_file_sensor
from hub.config import HubConfig, load_config
from hub.home import HubHome, find_home


def page_specs(manifest: Path) -> list[dg.AssetSpec]:
    """The pages as the graph's last assets, from dbt's exposures."""
    told = json.loads(manifest.read_text())
    marts = {key: node for key, node in told["nodes"].items() if node["resource_type"] == "model"}
    return [
        dg.AssetSpec(
            ["pages", exposure["name"]],
            deps=[
                PUBLISHED,
                *(
                    [marts[node]["schema"], marts[node]["name"]]
                    for node in exposure["depends_on"]["nodes"]
                    if node in marts
                ),
            ],
            description=exposure.get("description") or None,
            group_name="pages",
            kinds={"streamlit"},
        )
        for exposure in told["exposures"].values()
    ]


def hub_definitions(home: HubHome, config: HubConfig, manifest: Path) -> dg.Definitions:
    """All assets, the one job, its schedule and sensor."""
    layers = layer_assets(manifest, config)
    marts = mart_assets(manifest, config)
    job = refresh_job()
    return dg.Definitions(
        assets=[
            *source_assets(config),
            layers,
            observation_assets(sorted(layers.keys)),
            insight_assets(),
            marts,
            publish_asset(sorted(marts.keys)),
            *page_specs(manifest),
        ],
        jobs=[job],
        schedules=[daily_schedule(job, config)],
        sensors=[new_file_sensor(job, home=home, config=config), *outcome_sensors(home)],
        resources={"hub": Hub(root=str(home.root)), "dbt": dbt_resource()},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the home that BELLWETHER_HOME (or the current folder) names."""
    home = find_home()
    config = load_config(home.root)
    prepare_environment(home)
    write_without_flushes()
    return hub_definitions(home, config, ensure_manifest(home, config))
