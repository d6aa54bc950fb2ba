"""Which metric stands on a side of a ratio, where the ratio narrows what the side counts?

A ratio may filter a side, or both by a filter of its own. To keep its two parts each narrowed side
becomes a metric: a copy of the one it names, with all filters that apply. The copies are added to
the semantic manifest before the compiler reads it; nobody writes them and no catalogue lists them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SIDES = ("numerator", "denominator")


def side_metric(ratio: Mapping[str, Any], side: str) -> str:
    """The name of the metric to ask for: the one that the side names, or its narrowed copy."""
    named = str(ratio["type_params"][side]["name"])
    return f"filtered_{side}_of_{ratio['name']}" if _narrowed_by(ratio, side) else named


def ratio_columns(numerator: str, denominator: str) -> tuple[str, str, str]:
    """SQL for value, numerator and denominator over the columns of these names.

    Facts exist where the denominator does, so a numerator without rows is a true zero.
    """
    base = f'"{denominator}"'
    counted = f'case when {base} > 0 then coalesce("{numerator}", 0) end'
    return f"({counted}) / nullif({base}, 0)", counted, base


def with_narrowed_sides(semantic_manifest: str) -> str:
    """The manifest with a metric for each narrowed side, and the ratios made of those.

    MetricFlow gives both parts of a ratio the same column when both sides name one metric with
    different filters; with names of their own they stay apart.
    """
    told = json.loads(semantic_manifest)
    metrics = {metric["name"]: metric for metric in told["metrics"]}
    ratios = [metric for metric in told["metrics"] if metric["type"] == "ratio"]
    wanted = [(ratio, side) for ratio in ratios for side in SIDES if _narrowed_by(ratio, side)]
    if not wanted:
        return semantic_manifest
    made = {ratio["name"]: _of_copies(ratio) for ratio, _ in wanted}
    told["metrics"] = [made.get(metric["name"], metric) for metric in told["metrics"]]
    told["metrics"] += [
        _copy(metrics[ratio["type_params"][side]["name"]], ratio, side) for ratio, side in wanted
    ]
    return json.dumps(told)


def _narrowed_by(ratio: Mapping[str, Any], side: str) -> list[dict[str, str]]:
    """The filters that the ratio adds to what the metric on a side counts."""
    return _filters(ratio) + _filters(ratio["type_params"][side])


def _filters(part: Mapping[str, Any]) -> list[dict[str, str]]:
    return list((part.get("filter") or {}).get("where_filters") or [])


def _of_copies(ratio: Mapping[str, Any]) -> dict[str, Any]:
    """The ratio over its narrowed sides; what narrows them stands there and nowhere else."""
    parts = ratio["type_params"]
    sides = {
        side: parts[side] | {"name": side_metric(ratio, side), "filter": None} for side in SIDES
    }
    return {**ratio, "filter": None, "type_params": {**parts, **sides}}


def _copy(named: Mapping[str, Any], ratio: Mapping[str, Any], side: str) -> dict[str, Any]:
    """The metric that a side names, under the name of the side and with every filter."""
    every = _filters(named) + _narrowed_by(ratio, side)
    name = side_metric(ratio, side)
    return {**named, "name": name, "label": name, "filter": {"where_filters": every}}
