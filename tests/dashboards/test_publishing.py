"""Do open pages live through publishing: no error, the newest build in the end, no restart?"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks.page_viewer import viewer
from dashboards.served import served
from hub.home import HubHome
from hub.warehouse import PublishedBuild, _prune, publish, published_build
from tests.dashboards.conftest import HUB_YML

PAGES = ("", "experiments", "delivery", "data-health", "catalogue")
BUILDS = 20
KEPT = 3
LONG_AGO_SECONDS = 2 * 3600
BETWEEN_RUNS_SECONDS = 0.3
_BUILD = re.compile(r"\(build build-(\d+)\)")
Publish = Callable[[HubHome, dict[str, pd.DataFrame], str], PublishedBuild]


@dataclass
class Reader:
    """What one open page showed, run after run."""

    builds: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, address: str, page: str, is_over: threading.Event) -> None:
        """Ask for the page again and again, and once more after the last build."""
        with viewer(address, page) as tab:
            while True:
                was_over = is_over.is_set()
                run = tab.run()
                self.errors += run.errors
                self.builds += [
                    int(found[1]) for each in run.words if (found := _BUILD.search(each))
                ]
                if was_over:
                    return
                time.sleep(BETWEEN_RUNS_SECONDS)


def _publish_next(home: HubHome, number: int) -> None:
    """The next build, whose records differ from those of the one before."""
    con = duckdb.connect(str(home.warehouse))
    con.execute("update marts.mart_data_health_sources set records = records + 1")
    con.close()
    publish(home, f"build-{number}", keep=KEPT)


def _age(home: HubHome, *, before: int) -> None:
    """Make builds that nobody reads any more as old as those that may be pruned."""
    for file in home.published.glob("build-*.duckdb"):
        if int(file.stem.rpartition("-")[2]) < before:
            past = time.time() - LONG_AGO_SECONDS
            os.utime(file, (past, past))


def _wait_for(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not so within {seconds:.0f} s"
        time.sleep(0.02)


@pytest.mark.timeout(240)
def test_open_pages_never_fail_while_twenty_builds_are_published(
    tmp_path: Path, marts: dict[str, pd.DataFrame], publish_marts: Publish
) -> None:
    home = HubHome(tmp_path)
    home.hub_yml.write_text(HUB_YML)
    publish_marts(home, marts, "build-0")
    readers = {page: Reader() for page in PAGES}
    is_over = threading.Event()
    with served(home, log=tmp_path / "log") as address:
        tabs = [
            threading.Thread(target=reader.watch, args=(address, page, is_over))
            for page, reader in readers.items()
        ]
        for tab in tabs:
            tab.start()
        try:
            _wait_for(lambda: all(reader.builds or reader.errors for reader in readers.values()))
            for number in range(1, BUILDS + 1):
                _publish_next(home, number)
                current = published_build(home)
                assert current is not None
                assert current.path.exists()
                assert current.build_id == f"build-{number}"
                _age(home, before=min(reader.builds[-1] for reader in readers.values()))
        finally:
            is_over.set()
            for tab in tabs:
                tab.join(timeout=120)
    assert {page: reader.errors for page, reader in readers.items()} == {page: [] for page in PAGES}
    for reader in readers.values():
        assert reader.builds[-1] == BUILDS
        assert reader.builds == sorted(reader.builds)
    assert sum(len(set(reader.builds)) for reader in readers.values()) > 2 * len(PAGES)
    _only_the_newest_are_kept(home)


def _only_the_newest_are_kept(home: HubHome) -> None:
    _age(home, before=BUILDS + 1)
    publish(home, "build-last", keep=1)
    assert [file.name for file in home.published.glob("*.duckdb")] == ["build-last.duckdb"]


def test_the_pointed_build_is_kept_though_it_is_the_oldest(
    tmp_path: Path, marts: dict[str, pd.DataFrame], publish_marts: Publish
) -> None:
    home = HubHome(tmp_path)
    few = {"mart_data_health_sources": marts["mart_data_health_sources"]}
    pointed = publish_marts(home, few, "build-0").path
    for number in (1, 2, 3):
        (home.published / f"build-{number}.duckdb").write_bytes(pointed.read_bytes())
    past = time.time() - LONG_AGO_SECONDS
    os.utime(pointed, (past, past))
    _prune(home, keep=1)
    assert pointed.exists()
