"""The built demo shop of the pipeline tests, for the commands that read."""

from __future__ import annotations

import os

import pytest

from tests.pipeline.shop_builds import SEEDS_THROUGH_FILES, build_shop


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The home of a built demo shop; do not change it."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return str(build_shop(folder, SEEDS_THROUGH_FILES[0]).root)
