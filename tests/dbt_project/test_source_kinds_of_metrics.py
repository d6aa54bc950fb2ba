"""Does every metric name the kinds of sources that its numbers wait for? The project's own do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assets.metric_catalogue import MetricDefinition, MetricError, read_catalogue
from assets.metric_checks import ensure_checked
from assets.metric_needs import MetricNeeds, besides, check_source_kinds
from hub.home import HubHome
from tests.dbt_project.conftest import Project

pytestmark = pytest.mark.xdist_group("dbt_project")


@pytest.fixture(scope="module")
def defined(shop: Project) -> tuple[MetricDefinition, ...]:
    return read_catalogue(shop.target)


def test_every_metric_of_the_project_names_all_that_it_waits_for(
    shop: Project, defined: tuple[MetricDefinition, ...]
) -> None:
    check_source_kinds(defined, shop.target)
    needs = MetricNeeds(shop.target)
    waits_for = {each.name: set(needs.of(each)) for each in defined}
    assert waits_for["revenue"] == {"sales"}
    assert waits_for["conversion_rate"] == {"events", "sales"}
    assert waits_for["cost_per_thousand_predictions"] == {"cost", "service_logs"}
    assert all(waits_for.values())


def test_no_metric_of_the_project_names_what_it_is_not_made_of(
    shop: Project, defined: tuple[MetricDefinition, ...]
) -> None:
    everything = MetricNeeds(shop.target, is_beside_read=True)
    unread = {each.name: set(each.source_kinds) - everything.of(each) for each in defined}
    assert {name for name, kinds in unread.items() if kinds} == set()


def test_what_a_model_reads_beside_it_does_read_and_some_metric_does_not_wait_for_it(
    shop: Project, defined: tuple[MetricDefinition, ...]
) -> None:
    needs = MetricNeeds(shop.target)
    marked = {key: besides(node) for key, node in needs.nodes.items() if besides(node)}
    assert len(marked) >= 8
    for key, beside in marked.items():
        assert set(beside) <= {needs.nodes[parent]["name"] for parent in needs.reads(key)}, key
        assert all(beside.values()), key
        meta = needs.nodes[key]["config"]["meta"]
        for name in beside:
            meta["beside"] = {each: why for each, why in beside.items() if each != name}
            needs._kinds.clear()
            assert any(needs.missing(each) for each in defined), f"{key} has no need of {name}"
        meta["beside"] = beside


@pytest.mark.parametrize(
    ("name", "named", "told"),
    [
        ("units_per_order", ("jira",), "lacks `sales`, which it is made of"),
        ("conversion_rate", ("events",), "lacks `sales`"),
        ("sessions", ("sales",), "lacks `events`"),
        ("change_fail_rate", ("releases",), "lacks `incidents`"),
        ("cost_per_thousand_predictions", ("rates",), "lacks `service_logs` and `cost`"),
        ("latency_ms_p95", ("sales",), "lacks `service_logs`"),
    ],
)
def test_a_metric_that_names_too_few_is_refused_with_its_line_and_what_to_write(
    shop: Project,
    defined: tuple[MetricDefinition, ...],
    tmp_path: Path,
    name: str,
    named: tuple[str, ...],
    told: str,
) -> None:
    mine = tmp_path / "mine.yml"
    mine.write_text(f"metrics:\n  - name: {name}\n    config:\n      source_kinds: []\n")
    (given,) = (each for each in defined if each.name == name)
    given = replace(given, defined_in=f"{mine}:2", source_kinds=named)
    with pytest.raises(MetricError) as caught:
        check_source_kinds([given, *defined], shop.target)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{mine}:4: metric `{name}`: source_kinds {told}")
    assert "Write `source_kinds: [" in line


def test_a_run_asks_before_anything_is_loaded(
    shop: Project, defined: tuple[MetricDefinition, ...], tmp_path: Path
) -> None:
    home = HubHome(tmp_path)
    home.make_var()
    (home.dbt_target / "parsed_from").write_text("this")
    (home.dbt_target / "manifest.json").symlink_to(shop.target / "manifest.json")
    (given,) = (each for each in defined if each.name == "units_per_order")
    with pytest.raises(MetricError, match=r"`units_per_order`: source_kinds lacks `sales`"):
        ensure_checked([replace(given, source_kinds=("jira",))], home)


def test_a_metric_over_a_model_by_itself_waits_for_all_that_the_model_reads(
    shop: Project, defined: tuple[MetricDefinition, ...], tmp_path: Path
) -> None:
    """A home may count what no metric of the project counts: only the lineage tells then."""
    told = json.loads((shop.target / "manifest.json").read_text())
    (orders,) = (each for each in told["metrics"].values() if each["name"] == "orders")
    mine = orders | {"name": "own_orders", "original_file_path": "metrics/mine.yml"}
    mine["type_params"] = {"input_measures": [{"name": "own_measure"}]}
    told["metrics"]["metric.bellwether.own_orders"] = mine
    told["parent_map"]["metric.bellwether.own_orders"] = orders["depends_on"]["nodes"]
    (tmp_path / "manifest.json").write_text(json.dumps(told))
    (given,) = (each for each in defined if each.name == "orders")
    own = replace(given, name="own_orders", source_kinds=("jira",))
    assert MetricNeeds(tmp_path).missing(own) == ["sales"]
