"""Is what hub.yml names there, and can it be read? A look at every source, loading nothing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import print_json, say, told_clearly
from hub.config import HubConfig, SourceConfig, load_config
from hub.home import HubHome, find_home

if TYPE_CHECKING:
    from assets.sources import SourceCheck


@told_clearly
def check_home(given: Path | None, *, as_json: bool) -> int:
    """Look at every source; returns 0, or 1 when any has a problem."""
    home = find_home(given)
    config = load_config(home.root)
    checks = [_check(source, home=home, config=config) for source in config.sources]
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            _print(check, config)
    bad = sum(check.problem is not None for check in checks)
    if not as_json:
        print(
            f"{len(checks)} sources looked at; "
            + (f"{bad} with a problem." if bad else "all can be read. Next: bellwether run")
        )
    return 1 if bad else 0


def _check(source: SourceConfig, *, home: HubHome, config: HubConfig) -> SourceCheck:
    from assets.sources import check_source

    say(f"Looking at {source.name} …")
    return check_source(source, home=home, config=config)


def _print(check: Any, config: HubConfig) -> None:
    print(check)
