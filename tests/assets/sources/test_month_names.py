"""Is a month's name read in every language, and never as two months?"""

from __future__ import annotations

import pytest
from babel.dates import get_month_names

from assets.sources.month_names import LANGUAGES, month_number


@pytest.mark.parametrize(
    ("words", "month"),
    [
        ("ene sty jan. Jänner gennaio", 1),
        ("mrt Mrz März mar mars Mär marzo", 3),
        ("abr avr. kwi aprile", 4),
        ("août ago sie agosto", 8),
        ("set Sept. wrz settembre", 9),
        ("paź okt ott out października", 10),
        ("dez dic gru déc. dec", 12),
    ],
)
def test_the_forms_of_real_exports_are_known(words: str, month: int) -> None:
    assert {month_number(word) for word in words.split()} == {month}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_of_a_language_means_another_month(language: str) -> None:
    for width in ("abbreviated", "wide"):
        for context in ("format", "stand-alone"):
            for number, name in get_month_names(width, context, locale=language).items():
                assert month_number(name) == number


def test_other_words_are_no_month() -> None:
    assert month_number("soon") is None
