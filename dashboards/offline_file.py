"""How does a page become one file that opens without a server, a network or an installation?

`python -m dashboards.offline_file PAGE QUERY HOME` writes it to standard output; a served page
makes its own file so.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from dashboards.export_control import command
from dashboards.offline import ShownPage, show_page, view_of
from dashboards.offline_look import css, script
from dashboards.offline_parts import parts_html
from dashboards.offline_words import attribute, inline_of, text_of
from dashboards.wording import moment
from hub.home import find_home

_MARGIN = "font: 8pt system-ui, sans-serif; color: #57606a;"


def page_file(shown: ShownPage, *, written_at: datetime, style: str = "html") -> str:
    """The whole file as text: style, words, tables, charts and what draws them.

    `style` is what is made of it, as the command that it names says.
    """
    from plotly.offline import get_plotlyjs

    title, stamp = text_of(shown.title), text_of(shown.stamp)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Bellwether">
<meta name="data-stamp" content="{attribute(stamp)}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data: blob:; \
font-src data:">
<title>{escape(title)} {escape(stamp)}</title>
<style>
{css()}
@page {{ @top-left {{ content: "{_quoted(title)}"; {_MARGIN} }}
  @top-right {{ content: "{_quoted(_short(stamp))}"; {_MARGIN} }}
  @bottom-right {{ content: counter(page) " / " counter(pages); {_MARGIN} }} }}
</style>
</head>
<body>
<main>
{parts_html(shown.main)}
</main>
<footer class="caption">
<p>{inline_of(shown.stamp)}</p>
<p>Written down on {escape(moment(written_at, shown.zone))} ({escape(str(shown.zone))}) with
<code>{escape(command(shown.home, shown.name, shown.query, style=style))}</code></p>
</footer>
<script>{get_plotlyjs()}</script>
<script>{script()}</script>
</body>
</html>
"""


def _quoted(text: str) -> str:
    """Inside a CSS string."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")


def _short(stamp: str) -> str:
    """Company and data through: what paper has to say on every sheet."""
    return stamp.partition(" · built ")[0]


def main(name: str, query: str, root: str) -> None:
    """Write one page's file to standard output."""
    shown = show_page(find_home(Path(root)), name, view_of(query))
    sys.stdout.buffer.write(page_file(shown, written_at=datetime.now(UTC)).encode())


if __name__ == "__main__":
    main(*sys.argv[1:4])
