"""What does every test get: a clean environment, a browser, real exports, and a fair order?"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.chromium import HOW_TO_HAVE_ONE, LAUNCH_ARGS, noted

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Settings of the person at the keyboard that would change what the hub does.
FOREIGN = ("BELLWETHER_", "DAGSTER_", "DBT_", "MLFLOW_", "STREAMLIT_")
# A test gives this property the counts that the summary prints, whichever process it ran in.
FIGURES = "figures"
KEPT = ("BELLWETHER_REAL_DATA", "BELLWETHER_CHROMIUM", "BELLWETHER_SCREENSHOTS")


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """No test sees a hub, a Dagster home or the like of whoever runs the suite."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(FOREIGN) and name not in KEPT:
                patch.delenv(name)
        yield


@pytest.fixture(scope="module", autouse=True)
def environment_of_its_own(clean_environment: None) -> Iterator[None]:
    """What the tests of a file set for the home they work on ends with the file."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real exports that BELLWETHER_REAL_DATA names; read-only."""
    folder = os.environ.get("BELLWETHER_REAL_DATA")
    if not folder:
        pytest.skip("BELLWETHER_REAL_DATA names no folder of real exports")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"BELLWETHER_REAL_DATA is {folder}, which is no folder")
    return path


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The Chromium that `make browser` noted."""
    named = os.environ.get("BELLWETHER_CHROMIUM")
    path = Path(named) if named else noted()
    if path is None:
        pytest.skip(f"no Chromium: {HOW_TO_HAVE_ONE}")
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: Path) -> "Iterator[Browser]":
    """A running Chromium; close the pages and contexts you open in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=LAUNCH_ARGS)
        yield running
        running.close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a test that needs a browser no time to build what it shows when there is none."""
    needs_one = item.get_closest_marker("browser") is not None
    if needs_one and not os.environ.get("BELLWETHER_CHROMIUM") and noted() is None:
        pytest.skip(f"no Chromium: {HOW_TO_HAVE_ONE}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark, group and order the tests.

    Whole-pipeline tests share one group, so that one process builds their shop once; other tests
    are grouped by file. Tests with a browser come last: Playwright keeps an event loop running
    in its process, in which `asyncio.run` refuses to work.
    """
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "browser" in names or "chromium_path" in names:
            item.add_marker("browser")
        group = str(item.path)
        if item.get_closest_marker("browser"):
            group += ":browser"
        elif item.get_closest_marker("pipeline"):
            group = "pipeline"
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("browser"):
        # the longest of them first, or one process would end with it alone
        return 2 if item.path.name == "test_pages_in_browser.py" else 3
    return 0 if item.get_closest_marker("pipeline") else 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests counted, and say loudly which did not run for want of a browser."""
    for report in terminalreporter.stats.get("passed", []):
        for name, figures in getattr(report, "user_properties", []):
            if name == FIGURES:
                terminalreporter.write_line(figures)
    missed = [
        report.nodeid
        for report in terminalreporter.stats.get("skipped", [])
        if "browser" in report.keywords and "no Chromium" in str(report.longrepr)
    ]
    if missed:
        title = f"{len(missed)} BROWSER TESTS DID NOT RUN: NO CHROMIUM"
        terminalreporter.section(title, red=True, bold=True)
        for nodeid in missed:
            terminalreporter.write_line(f"not run: {nodeid}")
        terminalreporter.write_line(HOW_TO_HAVE_ONE)
