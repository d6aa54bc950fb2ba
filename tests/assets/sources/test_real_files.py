"""Do real files load with exact counts? Needs the folder named by BELLWETHER_REAL_DATA."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

DATA = Path(os.environ.get("BELLWETHER_REAL_DATA", "/nonexistent"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="BELLWETHER_REAL_DATA names no folder")
COLUMNS = {
    "order_id": "InvoiceNo", "ordered_at": "InvoiceDate", "customer_id": "CustomerID",
    "product_id": "StockCode", "description": "Description", "quantity": "Quantity",
    "unit_price": "UnitPrice", "country": "Country",
}  # fmt: skip


@pytest.mark.parametrize("name", ["germany", "france"])
def test_retail_subsets_load_with_the_revenue_that_pandas_counts(hub: Hub, name: str) -> None:
    path = DATA / "sales" / f"{name}.csv"
    (result,) = hub.load("sales", str(path), columns=COLUMNS)
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    amount = sum(
        Decimal(q) * Decimal(p) for q, p in zip(frame.Quantity, frame.UnitPrice, strict=True)
    )
    assert (result.records, result.loaded) == (len(frame), len(frame))
    assert hub.one("SELECT sum(amount) FROM raw.sales") == amount
    returned = frame[frame.InvoiceNo.str.startswith("C")]
    assert hub.one("SELECT count(*) FROM raw.sales WHERE amount < 0") == len(returned)
    days = pd.to_datetime(frame.InvoiceDate, format="%m/%d/%Y %H:%M").dt.strftime("%Y-%m-%d")
    local = "timezone('Europe/Berlin', ordered_at)"
    counted = hub.rows(f"SELECT strftime({local}, '%Y-%m-%d'), count(*) FROM raw.sales GROUP BY 1")
    assert dict(counted) == days.value_counts().to_dict()


def test_purchases_in_fixed_widths_load_with_their_sum(hub: Hub) -> None:
    path = DATA / "sales" / "CDNOW_master.txt"
    (result,) = hub.load(
        "sales", str(path), rows="orders", skip_lines=1,
        widths={"customer_id": 6, "ordered_at": 9, "quantity": 3, "amount": 8},
    )  # fmt: skip
    lines = [line.split() for line in path.read_text().splitlines()[1:]]
    assert (result.records, result.loaded) == (len(lines), len(lines)) == (69_659, 69_659)
    total = sum(Decimal(line[3]) for line in lines)
    assert hub.one("SELECT sum(amount) FROM raw.sales") == total == Decimal("2500315.63")
    assert hub.one("SELECT count(DISTINCT customer_id) FROM raw.sales") == len(
        {line[0] for line in lines}
    )
    assert result.detected["counts"] == {
        "exact_duplicates": len(lines) - len({tuple(line) for line in lines}),
        "zero_priced": sum(Decimal(line[3]) == 0 for line in lines),
    }


def test_a_sample_of_baskets_loads_from_parquet_with_its_sum(hub: Hub) -> None:
    path = DATA / "sales" / "completejourney_tx_1in20.parquet"
    (result,) = hub.load("sales", str(path))
    table = pq.read_table(path, columns=["basket_id", "sales_value", "quantity"]).to_pydict()
    assert (result.records, result.loaded) == (82_692, len(table["basket_id"]))
    step = Decimal("0.0001")
    total = sum(Decimal(str(value)).quantize(step) for value in table["sales_value"])
    assert hub.one("SELECT sum(amount) FROM raw.sales") == total
    assert hub.one("SELECT sum(quantity) FROM raw.sales") == sum(table["quantity"])
    assert hub.one("SELECT count(DISTINCT order_id) FROM raw.sales") == len(set(table["basket_id"]))


@pytest.mark.parametrize(
    "name", ["campaigns.parquet", "campaign_descriptions.parquet", "coupon_redemptions.parquet",
             "product_category_name_translation.csv"],
)  # fmt: skip
def test_tables_that_are_no_sales_are_refused_by_what_they_lack(hub: Hub, name: str) -> None:
    problem = hub.refusal("sales", str(DATA / "sales" / name)).problem
    assert problem.column == "order_id"
    assert "columns: {order_id:" in problem.remedy


def test_dates_swapped_in_a_real_export_are_found(hub: Hub) -> None:
    text = (DATA / "sales" / "france.csv").read_text(encoding="utf-8-sig")
    swapped = re.sub(
        r",(\d{1,2})/(\d{1,2})/(\d{4} )",
        lambda m: f",{m[1]}/{m[2]}/{m[3]}" if int(m[2]) > 12 else f",{m[2]}/{m[1]}/{m[3]}",
        text,
    )
    hub.write("in/a.csv", swapped)
    assert "contradict" in hub.refusal("sales").problem.found


def test_an_edge_log_loads_without_a_mapping(hub: Hub) -> None:
    path = DATA / "logs" / "cloudflare.json.log"
    (result,) = hub.load("service_logs", str(path))
    frame = pd.read_json(path, lines=True)
    assert result.loaded == len(frame)
    assert hub.one("SELECT sum(status) FROM raw.service_logs") == frame.EdgeResponseStatus.sum()
    assert hub.one("SELECT epoch_ns(min(logged_at)) FROM raw.service_logs") == (
        frame.EdgeStartTimestamp.min()
    )


@pytest.mark.parametrize("name", ["simonw+datasette", "grafana+loki", "SigNoz+signoz"])
def test_git_tags_load_one_by_one(hub: Hub, name: str) -> None:
    path = DATA / "deploy" / f"{name}_tags.tsv"
    (result,) = hub.load("releases", str(path), model=name.split("+")[1])
    assert result.loaded == len(path.read_text().splitlines())
