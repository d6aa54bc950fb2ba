"""Where does a hub keep its things? Every path of a home, in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "BELLWETHER_HOME"
PROJECT_ROOT = Path(__file__).resolve().parents[1]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"


@dataclass(frozen=True)
class HubHome:
    """A user's folder: `hub.yml`, `metrics/`, `exports/`, and all state under `var/`."""

    root: Path

    @property
    def hub_yml(self) -> Path:
        return self.root / "hub.yml"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def warehouse(self) -> Path:
        return self.var / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.var / "published"

    @property
    def pointer(self) -> Path:
        return self.published / "current.json"

    @property
    def dagster(self) -> Path:
        return self.var / "dagster"

    @property
    def dbt_target(self) -> Path:
        return self.var / "dbt" / "target"

    @property
    def dbt_logs(self) -> Path:
        return self.var / "dbt" / "logs"

    @property
    def lock(self) -> Path:
        return self.var / "hub.lock"

    @property
    def failure_note(self) -> Path:
        return self.var / "last_failure.json"

    def relative(self, path: Path) -> str:
        """The posix path of a file as the ledger names it: relative to the home where possible."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def make_var(self) -> None:
        """Create the folders of `var/`; nothing is ever written outside them."""
        for folder in (self.published, self.dagster, self.dbt_target, self.dbt_logs):
            folder.mkdir(parents=True, exist_ok=True)


def find_home(given: Path | None = None) -> HubHome:
    """The home named on the command line, else by `BELLWETHER_HOME`, else the current folder."""
    chosen = given or Path(os.environ.get(HOME_VARIABLE) or Path.cwd())
    return HubHome(chosen.expanduser().resolve())
