"""Which environment do Dagster and dbt run in, so that they write only into the home?

Set before Dagster's instance or a dbt command is made; child processes inherit it.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from hub.home import HOME_VARIABLE, PROJECT_ROOT, HubHome

# The link analysis multiplies thousands of small matrices; threads that wait for each other made it
# twenty times slower on two cores. It counts only when set before numpy is imported.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def prepare_environment(home: HubHome) -> dict[str, str]:
    """Create `var/`, put `dagster.yaml` there, set the environment; returns what was set."""
    home.make_var()
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", home.dagster / "dagster.yaml")
    settings = {
        HOME_VARIABLE: str(home.root),
        "BELLWETHER_WAREHOUSE": str(home.warehouse),
        "BELLWETHER_HOME_METRICS": str(home.metrics),
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DBT_TARGET_PATH": str(home.dbt_target),
        "DBT_LOG_PATH": str(home.dbt_logs),
        # dbt would tell a file of each of its thousands of steps, which takes it seconds
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        **ONE_THREAD,
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }
    os.environ.update(settings)
    return settings


def beside_python(program: str) -> str:
    """The path of a command of this environment, whatever PATH says."""
    beside = Path(sys.executable).with_name(program)
    return str(beside) if beside.exists() else program
