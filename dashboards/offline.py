"""What does a page show when no server runs? The page's own script, run once in this process.

Streamlit's test runner executes `app.py` and the page exactly as a session would and keeps the
tree of elements; nothing of a page is written a second time. See docs/decisions/0011.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboards.offline_words import text_of
from dashboards.page_parts import OLDER_BUILD, settings
from hub.home import HOME_VARIABLE, HubHome
from hub.warehouse import PublishedBuild, last_good_build

APP = Path(__file__).with_name("app.py")
LONGEST_RUN_SECONDS = 120
# how dashboards.view.refusal and dashboards.address.unknown begin
REFUSED = "The address says "
View = Mapping[str, list[str]]


class PageFailed(Exception):
    """The page cannot be shown as asked; the message says why and what there is instead."""


@dataclass(frozen=True)
class ShownPage:
    """A page as it was shown: its name as its address has it, its elements, the view, the build.

    `zone` is that of the times on the page.
    """

    home: HubHome
    name: str
    app: AppTest
    view: View
    build: PublishedBuild
    zone: tzinfo = UTC

    @property
    def main(self) -> Block:
        return self.app.main

    @property
    def query(self) -> str:
        """The view as the page's address has it."""
        return urlencode({key: list(given) for key, given in self.view.items()}, doseq=True)

    @property
    def title(self) -> str:
        return str(self.app.title[0].value)

    @property
    def stamp(self) -> str:
        """Whose data it is, through when, when it was built, and in which zone (Markdown)."""
        return str(self.app.caption[0].value)


def view_of(text: str) -> dict[str, list[str]]:
    """The options of a view: a pasted address of a page, or what stands behind its `?`."""
    query = urlsplit(text).query if "://" in text else text.lstrip("?")
    found = parse_qs(query, keep_blank_values=True)
    if any("=" not in part for part in query.split("&") if query):
        raise PageFailed(
            f"{text!r} is no view: expected name=value&name=value, or a page's address"
        )
    return found


def show_page(
    home: HubHome, name: str, view: View | None = None, *, theme: Literal["light", "dark"] = "light"
) -> ShownPage:
    """Run a page on the home's published build.

    Raises `NothingPublished` without a build, `PageFailed` when the page is unknown, ends with an
    error, or has no place for a part of `view`.
    """
    build = last_good_build(home)
    script = APP.parent / "app_pages" / f"{name.replace('-', '_')}.py"
    if not script.is_file():
        raise PageFailed(f"there is no page {name!r}; there are {', '.join(page_names())}")
    app = _run(home, script.stem, view or {}, theme)
    config, _ = settings(home)
    zone = config.zone if config else UTC
    shown = ShownPage(home, script.stem.replace("_", "-"), app, view or {}, build, zone)
    _check(shown)
    return shown


def page_names() -> list[str]:
    """The pages' names, as the command takes them."""
    scripts = sorted((APP.parent / "app_pages").glob("[a-z]*.py"))
    return [script.stem.replace("_", "-") for script in scripts]


def _run(home: HubHome, name: str, view: View, theme: str) -> AppTest:
    # it warns of every read of a cache outside a server
    set_log_level("error")
    app = AppTest.from_file(str(APP), default_timeout=LONGEST_RUN_SECONDS)
    app.context = {"theme": theme}
    # the first run registers the pages; only then can another than the first be opened. In a home
    # without a build it ends before it has read and drawn the first page.
    with _home_in_environment(HubHome(APP.parent)):
        app.run()
    app.switch_page(f"app_pages/{name}.py")
    app.query_params = {key: given[0] if len(given) == 1 else given for key, given in view.items()}
    with _home_in_environment(home):
        return app.run()


@contextmanager
def _home_in_environment(home: HubHome) -> Iterator[None]:
    """Name the home as the launcher of the pages does."""
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(home.root)
    try:
        yield
    finally:
        if before is None:
            del os.environ[HOME_VARIABLE]
        else:
            os.environ[HOME_VARIABLE] = before


def _check(shown: ShownPage) -> None:
    """Nothing asked for may be passed over in silence: what the page refuses is an error here."""
    if shown.app.exception:
        first = shown.app.exception[0].proto
        raise PageFailed(f"the page {shown.name} ended with {first.type}: {first.message}")
    warnings = [each.proto.body for each in shown.app.warning]
    if older := [text_of(each) for each in warnings if OLDER_BUILD in each]:
        raise PageFailed(f"{shown.name}: {older[0]} Run `bellwether run` first.")
    refused = [each for each in warnings if each.startswith(REFUSED)]
    if refused:
        raise PageFailed(f"{shown.name}: {' '.join(text_of(each) for each in refused)}")
