"""Are fees, returns, currencies and doubts of a file of sales named, counted and never hidden?"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assets.sources import load_source
from assets.sources.retry import retry_quarantine
from assets.sources.sales_rules import PROPOSALS, count_rules, is_like, match_rules
from hub.config import HubConfig
from hub.source_settings import ExclusionRule

if TYPE_CHECKING:
    from assets.sources import LoadResult
    from tests.assets.sources.conftest import Hub

TEXT = (
    "InvoiceNo,InvoiceDate,CustomerID,StockCode,Description,Quantity,UnitPrice\n"
    "536370,2025-03-13,12583,22728,CLOCK,2,3.75\n"
    "536370,2025-03-13,12583,POST,POSTAGE,1,18.00\n"
    "536371,2025-03-14,,post,,1,2.00\n"
    "C536379,2025-03-15,12583,D,Discount,-1,27.50\n"
    "A563185,2025-03-16,,B,Adjust bad debt,1,11.06\n"
    "536372,2025-03-17,12583,23444,Next Day Carriage,1,0\n"
    "536372,2025-03-17,12583,23444,Next Day Carriage,1,0\n"
)
FEES = {"name": "fees", "column": "product_id", "matches": ["POST", 23444]}


def _preview(hub: Hub, **options: Any) -> str:
    return "\n".join(hub.check("sales", **options).preview)


def test_rules_count_what_they_exclude_and_everything_is_loaded(hub: Hub) -> None:
    hub.write("in/a.csv", TEXT)
    nothing = {"name": "samples", "column": "product_id", "matches": ["SAMPLES"]}
    debt = {"name": "bad_debt", "column": "description", "matches": ["*BAD DEBT"]}
    (result,) = hub.load("sales", exclude=[FEES, nothing, debt])
    assert (result.records, result.loaded) == (7, 7)
    assert result.detected["notes"] == [
        "rule fees excludes 4 rows, 20.00 EUR",
        "rule samples excludes 0 rows, 0.00",
        "rule bad_debt excludes 1 rows, 11.06 EUR",
    ]
    assert result.detected["counts"] == {
        "exact_duplicates": 1, "without_customer": 2, "zero_priced": 2, "returned": 1,
    }  # fmt: skip


def test_a_run_says_what_the_rules_exclude(hub: Hub) -> None:
    hub.write("in/a.csv", TEXT)
    config, source = hub.config("sales", "in/*", exclude=[FEES])
    told: list[str] = []
    load_source(hub.con, source, home=hub.home, config=config, now=hub.now, progress=told.append)
    assert told == ["sales: in/a.csv: 7 records; rule fees excludes 4 rows, 20.00 EUR"]


def test_proposals_are_shown_with_their_worth_and_not_applied(hub: Hub) -> None:
    hub.write("in/a.csv", TEXT)
    shown = _preview(hub)
    assert "are these sales? 2 rows, 20.00 EUR (POST 1, post 1); if not, exclude:" in shown
    assert '- {name: postage, column: product_id, matches: ["POST", "post"]}' in shown
    assert "adjustments" in shown
    (result,) = hub.load("sales")
    assert "notes" not in result.detected
    assert "name: postage," not in _preview(hub, exclude=[FEES])


def test_a_check_shows_fields_samples_and_sums_on_one_screen(hub: Hub) -> None:
    hub.write("in/a.csv", TEXT)
    check = hub.check("sales", columns={"product_id": "StockCode"}, exclude=[FEES])
    shown = list(check.preview)
    assert "order_id    ← InvoiceNo (by meaning): 536370, 536371, C536379" in shown
    assert "product_id  ← StockCode (hub.yml): 22728, POST, post" in shown
    assert any(line.startswith("no column   for line_id, amount, currency") for line in shown)
    assert any("7 lines of 5 orders, 11.06 EUR" in line for line in shown)
    assert "note        rule fees excludes 4 rows, 20.00 EUR" in shown
    assert len(shown) <= 24
    hub.load("sales")
    assert "12583" not in hub.one("SELECT detected FROM raw.loads")


def test_a_second_header_that_fits_is_asked_about(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,created at,qty,price\n1,2025-03-13,2025-03-14,1,1\n")
    assert "ordered_at is date; or is it created at?" in _preview(hub)
    assert "or is it" not in _preview(hub, columns={"ordered_at": "date"})


def test_cancelled_orders_with_positive_amounts_are_asked_about_and_turned(hub: Hub) -> None:
    rows = "1001,2025-03-13,2,5.00\nC1001,2025-03-14,2,5.00\nC1002,2025-03-14,-1,5.00\n"
    hub.write("in/a.csv", "order,date,qty,price\n" + rows)
    assert 'cancelled_orders: ["C*"]' in _preview(hub)
    (result,) = hub.load("sales", cancelled_orders=["C*"])
    assert "1 lines of cancelled orders" in result.detected["notes"][0]
    assert hub.rows("SELECT order_id, quantity, amount FROM raw.sales ORDER BY 1") == [
        ("1001", Decimal(2), Decimal(10)),
        ("C1001", Decimal(-2), Decimal(-10)),
        ("C1002", Decimal(-1), Decimal(-5)),
    ]


def test_orders_with_a_total_need_no_quantity(hub: Hub) -> None:
    hub.write("in/a.csv", "order,date,total\n1,2025-03-13,10.50\n2,2025-03-14,-3.00\n")
    (result,) = hub.load("sales")
    assert result.detected["rows"]["are"] == "orders"
    assert hub.rows("SELECT quantity, amount FROM raw.sales ORDER BY _line") == [
        (None, Decimal("10.5")), (None, Decimal(-3)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rule", [{"column": "colour", "matches": ["x"]}, {"column": "unit_price", "matches": ["free"]},
             {"column": "product_id", "matches": []}],
)  # fmt: skip
def test_rules_that_cannot_hold_are_refused(hub: Hub, rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        hub.config("sales", "in/*", exclude=[{"name": "r", **rule}])


# --- currencies


def _load_with_rates(hub: Hub, text: str, **options: Any) -> LoadResult:
    hub.write("in/a.csv", text)
    config = HubConfig.model_validate(
        {"company": "L", "time_zone": "UTC", "currency": "EUR", "sources": [
            {"name": "sales", "kind": "sales", "path": "in/*", **options},
            {"name": "rates", "kind": "rates", "path": "rates/*"},
        ]}
    )  # fmt: skip
    source = config.sources[0]
    (result,) = load_source(hub.con, source, home=hub.home, config=config, now=hub.now)
    return result


CURRENCIES = (
    "order,date,qty,price,currency\n1,2025-03-13,1,1,EUR\n2,2025-03-13,1,1,usd\n"
    "3,2025-03-13,1,1,£\n4,2025-03-13,1,1,points\n"
)


def test_a_second_currency_is_set_aside_by_name_without_rates(hub: Hub) -> None:
    hub.write("in/a.csv", CURRENCIES)
    (result,) = hub.load("sales")
    assert (result.loaded, result.quarantined) == (1, 3)
    assert hub.rows("SELECT reason, found, expected FROM raw.quarantine ORDER BY line") == [
        ("unknown_currency", code, "EUR, or a source of kind `rates`")
        for code in ("USD", "GBP", "POINTS")
    ]


def test_with_rates_every_currency_is_loaded_under_its_own_name(hub: Hub) -> None:
    result = _load_with_rates(hub, CURRENCIES)
    assert (result.loaded, result.quarantined) == (3, 1)
    assert hub.rows("SELECT currency FROM raw.sales ORDER BY _line") == [
        ("EUR",), ("USD",), ("GBP",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "default", "code"),
    [("$1.00", None, "USD"), ("1.00 £", None, "GBP"), ("CHF 1.00", None, "CHF"),
     ("$1.00", "CAD", "CAD"), ("1.00 €", None, "EUR"), ("1.00", "USD", "USD")],
)  # fmt: skip
def test_the_sign_at_a_price_tells_its_currency(
    hub: Hub, price: str, default: str | None, code: str
) -> None:
    text = f"order,date,qty,price\n1,2025-03-13,1,{price}\n"
    _load_with_rates(hub, text, currency=default)
    assert hub.rows("SELECT currency, amount FROM raw.sales") == [(code, Decimal(1))]


# --- the rules themselves

WORDS = st.text(alphabet="aB*_%. é", max_size=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(WORDS, WORDS)
def test_patterns_mean_in_python_what_they_mean_in_sql(text: str, pattern: str) -> None:
    marked = pattern.strip().lower()
    for sign in "!%_":
        marked = marked.replace(sign, "!" + sign)
    with duckdb.connect() as con:
        ((expected,),) = con.execute(
            "SELECT lower(?) LIKE ? ESCAPE '!'", [text.strip(), marked.replace("*", "%")]
        ).fetchall()
    assert is_like(text.strip(), pattern) == expected


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(["POST", "M", "x", None]), st.integers(-5, 5))))
def test_counted_and_left_rows_are_all_rows(rows: list[tuple[str | None, int]]) -> None:
    columns: dict[str, list[Any]] = {
        "product_id": [row[0] for row in rows],
        "description": [None] * len(rows),
        "status": [None] * len(rows),
        "amount": [Decimal(row[1]) for row in rows],
        "currency": ["EUR"] * len(rows),
    }
    rules = [
        ExclusionRule(name="a", column="product_id", matches=["post", "m"]),
        ExclusionRule(name="b", column="product_id", matches=["*"]),
    ]
    found = count_rules(rules, columns)
    names = match_rules(rules, columns)
    assert sum(m.rows for m in found.values()) + names.count(None) == len(rows)
    assert found["a"].rows == sum(row[0] in ("POST", "M") for row in rows)
    assert found["a"].amounts["EUR"] == sum(row[1] for row in rows if row[0] in ("POST", "M"))
    assert match_rules(PROPOSALS, columns).count(None) == sum(
        row[0] not in ("POST", "M") for row in rows
    )


@pytest.mark.parametrize("is_gone", [False, True])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_lines_set_aside_for_want_of_rates_load_when_rates_are_there(
    hub: Hub, form: str, is_gone: bool
) -> None:
    path = hub.write("in/a", CURRENCIES)
    if form == "parquet":
        with duckdb.connect() as con:
            con.execute(
                f"COPY (FROM read_csv('{path}', all_varchar = true)) TO '{path}.parquet'"
                " (FORMAT parquet)"
            )
        path.unlink()
        path = path.with_name("a.parquet")
    (result,) = hub.load("sales")
    assert (result.loaded, result.quarantined) == (1, 3)
    if is_gone:
        path.unlink()
    config = HubConfig.model_validate(
        {"company": "L", "time_zone": "Europe/Berlin", "currency": "EUR", "sources": [
            {"name": "sales", "kind": "sales", "path": "in/*"},
            {"name": "rates", "kind": "rates", "path": "rates/*"},
        ]}
    )  # fmt: skip
    (retried,) = retry_quarantine(
        hub.con, config.sources[0], home=hub.home, config=config, now=hub.now
    )
    assert (retried.loaded, retried.left) == (2, 1)
    first = 2 if form == "csv" else 1
    assert hub.rows("SELECT order_id, currency, _line FROM raw.sales ORDER BY 1") == [
        ("1", "EUR", first), ("2", "USD", first + 1), ("3", "GBP", first + 2),
    ]  # fmt: skip
    assert hub.one("SELECT count(DISTINCT delivery_id) FROM raw.sales") == 1
