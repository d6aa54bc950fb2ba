"""Does a file of sales that is wrong, or can be read two ways, ever load silently wrong?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.sources.sales_dates import find_swapped, swap_day

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

Line = tuple[int, datetime, str, str, int, str]
HEADER = "order,date,customer,sku,qty,price\n"


def _lines(first: date, days: int, *, first_order: int = 1) -> list[Line]:
    """Two lines a day, one order each day."""
    made: list[Line] = []
    for number in range(days):
        when = datetime(first.year, first.month, first.day, 9, 30) + timedelta(days=number)
        order = first_order + number
        made.append((order, when, f"k{number % 7}", "A", 1 + number % 3, "9.90"))
        made.append((order, when, f"k{number % 7}", f"B{number % 5}", 2, f"{5 + number}.25"))
    return made


def _csv(lines: Iterable[Line], *, form: str = "%Y-%m-%d %H:%M") -> str:
    return HEADER + "".join(
        f"{order},{when.strftime(form)},{customer},{sku},{quantity},{price}\n"
        for order, when, customer, sku, quantity, price in lines
    )


def _swap(when: datetime) -> datetime:
    day = swap_day(when.date())
    return when.replace(month=day.month, day=day.day)


def _changed(lines: Sequence[Line], change: Callable[[Line], Line]) -> list[Line]:
    return [change(line) for line in lines]


def _order_lines(hub: Hub) -> int:
    return int(hub.one("SELECT count(*) FROM raw.sales"))


SWAPPED = _changed(_lines(date(2025, 1, 1), 100), lambda x: (x[0], _swap(x[1]), *x[2:]))


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"])
def test_days_and_months_swapped_up_to_the_twelfth_refuse_the_file(hub: Hub, form: str) -> None:
    hub.write("in/a.csv", _csv(SWAPPED, form=form))
    problem = hub.refusal("sales").problem
    assert "contradict" in problem.found
    assert "2025-02-01" in problem.found
    assert "2025-01-02" in problem.found
    assert "swapped_days" in problem.remedy
    (result,) = hub.load("sales", swapped_days="restore")
    assert result.detected["dates"]["swapped_days"] == "restored"
    local = "timezone('Europe/Berlin', ordered_at)::DATE"
    assert hub.one(f"SELECT count(DISTINCT {local}) FROM raw.sales") == 100
    assert hub.one(f"SELECT max({local})::VARCHAR FROM raw.sales") == "2025-04-10"


def test_swapped_dates_load_as_they_stand_when_hub_yml_says_so(hub: Hub) -> None:
    hub.write("in/a.csv", _csv(SWAPPED))
    hub.load("sales", swapped_days="as_written")
    assert hub.one("SELECT max(ordered_at)::DATE::VARCHAR FROM raw.sales") == "2025-12-03"


@pytest.mark.parametrize("days", [100, 365])
@pytest.mark.parametrize("order", ["of time", "of customers"])
def test_sound_dates_are_not_suspected(hub: Hub, days: int, order: str) -> None:
    lines = _lines(date(2025, 1, 1), days)
    if order == "of customers":
        lines = sorted(lines, key=lambda line: (line[2], line[1]))
    hub.write("in/a.csv", _csv(lines, form="%d.%m.%Y"))
    (result,) = hub.load("sales")
    assert result.loaded == 2 * days


def test_swapped_dates_show_in_the_order_numbers_of_a_shuffled_file(hub: Hub) -> None:
    year = _changed(_lines(date(2025, 1, 1), 365), lambda x: (x[0], _swap(x[1]), *x[2:]))
    Random(7).shuffle(year)
    hub.write("in/a.csv", _csv(year))
    assert "order numbers" in hub.refusal("sales").problem.found


def test_dates_told_by_earlier_files_alone_are_doubted_when_the_file_denies_them(hub: Hub) -> None:
    hub.write("in/1.csv", _csv(_lines(date(2025, 1, 1), 30), form="%d/%m/%Y"))
    hub.load("sales")
    later = _lines(date(2025, 5, 1), 12, first_order=500)
    hub.write("in/2.csv", _csv(later, form="%m/%d/%Y"))
    problem = hub.refusal("sales").problem
    assert "2025-01-05" in problem.found or "2025-02-05" in problem.found
    assert "date_order" in problem.remedy
    hub.load("sales", date_order="mdy")
    assert hub.one("SELECT max(ordered_at)::DATE::VARCHAR FROM raw.sales") == "2025-05-11"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    st.lists(st.integers(0, 3), min_size=30, max_size=120),
)
def test_what_is_in_order_is_sound_and_swapped_it_is_found(first: date, gaps: list[int]) -> None:
    days = [first]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    nobody = [None] * len(days)
    assert find_swapped(days, nobody) is None
    swapped = [swap_day(day) for day in days]
    loose = {day for day in swapped if day.day <= 12 and day.day != day.month}
    fixed = {day for day in swapped if day.day > 12}
    if len(loose) >= 8 and len(fixed) >= 3:
        assert find_swapped(swapped, nobody) is not None


# --- numbers


def test_a_decimal_comma_is_not_read_as_thousands_where_amounts_deny_it(hub: Hub) -> None:
    rows = ['1,2025-03-13,1,"1,234","1.23"', '2,2025-03-14,2,"1,500","3.00"']
    hub.write("in/a.csv", "order,date,qty,price,amount\n" + "\n".join(rows) + "\n")
    problem = hub.refusal("sales").problem
    assert "0.000996" in problem.found or "0.001" in problem.found
    assert problem.column == "unit_price"
    assert "decimal" in problem.remedy


@pytest.mark.parametrize("quantities", [["1,500", "2,250"], ["1,500", "2500", "3"]])
def test_a_comma_that_only_other_columns_read_as_thousands_is_refused(
    hub: Hub, quantities: list[str]
) -> None:
    rows = [f'{n},2025-03-13,"{quantity}",2.50' for n, quantity in enumerate(quantities)]
    hub.write("in/a.csv", "order,date,qty,price\n" + "\n".join(rows) + "\n")
    problem = hub.refusal("sales").problem
    assert problem.column == "qty"
    assert "which is 1500 with" in problem.found or "which is 2250 with" in problem.found
    hub.load("sales", decimal=".")
    assert hub.one("SELECT max(quantity) FROM raw.sales") == max(
        Decimal(quantity.replace(",", "")) for quantity in quantities
    )


def test_amounts_confirm_thousands_that_a_column_leaves_open(hub: Hub) -> None:
    hub.write("in/a.csv", 'order,date,qty,price,total\n1,2025-03-13,"1,500",2.50,3750.00\n')
    hub.load("sales")
    assert hub.one("SELECT quantity FROM raw.sales") == Decimal(1500)


def test_thousands_are_read_where_the_column_shows_them(hub: Hub) -> None:
    rows = ['1,2025-03-13,1,"1,234"', '2,2025-03-14,2,"1,500.50"', '3,2025-03-15,"1,000",2.5']
    hub.write("in/a.csv", "order,date,qty,price\n" + "\n".join(rows) + "\n")
    (result,) = hub.load("sales")
    assert result.detected["decimal"]["sign"] == "."
    assert hub.one("SELECT sum(amount) FROM raw.sales") == Decimal(1234 + 3001 + 2500)


def test_the_decimal_sign_of_earlier_files_is_named_as_evidence(hub: Hub) -> None:
    hub.write("in/1.csv", "order;date;qty;price\n1;2025-03-13;1;1,50\n")
    hub.write("in/2.csv", "order;date;qty;price\n2;2025-03-14;1;1,234\n")
    hub.write("in/3.csv", "order;date;qty;price\n3;2025-03-15;1;2,345\n")
    results = hub.load("sales")
    assert [r.detected["decimal"].get("told_by") for r in results] == [
        None, "earlier files of the source", "earlier files of the source",
    ]  # fmt: skip
    assert hub.one("SELECT sum(amount) FROM raw.sales") == Decimal("5.079")


def test_an_order_total_on_every_line_is_refused(hub: Hub) -> None:
    rows = [
        f"{order},2025-03-13,{sku},1,{price},30.00"
        for order in range(3)
        for sku, price in (("A", 10), ("B", 15), ("C", 5))
    ]
    hub.write("in/a.csv", "order,date,sku,qty,price,total\n" + "\n".join(rows) + "\n")
    problem = hub.refusal("sales").problem
    assert problem.column == "total"
    assert 'amount: "-"' in problem.remedy
    hub.load("sales", columns={"amount": "-"})
    assert hub.one("SELECT sum(amount) FROM raw.sales") == Decimal(90)
    assert hub.one("SELECT _extra->>'total' FROM raw.sales LIMIT 1") == "30.00"


# --- the same sales twice


def _deliver_twice(hub: Hub, second: str | bytes, **options: Any) -> Any:
    hub.write("in/1.csv", _csv(_lines(date(2025, 1, 1), 40)))
    hub.load("sales", **options)
    hub.write("in/2.csv", second)
    return hub


def test_a_twin_with_shifted_dates_is_refused(hub: Hub) -> None:
    shifted = _changed(
        _lines(date(2025, 1, 1), 40), lambda x: (x[0], x[1] + timedelta(days=365), *x[2:])
    )
    _deliver_twice(hub, _csv(shifted))
    problem = hub.refusal("sales").problem
    assert problem.file == "in/2.csv"
    assert "80 of 80 lines that are in in/1.csv already with other dates" in problem.found
    assert "+365 days" in problem.found
    assert _order_lines(hub) == 80
    hub.load("sales", allow_twins=True)
    assert _order_lines(hub) == 160


def test_a_twin_shifted_by_hours_is_refused(hub: Hub) -> None:
    shifted = _changed(
        _lines(date(2025, 1, 1), 40), lambda x: (x[0], x[1] + timedelta(hours=2), *x[2:])
    )
    _deliver_twice(hub, _csv(shifted))
    assert "shifted by some hours" in hub.refusal("sales").problem.found


def test_a_twin_under_other_order_ids_is_refused(hub: Hub) -> None:
    _deliver_twice(hub, _csv(_lines(date(2025, 1, 1), 40, first_order=9000)))
    assert "under other order ids" in hub.refusal("sales").problem.found


def test_a_twin_without_order_ids_is_known_by_one_shift_of_all_its_lines(hub: Hub) -> None:
    text = _csv(_lines(date(2025, 1, 1), 40)).replace("order,", "number,", 1)
    hub.write("in/1.csv", text)
    hub.load("sales", rows="orders")
    shifted = _changed(
        _lines(date(2025, 1, 1), 40), lambda x: (x[0], x[1] + timedelta(days=28), *x[2:])
    )
    hub.write("in/2.csv", _csv(shifted).replace("order,", "number,", 1))
    assert "+28 days" in hub.refusal("sales", rows="orders").problem.found


def test_the_same_sales_in_another_form_are_named_and_told_apart_from_new_ones(hub: Hub) -> None:
    lines = _lines(date(2025, 1, 1), 40)
    german = _csv(lines, form="%d.%m.%Y %H:%M").replace(",", ";").replace(".25\n", ",25\n")
    _deliver_twice(hub, german.replace("9.90", "9,90"))
    (result,) = hub.load("sales")
    assert result.detected["notes"] == ["80 lines are in in/1.csv too and count once"]


def test_the_same_sales_from_another_source_are_refused(hub: Hub) -> None:
    from assets.sources import SourceError, load_source
    from hub.config import HubConfig

    hub.write("in/1.csv", _csv(_lines(date(2025, 1, 1), 40)))
    hub.load("sales")
    hub.write("erp/1.csv", _csv(_lines(date(2025, 1, 1), 40)).replace("sku", "product"))
    config = HubConfig.model_validate(
        {"company": "L", "time_zone": "Europe/Berlin", "currency": "EUR",
         "sources": [{"name": "erp", "kind": "sales", "path": "erp/*"}]}
    )  # fmt: skip
    with pytest.raises(SourceError, match="source `sales` delivered already"):
        load_source(hub.con, config.sources[0], home=hub.home, config=config,
                    now=hub.now + timedelta(hours=1))  # fmt: skip


def test_exports_that_overlap_load_and_say_what_they_share(hub: Hub) -> None:
    lines = _lines(date(2025, 1, 1), 90)
    changed = [(line[0], line[1], line[2], line[3], 7, line[5]) if line[0] == 60 else line
               for line in lines[80:]]  # fmt: skip
    hub.write("in/1.csv", _csv(lines[:140]))
    hub.load("sales")
    hub.write("in/2.csv", _csv(changed))
    (result,) = hub.load("sales")
    assert result.loaded == 100
    assert result.detected["notes"] == [
        "58 lines are in in/1.csv too and count once",
        "2 lines of orders in in/1.csv have changed (such as order 60); the last delivery counts",
    ]
    assert hub.one("SELECT count(DISTINCT delivery_id) FROM raw.sales") == 2


def test_lines_of_several_files_count_each_time_when_hub_yml_says_so(hub: Hub) -> None:
    hub.write("in/1.csv", _csv(_lines(date(2025, 1, 1), 40)))
    hub.write("in/2.csv", _csv(_lines(date(2025, 1, 20), 40, first_order=20)))
    options = {"repeated_lines": "all"}
    results = hub.load("sales", **options)
    assert hub.rows("SELECT DISTINCT delivery_id FROM raw.sales") == [("",)]
    assert sum(result.loaded for result in results) == 160


def test_files_that_follow_each_other_share_nothing(hub: Hub) -> None:
    hub.write("in/1.csv", _csv(_lines(date(2025, 1, 1), 31)))
    hub.write("in/2.csv", _csv(_lines(date(2025, 2, 1), 28, first_order=32)))
    results = hub.load("sales")
    assert [result.detected.get("notes") for result in results] == [None, None]
