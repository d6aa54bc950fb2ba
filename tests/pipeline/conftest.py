"""Small demo shops that went through files, Dagster, dbt and publish; each is built once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hub.home import HubHome
from tests.pipeline.shop_builds import SEEDS_THROUGH_FILES, build_shop


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def shop(shops: Path) -> HubHome:
    """A small shop that has been built; do not change it."""
    return build_shop(shops, SEEDS_THROUGH_FILES[0])


@pytest.fixture(scope="session")
def truth(shop: HubHome) -> dict[str, Any]:
    """What was planted into the shop, and how many records each file holds."""
    told: dict[str, Any] = json.loads((shop.root / "truth.json").read_text())
    return told
