"""Does the figure of a budget leave gaps as gaps and tell alerts apart without colour?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.charts_budget import burn_chart
from dashboards.tokens import LIGHT
from tests.dashboards.generated_operations import SILENT_DAYS

Frames = dict[str, pd.DataFrame]


def _chart(marts: Frames) -> Any:
    alerts = marts["mart_service_alerts"]
    local = alerts.assign(
        **{name: alerts[name].dt.tz_localize(None) for name in ("started_at", "ended_at")}
    )
    return burn_chart(marts["mart_service_budget_days"], local, LIGHT)


def test_days_without_a_log_line_are_hatched_and_burn_nothing(marts: Frames) -> None:
    fig = _chart(marts)
    (bars,) = (trace for trace in fig.data if trace.type == "bar")
    burned = pd.Series(list(bars.y), index=pd.to_datetime(list(bars.x)))
    assert burned[list(SILENT_DAYS)].isna().all()
    hatched = [trace for trace in fig.data if trace.name == "No logs"]
    assert len(hatched) == 2
    assert pd.Timestamp(hatched[0].x[0]) == SILENT_DAYS[0]


def test_an_overspent_budget_is_drawn_below_zero(marts: Frames) -> None:
    fig = _chart(marts)
    low, _ = fig.layout.yaxis.range
    assert low < pd.Series(fig.data[0].y).min() < 0
    days = marts["mart_service_budget_days"].assign(budget_left=-19.6)
    far = burn_chart(days, marts["mart_service_alerts"].head(0), LIGHT)
    assert set(pd.Series(far.data[0].y).dropna()) == {-1.0}
    assert far.data[0].customdata[0][0] == -19.6


def test_a_day_that_is_not_over_is_dotted_and_its_bar_hatched(marts: Frames) -> None:
    days = marts["mart_service_budget_days"].copy()
    days["is_complete"] = days["day"] < days["day"].max()
    fig = burn_chart(days, marts["mart_service_alerts"].head(0), LIGHT)
    line, part, bars = fig.data[0], fig.data[1], fig.data[2]
    assert pd.isna(line.y[-1])
    assert (part.name, part.line.dash, part.marker.symbol) == ("Not complete", "dot", "circle-open")
    assert part.y[-1] == max(days["budget_left"].iloc[-1], -1.0)
    assert (bars.marker.pattern.shape[-1], bars.marker.pattern.shape[-2]) == ("/", "")


def test_pages_and_tickets_differ_in_shape_and_an_open_one_reaches_the_end(marts: Frames) -> None:
    fig = _chart(marts)
    page, ticket = (t for t in fig.data if t.name and t.name.endswith("the alert fired"))
    assert page.marker.symbol != ticket.marker.symbol
    last = marts["mart_service_budget_days"]["day"].max()
    assert pd.Timestamp(ticket.x[1]) == last + pd.Timedelta(days=1)
    assert pd.Timestamp(page.x[1]) == pd.Timestamp("2025-03-02 13:00")


def test_the_budget_left_on_a_lone_day_is_a_point(marts: Frames) -> None:
    days, none = marts["mart_service_budget_days"], marts["mart_service_alerts"].head(0)
    known = days[days["budget_left"].notna()]
    for count, mode in ((1, "lines+markers"), (5, "lines")):
        left = burn_chart(known.iloc[:count], none, LIGHT).data[0]
        assert left.mode == mode


def test_a_period_without_alerts_has_no_marks(marts: Frames) -> None:
    fig = burn_chart(
        marts["mart_service_budget_days"].head(1), marts["mart_service_alerts"].head(0), LIGHT
    )
    assert not [t for t in fig.data if t.name and "alert" in t.name]
