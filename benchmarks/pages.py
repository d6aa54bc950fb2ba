"""How long does a reader wait for a page, and for how many readers at once is that true?

`python -m benchmarks.pages --home var/demo` serves the home's published build, and one with 20
times the observations (see `benchmarks.grown_build`), on this computer and opens every page in a
headless Chromium. A page is complete (first paint) when its script has ended, its last element
(the control to export it) is there, and every chart has drawn marks of some size:

- cold: the server has not shown this page yet, the browser's cache is empty (once a page); words
  is when the title stands;
- warm: the whole page is loaded again, `--repeats` times, until it is complete;
- interaction: another choice in the page's first control, until it is complete again; no figures
  for a page without a choice;
- open: a chart that is closed at first sight is opened, until it is drawn; none on some pages;
- server: the same run asked for by a session without a browser;
- processor seconds of a warm page: the server's of that run, the browser's of loading and drawing
  it, and both of an interaction. They tell what a computer with nothing else to do would need when
  this one is busy, as the first line says.

Then sessions without a browser open the first page and ask for it again every `--pause` seconds,
more and more of them, until the 95th percentile of a run is twice that of one session. Sessions
and browser share this computer with the server. Rounds are left out, and then pages, so that all
takes at most about `--minutes`; what was left out is named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.grown_build import grown_home
from benchmarks.page_viewer import viewer
from benchmarks.process_work import Work, work
from dashboards.drawn import CLOSED_CHARTS, EMPTY_CHARTS, PAGES, SETTLED
from dashboards.served import served
from hub.home import HubHome, find_home

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WARM_SECONDS, INTERACTION_SECONDS = 1.0, 0.5
MOST_VIEWERS = 64
CROWDS = 5
LAUNCH_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
END = "document.querySelector('.st-key-page_along') !== null"
COMPLETE = f"() => {SETTLED} && {END} && ({EMPTY_CHARTS.strip()})() === 0"
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
# opens the next closed chart; resolves with the milliseconds until it is drawn, or null for none
OPEN_NEXT = f"""
() => new Promise(resolve => {{
  const next = ({CLOSED_CHARTS.strip()})[0];
  if (!next) return resolve(null);
  const started = performance.now();
  next.click();
  const look = () => {{
    if (next.parentElement.querySelector('[data-testid=stPlotlyChart]')
        && ({EMPTY_CHARTS.strip()})() === 0)
      requestAnimationFrame(() => resolve(performance.now() - started));
    else if (performance.now() - started > 15000) resolve(15000);
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
    opening: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    drawing: list[Work] = field(default_factory=list)
    acting: list[Work] = field(default_factory=list)
    running: list[Work] = field(default_factory=list)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile; the largest of fewer than twenty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def rounds(most: int, until: float) -> Iterator[int]:
    """Up to `most` rounds, at least one, none begun after `until` (of the monotonic clock)."""
    for each in range(most):
        if each and time.monotonic() >= until:
            return
        yield each


def measure_page(
    browser: Browser, address: str, page: str, *, times: int, repeats: int, until: float
) -> PageTimes:
    """One page: cold once, then warm, interactions and the server's part `repeats` times."""
    found = PageTimes(page, times)
    path = "" if page == PAGES[0] else page
    third = max(until - time.monotonic(), 0) / 3
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    try:
        found.cold_words, found.cold = _open(tab, f"{address}/{path}")
        for _ in rounds(repeats, until - third):
            with _noted(found.drawing):
                found.warm.append(_open(tab, f"{address}/{path}")[1])
        found.interaction = list(_interactions(tab, repeats, until, found.acting))
        found.opening = _openings(tab, repeats)
    finally:
        context.close()
    with viewer(address, path) as session:
        if errors := session.run().errors:
            raise SystemExit(f"{page} fails, so its times say nothing: {errors[0]}")
        for _ in rounds(repeats, until):
            with _noted(found.running):
                found.server.append(session.run().seconds)
    return found


@contextmanager
def _noted(into: list[Work]) -> Iterator[None]:
    """Note the work done meanwhile, where it can be known."""
    before = work()
    yield
    after = work()
    if before is not None and after is not None:
        into.append(after.since(before))


def _open(tab: Page, url: str) -> tuple[float, float]:
    started = time.perf_counter()
    tab.goto(url, wait_until="commit")
    tab.wait_for_function(WORDS, timeout=90_000)
    words = time.perf_counter() - started
    tab.wait_for_function(COMPLETE, timeout=90_000)
    return words, time.perf_counter() - started


def _interactions(tab: Page, repeats: int, until: float, acting: list[Work]) -> Iterator[float]:
    """Choose something else in the first control that has something else; none, no figures."""
    for _ in rounds(repeats, until):
        with _noted(acting):
            milliseconds = _choose(tab)
        if milliseconds is None:
            return
        yield float(milliseconds) / 1000


def _choose(tab: Page) -> float | None:
    """Milliseconds from another choice to the complete page; None where there is no choice."""
    main = tab.locator("[data-testid=stMain]")
    watch = f"() => ({{ done: ({NEXT_RUN.strip()})() }})"
    buttons = main.locator("[data-testid=stButtonGroup] button[aria-checked=false]")
    lists = main.locator("[data-testid=stSelectbox] input")
    if buttons.count():
        waiting = tab.evaluate_handle(watch)
        buttons.first.click()
    elif lists.count():
        lists.first.click()
        tab.keyboard.press("ArrowDown")
        waiting = tab.evaluate_handle(watch)
        tab.keyboard.press("Enter")
    else:
        return None
    found: float | None = tab.evaluate("held => held.done", waiting)
    return found


def _openings(tab: Page, repeats: int) -> list[float]:
    """Seconds from a click on each of the first closed charts until it is drawn."""
    taken: list[float] = []
    for _ in range(repeats):
        milliseconds = tab.evaluate(OPEN_NEXT)
        if milliseconds is None:
            break
        taken.append(float(milliseconds) / 1000)
    return taken


def crowd(address: str, viewers: int, *, seconds: float, pause: float) -> list[float]:
    """The seconds of every run that so many sessions had within a time."""
    taken: list[float] = []
    over = threading.Event()

    def watch(delay: float) -> None:
        time.sleep(delay)
        with viewer(address, "") as session:
            session.run()
            while True:
                taken.append(session.run().seconds)
                if over.wait(pause):
                    return

    tabs = [threading.Thread(target=watch, args=(pause * at / viewers,)) for at in range(viewers)]
    for tab in tabs:
        tab.start()
    time.sleep(seconds)
    over.set()
    for tab in tabs:
        tab.join()
    return taken


def crowds(
    address: str, *, seconds: float, pause: float, until: float
) -> Iterator[tuple[int, float, float]]:
    """Viewers, median and 95th percentile of a run, doubling until that percentile doubles."""
    viewers, alone = 1, 0.0
    while viewers <= MOST_VIEWERS and (viewers == 1 or time.monotonic() < until):
        taken = crowd(address, viewers, seconds=seconds, pause=pause)
        yield viewers, statistics.median(taken), p95(taken)
        alone = alone or p95(taken)
        if p95(taken) > 2 * alone:
            return
        viewers *= 2


def lines(found: Sequence[PageTimes]) -> Iterator[str]:
    """The table: seconds by page and size, each beside its target, and processor seconds."""
    yield (
        f"{'page':<18}{'times':>6}{'words':>7}{'cold':>7}{'warm':>7}{'p95':>7}{'<= 1 s':>8}"
        f"{'act':>7}{'p95':>7}{'<= 0.5 s':>9}{'open':>7}{'server':>8}"
        f"{'cpu: run':>10}{'draw':>7}{'act':>7}"
    )
    for each in found:
        yield (
            f"{each.page:<18}{each.times:>6}{each.cold_words:>7.2f}{each.cold:>7.2f}"
            + _judged(each.warm, WARM_SECONDS, 8)
            + _judged(each.interaction, INTERACTION_SECONDS, 9)
            + _middle(each.opening, 7)
            + f"{statistics.median(each.server):>8.2f}"
            + _middle([done.server for done in each.running], 10)
            + _middle([done.browser for done in each.drawing], 7)
            + _middle([done.server + done.browser for done in each.acting], 7)
        )


def _judged(seconds: Sequence[float], target: float, width: int) -> str:
    if not seconds:
        return f"{'-':>7}{'-':>7}{'-':>{width}}"
    middle = statistics.median(seconds)
    verdict = "reached" if middle <= target else "MISSED"
    return f"{middle:>7.2f}{p95(seconds):>7.2f}{verdict:>{width}}"


def _middle(seconds: Sequence[float], width: int) -> str:
    return f"{statistics.median(seconds):>{width}.2f}" if seconds else f"{'-':>{width}}"


def verdicts(found: Sequence[PageTimes], *, times: int) -> Iterator[str]:
    """For each target, how many pages reach it at a size, and which do not."""
    mine = [each for each in found if each.times == times]
    for name, target, taken in (
        ("warm page", WARM_SECONDS, [(each.page, each.warm) for each in mine]),
        ("interaction", INTERACTION_SECONDS, [(each.page, each.interaction) for each in mine]),
        ("opened chart", INTERACTION_SECONDS, [(each.page, each.opening) for each in mine]),
    ):
        known = [(page, statistics.median(seconds)) for page, seconds in taken if seconds]
        missed = [f"{page} {middle:.2f} s" for page, middle in known if middle > target]
        yield (
            f"{times} times, {name} <= {target:g} s: {len(known) - len(missed)} of {len(known)} "
            f"pages{'; missed: ' + ', '.join(missed) if missed else ''}"
        )


def measure(options: argparse.Namespace, home: HubHome, folder: Path) -> None:
    """Print everything, as it is found."""
    from playwright.sync_api import sync_playwright

    end = time.monotonic() + 60 * options.minutes
    busy, cores = os.getloadavg()[0], os.cpu_count()
    print(f"{cores} processors, {busy:.1f} processes wanted to run in the last minute", flush=True)
    found: list[PageTimes] = []
    with ExitStack() as held:
        playwright = held.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=options.chromium, args=LAUNCH_ARGS)
        for at, times in enumerate(options.times):
            used: Any = home
            if times != 1:
                used, rows = grown_home(home, folder / f"times-{times}", times=times)
                print(f"{times} times: {rows.get('metrics.observations', 0):,} observations")
            until = _share(end, parts=len(options.times) - at)
            with served(used) as address:
                found += _print_pages(browser, address, options, times=times, until=until)
                if options.seconds:
                    _print_crowds(address, options, until=until)
        browser.close()
    for times in options.times:
        print("\n".join(verdicts(found, times=times)))


def _share(end: float, *, parts: int) -> float:
    """When the first of so many equal parts of the time up to `end` is over."""
    now = time.monotonic()
    return now + max(end - now, 0) / parts


def _print_pages(
    browser: Browser, address: str, options: argparse.Namespace, *, times: int, until: float
) -> list[PageTimes]:
    """Measure every page for which there is time, printing each as it is found."""
    found: list[PageTimes] = []
    wanted = options.page or PAGES
    reserved = until - CROWDS * options.seconds
    for at, page in enumerate(wanted):
        if time.monotonic() >= until:
            print(f"left out for want of time: {', '.join(wanted[at:])}", flush=True)
            break
        one = measure_page(
            browser,
            address,
            page,
            times=times,
            repeats=options.repeats,
            until=_share(reserved, parts=len(wanted) - at),
        )
        print("\n".join(list(lines([one]))[bool(at) :]), flush=True)
        found.append(one)
    return found


def _print_crowds(address: str, options: argparse.Namespace, *, until: float) -> None:
    last, high, alone = 0, 0.0, 0.0
    for viewers, median, high in crowds(
        address, seconds=options.seconds, pause=options.pause, until=until
    ):
        print(f"{viewers:>4} viewers: median {median:.2f} s, p95 {high:.2f} s", flush=True)
        alone = alone or high
        last = viewers
    doubled = "doubled" if high > 2 * alone else "not doubled"
    print(f"p95 of one viewer {alone:.2f} s; {doubled} at {last} viewers", flush=True)


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
    parser.add_argument("--repeats", type=int, default=4, help="Warm runs of each page.")
    parser.add_argument("--page", nargs="+", choices=PAGES, help="Only these pages.")
    parser.add_argument("--seconds", type=float, default=6, help="A crowd's time; 0: no crowds.")
    parser.add_argument("--pause", type=float, default=2, help="Seconds between a viewer's runs.")
    parser.add_argument("--minutes", type=float, default=6, help="The longest, about.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bellwether-pages-") as folder:
        measure(options, find_home(options.home), Path(folder))


if __name__ == "__main__":
    main()
