"""Do real files keep their published totals on the way from raw to observations?

One home holds the sales of three companies, whose years do not overlap, so that the total of a
company is that of its years; only the models that these figures rest on are built.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from hub.home import HubHome
from tests.pipeline.observed_home import observed_home

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("runs")]

METRICS = (
    "revenue", "revenue_net", "orders", "units", "customers", "new_customers", "requests", "errors",
)  # fmt: skip
HUB = """
company: Three companies
time_zone: Europe/London
currency: GBP
sources:
  - name: cdnow
    kind: sales
    path: {data}/sales/CDNOW_master.txt
    ended: 1998-06-30
    rows: orders
    skip_lines: 1
    widths: {{customer_id: 6, ordered_at: 9, quantity: 3, amount: 8}}
  - {{name: baskets, kind: sales, path: '{data}/sales/completejourney_tx_1in20.parquet'}}
  - name: retail
    kind: sales
    path: {data}/sales/[fg]*.csv
    ended: 2011-12-09
    columns:
      {{order_id: InvoiceNo, ordered_at: InvoiceDate, customer_id: CustomerID,
        product_id: StockCode, quantity: Quantity, unit_price: UnitPrice, country: Country}}
  - name: apache
    kind: service_logs
    path: {data}/logs/apache_combined_semicomplete_2015.log
    service: blog
"""


@pytest.fixture(scope="module")
def observed(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Daily observations of the whole: metric_name, period_start, metric_value."""
    rows = observed_home(
        HubHome(tmp_path_factory.mktemp("totals")),
        HUB.format(data=real_data),
        metrics=METRICS,
        dbt=["run", "--select", "+company_revenue_days", "+platform_request_days",
             "+stg_watermarks", "metrics_time_spine", "+metrics_lost_days"],
    )  # fmt: skip
    return rows[rows["grain"] == "day"]


def total(observed: pd.DataFrame, metric: str, years: range) -> Decimal:
    """The sum of a metric over whole years, to the cent."""
    rows = observed[observed["metric_name"] == metric]
    mine = rows[pd.DatetimeIndex(pd.to_datetime(rows["period_start"])).year.isin(list(years))]
    return Decimal(str(round(mine["metric_value"].sum(), 6))).quantize(Decimal("0.01"))


def test_cdnow_keeps_its_published_totals(observed: pd.DataFrame, real_data: Path) -> None:
    text = (real_data / "sales" / "CDNOW_master.txt").read_text()
    rows = [line.split() for line in text.splitlines()[1:]]
    assert len(rows) == 69_659
    published = {"revenue": Decimal("2500315.63"), "orders": 69_659, "new_customers": 23_570}
    assert {name: total(observed, name, range(1997, 1999)) for name in published} == published
    assert len({row[0] for row in rows}) == published["new_customers"]
    assert total(observed, "units", range(1997, 1999)) == sum(int(row[2]) for row in rows)


def test_the_sample_of_baskets_keeps_its_total(observed: pd.DataFrame, real_data: Path) -> None:
    frame = pd.read_parquet(real_data / "sales" / "completejourney_tx_1in20.parquet")
    assert len(frame) == 82_692
    cents = sum((Decimal(str(value)) for value in frame["sales_value"]), Decimal(0))
    assert total(observed, "revenue", range(2017, 2019)) == cents.quantize(Decimal("0.01"))
    assert total(observed, "orders", range(2017, 2019)) == frame["basket_id"].nunique()


def test_the_retailers_countries_keep_theirs(observed: pd.DataFrame, real_data: Path) -> None:
    gross, net = Decimal(0), Decimal(0)
    for country in ("germany", "france"):
        path = real_data / "sales" / f"{country}.csv"
        frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
        amounts = [
            Decimal(quantity) * Decimal(price)
            for quantity, price in zip(frame["Quantity"], frame["UnitPrice"], strict=True)
        ]
        net += sum(amounts, Decimal(0))
        gross += sum((amount for amount in amounts if amount > 0), Decimal(0))
    assert total(observed, "revenue", range(2010, 2012)) == gross.quantize(Decimal("0.01"))
    assert total(observed, "revenue_net", range(2010, 2012)) == net.quantize(Decimal("0.01"))


def test_years_of_companies_that_ended_are_whole_beside_one_that_goes_on(
    observed: pd.DataFrame,
) -> None:
    revenue = observed[observed["metric_name"] == "revenue"]
    last = revenue["period_start"].max()
    assert pd.Timestamp(last).year == 2018
    assert list(revenue.loc[~revenue["is_complete"], "period_start"]) == [last]


def test_every_line_of_the_access_log_is_a_request(observed: pd.DataFrame, real_data: Path) -> None:
    path = real_data / "logs" / "apache_combined_semicomplete_2015.log"
    lines = path.read_text().splitlines()
    failed = sum(re.search(r'" 5\d\d ', line) is not None for line in lines)
    assert len(lines) == 10_000
    found = observed.groupby("metric_name")["metric_value"].sum()
    assert (found["requests"], found["errors"]) == (len(lines), failed)
