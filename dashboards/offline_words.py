"""How does a page's Markdown read as HTML that nothing else is needed for?

The subset is Streamlit's own: CommonMark with tables and strike-through, raw HTML shown as text,
`:colour[…]` and `:colour-badge[…]` as spans, `:material/…:` icons left out as decoration.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

COLOURS = ("red", "orange", "yellow", "blue", "green", "violet", "gray", "grey", "primary")
_DIRECTIVE = re.compile(rf":({'|'.join(COLOURS)}|small)(-badge|-background)?\[")
_ICON = re.compile(r":material/\w+:\s?")
_LEVEL = 2


def html_of(markdown: str) -> str:
    """Blocks of HTML of one Markdown text; its headings stay below the page's title."""
    return str(_parser().render(markdown))


def inline_of(markdown: str) -> str:
    """HTML of Markdown that stands in a line, such as a heading, a label or a button."""
    return str(_parser().renderInline(markdown))


def text_of(markdown: str) -> str:
    """The words alone, for a title or an attribute, not escaped."""
    tokens = _parser().parseInline(markdown)
    return "".join(_words(child) for token in tokens for child in token.children or [])


def attribute(text: object) -> str:
    """`text` for use between the quotation marks of an attribute."""
    return escape(str(text), quote=True)


def _words(token: Token) -> str:
    return " " if token.type in ("softbreak", "hardbreak") else token.content


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("link", "directive", _directive)
    parser.inline.ruler.before("link", "icon", _icon)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("image", _image)
    return parser


def _directive(state: StateInline, silent: bool) -> bool:
    """`:orange-badge[words]` as a span of a class."""
    found = _DIRECTIVE.match(state.src, state.pos)
    if not found:
        return False
    end = state.md.helpers.parseLinkLabel(state, found.end() - 1)
    if end < 0:
        return False
    if not silent:
        last = state.posMax
        state.push("span_open", "span", 1).attrSet("class", _class(found))
        state.pos, state.posMax = found.end(), end
        state.md.inline.tokenize(state)
        state.push("span_close", "span", -1)
        state.posMax = last
    state.pos = end + 1
    return True


def _class(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2] or ''}"


def _icon(state: StateInline, silent: bool) -> bool:
    found = _ICON.match(state.src, state.pos)
    if not found:
        return False
    state.pos = found.end()
    return True


def _heading(_renderer: Any, tokens: Any, at: int, *_: Any) -> str:
    """A page's large sentence is no section of it: `#####` says how large, not how deep."""
    level = int(tokens[at].tag[1])
    if level > _LEVEL + 1:
        return '<p class="answer">' if tokens[at].nesting == 1 else "</p>\n"
    tag = f"h{max(_LEVEL, level)}"
    return f"<{tag}>" if tokens[at].nesting == 1 else f"</{tag}>\n"


def _link(_renderer: Any, tokens: Any, at: int, *_: Any) -> str:
    """A link to elsewhere stays; one to another page of the hub has nowhere to lead."""
    address = str(tokens[at].attrGet("href") or "")
    if address.startswith(("https://", "http://", "mailto:")):
        return f'<a href="{attribute(address)}" rel="noreferrer">'
    return "<a>"


def _image(_renderer: Any, tokens: Any, at: int, *_: Any) -> str:
    """A picture from elsewhere is not asked for; its words stay."""
    return escape(str(tokens[at].content))
