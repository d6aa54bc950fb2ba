"""Does every control of every page, when a reader uses it, change what is shown and the address?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, DownloadButton, Widget

from dashboards.deep_links import PARAMETERS, VIEW
from dashboards.offline import page_names
from dashboards.view import Named, Segment, Span
from hub.home import HOME_VARIABLE, HubHome
from tests.dashboards.generated_choices import PROJECT, SERVICE, SURFACE

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
JANUARY = Span(date(2025, 1, 1), date(2025, 1, 31))
FEBRUARY = Span(date(2025, 2, 1), date(2025, 2, 28))
TABLET = Segment("platform", "tablet")
BETWEEN = {"period": "between"}
MONTHS = {"grain": "month"}
ALL_MONTHS = {"period": "all", "grain": "month"}
ERRORS_ROSE = "Error ratio rose, 2 Mar 2025 10:00"


@dataclass(frozen=True)
class Use:
    """A control set to a value, in the view of an address: what comes to be read, what goes."""

    key: str
    value: Any
    spelled: str
    comes: str = ""
    goes: str = ""
    address: Mapping[str, str] = field(default_factory=dict)


USES: dict[str, tuple[Use, ...]] = {
    "success_metrics": (
        Use("period", JANUARY, "2025-01", "39,208 € in January 2025"),
        Use("grain", "week", "week", "9,018 € in the week of 3 Mar 2025"),
        Use("comparison", "year-ago", "year-ago", "From February 2024 to February 2025"),
        Use("segment", Segment("country", "DE"), "country:DE", "27,070 € in February 2025"),
        Use("kpi", "Orders", "Orders", "How did orders go?", "How did revenue go?"),
        Use("markers", ["Promotions"], "Promotions", "**1** Autumn sale", "**1** ranker 1.0"),
        Use("model", "search", "search", "", "ranker 1.8, ", {"markers": "All releases"}),
        Use("by", "channel", "channel", "web took away most", "DE took away most: 2,058 €"),
        Use("to", date(2024, 10, 31), "2024-10-31", "37,031 € in October 2024", "", BETWEEN),
        Use("from", date(2024, 11, 1), "2024-11-01", "a table of 4 rows", "", BETWEEN),
    ),
    "what_moves_sales": (
        Use("link", "l3", "l3", "There is no effect by lag to show.", "Effect by lag of ranker"),
        Use("release", "ranker.1.1.revenue", "ranker.1.1.revenue", "around ranker 1.1, 10 Apr"),
        Use("moved", "Orders", "Orders", "ranker is not shown to have moved orders"),
        Use("model", "search", "search", "confounded for 1 of 1 link", "1 of 3 models moved"),
        Use("verdict", "no evidence", "no evidence", "has the verdict “no evidence”"),
        Use("period", Named.TWO_WEEKS, "last-2-weeks", "0 experiments ended in the period"),
        Use("to", date(2024, 5, 1), "2024-05-01", "0 of 1 model release", "search,3.0", BETWEEN),
        Use(
            "from",
            date(2024, 5, 1),
            "2024-05-01",
            "0 of 1 model release",
            "ranker,1.1,2024",
            BETWEEN,
        ),
    ),
    "link_explorer": (
        Use("period", FEBRUARY, "2025-02", "a table of 28 rows"),
        Use("metric", "search/mrr", "search/mrr", "confounded: search MRR → Revenue"),
        Use("kpi", "orders", "orders", "no evidence: ranker NDCG@10 → Orders"),
        Use("to", date(2024, 3, 31), "2024-03-31", "a table of 91 rows", "", BETWEEN),
        Use("from", date(2025, 2, 1), "2025-02-01", "a table of 40 rows", "", BETWEEN),
    ),
    "experiments": (
        Use("offline", "ranker/recall", "ranker/recall", "The lift did not follow recall."),
        Use("period", Named.TWO_WEEKS, "last-2-weeks", "2 experiments measured it", "exp-1-recall"),
        Use("to", date(2024, 1, 10), "2024-01-10", "0 guardrails were read out", "", BETWEEN),
        Use(
            "from", date(2024, 1, 3), "2024-01-03", "2 experiments measured it", "exp-1-re", BETWEEN
        ),
        Use("on", "orders", "orders", "1 of 1 read-out moved orders", "moved revenue"),
    ),
    "exposure_audit": (
        Use("period", FEBRUARY, "2025-02", "a table of 28 rows", "2025-01-02,11020"),
        Use("since", "All days that are known", "All days that are known", "since 15 Jan 2025."),
        Use("releases_of", SERVICE, SERVICE, f"of home by position and release of {SERVICE}"),
        Use("surface", SURFACE, SURFACE, "Most lists have drawn 3 positions since 20 Jan"),
        Use("grain", "month", "month", "compare with the month before?"),
        Use("comparison", "year-ago", "year-ago", "compare with a year ago?", "", MONTHS),
        Use("segment", TABLET, "platform:tablet", "platform tablet alone", "", MONTHS),
        Use("to", date(2025, 1, 31), "2025-01-31", "a table of 60 rows", "", BETWEEN),
        Use("from", date(2025, 2, 1), "2025-02-01", "a table of 40 rows", "", BETWEEN),
        Use("service", SERVICE, SERVICE, "50.0 % of what search-api was served"),
    ),
    "service_health": (
        Use(
            "period",
            FEBRUARY,
            "2025-02",
            "26,242 requests without an error from 1 Feb 2025 to",
        ),
        Use("change", ERRORS_ROSE, ERRORS_ROSE, "Error ratio of reco-api around its change"),
        Use("capacity_markers", [], "", "", '"name":"Incident"'),
        Use("grain", "month", "month", "+20.0 % against January 2025 (1,000 requests)"),
        Use("comparison", "year-ago", "year-ago", "compare with a year ago?", "", MONTHS),
        Use("segment", TABLET, "platform:tablet", "platform tablet alone", "", MONTHS),
        Use("to", date(2025, 1, 31), "2025-01-31", "59,281 requests", "", BETWEEN),
        Use("from", date(2025, 2, 1), "2025-02-01", "38,732 requests", "", BETWEEN),
        Use("service", SERVICE, SERVICE, "search-api answered 99.61", "reco-api answered"),
    ),
    "delivery": (
        Use("period", FEBRUARY, "2025-02", "of 25 items finished in this span"),
        Use("project", PROJECT, PROJECT, "the open items of WEB", "the open items of SHOP"),
        Use("grain", "month", "month", "finished and created a month", "", {"period": "all"}),
        Use("comparison", "year-ago", "year-ago", "compare with a year ago?", "", ALL_MONTHS),
        Use("to", date(2024, 10, 6), "2024-10-06", "of 30 items finished in this", "", BETWEEN),
        Use("from", date(2025, 2, 3), "2025-02-03", "of 36 items finished in this", "", BETWEEN),
    ),
    "data_health": (),
    "catalogue": (
        Use("source", "orders", "orders", "2 of 3 columns are filled"),
        Use("metric", "ndcg_at_10", "ndcg_at_10", "**1 Files:** mlflow (nothing"),
        Use("search", "ndcg", "ndcg", "1 of 2 metrics", "2 of 2 metrics"),
    ),
}


@dataclass
class Page:
    """A page that is open: as it came, its downloads by name, and whether it has been used."""

    app: AppTest
    usual: str
    tables: list[pd.DataFrame]
    downloads: dict[str, Callable[[], bytes]]
    is_used: bool = False


@pytest.fixture(scope="module")
def opened() -> dict[str, Page]:
    """The pages that are open, by name; a test that fails leaves none behind."""
    return {}


@pytest.fixture
def open_page(
    home_with_choices: HubHome, opened: dict[str, Page], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Page]:
    """Opens a page, or takes the one that is open."""
    monkeypatch.setenv(HOME_VARIABLE, str(home_with_choices.root))

    def take(name: str) -> Page:
        return opened.pop(name, None) or _opened(name, monkeypatch)

    return take


def _opened(name: str, monkeypatch: pytest.MonkeyPatch, **address: str) -> Page:
    downloads: dict[str, Callable[[], bytes]] = {}
    add = MediaFileManager.add_deferred

    def noted(self: MediaFileManager, data: Any, *given: Any, **named: Any) -> str:
        downloads[str(named.get("file_name") or given[2])] = data
        return add(self, data, *given, **named)

    app = AppTest.from_file(str(APP), default_timeout=60).run()
    with monkeypatch.context() as patched:
        patched.setattr(MediaFileManager, "add_deferred", noted)
        app.query_params.update(address)
        app.switch_page(f"app_pages/{name}.py").run()
    assert not app.exception
    return Page(app, _shown(app), [each.value for each in app.dataframe], downloads)


def _walk(block: Block) -> Iterator[Any]:
    for child in block.children.values():
        if isinstance(child, Block):
            yield from _walk(child)
        else:
            yield child


def _controls(app: AppTest) -> dict[str, Any]:
    """The widgets of a page by key, without what only downloads."""
    found = [each for each in (*_walk(app.main), *_walk(app.sidebar)) if isinstance(each, Widget)]
    return {str(each.key): each for each in found if not isinstance(each, DownloadButton)}


def _shown(app: AppTest) -> str:
    """Every word, card, chart and row of a table."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.subheader)
    said = [str(element.value) for kind in kinds for element in kind]
    said += [f"{each.label} {each.value} {each.proto.delta_description}" for each in app.metric]
    said += [f"{each.label} {each.value} {each.delta}" for each in app.metric]
    said += [f"{each.proto.alt}\n{each.proto.spec}" for each in app.get("plotly_chart")]
    tables = [each.value for each in app.dataframe]
    said += [f"a table of {len(rows)} rows\n{rows.to_csv(index=False)}" for rows in tables]
    return "\n".join(said).replace("\\", "").replace("\xa0", " ")


@pytest.mark.parametrize("name", USES)
def test_every_table_downloads_as_it_is_shown(
    name: str, open_page: Callable[[str], Page], opened: dict[str, Page]
) -> None:
    page = opened[name] = open_page(name)
    files = {file: data for file, data in page.downloads.items() if file.endswith(".csv")}
    assert len(files) == len(page.tables) > 0
    for data, table in zip(files.values(), page.tables, strict=True):
        read = pd.read_csv(BytesIO(data()), encoding="utf-8-sig")
        assert list(read.columns) == [str(column) for column in table.columns]
        assert len(read) == len(table)
        for column in table.select_dtypes("number").columns:
            assert read[column].tolist() == pytest.approx(table[column].tolist(), nan_ok=True)


@pytest.mark.parametrize(
    ("name", "use"),
    [
        pytest.param(name, use, id=f"{name}-{use.key}")
        for name, uses in USES.items()
        for use in uses
    ],
)
def test_a_control_changes_what_is_shown_and_the_address_and_no_other_does(
    name: str, use: Use, open_page: Callable[[str], Page], opened: dict[str, Page]
) -> None:
    page = open_page(name)
    app, before = page.app, page.usual
    if page.is_used or use.address:
        app.query_params.clear()
        app.query_params.update(use.address)
        app.run()
        before = _shown(app) if use.address else before
    _controls(app)[use.key].set_value(use.value)
    app.run()
    assert not app.exception
    assert app.query_params == {**use.address, use.key: use.spelled}
    assert _controls(app)[use.key].value == use.value
    after = _shown(app)
    assert use.comes or use.goes
    told = {word: (word in before, word in after) for word in (use.comes, use.goes) if word}
    assert told.get(use.comes, (False, True)) == (False, True), told
    assert told.get(use.goes, (True, False)) == (True, False), told
    page.is_used = True
    opened[name] = page


@pytest.mark.parametrize("name", USES)
def test_a_page_has_the_controls_that_are_tested_and_no_other(
    name: str, open_page: Callable[[str], Page]
) -> None:
    app = open_page(name).app
    found = set(_controls(app))
    if "period" in found:
        _controls(app)["period"].set_value("between")
        app.run()
        found |= set(_controls(app))
    assert found == {use.key for use in USES[name]}
    assert found == {key for key in found if key in VIEW} | set(PARAMETERS[name])


def test_every_page_is_tested() -> None:
    assert set(USES) == {name.replace("-", "_") for name in page_names()} == set(PARAMETERS)


def test_the_button_for_the_page_gives_the_file_of_the_view_that_is_open(
    home_with_choices: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(home_with_choices.root))
    page = _opened("catalogue", monkeypatch, search="ndcg")
    text = page.downloads["catalogue.html"]().decode()
    assert text.startswith("<!doctype html>")
    assert "1 of 2 metrics" in text
    assert "build choices" in text
    assert "--view search=ndcg" in text
