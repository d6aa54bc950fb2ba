"""Which kinds of sources does a metric need, and does its definition name them all?

A period counts as complete when every kind that a metric names is in; one that names too few
calls a period complete of which a part is still to come. What it needs is read off its lineage,
but for what a model says it reads `beside` (in its meta, with the reason): its rows do not wait
for that. The same rule holds for the project's own metrics and for those of a home.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from assets.dbt_manifest import Node, is_metric
from assets.metric_catalogue import MetricDefinition, MetricError
from assets.metric_lineage import OWN_TABLES, RAW, MetricWay
from assets.metric_place import fault_place
from assets.sources.raw_tables import TABLES_OF_KIND
from hub.source_settings import SOURCE_KINDS

BESIDE = "beside"
_KIND_OF_TABLE = {table: kind for kind, tables in TABLES_OF_KIND.items() for table in tables}
# What tells how far sources reach is made of all of them, and holds no record of any.
_END = "watermarks"
_OWN = "models/"


class MetricNeeds(MetricWay):
    """The kinds of sources below every metric of a parsed project.

    With `is_beside_read` also those that its rows do not wait for.
    """

    def __init__(self, target: Path, *, is_beside_read: bool = False) -> None:
        super().__init__(target)
        self._is_beside_read = is_beside_read
        self._kinds: dict[str, frozenset[str]] = {}
        self._starts = {
            str(node.get("relation_name") or node["name"]): key
            for key, node in self.nodes.items()
            if node["resource_type"] in ("model", "metric")
        }
        self._told = self._told_of_measures()

    def of(self, definition: MetricDefinition) -> frozenset[str]:
        """The kinds that a metric has to name."""
        key = self._starts[definition.relation or definition.name]
        return self._below(key) | self._read_by(self.nodes[key])

    def missing(self, definition: MetricDefinition) -> list[str]:
        """The kinds that a metric needs and does not name, in the order of `hub.yml`'s."""
        lacking = self.of(definition) - set(definition.source_kinds)
        return [kind for kind in SOURCE_KINDS if kind in lacking]

    def _below(self, key: str) -> frozenset[str]:
        """The kinds that the rows of a node wait for."""
        if key not in self._kinds:
            node, found = self.nodes[key], frozenset[str]()
            if node["resource_type"] == "source":
                found = frozenset(_kinds_of_table(node))
            elif not str(node["name"]).endswith(_END):
                beside = {} if self._is_beside_read else besides(node)
                for parent in self.reads(key):
                    if self.nodes[parent]["name"] not in beside:
                        found |= self._below(parent)
            self._kinds[key] = found
        return self._kinds[key]

    def _read_by(self, node: Node) -> frozenset[str]:
        """What the metrics that a metric reads name, and the project's own of its measures."""
        if not is_metric(node):
            return frozenset()
        inputs = (self.nodes[key] for key in node["depends_on"]["nodes"] if key in self.nodes)
        told = [_named(each) for each in inputs if is_metric(each)]
        return frozenset().union(*told, *(self._told.get(name, ()) for name in _measures(node)))

    def _told_of_measures(self) -> dict[str, frozenset[str]]:
        """The kinds that the project's own simple metrics name, by measure."""
        found: dict[str, frozenset[str]] = {}
        for node in self.nodes.values():
            if is_metric(node) and node["type"] == "simple" and _is_shipped(node):
                for name in _measures(node):
                    found[name] = found.get(name, frozenset()) | _named(node)
        return found


def besides(node: Node) -> Mapping[str, str]:
    """What a model reads without waiting for it, each with the reason."""
    return dict((node.get("config") or {}).get("meta", {}).get(BESIDE) or {})


def check_source_kinds(definitions: Iterable[MetricDefinition], target: Path) -> None:
    """Refuse metrics that do not name every kind they need. Raises `MetricError`, a line each."""
    needs = MetricNeeds(target)
    problems = [problem for each in definitions for problem in _problems(each, needs.missing(each))]
    if problems:
        raise MetricError("\n".join(problems))


def _problems(definition: MetricDefinition, missing: Sequence[str]) -> Iterator[str]:
    if missing:
        every = [k for k in SOURCE_KINDS if k in (*definition.source_kinds, *missing)]
        told = (
            f"source_kinds lacks {' and '.join(f'`{kind}`' for kind in missing)}, which it is made "
            "of: a period would count as complete before all of it is in. Write "
            f"`source_kinds: [{', '.join(every)}]`."
        )
        place = fault_place(definition.defined_in, told)
        yield f"{place}: metric `{definition.name}`: {told}"


def _kinds_of_table(node: Node) -> list[str]:
    if node["source_name"] != RAW or node["name"] in OWN_TABLES:
        return []
    return [_KIND_OF_TABLE[node["name"]]]


def _is_shipped(metric: Node) -> bool:
    """Whether a metric stands in this project and not in a home."""
    return str(metric["original_file_path"]).startswith(_OWN)


def _named(metric: Node) -> frozenset[str]:
    return frozenset(metric["config"].get("meta", {}).get("source_kinds") or ())


def _measures(metric: Node) -> list[str]:
    return [str(each["name"]) for each in metric["type_params"].get("input_measures") or ()]
