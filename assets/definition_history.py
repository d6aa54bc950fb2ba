"""When did a metric begin to mean something else, and what was changed?

A definition is kept from the build on that first used it; what it replaced is kept beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from assets.metric_catalogue import MetricDefinition, meaning_of

FIRST = "first definition"
OWN_SQL = "its own SQL"
UNIT = "its unit"
KIND = "its kind"
SEGMENTS = "its segments"
KIND_OR_SEGMENTS = "its kind or segments"
NOT_KNOWN = "what it rests on was not recorded before"
# What is not the SQL of the metric or of a model above it.
OF_ITSELF = (FIRST, UNIT, KIND, SEGMENTS, KIND_OR_SEGMENTS, NOT_KNOWN)


@dataclass(frozen=True)
class Before:
    """The definition of a metric that is in force so far.

    `kind` and `segments` are those of the catalogue; None where that has no such metric.
    """

    definition_hash: str
    unit: str
    definition_sql: str
    upstream: Mapping[str, str] | None
    kind: str | None
    segments: tuple[str, ...] | None


def append_definitions(
    con: duckdb.DuckDBPyConnection,
    named: Sequence[tuple[str, MetricDefinition]],
    *,
    now: datetime,
    build: str,
) -> int:
    """Append to `metrics.definitions` what differs from a metric's last one; returns rows.

    To be called while `metrics.catalogue` is that of the build before.
    """
    known = _in_force(con)
    rows = [
        [
            name,
            definition.definition_hash,
            definition.unit,
            definition.description,
            definition.definition_sql,
            definition.defined_in,
            now,
            build,
            json.dumps(dict(definition.upstream)),
            what_changed(known.get(name), definition),
        ]
        for name, definition in named
        if name not in known or known[name].definition_hash != definition.definition_hash
    ]
    if rows:
        con.executemany(f"insert into metrics.definitions values ({', '.join('?' * 10)})", rows)
    return len(rows)


def _in_force(con: duckdb.DuckDBPyConnection) -> dict[str, Before]:
    rows = con.execute(
        """
        select known.metric_name, known.definition_hash, known.unit, known.definition_sql,
            known.upstream, told.aggregation, told.segments
        from metrics.definitions as known
        left join metrics.catalogue as told using (metric_name, definition_hash)
        qualify row_number() over (partition by known.metric_name order by used_from desc) = 1
        """
    ).fetchall()
    return {
        name: Before(
            hashed,
            unit,
            sql,
            json.loads(upstream) if upstream else None,
            kind,
            tuple(json.loads(segments)) if segments else None,
        )
        for name, hashed, unit, sql, upstream, kind, segments in rows
    }


def what_changed(before: Before | None, now: MetricDefinition) -> str:
    """In words: the models above the metric whose meaning changed, and what of its own."""
    if before is None:
        return FIRST
    found = [UNIT] if before.unit != now.unit else []
    found += [KIND] if before.kind not in (None, now.aggregation) else []
    found += [SEGMENTS] if before.segments not in (None, now.segments) else []
    if not now.is_precomputed and meaning_of(before.definition_sql) != meaning_of(
        now.definition_sql
    ):
        found.append(OWN_SQL)
    if before.upstream is None:
        return ", ".join([*found, NOT_KNOWN])
    then, upstream = before.upstream, dict(now.upstream)
    found += sorted(name for name in {*then, *upstream} if then.get(name) != upstream.get(name))
    return ", ".join(found) or KIND_OR_SEGMENTS
