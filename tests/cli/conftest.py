"""The built demo shop of the pipeline tests, for the commands that read."""

from __future__ import annotations

import pytest

from tests.pipeline.shop_builds import SEEDS_THROUGH_FILES, build_shop, shared_folder


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The home of a built demo shop; do not change it."""
    return str(build_shop(shared_folder(tmp_path_factory), SEEDS_THROUGH_FILES[0]).root)
