"""How does each element of a page read as HTML? One function a kind, and no kind passed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any

from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1.element_tree import Block

from dashboards.export_control import ALONG
from dashboards.offline_tables import table_html
from dashboards.offline_words import attribute, html_of, inline_of, text_of

ALERTS = {"info": "Note", "warning": "Attention", "error": "Error", "success": "Done"}
DEFAULT_CHART_HEIGHT = 450
# what has no meaning outside a browser that is connected to a server
CONTROLS_ONLY = ("download_button", "button", "space")
_ARROWS = {"UP": "↑", "DOWN": "↓"}


class UnknownPart(Exception):
    """A page shows an element that no exported file can hold yet; the message names it."""


def parts_html(block: Block) -> str:
    """Everything inside a block, in the order of the page."""
    return "\n".join(filter(None, (_node(each) for each in _children(block))))


def chosen(node: Any) -> list[str]:
    """What is chosen in a control, in the words of its options."""
    value = node.value
    named = getattr(node, "format_func", None)
    if named is not None:
        is_many = isinstance(value, list | tuple)
        words = [str(named(each)) for each in (value if is_many else [value])]
        return [each for each in words if each in node.options]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [] if value is None else [str(value)]


def _children(block: Block) -> list[Any]:
    return [block.children[at] for at in sorted(block.children)]


def _node(node: Any) -> str:
    if isinstance(node, Block):
        return _block(node)
    write = WRITERS.get(node.type)
    if write is None:
        raise UnknownPart(
            f"an element of kind {node.type!r} has no form in an exported page; "
            "give it one in dashboards/offline_parts.py"
        )
    return write(node)


def _block(block: Block) -> str:
    inside = parts_html(block)
    if not inside:
        return ""
    match block.type:
        case "expander" | "popover":
            return _details(block, inside)
        case "tab":
            return f'<section><h3 class="tab">{inline_of(block.proto.label)}</h3>{inside}</section>'
        case "column":
            return f'<div class="column">{inside}</div>'
        case "flex_container":
            return _container(block.proto.flex_container, inside)
        case "tab_container" | "vertical" | "horizontal" | "unknown" | "container":
            return f"<div>{inside}</div>"
    raise UnknownPart(f"a container of kind {block.type!r} has no form in an exported page")


def _details(block: Block, inside: str) -> str:
    label = getattr(block.proto, "label", "") or block.proto.popover.label
    if label == ALONG:
        return ""
    # what is drawn is part of the page: it is open in a file
    state = " open" if 'class="plot"' in inside else ""
    return f"<details{state}><summary>{inline_of(label)}</summary>\n{inside}\n</details>"


def _container(flex: Any, inside: str) -> str:
    is_row = flex.direction == flex.Direction.HORIZONTAL
    kinds = [name for name, is_so in (("row", is_row), ("card", flex.border)) if is_so]
    return f'<div class="{" ".join(kinds)}">{inside}</div>' if kinds else f"<div>{inside}</div>"


def _heading(level: int) -> Callable[[Any], str]:
    def write(node: Any) -> str:
        return f"<h{level}>{inline_of(node.proto.body)}</h{level}>"

    return write


def _markdown(node: Any) -> str:
    return f'<div class="words">{html_of(node.proto.body)}</div>'


def _caption(node: Any) -> str:
    return f'<div class="caption">{html_of(node.proto.body)}</div>'


def _alert(node: Any) -> str:
    return (
        f'<div class="alert {node.type}" role="note"><b class="sign">{ALERTS[node.type]}:</b> '
        f"{html_of(node.proto.body)}</div>"
    )


def _code(node: Any) -> str:
    return f"<pre><code>{escape(node.proto.code_text)}</code></pre>"


def _text(node: Any) -> str:
    return f"<pre>{escape(node.proto.body)}</pre>"


def _html(node: Any) -> str:
    """The pages' own HTML: their style, for which the file has its own, and small lines."""
    body: str = node.proto.body.strip()
    if body.startswith('<img class="spark"') and body.count("<") == 1:
        return body
    if body.startswith("<style>") and body.endswith("</style>") and body.count("<style>") == 1:
        return ""
    raise UnknownPart("st.html with more than a style has no form in an exported page")


def _metric(node: Any) -> str:
    proto = node.proto
    arrow = _ARROWS.get(proto.MetricDirection.Name(proto.direction), "")
    colour = proto.MetricColor.Name(proto.color).lower()
    change = f"{arrow} {escape(proto.delta)}"
    delta = f'<span class="delta {colour}">{change}</span>' if proto.delta else ""
    judged = f' <span class="judged">{inline_of(proto.delta_description)}</span>'
    told = f'<p class="caption">{inline_of(proto.help)}</p>' if proto.help else ""
    return (
        f'<div class="metric"><p class="label">{inline_of(proto.label)}</p>'
        f'<p class="value">{inline_of(proto.body)}</p>'
        f"<p>{delta}{judged if proto.delta_description else ''}</p>"
        f"{told}</div>"
    )


def _dataframe(node: Any) -> str:
    text = node.proto.arrow_data.styler.display_values
    return table_html(
        node.value,
        node.proto.columns,
        name=_key(node).removeprefix("table_"),
        written=convert_arrow_bytes_to_pandas_df(text) if text else None,
    )


def _key(node: Any) -> str:
    """The name a page gave an element."""
    return str(node.key or getattr(node.proto, "id", "").rpartition("-")[2] or node.type)


def _chart(node: Any) -> str:
    """A place for the chart, and what Plotly draws it from."""
    figure, config = json.loads(node.proto.spec), json.loads(node.proto.config or "{}")
    height = figure.get("layout", {}).get("height") or DEFAULT_CHART_HEIGHT
    given = {"data": figure["data"], "layout": figure.get("layout", {}), "config": config}
    text = json.dumps(given, ensure_ascii=False).replace("<", "\\u003c")
    alt = attribute(getattr(node.proto, "alt", "") or _key(node))
    return (
        f'<figure><div class="plot" role="img" aria-label="{alt}" style="height:{height}px"></div>'
        f'<script type="application/json">{text}</script>'
        f"<noscript>{alt}: drawn with JavaScript; the table below holds the same.</noscript>"
        "</figure>"
    )


def _page_link(node: Any) -> str:
    """Where the page leads; there is no server that a link could ask."""
    page = str(node.proto.page).replace("-", " ") or "first page"
    return (
        f'<p class="leads">→ {inline_of(node.proto.label)} <span>(page {escape(page)})</span></p>'
    )


def _link_button(node: Any) -> str:
    label, address = inline_of(node.proto.label), attribute(node.proto.url)
    return f'<p class="leads"><a href="{address}" rel="noreferrer">{label}</a></p>'


def _control(node: Any) -> str:
    """What was chosen when the page was written down."""
    label = inline_of(node.proto.label)
    words = ", ".join(chosen(node)) or "–"
    more = getattr(node.proto, "help", "")
    told = f' <span class="caption">{inline_of(more)}</span>' if more else ""
    return f'<p class="choice">{label}: <b>{escape(words)}</b>{told}</p>'


def _exception(node: Any) -> str:
    raise UnknownPart(f"the page failed: {node.proto.type}: {text_of(node.proto.message)}")


WRITERS: dict[str, Callable[[Any], str]] = {
    "title": _heading(1),
    "header": _heading(2),
    "subheader": _heading(2),
    "markdown": _markdown,
    "caption": _caption,
    "divider": lambda _: "<hr>",
    "code": _code,
    "text": _text,
    "html": _html,
    "metric": _metric,
    "dataframe": _dataframe,
    "arrow_data_frame": _dataframe,
    "plotly_chart": _chart,
    "page_link": _page_link,
    "link_button": _link_button,
    "exception": _exception,
    **dict.fromkeys(ALERTS, _alert),
    **dict.fromkeys(CONTROLS_ONLY, lambda _: ""),
    **dict.fromkeys(
        (
            "button_group",
            "checkbox",
            "date_input",
            "multiselect",
            "number_input",
            "radio",
            "select_slider",
            "selectbox",
            "slider",
            "text_input",
            "toggle",
        ),
        _control,
    ),
}
