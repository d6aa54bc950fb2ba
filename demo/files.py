"""Which files does the shop leave behind?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from demo.behaviour_files import write_events, write_exposure
from demo.capacity_files import write_metrics
from demo.event_files import write_calendar, write_releases
from demo.experiment_files import write_experiments
from demo.experiment_users import write_experiment_users
from demo.hub_yml import hub_yml
from demo.jira_files import write_jira
from demo.log_files import write_logs
from demo.mlflow_files import write_mlflow
from demo.operations_files import write_cost, write_incidents, write_settings
from demo.sales_files import write_sales
from demo.shop import Shop
from demo.tally import write_bytes
from demo.truth import truth

Progress = Callable[[str], None]


def write(shop: Shop, folder: Path, *, progress: Progress | None = None) -> None:
    """Writes `folder/exports/…` and `folder/truth.json`, byte for byte the same for a plan.

    Args:
        shop: What is true.
        folder: Where to write; made when it does not exist. Files of the same name are replaced.
        progress: Called with a sentence after each source.
    """
    tell = progress or _silent
    counts, totals = write_sales(shop, folder)
    tell(f"sales: {int(totals['lines'].sum()):,} order lines in {len(counts)} files")
    logs = write_logs(shop, folder)
    tell(f"service logs: {sum(c.loaded for c in logs):,} lines in {len(logs)} files")
    counts += logs
    for what, writer in _SMALL_SOURCES.items():
        written = writer(shop, folder)
        tell(f"{what}: {sum(c.loaded for c in written):,} records")
        counts += written
    text = json.dumps(truth(shop, counts, totals), indent=1, ensure_ascii=False)
    write_bytes(folder, "truth.json", f"{text}\n".encode())


_SMALL_SOURCES = {
    "jira": write_jira,
    "mlflow": write_mlflow,
    "releases": write_releases,
    "experiments": write_experiments,
    "users of experiments": write_experiment_users,
    "calendar": write_calendar,
    "events": write_events,
    "exposure": write_exposure,
    "incidents": write_incidents,
    "cost": write_cost,
    "service metrics": write_metrics,
    "settings": write_settings,
}


def write_home(shop: Shop, folder: Path, *, progress: Progress | None = None) -> Path:
    """Makes a hub home of the shop: `hub.yml`, an empty `metrics/`, the exports and truth.json.

    Returns:
        The path of hub.yml.

    Raises:
        FileExistsError: The folder has a hub.yml of something else; nothing is written.
    """
    settings = folder / "hub.yml"
    text = hub_yml(shop)
    if settings.exists() and settings.read_text(encoding="utf-8") != text:
        raise FileExistsError(f"{settings} belongs to another home: choose an empty folder")
    (folder / "metrics").mkdir(parents=True, exist_ok=True)
    write_bytes(folder, "hub.yml", text.encode())
    write(shop, folder, progress=progress)
    return settings


def _silent(_: str) -> None:
    return
