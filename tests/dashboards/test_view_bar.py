"""Does the bar offer whole periods, say what applies, and cut rows by the days it shows?"""

from __future__ import annotations

from datetime import date

import pandas as pd

from dashboards.view import Named, Segment, Span, View
from dashboards.view_bar import (
    COMPANY,
    Offer,
    applies,
    by_days,
    months,
    not_followed,
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
