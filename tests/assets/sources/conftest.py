"""A home with a warehouse in memory, into which a test delivers files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.sources import (
    LoadResult,
    SourceCheck,
    SourceError,
    check_source,
    create_raw_tables,
    load_source,
    pending_files,
)
from hub.config import HubConfig
from hub.home import HubHome
from hub.source_settings import SourceConfig


class Hub:
    """Delivers files, loads sources, asks the warehouse."""

    def __init__(self, root: Path, *, currency: str = "EUR") -> None:
        self.home = HubHome(root)
        self.con = duckdb.connect()
        self.currency = currency
        self.now = datetime(2025, 6, 1, tzinfo=UTC)
        create_raw_tables(self.con)

    def write(self, name: str, content: str | bytes, *, compress: bool = False) -> Path:
        path = self.home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if compress else data)
        return path

    def config(self, kind: str, path: str, **options: Any) -> tuple[HubConfig, SourceConfig]:
        config = HubConfig.model_validate(
            {
                "company": "Lantern & Loom",
                "time_zone": "Europe/Berlin",
                "currency": self.currency,
                "sources": [{"name": kind, "kind": kind, "path": path, **options}],
            }
        )
        return config, config.sources[0]

    def load(self, kind: str, path: str = "in/*", **options: Any) -> list[LoadResult]:
        config, source = self.config(kind, path, **options)
        self.now += timedelta(hours=1)
        return load_source(self.con, source, home=self.home, config=config, now=self.now)

    def refusal(self, kind: str, path: str = "in/*", **options: Any) -> SourceError:
        with pytest.raises(SourceError) as caught:
            self.load(kind, path, **options)
        return caught.value

    def check(self, kind: str, path: str = "in/*", **options: Any) -> SourceCheck:
        config, source = self.config(kind, path, **options)
        return check_source(source, home=self.home, config=config)

    def pending(self, kind: str, path: str = "in/*", **options: Any) -> list[Path]:
        _, source = self.config(kind, path, **options)
        return pending_files(self.con, source, home=self.home)

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.con.execute(sql, list(parameters)).fetchall()

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def quarantine(self) -> list[tuple[int | None, str, str | None]]:
        """Line, reason and column of what was set aside."""
        return self.rows(
            "SELECT line, reason, column_name FROM raw.quarantine ORDER BY file, line, reason"
        )


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.con.close()


def log_line(number: int, **changes: Any) -> str:
    """One line of a service's log; `None` removes a field."""
    line = {
        "ts": f"2025-03-01T09:{number // 60 % 60:02}:{number % 60:02}.5Z",
        "service": "recommender-api",
        "endpoint": "/v1/recommendations",
        "method": "GET",
        "status": 200,
        "latency_ms": 41.5,
        "k": 10,
        "fallback": False,
    } | changes
    return json.dumps({key: value for key, value in line.items() if value is not None}) + "\n"


@pytest.fixture(name="log_line")
def log_line_fixture() -> Any:
    return log_line
