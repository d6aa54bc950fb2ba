"""Are incidents, cost and rates read, and is money of an unknown worth kept apart?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from assets.sources.retry import retry_quarantine
from hub.config import HubConfig

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

PAGERDUTY: dict[str, Any] = {
    "id": "P1", "incident_number": 4, "title": "Crash", "urgency": "high", "status": "resolved",
    "created_at": "2025-03-01T09:00:00Z", "last_status_change_at": "2025-03-01T10:00:00Z",
    "service": {"id": "S", "summary": "api"},
    "acknowledgements": [],
    "log_entries": [
        {"type": "acknowledge_log_entry", "created_at": "2025-03-01T09:20:00Z"},
        {"type": "acknowledge_log_entry", "created_at": "2025-03-01T09:05:00Z"},
        {"type": "notify_log_entry", "created_at": "2025-03-01T09:01:00Z"},
    ],
}  # fmt: skip
OPEN = {
    "id": "P2", "incident_number": 5, "title": "Slow", "urgency": "low", "status": "triggered",
    "created_at": "2025-03-02T09:00:00Z", "last_status_change_at": "2025-03-02T09:00:00Z",
    "service": {"summary": "api"},
}  # fmt: skip


def incidents(hub: Hub) -> list[tuple[Any, ...]]:
    return hub.rows(
        "SELECT incident_id, service, severity, status, acknowledged_at, resolved_at"
        " FROM raw.incidents ORDER BY incident_id"
    )


EXPECTED = [
    ("P1", "api", "high", "resolved", datetime(2025, 3, 1, 9, 5, tzinfo=UTC),
     datetime(2025, 3, 1, 10, tzinfo=UTC)),
    ("P2", "api", "low", "triggered", None, None),
]  # fmt: skip


@pytest.mark.parametrize("form", ["page", "list", "lines", "cells"])
def test_pagerduty_is_read_in_every_form_it_comes_in(hub: Hub, form: str) -> None:
    both = [PAGERDUTY, OPEN]
    quoted = ['"' + json.dumps(one).replace('"', '""') + '"' for one in both]
    content = {
        "page": json.dumps({"incidents": both, "more": False}),
        "list": json.dumps(both, indent=1),
        "lines": "".join(json.dumps(one) + "\n" for one in both),
        "cells": "id,params,data\n" + "".join(f"{n},x,{cell}\n" for n, cell in enumerate(quoted)),
    }[form]
    hub.write("in/p", content)
    (result,) = hub.load("incidents")
    assert (result.records, result.loaded) == (2, 2)
    assert incidents(hub) == EXPECTED
    assert hub.one("SELECT format FROM raw.loads").startswith("pagerduty_")


def test_incidents_come_as_rows(hub: Hub) -> None:
    hub.write(
        "in/i.csv",
        "number,opened_at,closed_at,priority,component,version\n"
        "I-1,2025-03-01 10:00,2025-03-01 11:00,P1,api,2.1.0\nI-2,,,P2,api,\n",
    )
    (result,) = hub.load("incidents")
    assert (result.loaded, result.quarantined) == (1, 1)
    assert hub.rows("SELECT incident_id, resolved_at, release_version FROM raw.incidents") == [
        ("I-1", datetime(2025, 3, 1, 10, tzinfo=UTC), "2.1.0")
    ]
    assert hub.quarantine() == [(3, "missing_required", "started_at")]


def test_cost_comes_a_row_a_service_or_a_column_a_service(hub: Hub) -> None:
    hub.write(
        "in/a.csv",
        "day,service,model,cost,currency\n2025-03-01,api,,12.5,EUR\n"
        "2025-03-01,,recommender,3,€\n2025-03-01,,,9,EUR\n2025-03-01,api,,1,USD\n",
    )
    (result,) = hub.load("cost")
    assert (result.loaded, result.quarantined) == (2, 2)
    assert hub.rows(
        "SELECT day, service, model, amount, currency FROM raw.cost ORDER BY _line"
    ) == [
        (date(2025, 3, 1), "api", None, Decimal("12.500000"), "EUR"),
        (date(2025, 3, 1), None, "recommender", Decimal("3.000000"), "EUR"),
    ]
    assert {row[1:] for row in hub.quarantine()} == {
        ("missing_required", "service"),
        ("unknown_currency", "currency"),
    }


def test_columns_of_totals_are_not_counted_twice(hub: Hub) -> None:
    hub.write("in/a.csv", "Service,Compute (€),Disk (€),Total costs (€)\n"
              "Service total,30,5,35\n2025-03-01,10,,10\n2025-03-02,20,5,25\n")  # fmt: skip
    (result,) = hub.load("cost")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (6, 3, 2, 1)
    assert hub.one("SELECT sum(amount) FROM raw.cost") == 35
    assert result.detected["left_out"] == ["Total costs (€)"]


def test_another_currency_waits_in_quarantine_until_the_hub_has_rates(hub: Hub) -> None:
    hub.write("in/a.csv", "day,service,cost,currency\n2025-03-01,api,1,USD\n2025-03-01,api,2,EUR\n")
    (result,) = hub.load("cost")
    assert (result.loaded, result.quarantined) == (1, 1)
    config, source = hub.config("cost", "in/*")
    rates = {"name": "rates", "kind": "rates", "path": "rates/*"}
    with_rates = HubConfig.model_validate(
        {**config.model_dump(), "sources": [source.model_dump(), rates]}
    )
    for loaded in ([1], []):  # the second time nothing is left to load
        found = retry_quarantine(
            hub.con, source, home=hub.home, config=with_rates, now=datetime(2026, 1, 1, tzinfo=UTC)
        )
        assert [again.loaded for again in found] == loaded
    assert hub.rows("SELECT currency, amount, _line FROM raw.cost ORDER BY _line") == [
        ("USD", Decimal("1.000000"), 2),
        ("EUR", Decimal("2.000000"), 3),
    ]


def rates(hub: Hub) -> list[tuple[Any, ...]]:
    return hub.rows("SELECT currency, base_currency, rate FROM raw.rates ORDER BY ALL")


def test_a_rate_says_what_a_unit_is_worth_unless_it_is_quoted_the_other_way(hub: Hub) -> None:
    hub.write("in/a.csv", "date,currency,rate\n2025-03-01,USD,0.925\n2025-03-01,US,1\n"
              "2025-03-01,GBP,-1\n")  # fmt: skip
    (result,) = hub.load("rates")
    assert (result.loaded, result.quarantined) == (1, 2)
    assert rates(hub) == [("USD", "EUR", 0.925)]
    assert result.detected["example"] == "2025-03-01: 1 USD = 0.925 EUR"


def test_a_column_a_currency_is_read_as_central_banks_write_it(hub: Hub) -> None:
    hub.write("in/a.csv", "Date,USD,JPY,CYP,\n2025-03-03,1.0823,161.5,N/A,\n")
    (result,) = hub.load("rates", quoted="per_hub_currency")
    assert (result.records, result.loaded, result.blank) == (3, 2, 1)
    assert rates(hub) == [("EUR", "JPY", 161.5), ("EUR", "USD", 1.0823)]


def test_a_base_currency_in_the_file_decides(hub: Hub) -> None:
    hub.write("in/a.csv", "date,base,currency,rate\n2025-03-01,EUR,USD,1.234\n")
    hub.load("rates")
    assert rates(hub) == [("EUR", "USD", 1.234)]


def test_a_corrected_bill_takes_the_place_of_the_first(hub: Hub) -> None:
    hub.write("in/a.csv", "day,service,cost\n2025-03-01,api,10\n")
    hub.load("cost")
    hub.write("in/a.csv", "day,service,cost\n2025-03-01,api,11\n")
    hub.load("cost")
    assert hub.rows("SELECT status FROM raw.loads ORDER BY loaded_at") == [
        ("superseded",),
        ("loaded",),
    ]
