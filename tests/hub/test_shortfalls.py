"""Does each sentence say which source or money is missing, what waits for it, and what to do?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from hub.shortfalls import shortfalls

WEB = {
    "source": "web_shop",
    "kind": "sales",
    "files": 1,
    "last_day": date(2025, 11, 3),
    "kind_last_day": date(2025, 11, 3),
    "ended_on": None,
    "is_awaited": True,
    "days_behind": 0,
}
MARKET = WEB | {"source": "market", "last_day": date(2025, 8, 20), "days_behind": 75}
FRANCS = {
    "source": "web_shop",
    "excluded_as": "no_rate",
    "excluded_by": "CHF",
    "currency": "CHF",
    "order_lines": 2,
    "amount": 1050.5,
    "first_day": date(2025, 8, 12),
    "last_day": date(2025, 8, 14),
    "first_file": "exports/a/o.csv",
    "first_line": 7,
}


def test_a_source_that_lags_behind_is_named_with_what_waits_for_it_and_what_to_do() -> None:
    (told,) = shortfalls([WEB, MARKET], [])
    assert told == (
        "market stops on 2025-08-20, while other sales go on to 2025-11-03: until it delivers "
        "more, periods that go on after its last record are incomplete in every metric of sales "
        "and compared with none. Deliver what is missing, or write `ended: 2025-08-20` below "
        "market in hub.yml if it is closed."
    )


def test_sources_that_end_on_one_day_and_closed_ones_hold_nothing_back() -> None:
    closed = MARKET | {"ended_on": date(2025, 8, 20), "is_awaited": False, "days_behind": 0}
    lists = {"source": "calendar", "kind": "calendar", "files": 1, "last_day": None,
             "kind_last_day": None, "ended_on": None, "is_awaited": None,
             "days_behind": 0}  # fmt: skip
    assert shortfalls([WEB, closed, lists], []) == []


def test_a_source_with_records_after_its_end_is_told_to_be_awaited() -> None:
    (told,) = shortfalls([WEB | {"ended_on": date(2025, 10, 31)}], [])
    assert told.startswith(
        "web_shop ended on 2025-10-31 by hub.yml, yet has records of 2025-11-03: more of it is "
    )
    assert "`ended: 2025-11-03`" in told


def test_a_source_without_a_file_is_told_only_beside_others_of_its_kind() -> None:
    silent = MARKET | {"files": 0, "last_day": None, "is_awaited": None, "days_behind": 0}
    assert shortfalls([silent], []) == []
    (told,) = shortfalls([WEB, silent], [])
    assert told.startswith("market has delivered nothing yet: metrics of sales are those of web_")
    assert shortfalls([WEB | {"kind": "releases"}, silent | {"kind": "releases"}], []) == []


def test_money_without_a_rate_is_counted_with_its_first_line() -> None:
    one = FRANCS | {"order_lines": 1, "last_day": FRANCS["first_day"], "first_line": None}
    rule = FRANCS | {"excluded_as": "rule"}
    two, single = shortfalls([WEB], [FRANCS, one, rule])
    assert two == (
        "2 order lines of 1,050.50 CHF of web_shop from 2025-08-12 to 2025-08-14 count in no "
        "number, for CHF has no rate then; the first in exports/a/o.csv line 7. Periods with these "
        "days are incomplete. Deliver rates of CHF by a source of kind `rates`; one holds for 31 "
        "days at most."
    )
    assert single.startswith("1 order line of 1,050.50 CHF of web_shop on 2025-08-12 counts in no ")
    assert "the first in exports/a/o.csv." in single


def test_cost_without_a_rate_is_told_by_its_days() -> None:
    cloud = WEB | {"source": "cloud", "kind": "cost", "days_without_rate": 2,
                   "first_day_without_rate": date(2025, 3, 1),
                   "last_day_without_rate": date(2025, 3, 3),
                   "currency_without_rate": "CHF"}  # fmt: skip
    (told,) = shortfalls([cloud], [])
    assert told.startswith(
        "The cost of 2 days of cloud from 2025-03-01 to 2025-03-03 is not known, for an amount has "
        "no rate, such as one in CHF. Periods with these days are incomplete. Deliver rates of CHF "
    )
    assert shortfalls([cloud | {"days_without_rate": 0}], []) == []


def test_rows_of_a_frame_and_of_a_build_that_did_not_count_say_the_same() -> None:
    frame = pd.DataFrame([WEB, MARKET, WEB | {"source": "silent", "is_awaited": None}])
    frame["ended_on"] = pd.to_datetime(frame["ended_on"])
    rows: list[dict[str, Any]] = [
        {str(key): row[key] for key in row} for row in frame.to_dict("records")
    ]
    assert shortfalls(rows, []) == shortfalls([WEB, MARKET], [])
    old = {"source": "market", "kind": "sales", "files": 1}
    before = {key: FRANCS[key] for key in FRANCS if key not in ("first_file", "first_line")}
    (told,) = shortfalls([old], [before])
    assert "has no rate then. Periods" in told
