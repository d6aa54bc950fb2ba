"""Is a view the same after it has been written into an address and read back?"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards import view
from dashboards.view import COMPARISONS, GRAINS, Named, Segment, Span, View

USUAL = View()
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
WORDS = st.text(min_size=1, max_size=12)
SPANS = st.tuples(DAYS, DAYS).map(lambda pair: Span(min(pair), max(pair)))
VIEWS = st.builds(
    View,
    period=st.sampled_from(list(Named)) | SPANS,
    grain=st.sampled_from(GRAINS),
    comparison=st.sampled_from(list(COMPARISONS)),
    segment=st.none() | st.builds(Segment, st.sampled_from(["country", "channel"]), WORDS),
)


@settings(max_examples=60, deadline=None)
@given(VIEWS, VIEWS)
def test_a_view_comes_back_from_its_parameters_whatever_is_usual(shown: View, usual: View) -> None:
    assert view.parsed(view.params(shown, usual=usual), usual=usual) == (shown, [])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["period", "grain", "comparison", "segment"]), st.text()))
def test_no_text_in_an_address_is_an_exception(given_: dict[str, str]) -> None:
    shown, refused = view.parsed(given_, usual=USUAL)
    for name, text in given_.items():
        said = any(f"says {name} “{text}”" in each for each in refused)
        assert said != (view.params(shown, usual=View()).get(name, _usual(name)) == text)


def _usual(name: str) -> str:
    return {"period": "latest", "grain": "month", "comparison": "previous", "segment": "all"}[name]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2025", (date(2025, 1, 1), date(2025, 12, 31))),
        ("2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2025-W01", (date(2024, 12, 30), date(2025, 1, 5))),
        ("2025-03-03", (date(2025, 3, 3), date(2025, 3, 3))),
    ],
)
def test_a_period_of_the_calendar_has_a_name_that_says_its_days(
    text: str, span: tuple[date, date]
) -> None:
    assert view.period(text) == Span(*span)
    assert view.period_text(Span(*span)) == text


@pytest.mark.parametrize(
    "broken",
    ["", "yesterday", "2025-13", "2025-W54", "2025-02-30", "0000", "9999-W53", "between", "2025-1"],
)
def test_a_broken_period_is_refused_in_a_sentence_and_the_usual_one_shown(broken: str) -> None:
    shown, refused = view.parsed({"period": broken, "grain": "week"}, usual=USUAL)
    assert shown == View(grain="week")
    assert len(refused) == 1
    assert f"says period “{broken}”" in refused[0]
    assert "usual choice under “Period”" in refused[0]


def test_days_back_to_front_are_refused() -> None:
    turned = {"period": "between", "from": "2025-03-09", "to": "2025-03-01"}
    shown, refused = view.parsed(turned, usual=USUAL)
    assert shown == USUAL
    assert "2025-03-01 is before 2025-03-09" in refused[0]


@pytest.mark.parametrize(
    ("name", "text"), [("grain", "decade"), ("comparison", "best"), ("segment", "country")]
)
def test_each_other_part_is_refused_by_name(name: str, text: str) -> None:
    shown, refused = view.parsed({name: text}, usual=USUAL)
    assert (shown, len(refused)) == (USUAL, 1)
    assert f"says {name} “{text}”" in refused[0]


def test_a_named_period_ends_with_the_data() -> None:
    first, last = date(2024, 1, 1), date(2025, 3, 12)
    assert view.days(Named.TWO_WEEKS, first=first, last=last) == Span(date(2025, 2, 27), last)
    assert view.days(Named.ALL, first=first, last=last) == Span(first, last)


@settings(max_examples=40, deadline=None)
@given(DAYS, st.sampled_from(GRAINS))
def test_a_day_lies_in_its_aligned_period(day: date, grain: view.Grain) -> None:
    span = Span(view.grain_start(day, grain), view.grain_end(day, grain))
    assert span.first <= day <= span.last
    assert view.is_aligned(span, grain)
