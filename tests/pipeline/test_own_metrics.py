"""Does a block of YAML in the home's `metrics/` become a metric, and is a wrong one refused?"""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from hub.home import HubHome
from hub.warehouse import published_build
from tests.pipeline.shop_builds import OWN_RATIO, bellwether_here

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("runs")]


@pytest.fixture(scope="module")
def copy(built: HubHome, tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    """A copy of the built corner shop, for wrong definitions."""
    folder = tmp_path_factory.mktemp("own") / "home"
    shutil.copytree(built.root, folder)
    return HubHome(folder)


def order_lines(home: HubHome) -> pd.DataFrame:
    """Delivered order lines of April to June 2026, from the files."""
    files = [home.exports / "orders.csv", home.exports / "people" / "orders.csv"]
    lines = pd.concat([pd.read_csv(file, dtype=str) for file in files]).drop_duplicates()
    lines["month"] = lines["order_date"].str[:7]
    lines = lines[lines["month"].between("2026-04", "2026-06")]
    quantity = pd.to_numeric(lines["quantity"], errors="coerce")
    price = pd.to_numeric(lines["unit_price"], errors="coerce")
    return lines.assign(quantity=quantity, amount=quantity * price).dropna(subset="amount")


def test_the_guides_ratio_is_the_one_of_the_source_files(built: HubHome) -> None:
    lines = order_lines(built)
    shown = lines[lines["channel"] != "marketplace"]
    returned = -shown[shown["quantity"] < 0].groupby("month")["amount"].sum()
    orders = shown[shown["quantity"] > 0].groupby("month")["order_id"].nunique()
    assert len(shown) < len(lines)
    assert set(returned.index) == set(orders.index)
    told = bellwether_here(
        "query", "returns_per_recommended_order", "--grain", "month", "--format", "json",
        "--from", "2026-04-01", "--to", "2026-06-30", "--home", str(built.root),
    )  # fmt: skip
    rows = {row["period_start"][:7]: row for row in told.json}
    assert set(rows) == set(orders.index)
    for month, row in rows.items():
        assert row["denominator"] == orders[month]
        assert row["numerator"] == pytest.approx(returned[month], abs=0.005)
        assert row["metric_value"] == pytest.approx(returned[month] / orders[month], rel=1e-9)


def test_the_metric_says_where_it_is_defined_and_how_it_is_computed(built: HubHome) -> None:
    told = bellwether_here("metrics", "returns_per_recommended_order", "--home", str(built.root))
    lines = OWN_RATIO.read_text().splitlines()
    line = 1 + next(i for i, text in enumerate(lines) if "returns_per_recommended_order" in text)
    assert f"recommended.yml:{line}" in told.out
    assert "owner:          Recommendations" in told.out
    assert "channel IS DISTINCT FROM 'marketplace'" in told.out
    listed = bellwether_here("metrics", "--json", "--home", str(built.root)).json
    assert "returns_per_recommended_order" in {metric["metric_name"] for metric in listed}


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("segments: [country]", "segments: [planet]", "is called `planet`"),
        ("numerator: returns_value", "numerator: returns_valeu", "did you mean returns_value"),
        ("Entity('channel')", "Entity('chanel')", "chanel"),
        ("role: guardrail", "role: boss", "role `boss`"),
    ],
)
def test_a_wrong_definition_is_refused_before_anything_runs_and_publishes_nothing(
    copy: HubHome, right: str, wrong: str, rule: str
) -> None:
    text = OWN_RATIO.read_text()
    assert right in text
    file = copy.metrics / OWN_RATIO.name
    before = published_build(copy)
    file.write_text(text.replace(right, wrong))
    told = bellwether_here("run", "--home", str(copy.root))
    assert told.code == 1
    assert rule in told.err
    assert "recommended.yml" in told.err
    assert "Building the layers" not in told.err
    assert "Traceback" not in told.err
    assert published_build(copy) == before
