"""Are numbers read exactly, with the sign before their decimals that the file uses?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from assets.sources.cell_values import (
    UndecidedNumbers,
    decide_decimal,
    parse_boolean,
    parse_decimal,
    parse_integer,
)


@pytest.mark.parametrize(
    ("text", "sign", "number"),
    [
        ("12.50", ".", "12.50"),
        ("1,234.5", ".", "1234.5"),
        ("1.234,50", ",", "1234.50"),
        ("-3", ".", "-3"),
        ("€ 12,50", ",", "12.50"),
        ("12,50 €", ",", "12.50"),
        ("USD 1,000", ".", "1000"),
        ("1 234,50", ",", "1234.50"),
        ("1\u202f234,5", ",", "1234.5"),
        ("1'234.50", ".", "1234.50"),
        ("(12.50)", ".", "-12.50"),
        ("12.50-", ".", "-12.50"),
        ("1e3", ".", "1000"),
        (".5", ".", "0.5"),
    ],
)
def test_numbers_are_exact(text: str, sign: str, number: str) -> None:
    assert parse_decimal(text, sign=sign) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "-", "abc", "NaN", "inf", "1,2,3", "12,34.5", "1.2.3", "--1", "12abc", "1e999"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse_decimal(text, sign=".") is None


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        ({"1,234", "2.5"}, "."),
        ({"1.234", "2,5"}, ","),
        ({"1.234.567"}, ","),
        ({"1,234.50"}, "."),
        ({"3", "4"}, "."),
        ({"0.125"}, "."),
    ],
)
def test_the_decimal_sign_is_told_by_the_cells_that_can_tell(values: set[str], sign: str) -> None:
    assert decide_decimal(values).sign == sign


def test_numbers_that_can_be_read_two_ways_are_refused() -> None:
    with pytest.raises(UndecidedNumbers, match="two ways"):
        decide_decimal({"1,234", "5"})
    assert decide_decimal({"1,234"}, earlier=",").sign == ","


def test_both_signs_before_decimals_are_refused() -> None:
    with pytest.raises(UndecidedNumbers, match="decimal comma"):
        decide_decimal({"1,5", "2.5"})


def test_whole_numbers_and_yes_or_no() -> None:
    assert parse_integer("3.0", sign=".") == 3
    assert parse_integer("3.5", sign=".") is None
    assert [parse_boolean(text) for text in ("TRUE", "no", "1", "maybe")] == [
        True, False, True, None,
    ]  # fmt: skip
