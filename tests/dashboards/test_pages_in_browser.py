"""Does every page draw in a real browser: light, dark and narrow, complete and without overflow?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
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
from dashboards.deep_links import PARAMETERS
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


# charts whose labels or legend need more room than they were given, so that they are drawn twice
CRAMPED = """
() => [...document.querySelectorAll('.js-plotly-plot')].filter(
  ({ _fullLayout: { _size: needed, margin: given } }) =>
    ['l', 'r', 't', 'b'].some(side => needed[side] > given[side] + 1)
).map(chart => chart.closest('[class*=st-key-chart]').className)
"""


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
    if seen.width == WIDE[0]:
        assert seen.page.evaluate(CRAMPED) == []


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


# what is focused, with the words of its label, and the frame that its reader sees
FOCUSED = """
() => {
  const at = document.activeElement;
  const field = at.matches('.stSelectbox input, .stTextInput input') ? at.parentElement : at;
  const look = getComputedStyle(field), box = field.getBoundingClientRect();
  return {
    kind: at.closest('[data-testid]')?.dataset.testid || at.tagName,
    words: at.getAttribute('aria-label') || at.innerText.split('\\n').pop(),
    frame: look.outlineStyle + ' ' + look.outlineWidth,
    colour: look.outlineColor,
    top: Math.round(box.top + scrollY), left: Math.round(box.left),
    height: box.height,
  };
}
"""


@pytest.mark.parametrize(
    ("scheme", "page", "colour"),
    [("light", "", "rgb(0, 114, 178)"), ("dark", "catalogue", "rgb(86, 180, 233)")],
)
def test_every_control_is_reached_by_tab_in_the_order_of_sight_and_framed(
    browser: Browser, address: str, scheme: Literal["light", "dark"], page: str, colour: str
) -> None:
    with _seen(browser, scheme=scheme, size=(1440, 6000)) as found:
        found.page.goto(f"{address}/{page}")
        found.page.wait_for_function(SETTLED, timeout=30_000)
        reached = []
        for _ in range(120):
            found.page.keyboard.press("Tab")
            now = found.page.evaluate(FOCUSED)
            if now["kind"] == "BODY":
                break
            reached.append(now)
        opener = "document.querySelectorAll('[data-testid=stMain] summary').length"
        openers = found.page.evaluate(opener)
    assert {(each["frame"], each["colour"]) for each in reached} == {("solid 3px", colour)}
    assert sum(each["kind"] == "stExpander" for each in reached) == openers > 2
    main = [each for each in reached if each["left"] > 300 and each["kind"] != "stMain"][1:]
    lines = [each["top"] + each["height"] for each in main if each["kind"] == "stExpander"]
    assert lines == sorted(lines)
    for before, after in pairwise(main):
        is_below = after["top"] + after["height"] > before["top"]
        is_beside = after["left"] > before["left"]
        assert is_below or is_beside, f"{after['words']} stands before {before['words']}"


# a sheet of A4 without its margins, in pixels of CSS
SHEET = (703, 1032)
ON_PAPER = """
() => {
  const column = document.querySelector('.stMainBlockContainer').getBoundingClientRect();
  const shown = each => each.getClientRects().length > 0;
  const every = selector => [...document.querySelectorAll(selector)];
  const charts = every('.js-plotly-plot').filter(shown).map(each => {
    const parts = [...each.querySelectorAll('svg.main-svg')].map(s => s.getBoundingClientRect());
    const block = each.closest('[data-testid=stElementContainer]');
    const heads = every('h2, h3').filter(h => h.getBoundingClientRect().top < parts[0].top);
    const head = heads.at(-1)?.closest('[data-testid=stElementContainer]');
    return {
      right: Math.max(...parts.map(part => part.right)) - column.left,
      height: block.getBoundingClientRect().height,
      kept: getComputedStyle(each.closest('.stPlotlyChart')).breakInside,
      heading: head ? getComputedStyle(head).breakAfter : 'none',
    };
  });
  return {
    charts, width: column.width,
    beside: document.querySelector('.stMainBlockContainer').getBoundingClientRect().right
      - Math.max(...every('[data-testid=stColumn]').map(e => e.getBoundingClientRect().right)),
    gone: every('[data-testid=stSidebar], [data-testid=stHeader], .modebar, .stDownloadButton, '
      + '.st-key-page_along, details:not([open])').filter(shown).length,
    built: every('[data-testid=stCaptionContainer]').filter(shown)
      .some(each => each.innerText.includes('(build ')),
    chosen: every('.stSelectbox input').filter(shown).map(each => each.value),
    pressed: every('.stButtonGroup [aria-checked=true]').filter(shown)
      .map(each => getComputedStyle(each).fontWeight),
    ink: getComputedStyle(document.querySelector('h1')).color,
    paper: getComputedStyle(document.querySelector('.stApp')).backgroundColor,
  };
}
"""


def test_a_page_prints_dark_on_white_sheets_with_its_state_and_without_what_only_a_mouse_uses(
    browser: Browser, address: str
) -> None:
    with _seen(browser, scheme="dark", size=WIDE) as found:
        _look(found.page, address)
        found.page.emulate_media(media="print", color_scheme="dark")
        seen = found.page.evaluate(ON_PAPER)
        sheets = found.page.pdf(prefer_css_page_size=True)
    assert seen["gone"] == 0
    assert seen["built"]
    assert seen["chosen"][:2] == ["Latest complete", "Whole company"]
    assert len(seen["pressed"]) >= 2
    assert set(seen["pressed"]) == {"700"}
    assert (seen["ink"], seen["paper"]) == ("rgb(27, 31, 36)", "rgb(255, 255, 255)")
    # the edge of the sheet leaves the frame of the last card whole
    assert seen["beside"] >= 1
    assert len(seen["charts"]) >= 2
    for chart in seen["charts"]:
        assert chart["right"] <= seen["width"] + 1 <= SHEET[0] + 2
        assert chart["height"] <= SHEET[1] / 2
        assert chart["kept"] == "avoid"
        assert chart["heading"] == "avoid"
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", sheets)
    assert {(round(float(wide)), round(float(high))) for wide, high in boxes} == {(595, 842)}
    assert 1 < len(boxes) <= 4


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


def test_the_start_page_opened_by_its_name_is_the_one_that_the_sidebar_names(
    browser: Browser, address: str
) -> None:
    with _seen(browser, scheme="light", size=WIDE) as found:
        _look(found.page, f"{address}/success-metrics")
        links = found.page.locator("[data-testid=stSidebarNavLink]")
        assert links.first.get_attribute("aria-current") == "page"
        assert (links.first.get_attribute("href") or "").endswith("/success-metrics")
        assert links.count() == len(PARAMETERS)


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
        told = page.locator("[data-testid=stCode]").last.inner_text()
        assert told.split("\n")[-1].strip() == f"bellwether run --home {home.root}"
        assert page.evaluate(OVERFLOW) <= 0
