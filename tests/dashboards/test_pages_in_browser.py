"""Does every page draw in a real browser: light, dark and narrow, complete and without overflow?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from cli.picture import (
    LOOKS,
    SCREENSHOTS,
    STREAMLITS_OWN,
    Tab,
    is_streamlits_own,
    pictures,
    tab,
)
from dashboards.drawn import EMPTY_CHARTS, OVERFLOW, PAGES, SETTLED
from dashboards.served import served
from dashboards.tokens import DARK, LIGHT
from hub.home import HubHome
from tests.pipeline.shop_builds import SEEDS_THROUGH_FILES, build_shop, shared_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WIDE, NARROW = (1440, 900), (390, 844)
# a chart that is being drawn moves what is below it, and a click there would miss
DRAWN = (
    f"document.querySelectorAll('.js-plotly-plot').length > 0 && ({EMPTY_CHARTS.strip()})() === 0"
)


@pytest.fixture(scope="module")
def address(hub_home: HubHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(hub_home, log=tmp_path_factory.mktemp("server") / "log") as url:
        yield url


@pytest.fixture(scope="module")
def demo_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages of the small demo shop that tests of the whole pipeline share."""
    shop = build_shop(shared_folder(tmp_path_factory), SEEDS_THROUGH_FILES[0])
    with served(shop, log=tmp_path_factory.mktemp("demo-server") / "log") as url:
        yield url


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def seen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """A tab for each look, kept over the pages so that the browser's cache is warm."""
    theme, width = request.param
    with tab(browser, theme=theme, width=width) as found:
        yield found


@contextmanager
def _seen(
    browser: Browser, *, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> Iterator[Tab]:
    with tab(browser, theme=scheme, width=size[0], height=size[1]) as found:
        yield found


def _look(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_function(SETTLED, timeout=30_000)
    page.wait_for_function(DRAWN, timeout=15_000)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_demo_draws_all_its_charts_without_error_or_overflow(
    seen: Tab, demo_address: str, name: str
) -> None:
    folder = Path(os.environ.get("BELLWETHER_SCREENSHOTS") or SCREENSHOTS)
    found = list(pictures(seen, demo_address, name, folder))
    assert [wrong for _, wrong in found] == [[] for _ in found]
    surface = seen.page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert surface == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 19, 24)"}[seen.theme]
    papers = seen.page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot')].map(p => p._fullLayout.paper_bgcolor)"
    )
    assert len(papers) > 0
    assert set(papers) == {{"light": LIGHT.surface, "dark": DARK.surface}[seen.theme]}


def test_a_chart_comes_when_it_is_opened_and_its_table_after_it(
    browser: Browser, demo_address: str
) -> None:
    with _seen(browser, scheme="light", size=WIDE) as found:
        page = found.page
        _look(page, f"{demo_address}/service-health")
        at_first = page.locator("[data-testid=stPlotlyChart]").count()
        part = page.locator("details", has_text="Chart: error ratio and latency by version")
        part.locator("summary").click()
        part.locator("[data-testid=stPlotlyChart]").wait_for(timeout=10_000)
        assert page.locator("[data-testid=stPlotlyChart]").count() == at_first + 1
        page.wait_for_function(SETTLED, timeout=30_000)
        page.wait_for_function(DRAWN, timeout=15_000)
        part.locator("summary", has_text="Table").click()
        part.locator("[data-testid=stDataFrame]").wait_for(timeout=10_000)


def test_the_script_that_draws_charts_is_asked_for_before_the_page_has_run(
    browser: Browser, address: str
) -> None:
    with _seen(browser, scheme="light", size=WIDE) as found:
        page = found.page
        _look(page, address)
        names, begun, asked = page.evaluate(
            """() => {
              // the server is asked for its health before a page can be asked for
              const all = performance.getEntriesByType('resource');
              const script = all.filter(each => each.name.includes('/PlotlyChart.'));
              const health = all.filter(each => each.name.endsWith('/_stcore/health'));
              return [script.map(each => each.name), script[0].startTime, health[0].startTime];
            }"""
        )
    assert len(names) == 1
    assert begun < asked


def test_only_messages_that_streamlit_causes_by_itself_are_let_pass() -> None:
    not_found = "Failed to load resource: the server responded with a status of 404 (Not Found)"
    assert is_streamlits_own(not_found, "http://127.0.0.1:1/delivery/_stcore/health")
    assert not is_streamlits_own(not_found, "http://127.0.0.1:1/media/chart.json")
    assert not is_streamlits_own("TypeError: x", "http://127.0.0.1:1/delivery/_stcore/health")
    for thread in STREAMLITS_OWN.values():
        assert re.fullmatch(r"https://github\.com/streamlit/streamlit/issues/\d+", thread)


def test_the_view_is_kept_in_the_url_and_the_focus_is_visible(
    browser: Browser, address: str
) -> None:
    with _seen(browser, scheme="light", size=WIDE) as found:
        page = found.page
        _look(page, address)
        page.get_by_role("radio", name="week").click()
        page.wait_for_url("**grain=week**", timeout=10_000)
        link = page.url
        page.goto("about:blank")
        _look(page, link)
        assert page.get_by_text("week of 3 Mar 2025").count() > 0
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "3px"


@pytest.mark.parametrize(("size", "within_px"), [(WIDE, 900), (NARROW, 1266)])
def test_the_first_card_stands_in_the_first_screen_and_on_a_phone_in_one_and_a_half(
    browser: Browser, demo_address: str, size: tuple[int, int], within_px: int
) -> None:
    with _seen(browser, scheme="light", size=size) as found:
        _look(found.page, demo_address)
        bottom = found.page.evaluate(
            "document.querySelector('[data-testid=stMetric]').getBoundingClientRect().bottom"
            " + document.querySelector('[data-testid=stMain]').scrollTop"
        )
        assert 0 < bottom <= within_px


def test_a_kpis_evidence_opens_its_card(browser: Browser, address: str) -> None:
    with _seen(browser, scheme="light", size=WIDE) as found:
        page = found.page
        _look(page, address)
        page.get_by_role("link", name="ranker NDCG@10").click()
        page.wait_for_url("**/what-moves-sales**", timeout=10_000)
        page.wait_for_function(SETTLED, timeout=30_000)
        page.get_by_role("heading", name="One link in detail").wait_for(timeout=10_000)
        assert page.locator("[data-testid=stException]").count() == 0


def test_a_home_without_a_build_says_what_to_run(browser: Browser, tmp_path: Path) -> None:
    home = HubHome(tmp_path)
    with (
        served(home, log=tmp_path / "log") as url,
        _seen(browser, scheme="dark", size=NARROW) as found,
    ):
        page = found.page
        page.goto(url)
        page.wait_for_function(SETTLED, timeout=30_000)
        page.get_by_text("Nothing has been published here yet.").wait_for(timeout=10_000)
        told = page.locator("[data-testid=stCode]").first.inner_text()
        assert told.split("\n")[-1].strip() == f"bellwether run --home {home.root}"
        assert page.evaluate(OVERFLOW) <= 0
