"""A file of the home's `metrics/` that would not become a metric is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.metric_catalogue import MetricError
from assets.metric_files import check_metric_files, own_files
from assets.metric_form import _RESERVED, _problem_of_name, faults_of_form
from assets.yaml_lines import read_yaml
from hub.home import DBT_PROJECT, PROJECT_ROOT

EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "own-ratio" / "recommended.yml"
BLOCK = """\
version: 2
metrics:
  - name: returns_per_order
    label: Returns per order
    type: ratio
    type_params:
      numerator: {name: returns_value, filter: "{{ Entity('channel') }} = 'app'"}
      denominator: orders
    config:
      meta:
        layer: company
        unit: EUR
        direction: down
        owner: Sales
        role: guardrail
        segments: [country]
        source_kinds: [sales]
"""
RATIO = "metric `returns_per_order`: "
SIMPLE = "type: simple\n    type_params: {measure: orders}"
RATIO_PARTS = BLOCK[BLOCK.index("type: ratio") : BLOCK.index("    config:")].rstrip()


def refusal(folder: Path, **files: str) -> list[str]:
    """The lines of the refusal, with paths as seen from the folder."""
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    with pytest.raises(MetricError) as caught:
        check_metric_files(folder)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_a_homes_own_files_are_found_in_folders_too_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "sales").mkdir()
    for name in ("z.yml", "sales/a.yaml", "sales/orders.sql", "notes.md"):
        (tmp_path / name).touch()
    assert own_files(tmp_path) == [tmp_path / "sales/a.yaml", tmp_path / "z.yml"]
    assert own_files(tmp_path, kinds=["sql"]) == [tmp_path / "sales/orders.sql"]


def test_a_model_is_refused_before_dbt_writes_over_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("no: metric")
    for name in ("own.sql", "own.py"):
        (tmp_path / name).write_text("select 1")
        with pytest.raises(MetricError) as caught:
            check_metric_files(tmp_path)
        assert str(caught.value).startswith(f"{tmp_path / name}:1: a model cannot stand among")
        (tmp_path / name).unlink()


def test_a_home_without_metrics_and_the_guides_own_are_taken(tmp_path: Path) -> None:
    check_metric_files(tmp_path / "no-such-folder")
    assert EXAMPLE.read_text() in (PROJECT_ROOT / "docs" / "own-metrics.md").read_text()
    (tmp_path / "mine.yml").write_text(EXAMPLE.read_text())
    (tmp_path / "empty.yml").write_text("# nothing yet\n")
    check_metric_files(tmp_path)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("    type: ratio", "\ttype: ratio", "mine.yml:5: column 1: this is no YAML"),
        ('"{{ Entity(\'channel\') }} = \'app\'"}', "{{ x }} = 'app'}", "between double quotes"),
        ("metrics:", "metrcis:", "mine.yml:2: `metrcis` is no key that is read. Did you mean"),
        ("  - name: returns_per_order", "  name: x", "this is no YAML"),
        (BLOCK, "- name: x", "mine.yml:1: the file holds a list, where keys were expected."),
        (BLOCK, "metrics:\n", "mine.yml:1: `metrics` holds nothing, where a list was expected."),
        (BLOCK, "metrics: [orders]\n", "mine.yml:1: `orders` is no block with a name."),
        ("    type: ratio", "    type: ratio\n    type: simple",
         "mine.yml:6: column 5: `type` stands here and on line 5. Keep one."),
    ],
)  # fmt: skip
def test_what_is_no_list_of_blocks_is_refused_with_its_line(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    assert right in BLOCK
    (line,) = refusal(tmp_path, mine=BLOCK.replace(right, wrong))
    assert line.startswith("mine.yml:")
    assert told in line


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("name: returns_per_order", "name: Returns per order",
         "3: metric `Returns per order`: `Returns per order` is no name of a metric: two or more "
         "lower-case letters, digits and single underscores, a letter first. "
         "Write `returns_per_order`."),
        ("name: returns_per_order", "name: returns__order", "Write `returns_order`."),
        ("name: returns_per_order", "name: 12", "`name` is `12`, which is no text."),
        ("name: returns_per_order", "name: metric_time", "the hub uses this name itself."),
        ("name: returns_per_order", "name: country",
         "3: metric `country`: `country` is what metrics are split by."),
        ("name: returns_per_order", "name: revenue",
         "3: metric `revenue`: the name `revenue` is taken by models/metrics/company_metrics.yml:"),
        ("name: returns_per_order", "name: latency_ms_p95",
         "is taken by models/platform/platform_latency_percentiles.yml:"),
        ("label: Returns per order", "label: Revenue",
         f"4: {RATIO}the label `Revenue` is taken by models/metrics/company_metrics.yml:"),
        ("    label: Returns per order\n", "", f"3: {RATIO}`label` is missing."),
        ("type: ratio", "type: ration",
         f"5: {RATIO}type `ration`; expected one of simple, ratio, derived, cumulative, "
         "conversion. Did you mean `ratio`?"),
        ("      denominator: orders\n", "",
         f"7: {RATIO}`type_params` of a ratio metric lacks `denominator`; "
         "give `numerator` and `denominator`."),
        ("denominator:", "divisor:", f"8: {RATIO}`divisor` is no key of `type_params`."),
        ("filter:", "where:", f"7: {RATIO}`where` is no key of `numerator`. Expected of name,"),
        ("name: returns_value", "name: returns_valeu",
         f"7: {RATIO}no metric is called `returns_valeu`; did you mean returns_value"),
        ("denominator: orders", "denominator: revenue_gross",
         f"8: {RATIO}no metric is called `revenue_gross`: it is a measure."),
        ("denominator: orders", "denominator: qwx",
         f"8: {RATIO}no metric is called `qwx`; `bellwether metrics` lists them."),
        ("denominator: orders", "denominator: 7",
         f"8: {RATIO}`denominator` is `7`; expected a name"),
        ("name: returns_value", "name: returns_per_order", f"6: {RATIO}it is made of itself."),
        (" }} = 'app'", " } = 'app'", f"7: {RATIO}the filter cannot be read: "),
        ("    config:\n      meta:", "    meta:", f"9: {RATIO}`meta` stands beside `config`."),
        ("      meta:\n", "      mata:\n", f"9: {RATIO}`config` holds no `meta` with keys."),
        ("segments:", "segmnets:", f"16: {RATIO}`segmnets` is no key of `meta`. Did you mean"),
        (RATIO_PARTS, SIMPLE.replace("orders", "ordres"),
         f"6: {RATIO}no measure is called `ordres`; did you mean orders?"),
        (RATIO_PARTS, "type: simple\n    agg: sum\n    type_params: {measure: orders}",
         f"6: {RATIO}`agg` is no key of a metric. What a metric is made of stands under"),
        (RATIO_PARTS, SIMPLE.replace("orders", "{name: orders, fill_nulls_with: 0}"),
         f"6: {RATIO}`fill_nulls_with` would make zeros of days without data"),
        (RATIO_PARTS, "type: derived\n    type_params: {expr: orders + units, metrics: orders}",
         f"6: {RATIO}`metrics` is no list."),
        (RATIO_PARTS, "type: derived\n    type_params: {expr: orders + units}",
         f"6: {RATIO}`type_params` of a derived metric lacks `metrics`"),
        ("role: guardrail", "role: indicator",
         f"15: {RATIO}role `indicator`; expected one of kpi, model_metric,"),
        ("source_kinds: [sales]", "source_kinds: [salez]",
         f"17: {RATIO}source_kinds names `salez`; expected of "),
        ("        unit: EUR\n", "", f"9: {RATIO}config.meta lacks unit; expected layer, unit,"),
        ("segments: [country]", "segments: [country, contry]",
         f"16: {RATIO}nothing that metrics are split by is called `contry`; did you mean country"),
        ("Entity('channel')", "Entity('qwx')",
         f"7: {RATIO}nothing that metrics are split by is called `qwx`; `bellwether metrics NAME`"),
        ("Entity('channel')", "Dimension('channel')",
         f"7: {RATIO}`Dimension('channel')` is not known to MetricFlow. "
         "Write `Entity('channel')`."),
    ],
)  # fmt: skip
def test_a_block_without_the_form_of_a_metric_is_refused_with_its_line(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    assert right in BLOCK
    lines = refusal(tmp_path, mine=BLOCK.replace(right, wrong, 1))
    assert all(line.startswith("mine.yml:") for line in lines)
    assert told in "\n".join(lines)


def test_the_projects_own_metrics_have_the_form_that_is_asked_for() -> None:
    told = [
        (block["name"], fault)
        for file in (DBT_PROJECT / "models" / "metrics").glob("*.yml")
        for block in read_yaml(file.read_text()).get("metrics", [])
        for fault in faults_of_form(block)
    ]
    assert told == []


@pytest.mark.parametrize(
    "parts",
    [
        "type: derived\n    type_params: {expr: now - before, metrics: "
        "[{name: orders, alias: now}, {name: orders, alias: before, offset_window: 7 days}]}",
        "type: cumulative\n    type_params: {measure: orders, "
        "cumulative_type_params: {grain_to_date: month, period_agg: last}}",
        "type: conversion\n    type_params: {conversion_type_params: {base_measure: new_customers, "
        "conversion_measure: returning_customers, entity: country, window: 7 days}}",
        'type: simple\n    type_params: {measure: {name: orders, filter: "x"}}\n'
        "    filter: [\"{{ Entity('country') }} = 'DE'\", \"{{ Entity('channel') }} = 'app'\"]",
    ],
)
def test_every_kind_of_metric_is_taken(tmp_path: Path, parts: str) -> None:
    (tmp_path / "mine.yml").write_text(BLOCK.replace(RATIO_PARTS, parts))
    check_metric_files(tmp_path)


def derived(
    expression: str, metrics: str = "{name: revenue, alias: aa}, {name: orders, alias: bb}"
) -> str:
    return f"type: derived\n    type_params:\n      expr: {expression}\n      metrics: [{metrics}]"


@pytest.mark.parametrize(
    "expression",
    ["aa - bb", "-(aa + 2 * bb) * 1.5e1 - 3", "1 - aa - bb", '"2 * 3 * AA + bb  -- a / b"'],
)
def test_a_sum_of_multiples_of_metrics_is_taken(tmp_path: Path, expression: str) -> None:
    (tmp_path / "mine.yml").write_text(BLOCK.replace(RATIO_PARTS, derived(expression)))
    check_metric_files(tmp_path)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("aa / nullif(bb, 0)", "it divides in an expression, which hides its parts."),
        ("aa // bb", "it divides in an expression"),
        ("(aa - bb) / 100", "it divides in an expression"),
        ("aa * power(bb, -1)", "it has `aa * POWER(bb, -1)` in its expression, which hides"),
        ("aa * bb", "it has `aa * bb` in its expression"),
        ("aa ** -1 + bb", "in its expression"),
        ("2 * exp(ln(aa) - ln(bb))", "in its expression"),
        ("aa % bb", "in its expression"),
        ("coalesce(aa, 0) + bb", "it has `COALESCE(aa, 0)` in its expression"),
        ("case when bb > 0 then aa end", "in its expression"),
        ("aa + bb::int", "in its expression"),
        ("aa > bb", "in its expression"),
        ("aa + (select 1)", "in its expression"),
        ("aa + '1'", "in its expression"),
        ("aa +", "expr is `aa +`, which cannot be read."),
        ("aa + bb; drop table x", "in its expression"),
    ],
)
def test_an_expression_that_hides_what_it_is_made_of_is_sent_to_a_ratio(
    tmp_path: Path, expression: str, told: str
) -> None:
    (line,) = refusal(tmp_path, mine=BLOCK.replace(RATIO_PARTS, derived(expression)))
    assert line.startswith(
        f"mine.yml:7: {RATIO}{told}" if told.startswith("it ") else "mine.yml:7:"
    )
    assert told in line
    assert "use `type: ratio` with a numerator and a denominator" in line


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (derived("a + bb", "{name: revenue, alias: a}, {name: orders, alias: bb}"),
         f"8: {RATIO}alias `a` is no name of a metric: two or more lower-case letters, digits and "
         "single underscores, a letter first. Write `my_a`."),
        (derived("aa - Bb", "{name: revenue, alias: aa}, {name: orders, alias: Bb}"),
         "Write `bb`."),
        (derived("a__b", "{name: revenue, alias: a__b}"), "Write `a_b`."),
        (derived("week", "{name: revenue, alias: week}"), "the hub uses this name itself."),
        (derived("orders", "{name: revenue, alias: orders}, orders"),
         f"8: {RATIO}alias `orders` is the name of a metric it reads."),
        (derived("aa", "{name: revenue, alias: aa}, {name: orders, alias: aa}"),
         f"8: {RATIO}`aa` stands twice among its metrics."),
        (derived("orders", "orders, {name: orders, offset_window: 7 days}"),
         f"8: {RATIO}`orders` stands twice among its metrics. Give each an `alias`."),
        (derived("aa - cc"), f"7: {RATIO}its expression names `cc`, which is none of its metrics: "
         "aa, bb."),
        (derived("orders", "{name: orders, offset_window: 7 foos}"),
         f"8: {RATIO}offset_window is `7 foos`; expected such as `7 days`."),
        (derived("orders", "{name: orders, offset_to_grain: moon}"), "offset_to_grain is `moon`;"),
        (derived("orders", "{name: orders, offset_window: 1 day, offset_to_grain: month}"),
         "Keep one of them."),
        ("type: cumulative\n    type_params: {measure: orders}",
         f"6: {RATIO}it is cumulative without `period_agg: last`"),
        ("type: cumulative\n    type_params:\n      measure: orders\n      "
         "cumulative_type_params:\n        window: 7 days\n        period_agg: first",
         f"10: {RATIO}it is cumulative without `period_agg: last` (it is `first`)"),
        ("type: cumulative\n    type_params: {measure: orders, cumulative_type_params: "
         "{window: 7 days, grain_to_date: month, period_agg: last}}", "Keep one of them."),
        ("type: cumulative\n    type_params: {measure: orders, window: 7 foos, "
         "cumulative_type_params: {period_agg: last}}", "window is `7 foos`;"),
        ("type: ratio\n    type_params:\n      numerator: returns_value\n"
         "      denominator: {name: orders, offset_window: 1 month}",
         f"8: {RATIO}its denominator has an `offset_window`"),
        ("type: conversion\n    type_params:\n      conversion_type_params:\n"
         "        base_measure: sessions\n        conversion_measure: returning_customers\n"
         "        entity: country", f"8: {RATIO}`sessions` is a sum; a conversion takes"),
        ("type: conversion\n    type_params:\n      conversion_type_params:\n"
         "        base_measure: new_customers\n        conversion_measure: returning_customers\n"
         "        entity: platform", f"10: {RATIO}`customer_orders`, which holds `new_customers`, "
         "has no entity `platform`; it has channel, country."),
        (RATIO_PARTS.replace("denominator: orders", "denominator: latency_ms_p95"),
         f"8: {RATIO}`latency_ms_p95` is precomputed (see models/platform/"
         "platform_latency_percentiles.yml:"),
        (RATIO_PARTS.replace("denominator: orders", "denominator: latency_ms_p95"),
         "it can be no side of a ratio and no part of another metric. Read what is counted, such "
         "as `requests` or `errors`;"),
        (derived("cycle_time_days_p50", "cycle_time_days_p50"),
         "Read what is counted, such as `throughput` or `created_issues`;"),
        (RATIO_PARTS.replace("denominator: orders", "denominator: qwxyz"),
         "`bellwether metrics` lists them. One whose kind is precomputed can be no part"),
    ],
)  # fmt: skip
def test_what_the_semantic_layer_would_refuse_without_a_line_is_refused_with_one(
    tmp_path: Path, parts: str, told: str
) -> None:
    assert told in "\n".join(refusal(tmp_path, mine=BLOCK.replace(RATIO_PARTS, parts)))


def test_names_follow_the_rule_of_the_semantic_layer() -> None:
    from dbt_semantic_interfaces.type_enums import TimeGranularity
    from dbt_semantic_interfaces.validations.unique_valid_name import (
        MetricFlowReservedKeywords,
        UniqueAndValidNameRule,
    )

    reserved = {each.lower() for each in TimeGranularity.list_names()}
    assert set(_RESERVED) == reserved | {each.value for each in MetricFlowReservedKeywords}
    parts = ("", "a", "B", "1", "_", "__", "week", "day1", "ab", "é", " ")
    for name in {first + middle + last for first in parts for middle in parts for last in parts}:
        is_taken = not UniqueAndValidNameRule.check_valid_name(name)
        assert (_problem_of_name(name) is None) == is_taken, name


def test_one_name_in_two_files_or_twice_in_one_names_both_places(tmp_path: Path) -> None:
    again = BLOCK.replace("label: Returns per order", "label: Once more")
    lines = refusal(tmp_path, a=BLOCK, b=again)
    assert lines == [
        f"b.yml:3: {RATIO}the name `returns_per_order` is taken by a.yml:3. Choose another one."
    ]
    (tmp_path / "b.yml").unlink()
    lines = refusal(tmp_path, a=BLOCK + again.split("metrics:\n")[1])
    assert lines[0].startswith(f"a.yml:18: {RATIO}the name `returns_per_order` is taken by a.yml:3")


def test_a_metric_may_read_one_of_another_file_but_not_in_a_circle(tmp_path: Path) -> None:
    other = BLOCK.replace("returns_per_order", "other").replace("Returns per order", "Other")
    there = other.replace("denominator: orders", "denominator: returns_per_order")
    (tmp_path / "a.yml").write_text(there)
    (tmp_path / "b.yml").write_text(BLOCK)
    check_metric_files(tmp_path)
    lines = refusal(tmp_path, b=BLOCK.replace("name: returns_value", "name: other"))
    assert [line.split(":")[0] for line in lines] == ["a.yml", "b.yml"]
    assert all("it is made of itself" in line for line in lines)


def test_keys_may_be_shared_by_an_anchor_and_given_anew(tmp_path: Path) -> None:
    shared = BLOCK.replace("      meta:\n", "      meta: &shared\n")
    name = "  - {name: another, label: Another, type: simple, type_params: {measure: orders}, "
    (tmp_path / "a.yml").write_text(
        f"{shared}{name}config: {{meta: {{<<: *shared, unit: orders}}}}}}\n"
    )
    check_metric_files(tmp_path)


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes(b"version: 2\n# Gr\xf6\xdfe\n")
    with pytest.raises(MetricError, match=r"a\.yml:2: this is no UTF-8 text: byte 15 is 0xf6"):
        check_metric_files(tmp_path)
