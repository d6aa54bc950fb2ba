"""Is every metric what one works out by hand from the few rows of `worked_shop.sql`?

A metric of the catalogue that no line here works out fails the last test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.metric_catalogue import EVERY_NAME, read_catalogue
from tests.dbt_project.compiled_models import empty_warehouse, make_models, observe
from tests.dbt_project.conftest import Project

pytestmark = pytest.mark.xdist_group("dbt_project")

WORKED_SHOP = Path(__file__).with_name("worked_shop.sql")
WHOLE = "__all__=__all__"
JANUARY, MARCH = ("month", "2025-01-01"), ("month", "2025-03-01")
WEEK = ("week", "2025-03-03")
TUESDAY, WEDNESDAY, FRIDAY = (("day", f"2025-03-0{day}") for day in (4, 5, 7))

Worked = tuple[str, tuple[str, str], str, float | tuple[float, float]]
"""Metric, period, segment, and the value: a number, or a ratio as its two sides."""

COMPANY: list[Worked] = [
    # m1 45 + 10, m2 20, m3 15, m4 15, and m5 of 20 USD at 0.9
    ("revenue", MARCH, WHOLE, 45 + 10 + 20 + 15 + 15 + 18),
    ("revenue", MARCH, "country=DE", 45 + 10 + 18),
    ("revenue", MARCH, "country=__null__", 15),
    ("revenue", MARCH, "channel=app", 20 + 15 + 18),
    ("returns_value", MARCH, WHOLE, 15),
    ("returns_value", TUESDAY, WHOLE, 0),
    ("revenue_net", MARCH, WHOLE, 123 - 15),
    ("orders", MARCH, WHOLE, 5),
    ("units", MARCH, WHOLE, 3 + 1 + 2 + 1 + 1 + 2),
    ("average_order_value", MARCH, WHOLE, (123, 5)),
    ("average_order_value", MARCH, "country=AT", (20 + 15, 2)),
    ("return_rate", MARCH, WHOLE, (15, 123)),
    ("units_per_order", MARCH, WHOLE, (10, 5)),
    # m1 and m4 of five; in Germany m1 of two
    ("web_share_of_orders", MARCH, WHOLE, (2, 5)),
    ("web_share_of_orders", MARCH, "country=DE", (1, 2)),
    # Tuesday's 55, Wednesday's 35, Thursday's 15 and Friday's 18; a week has what its Sunday has
    ("revenue_so_far", TUESDAY, WHOLE, 55),
    ("revenue_so_far", WEDNESDAY, WHOLE, 55 + 35),
    ("revenue_so_far", WEEK, WHOLE, 55 + 35 + 15 + 18),
    # Carla, Emil and Dora; the guest is not counted, and Emil, who ordered twice, is one
    ("customers", MARCH, WHOLE, 3),
    ("customers", WEDNESDAY, WHOLE, 1),
    ("new_customers", MARCH, WHOLE, 1),
    ("new_customers", JANUARY, WHOLE, 2),
    ("returning_customers", MARCH, WHOLE, 2),
    ("repeat_rate", MARCH, WHOLE, (2, 3)),
    ("sessions", WEEK, WHOLE, 4),
    ("sessions", WEDNESDAY, "country=AT", 1),
    # s1 ordered, though twice, and s4
    ("conversion_rate", WEEK, WHOLE, (2, 4)),
    ("conversion_rate", WEDNESDAY, WHOLE, (1, 3)),
    ("conversion_rate", WEEK, "channel=app", (0, 2)),
    ("session_views", WEEK, WHOLE, 2 + 1 + 1 + 1),
    ("session_views", WEEK, "platform=ios", 2),
    ("session_clicks", WEEK, WHOLE, 2),
    ("session_hides", WEEK, WHOLE, 1),
    ("product_revenue", MARCH, "product=cup", 45 + 15 + 15),
    ("product_revenue", MARCH, "product=pen", 10 + 20 + 18),
    ("product_units", WEEK, "product=cup", 3 + 1 + 1),
    # Emil bought both on the day of his first order; Carla both, Dora the pen, long after theirs
    ("product_new_customers", MARCH, "product=cup", 1),
    ("product_returning_customers", MARCH, "product=cup", 1),
    ("product_returning_customers", MARCH, "product=pen", 2),
    # of Carla and Dora, both new in January, one ordered in February and both in March
    ("cohort_retention", JANUARY, "months_since=0", (2, 2)),
    ("cohort_retention", JANUARY, "months_since=1", (1, 2)),
    ("cohort_retention", JANUARY, "months_since=2", (2, 2)),
]
API: list[Worked] = [
    ("requests", WEEK, WHOLE, 6),
    ("requests", MARCH, WHOLE, 7),
    ("errors", WEEK, WHOLE, 1),
    ("error_ratio", WEEK, WHOLE, (1, 6)),
    # T is 500 ms: 100, 400 and 10 ms satisfy, 1000 ms is tolerated, 2500 ms and the failure nothing
    ("apdex", WEEK, WHOLE, (3 + 1 / 2, 6)),
    # the objective is 0.9 over two days: of Tuesday's and Wednesday's six requests 0.6 may fail
    ("burn_rate", WEEK, WHOLE, (1, 0.6)),
    ("burn_rate", TUESDAY, WHOLE, (1, 0.4)),
    ("burn_rate", WEEK, "slo_window=2 days", (1, 0.6)),
    ("error_budget_left", WEEK, WHOLE, (0.6 - 1, 0.6)),
    # the month ends with the one request of the 14th, which did not fail
    ("error_budget_left", MARCH, WHOLE, (0.1, 0.1)),
    # of 10, 50, 100, 400, 1000 and 2500 ms the third, the sixth and the sixth
    ("latency_ms_p50", WEEK, WHOLE, 100),
    ("latency_ms_p95", WEEK, WHOLE, 2500),
    ("latency_ms_p99", WEEK, WHOLE, 2500),
    # the failed request tells nothing of a model
    ("model_requests", WEEK, WHOLE, 5),
    ("model_requests", WEEK, "platform=web", 3),
    ("fallback_answers", WEEK, WHOLE, 1),
    # the last line of Wednesday tells neither whether it fell back nor what it answered
    ("fallback_ratio", WEEK, WHOLE, (1, 4)),
    ("fallback_ratio", WEEK, "platform=web", (1, 2)),
    ("empty_answers", WEEK, WHOLE, 1),
    ("empty_ratio", WEEK, WHOLE, (1, 4)),
    ("served_ratio", WEEK, WHOLE, (10 + 5 + 0 + 10, 4 * 10)),
    ("served_ratio", WEEK, "platform=ios", (5, 10)),
    # one without a platform; in the month also the fridge, which came up after the first week
    ("requests_of_unknown_platform", WEEK, WHOLE, 1),
    ("requests_of_unknown_platform", MARCH, WHOLE, 2),
    ("unknown_platform_ratio", WEEK, WHOLE, (1, 5)),
    ("unknown_platform_ratio", MARCH, WHOLE, (2, 6)),
    # instances 2, 2, 4 and 4 for an hour each, a gap of six hours, 6 for an hour
    ("instance_hours", WEEK, WHOLE, 2 + 2 + 4 + 4 + 6),
    ("instances", WEEK, WHOLE, (18, 5)),
    # 50, 50, 20, 40 and 90 % for an hour each, in seconds
    ("cpu_used_ratio", WEEK, WHOLE, (2.5 * 3600, 5 * 3600)),
    # counters rise by 60, begin anew and reach 20, rise by 30; by 1800, 900 and 900 s of CPU
    ("metered_requests", WEEK, WHOLE, 60 + 20 + 30),
    ("cpu_core_hours", WEEK, WHOLE, (1800 + 900 + 900) / 3600),
    ("service_cost", TUESDAY, WHOLE, 7.5),
    # 10 USD of gpu at 0.9
    ("service_cost", WEEK, WHOLE, 7.5 + 4 + 9 + 8),
    ("service_cost", WEEK, "category=gpu", 9),
    # of the model two answers on Tuesday, one more of the fallback, and two on Wednesday
    ("cost_per_thousand_predictions", WEEK, WHOLE, (7.5 + 13, 4 / 1000)),
    ("incidents", WEEK, WHOLE, 3),
    ("incidents", FRIDAY, WHOLE, 0),
    # 10:00 to 10:50 though two overlap, and twenty minutes around midnight
    ("incident_minutes", WEEK, WHOLE, 50 + 20),
    ("incident_minutes", FRIDAY, WHOLE, 10),
]
PAGES: list[Worked] = [
    ("positions_rendered", WEEK, WHOLE, 6 + 4),
    ("rendered_ratio", WEEK, WHOLE, (6 + 4, 10 + 10)),
    ("rendered_ratio", WEEK, "platform=ios", (4, 10)),
    # the second page does not tell what was seen
    ("positions_viewed", WEEK, WHOLE, 3),
    ("viewed_ratio", WEEK, WHOLE, (3, 6)),
]
RANKER: list[Worked] = [
    # of six positions served, four tell whether they were drawn and seen
    ("list_positions_served", WEEK, WHOLE, 6),
    ("list_positions_served", WEEK, "platform=ios", 2),
    ("list_rendered_ratio", WEEK, WHOLE, (3, 4)),
    ("list_viewed_ratio", WEEK, WHOLE, (1, 4)),
    # live since Tuesday, replaced on Thursday; a week has what was live at its end
    ("ndcg_at_10", WEDNESDAY, WHOLE, 0.30),
    ("ndcg_at_10", WEEK, "dataset=holdout", 0.34),
    ("val_loss", WEDNESDAY, WHOLE, 0.9),
    ("val_loss", WEEK, WHOLE, 0.8),
    ("deployment_frequency", WEEK, WHOLE, 2),
    ("failed_deployments", WEEK, WHOLE, 0),
    ("change_fail_rate", WEEK, WHOLE, (0, 2)),
]
PROJECT: list[Worked] = [
    ("throughput", WEEK, WHOLE, 4),
    ("throughput", WEEK, "issue_type=Story", 2),
    ("created_issues", WEEK, WHOLE, 6),
    ("approximate_share", WEEK, WHOLE, (1, 4)),
    ("straight_to_done", WEEK, WHOLE, 1),
    ("reopenings", WEEK, WHOLE, 1),
    # of W-1, W-2 and W-3, whose ways are known, W-2 came back
    ("reopened_ratio", WEEK, WHOLE, (1, 3)),
    # W-1 was worked on for one of two days, W-2 for 1.5 + 2 of four
    ("flow_efficiency", WEEK, WHOLE, (1 + 3.5, 2 + 4)),
    ("flow_efficiency", WEEK, "issue_type=Story", (1, 2)),
    # 2, 4, and of W-5, of which nobody knows when it began, 3; at 85 % 0.7 of the way from 3 to 4
    ("cycle_time_days_p50", WEEK, WHOLE, 3),
    ("cycle_time_days_p85", WEEK, WHOLE, 3 + 0.7 * 1),
    # 1, 3, 3 and 4.5; at 85 % 0.55 of the way from 3 to 4.5
    ("lead_time_days_p50", WEEK, WHOLE, 3),
    ("lead_time_days_p85", WEEK, WHOLE, 3 + 0.55 * 1.5),
    # on Sunday W-4 is in progress, for four days now; W-6 is three days old
    ("wip", WEEK, WHOLE, 1),
    ("open_items", WEEK, WHOLE, 2),
    ("open_age_days_p50", WEEK, WHOLE, 3.5),
    # of W-1 and W-2, with which the sprint began, W-1 was done when it was closed
    ("sprint_commitment_kept", WEEK, WHOLE, (1, 2)),
]
SECOND_BOARD: list[Worked] = [
    # of P-1 and P-2, which name the sprint of their board; that of W is called alike
    ("sprint_commitment_kept", WEEK, WHOLE, (1, 2)),
    # P-2, and on the last known day P-3 too, by its category; before, nobody knows of P-3
    ("wip", FRIDAY, WHOLE, 1),
    ("wip", WEEK, WHOLE, 2),
]
SECOND_TRACKER: list[Worked] = [
    # O-1 of three, by the one name that the tracker has; its sprint has the number of another's
    ("sprint_commitment_kept", WEEK, WHOLE, (1, 3)),
    ("wip", WEEK, WHOLE, 2),
]
WEB: list[Worked] = [
    ("deployment_frequency", WEEK, WHOLE, 4),
    # 1.1 was rolled back, and during the next release's first hours there was an incident
    ("failed_deployments", WEEK, WHOLE, 2),
    ("change_fail_rate", WEEK, WHOLE, (2, 4)),
    # the way back to 1.0, and the hotfix
    ("rework_deployments", WEEK, WHOLE, 2),
    ("deployment_rework_rate", WEEK, WHOLE, (2, 4)),
    # twelve hours until 1.1 was rolled back, two of the incident; at 85 % 0.85 of the way
    ("recovery_hours_p50", WEEK, WHOLE, 7),
    ("recovery_hours_p85", WEEK, WHOLE, 2 + 0.85 * 10),
    # W-1 from Tuesday morning to Thursday evening, W-2 from Monday evening to Saturday morning
    ("change_lead_time_days_p50", WEEK, WHOLE, (2.5 + 4.5) / 2),
    ("change_lead_time_days_p85", WEEK, WHOLE, 2.5 + 0.85 * 2),
    # half a day, half a day, and one and a half of W-3, which nobody started
    ("done_to_release_days_p50", WEEK, WHOLE, 0.5),
    ("done_to_release_days_p85", WEEK, WHOLE, 0.5 + 0.7 * 1),
]
BY_ENTITY = {
    "company": COMPANY, "api": API, "pages": PAGES, "ranker": RANKER, "WEB": PROJECT,
    "web": WEB, "PAY": SECOND_BOARD, "OPS": SECOND_TRACKER,
}  # fmt: skip
CASES = [(entity, *worked) for entity, told in BY_ENTITY.items() for worked in told]
# a percentile of a histogram is within 1 % of the nearest rank
CLOSE = 1e-9
WITHIN = {"latency_ms_p50": 0.01, "latency_ms_p95": 0.01, "latency_ms_p99": 0.01}


@pytest.fixture(scope="module")
def observed(
    shop: Project, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, ...], list[float]]:
    """Value, numerator, denominator by metric, entity, segment, grain and first day."""
    with empty_warehouse(tmp_path_factory.mktemp("worked")) as con:
        con.execute(WORKED_SHOP.read_text())
        make_models(con, shop.target)
        rows = observe(con, shop.target)
    keys = zip(
        rows["metric_name"], rows["entity"], rows["segment_name"] + "=" + rows["segment_value"],
        rows["grain"], rows["period_start"].astype(str), strict=True,
    )  # fmt: skip
    sides = rows[["metric_value", "numerator", "denominator"]].to_numpy().tolist()
    return dict(zip(keys, sides, strict=True))


@pytest.mark.parametrize("entity", BY_ENTITY)
def test_every_metric_is_as_worked_out_by_hand(
    observed: dict[tuple[str, ...], list[float]], entity: str
) -> None:
    wrong = {}
    for metric, period, segment, worked in BY_ENTITY[entity]:
        found = observed.get((metric, entity, segment, *period))
        if not found or not is_worked(metric, found, worked):
            wrong[metric, period, segment] = worked, found
    assert not wrong


def is_worked(metric: str, found: list[float], worked: float | tuple[float, float]) -> bool:
    """Whether the value, and the two sides of a ratio, are those worked out by hand."""
    sides = worked if isinstance(worked, tuple) else (float("nan"), float("nan"))
    value = worked[0] / worked[1] if isinstance(worked, tuple) else worked
    return found[0] == pytest.approx(value, rel=WITHIN.get(metric, CLOSE), abs=1e-12) and (
        found[1:] == pytest.approx(sides, rel=CLOSE, nan_ok=True)
    )


def test_another_number_or_another_side_is_told_apart(
    observed: dict[tuple[str, ...], list[float]],
) -> None:
    for entity, metric, period, segment, worked in CASES:
        found = observed[metric, entity, segment, *period]
        allowed = WITHIN.get(metric, CLOSE)
        assert not is_worked(metric, [found[0] * (1 + 2.1 * allowed) + 1e-11, *found[1:]], worked)
        if isinstance(worked, tuple):
            assert not is_worked(metric, [found[0], found[1], found[2] * (1 + 2.1 * CLOSE)], worked)


@pytest.mark.parametrize(
    ("metric", "entity"),
    [
        ("rendered_ratio", "api"),  # nobody tells what was drawn
        ("fallback_ratio", "pages"),
        ("cost_per_thousand_predictions", "pages"),
        ("cycle_time_days_p50", "web"),
        ("recovery_hours_p50", "ranker"),  # nothing failed
    ],
)
def test_what_nobody_tells_has_no_number(
    observed: dict[tuple[str, ...], list[float]], metric: str, entity: str
) -> None:
    assert (metric, entity) not in {key[:2] for key in observed}


def test_every_metric_of_the_catalogue_is_worked_out_by_hand(
    shop: Project, observed: dict[tuple[str, ...], list[float]]
) -> None:
    worked = {metric for _, metric, *_ in CASES}
    defined = {definition.name for definition in read_catalogue(shop.target)} - {EVERY_NAME}
    assert not defined - worked
    assert not {metric for metric, *_ in observed} - worked
    ratios = {definition.name for definition in read_catalogue(shop.target) if definition.numerator}
    assert not ratios - {metric for _, metric, _, _, value in CASES if isinstance(value, tuple)}
