"""Which shops with known truth do the tests of the link engine share?"""

import os
from pathlib import Path

# Many small products: threads of the linear algebra library would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pytest

from benchmarks import link_worlds


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240517)


@pytest.fixture(scope="session")
def recommender() -> link_worlds.World:
    """Two years, 30 releases, elasticity 1.2 after five days, 5 % noise, listed promotions."""
    rng = np.random.default_rng(8)
    base = link_worlds.shop(rng, link_worlds.white, n=730, sd=0.05)
    at = link_worlds.release_days(rng, 730, count=30)
    delta = rng.normal(0.01, 0.025, 30)
    return link_worlds.world(rng, base, at, delta, effect=1.2, lag=5)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; tests that need it are skipped without it."""
    folder = os.environ.get("BELLWETHER_REAL_DATA", "")
    if not folder or not Path(folder, "known").is_dir():
        pytest.skip("set BELLWETHER_REAL_DATA to the folder of real data to run this test")
    return Path(folder)


@pytest.fixture(scope="session")
def known(real_data: Path) -> dict[str, pd.DataFrame]:
    """Published data sets with known answers, by name."""
    names = ("bjsales", "chickegg", "comparison_data", "ucbadmissions")
    return {name: pd.read_csv(real_data / "known" / f"{name}.csv") for name in names}
