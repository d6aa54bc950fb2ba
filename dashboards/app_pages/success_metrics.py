"""Are we on target, and what changed?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from dashboards import address, forecast_sections, forecast_words, kpi_cards, queries
from dashboards.change_sections import drivers, where_from
from dashboards.cohort_sections import conversion_state, who_comes_back
from dashboards.kpi_sections import show_cards, trend, what_moved_it
from dashboards.page_parts import Hub, begin, missing
from dashboards.success_sections import answers, worth, year_to_date
from dashboards.success_words import of_whole
from dashboards.view import COMPARISONS, GRAINS, Grain, Named, Span, View, grain_end
from dashboards.view_bar import ROLLING, Offer, company_segments, shown_days, view_bar
from dashboards.wording import as_date

WHOLE = (queries.TOTAL, queries.TOTAL)


def main() -> None:
    hub = begin("Are we on target, and what changed?")
    kpis = kpi_cards.ordered(queries.kpis(hub.build))
    if kpis.empty:
        missing(hub, "There is no KPI yet: nothing has been sold in what was delivered.", "sales")
        return
    view, start, days = _bar(hub)
    grain, comparison = view.grain, COMPARISONS[view.comparison]
    segment = (view.segment.name, view.segment.value) if view.segment else WHOLE
    periods = queries.kpi_periods(hub.build, grain, segment)
    if start is None:
        missing(hub, f"No {grain} of this period is complete; try another, or a finer grain.")
        return
    years = year_to_date(hub, grain, start, segment)
    cards = [
        kpi_cards.card(
            kpi,
            periods[periods["metric_name"] == kpi["metric_name"]],
            grain=grain,
            start=start,
            comparison=comparison,
            is_valid=not queries.invalid(hub.build, "metric", [kpi["metric_name"]]),
            to_date=years.get(str(kpi["metric_name"])),
        )
        for _, kpi in kpis.iterrows()
    ]
    # where the filling period ends is no matter of an older one that is looked at
    is_newest = start == next(iter(kpi_cards.complete_periods(periods)), None)
    forecasts = forecast_sections.by_metric(hub, grain, segment) if is_newest else {}
    shown = cards[: kpi_cards.MOST_CARDS]
    parts = drivers(hub, kpis.iloc[0], grain=grain, start=start, comparison=comparison)
    answers(
        hub,
        kpis.iloc[0],
        shown,
        forecast=forecasts.get(shown[0].metric),
        drivers=parts if segment == WHOLE else parts.head(0),
    )
    show_cards(hub, shown, forecast_sections.outlooks(forecasts))
    of = of_whole(segment[0])
    worth(hub, kpis.iloc[0], of=of)
    names = dict(zip(kpis["label"], kpis["metric_name"], strict=True))
    label = address.select("KPI to look at", list(names), key="kpi", width=320)
    kpi = kpis[kpis["metric_name"] == names[label]].iloc[0]
    rows = periods[periods["metric_name"] == kpi["metric_name"]]
    forecast = forecasts.get(str(kpi["metric_name"]))
    trend(
        hub,
        kpi,
        rows,
        grain=grain,
        start=start,
        comparison=comparison,
        forecast=forecast if forecast_words.is_known(forecast) else None,
        days=days,
        of=of,
    )
    forecast_sections.end_of_period(hub, kpi, forecast)
    where_from(hub, kpi, rows, grain=grain, start=start, comparison=comparison, of=of)
    what_moved_it(hub, kpi, of=of)
    who_comes_back(hub, of=of)
    conversion_state(hub, set(names.values()))


def _bar(hub: Hub) -> tuple[View, Any, Span | None]:
    """The view, the newest complete period of it, and the days drawn where they are chosen."""

    def starts(grain: Grain) -> list[date]:
        total = queries.kpi_periods(hub.build, grain, WHOLE)
        return [as_date(each) for each in kpi_cards.complete_periods(total)]

    view = view_bar(
        Offer(
            usual=View(),
            named=(Named.LATEST, *ROLLING),
            starts=starts,
            grains=GRAINS,
            comparisons=tuple(COMPARISONS),
            segments=company_segments(hub),
            note="Cards: the newest complete day, week or month of the period.",
        )
    )
    known = starts(view.grain)
    if view.period is Named.LATEST or not known:
        return view, next(map(pd.Timestamp, known), None), None
    days = shown_days(view, first=known[-1], last=grain_end(known[0], view.grain))
    inside = [each for each in known if days.first <= each <= days.last]
    single = len(inside) == 1
    return view, next(map(pd.Timestamp, inside), None), None if single else days


main()
