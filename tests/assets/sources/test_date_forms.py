"""Are a column's dates read as its writer meant, or not at all?"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from assets.sources.date_forms import UndecidedDates, decide_form, parse_date, to_utc

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2025-03-01", "2025-03-01 00:00"),
        ("2025-03-01 9:15", "2025-03-01 09:15"),
        ("2025/3/1 09:15", "2025-03-01 09:15"),
        ("12/Mar/26 9:41 AM", "2026-03-12 09:41"),
        ("12/Mar/26 12:05 AM", "2026-03-12 00:05"),
        ("12/Mar/26 12:05 PM", "2026-03-12 12:05"),
        ("1 March 2026", "2026-03-01 00:00"),
        ("16/02/2017 15:26", "2017-02-16 15:26"),
        ("16.02.17", "2017-02-16 00:00"),
        ("03-02-1999", "1999-02-03 00:00"),
        ("30/mar/26", "2026-03-30 00:00"),
        ("11/abr/26 3:05 p. m.", "2026-04-11 15:05"),
        ("3/paź/25 10:00", "2025-10-03 10:00"),
        ("12. März 2026", "2026-03-12 00:00"),
        ("02/févr./26 14:05", "2026-02-02 14:05"),
        ("12 de marzo de 2026", "2026-03-12 00:00"),
        ("Mar 12, 2026 9:41 PM", "2026-03-12 21:41"),
        ("2026/03/12 下午9:41", "2026-03-12 21:41"),
    ],
)
def test_forms_are_read_day_first(text: str, read: str) -> None:
    assert parse_date(text, order="dmy") == datetime.fromisoformat(read)


@pytest.mark.parametrize(
    "text", ["", "soon", "31/02/2025", "2025-13-01", "12/Foo/26", "1/2/3/4", "25:00", "13:00 PM"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text, order="dmy") is None


def test_offsets_are_kept() -> None:
    when = parse_date("2025-03-01T09:15:02.5+02:00", order="dmy")
    assert when is not None
    assert when.astimezone(UTC) == datetime(2025, 3, 1, 7, 15, 2, 500_000, UTC)


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ({"03/04/2025", "25/04/2025"}, "dmy"),
        ({"03/04/2025", "04/25/2025"}, "mdy"),
        ({"03.04.2025", "05.06.2025"}, "unambiguous"),
        ({"2025-03-04"}, "iso"),
        ({"01/01/2025", "02/02/2025"}, "unambiguous"),
        ({"12/Mar/26 9:41 AM"}, "unambiguous"),
    ],
)
def test_the_order_is_decided_over_the_whole_column(values: set[str], order: str) -> None:
    assert decide_form(values).name in (order, "dmy" if order == "unambiguous" else order)
    assert decide_form({"x", *values}).parse(sorted(values)[0]) is not None


def test_a_column_that_can_be_read_two_ways_is_refused_with_both_readings() -> None:
    with pytest.raises(UndecidedDates) as caught:
        decide_form({"03/04/2025", "05/06/2025"})
    assert caught.value.examples == {
        "dmy": "'05/06/2025' is 2025-06-05",
        "mdy": "'05/06/2025' is 2025-05-06",
    }


def test_a_column_that_contradicts_itself_is_refused_with_both_values() -> None:
    with pytest.raises(UndecidedDates, match="contradict") as caught:
        decide_form({"25/12/2025", "12/26/2025", "03/04/2025"})
    assert set(caught.value.examples) == {"dmy", "mdy"}


def test_a_given_order_or_form_decides() -> None:
    assert decide_form({"03/04/2025"}, order="mdy").parse("03/04/2025") == datetime(2025, 3, 4)
    form = decide_form({"25/12/2025", "12/26/2025"}, strptime="%d/%m/%Y")
    assert form.parse("12/26/2025") is None


def test_earlier_files_decide_only_where_the_values_do_not() -> None:
    assert decide_form({"03/04/2025"}, earlier_order="mdy").name == "mdy"
    assert decide_form({"25/04/2025"}, earlier_order="mdy").name == "dmy"


def test_local_times_become_utc_over_clock_changes() -> None:
    texts = ["2025-03-30 02:30", "2025-10-26 02:30", "2025-07-01 12:00", "2025-01-01 12:00"]
    local = to_utc([(text, datetime.fromisoformat(text)) for text in texts], BERLIN)
    assert [f"{local.times[text]:%m-%d %H:%M}" for text in texts] == [
        "03-30 01:30", "10-26 01:30", "07-01 10:00", "01-01 11:00",
    ]  # fmt: skip
    assert (local.skipped, local.repeated) == (1, 1)


def test_a_named_month_with_the_year_first_is_read_when_the_column_shows_it() -> None:
    form = decide_form({"99/Mar/12", "01/Apr/13"})
    assert form.parse("01/Apr/13") == datetime(2001, 4, 13)


def test_a_named_month_leaves_both_readings_where_languages_write_the_year_first() -> None:
    with pytest.raises(UndecidedDates) as caught:
        decide_form({"26/3月/12"})
    assert set(caught.value.examples) == {"dmy", "ymd"}
