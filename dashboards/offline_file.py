"""How does a page become one file that opens without a server, a network or an installation?

`python -m dashboards.offline_file PAGE --view QUERY` writes the file to standard output, which is
how a served page makes its own file: the test runner that `show_page` uses takes the place of the
server's runtime, so it must not run inside one.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from html import escape
from threading import Semaphore

from dashboards.offline import PageFailed, ShownPage, show_page, view_of
from dashboards.offline_look import css, script
from dashboards.offline_parts import parts_html
from dashboards.offline_words import attribute, inline_of, text_of
from dashboards.wording import moment
from hub.home import PROJECT_ROOT, HubHome, find_home

MOST_AT_ONCE = Semaphore(2)
LONGEST_SECONDS = 180


def page_file(shown: ShownPage, *, written_at: datetime) -> str:
    """The whole file as text: style, words, tables, charts and what draws them."""
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
<p>Written down on {escape(moment(written_at, UTC))} UTC with
<code>{escape(command_of(shown))}</code></p>
</footer>
<script>{get_plotlyjs()}</script>
<script>{script()}</script>
</body>
</html>
"""


_MARGIN = "font: 8pt system-ui, sans-serif; color: #57606a;"


def _quoted(text: str) -> str:
    """Inside a CSS string."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")


def _short(stamp: str) -> str:
    """Company and data through: what paper has to say on every sheet."""
    return stamp.partition(" · built at")[0]


def command_of(shown: ShownPage) -> str:
    """The command that writes the same page again."""
    from urllib.parse import urlencode

    query = urlencode({key: list(given) for key, given in shown.view.items()}, doseq=True)
    view = f" --view '{query}'" if query else ""
    return f"bellwether export {shown.name.replace('_', '-')}{view}"


def file_of_served_page(home: HubHome, name: str, query: str) -> bytes:
    """The file of a page that a server shows, made beside the server. Raises `PageFailed`."""
    argv = [sys.executable, "-m", "dashboards.offline_file", name, query, str(home.root)]
    with MOST_AT_ONCE:
        made = subprocess.run(
            argv, cwd=PROJECT_ROOT, capture_output=True, timeout=LONGEST_SECONDS, check=False
        )
    if made.returncode:
        raise PageFailed(made.stderr.decode(errors="replace").strip().splitlines()[-1])
    return made.stdout


def main(name: str, query: str, root: str) -> None:
    """Write one page's file to standard output."""
    from pathlib import Path

    shown = show_page(find_home(Path(root)), name, view_of(query))
    sys.stdout.buffer.write(page_file(shown, written_at=datetime.now(UTC)).encode())


if __name__ == "__main__":
    main(*sys.argv[1:4])
