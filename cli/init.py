"""How does a new hub begin? A home with a commented hub.yml and the folders it names."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli.console import fail
from hub.home import HubHome

TEMPLATE = Path(__file__).with_name("hub_template.yml")
_FOLDERS = ("sales", "releases", "mlruns", "calendar")


def make_home(directory: Path) -> int:
    """Write a new home; refuses to touch an existing hub.yml; returns the exit code."""
    home = HubHome(directory.expanduser().resolve())
    if home.hub_yml.exists():
        return fail(f"{home.hub_yml} exists already; nothing was changed.")
    for folder in _FOLDERS:
        (home.exports / folder).mkdir(parents=True, exist_ok=True)
    home.metrics.mkdir(exist_ok=True)
    shutil.copyfile(TEMPLATE, home.hub_yml)
    print(f"A new hub in {home.root}")
    print("1. Put your exports under exports/ and correct hub.yml.")
    print(f"2. bellwether check --home {directory}")
    print(f"3. bellwether run --home {directory}")
    return 0
