"""Which metrics, tables and pages rest on a check that failed? Followed through dbt's manifest.

An invariant that fails does not stop a build: whatever is computed from the model it stands beside
is marked as `invalid data`, until a build in which the check passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from assets.dbt_manifest import Manifest, Node, is_mart, is_metric
from assets.dbt_runs import FAILED
from assets.metric_tables import columns_of_marts, metrics_in_marts, metrics_of, shows

METRIC, TABLE, PAGE = "metric", "table", "page"


@dataclass(frozen=True)
class Mark:
    """A metric, table or page that rests on a model beside which a check failed."""

    subject_kind: str
    subject: str
    check_name: str
    model: str


class Lineage(Manifest):
    """What is computed from what, from a model to metrics, tables and pages."""

    def __init__(self, target: Path) -> None:
        super().__init__(target)
        # the days on which the semantic layer computes its metrics; they only say how far each
        # source reaches, so that what is wrong with a source's records is not wrong with the days
        self._spines = {key for key, node in self.nodes.items() if node.get("time_spine")}
        for key, node in self.nodes.items():  # tables that analytics write, of models they read
            if node["resource_type"] == "source":
                for model in node.get("config", {}).get("meta", {}).get("reads", ()):
                    self.children.setdefault(self.models[model], []).append(key)

    def below(self, model: str) -> list[Node]:
        """The model and all that is computed from it, by dbt, the semantic layer or analytics."""
        first = self.models.get(model)
        found: dict[str, None] = {} if first is None else {first: None}
        if first in self._spines:
            found.update((key, None) for key, node in self.nodes.items() if is_metric(node))
        for key in _growing(found):
            found.update(dict.fromkeys(self.children.get(key, ())))
        return [self.nodes[key] for key in found if key in self.nodes]

    def pages_of(self, marts: Iterable[str]) -> set[str]:
        """The pages that read one of these marts."""
        keys = {key for mart in marts for key in self.children.get(self.models[mart], ())}
        return {key.rsplit(".", 1)[-1] for key in keys if key.startswith("exposure.")}

    def pages_that_show(self, name: str, layer: str | None, marts: Sequence[Node]) -> set[str]:
        """The pages on which rows of these marts about a metric of a layer are shown."""
        return {
            str(page["name"])
            for page in self.pages
            if any(shows(page, mart, name=name, layer=layer) for mart in marts)
        }


def _growing(found: dict[str, None]) -> Iterator[str]:
    seen = 0
    while seen < len(found):
        for key in list(found)[seen:]:
            seen += 1
            yield key


def write_marks(con: duckdb.DuckDBPyConnection, target: Path, *, now: datetime, build: str) -> int:
    """Replace `meta.marks` by what rests on a check of `meta.checks` that failed; returns rows.

    `meta.failed_since` keeps the build in which each of them began to fail.
    """
    failed = con.execute(
        "select check_name, model from meta.checks where status = ? order by 1", [FAILED]
    ).fetchall()
    con.execute("delete from meta.marks")
    con.execute(
        "delete from meta.failed_since where check_name not in "
        "(select check_name from meta.checks where status = ?)",
        [FAILED],
    )
    if not failed:
        return 0
    con.execute(
        "insert into meta.failed_since select distinct check_name, ?, ? from meta.checks "
        "where status = ? and check_name not in (select check_name from meta.failed_since)",
        [now, build, FAILED],
    )
    lineage = Lineage(target)
    shown = Shown.read(con, lineage)
    marks = [
        mark for name, model in failed for mark in _marks_below(con, lineage, shown, name, model)
    ]
    if not marks:  # nothing is computed from what fails; Data health tells of it
        return 0
    con.executemany(
        "insert into meta.marks select ?, ?, check_name, model, failures, since.since, ? "
        "from meta.checks join meta.failed_since as since using (check_name) "
        "where status = ? and check_name = ? and model = ?",
        [[m.subject_kind, m.subject, build, FAILED, m.check_name, m.model] for m in marks],
    )
    return len(marks)


@dataclass(frozen=True)
class Shown:
    """What the pages' tables, as far as they are there, have rows of: by table, and its layer."""

    held: Mapping[str, frozenset[str]]
    layers: Mapping[str, str]

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, lineage: Lineage) -> Shown:
        held = metrics_in_marts(con, lineage.marts.values(), columns=columns_of_marts(con))
        layers = dict(con.execute("select metric_name, layer from metrics.catalogue").fetchall())
        return cls(held, layers)


def _marks_below(
    con: duckdb.DuckDBPyConnection, lineage: Lineage, shown: Shown, check_name: str, model: str
) -> list[Mark]:
    """Metrics, tables and pages that rest on the model of a check."""
    below = lineage.below(model)
    metrics = list(dict.fromkeys(name for node in below for name in metrics_of(con, node)))
    marts = [node["name"] for node in below if is_mart(node)]
    pages = sorted(lineage.pages_of(marts) | _pages_about(lineage, shown, metrics))
    tables = [*marts, *(_table(node) for node in below if node["resource_type"] == "source")]
    return [
        Mark(kind, subject, check_name, model)
        for kind, subjects in ((METRIC, metrics), (TABLE, tables), (PAGE, pages))
        for subject in subjects
    ]


def _table(source: Node) -> str:
    return f"{source['source_name']}.{source['name']}"


def _pages_about(lineage: Lineage, shown: Shown, metrics: Sequence[str]) -> set[str]:
    """The pages that show rows about one of the metrics."""
    found: set[str] = set()
    for name in metrics:
        naming = [mart for table, mart in lineage.marts.items() if name in shown.held[table]]
        found |= lineage.pages_that_show(name, shown.layers.get(name), naming)
    return found


def read_marks(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[str]]:
    """By kind and name of what is marked, which checks failed below it, in sentences."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind, subject, name, model, failures in con.execute(
        "select subject_kind, subject, check_name, model, failures from meta.marks order by all"
    ).fetchall():
        rows = "1 row" if failures == 1 else f"{failures:,} rows"
        found.setdefault((kind, subject), []).append(f"the check {name} fails on {model} ({rows})")
    return found
