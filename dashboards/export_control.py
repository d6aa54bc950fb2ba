"""How does a reader export the open page? The control at the end of every page."""

from __future__ import annotations

import shlex
import subprocess
import sys
from threading import Semaphore
from urllib.parse import urlencode

import streamlit as st

from dashboards.opened import when_opened
from hub.home import PROJECT_ROOT, HubHome, find_home

# the label of the control; a file leaves out what stands under it
ALONG = "Export this page"
LONGEST_SECONDS = 180
_MOST_AT_ONCE = Semaphore(2)


class FileFailed(Exception):
    """The page's file could not be made; the message says why."""


def export_control(page: str) -> None:
    """Offer the page as it stands as one file, and the command that makes it with no server."""
    home = find_home()
    query = urlencode({key: st.query_params.get_all(key) for key in st.query_params}, doseq=True)

    def show() -> None:
        st.markdown(
            "One HTML file with every word, chart and table of this view, which opens without a "
            "server or a network. It takes some seconds to write."
        )
        st.download_button(
            "Download this page",
            data=lambda: page_file(home, page, query),
            file_name=f"{page}.html",
            mime="text/html",
            key="page_file",
            icon=":material/download:",
            on_click="ignore",
        )
        st.markdown(
            "For mail and archives, also as PDF and with no pages served; where the button fails, "
            "the command says why:"
        )
        st.code(command(home, page, query, style="pdf"), language="sh")

    with st.container(key="page_along"):
        when_opened(ALONG, show, key="along", icon=":material/ios_share:")


def command(home: HubHome, page: str, query: str, *, style: str = "html") -> str:
    """The command that writes this view of a page to a file."""
    words = ["bellwether", "export", page, "--format", style, "--home", str(home.root)]
    return shlex.join([*words, *(["--view", query] if query else [])])


def page_file(home: HubHome, page: str, query: str) -> bytes:
    """The file of a page, made in a process of its own. Raises `FileFailed`.

    The runner that shows a page without a server puts itself in the place of a server's runtime,
    so it must not run inside one.
    """
    argv = [sys.executable, "-m", "dashboards.offline_file", page, query, str(home.root)]
    try:
        with _MOST_AT_ONCE:
            made = subprocess.run(
                argv, cwd=PROJECT_ROOT, capture_output=True, timeout=LONGEST_SECONDS, check=False
            )
    except subprocess.TimeoutExpired:
        raise FileFailed(
            f"no file of {page} was made within {LONGEST_SECONDS} s; "
            f"try {command(home, page, query)}"
        ) from None
    if made.returncode:
        told = made.stderr.decode(errors="replace").strip().splitlines()
        raise FileFailed(told[-1] if told else f"no file of {page} was made")
    return made.stdout
