"""Can the inputs of an estimate be trusted? Unreadable files, stale sources, failed checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import duckdb

from assets.invalid_marks import METRIC, TABLE, read_marks
from hub.config import HubConfig

Faults = Mapping[str, Sequence[str]]
REPAIR = "Repair the source (Data health shows what is wrong) and run again."


def input_faults(con: duckdb.DuckDBPyConnection, *, config: HubConfig, now: datetime) -> Faults:
    """By kind of source, `metric NAME` or `table NAME`: what is wrong with it, in sentences.

    A source is at fault when a file of it could not be read at all, or when its newest record is
    older than `fresh_within` in hub.yml allows. A metric, or a table of the analytics, is at fault
    when a check failed on a model that it is computed from.
    """
    faults: defaultdict[str, list[str]] = defaultdict(list)
    kinds = {source.name: source.kind for source in config.sources}
    for name, count in con.execute(
        "select source, count(*) from meta.source_problems group by source order by source"
    ).fetchall():
        if name in kinds:
            files = "a file" if count == 1 else f"{count} files"
            faults[kinds[name]].append(
                f"{files} of the source {name} could not be read, so its figures are incomplete"
            )
    newest = dict(
        con.execute(
            "select source, max(last_at) from raw.loads where status = 'loaded' group by source"
        ).fetchall()
    )
    now = config.judged_at(_utc(now))
    for source in config.sources:
        hours, last = source.fresh_within_hours, newest.get(source.name)
        if hours is None or last is None:
            continue
        if now - _utc(last) > timedelta(hours=hours):
            faults[source.kind].append(
                f"the newest record of the source {source.name} is of {_utc(last):%Y-%m-%d}; "
                f"it should be no older than {source.fresh_within}"
            )
    for (kind, subject), told in read_marks(con).items():
        if kind in (METRIC, TABLE):
            faults[f"{kind} {subject}"] += told
    return dict(faults)


def faults_of(kinds: Iterable[str], faults: Faults) -> str:
    """What is wrong with these kinds of sources, metrics and tables, as one sentence, or empty."""
    found = dict.fromkeys(text for kind in kinds for text in faults.get(kind, ()))
    text = "; ".join(found)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
