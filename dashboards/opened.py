"""What is sent to a browser only when its reader opens it?

A closed table costs a browser almost as much as a chart. A server's readers get it when they open
it, by a run of that part of the page alone; a page that is written to a file has all from the
start, for there it cannot be asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import streamlit as st

from dashboards.serve import WHEN_OPENED


@st.fragment
def when_opened(label: str, show: Callable[[], None], *, key: str, icon: str | None = None) -> None:
    """A closed part of a page; `show` shows what is in it."""
    with st.expander(label, key=f"opened_{key}", icon=icon, on_change="rerun") as part:
        if part.open or WHEN_OPENED not in sys.argv:
            show()
