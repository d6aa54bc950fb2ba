"""Does every page draw in a real browser: light, dark and narrow, complete and without overflow?"""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from dashboards.serve import command, environment
from dashboards.tokens import DARK, LIGHT
from hub.home import HubHome

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

pytestmark = pytest.mark.browser

PATHS = (
    "",
    "what-moves-sales",
    "link-explorer",
    "experiments",
    "exposure-audit",
    "service-health",
    "delivery",
    "data-health",
    "catalogue",
)
WIDE, NARROW = (1440, 900), (390, 844)
SETTLED = (
    "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    " && document.querySelector('h1') !== null"
)
DRAWN = """
() => {
  const plots = [...document.querySelectorAll('.js-plotly-plot')];
  const drawn = path => {
    const box = path.getBoundingClientRect();
    return box.width + box.height > 2;
  };
  return plots.length > 0 && plots.every(
    plot => [...plot.querySelectorAll('.lines path, .points path')].some(drawn)
  );
}
"""
OVERFLOW = """
() => {
  const main = document.querySelector('[data-testid=stMain]');
  const page = document.documentElement;
  return [main.scrollWidth - main.clientWidth, page.scrollWidth - page.clientWidth];
}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _served(home: HubHome, log: Path) -> Iterator[str]:
    """The address of a real server, which is ended by its own process id."""
    port = _free_port()
    with log.open("w") as output:
        server = subprocess.Popen(
            command(port=port), env=environment(home), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], *, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer within {seconds:.0f} s")


@pytest.fixture(scope="module")
def address(hub_home: HubHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with _served(hub_home, tmp_path_factory.mktemp("server") / "log") as url:
        yield url


class Seen:
    """One tab, the addresses outside this computer it asked for, and the theme it prefers."""

    def __init__(self, tab: Page, scheme: str) -> None:
        self.tab = tab
        self.scheme = scheme
        self.outside: list[str] = []
        tab.on("request", self._note)

    def _note(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:", "ws://127.")):
            self.outside.append(request.url)


@contextmanager
def _seen(
    browser: Browser, *, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> Iterator[Seen]:
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    try:
        yield Seen(context.new_page(), scheme)
    finally:
        context.close()


LOOKS: dict[str, tuple[Literal["light", "dark"], tuple[int, int]]] = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "narrow": ("light", NARROW),
}


@pytest.fixture(scope="module", params=list(LOOKS))
def seen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Seen]:
    """A tab for each look, kept over the pages so that the browser's cache is warm."""
    scheme, size = LOOKS[request.param]
    with _seen(browser, scheme=scheme, size=size) as found:
        yield found


def _look(tab: Page, url: str) -> None:
    tab.goto(url)
    tab.wait_for_function(SETTLED, timeout=30_000)
    tab.wait_for_function(DRAWN, timeout=15_000)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_draws_all_its_charts_without_error_or_overflow(
    seen: Seen, address: str, path: str
) -> None:
    tab = seen.tab
    _look(tab, f"{address}/{path}")
    assert tab.locator("[data-testid=stException]").count() == 0
    assert max(tab.evaluate(OVERFLOW)) <= 0
    surface = tab.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    paper = tab.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.paper_bgcolor")
    assert surface == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 19, 24)"}[seen.scheme]
    assert paper == {"light": LIGHT.surface, "dark": DARK.surface}[seen.scheme]
    assert seen.outside == []


def test_the_view_is_kept_in_the_url_and_the_focus_is_visible(
    browser: Browser, address: str
) -> None:
    with _seen(browser, scheme="light", size=WIDE) as found:
        tab = found.tab
        _look(tab, address)
        tab.get_by_role("radio", name="week").click()
        tab.wait_for_url("**grain=week**", timeout=10_000)
        link = tab.url
        tab.goto("about:blank")
        _look(tab, link)
        assert tab.get_by_text("week of 3 Mar 2025").count() > 0
        tab.keyboard.press("Tab")
        tab.keyboard.press("Tab")
        width = tab.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "3px"


def test_a_kpis_evidence_opens_its_card(browser: Browser, address: str) -> None:
    with _seen(browser, scheme="light", size=WIDE) as found:
        tab = found.tab
        _look(tab, address)
        tab.get_by_role("link", name="ranker NDCG@10").click()
        tab.wait_for_url("**/what-moves-sales**", timeout=10_000)
        tab.wait_for_function(SETTLED, timeout=30_000)
        tab.get_by_role("heading", name="One link in detail").wait_for(timeout=10_000)
        assert tab.locator("[data-testid=stException]").count() == 0


def test_a_home_without_a_build_says_what_to_run(browser: Browser, tmp_path: Path) -> None:
    home = HubHome(tmp_path)
    with (
        _served(home, tmp_path / "log") as url,
        _seen(browser, scheme="dark", size=NARROW) as found,
    ):
        tab = found.tab
        tab.goto(url)
        tab.wait_for_function(SETTLED, timeout=30_000)
        tab.get_by_text("Nothing has been published here yet.").wait_for(timeout=10_000)
        told = tab.locator("[data-testid=stCode]").first.inner_text()
        assert told.strip() == f"bellwether run --home {home.root}"
        assert max(tab.evaluate(OVERFLOW)) <= 0
