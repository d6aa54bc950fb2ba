"""What is refused in a metric's definition, and what its hash depends on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.metric_catalogue import MetricError, check_names, read_catalogue
from assets.metric_compiler import in_one_line
from hub.config import HubConfig

META = {
    "layer": "company",
    "unit": "EUR",
    "direction": "up",
    "owner": "Sales",
    "role": "kpi",
    "source_kinds": ["sales"],
}


def metric(name: str = "revenue", **changes: Any) -> dict[str, Any]:
    base = {
        "name": name,
        "label": name,
        "description": "",
        "type": "simple",
        "type_params": {},
        "original_file_path": "metrics/mine.yml",
        "config": {"meta": META},
    }
    return base | changes


def write(target: Path, *metrics: dict[str, Any]) -> Path:
    manifest = {"metrics": {f"m{i}": m for i, m in enumerate(metrics)}, "nodes": {}}
    (target / "manifest.json").write_text(json.dumps(manifest))
    return target


def refusal(target: Path, *metrics: dict[str, Any]) -> str:
    with pytest.raises(MetricError) as caught:
        read_catalogue(write(target, *metrics))
    return str(caught.value)


def test_a_project_without_metrics_is_an_error_not_an_empty_catalogue(tmp_path: Path) -> None:
    assert "no metric" in refusal(tmp_path)


def test_missing_meta_is_named_with_file_and_metric(tmp_path: Path) -> None:
    meta = {key: value for key, value in META.items() if key not in ("unit", "owner")}
    message = refusal(tmp_path, metric(config={"meta": meta}))
    assert "metrics/mine.yml" in message
    assert "`revenue`" in message
    assert "lacks unit, owner" in message


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    assert "role `boss`" in refusal(tmp_path, metric(config={"meta": META | {"role": "boss"}}))


@pytest.mark.parametrize("given", [None, {"grain_to_date": "month"}, {"period_agg": "first"}])
def test_a_running_total_has_to_end_with_its_period(tmp_path: Path, given: object) -> None:
    running = metric("so_far", type="cumulative", type_params={"cumulative_type_params": given})
    assert "`period_agg: last`" in refusal(tmp_path, running)


def test_a_running_total_that_ends_with_its_period_is_taken(tmp_path: Path) -> None:
    given = {"grain_to_date": "month", "period_agg": "last"}
    running = metric("so_far", type="cumulative", type_params={"cumulative_type_params": given})
    found = read_catalogue(write(tmp_path, running))
    assert [each.aggregation for each in found] == ["cumulative"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"layer": "kompany"}, "layer `kompany`; expected one of platform, team, company"),
        ({"source_kinds": ["sales", "salez"]}, "source_kinds names `salez`; expected of"),
        ({"source_kinds": "sales"}, "expected a list: `source_kinds: [sales]`"),
        ({"source_kinds": []}, "source_kinds is empty"),
        ({"segments": "country"}, "expected a list: `segments: [country]`"),
        ({"unit": ["EUR"]}, "unit is `['EUR']`; expected a word"),
    ],
)
def test_meta_that_cannot_be_meant_is_refused(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    message = refusal(tmp_path, metric(config={"meta": META | given}))
    assert message.startswith("metrics/mine.yml")
    assert told in message


def test_only_a_services_or_teams_metric_may_have_no_good_way(tmp_path: Path) -> None:
    neither = META | {"direction": "neither", "layer": "team", "role": "team_metric"}
    (found,) = read_catalogue(write(tmp_path, metric(config={"meta": neither})))
    assert found.direction == "neither"
    told = refusal(tmp_path, metric(config={"meta": META | {"direction": "neither"}}))
    assert "direction `neither`; expected one of up, down." in told
    sideways = refusal(tmp_path, metric(config={"meta": neither | {"direction": "sideways"}}))
    assert "expected one of up, down, neither." in sideways


def test_a_hidden_division_is_sent_to_a_ratio(tmp_path: Path) -> None:
    hidden = metric("rate", type="derived", type_params={"expr": "a / nullif(b, 0)"})
    assert "type: ratio" in refusal(tmp_path, hidden)


@pytest.mark.parametrize("shift", ["offset_window", "offset_to_grain"])
def test_a_side_of_other_periods_is_refused(tmp_path: Path, shift: str) -> None:
    sides = {"numerator": {"name": "orders"}, "denominator": {"name": "sessions", shift: "month"}}
    message = refusal(tmp_path, metric("conversion", type="ratio", type_params=sides))
    assert message.startswith("metrics/mine.yml")
    assert f"its denominator has an `{shift}`" in message


def test_a_ratio_asks_for_the_sides_it_narrows_and_for_the_others_as_they_are(
    tmp_path: Path,
) -> None:
    narrow = {"where_filters": [{"where_sql_template": "x"}]}
    sides = {"numerator": {"name": "orders", "filter": narrow}, "denominator": {"name": "sessions"}}
    found = {
        definition.name: (definition.numerator, definition.denominator)
        for definition in read_catalogue(
            write(
                tmp_path,
                metric("one", type="ratio", type_params=sides),
                metric("both", type="ratio", type_params=sides, filter=narrow),
            )
        )
    }
    assert found == {
        "one": ("filtered_numerator_of_one", "sessions"),
        "both": ("filtered_numerator_of_both", "filtered_denominator_of_both"),
    }


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    assert "defined more than once" in refusal(tmp_path, metric(), metric())


def test_the_hash_follows_the_meaning_and_not_the_label(tmp_path: Path) -> None:
    (plain,) = read_catalogue(write(tmp_path, metric()))
    (renamed,) = read_catalogue(write(tmp_path, metric(label="Sales")))
    (in_dollars,) = read_catalogue(write(tmp_path, metric(config={"meta": META | {"unit": "USD"}})))
    assert plain.definition_hash == renamed.definition_hash
    assert plain.definition_hash != in_dollars.definition_hash
    assert plain.with_sql("select 1").definition_hash != plain.definition_hash


def test_the_hash_does_not_follow_how_a_compiler_numbers_its_aliases(tmp_path: Path) -> None:
    (plain,) = read_catalogue(write(tmp_path, metric()))
    first = plain.with_sql("-- read\nselect sum(x) from (select x from a a_src_10000) subq_2")
    second = plain.with_sql("select sum(x)\n  from (select x from a a_src_10003) subq_17")
    other = plain.with_sql("select sum(y) from (select y from a a_src_10000) subq_2")
    assert first.definition_hash == second.definition_hash
    assert first.definition_hash != other.definition_hash


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"targets": [{"metric": "revenu", "grain": "month", "value": 1}]}, "targets[1].metric"),
        ({"link": {"primary": [{"metric": "m/x", "kpi": "revenu"}]}}, "link.primary[1].kpi"),
        ({"link": {"kpis": ["revenu"]}}, "link.kpis"),
    ],
)
def test_a_metric_that_nobody_defines_is_refused_with_what_is_near(
    tmp_path: Path, settings: dict[str, Any], key: str
) -> None:
    source = {"name": "orders", "kind": "sales", "path": "x"}
    base = {"company": "A", "time_zone": "UTC", "currency": "EUR", "sources": [source]}
    definitions = read_catalogue(write(tmp_path, metric()))
    with pytest.raises(MetricError) as caught:
        check_names(HubConfig.model_validate(base | settings), definitions)
    assert f"`{key}`" in str(caught.value)
    assert "such as revenue" in str(caught.value)


def test_a_compilers_page_of_errors_becomes_one_line() -> None:
    told = (
        "Got error(s) during query resolution.\n\nError #1:\n  Message:\n\n    The given input "
        "does not match.\n\n    Suggestions:\n      [\n        \"Entity('channel')\",\n      ]\n\n"
        "  Query Input:\n\n    Object Builder Input:\n      Entity('chanel')\n"
    )
    assert in_one_line(told) == "no Entity('chanel'); it knows Entity('channel')."
    assert in_one_line("Message:\n\n  Two\n  lines.\n\nmore") == "Two lines."
