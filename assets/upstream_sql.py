"""Which SQL, down to the raw tables, decides what a metric means? A hash for each model above.

What is hashed is what people wrote: a model's text before dbt compiles it with the macros of this
project that it calls, and beside the models the settings of `hub.yml` that they read. Compiled SQL
would not do: a model that grows asks the warehouse how far it got, so its text differs from run to
run. Comments and layout are no part of a meaning and are left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assets.metric_catalogue import MetricDefinition, meaning_of
from assets.metric_lineage import WATERMARKS
from hub.config import HubConfig

# Which sources there are and which targets are set is no part of what a number means.
NO_MEANING = ("sources", "targets")
_CONFIG = re.compile(r"\{\{-?\s*config\(.*?\)\s*-?\}\}", re.DOTALL)
_QUOTED = re.compile(r"""['"](\w+)['"]""")
_CUT_BLANKS = re.compile(r"(\{[{%])-|-([%}]\})")


def written_meaning(text: str) -> str:
    """A model or macro without comments, layout and how its rows are stored."""
    return _CUT_BLANKS.sub(r"\1\2", meaning_of(_CONFIG.sub("", text)))


class UpstreamSql:
    """The models and settings above each metric of a parsed project, each with a hash."""

    def __init__(self, target: Path, settings: Mapping[str, Any]) -> None:
        told = json.loads((target / "manifest.json").read_text())
        self._nodes: dict[str, Any] = told["nodes"] | told["metrics"] | told["semantic_models"]
        self._macros: dict[str, Any] = told["macros"]
        self._settings = {key: settings[key] for key in settings if key not in NO_MEANING}
        self._hashes: dict[str, str] = {}
        self._read: dict[str, frozenset[str]] = {}
        self._starts = {
            node["relation_name"] if node["resource_type"] == "model" else node["name"]: key
            for key, node in self._nodes.items()
            if node["resource_type"] in ("model", "metric")
        }

    def of(self, definition: MetricDefinition) -> dict[str, str]:
        """Name → hash of every model that a metric rests on and every setting these read."""
        start = self._starts.get(definition.relation or definition.name)
        if start is None:
            return {}
        models = [key for key in self._above(start) if key.startswith("model.")]
        found = {str(self._nodes[key]["name"]): self._hash(key) for key in models}
        for name in {name for key in models for name in self._settings_of(key)}:
            found[f"hub.yml: {name}"] = _hashed(self._settings[name])
        return dict(sorted(found.items()))

    def _above(self, start: str) -> Iterator[str]:
        found, ahead = {start}, [start]
        while ahead:
            at = ahead.pop()
            yield at
            if self._nodes[at]["name"] == WATERMARKS:  # tells how far each source reaches, no more
                continue
            parents = self._nodes[at]["depends_on"]["nodes"]
            new = {key for key in parents if key in self._nodes} - found
            found |= new
            ahead += sorted(new)

    def _hash(self, key: str) -> str:
        if key not in self._hashes:
            self._hashes[key] = _hashed(self._texts(key))
        return self._hashes[key]

    def _texts(self, key: str) -> list[str]:
        node = self._nodes[key]
        return [written_meaning(node["raw_code"]), *self._called(node)]

    def _settings_of(self, key: str) -> frozenset[str]:
        """The settings that a model or a macro it calls reads, by name."""
        if key not in self._read:
            quoted = set(_QUOTED.findall("\n".join(self._texts(key))))
            self._read[key] = frozenset(quoted & self._settings.keys())
        return self._read[key]

    def _called(self, node: Mapping[str, Any]) -> list[str]:
        """The project's own macros that a model calls, straight or through others, by name."""
        found: dict[str, str] = {}
        ahead = list(node["depends_on"]["macros"])
        while ahead:
            key = ahead.pop()
            macro = self._macros.get(key)
            if macro is None or macro["package_name"] != node["package_name"] or key in found:
                continue
            found[key] = written_meaning(macro["macro_sql"])
            ahead += macro["depends_on"]["macros"]
        return [found[key] for key in sorted(found)]


def _hashed(what: object) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]


def with_upstream(
    definitions: Sequence[MetricDefinition], target: Path, config: HubConfig
) -> tuple[MetricDefinition, ...]:
    """The definitions, each with the hashes of all models that it rests on."""
    from assets.dbt_runs import dbt_vars

    upstream = UpstreamSql(target, json.loads(dbt_vars(config)))
    return tuple(replace(each, upstream=tuple(upstream.of(each).items())) for each in definitions)
