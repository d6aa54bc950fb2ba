"""Do real files load with exact counts? Needs the folder named by BELLWETHER_REAL_DATA."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
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
