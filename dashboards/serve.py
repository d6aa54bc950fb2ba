"""How are the pages started?

The command and the environment only; whoever starts a process also ends it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dashboards.tokens import streamlit_options
from hub.home import HOME_VARIABLE, HubHome

APP = Path(__file__).with_name("asgi.py")
# an argument of the script: it is served, so what is closed can be asked for
WHEN_OPENED = "--when-opened"


def command(*, port: int, address: str = "127.0.0.1") -> list[str]:
    """The arguments that serve the pages on `address`:`port`, read-only and without telemetry."""
    options = {
        "server.address": address,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "type",
        # looking through every object after every run holds the next one up; what pages keep is
        # bounded, and Python collects by itself
        "runner.postScriptGC": "false",
        **streamlit_options(),
    }
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *given, "--", WHEN_OPENED]


def environment(home: HubHome) -> dict[str, str]:
    """This process's environment with the home that the pages should show."""
    return {**os.environ, HOME_VARIABLE: str(home.root)}
