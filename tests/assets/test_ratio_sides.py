"""A ratio that narrows its sides gets metrics for them; every filter that applies is kept."""

from __future__ import annotations

import json
from typing import Any

from assets.ratio_sides import side_metric, with_narrowed_sides


def narrow(*conditions: str) -> dict[str, Any]:
    return {"where_filters": [{"where_sql_template": each} for each in conditions]}


def ratio(numerator: dict[str, Any], denominator: dict[str, Any], **more: Any) -> dict[str, Any]:
    sides = {"numerator": numerator, "denominator": denominator}
    return {"name": "rate", "type": "ratio", "filter": None, "type_params": sides} | more


def simple(name: str, *conditions: str) -> dict[str, Any]:
    filtered = narrow(*conditions) if conditions else None
    return {"name": name, "label": name, "type": "simple", "filter": filtered}


def widened(*metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    told = json.loads(with_narrowed_sides(json.dumps({"metrics": metrics})))
    return {metric["name"]: metric for metric in told["metrics"]}


def conditions(metric: dict[str, Any]) -> list[str]:
    return [each["where_sql_template"] for each in metric["filter"]["where_filters"]]


def test_a_manifest_without_narrowed_sides_stays_as_it_is() -> None:
    text = json.dumps({"metrics": [simple("a"), ratio({"name": "a"}, {"name": "a"})]}, indent=3)
    assert with_narrowed_sides(text) == text


def test_a_side_counts_what_its_metric_the_ratio_and_the_side_let_through() -> None:
    given = ratio({"name": "a", "filter": narrow("side")}, {"name": "b"}, filter=narrow("ratio"))
    found = widened(simple("a", "own"), simple("b"), given)
    assert conditions(found["filtered_numerator_of_rate"]) == ["own", "ratio", "side"]
    assert conditions(found["filtered_denominator_of_rate"]) == ["ratio"]
    assert conditions(found["a"]) == ["own"]
    assert found["b"]["filter"] is None


def test_one_metric_on_both_sides_stays_two() -> None:
    given = ratio({"name": "a", "filter": narrow("some")}, {"name": "a", "filter": None})
    found = widened(simple("a"), given)
    sides = found["rate"]["type_params"]
    assert (sides["numerator"]["name"], sides["denominator"]["name"]) == (
        "filtered_numerator_of_rate",
        "a",
    )
    assert sides["numerator"]["filter"] is None
    assert found["rate"]["filter"] is None
    assert side_metric(given, "numerator") in found
