"""How long does a reader wait for a page, and for how many readers at once is that true?

`python -m benchmarks.pages --home var/demo` serves the home's published build, and one with 20
times the observations (see `benchmarks.grown_build`), on this computer and opens every page in a
headless Chromium:

- cold: the server has not shown this page yet, the browser's cache is empty (once a page);
- warm: the page is opened again, `--repeats` times; complete is when the script has ended and
  every chart is drawn, words is when the title stands;
- interaction: another choice in the page's first control, until all charts are drawn again;
- server: the same run asked for by a session without a browser.

Then sessions without a browser open the first page and ask for it again every `--pause` seconds,
more and more of them, until the 95th percentile of a run is twice that of one session. Sessions
and browser share this computer with the server.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.grown_build import grown_home
from benchmarks.page_viewer import viewer
from dashboards.drawn import EMPTY_CHARTS, PAGES, SETTLED
from dashboards.served import served
from hub.home import HubHome, find_home

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WARM_SECONDS, INTERACTION_SECONDS = 1.0, 0.5
MOST_VIEWERS = 64
LAUNCH_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
COMPLETE = f"() => {SETTLED} && ({EMPTY_CHARTS.strip()})() === 0"
WORDS = "() => document.querySelector('h1') !== null"
# resolves with the milliseconds from now until the script has run and every chart is drawn
NEXT_RUN = f"""
() => new Promise(resolve => {{
  const app = document.querySelector('[data-testid=stApp]');
  const started = performance.now();
  let ran = false;
  new MutationObserver(() => {{ ran = true; }}).observe(
    app, {{ attributes: true, attributeFilter: ['data-test-script-state'] }});
  const look = () => {{
    if (ran && app.dataset.testScriptState === 'notRunning' && ({EMPTY_CHARTS.strip()})() === 0)
      requestAnimationFrame(() => resolve(performance.now() - started));
    else if (performance.now() - started > 15000) resolve(null);
    else requestAnimationFrame(look);
  }};
  look();
}})
"""


@dataclass
class PageTimes:
    """Seconds of one page at one size of the build."""

    page: str
    times: int
    cold_words: float = 0.0
    cold: float = 0.0
    warm: list[float] = field(default_factory=list)
    interaction: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile; the largest of fewer than twenty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def measure_page(
    browser: Browser, address: str, page: str, *, times: int, repeats: int
) -> PageTimes:
    """One page: cold once, then warm, interactions and the server's part `repeats` times."""
    found = PageTimes(page, times)
    path = "" if page == PAGES[0] else page
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    try:
        found.cold_words, found.cold = _open(tab, f"{address}/{path}")
        for _ in range(repeats):
            found.warm.append(_open(tab, f"{address}/{path}")[1])
        found.interaction = list(_interactions(tab, repeats))
    finally:
        context.close()
    with viewer(address, path) as session:
        if errors := session.run().errors:
            raise SystemExit(f"{page} fails, so its times say nothing: {errors[0]}")
        found.server = [session.run().seconds for _ in range(repeats)]
    return found


def _open(tab: Page, url: str) -> tuple[float, float]:
    started = time.perf_counter()
    tab.goto(url, wait_until="commit")
    tab.wait_for_function(WORDS, timeout=90_000)
    words = time.perf_counter() - started
    tab.wait_for_function(COMPLETE, timeout=90_000)
    return words, time.perf_counter() - started


def _interactions(tab: Page, repeats: int) -> Iterator[float]:
    """Choose something else in the first control that has something else; none, no figures."""
    main = tab.locator("[data-testid=stMain]")
    for _ in range(repeats):
        buttons = main.locator("[data-testid=stButtonGroup] button[aria-checked=false]")
        waiting = tab.evaluate_handle(f"() => ({{ done: ({NEXT_RUN.strip()})() }})")
        if buttons.count():
            buttons.first.click()
        elif main.locator("[data-testid=stSelectbox] input").count():
            main.locator("[data-testid=stSelectbox] input").first.click()
            tab.keyboard.press("ArrowDown")
            waiting = tab.evaluate_handle(f"() => ({{ done: ({NEXT_RUN.strip()})() }})")
            tab.keyboard.press("Enter")
        else:
            return
        milliseconds = tab.evaluate("held => held.done", waiting)
        if milliseconds is None:
            return
        yield float(milliseconds) / 1000


def crowd(address: str, viewers: int, *, seconds: float, pause: float) -> list[float]:
    """The seconds of every run that so many sessions had within a time."""
    taken: list[float] = []
    over = threading.Event()

    def watch(delay: float) -> None:
        time.sleep(delay)
        with viewer(address, "") as session:
            session.run()
            while not over.is_set():
                taken.append(session.run().seconds)
                over.wait(pause)

    tabs = [threading.Thread(target=watch, args=(pause * at / viewers,)) for at in range(viewers)]
    for tab in tabs:
        tab.start()
    time.sleep(seconds)
    over.set()
    for tab in tabs:
        tab.join()
    return taken


def crowds(address: str, *, seconds: float, pause: float) -> Iterator[tuple[int, float, float]]:
    """Viewers, median and 95th percentile of a run, doubling until that percentile doubles."""
    viewers, alone = 1, 0.0
    while viewers <= MOST_VIEWERS:
        taken = crowd(address, viewers, seconds=seconds, pause=pause)
        yield viewers, statistics.median(taken), p95(taken)
        alone = alone or p95(taken)
        if p95(taken) > 2 * alone:
            return
        viewers *= 2


def lines(found: Sequence[PageTimes]) -> Iterator[str]:
    """The table: seconds by page and size, each beside its target."""
    yield (
        f"{'page':<18}{'times':>6}{'cold words':>11}{'cold':>7}{'warm':>7}{'p95':>7}"
        f"{'≤ 1 s':>8}{'interact':>9}{'p95':>7}{'≤ 0.5 s':>8}{'server':>8}"
    )
    for each in found:
        warm, acted = statistics.median(each.warm), each.interaction
        yield (
            f"{each.page:<18}{each.times:>6}{each.cold_words:>11.2f}{each.cold:>7.2f}{warm:>7.2f}"
            f"{p95(each.warm):>7.2f}{_reached(warm, WARM_SECONDS):>8}"
            + (
                f"{statistics.median(acted):>9.2f}{p95(acted):>7.2f}"
                f"{_reached(statistics.median(acted), INTERACTION_SECONDS):>8}"
                if acted
                else f"{'-':>9}{'-':>7}{'-':>8}"
            )
            + f"{statistics.median(each.server):>8.2f}"
        )


def _reached(seconds: float, target: float) -> str:
    return "yes" if seconds <= target else "NO"


def measure(options: argparse.Namespace, home: HubHome, folder: Path) -> None:
    """Print everything, as it is found."""
    from playwright.sync_api import sync_playwright

    found: list[PageTimes] = []
    with ExitStack() as held:
        playwright = held.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=options.chromium, args=LAUNCH_ARGS)
        for times in options.times:
            used: Any = home
            if times != 1:
                used, rows = grown_home(home, folder / f"times-{times}", times=times)
                print(f"{times} times: {rows.get('metrics.observations', 0):,} observations")
            with served(used) as address:
                measured = [
                    measure_page(browser, address, page, times=times, repeats=options.repeats)
                    for page in options.page or PAGES
                ]
                print("\n".join(lines(measured)), flush=True)
                if options.seconds:
                    _print_crowds(address, options)
            found += measured
        browser.close()


def _print_crowds(address: str, options: argparse.Namespace) -> None:
    last, alone = 0, 0.0
    for viewers, median, high in crowds(address, seconds=options.seconds, pause=options.pause):
        print(f"{viewers:>4} viewers: median {median:.2f} s, p95 {high:.2f} s", flush=True)
        alone = alone or high
        last = viewers
    print(
        f"p95 of one viewer {alone:.2f} s; "
        + (f"doubled at {last} viewers" if high > 2 * alone else f"not doubled at {last} viewers")
    )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--home", type=Path, help="A home with a published build: the demo's.")
    parser.add_argument(
        "--chromium",
        default=next(filter(None, map(shutil.which, BROWSERS)), None),
        help="The browser. Else the first Chromium or Chrome on PATH, else Playwright's own.",
    )
    parser.add_argument("--times", type=int, nargs="+", default=[1, 20], help="Sizes to measure.")
    parser.add_argument("--repeats", type=int, default=5, help="Warm runs of each page.")
    parser.add_argument("--page", nargs="+", choices=PAGES, help="Only these pages.")
    parser.add_argument("--seconds", type=float, default=6, help="A crowd's time; 0: no crowds.")
    parser.add_argument("--pause", type=float, default=2, help="Seconds between a viewer's runs.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bellwether-pages-") as folder:
        measure(options, find_home(options.home), Path(folder))


if __name__ == "__main__":
    main()
