"""Small demo shops that went through files, Dagster, dbt and publish; each is built once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.home import HubHome
from tests.pipeline.personal_data import sow
from tests.pipeline.shop_builds import (
    OWN_RATIO,
    SEEDS_THROUGH_FILES,
    bellwether,
    build_shop,
    shared_folder,
    write_corner_shop,
)


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this session share."""
    return shared_folder(tmp_path_factory)


@pytest.fixture(scope="session")
def shop(shops: Path) -> HubHome:
    """A small shop that has been built; do not change it."""
    return build_shop(shops, SEEDS_THROUGH_FILES[0])


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    """A corner shop with the guide's own ratio, into which personal data was sown, built once.

    Do not change it.
    """
    home = write_corner_shop(tmp_path_factory.mktemp("corner") / "home")
    sow(home)
    shutil.copy(OWN_RATIO, home.metrics)
    told = bellwether("run", "--home", str(home.root))
    assert told.code == 0, told.err
    return home


@pytest.fixture(scope="session")
def truth(shop: HubHome) -> dict[str, Any]:
    """What was planted into the shop, and how many records each file holds."""
    told: dict[str, Any] = json.loads((shop.root / "truth.json").read_text())
    return told
