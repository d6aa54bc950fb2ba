"""Which metrics are there, and what does each mean? Read from dbt's manifests, never typed twice.

A metric is either compiled by MetricFlow from the semantic layer or *precomputed*: a dbt model
with one row per grain and segment for what does not add up.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assets.metric_place import metric_place
from assets.metric_rules import refusals
from assets.ratio_sides import side_metric
from hub.config import HubConfig
from hub.source_settings import SOURCE_KINDS

GRAINS = ("day", "week", "month")
LAYERS = ("platform", "team", "company")
ROLES = ("kpi", "model_metric", "service_metric", "team_metric", "guardrail")
DIRECTIONS = ("up", "down")
# a count that follows others, such as requests or created issues: neither way is good by itself
NEITHER = "neither"
MAY_BE_NEITHER = ("service_metric", "team_metric")
_REQUIRED = ("layer", "unit", "direction", "owner", "role", "source_kinds")
EVERY_NAME = "*"
# Comments, layout, and aliases that a compiler numbers anew when another metric or model is added.
_NO_MEANING = re.compile(
    r"('(?:[^']|'')*'|\"[^\"]*\")|\{#.*?#\}|--[^\n]*|/\*.*?\*/|\s+"
    r"|\b(?:subq|sma|\w+_src)_\d+(?:_cte)?\b",
    re.DOTALL,
)


class MetricError(Exception):
    """A metric's definition cannot be used; the message names file, metric and rule."""


@dataclass(frozen=True)
class MetricDefinition:
    """One metric: what it means, who owns it, how it is computed."""

    name: str
    label: str
    description: str
    layer: str
    unit: str
    direction: str
    owner: str
    role: str
    aggregation: str
    entity_kind: str
    segments: tuple[str, ...]
    source_kinds: tuple[str, ...]
    format: str
    defined_in: str
    numerator: str | None = None
    denominator: str | None = None
    expression: str | None = None
    inputs: tuple[str, ...] = ()
    relation: str | None = None
    definition_sql: str = ""
    # Models that it rests on, each with a hash of what that does (`assets.upstream_sql`).
    upstream: tuple[tuple[str, str], ...] = ()

    @property
    def definition_hash(self) -> str:
        """Changes when what the number means changes, not when its label does.

        The SQL of a precomputed metric is that of a model, and so is in `upstream` where that is
        known: as it was written, for compiled it may differ from run to run.
        """
        is_above = self.is_precomputed and bool(self.upstream)
        sql = "" if is_above else meaning_of(self.definition_sql)
        what = [self.name, self.unit, self.aggregation, *self.segments, sql, *self.upstream]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]

    @property
    def is_precomputed(self) -> bool:
        return self.aggregation == "precomputed"

    def with_sql(self, sql: str) -> MetricDefinition:
        return replace(self, definition_sql=sql)


def meaning_of(sql: str) -> str:
    """SQL without comments, layout and numbered aliases; what stands in quotes stays as it is."""
    return _NO_MEANING.sub(lambda found: found[1] or "", sql)


def read_catalogue(target: Path) -> tuple[MetricDefinition, ...]:
    """All metrics of a parsed project. Raises `MetricError`; a project without any is an error."""
    manifest = json.loads((target / "manifest.json").read_text())
    found = [
        *(_compiled(metric) for metric in manifest["metrics"].values() if _is_public(metric)),
        *(
            definition
            for node in manifest["nodes"].values()
            if node["config"].get("meta", {}).get("aggregation") == "precomputed"
            for definition in _precomputed(node, target)
        ),
    ]
    if not found:
        raise MetricError(f"{target}: the project defines no metric; expected at least one.")
    names = [definition.name for definition in found]
    for name in {n for n in names if names.count(n) > 1 and n != EVERY_NAME}:
        files = sorted({d.defined_in for d in found if d.name == name})
        raise MetricError(f"{', '.join(files)}: metric `{name}` is defined more than once.")
    return tuple(sorted(found, key=lambda definition: (definition.layer, definition.name)))


def _is_public(metric: Mapping[str, Any]) -> bool:
    """Metrics made only as inputs of others carry `meta: {hidden: true}`."""
    return not metric["config"].get("meta", {}).get("hidden", False)


def _compiled(metric: Mapping[str, Any]) -> MetricDefinition:
    name = metric["name"]
    file = metric_place(metric["original_file_path"], name)
    meta = _checked(metric["config"].get("meta") or {}, file=file, name=name)
    parts = metric["type_params"]
    is_ratio = metric["type"] == "ratio"
    for _, rule in refusals(metric["type"], parts):
        raise MetricError(f"{file}: metric `{name}`: {rule}")
    return MetricDefinition(
        name=name,
        label=metric["label"] or name,
        description=(metric["description"] or "").strip(),
        aggregation=metric["type"],
        entity_kind=meta.get("entity", "company"),
        segments=tuple(meta.get("segments") or ()),
        defined_in=file,
        numerator=side_metric(metric, "numerator") if is_ratio else None,
        denominator=side_metric(metric, "denominator") if is_ratio else None,
        **_plain_expression(metric),
        **_common(meta),
    )


def _plain_expression(metric: Mapping[str, Any]) -> dict[str, Any]:
    """The expression of a derived metric and its inputs, where these are metrics as they stand."""
    inputs = metric["type_params"].get("metrics") or []
    changed = ("filter", "alias", "offset_window", "offset_to_grain")
    if (
        metric["type"] != "derived"
        or metric.get("filter")
        or any(side.get(key) for side in inputs for key in changed)
    ):
        return {}
    names = tuple(side["name"] for side in inputs)
    return {"expression": metric["type_params"]["expr"], "inputs": names}


def _precomputed(node: Mapping[str, Any], target: Path) -> list[MetricDefinition]:
    meta, yml = node["config"]["meta"], str(Path(node["original_file_path"]).with_suffix(".yml"))
    shared = {key: value for key, value in meta.items() if key != "metrics"}
    return [
        MetricDefinition(
            name=metric["name"],
            label=metric.get("label") or metric["name"],
            description=(metric.get("description") or node["description"] or "").strip(),
            aggregation="precomputed",
            entity_kind=meta.get("entity", "company"),
            segments=tuple(meta.get("segments") or ()),
            defined_in=metric_place(yml, metric["name"]),
            relation=node["relation_name"],
            definition_sql=_compiled_sql(node, target),
            **_common(
                _checked(
                    shared | metric, file=metric_place(yml, metric["name"]), name=metric["name"]
                )
            ),
        )
        for metric in meta["metrics"]
    ]


def _compiled_sql(node: Mapping[str, Any], target: Path) -> str:
    """What dbt made of a model's text when it last built it; the text where it never did."""
    written = target / "compiled" / node["package_name"] / node["original_file_path"]
    sql = node.get("compiled_code") or (written.read_text() if written.exists() else None)
    return str(sql or node["raw_code"]).strip()


def _checked(meta: dict[str, Any], *, file: str, name: str) -> dict[str, Any]:
    for _, fault in faults_of_meta(meta):
        raise MetricError(f"{file}: metric `{name}`: {fault}")
    return meta


def faults_of_meta(meta: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Key and rule of every value in a metric's `meta` that cannot be."""
    missing = [key for key in _REQUIRED if key not in meta]
    if missing:
        yield "", f"config.meta lacks {', '.join(missing)}; expected {', '.join(_REQUIRED)}."
    for key in ("segments", "source_kinds"):
        if not isinstance(meta.get(key) or [], list):
            yield key, f"{key} is `{meta[key]}`; expected a list: `{key}: [{meta[key]}]`."
    if isinstance(meta.get("unit"), list | dict):
        yield "unit", f"unit is `{meta['unit']}`; expected a word, such as `orders`."
    kinds = meta.get("source_kinds")
    if "source_kinds" in meta and not kinds:
        yield (
            "source_kinds",
            "source_kinds is empty; name what it needs, so that a period counts as complete only "
            "when all of it is in.",
        )
    ways = (*DIRECTIONS, NEITHER) if meta.get("role") in MAY_BE_NEITHER else DIRECTIONS
    for key, known in (("role", ROLES), ("direction", ways), ("layer", LAYERS)):
        if key in meta and meta[key] not in known:
            yield key, f"{key} `{meta[key]}`; expected one of {', '.join(known)}."
    listed = kinds if isinstance(kinds, list) else []
    if unknown := [kind for kind in listed if kind not in SOURCE_KINDS]:
        told = f"source_kinds names `{unknown[0]}`; expected of {', '.join(SOURCE_KINDS)}."
        yield "source_kinds", told


def _common(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "layer": meta["layer"],
        "unit": str(meta["unit"]),
        "direction": meta["direction"],
        "owner": meta["owner"],
        "role": meta["role"],
        "source_kinds": tuple(meta["source_kinds"]),
        "format": meta.get("format", ""),
    }


def check_names(config: HubConfig, definitions: Sequence[MetricDefinition]) -> None:
    """Refuse a `hub.yml` that asks for a metric nobody defines. Raises `MetricError`."""
    names = {definition.name for definition in definitions if definition.layer == "company"}
    asked = [(f"targets[{i + 1}].metric", target.metric) for i, target in enumerate(config.targets)]
    asked += [(f"link.primary[{i + 1}].kpi", p.kpi) for i, p in enumerate(config.link.primary)]
    asked += [("link.kpis", name) for name in config.link.kpis or ()]
    problems = []
    for key, name in asked:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=2) or sorted(names)
            problems.append(
                f"hub.yml, key `{key}`: no metric is called `{name}`; "
                f"expected one of the company's, such as {' or '.join(near)}."
            )
    if problems:
        raise MetricError("\n".join(problems))
