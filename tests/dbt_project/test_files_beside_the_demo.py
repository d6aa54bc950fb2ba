"""Do files of kinds that the demo shop lacks (several currencies, counters of CPU) agree too?

They go through the readers and the SQL that dbt compiled, and are counted again from the files.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import yaml

from assets.metric_catalogue import read_catalogue
from assets.sources.loading import load_source
from hub.config import HubConfig, load_config
from hub.home import HubHome
from tests.dbt_project.compiled_models import empty_warehouse, make_models, observe
from tests.dbt_project.conftest import HOME_METRIC, Project
from tests.pipeline import company_reference, operations_reference
from tests.pipeline.published_numbers import ALL, KEY, SIDES, as_days, differences, summed

pytestmark = pytest.mark.xdist_group("dbt_project")

NOW = datetime(2025, 6, 1, tzinfo=UTC)
HUB = """
company: A shop in four currencies
time_zone: Europe/Berlin
currency: EUR
sources:
  - name: sales
    kind: sales
    path: exports/sales/*.csv
    columns: {order_id: order_id, line_id: line, ordered_at: order_date, customer_id: customer,
              product_id: sku}
  - {name: rates, kind: rates, path: 'exports/rates/*.csv'}
  - {name: metrics, kind: service_metrics, path: 'exports/metrics/*.csv.gz'}
"""
HEADER = "order_id,line,order_date,customer,sku,quantity,unit_price,currency,country,channel"
# Dollars fall on the 6th; the pound's only rate is too old for April; nobody tells the yen's.
RATES = """day,currency,rate
2025-03-03,USD,0.9
2025-03-06,USD,0.85
2025-03-03,GBP,1.1937
"""
HOME = """1,1,2025-03-04 10:00:00,anna,cup,2,10.00,EUR,DE,web
2,1,2025-03-07 10:00:00,bernd,pen,1,3.50,EUR,DE,web
9,1,2025-04-30 10:00:00,anna,pen,1,3.50,EUR,DE,web
"""
ABROAD = """3,1,2025-03-04 10:00:00,carol,cup,1,12.00,USD,US,web
3,2,2025-03-04 10:00:00,carol,pen,3,4.15,USD,US,web
4,1,2025-03-06 10:00:00,dan,cup,2,12.00,USD,US,web
R4,1,2025-03-10 10:00:00,dan,cup,-1,12.00,USD,US,web
5,1,2025-03-05 10:00:00,eve,cup,1,9.99,GBP,GB,web
6,1,2025-04-10 10:00:00,eve,cup,1,9.99,GBP,GB,web
7,1,2025-03-05 10:00:00,fumi,cup,1,1500,JPY,JP,web
"""


def write_files(home: HubHome) -> HubConfig:
    for folder in ("sales", "rates", "metrics"):
        (home.exports / folder).mkdir(parents=True)
    home.hub_yml.write_text(HUB)
    (home.exports / "sales" / "home.csv").write_text(f"{HEADER}\n{HOME}")
    (home.exports / "sales" / "abroad.csv").write_text(f"{HEADER}\n{ABROAD}")
    (home.exports / "rates" / "rates.csv").write_text(RATES)
    cpu_counters().to_csv(home.exports / "metrics" / "services.csv.gz", index=False)
    return load_config(home.root)


def cpu_counters() -> pd.DataFrame:
    """Seconds of CPU of two services every two hours over five days; one begins anew at times."""
    stamps = pd.date_range("2025-03-03", periods=60, freq="2h", tz="UTC")
    rng = np.random.default_rng(1)
    busy = np.cumsum(rng.integers(500, 7000, size=(60, 2)), axis=0).astype(float)
    busy[20:, 1] -= busy[20, 1] - 40
    busy[41:, 1] -= busy[41, 1] - 7
    wide = pd.DataFrame(busy, index=stamps, columns=["api", "search"])
    long = wide.rename_axis("timestamp").melt(
        var_name="service", value_name="value", ignore_index=False
    )
    told = {"metric": "process_cpu_seconds_total", "metric_type": "counter"}
    return long.reset_index().assign(
        timestamp=lambda frame: frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"), **told
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    return HubHome(tmp_path_factory.mktemp("beside"))


@pytest.fixture(scope="module")
def judged(shop: Project, home: HubHome, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The observations of all metrics of sales, and of the hours of CPU."""
    config = write_files(home)
    asked = [
        each.name
        for each in read_catalogue(shop.target)
        if each.source_kinds == ("sales",) or each.name == "cpu_core_hours"
    ]
    with empty_warehouse(tmp_path_factory.mktemp("compiled")) as con:
        for source in config.sources:
            load_source(con, source, home=home, config=config, now=NOW)
        make_models(con, shop.target, of=(
            "company_revenue_days", "company_product_metrics", "company_cohort_retention",
            "platform_capacity_hours", "platform_request_days", "stg_watermarks",
            "metrics_time_spine", "metrics_lost_days",
        ))  # fmt: skip
        rows = observe(con, shop.target, metrics=tuple(asked))
    return rows.assign(period_start=as_days(rows["period_start"]))


@pytest.fixture(scope="module")
def observed(judged: pd.DataFrame) -> pd.DataFrame:
    """The values alone."""
    return judged[[*KEY, *SIDES]]


def of_march(observed: pd.DataFrame, metric: str, segment: str = "__all__") -> float:
    rows = observed[
        (observed["metric_name"] == metric)
        & (observed["grain"] == "month")
        & (observed["segment_value"] == segment)
        & (observed["period_start"] == pd.Timestamp("2025-03-01"))
    ]
    return float(rows["metric_value"].item())


def test_each_currency_counts_at_the_rate_of_its_day(observed: pd.DataFrame) -> None:
    at_home = Decimal("20.00") + Decimal("3.50")
    # 12 and 3 × 4.15 dollars at 0.9, then 2 × 12 at 0.85; 9.99 pounds at 1.1937; no yen
    dollars = Decimal("24.45") * Decimal("0.9") + Decimal("24.00") * Decimal("0.85")
    pounds = Decimal("11.9251")  # 11.925063, to a hundredth of a cent
    assert dollars == Decimal("42.405")
    assert of_march(observed, "revenue") == pytest.approx(float(at_home + dollars + pounds))
    assert of_march(observed, "revenue", "US") == pytest.approx(42.405)
    assert of_march(observed, "revenue", "GB") == pytest.approx(11.9251)
    assert of_march(observed, "returns_value") == pytest.approx(12.00 * 0.85)
    assert of_march(observed, "revenue_net") == pytest.approx(77.8301 - 10.2)
    assert of_march(observed, "orders") == 5
    assert of_march(observed, "average_order_value") == pytest.approx(77.8301 / 5)
    assert of_march(observed, "product_revenue", "pen") == pytest.approx(3.5 + 12.45 * 0.9)
    assert "JP" not in set(observed["segment_value"])


def test_a_day_that_lacks_the_money_of_a_currency_without_a_rate_is_not_whole(
    judged: pd.DataFrame,
) -> None:
    days = judged[(judged["grain"] == "day") & (judged["segment_name"] == ALL)]
    whole = days[days["metric_name"] == "revenue"].set_index("period_start")["is_complete"]
    # of the 5th the pounds count and the yen do not; the last record is of 30 April at 10:00
    told = {f"{start:%d %b}": bool(is_whole) for start, is_whole in whole.sort_index().items()}
    assert told == {"04 Mar": True, "05 Mar": False, "06 Mar": True, "07 Mar": True,
                    "10 Mar": True, "30 Apr": False}  # fmt: skip
    cpu = days[(days["metric_name"] == "cpu_core_hours") & (days["entity"] == "api")]
    (counted,) = cpu.loc[cpu["period_start"] == pd.Timestamp("2025-03-05"), "is_complete"]
    assert counted


def test_every_number_of_sales_in_several_currencies_is_that_of_the_files(
    observed: pd.DataFrame, home: HubHome
) -> None:
    lines = company_reference.sales_lines(home.root)
    assert len(lines) == 8  # but the yen, and the pounds of April
    wanted = company_reference.company(lines, [], company_reference.sales_end(lines))
    expected = company_reference.as_table(wanted)
    apart = differences(expected, observed)
    assert apart.empty, apart.head(20).to_string()
    compared = set(expected["metric_name"])
    assert compared >= {"revenue", "returns_value", "revenue_net", "product_revenue"}
    of_the_home = {metric["name"] for metric in yaml.safe_load(HOME_METRIC)["metrics"]}
    assert set(observed["metric_name"]) - compared == {"cpu_core_hours", *of_the_home}


def test_hours_of_cpu_are_the_rise_of_counters_that_begin_anew(
    observed: pd.DataFrame, home: HubHome
) -> None:
    counters = operations_reference.samples(home.root, "process_cpu_seconds_total")
    hours = operations_reference.counted_by_the_hour(counters) / 3600
    days = hours.groupby(operations_reference.day_of_hour(hours)).sum()
    told = days.rename_axis("day").reset_index().melt("day", var_name="entity")
    told = told.rename(columns={"value": "cpu_core_hours"})
    whole = told.assign(segment_name=ALL, segment_value=ALL)
    expected = summed(whole, ["cpu_core_hours"], {})
    assert expected["metric_value"].gt(1).any()
    assert differences(expected, observed).empty
    other = expected.assign(metric_value=expected["metric_value"] * (1 + 2.1e-9))
    assert len(differences(other, observed)) == len(expected)
