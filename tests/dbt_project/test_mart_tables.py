"""Does each page's mart answer its question, and say nothing where nothing is known?"""

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.dbt_project.conftest import PROJECT, Project

pytestmark = pytest.mark.xdist_group("dbt_project")


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


def test_only_complete_periods_are_compared(con: duckdb.DuckDBPyConnection) -> None:
    months = rows(
        con, "select period_start, previous_period_start, change_previous, "
        "year_ago_period_start, change_year_ago, target from marts.mart_success_metrics "
        "where grain = 'month' and period_start >= '2025-01-01' order by 1"
    )  # fmt: skip
    assert months == [
        (date(2025, 1, 1), None, None, None, None, None),
        (date(2025, 2, 1), date(2025, 1, 1), 0.2, date(2024, 2, 1), 1.0, 200.0),
        (date(2025, 3, 1), None, None, None, None, 200.0),
    ]


def test_a_day_is_compared_with_the_same_weekday_a_year_ago(
    con: duckdb.DuckDBPyConnection,
) -> None:
    days = rows(
        con, "select year_ago_period_start, change_year_ago, target "
        "from marts.mart_success_metrics where grain = 'day' and period_start = '2025-03-28'"
    )  # fmt: skip
    assert days == [(date(2024, 3, 29), 0.25, None)]


def test_every_grade_of_evidence_stands_beside_the_link(con: duckdb.DuckDBPyConnection) -> None:
    links = rows(
        con, "select link_id, verdict, n_experiments, is_drawn, fading_note "
        "from marts.mart_what_moves_sales order by 1"
    )  # fmt: skip
    assert links == [
        ("l1", "moves", 3, True, "It fades."),
        ("l2", "not enough data", 0, False, None),
    ]
    evidence = rows(
        con, "select grade, verdict, gives_verdict from marts.mart_link_evidence "
        "where link_id = 'l1' order by rank"
    )  # fmt: skip
    assert evidence == [("experiments", "moves", True), ("releases", "no evidence", False)]


def test_a_release_has_what_its_chart_draws(con: duckdb.DuckDBPyConnection) -> None:
    drawn = rows(
        con, "select model, verdict, day, actual, counterfactual from marts.mart_release_impacts "
        "join marts.mart_release_impact_series using (impact_id)"
    )  # fmt: skip
    assert drawn == [("ranker", "moves", date(2025, 3, 9), 103, 100)]


def test_a_day_without_a_line_is_a_gap_and_the_last_day_incomplete(
    con: duckdb.DuckDBPyConnection,
) -> None:
    days = rows(
        con, "select day, has_data, requests, error_ratio, is_complete from "
        "marts.mart_service_days where service = 'api' order by 1"
    )  # fmt: skip
    assert days == [
        (date(2025, 3, 28), True, 2, 0.5, True),
        (date(2025, 3, 29), False, None, None, True),
        (date(2025, 3, 30), True, 1, 0.0, True),
        (date(2025, 3, 31), True, 3, 0.0, True),
        (date(2025, 4, 1), True, 1, 0.0, False),
    ]


def test_burn_rate_is_over_the_window_that_ends_with_the_data(
    con: duckdb.DuckDBPyConnection,
) -> None:
    (slo,) = rows(
        con, "select requests, errors, burn_rate, budget_left from marts.mart_service_slo"
    )
    assert slo == (5, 0, 0.0, 1.0)


def test_an_unknown_platform_is_named(con: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        con, "select service, day, requests, fallback_ratio "
        "from marts.mart_service_platforms where platform = '__null__' order by service"
    )  # fmt: skip
    assert found == [("api", date(2025, 3, 31), 1, 1.0), ("front", date(2025, 3, 28), 1, None)]


def test_endpoints_are_known_by_version_at_every_grain(con: duckdb.DuckDBPyConnection) -> None:
    """Of `api` on the 31st, version 1.1 answered two requests and 1.0 one, none with an error."""
    found = rows(
        con, "select grain, period_start, endpoint, version, requests, errors, error_ratio, "
        "is_complete from marts.mart_service_endpoint_periods where service = 'api' "
        "and period_start in ('2025-03-28', '2025-03-31') order by 1, 2, 3, 4"
    )  # fmt: skip
    friday, monday = date(2025, 3, 28), date(2025, 3, 31)
    assert found == [
        ("day", friday, "/v1/items", "1.0", 1, 1, 1.0, True),
        ("day", friday, "/v1/items/#", "1.0", 1, 0, 0.0, True),
        ("day", monday, "/v1/items", "1.0", 1, 0, 0.0, True),
        ("day", monday, "/v1/items", "1.1", 2, 0, 0.0, True),
        ("week", monday, "/v1/items", "1.0", 2, 0, 0.0, False),
        ("week", monday, "/v1/items", "1.1", 2, 0, 0.0, False),
    ]
    hours = rows(
        con, "select hour_start, version, requests, round(latency_ms_p50) from "
        "platform.platform_endpoint_hours where service = 'api' and requested_on = '2025-03-31' "
        "order by 1"
    )  # fmt: skip
    assert [(at.hour, *rest) for at, *rest in hours] == [
        (8, "1.1", 1, 40), (9, "1.1", 1, 50), (20, "1.0", 1, 60)
    ]  # fmt: skip


def test_weeks_of_delivery_count_work_and_deployments(con: duckdb.DuckDBPyConnection) -> None:
    weeks = rows(
        con, "select week_start, created, finished, open_items, wip, cycle_time_days_p50, "
        "deployments, is_complete from marts.mart_delivery_weeks where project = 'REC' order by 1"
    )  # fmt: skip
    assert weeks == [
        (date(2025, 3, 17), 1, 1, 0, 0, 2.5, 0, True),
        (date(2025, 3, 24), 1, 0, 1, None, None, 1, True),
        (date(2025, 3, 31), 1, 0, 2, 1, None, 1, False),
    ]


def test_sprints_hold_the_issues_that_their_own_tracker_puts_there(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """PAY-3 names a sprint that may be 1 or 7; the desk's PAY-1 is older than the board's."""
    found = rows(
        con, "select source, project, sprint_id, committed, completed_committed, carried_over "
        "from marts.mart_delivery_sprints order by 1, 2, 3"
    )  # fmt: skip
    assert found == [
        ("board", "PAY", "1", 2, 1, 1),
        ("desk", "DESK", "1", 1, 0, 1),
        ("desk", "PAY", "1", 1, 1, 0),
    ]


def test_issues_that_do_not_count_are_listed(con: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        con, "select source, excluded_as, excluded_by, issues, example_issue "
        "from marts.mart_data_health_issues order by 1"
    )  # fmt: skip
    assert found == [
        ("board", "sprint_name", "Sprint 1", 1, "PAY-3"),
        ("desk", "other_source", "board", 1, "PAY-1"),
    ]


def test_a_source_without_deliveries_is_listed(con: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        con, "select source, files, records, duplicates, lines_not_requests "
        "from marts.mart_data_health_sources "
        "where source in ('o''brien', 'service_logs', 'shop') order by 1"
    )  # fmt: skip
    assert found == [
        ("o'brien", 0, 0, 0, None), ("service_logs", 2, 12, 1, 3), ("shop", 1, 7, 0, None)
    ]  # fmt: skip


def test_releases_without_a_usable_run_are_listed(con: duckdb.DuckDBPyConnection) -> None:
    found = rows(con, "select model, version, problem from marts.mart_data_health_releases")
    assert found == [("ranker", "3", "the run did not finish: failed")]


def test_the_checks_of_the_build_are_shown(con: duckdb.DuckDBPyConnection) -> None:
    assert rows(con, "select check_name from marts.mart_data_health_checks") == [("new",)]


def test_only_confirmed_changes_are_told_with_a_cause_that_explains_half(
    con: duckdb.DuckDBPyConnection,
) -> None:
    onsets = rows(
        con, "select onset_id, label, is_worse, n_causes, first_cause_kind, first_cause "
        "from marts.mart_onsets order by 1"
    )  # fmt: skip
    assert onsets == [
        ("api/error_ratio#1", "Error ratio", True, 2, "deploy", "api 2"),
        ("api/error_ratio#2", "Error ratio", True, 1, None, None),
    ]
    series = rows(con, "select series_id, is_going_on from marts.mart_onset_series order by 1")
    assert series == [("api/error_ratio", True), ("revenue", False)]


def test_a_home_without_data_builds_empty_marts(empty: Project) -> None:
    with duckdb.connect(str(empty.warehouse), read_only=True) as con:
        marts = rows(
            con, "select table_name from information_schema.tables where table_schema = 'marts'"
        )  # fmt: skip
        filled = {
            mart for (mart,) in marts if rows(con, f"select count(*) from marts.{mart}") != [(0,)]
        }
    assert len(marts) == len(list((PROJECT / "models" / "marts").glob("mart_*.sql")))
    assert filled == {"mart_data_health_sources", "mart_service_burn", "mart_service_slo"}
