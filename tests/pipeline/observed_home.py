"""What does a home of a few sources observe, when only the models a test asks about are built?"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from assets.analysis_tables import create_analysis_tables
from assets.dbt_runs import dbt_vars
from assets.launch import beside_python, prepare_environment
from assets.metric_catalogue import read_catalogue
from assets.metric_compiler import MetricCompiler
from assets.observations import write_observations
from assets.sources.loading import load_source
from assets.sources.raw_tables import create_raw_tables
from hub.config import load_config
from hub.home import DBT_PROJECT, HubHome
from hub.warehouse import open_warehouse

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def observed_home(
    home: HubHome, hub_yml: str, *, metrics: Sequence[str], dbt: Sequence[str], create: str = ""
) -> pd.DataFrame:
    """Load every source of `hub_yml`, run `dbt` on it, compute `metrics`.

    `create` is SQL for what the observations read and the models asked for do not make. Returns
    the observations of the whole: metric_name, entity, grain, period_start, metric_value,
    is_complete. It sets the environment of this process for the home.
    """
    home.hub_yml.write_text(hub_yml)
    home.metrics.mkdir()
    prepare_environment(home)
    config = load_config(home.root)
    with open_warehouse(home) as con:
        create_raw_tables(con)
        create_analysis_tables(con)
        for source in config.sources:
            load_source(con, source, home=home, config=config, now=NOW)
    done = subprocess.run(
        [beside_python("dbt"), "--quiet", *dbt, "--vars", dbt_vars(config)],
        cwd=DBT_PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = [d for d in read_catalogue(home.dbt_target) if d.name in metrics]
    assert {definition.name for definition in wanted} == set(metrics)
    compiler = MetricCompiler(home.dbt_target)
    with open_warehouse(home) as con:
        con.execute(create)
        write_observations(con, wanted, compiler=compiler, config=config, now=NOW, build="b")
        return con.execute(
            "select metric_name, entity, grain, period_start, metric_value, is_complete "
            "from metrics.observations where segment_name = '__all__'"
        ).df()
