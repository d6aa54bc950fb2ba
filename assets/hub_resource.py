"""What do the assets of one run share? The home, its settings, and the write lock for its length.

The lock is taken when the run starts and released when it ends, so that two runs never interleave,
whether a person, the daemon or the sensor started them.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from assets.analysis_tables import create_analysis_tables
from assets.sources import create_raw_tables
from hub.config import HubConfig, load_config
from hub.home import HubHome
from hub.warehouse import LockHolder, open_warehouse, write_lock


class Hub(dg.ConfigurableResource):
    """The home a run works on; holds its write lock from the run's start to its end."""

    root: str
    _config: HubConfig | None = PrivateAttr(default=None)
    _has_tables: bool = PrivateAttr(default=False)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Hub"]:
        run_id = context.run_id or ""

        def tell(holder: LockHolder | None) -> None:
            message = f"Waiting for the hub: it is being written by {holder or 'another process'}"
            print(message, file=sys.stderr, flush=True)
            if context.log:
                context.log.info(message)

        with write_lock(self.home, f"run {run_id[:8]}", on_wait=tell):
            yield self

    @property
    def home(self) -> HubHome:
        return HubHome(Path(self.root))

    @property
    def config(self) -> HubConfig:
        if self._config is None:
            self._config = load_config(self.home.root)
        return self._config

    def warehouse(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """The warehouse, open for writing; close it before dbt runs."""
        return open_warehouse(self.home)

    def make_tables(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the tables that are missing; once a run, for nobody else writes meanwhile."""
        if not self._has_tables:
            create_raw_tables(con)
            create_analysis_tables(con)
            self._has_tables = True
