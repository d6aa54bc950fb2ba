"""A small demo shop, simulated and written once."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo.files import write_home
from demo.shop import Shop, ShopPlan, simulate

SEED = 7


@pytest.fixture(scope="session")
def shop() -> Shop:
    return simulate(ShopPlan.small(SEED))


@pytest.fixture(scope="session")
def home(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "shop"
    write_home(shop, folder)
    return folder


@pytest.fixture(scope="session")
def truth(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "truth.json").read_text())
    return found


@pytest.fixture(scope="session")
def content(home: Path) -> Callable[[str], bytes]:
    """Reads a file by its name in truth.json, unpacked when it is packed."""

    def read(file: str) -> bytes:
        data = (home / file).read_bytes()
        return gzip.decompress(data) if file.endswith(".gz") else data

    return read
