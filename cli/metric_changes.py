"""Which metrics are new, gone, or defined otherwise than in the build before?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from cli.published_rows import read_rows
from hub.home import HubHome
from hub.warehouse import open_build, published_build

# What a definition says besides its SQL, and the word for it.
_SAID = {
    "role": "role", "segments": "segments", "aggregation": "kind", "unit": "unit",
    "direction": "direction", "owner": "owner", "source_kinds": "sources", "layer": "layer",
    "entity_kind": "entity", "label": "label", "description": "description", "format": "format",
}  # fmt: skip
MOST_NAMED = 8
MOST_REASONS = 3


@dataclass(frozen=True)
class KnownMetrics:
    """The catalogue of a build by metric, and what each definition ever kept changed."""

    catalogue: Mapping[str, Mapping[str, Any]]
    history: Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class MetricChanges:
    """Names of metrics; of those defined otherwise, what changed."""

    new: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """`new metrics: a, b`, one line for each kind of change there was."""
        changed = [f"{name} ({_reasons(what)})" for name, what in self.changed.items()]
        for told, names in (
            ("new metrics", self.new),
            ("definitions changed", changed),
            ("metrics gone", self.gone),
        ):
            if names:
                yield f"{told}: {_some(names)}"


def _reasons(what: Sequence[str]) -> str:
    more = len(what) - MOST_REASONS
    return ", ".join(what[:MOST_REASONS]) + (f" and {more} more" if more > 0 else "")


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    told = ", ".join(names[:MOST_NAMED])
    return f"{told} and {more} more; `bellwether metrics NAME` tells of each" if more > 0 else told


def published_metrics(home: HubHome) -> KnownMetrics | None:
    """What the published build holds; None before the first one, or one of an older version."""
    build = published_build(home)
    if build is None or not build.path.exists():
        return None
    try:
        with open_build(build) as con:
            return known_metrics(con)
    except (duckdb.CatalogException, duckdb.BinderException):
        return None


def known_metrics(con: duckdb.DuckDBPyConnection) -> KnownMetrics:
    """The catalogue and the history of definitions of a build or warehouse."""
    catalogue = read_rows(con, "select * from metrics.catalogue order by metric_name")
    history = con.execute(
        "select metric_name, cast(used_from as varchar), changed from metrics.definitions"
    ).fetchall()
    return KnownMetrics(
        {str(row["metric_name"]): row for row in catalogue},
        {(name, since): changed or "" for name, since, changed in history},
    )


def changes_of_metrics(before: KnownMetrics | None, now: KnownMetrics | None) -> MetricChanges:
    """What differs from a build to the next; nothing where there was no build before."""
    if before is None or now is None:
        return MetricChanges()
    old, new = before.catalogue, now.catalogue
    changed = {name: _changed(name, before, now) for name in new if name in old}
    return MetricChanges(
        new=[name for name in new if name not in old],
        changed={name: what for name, what in changed.items() if what},
        gone=[name for name in old if name not in new],
    )


def _changed(name: str, before: KnownMetrics, now: KnownMetrics) -> list[str]:
    """In words what a metric says otherwise: first of itself, then of what it is computed from."""
    old, new = before.catalogue[name], now.catalogue[name]
    said = [word for key, word in _SAID.items() if old.get(key) != new.get(key)]
    if old["definition_hash"] == new["definition_hash"]:
        return said
    from assets.definition_history import OF_ITSELF, OWN_SQL

    kept = {key: told for key, told in now.history.items() if key not in before.history}
    told = [each for key, one in kept.items() if key[0] == name for each in one.split(", ")]
    below = ["SQL" if each == OWN_SQL else each for each in told if each not in OF_ITSELF]
    return [*said, *dict.fromkeys(below)] or ["definition"]
