"""Does every word of the vocabulary have one meaning, in plain words?"""

import pytest

from analytics.vocabulary import EvidenceGrade, Verdict, p_words, percent, probability


def test_verdicts_are_the_five_agreed_words_in_checking_order() -> None:
    assert [verdict.value for verdict in Verdict] == [
        "invalid data",
        "not enough data",
        "confounded",
        "moves",
        "no evidence",
    ]


@pytest.mark.parametrize("word", [*Verdict, *EvidenceGrade])
def test_every_word_has_one_sentence_of_meaning(word: Verdict | EvidenceGrade) -> None:
    assert word.meaning.endswith(".")
    assert word.meaning.count(". ") == 0
    assert len(word.meaning) > 40


def test_experiments_are_trusted_most_and_series_least() -> None:
    ranked = sorted(EvidenceGrade, key=lambda grade: grade.rank)
    assert ranked == [EvidenceGrade.EXPERIMENTS, EvidenceGrade.RELEASES, EvidenceGrade.SERIES]


def test_verdicts_compare_equal_to_their_stored_text() -> None:
    assert Verdict("moves") is Verdict.MOVES
    assert str(Verdict.NO_EVIDENCE) == "no evidence"


def test_a_p_value_is_written_in_one_way() -> None:
    assert [probability(value) for value in (0.4, 0.0123, 0.0009)] == ["0.400", "0.012", "< 0.001"]
    assert p_words(0.05) == "p = 0.050"
    assert p_words(1e-9, "q") == "q < 0.001"
    assert p_words(None) == "no p"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (percent(0.98), "98 %"),
        (percent(-0.0425, digits=2), "−4.25 %"),
        (percent(0.015, digits=1, signed=True), "+1.5 %"),
    ],
)
def test_a_share_is_written_with_its_sign_apart_and_never_broken(said: str, written: str) -> None:
    assert said == written.replace(" ", "\N{NO-BREAK SPACE}")
