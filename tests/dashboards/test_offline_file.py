"""Does an exported page hold everything that the page shows, and nothing that asks for more?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboards.export_control import ALONG
from dashboards.offline import PageFailed, ShownPage, page_names, show_page, view_of
from dashboards.offline_file import page_file
from dashboards.offline_look import css, dark_colours
from dashboards.offline_parts import UnknownPart, parts_html
from dashboards.tokens import DARK, LIGHT
from hub.home import HubHome
from hub.warehouse import NothingPublished

NOW = datetime(2025, 3, 13, 8, tzinfo=UTC)
WORD = re.compile(r"[^\W_]+")
DIRECTIVE = re.compile(r":(?:material/\w+:|[a-z]+(?:-badge|-background)?(?=\[))")
SCRIPTS = re.compile(r"<(script|style)[^>]*>.*?</\1>", re.DOTALL)


class Read(HTMLParser):
    """What a reader of the file sees: words in order, tables with their cells, charts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.charts: list[dict[str, Any]] = []
        self.addresses: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = tag if tag in ("script", "style") else ""
        self.addresses += [str(given[name]) for name in ("src", "href", "data") if name in given]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables:
            self.tables[-1][-1].append(given.get("data-value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data.startswith('{"data":'):
            self.charts.append(json.loads(data))
        if not self._inside:
            self.words += WORD.findall(data)


def _elements(block: Block) -> Iterator[Any]:
    for at in sorted(block.children):
        child = block.children[at]
        if isinstance(child, Block):
            if getattr(child.proto, "label", "") == ALONG:
                continue  # a file does not offer itself
            yield from _labels(child)
            yield from _elements(child)
        else:
            yield child


def _labels(block: Block) -> Iterator[str]:
    if label := getattr(block.proto, "label", ""):
        yield str(label)


def _said(element: Any) -> Iterator[str]:
    """The texts of one element of the page, as Markdown."""
    if isinstance(element, str):
        yield element
        return
    for name in ("body", "label", "delta", "delta_description", "help", "code_text", "alt"):
        text = getattr(element.proto, name, "")
        if text and element.type not in ("download_button", "html", "plotly_chart"):
            yield str(text)
    if element.type in ("selectbox", "button_group"):
        chosen = element.value if isinstance(element.value, list) else [element.value]
        yield from (str(element.format_func(each)) for each in chosen)
    if element.type == "dataframe":
        config = json.loads(element.proto.columns)
        yield from (str(config[name]["label"]) for name in map(str, element.value.columns))


def _words(markdown: str) -> list[str]:
    """The words of Markdown by another way than the file's: escapes, marks and links taken out."""
    html = MarkdownIt("commonmark", {"html": False}).renderInline(DIRECTIVE.sub("", markdown))
    return WORD.findall(re.sub(r"&\w+;|<[^>]*>", " ", html))


def _shown_words(shown: ShownPage) -> list[str]:
    return [word for each in _elements(shown.main) for text in _said(each) for word in _words(text)]


@pytest.mark.parametrize("page", page_names())
def test_the_file_holds_every_word_chart_table_and_number_of_the_page(
    page: str, hub_home: HubHome
) -> None:
    shown = show_page(hub_home, page)
    read = Read(page_file(shown, written_at=NOW))
    rest = iter(read.words)
    lost = [word for word in _shown_words(shown) if word not in rest and word not in read.words]
    assert lost == []
    specs = [json.loads(each.proto.spec) for each in shown.app.get("plotly_chart")]
    assert [chart["data"] for chart in read.charts] == [spec["data"] for spec in specs]
    assert [len(rows) - 1 for rows in read.tables] == [len(t.value) for t in shown.app.dataframe]
    assert len(read.charts) >= 1


def test_the_cells_of_a_table_are_written_as_the_page_does_and_kept_in_full(
    hub_home: HubHome,
) -> None:
    shown = show_page(hub_home, "success-metrics")
    text = parts_html(shown.main)
    trend = next(t.value for t in shown.app.dataframe if "previous_value" in t.value)
    first = trend.iloc[0]
    assert f'data-value="{first["period_start"]:%Y-%m-%d}"' in text
    assert f">{first['period_start']:%-d %b %Y}</td>" in text
    assert 'data-name="value">value (€)</th>' in text
    for value in trend["value"]:
        assert f'data-value="{value}"' in text or f">{value}</td>" in text


def test_the_file_asks_for_nothing_and_says_how_old_the_data_is(hub_home: HubHome) -> None:
    text = page_file(show_page(hub_home, "what-moves-sales"), written_at=NOW)
    bare = SCRIPTS.sub("", text)
    assert [each for each in Read(bare).addresses if not each.startswith(("data:", "blob:"))] == []
    assert "@import" not in text.partition("<script>")[0]
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert text.count("plotly.js v") == 1
    assert "Data through 12 Mar 2025 (" in bare
    # one clock for both, the hub's, which both name
    assert re.search(r"built [\w :]+ Europe/Berlin \(build [^<]*\)</p>", bare)
    assert "Written down on 13 Mar 2025 09:00 (Europe/Berlin)" in bare
    assert bare.count("bellwether export what-moves-sales") == 1
    assert ALONG not in bare


def test_a_pdf_names_the_command_that_makes_a_pdf(hub_home: HubHome) -> None:
    text = page_file(show_page(hub_home, "data-health"), written_at=NOW, style="pdf")
    assert "bellwether export data-health --format pdf" in text
    assert "--format html" not in SCRIPTS.sub("", text)


def test_every_chart_is_in_the_dark_what_the_page_draws_in_the_dark(hub_home: HubHome) -> None:
    """The file recolours light charts; that is right only as long as nothing but tokens differ."""
    dark = dark_colours()

    def recoloured(text: str) -> str:
        text = re.sub(r"#[0-9a-fA-F]{6}\b", lambda c: dark.get(c[0].lower(), c[0]), text)
        return re.sub(r"rgba?\((\d+), ?(\d+), ?(\d+)", _rgb, text)

    def _rgb(found: re.Match[str]) -> str:
        name = "#" + "".join(f"{int(part):02x}" for part in found.groups())
        if name not in dark:
            return found[0]
        parts = [str(int(dark[name][at : at + 2], 16)) for at in (1, 3, 5)]
        return f"{found[0].partition('(')[0]}({','.join(parts)}"

    for page in ("success-metrics", "link-explorer"):
        charts = {}
        for theme in ("light", "dark"):
            shown = show_page(hub_home, page, theme=theme)
            specs = [json.loads(each.proto.spec) for each in shown.app.get("plotly_chart")]
            # the revision names a figure to the browser, and differs by theme
            assert all(each["layout"].pop("datarevision") for each in specs)
            charts[theme] = [json.dumps(each) for each in specs]
        assert LIGHT.surface in charts["light"][0]
        assert DARK.surface in charts["dark"][0]
        assert [json.loads(recoloured(each)) for each in charts["light"]] == [
            json.loads(each) for each in charts["dark"]
        ]


def test_a_view_is_that_of_a_pasted_address(hub_home: HubHome) -> None:
    view = view_of("http://127.0.0.1:8501/success-metrics?grain=week&comparison=year-ago")
    shown = show_page(hub_home, "success_metrics", view)
    assert shown.query == "grain=week&comparison=year-ago"
    assert "week of 3 Mar 2025" in parts_html(shown.main)


@pytest.mark.parametrize(
    ("page", "view", "told"),
    [
        ("success-metrics", "grain=decade", "grain “decade”"),
        ("success-metrics", "grian=week", "grian, which this page has no choice for"),
        ("succes-metrics", "", "no page 'succes-metrics'; there are catalogue, data-health"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(
    page: str, view: str, told: str, hub_home: HubHome
) -> None:
    with pytest.raises(PageFailed, match=told):
        show_page(hub_home, page, view_of(view))


def test_text_that_is_no_view_is_refused() -> None:
    with pytest.raises(PageFailed, match="name=value"):
        view_of("grain")


def test_without_a_build_the_command_that_makes_one_is_named(empty_home: HubHome) -> None:
    with pytest.raises(NothingPublished, match=f"bellwether run --home {empty_home.root}"):
        show_page(empty_home, "delivery")


def test_an_element_nobody_wrote_a_form_for_is_an_error() -> None:
    app = AppTest.from_string("import streamlit as st\nst.json({'a': 1})").run()
    with pytest.raises(UnknownPart, match="kind 'json'"):
        parts_html(app.main)


def test_html_of_a_page_is_not_dropped() -> None:
    app = AppTest.from_string("import streamlit as st\nst.html('<p>told</p>')").run()
    with pytest.raises(UnknownPart, match=r"st\.html"):
        parts_html(app.main)


def test_raw_html_in_words_is_shown_not_run() -> None:
    script = "import streamlit as st\nst.markdown('<script>x</script> **a** [b](/delivery)')"
    text = parts_html(AppTest.from_string(script).run().main)
    assert "&lt;script&gt;x&lt;/script&gt; <strong>a</strong> <a>b</a>" in text


def test_a_definition_is_written_without_backticks() -> None:
    script = (
        "import streamlit as st\nfrom dashboards.wording import prose\n"
        "st.metric('Apdex', 1, help=prose('Counted by `apdex_ms` of the service.'))"
    )
    text = parts_html(AppTest.from_string(script).run().main)
    assert "Counted by <code>apdex_ms</code> of the service." in text


def test_of_a_wide_table_the_first_columns_are_printed_and_of_a_long_one_none() -> None:
    script = (
        "import pandas as pd\nimport streamlit as st\n"
        "st.dataframe(pd.DataFrame([range(12)] * 3, columns=list('abcdefghijkl')))\n"
        "st.dataframe(pd.DataFrame({'a': range(26)}))"
    )
    text = parts_html(AppTest.from_string(script).run().main)
    assert text.count('class="table wide"') == text.count('class="table long"') == 1
    assert ".wide td:nth-child(n+11) { display: none; }" in css()


def test_the_edge_of_a_sheet_leaves_the_frame_of_the_last_card_whole() -> None:
    on_paper = css().partition("@media print {\n  html")[2]
    assert re.search(r"\.row \{[^}]*padding-right: 1px", on_paper)
