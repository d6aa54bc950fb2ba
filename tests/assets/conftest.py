"""What do the tests of the assets share: an empty warehouse of analyses, and settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from assets.analysis_tables import create_analysis_tables
from hub.config import HubConfig


@pytest.fixture
def analysis_con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with the empty schemas metrics, insights and meta."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        create_analysis_tables(connection)
        yield connection


@pytest.fixture
def shop_config() -> Callable[..., HubConfig]:
    """Settings of a shop in Berlin with one source, and what else a test asks for."""

    def settings(source: str, kind: str, path: str, **more: Any) -> HubConfig:
        told = {"company": "Shop", "time_zone": "Europe/Berlin", "currency": "EUR"}
        sources = [{"name": source, "kind": kind, "path": path}]
        return HubConfig.model_validate(told | {"sources": sources} | more)

    return settings
