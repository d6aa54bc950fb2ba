"""Do the order files add up to the shop's revenue?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from demo.shop import Shop


@pytest.fixture(scope="module")
def lines(home: Path) -> pd.DataFrame:
    """Every good line of every file."""
    files = sorted((home / "exports/sales").glob("*.csv"))
    every = pd.concat([pd.read_csv(f, dtype=str, keep_default_na=False) for f in files])
    every["quantity"] = pd.to_numeric(every["quantity"], errors="coerce")
    good = every["quantity"].notna() & (every["order_id"] != "") & (every["currency"] == "EUR")
    kept = every[good].reset_index(drop=True)
    kept["amount"] = kept["quantity"] * kept["unit_price"].astype(float)
    kept["day"] = kept["order_date"].str[:10]
    return kept


def test_gross_revenue_by_day_is_the_shops_revenue(lines: pd.DataFrame, shop: Shop) -> None:
    gross = lines[lines["amount"] > 0].groupby("day")["amount"].sum()
    assert len(gross) == shop.plan.n_days
    missed = gross.to_numpy() / shop.daily["revenue"].to_numpy() - 1
    assert np.abs(missed[:-1]).max() < 0.006
    assert abs(missed.mean()) < 0.002


def test_truth_holds_the_exact_sums(lines: pd.DataFrame, truth: dict[str, Any]) -> None:
    sold = lines[lines["amount"] > 0]
    returned = lines[lines["amount"] < 0]
    sales = truth["sales"]
    assert sold["amount"].sum() == pytest.approx(sales["gross"], abs=0.01)
    assert -returned["amount"].sum() == pytest.approx(sales["returns"], abs=0.01)
    assert sold["order_id"].nunique() == sales["orders"]
    assert len(lines) == sales["lines"]
    by_month = sold.groupby(sold["day"].str[:7])["amount"].sum()
    assert by_month.to_dict() == pytest.approx(sales["gross_by_month"], abs=0.01)


def test_returns_name_an_earlier_line_of_the_same_order(lines: pd.DataFrame) -> None:
    is_return = lines["order_id"].str.startswith("C")
    assert (lines.loc[is_return, "quantity"] < 0).all()
    assert (lines.loc[~is_return, "quantity"] > 0).all()
    returned = lines[is_return].assign(order_id=lines.loc[is_return, "order_id"].str[1:])
    both = returned.merge(lines[~is_return], on=["order_id", "line", "sku", "unit_price"])
    assert len(both) == len(returned) > 500
    assert (both["order_date_x"] > both["order_date_y"]).all()
    assert (both["quantity_x"] == -both["quantity_y"]).all()
    assert 0.03 < len(returned) / (~is_return).sum() < 0.05


def test_every_product_keeps_its_price(lines: pd.DataFrame) -> None:
    assert (lines.groupby("sku")["unit_price"].nunique() == 1).all()


def test_times_are_local_and_in_order(home: Path, shop: Shop, lines: pd.DataFrame) -> None:
    assert (lines["day"] == lines["order_date"].str[:10]).all()
    skipped = lines["order_date"].str[:13].isin(["2025-03-30 02", "2026-03-29 02"])
    assert not skipped.any()
    ends = f"{shop.moments.data_ends_at:%Y-%m-%d %H:%M:%S}"
    assert lines["order_date"].max() <= ends
    assert lines["order_date"].max()[:10] == ends[:10]
    for file in (home / "exports/sales").glob("*.csv"):
        month = file.stem.removeprefix("orders-")
        dates = pd.read_csv(file, dtype=str)["order_date"]
        assert set(dates.str[:7]) == {month}


def test_some_customers_come_back_and_some_are_guests(lines: pd.DataFrame) -> None:
    orders = lines[lines["quantity"] > 0].drop_duplicates("order_id")
    guests = (orders["customer"] == "").mean()
    per_customer = orders[orders["customer"] != ""].groupby("customer").size()
    assert 0.005 < guests < 0.05
    assert (per_customer > 1).mean() > 0.2
    assert set(orders["channel"]) == {"web", "ios", "android", "marketplace"}
    assert set(orders["country"]) == {"DE", "AT", "NL", "FR", "BE"}
