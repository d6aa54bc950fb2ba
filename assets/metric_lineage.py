"""What way does each metric take, from the files of a source to the pages that show it?

Followed through dbt's manifest, which knows what every model reads and which page reads which
table, and written beside the catalogue, so that a page selects it. Which of the pages' tables hold
a metric is looked up in the tables themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from assets.dbt_manifest import Manifest, Node, is_metric
from assets.metric_tables import columns_of_marts, metrics_in_marts, metrics_of, shows
from hub.config import HubConfig

FILE, RAW, STAGING, LAYER, METRIC, MART, PAGE = (
    "file", "raw", "staging", "layer", "metric", "mart", "page",
)  # fmt: skip
# The hub's own records, which hold no record of a source.
OWN_TABLES = ("loads", "hash_key", "quarantine")
# Tells how far every source reaches, and so which periods are complete: the way ends there, for
# else every source would seem to feed what only asks for that.
WATERMARKS = "stg_watermarks"


@dataclass(frozen=True)
class Step:
    """A file, table, model, metric or page on the way, and the steps that it reads."""

    stage: str
    name: str
    about: str
    reads: tuple[str, ...]


class MetricWay(Manifest):
    """What every metric is made of, and what is made of that."""

    def reads(self, key: str) -> list[str]:
        """What a node reads; the semantic layer's models are passed through."""
        found: dict[str, None] = {}
        for parent in self.parents.get(key, ()):
            through = self.parents[parent] if parent.startswith("semantic_model.") else [parent]
            found.update(dict.fromkeys(k for k in through if k in self.nodes))
        return [each for each in found if not self._is_own(self.nodes[each])]

    def above(self, key: str) -> list[str]:
        """The node and all that it is made of, what is read before what reads it."""
        done: dict[str, None] = {}

        def visit(at: str) -> None:
            if at in done:
                return
            if self.nodes[at]["name"] != WATERMARKS:
                for parent in self.reads(at):
                    visit(parent)
            done[at] = None

        visit(key)
        return list(done)

    def below(self, keys: Iterable[str]) -> set[str]:
        """The names of all models that are computed from these by dbt alone."""
        found = dict.fromkeys(keys)
        for key in (queue := list(found)):
            for child in self.children.get(key, ()):
                if child.startswith("model.") and child not in found:
                    found[child] = None
                    queue.append(child)
        return {str(self.nodes[key]["name"]) for key in found}

    def metrics(self, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """Every metric's name and the node that it is: its own, or the model that holds it."""
        return {name: key for key, node in self.nodes.items() for name in metrics_of(con, node)}

    def is_layer(self, key: str) -> bool:
        """Whether a node is a model of the three layers."""
        return _stage(self.nodes[key]) == LAYER

    @staticmethod
    def _is_own(node: Node) -> bool:
        return node["resource_type"] == "source" and (
            node["source_name"] != RAW or node["name"] in OWN_TABLES
        )


def write_lineage(con: duckdb.DuckDBPyConnection, target: Path, config: HubConfig) -> int:
    """Replace `metrics.lineage` by the way of every metric of the catalogue; returns rows.

    To be called when the marts and `meta.source_columns` are those of this build. One row per
    metric and step, in the order of the way; `reads` names the steps before that it reads.
    """
    manifest = MetricWay(target)
    starts, columns = manifest.metrics(con), columns_of_marts(con)
    held = metrics_in_marts(con, manifest.marts.values(), columns=columns)
    delivered, patterns = _delivered(con), {each.name: each.path for each in config.sources}
    rows = []
    for name, layer, label, kinds in con.execute(
        "select metric_name, layer, label, source_kinds from metrics.catalogue order by 1"
    ).fetchall():
        way = _way_to(manifest, starts[name], name=name, label=label)
        below = manifest.below(k for k in manifest.above(starts[name]) if manifest.is_layer(k))
        marts = [
            table
            for table in sorted(manifest.marts)
            if name in held[table] or (table in below and name in columns[table])
        ]
        steps = [
            *_files(way, delivered, patterns, kinds=json.loads(kinds)),
            *(_with_sources(step, delivered) for step in way),
            *_uses(manifest, way, marts, name=name, layer=layer),
        ]
        rows += [
            (name, place, s.stage, s.name, s.about, json.dumps(s.reads))
            for place, s in enumerate(steps)
        ]
    con.execute("delete from metrics.lineage")
    if rows:
        kinds_of = ("varchar[]", "integer[]", *("varchar[]",) * 4)
        lists = ", ".join(f"unnest(cast(? as {kind}))" for kind in kinds_of)
        con.execute(
            f"insert into metrics.lineage select {lists}",
            [list(values) for values in zip(*rows, strict=True)],
        )
    return len(rows)


def _way_to(manifest: MetricWay, start: str, *, name: str, label: str) -> list[Step]:
    """From raw tables over staging and layer models to the metric, in the order of the way."""
    keys = manifest.above(start)
    steps = [_step(manifest, key) for key in keys]
    if manifest.nodes[start]["resource_type"] == "model":
        steps.append(Step(METRIC, name, label, (str(manifest.nodes[start]["name"]),)))
    order = (RAW, STAGING, LAYER, METRIC)
    return sorted(steps, key=lambda step: order.index(step.stage))


def _step(manifest: MetricWay, key: str) -> Step:
    node = manifest.nodes[key]
    is_end = node["name"] == WATERMARKS
    reads = () if is_end else tuple(_name(manifest.nodes[each]) for each in manifest.reads(key))
    about = str(node.get("label") or "") or _first_sentence(node.get("description") or "")
    return Step(_stage(node), _name(node), about, reads)


def _stage(node: Node) -> str:
    if node["resource_type"] == "source":
        return RAW
    if is_metric(node):
        return METRIC
    return STAGING if node["fqn"][1] == STAGING else LAYER


def _name(node: Node) -> str:
    return f"raw.{node['name']}" if node["resource_type"] == "source" else str(node["name"])


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].rstrip(".")


Delivered = Mapping[str, Sequence[tuple[str, str, int]]]


def _delivered(con: duckdb.DuckDBPyConnection) -> Delivered:
    """By raw table, the sources that delivered rows of it: name, kind and number of files."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for table, source, kind, files in con.execute(
        "select distinct told.table_name, told.source, known.kind, known.files "
        "from meta.source_columns as told "
        "inner join marts.mart_data_health_sources as known on known.source = told.source "
        "order by all"
    ).fetchall():
        found.setdefault(f"raw.{table}", []).append((source, kind, files))
    return found


def _files(
    way: Sequence[Step],
    delivered: Delivered,
    patterns: Mapping[str, str],
    *,
    kinds: Sequence[str],
) -> Iterator[Step]:
    """The files of each source that feeds a raw table of the way, or what is still missing."""
    feeding = dict.fromkeys(
        each for step in way if step.stage == RAW for each in delivered.get(step.name, ())
    )
    for source, kind, files in feeding:
        pattern = patterns.get(source, "no longer in hub.yml")
        told = f"{files:,} file{'' if files == 1 else 's'}"
        yield Step(FILE, source, f"{kind}, {told}: {pattern}", ())
    for kind in kinds:
        if kind not in {each[1] for each in feeding}:
            yield Step(FILE, kind, "nothing delivered", ())


def _with_sources(step: Step, delivered: Delivered) -> Step:
    """A raw table reads the sources that deliver it; it may be empty."""
    if step.stage != RAW:
        return step
    sources = tuple(source for source, *_ in delivered.get(step.name, ()))
    return replace(step, reads=sources, about="as delivered" if sources else "nothing delivered")


def _uses(
    manifest: MetricWay, way: Sequence[Step], marts: Sequence[str], *, name: str, layer: str
) -> Iterator[Step]:
    """Of these tables of pages, those whose rows of the metric a page shows, and the pages."""
    on_way = {step.name for step in way}
    shown: dict[str, list[str]] = {}
    for table in marts:
        node = manifest.marts[table]
        pages = [page for page in manifest.pages if shows(page, node, name=name, layer=layer)]
        for page in pages:
            shown.setdefault(str(page["name"]), []).append(table)
        if pages:
            parents = (_name(manifest.nodes[k]) for k in manifest.reads(str(node["unique_id"])))
            reads = tuple(each for each in parents if each in on_way) or (name,)
            yield Step(MART, table, _first_sentence(node["description"]), reads)
    for page in manifest.pages:
        if tables := shown.get(str(page["name"])):
            yield Step(PAGE, page["label"], _first_sentence(page["description"]), tuple(tables))
