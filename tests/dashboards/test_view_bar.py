"""Does the bar offer whole periods, say what applies, and cut rows by the days it shows?"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dashboards.view import Named, Segment, Span, View
from dashboards.view_bar import (
    COMPANY,
    Offer,
    applies,
    by_days,
    months,
    not_followed,
    period_label,
    segment_name,
    shown_days,
    within,
)


def test_what_has_no_meaning_on_a_page_is_said_with_the_reason() -> None:
    told = applies(Offer(named=(Named.ALL,), note="all days count."))
    assert told == (
        "Period applies to this page and is kept in its web address. Grain, comparison and segment "
        "have no meaning here: all days count."
    )
    assert applies(Offer()).endswith("Period, grain, comparison and segment have no meaning here.")
    assert applies(Offer(note="Days count.")).endswith("have no meaning here. Days count.")


def test_periods_to_choose_from_are_those_with_data_newest_first() -> None:
    starts = months(pd.Timestamp("2025-01-31"), pd.Timestamp("2025-03-01"))
    assert starts("month") == [date(2025, 3, 1), date(2025, 2, 1), date(2025, 1, 1)]
    assert starts("week")[-1] == date(2025, 1, 27)
    assert by_days((pd.NaT, pd.NaT), note="").starts is None


def test_rows_of_the_last_day_are_in_whatever_their_hour() -> None:
    rows = pd.DataFrame(
        {"at": pd.to_datetime(["2025-02-28 01:00", "2025-03-01 23:00", "2025-03-02 00:00"])}
    )
    shown = within(rows, "at", Span(date(2025, 3, 1), date(2025, 3, 1)))
    assert list(shown.index) == [1]


def test_a_named_period_is_counted_from_the_last_day_of_the_data() -> None:
    days = shown_days(View(period=Named.TWO_WEEKS), first="2024-01-01", last="2025-03-14 10:00")
    assert days == Span(date(2025, 3, 1), date(2025, 3, 14))


@pytest.mark.parametrize(
    ("first", "last", "label"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), "2025"),
        (date(2026, 6, 1), date(2026, 6, 30), "June 2026"),
        (date(2025, 1, 1), date(2025, 3, 31), "Jan to Mar 2025"),
        (date(2025, 11, 1), date(2026, 2, 28), "Nov 2025 to Feb 2026"),
        (date(2025, 1, 1), date(2026, 12, 31), "Jan 2025 to Dec 2026"),
        (date(2026, 9, 14), date(2026, 9, 20), "week of 14 Sep 2026"),
        (date(2026, 9, 13), date(2026, 9, 13), "Sun 13 Sep 2026"),
        (date(2025, 12, 31), date(2026, 1, 30), "31 Dec 2025 to 30 Jan 2026"),
    ],
)
def test_a_period_is_called_by_its_shortest_name(first: date, last: date, label: str) -> None:
    assert period_label(Span(first, last)) == label


def test_a_segment_is_named_and_the_unknown_one_says_so() -> None:
    assert segment_name(COMPANY) == "Whole company"
    assert segment_name(Segment("country", "__null__")) == "country not known"


def test_a_segment_that_a_page_cannot_show_is_said_and_one_it_can_is_not() -> None:
    offer = Offer(own={"segment": "the project"})
    assert not_followed(offer, "country:DE") == (
        "The segment country DE does not apply to this page; the project chosen further down does."
    )
    web = Offer(segments=(Segment("platform", "web"),), whole="All platforms")
    assert not_followed(web, "country:DE") == (
        "The segment country DE does not apply to this page; what is shown is of: all platforms."
    )
    assert not_followed(web, "platform:web") == not_followed(web, "") == not_followed(web, "all")
