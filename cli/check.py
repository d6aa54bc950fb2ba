"""Is what hub.yml names there, and can it be read? A look at every source, loading nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import print_json, say, told_clearly
from hub.config import HubConfig, load_config
from hub.home import HubHome, find_home
from hub.source_settings import SourceConfig

if TYPE_CHECKING:
    from assets.sources import SourceCheck


@told_clearly
def check_home(given: Path | None, *, as_json: bool) -> int:
    """Look at every source; returns 0, or 1 when one cannot be read."""
    home = find_home(given)
    config = load_config(home.root)
    checks = [_check(source, home=home, config=config) for source in config.sources]
    if as_json:
        print_json([asdict(c) | {"is_readable": c.is_readable} for c in checks])
    else:
        for check in checks:
            print(config.redact("\n".join(_lines(check))) + "\n")
    bad = sum(not check.is_readable for check in checks)
    if not as_json:
        print(
            f"{len(checks)} sources looked at: "
            + (f"{bad} cannot be read." if bad else "all can be read. Next: bellwether run")
        )
    return 1 if bad else 0


def _check(source: SourceConfig, *, home: HubHome, config: HubConfig) -> SourceCheck:
    from assets.sources import check_source

    say(f"Looking at {source.name} …")
    return check_source(source, home=home, config=config)


def _lines(check: SourceCheck) -> Iterator[str]:
    """What a person needs to see of one source."""
    state = "can be read" if check.is_readable else "CANNOT BE READ"
    yield f"{check.source} ({check.kind}): {state}"
    yield f"  files       {check.files:,}; looked at {', '.join(check.looked_at) or 'none'}"
    if check.format:
        yield f"  format      {check.format}"
    for name, told in check.detected.items():
        if not (check.preview and name in ("columns", "counts", "notes")):
            yield f"  {name:<11} {_detected(told)}"
    for shown in check.preview:
        yield f"  {shown}"
    if check.records:
        yield (
            f"  records     {check.records:,}: {check.loaded:,} would load, "
            f"{check.quarantined:,} would be quarantined, {check.blank:,} blank"
        )
    if check.first_at and check.last_at:
        yield f"  time span   {check.first_at:%Y-%m-%d %H:%M} to {check.last_at:%Y-%m-%d %H:%M} UTC"
    if check.problem:
        yield f"  problem     {check.problem}"
    if len(check.problems) > 1:
        yield f"              and {len(check.problems) - 1} more"


def _detected(told: Any) -> str:
    """Evidence in one line: nested findings as `name: value`."""
    if isinstance(told, dict):
        return "; ".join(f"{key}: {_detected(value)}" for key, value in told.items())
    if isinstance(told, list | tuple):
        return ", ".join(map(str, told))
    return repr(told) if told in ("\t", ";", ",", "|") else str(told)
