"""What do the pages look like? Opens every page in light and dark, wide and narrow, and says what
is wrong with any of them.

`python -m cli.picture --home var/demo` writes `var/screenshots/<page>-<theme>-<width>.png` of this
checkout and makes the pictures of the README, `docs/pictures/`, from them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.chromium import HOW_TO_HAVE_ONE, LAUNCH_ARGS, noted
from dashboards.drawn import (
    CLOSED_CHART,
    CLOSED_CHARTS,
    EMPTY_CHARTS,
    HEIGHT,
    OVERFLOW,
    PAGES,
    SETTLED,
)
from dashboards.served import served
from hub.home import PROJECT_ROOT, find_home

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Theme = Literal["light", "dark"]
LOOKS: tuple[tuple[Theme, int], ...] = (
    ("light", 1440),
    ("light", 390),
    ("dark", 1440),
    ("dark", 390),
)
SCREENSHOTS = PROJECT_ROOT / "var" / "screenshots"
PICTURES = {
    "success-metrics.png": ("success-metrics-light-1440.png", 1000),
    "what-moves-sales.png": ("what-moves-sales-light-1440.png", 1000),
    "link-explorer-dark.png": ("link-explorer-dark-1440.png", 1000),
}
# a view as tall as the longest page: all of it is laid out at once, so nothing has to be scrolled
TALL = 14000
# opens every closed chart, one after the other: clicks in one instant are one request of the page;
# how many there are
OPEN_CHARTS = f"""
async () => {{
  const charts = {CLOSED_CHARTS.strip()};
  for (const each of charts) {{
    each.click();
    await new Promise(resolve => setTimeout(resolve, 100));
  }}
  return charts.length;
}}
"""
# resolves when the page has kept its height for a moment
STEADY = f"""
() => new Promise(resolve => {{
  let last = -1;
  const look = () => {{
    const now = ({HEIGHT.strip()})();
    if (now === last) return resolve(true);
    last = now;
    setTimeout(look, 250);
  }};
  look();
}})
"""
# whether every opened chart has come
OPENED_CHARTS = f"""
[...document.querySelectorAll('details[open] > summary')]
  .filter(each => each.innerText.includes('{CLOSED_CHART}'))
  .every(each => each.parentElement.querySelector('[data-testid=stPlotlyChart]') !== null)
"""
# What Streamlit itself causes in the console of every app: the end of the address that could not
# be had, and the thread that says so. A page opened by its own address is asked for the server's
# health below that address first, and at the root after that.
STREAMLITS_OWN = {
    "/_stcore/health": "https://github.com/streamlit/streamlit/issues/7074",
    "/_stcore/host-config": "https://github.com/streamlit/streamlit/issues/7074",
}


@dataclass
class Tab:
    """One tab with a theme and a width, and what its console and network told of this page."""

    page: Page
    theme: Theme
    width: int
    told: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def listen(self) -> Tab:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.told.append(str(error)))
        self.page.on("request", self._request)
        return self

    def _console(self, message: Any) -> None:
        where = str(message.location.get("url", ""))
        if message.type == "error" and not is_streamlits_own(message.text, where):
            self.told.append(f"{message.text} ({where})")

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:", "ws://127.")):
            self.outside.append(request.url)


def is_streamlits_own(text: str, where: str) -> bool:
    """Whether a console message is one that every app of Streamlit causes."""
    return "404" in text and where.endswith(tuple(STREAMLITS_OWN))


@contextmanager
def tab(browser: Browser, *, theme: Theme, width: int, height: int = TALL) -> Iterator[Tab]:
    """A tab of its own, with an empty cache."""
    size: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")
    try:
        yield Tab(context.new_page(), theme, width).listen()
    finally:
        context.close()


def problems(tab: Tab, address: str, page: str) -> list[str]:
    """Open a page and say what is wrong with it: nothing, when all is well."""
    tab.told.clear()
    tab.outside.clear()
    path = "" if page == PAGES[0] else page
    tab.page.goto(f"{address}/{path}")
    tab.page.wait_for_function(SETTLED, timeout=60_000)
    return _wrong(tab)


def problems_when_opened(tab: Tab) -> list[str] | None:
    """Open the closed charts of the open page and say what is wrong then; None: none is closed."""
    if not tab.page.evaluate(OPEN_CHARTS):
        return None
    if not _comes_true(tab.page, f"() => {SETTLED} && {OPENED_CHARTS.strip()}"):
        return ["a chart does not come when it is opened", *_wrong(tab)]
    found = _wrong(tab)
    tab.page.evaluate(STEADY)
    return found


def _wrong(tab: Tab) -> list[str]:
    found = []
    if not _comes_true(tab.page, f"() => ({EMPTY_CHARTS.strip()})() === 0"):
        found.append(f"{tab.page.evaluate(EMPTY_CHARTS)} charts are empty")
    if count := tab.page.locator("[data-testid=stException]").count():
        found.append(f"{count} exceptions")
    if (beyond := tab.page.evaluate(OVERFLOW)) > 0:
        found.append(f"{beyond} px wider than the window")
    found += [f"console: {text}" for text in tab.told]
    return found + [f"asks outside: {url}" for url in tab.outside]


def _comes_true(page: Page, script: str) -> bool:
    from playwright.sync_api import TimeoutError as NotInTime

    try:
        page.wait_for_function(script, timeout=20_000)
    except NotInTime:
        return False
    return True


def shoot(tab: Tab, page: str, folder: Path) -> Path:
    """A picture of the whole open page, named after `page` and the look."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{page}-{tab.theme}-{tab.width}.png"
    height = min(int(tab.page.evaluate(HEIGHT)) + 8, TALL)
    tab.page.screenshot(
        path=file,
        clip={"x": 0, "y": 0, "width": tab.width, "height": height},
        animations="disabled",
    )
    return file


def pictures(tab: Tab, address: str, page: str, folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Pictures of a page at first sight and, where a chart is closed, with every chart open.

    With each, what is wrong with it.
    """
    found = problems(tab, address, page)
    yield shoot(tab, page, folder), found
    opened = problems_when_opened(tab)
    if opened is not None:
        yield shoot(tab, f"{page}-opened", folder), opened


def take(
    home: Annotated[Path | None, typer.Option("--home", help="The hub's home.")] = None,
    page: Annotated[list[str] | None, typer.Option("--page", help="Only these pages.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder of pictures.")] = SCREENSHOTS,
    docs: Annotated[bool, typer.Option(help="Make docs/pictures anew from them.")] = True,
) -> None:
    """Serve the pages on a free port, take a picture of each in each look, stop serving."""
    from playwright.sync_api import sync_playwright

    if (chromium := noted()) is None:
        sys.exit(f"no Chromium: {HOW_TO_HAVE_ONE}")
    wrong = 0
    with sync_playwright() as playwright, served(find_home(home)) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=LAUNCH_ARGS)
        for theme, width in LOOKS:
            with tab(browser, theme=theme, width=width) as seen:
                for name in page or PAGES:
                    for file, found in pictures(seen, address, name, out):
                        print(f"{file}: {'; '.join(found) or 'as it should be'}")
                        wrong += bool(found)
        browser.close()
    if docs and not page:
        make_pictures(out, PROJECT_ROOT / "docs" / "pictures")
    raise SystemExit(1 if wrong else 0)


def make_pictures(screenshots: Path, folder: Path) -> None:
    """The README's pictures: the upper part of some of the screenshots."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for name, (source, height) in PICTURES.items():
        with Image.open(screenshots / source) as whole:
            upper = whole.convert("RGB").crop((0, 0, whole.width, min(height, whole.height)))
            small = upper.quantize(128, method=Image.Quantize.MEDIANCUT)
            small.save(folder / name, optimize=True)


if __name__ == "__main__":
    typer.run(take)
