"""What was in each closed sprint of a shop's tracker, and what became of it? From its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from tests.pipeline.published_numbers import ALL, summed
from tests.pipeline.team_numbers import Told, day
from tests.pipeline.team_reference import ZONE, Work

# what is counted of a sprint, in this order
COUNTS = ["committed", "completed_committed", "completed", "added", "carried_over", "removed"]


def closed_sprints(told: Told, home: Path) -> pd.DataFrame:
    """Sprints that were closed and held an issue: sprint_id, entity, day of their end, `COUNTS`."""
    pages = sorted((home / "exports" / "jira").glob("sprints-REC-*.json"))
    every = [sprint for page in pages for sprint in json.loads(page.read_text())["values"]]
    rows = []
    for sprint in (each for each in every if each["state"] == "closed"):
        start, end = (
            pd.Timestamp(sprint[name]).tz_convert(ZONE) for name in ("startDate", "completeDate")
        )
        parts = [
            _judged(w, _stays(w, sprint), start, end)
            for w in told.of("REC")
            if not (w.is_done_at(start) and w.is_done_at(end))
        ]
        counts = [sum(part) for part in zip(*[p for p in parts if p], strict=True)]
        if counts:
            rows.append((str(sprint["id"]), "REC", day(end), *counts))
    return pd.DataFrame(rows, columns=["sprint_id", "entity", "day", *COUNTS])


def _stays(work: Work, sprint: dict[str, Any]) -> list[tuple[pd.Timestamp, Any]]:
    """From when until when an issue was in a sprint."""
    if work.is_rough or not work.moves:
        return [(work.created, None)] if str(sprint["id"]) in work.sprint_ids else []
    lists = [(work.created, work.moves[0][1]), *((at, after) for at, _, after in work.moves)]
    ends = [at for at, _ in lists[1:]] + [None]
    return [
        (at, end)
        for (at, ids), end in zip(lists, ends, strict=True)
        if str(sprint["id"]) in [each.strip() for each in (ids or "").split(",")]
    ]


def _judged(
    w: Work, stays: list[tuple[pd.Timestamp, Any]], start: pd.Timestamp, end: pd.Timestamp
) -> tuple[bool, ...]:
    """Whether it counts in each of `COUNTS`; empty for an issue that was not in the sprint."""
    stays = [(at, gone) for at, gone in stays if at <= end and (gone is None or gone > start)]
    if not stays:
        return ()
    committed = any(at <= start and (gone is None or gone > start) for at, gone in stays)
    is_there = any(gone is None or gone > end for _, gone in stays)
    done = is_there and w.is_done_at(end)
    return (
        committed, committed and done, done, not committed, is_there and not done, not is_there,
    )  # fmt: skip


def commitments(told: Told, home: Path) -> pd.DataFrame:
    """The share of what a sprint began with that was done at its end, by the day of its end."""
    sprints = closed_sprints(told, home)[["entity", "day", "committed", "completed_committed"]]
    days = sprints.astype(dict.fromkeys(["committed", "completed_committed"], float))
    kept = {"sprint_commitment_kept": ("completed_committed", "committed")}
    return summed(days.assign(segment_name=ALL, segment_value=ALL), [], kept)
