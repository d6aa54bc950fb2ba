"""Do the layers hold what was delivered, by local day, without gaps as zeros or personal data?"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import yaml

from tests.dbt_project.conftest import PROJECT, Project

pytestmark = pytest.mark.xdist_group("dbt_project")

PERSONAL = ["anna@example.com", "CUST-ANNA", "CUST-BERND", "CUST-CLARA", "Jane Doe", "jane.doe"]
PERSONAL += ["10.1.2.3", "12345"]


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


def test_a_line_before_midnight_utc_counts_for_the_next_local_day(
    con: duckdb.DuckDBPyConnection,
) -> None:
    days = rows(
        con, "select requested_on, requests from platform.platform_request_days "
        "where service = 'api' order by 1"
    )  # fmt: skip
    assert days == [
        (date(2025, 3, 28), 2),
        (date(2025, 3, 30), 1),
        (date(2025, 3, 31), 3),
        (date(2025, 4, 1), 1),
    ]


def test_percentiles_of_a_week_are_those_of_its_lines(con: duckdb.DuckDBPyConnection) -> None:
    weeks = rows(
        con, "select period_start, metric_value, sample_size from "
        "platform.platform_latency_percentiles where entity = 'api' and grain = 'week' "
        "and metric_name = 'latency_ms_p50' order by 1"
    )  # fmt: skip
    assert weeks == [
        (date(2025, 3, 24), pytest.approx(20.0, rel=0.01), 3),
        (date(2025, 3, 31), pytest.approx(50.0, rel=0.01), 4),
    ]


def test_shares_rest_on_the_lines_that_tell(con: duckdb.DuckDBPyConnection) -> None:
    front = rows(
        con, "select platform, fallbacks, requests_with_fallback_known, k_served, k_rendered, "
        "k_served_where_rendered from platform.platform_model_usage_days "
        "where service = 'front' order by platform nulls last"
    )  # fmt: skip
    assert front == [("web", None, None, 10, 4, 10), (None, None, None, 10, None, None)]


def test_a_version_that_comes_back_is_a_rollback(con: duckdb.DuckDBPyConnection) -> None:
    stints = rows(
        con, "select version, previous_version, is_rollback, requests from "
        "platform.platform_service_versions where service = 'api' order by stint"
    )  # fmt: skip
    assert stints == [
        ("1.0", None, False, 3),
        ("1.1", "1.0", False, 2),
        ("1.0", "1.1", True, 2),
    ]


def test_errors_of_one_kind_share_a_masked_pattern(con: duckdb.DuckDBPyConnection) -> None:
    patterns = rows(con, "select service, pattern, lines from platform.platform_error_patterns")
    assert sorted(patterns) == [
        ("api", "cannot reach the database", 1),
        ("api", "no answer for <mail> after # s", 1),
    ]


def test_the_live_run_gives_the_offline_value_and_a_failed_run_a_gap(
    con: duckdb.DuckDBPyConnection,
) -> None:
    days = rows(
        con, "select metric_name, entity, period_start, metric_value from "
        "platform.platform_offline_metrics where grain = 'day' and segment_value = 'holdout' "
        "order by period_start"
    )  # fmt: skip
    assert days == [("ndcg_at_10", "ranker", date(2025, 3, day), 0.3) for day in (28, 29, 30)]


def test_a_metric_that_reads_as_a_loss_is_better_when_smaller(
    con: duckdb.DuckDBPyConnection,
) -> None:
    names = "select distinct metric_name from platform.platform_offline_"
    assert rows(con, names + "losses") == [("train_rmse",)]
    assert rows(con, names + "metrics") == [("ndcg_at_10",)]


def test_only_loads_in_force_count(con: duckdb.DuckDBPyConnection) -> None:
    total = "select sum(revenue_net) from company.company_order_lines where product_id = 'p1'"
    assert rows(con, total) == [(55,)]


def test_revenue_adds_up_and_repeated_lines_stay(con: duckdb.DuckDBPyConnection) -> None:
    days = rows(
        con, "select ordered_on, country, revenue_gross, returns_value, orders, customers from "
        "company.company_revenue_days where country is distinct from 'US' "
        "order by 1, 2 nulls last"
    )  # fmt: skip
    assert days == [
        (date(2025, 3, 28), "DE", 40, 0, 1, 1),
        (date(2025, 3, 28), None, 8, 0, 1, 0),
        (date(2025, 3, 31), "DE", 12, 10, 1, 1),
        (date(2025, 4, 1), "AT", 5, 0, 1, 1),
    ]


def test_another_currency_counts_at_the_rate_of_its_day_through_all_layers(
    con: duckdb.DuckDBPyConnection,
) -> None:
    days = "select ordered_on, currency, revenue_net, units from company.company_revenue_days "
    assert rows(con, days + "where country = 'US' order by 1") == [
        (date(2025, 3, 29), "EUR", Decimal("18.00"), 2),  # 20.00 USD × 0.9
        (date(2025, 3, 30), "EUR", Decimal("4.04"), 1),  # 5.05 USD × 0.8
    ]
    months = "select product_id, sum(revenue_gross - returns_value) from company."
    months += "company_product_periods where grain = 'month' group by 1 order by 1"
    assert rows(con, months) == [("p1", Decimal("55.00")), ("p2", Decimal("22.04"))]


def test_a_currency_without_a_rate_is_named_and_summed_nowhere(
    con: duckdb.DuckDBPyConnection,
) -> None:
    named = "select source, excluded_as, excluded_by, order_lines, charged_amount from staging."
    assert rows(con, named + "stg_sales_excluded where source = 'abroad'") == [
        ("abroad", "no_rate", "GBP", 1, Decimal("100.00"))
    ]
    shown = "select excluded_by from marts.mart_data_health_exclusions where source = 'abroad'"
    assert rows(con, shown) == [("GBP",)]
    placed = "select first_file, first_line from marts.mart_data_health_exclusions "
    assert rows(con, placed + "where source = 'abroad'") == [("exports/abroad/a.csv", 3)]
    lost = "select lost_on from metrics_spine.metrics_lost_days where kind = 'sales'"
    assert rows(con, lost) == [(date(2025, 3, 30),)]  # its revenue is not whole
    assert rows(con, "select sum(revenue_net) from company.company_orders") == [(Decimal("77.04"),)]


def test_a_customer_is_new_once(con: duckdb.DuckDBPyConnection) -> None:
    days = rows(
        con, "select ordered_on, ordered_on = first_ordered_on, count(distinct customer_key) "
        "from company.company_orders where customer_key is not null group by all order by 1"
    )  # fmt: skip
    assert days == [
        (date(2025, 3, 28), True, 1),
        (date(2025, 3, 31), False, 1),
        (date(2025, 4, 1), True, 1),
    ]


def test_an_issue_counts_as_last_updated(con: duckdb.DuckDBPyConnection) -> None:
    issues = rows(
        con, "select issue_key, status_category, lead_time_days, is_approximate "
        "from team.team_issues where project = 'REC' order by 1"
    )  # fmt: skip
    assert issues == [
        ("REC-1", "done", 2.5, True),
        ("REC-2", "in_progress", None, True),
        ("REC-3", "unknown", None, True),
    ]


def test_fix_versions_lead_to_releases(con: duckdb.DuckDBPyConnection) -> None:
    found = rows(con, "select issue_key, model, version from team.team_issue_releases order by 1")
    assert found == [("REC-1", "ranker", "2"), ("REC-2", "ranker", "3")]


def test_lists_are_known_as_far_as_streams_are(con: duckdb.DuckDBPyConnection) -> None:
    through = dict(rows(con, "select kind, data_through from staging.stg_watermarks"))
    assert through["releases"] == through["mlflow"] == through["jira"]
    assert through["service_logs"] < through["releases"]


def test_no_personal_value_leaves_raw(con: duckdb.DuckDBPyConnection) -> None:
    tables = rows(
        con, "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema not in ('raw', 'metrics', 'insights', 'meta')"
    )  # fmt: skip
    assert len(tables) > 50
    for (table,) in tables:
        text = str(rows(con, f"select * from {table}"))
        assert not [value for value in PERSONAL if value in text], table


def test_the_unit_tests_of_the_sql_ran(shop: Project) -> None:
    results = json.loads((shop.target / "run_results.json").read_text())["results"]
    unit_tests = [r["status"] for r in results if r["unique_id"].startswith("unit_test.")]
    declared = [
        test
        for file in (PROJECT / "models").rglob("*.yml")
        for test in yaml.safe_load(file.read_text()).get("unit_tests", [])
    ]
    assert declared
    assert unit_tests == ["pass"] * len(declared)
