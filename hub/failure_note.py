"""Did the last run fail, when and why? A note in `var/`, taken away by the next good run.

The published build says nothing of it: readers keep the last good one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.home import HubHome

LONGEST_REASON = 300
_COLOURS = re.compile(r"\x1b?\[\d+m")
# how dbt names the model or test that failed
_TELLING = re.compile(r"(Failure|Error|.* Error) in \w+ ")


@dataclass(frozen=True)
class FailedRun:
    """A run that published nothing: when it ended, and what went wrong in a line."""

    at: datetime
    reason: str


def note_failure(home: HubHome, errors: Sequence[str], *, now: datetime | None = None) -> None:
    """Keep that a run has just failed."""
    told = {"at": (now or datetime.now(UTC)).isoformat(), "reason": _reason(errors)}
    home.make_var()
    unfinished = home.failure_note.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(told), encoding="utf-8")
    os.replace(unfinished, home.failure_note)


def _reason(errors: Sequence[str]) -> str:
    """The step that failed and the line that names what failed in it; else the first line."""
    text = _COLOURS.sub("", "\n".join(errors))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    step, colon, _ = lines[0].partition(": ")
    telling = next((line for line in lines if _TELLING.match(line)), "")
    return (f"{step}{colon}{telling}" if telling else lines[0])[:LONGEST_REASON]


def clear_failure(home: HubHome, *, before: datetime | None = None) -> None:
    """A run went well, now or when it ended `before`: nothing is to be told of one before it."""
    if failed_since(home, before) is None or before is None:
        home.failure_note.unlink(missing_ok=True)


def failed_since(home: HubHome, built_at: datetime | None) -> FailedRun | None:
    """The run that failed after a build was published (None: there is none yet), if any."""
    try:
        told = json.loads(home.failure_note.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    failed = FailedRun(datetime.fromisoformat(told["at"]), str(told["reason"]))
    return None if built_at is not None and failed.at <= built_at else failed
