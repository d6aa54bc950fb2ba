"""Would every block in the home's `metrics/` become a metric? Asked before dbt reads the files.

dbt tells of some faults without a file, of most without a line, and of a few not at all: a block
that has the name of another one in its file, or stands under a key it does not know, is dropped.
The form of a metric is in `assets.metric_form`; here is what files must agree on between them.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assets.metric_catalogue import MetricError
from assets.metric_form import (
    MEASURES_OF_CONVERSION,
    faults_of_form,
    metrics_read,
    misspelt,
    splits_read,
)
from assets.yaml_lines import Block, YamlFault, read_yaml
from hub.home import DBT_PROJECT

_KEYS_OF_A_FILE = (
    "version", "metrics", "semantic_models", "models", "sources", "seeds", "snapshots", "analyses",
    "exposures", "groups", "macros", "saved_queries", "unit_tests", "data_tests",
)  # fmt: skip
_EXAMPLE = "Begin the file with `metrics:` and give each metric a `- name:` below it."


_NO_MODEL = (
    "a model cannot stand among the metrics, for dbt would write over the file. Take it out of the "
    "folder; a metric counts measures and reads metrics that are there, and docs/own-metrics.md "
    "says where a model stands."
)


@dataclass(frozen=True)
class Measure:
    """How a measure is counted, and the entities of the semantic model that holds it."""

    model: str
    counts_rows: bool
    entities: frozenset[str]


@dataclass
class Known:
    """What the blocks read so far define: where metrics and labels stand, measures and splits.

    `precomputed` and `counting` are names with what they are of: the layer and kinds of sources.
    """

    metrics: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    precomputed: dict[str, frozenset[str]] = field(default_factory=dict)
    counting: dict[str, frozenset[str]] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    entities: set[str] = field(default_factory=set)
    splits: set[str] = field(default_factory=set)


def own_files(folder: Path, *, kinds: Sequence[str] = ("yml", "yaml")) -> list[Path]:
    """The files of a home's `metrics/` and below with one of these endings, in order."""
    return sorted(file for kind in kinds for file in folder.rglob(f"*.{kind}"))


def refuse_models(folder: Path) -> None:
    """Refuse models of dbt among a home's metrics. Raises `MetricError`, a line a file.

    To be asked before every command of dbt: where it writes what it made of a model hangs on the
    path, and of one outside its project that is the file itself.
    """
    if models := own_files(folder, kinds=["sql", "py"]):
        raise MetricError("\n".join(f"{file}:1: {_NO_MODEL}" for file in models))


def check_metric_files(folder: Path) -> None:
    """Refuse files that would not become metrics. Raises `MetricError`, a line a fault."""
    refuse_models(folder)
    files = own_files(folder)
    if not files:
        return
    shipped = _shipped()
    known = copy.deepcopy(shipped)
    blocks: list[tuple[Path, Block]] = []
    faults: list[str] = []
    for file in files:
        try:
            told = _read(file)
        except YamlFault as fault:
            faults.append(f"{file}:{fault.line}: {fault}")
            continue
        faults += [f"{file}:{line}: {fault}" for line, fault in _faults_of_file(told)]
        _learn_models(told, known)
        blocks += [(file, block) for block in _blocks(told, "metrics")]
    faults += _faults_of_metrics(blocks, known, all_read=not faults)
    if faults:
        raise MetricError("\n".join(faults))


def _faults_of_metrics(
    blocks: list[tuple[Path, Block]], known: Known, *, all_read: bool
) -> list[str]:
    """The faults of each block; names it reads are looked up where all files could be read."""
    faults: list[str] = []

    def tell(file: Path, block: Block, found: Iterable[tuple[int, str]]) -> None:
        of = f" metric `{block['name']}`:" if block.get("name") else ""
        faults.extend(f"{file}:{line}:{of} {told}" for line, told in found)

    for file, block in blocks:
        tell(file, block, [*faults_of_form(block), *_taken(file, block, known)])
    for file, block in blocks if all_read and not faults else ():
        tell(file, block, _unknown(block, known))
    if all_read and not faults:
        for file, block in blocks:
            tell(file, block, _circles(block, {each["name"]: each for _, each in blocks}))
    return faults


def _read(file: Path) -> Any:
    try:
        return read_yaml(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        told = f"this is no UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}. "
        line = error.object[: error.start].count(b"\n") + 1
        raise YamlFault(told + "Save the file as UTF-8.", line=line, column=1) from error


def _faults_of_file(told: Any) -> Iterator[tuple[int, str]]:
    if told is None:
        return
    if not isinstance(told, Block):
        yield 1, f"the file holds {_kind(told)}, where keys were expected. {_EXAMPLE}"
        return
    for key in told:
        if key not in _KEYS_OF_A_FILE:
            advice = misspelt(key, _KEYS_OF_A_FILE) or _EXAMPLE
            yield told.line_of(key), f"`{key}` is no key that is read. {advice}"
    metrics = told.get("metrics", [])
    if not isinstance(metrics, list):
        yield (
            told.line_of("metrics"),
            f"`metrics` holds {_kind(metrics)}, where a list was expected. {_EXAMPLE}",
        )
        return
    for each in metrics:
        if not isinstance(each, Block):
            yield told.line_of("metrics"), f"`{each}` is no block with a name. {_EXAMPLE}"


def _kind(told: Any) -> str:
    names: dict[type, str] = {Block: "keys", list: "a list", str: "text", type(None): "nothing"}
    return names.get(type(told), f"`{told}`")


def _blocks(told: Any, key: str) -> list[Block]:
    """The mappings in the list under a key; what has another form is told elsewhere."""
    held = told.get(key) if isinstance(told, Block) else None
    return [each for each in held if isinstance(each, Block)] if isinstance(held, list) else []


def _learn_models(told: Any, known: Known) -> None:
    for model in _blocks(told, "semantic_models"):
        entities = frozenset(str(each.get("name")) for each in _blocks(model, "entities"))
        known.entities |= entities
        for each in _blocks(model, "measures"):
            agg, expr = str(each.get("agg")).lower(), str(each.get("expr"))
            counts = agg in ("count", "count_distinct") or (agg == "sum" and expr == "1")
            known.measures[str(each.get("name"))] = Measure(
                str(model.get("name")), counts, entities
            )
        for key in ("entities", "dimensions"):
            known.splits |= {str(each.get("name")) for each in _blocks(model, key)}


def _taken(file: Path, block: Block, known: Known) -> Iterator[tuple[int, str]]:
    """A name or label that is taken; what is free is the block's from now on."""
    for key, holders in (("name", known.metrics), ("label", known.labels)):
        given = block.get(key)
        if not isinstance(given, str):
            continue
        if given in holders:
            told = f"the {key} `{given}` is taken by {holders[given]}. Choose another one."
            yield block.line_of(key), told
        else:
            holders[given] = f"{file}:{block.line_of(key)}"
    if block.get("name") in known.splits:
        told = f"`{block['name']}` is what metrics are split by. Choose another name."
        yield block.line_of("name"), told


def _unknown(block: Block, known: Known) -> Iterator[tuple[int, str]]:
    """Metrics and measures that the block reads and nobody defines."""
    for kind, name, line in metrics_read(block):
        names: Collection[str] = known.metrics if kind == "metric" else known.measures
        if kind == "metric" and name in known.precomputed:
            yield line, _not_to_be_read(name, known)
        if name in names:
            continue
        other: Collection[str] = known.measures if kind == "metric" else known.metrics
        near = difflib.get_close_matches(name, names, n=3)
        told = f"no {kind} is called `{name}`"
        if name in other:
            yield line, f"{told}: it is a {'measure' if kind == 'metric' else 'metric'}. {_WAY}"
        elif near:
            yield line, f"{told}; did you mean {' or '.join(near)}?"
        else:
            yield line, f"{told}; {_WHERE[kind]}."

    for kind, name, line in splits_read(block):
        if kind == "Dimension" and name in known.entities:
            told = f"`Dimension('{name}')` is not known to MetricFlow. Write `Entity('{name}')`."
            yield line, told
        elif name.split("__")[-1] not in known.splits:
            near = difflib.get_close_matches(name, known.splits, n=3)
            advice = f"did you mean {' or '.join(near)}?" if near else _SPLITS
            yield line, f"nothing that metrics are split by is called `{name}`; {advice}"
    yield from _unconvertible(block, known)


def _not_to_be_read(name: str, known: Known) -> str:
    """Why a precomputed metric can be no part of another, and what can."""
    near = [each for each, of in known.counting.items() if of == known.precomputed[name]]
    such = f", such as {' or '.join(f'`{each}`' for each in near[:2])}" if near else ""
    return (
        f"`{name}` is precomputed (see {known.metrics[name]}): its values do not add up, so it can "
        f"be no side of a ratio and no part of another metric. Read what is counted{such}; what "
        "else does not add up is a model of its own, as docs/own-metrics.md says."
    )


def _unconvertible(block: Block, known: Known) -> Iterator[tuple[int, str]]:
    """What MetricFlow asks of the two measures and the entity of a conversion."""
    given = block["type_params"].get("conversion_type_params")
    if block["type"] != "conversion" or not isinstance(given, Block):
        return
    for place in MEASURES_OF_CONVERSION:
        part = given[place]
        name = part["name"] if isinstance(part, Block) else part
        measure = known.measures.get(name)
        if measure is None:
            continue
        if not measure.counts_rows:
            told = f"`{name}` is a sum; a conversion takes measures that count rows or keys"
            yield given.line_of(place), f"{told} (`agg: count` or `count_distinct`)."
        if given["entity"] not in measure.entities:
            told = f"`{measure.model}`, which holds `{name}`, has no entity `{given['entity']}`"
            yield given.line_of("entity"), f"{told}; it has {', '.join(sorted(measure.entities))}."


_SPLITS = "`bellwether metrics NAME` tells the segments of a metric."
_WAY = "A `simple` metric counts a measure, a `ratio` or `derived` one reads metrics."
_WHERE = {
    "metric": "`bellwether metrics` lists them. One whose kind is precomputed can be no part of "
    "another",
    "measure": "they are listed in dbt_project/models/metrics/",
}


def _circles(block: Block, blocks: dict[str, Block]) -> Iterator[tuple[int, str]]:
    """A metric that is made of itself, straight or through others."""
    way, ahead = {block["name"]}, [block]
    while ahead:
        for kind, name, _ in metrics_read(ahead.pop()):
            if kind == "metric" and name == block["name"]:
                yield block.line_of("type_params"), "it is made of itself. Name other metrics."
                return
            if kind == "metric" and name in blocks and name not in way:
                way.add(name)
                ahead.append(blocks[name])


@cache
def _shipped() -> Known:
    """What this project's own files define; precomputed metrics stand in the meta of models."""
    known = Known()
    for file in sorted((DBT_PROJECT / "models").rglob("*.yml")):
        text = file.read_text()
        if not any(word in text for word in ("\nmetrics:", "semantic_models:", "precomputed")):
            continue
        told, name = read_yaml(text), file.relative_to(DBT_PROJECT)
        _learn_models(told, known)
        precomputed = dict(_precomputed(told))
        known.precomputed |= {block["name"]: of for block, of in precomputed.values()}
        known.counting |= dict(_counting(told))
        for block in [*_blocks(told, "metrics"), *(block for block, _ in precomputed.values())]:
            known.metrics[block["name"]] = f"{name}:{block.line_of('name')}"
            if label := block.get("label"):
                known.labels[label] = known.metrics[block["name"]]
    return known


def _precomputed(told: Any) -> Iterator[tuple[str, tuple[Block, frozenset[str]]]]:
    """The metrics that models hold, by name, each with what it is of."""
    for model in _blocks(told, "models"):
        meta = (model.get("config") or {}).get("meta") or {}
        if meta.get("aggregation") == "precomputed":
            for block in _blocks(meta, "metrics"):
                yield block["name"], (block, _what_of({**meta, **block}))


def _counting(told: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """The simple metrics of the catalogue, each with what it is of."""
    for block in _blocks(told, "metrics"):
        meta = block["config"]["meta"]
        if block["type"] == "simple" and not meta.get("hidden"):
            yield block["name"], _what_of(meta)


def _what_of(meta: Mapping[str, Any]) -> frozenset[str]:
    return frozenset([str(meta["layer"]), *map(str, meta["source_kinds"])])
