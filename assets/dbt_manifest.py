"""What does dbt know of models, metrics, raw tables and pages, and what reads what?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]


class Manifest:
    """The `manifest.json` of a parsed project (dbt's manifest v12), by the keys dbt gives."""

    def __init__(self, target: Path) -> None:
        told = json.loads((target / "manifest.json").read_text())
        every = ("nodes", "metrics", "sources", "exposures")
        self.nodes: dict[str, Node] = {k: node for kind in every for k, node in told[kind].items()}
        self.pages: list[Node] = sorted(told["exposures"].values(), key=lambda page: page["label"])
        self.parents: dict[str, list[str]] = told["parent_map"]
        self.children: dict[str, list[str]] = told["child_map"]
        self.models = {str(n["name"]): key for key, n in self.nodes.items() if is_model(n)}
        self.marts = {str(node["name"]): node for node in self.nodes.values() if is_mart(node)}


def is_model(node: Node) -> bool:
    return bool(node["resource_type"] == "model")


def is_mart(node: Node) -> bool:
    """Whether it is a table that pages read."""
    return is_model(node) and "mart" in node["tags"]


def is_metric(node: Node) -> bool:
    return bool(node["resource_type"] == "metric")
