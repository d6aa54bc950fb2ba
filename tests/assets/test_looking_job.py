"""Does a run that only looks for something new ask every source, and load nothing it can spare?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assets.looking_job import JOB, looking_job
from hub.config import HubConfig
from hub.home import HubHome

CONFIG = HubConfig.model_validate(
    {
        "company": "L",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "sources": [
            {"name": "logs", "kind": "service_logs", "path": "*"},
            {"name": "runs", "kind": "mlflow", "path": "runs"},
        ],
    }
)


def test_it_looks_at_every_source_and_at_nothing_else(tmp_path: Path) -> None:
    job = looking_job(HubHome(tmp_path), CONFIG)
    assert job.name == JOB
    assert sorted(node.name for node in job.nodes) == ["raw__logs", "raw__runs"]


def test_it_needs_neither_dbt_nor_the_metric_compiler() -> None:
    code = "import sys, assets.looking_job, assets.gate; print('|'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms = {module.split(".")[0] for module in done.stdout.strip().split("|")}
    assert "dagster" in rooms
    assert not rooms & {"dagster_dbt", "dbt", "metricflow", "statsmodels", "pandas"}
