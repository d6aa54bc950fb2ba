"""Does every company metric agree with what the shop's own files say, to the last cent?"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline import company_reference as reference
from tests.pipeline.company_reference import Key, Line, Number, Session

pytestmark = pytest.mark.pipeline

CENT, RATIO = Decimal("0.005"), Decimal("1e-9")


@dataclass(frozen=True)
class Files:
    """What the files hold."""

    lines: list[Line]
    sessions: list[Session]
    sales_through: datetime
    events_through: datetime


@pytest.fixture(scope="module")
def files(shop: HubHome) -> Files:
    lines = reference.sales_lines(shop.root)
    sessions, events_through = reference.sessions(shop.root)
    return Files(lines, sessions, reference.sales_end(lines), events_through)


@pytest.fixture(scope="module")
def observed(shop: HubHome) -> dict[Key, tuple[Any, ...]]:
    con = open_published(shop)
    try:
        rows = con.execute(
            "select metric_name, segment_name, segment_value, grain, period_start, metric_value,"
            " numerator, denominator, is_complete from metrics.observations"
            " where layer = 'company'"
        ).fetchall()
    finally:
        con.close()
    return {Key(*row[:5]): row[5:] for row in rows}


@pytest.fixture(scope="module")
def wanted(shop: HubHome) -> dict[Key, Number]:
    return reference.company_of(shop.root)


def expected(files: Files, lines: list[Line]) -> dict[Key, Number]:
    return reference.company(lines, files.sessions, files.sales_through)


def differences(wanted: dict[Key, Number], found: dict[Key, tuple[Any, ...]]) -> list[Key]:
    """Every number that only one side has, or that is off by a cent, or 1e-9 for a ratio."""
    wrong = list(wanted.keys() ^ found.keys())
    for key in wanted.keys() & found.keys():
        value, above, below, _ = found[key]
        number = wanted[key]
        if number.is_ratio:
            parts = (Decimal(above) - number.numerator, Decimal(below) - number.denominator)
            off = Decimal(value) - number.numerator / number.denominator
            is_wrong = abs(off) > RATIO * max(Decimal(1), abs(Decimal(value)))
            is_wrong = is_wrong or max(map(abs, parts)) >= CENT
        else:
            is_wrong = above is not None or abs(Decimal(value) - number.numerator) >= CENT
        if is_wrong:
            wrong.append(key)
    return wrong


def test_every_company_metric_agrees_with_the_files(
    wanted: dict[Key, Number], observed: dict[Key, tuple[Any, ...]]
) -> None:
    assert not differences(wanted, observed)[:5]
    counted = Counter((key.metric, key.segment, key.grain) for key in wanted)
    simple = ["revenue", "returns_value", "revenue_net", "orders", "units", "customers"]
    simple += ["new_customers", "returning_customers", "sessions", *reference.RATIOS]
    for metric in simple:
        for segment in ("__all__", "country", "channel"):
            for grain in reference.GRAINS:
                assert counted[metric, segment, grain] > 5, (metric, segment, grain)
    assert {key.metric for key in observed} == {key.metric for key in wanted}


def test_a_cent_and_a_customer_more_on_one_line_are_seen_in_every_roll_up(
    files: Files, observed: dict[Key, tuple[Any, ...]]
) -> None:
    changed = [*files.lines]
    at = next(
        at
        for at, line in enumerate(changed)
        if at and line.order == changed[at - 1].order and not line.is_return
    )
    one = changed[at]
    changed[at] = replace(
        one, order="other", customer="somebody else", amount=one.amount + Decimal("0.01")
    )
    wrong = differences(expected(files, changed), observed)
    segments = (("__all__", "__all__"), ("country", one.country), ("channel", one.channel))
    everywhere = {(*segment, grain) for segment in segments for grain in reference.GRAINS}
    for metric in ("revenue", "revenue_net", "orders", "customers", "new_customers"):
        seen = {(key.segment, key.value, key.grain) for key in wrong if key.metric == metric}
        assert seen == everywhere, metric
    assert {key.value for key in wrong if key.metric == "product_revenue"} == {one.product}
    assert {"average_order_value", "return_rate", "cohort_retention"} <= {
        key.metric for key in wrong
    }


def test_parts_add_up_to_the_whole_in_every_period(observed: dict[Key, tuple[Any, ...]]) -> None:
    """So do their changes: what a segment or product contributed to a change sums to it."""
    adding = ("revenue", "returns_value", "revenue_net", "orders", "units", "sessions")
    whole = {key: row[0] for key, row in observed.items() if key.segment == "__all__"}
    sums: dict[tuple[str, Key], float] = defaultdict(float)
    for key, row in observed.items():
        metric = key.metric.removeprefix("product_")
        if key.segment != "__all__" and metric in adding:
            total = Key(metric, "__all__", "__all__", key.grain, key.start)
            sums[key.segment, total] += row[0]
    assert {segment for segment, _ in sums} == {"country", "channel", "product"}
    wrong = [each for each, value in sums.items() if abs(value - whole[each[1]]) > 1e-6]
    assert not wrong[:5]


def test_a_period_is_complete_when_its_files_pass_its_end(
    files: Files, observed: dict[Key, tuple[Any, ...]]
) -> None:
    through = dict.fromkeys(
        ("sessions", "session_views", "session_clicks", "session_hides"), files.events_through
    )
    through["conversion_rate"] = min(files.events_through, files.sales_through)
    first_sale = min(line.day for line in files.lines)
    first = dict.fromkeys(through, min(each.day for each in files.sessions))
    first["conversion_rate"] = max(first["sessions"], first_sale)
    for key, found in observed.items():
        end = through.get(key.metric, files.sales_through)
        begin = first.get(key.metric, first_sale)
        assert found[3] == reference.is_complete(key.start, key.grain, begin, end), key


def test_growth_compares_complete_periods_by_weekday_and_month(
    shop: HubHome, wanted: dict[Key, Number], observed: dict[Key, tuple[Any, ...]]
) -> None:
    con = open_published(shop)
    rows = con.execute(
        "select metric_name, segment_name, segment_value, grain, period_start,"
        " previous_period_start, change_previous, year_ago_period_start, change_year_ago"
        " from marts.mart_success_metrics"
    ).fetchall()
    con.close()
    n_known = 0
    for *names, previous, change, year_ago, change_of_year in rows:
        key = Key(*names)
        for start, told, asked in (
            (_before(key), previous, change),
            (_year_before(key), year_ago, change_of_year),
        ):
            other = key._replace(start=start)
            is_known = observed[key][3] and other in observed and observed[other][3]
            assert (told == start) == is_known, key
            if is_known and wanted[other].numerator:
                base = _value(wanted[other])
                growth = (_value(wanted[key]) - base) / abs(base)
                assert float(growth) == pytest.approx(asked, rel=1e-9, abs=1e-12), key
                n_known += 1
    assert n_known > 10_000


def _value(number: Number) -> Decimal:
    return number.numerator / number.denominator


def _before(key: Key) -> date:
    if key.grain == "month":
        return reference.month_later(key.start, -1)
    return key.start - timedelta(days=7 if key.grain == "week" else 1)


def _year_before(key: Key) -> date:
    if key.grain == "month":
        return reference.month_later(key.start, -12)
    return key.start - timedelta(days=364)


def test_volume_price_and_mix_agree_with_the_files_and_add_up(shop: HubHome, files: Files) -> None:
    con = open_published(shop)
    rows = con.execute(
        "select grain, period_start, before_start, revenue_now - revenue_before, volume_effect,"
        " price_effect, mix_effect from marts.mart_success_drivers"
        " where basis = 'products' and grain = 'month'"
    ).fetchall()
    con.close()
    assert len(rows) > 5
    for grain, now, before, change, volume, price, mix in rows:
        by_hand = reference.drivers(files.lines, grain, now, before)
        assert volume + price + mix == change
        assert abs(volume - by_hand["volume"]) < CENT
        assert abs(price - by_hand["price"]) < CENT
        assert abs(mix - by_hand["mix"]) < CENT


def test_orders_and_their_value_take_a_change_of_revenue_apart(
    shop: HubHome, wanted: dict[Key, Number]
) -> None:
    con = open_published(shop)
    rows = con.execute(
        "select grain, period_start, before_start, revenue_now - revenue_before, volume_effect,"
        " price_effect, mix_effect from marts.mart_success_drivers where basis = 'orders'"
    ).fetchall()
    con.close()
    assert {grain for grain, *_ in rows} == set(reference.GRAINS)
    for grain, now, before, change, volume, value, mix in rows:
        sides = [
            [
                wanted[Key(metric, "__all__", "__all__", grain, start)].numerator
                for start in (now, before)
            ]
            for metric in ("revenue", "orders")
        ]
        (revenue, revenue_before), (orders, orders_before) = sides
        assert abs(volume - (orders - orders_before) * revenue_before / orders_before) < CENT
        by_value = orders * (revenue / orders - revenue_before / orders_before)
        assert abs(value - by_value) < CENT
        assert volume + value == change
        assert mix is None
