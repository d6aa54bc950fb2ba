"""Is a change said with its size, its interval, its moment and how it ended?"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analytics.onset_result import EpisodeState
from dashboards import queries
from dashboards.onset_sections import ongoing
from dashboards.onset_words import ENDS, a_day, ending, name, sentence, size, what_was_near
from hub.warehouse import PublishedBuild

Frames = dict[str, pd.DataFrame]


def test_a_change_that_goes_on_is_said_whole(marts: Frames) -> None:
    row = marts["mart_onsets"].iloc[0]
    assert sentence(row) == (
        "Rendered share fell from 100.0 % to 50.0 % (−50.00 percentage points "
        "[95\u00a0%: −51.00 to −49.00]) since 20 Jan 2025 "
        "(95\u00a0%: between 19 Jan 2025 and 21 Jan 2025); for the worse, and it has "
        "stayed there."
    )


def test_only_what_is_counted_by_day_has_levels_a_day(build: PublishedBuild) -> None:
    kpis = queries.kpis(build).set_index("metric_name")
    said = {str(name): a_day(kpi) for name, kpi in kpis.iterrows()}
    assert said["revenue"] == " a day"
    assert said["return_rate"] == ""


def test_a_change_of_hours_says_the_time_and_when_it_ended(marts: Frames) -> None:
    row = marts["mart_onsets"].iloc[1]
    assert name(row) == "Error ratio rose, 2 Mar 2025 10:00"
    assert sentence(row).endswith(
        "for the worse, until 2 Mar 2025 16:00, when it went back to the level before."
    )


@pytest.mark.parametrize(
    ("is_worse", "state", "said"),
    [
        (False, EpisodeState.GOING_ON, "for the better, and it has stayed there"),
        (None, EpisodeState.GOING_ON, "it has stayed there"),
        (None, EpisodeState.RETURNED, "until 8 Mar 2025, when it went back to the level before"),
        (
            True,
            EpisodeState.CHANGED_AGAIN,
            "for the worse, until 8 Mar 2025, when it moved on to another level",
        ),
    ],
)
def test_no_end_of_a_change_reads_as_if_the_value_still_rose(
    is_worse: bool | None, state: EpisodeState, said: str
) -> None:
    ended = None if state is EpisodeState.GOING_ON else pd.Timestamp("2025-03-08")
    row = {"is_worse": is_worse, "ended_at": ended, "state": str(state), "grain": "day"}
    assert ending(pd.Series(row, dtype=object)) == said


def test_every_end_of_a_change_has_words() -> None:
    assert {*ENDS, EpisodeState.GOING_ON} == set(EpisodeState)


def test_what_is_no_ratio_has_its_unit_and_its_share(marts: Frames) -> None:
    row = marts["mart_onsets"].iloc[0].copy()
    row["unit"] = "ms"
    row["size"], row["size_low"], row["size_high"], row["size_share"] = 119.2, 104.0, 136.0, 3.08
    assert size(row) == "+119 ms [95\u00a0%: +104 to +136], +308 %"


def test_the_answer_names_only_what_is_worse_and_goes_on(marts: Frames) -> None:
    onsets, begun = marts["mart_onsets"], date(2025, 1, 20)
    assert ongoing(onsets, until=begun) == (
        "rendered share fell and stayed there since 20 Jan 2025"
    )
    assert ongoing(onsets, until=date(2025, 1, 19)) == ""
    assert ongoing(onsets.iloc[1:], until=begun) == ""


def _near(*rows: tuple[str, str, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["kind", "name", "is_shown_to_move"])
    return frame.assign(happened_at=pd.Timestamp("2025-10-27 08:04"))


def test_what_merely_lies_near_a_change_in_time_is_told_to_have_no_evidence() -> None:
    others = [("release", "search 9", False), ("deploy", "api 4", False)]
    assert what_was_near(_near(("release", "ranker 2", True), *others), "Revenue") == (
        "Near it in time, of a model whose gains are shown to move Revenue: release ranker 2 "
        "(27 Oct 2025); how much of this change it made is not known. A coincidence in time and "
        "no evidence: search 9 (27 Oct 2025) and api 4 (27 Oct 2025)."
    )
    unknown = _near(*others, *others, *((f"k{i}", f"n{i}", False) for i in range(3)))
    assert what_was_near(unknown, "Revenue") == (
        "Of what lies near it in time, nothing is shown to move Revenue. A coincidence in time and "
        "no evidence: search 9 (27 Oct 2025), api 4 (27 Oct 2025), n0 (27 Oct 2025) and 2 more."
    )
    assert "coincidence" not in what_was_near(_near(("release", "ranker 2", True)), "Revenue")
