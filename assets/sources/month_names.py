"""Which month does a word name, in the languages in which trackers and shops write dates?

Full and short names come from the Unicode locale data; what real exports write instead stands
here. No word means two months in these languages, so a word alone decides.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from babel.dates import get_month_names

LANGUAGES = (
    "en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "da", "et", "fi", "hu", "is", "ja", "ko",
    "nb", "nn", "ro", "ru", "sk", "sl", "sv", "tr", "uk", "zh",
)  # fmt: skip
_ENGLISH = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Seen in exports where the locale data of today say otherwise (older Java locale data).
_IN_EXPORTS = {
    1: "jän jänner janv gennaio", 2: "févr fév fev feb", 3: "mär mrz maerz mrt märz",
    4: "avr abr kwi", 5: "mai mei maj mag", 6: "juin giu cze", 7: "juil lug lip",
    8: "août aou ago sie", 9: "set sept setiembre wrz", 10: "okt ott out paź paz",
    11: "lis listopad", 12: "déc dez dic gru",
}  # fmt: skip


def month_number(word: str) -> int | None:
    """1 to 12 for a month's full or short name, whatever its case and closing dot, else None."""
    name = _fold(word)
    return _ENGLISH.get(name) or month_words().get(name)


@cache
def month_words() -> dict[str, int]:
    """Every known name, folded, with its month."""
    words = dict(_ENGLISH)
    for number, names in _IN_EXPORTS.items():
        words |= {_fold(name): number for name in names.split()}
    for language in LANGUAGES:
        for width in ("abbreviated", "wide"):
            for context in ("format", "stand-alone"):
                told = get_month_names(width, context, locale=language)
                words |= {_fold(name): number for number, name in told.items()}
    return words


def _fold(word: str) -> str:
    return unicodedata.normalize("NFC", word).casefold().strip(". ")
