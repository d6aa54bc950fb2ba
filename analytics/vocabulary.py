"""Which words may the hub use for what it found, and what does each of them mean?"""

from enum import StrEnum


class Verdict(StrEnum):
    """What an analysis concluded; the rules are checked in the order of the members.

    `not enough data` is reached twice: when there are too few releases or days to look at
    all, and when the look was too blunt to show a gain of the size that matters.
    """

    INVALID_DATA = "invalid data"
    NOT_ENOUGH_DATA = "not enough data"
    CONFOUNDED = "confounded"
    MOVES = "moves"
    NO_EVIDENCE = "no evidence"

    @property
    def meaning(self) -> str:
        """One sentence in plain words."""
        return _VERDICT_MEANINGS[self]


class EvidenceGrade(StrEnum):
    """Which kind of evidence stands behind a link, most trusted first."""

    EXPERIMENTS = "experiments"
    RELEASES = "releases"
    SERIES = "series"

    @property
    def meaning(self) -> str:
        """One sentence in plain words."""
        return _GRADE_MEANINGS[self]

    @property
    def rank(self) -> int:
        """0 for the most trusted grade."""
        return list(EvidenceGrade).index(self)


SMALLEST_SAID = 0.001


def probability(value: float) -> str:
    """A p- or q-value as it is written everywhere: `0.012`, `< 0.001`."""
    return f"< {SMALLEST_SAID}" if value < SMALLEST_SAID else f"{value:.3f}"


def p_words(value: float | None, name: str = "p") -> str:
    """`p = 0.012`, `p < 0.001`, `no p`."""
    if value is None:
        return f"no {name}"
    said = probability(value)
    return f"{name} {said}" if said.startswith("<") else f"{name} = {said}"


def percent(share: float, *, digits: int = 0, signed: bool = False) -> str:
    """A share as it is written everywhere, on one line: `98 %`, `−4.25 %`, signed `+1.5 %`."""
    said = f"{share:+.{digits}%}" if signed else f"{share:.{digits}%}"
    return said.replace("-", "−").replace("%", "\N{NO-BREAK SPACE}%")


_VERDICT_MEANINGS: dict[Verdict, str] = {
    Verdict.INVALID_DATA: (
        "A check of the input failed, so no estimate can be trusted until the data is repaired."
    ),
    Verdict.NOT_ENOUGH_DATA: (
        "There are too few releases, days or users to see an effect of the size that matters, "
        "so nothing can be said yet."
    ),
    Verdict.CONFOUNDED: (
        "The business figure had already moved before the model metric did, "
        "so the two cannot be told apart from a common or reversed cause."
    ),
    Verdict.MOVES: (
        "The business figure changed with the model metric by more than chance explains."
    ),
    Verdict.NO_EVIDENCE: (
        "There was enough data to show an effect that matters, and none was seen."
    ),
}

_GRADE_MEANINGS: dict[EvidenceGrade, str] = {
    EvidenceGrade.EXPERIMENTS: (
        "Users were split at random between two versions and their behaviour was compared."
    ),
    EvidenceGrade.RELEASES: (
        "The business figure after each release was compared with the size of the offline gain."
    ),
    EvidenceGrade.SERIES: (
        "A metric that changes day by day and the business figure were followed side by side."
    ),
}
