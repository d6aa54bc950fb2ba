"""A small published build with generated values, in exactly the columns of the marts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from hub.home import HOME_VARIABLE, HubHome
from hub.warehouse import PublishedBuild, publish
from tests.dashboards.generated_capacity import capacity
from tests.dashboards.generated_changes import changes, delivery_forecasts, forecasts
from tests.dashboards.generated_choices import two_of_each
from tests.dashboards.generated_company import company
from tests.dashboards.generated_explorer import catalogue, exposure, together
from tests.dashboards.generated_links import experiments, links
from tests.dashboards.generated_operations import (
    data_health,
    delivery,
    releases_and_calendar,
)
from tests.dashboards.generated_periods import periods
from tests.dashboards.generated_services import services
from tests.dashboards.generated_success import success_metrics, year_to_date

Frames = dict[str, pd.DataFrame]
HUB_YML = """
company: Test & Co
time_zone: Europe/Berlin
currency: EUR
sources:
  - {name: orders, kind: sales, path: "exports/sales/*.csv", fresh_within: 2d}
  - {name: logs, kind: service_logs, path: "exports/logs/*.jsonl"}
  - {name: issues, kind: jira, path: "exports/jira/*.csv"}
targets:
  - {metric: revenue, grain: month, value: 29000}
"""


@pytest.fixture(scope="session")
def marts() -> Frames:
    """Every mart as a frame, by name."""
    return {
        "mart_success_metrics": (sold := success_metrics()),
        "mart_success_year_to_date": year_to_date(sold),
        **company(),
        **links(),
        **experiments(),
        **together(),
        **exposure(),
        **catalogue(),
        **services(),
        **periods(),
        **capacity(),
        **delivery(),
        **data_health(),
        **releases_and_calendar(),
        **changes(),
        **forecasts(),
        **delivery_forecasts(),
    }


def publish_frames(home: HubHome, frames: Frames, build_id: str) -> PublishedBuild:
    """Publish the frames as the hub does: tables of marts, or of the schema a name gives."""
    home.make_var()
    con = duckdb.connect(str(home.warehouse))
    con.execute("set TimeZone = 'UTC'")
    for name, frame in frames.items():
        schema = name.rpartition(".")[0] or "marts"
        con.execute(f"create schema if not exists {schema}")
        con.register("rows_to_write", frame)
        table = name if "." in name else f"marts.{name}"
        con.execute(f"create or replace table {table} as from rows_to_write")
        con.unregister("rows_to_write")
    con.close()
    return publish(home, build_id)


@pytest.fixture(scope="session")
def publish_marts() -> Callable[[HubHome, Frames, str], PublishedBuild]:
    """`publish_frames`, for tests that make builds of their own."""
    return publish_frames


@pytest.fixture(scope="session")
def hub_home(tmp_path_factory: pytest.TempPathFactory, marts: Frames) -> HubHome:
    """A home with hub.yml and one published build."""
    home = HubHome(tmp_path_factory.mktemp("home"))
    home.hub_yml.write_text(HUB_YML)
    publish_frames(home, marts, "build-1")
    return home


@pytest.fixture(scope="session")
def home_with_choices(tmp_path_factory: pytest.TempPathFactory, marts: Frames) -> HubHome:
    """A home in which every control has at least two choices."""
    home = HubHome(tmp_path_factory.mktemp("choices"))
    home.hub_yml.write_text(HUB_YML)
    publish_frames(home, two_of_each(marts), "choices")
    return home


@pytest.fixture(scope="session")
def build(hub_home: HubHome) -> PublishedBuild:
    """The published build of `hub_home`."""
    from hub.warehouse import published_build

    found = published_build(hub_home)
    assert found is not None
    return found


@pytest.fixture
def at_home(hub_home: HubHome, monkeypatch: pytest.MonkeyPatch) -> HubHome:
    """`hub_home`, named by the environment as the launcher does."""
    monkeypatch.setenv(HOME_VARIABLE, str(hub_home.root))
    return hub_home


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubHome:
    """A home with hub.yml and no build."""
    (tmp_path / "hub.yml").write_text(HUB_YML)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return HubHome(tmp_path)
