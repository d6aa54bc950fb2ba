"""Does the audit say since when and how far lists are cut, and only then what it spoils?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboards.exposure_words import (
    counts_by_rank,
    cut_sentence,
    depth_by_release,
    drawn_depth,
    release_names,
    releases_to_show,
    spoiled,
)

Frames = dict[str, pd.DataFrame]
AT_K = pd.DataFrame({"entity": ["ranker"], "metric_name": ["ndcg_at_10"], "k": [10]})
CUT = pd.DataFrame(
    {
        "entity": ["web"],
        "metric_name": ["rendered_ratio"],
        "onset_at": ["2025-03-20"],
        "onset_low": ["2025-03-19"],
        "onset_high": ["2025-03-21"],
        "level_before": [1.0],
        "level_after": [0.5],
    }
)
NO_CHANGE = CUT.head(0)
RELEASES = pd.DataFrame(
    {
        "model": ["web", "web", "ranker"],
        "version": ["7.1", "7.2", "v2"],
        "released_on": ["2025-03-18", "2025-03-20", "2025-03-01"],
    }
)
ACROSS = pd.DataFrame(
    {
        "kind": ["experiment", "experiment", "link", "link"],
        "model": ["ranker", "fraud", "ranker", "ranker"],
        "metric_name": [None, None, "ndcg_at_10", "auc"],
    }
)


def test_the_cut_is_told_with_its_day_interval_and_levels(marts: Frames) -> None:
    onsets = marts["mart_onsets"]
    days = marts["mart_service_days"]
    last = days["day"].max()
    told = cut_sentence("reco-api", onsets, days, last=last)
    assert told.startswith("50.0 % of what reco-api was served was drawn on 11 Mar 2025")
    assert "since 20 Jan 2025 (95\u00a0%: between 19 Jan 2025 and 21 Jan 2025)" in told
    none = cut_sentence("reco-api", onsets.head(0), days, last=last)
    assert none.endswith("no lasting change was found.")


def test_without_a_drawn_share_nothing_is_claimed(marts: Frames) -> None:
    days = marts["mart_service_days"].assign(rendered_ratio=float("nan"))
    told = cut_sentence("api", marts["mart_onsets"], days, last="2025-03-11")
    assert told.startswith("0 complete days of api tell")


def test_the_first_sentence_ends_with_the_period_chosen_and_names_the_segment(
    marts: Frames,
) -> None:
    days, onsets = marts["mart_service_days"], marts["mart_onsets"]
    early = days[days["day"] < "2025-01-10"]
    told = cut_sentence("api", onsets, early, last="2025-01-09")
    assert "was drawn on 9 Jan 2025; a lasting change came only later, on 20 Jan 2025." in told
    told = cut_sentence("api", onsets, days, last="2025-03-11", of="platform web")
    assert "of what api was served, platform web alone, was drawn on 11 Mar 2025; " in told
    assert "; in all segments together, since 20 Jan 2025" in told
    told = cut_sentence("api", onsets, early, last="2025-01-09", every="month")
    assert " was drawn in January 2025; " in told


def _by_release(*depths: int) -> pd.DataFrame:
    rows = [
        {"version": f"v{at}", "since": f"2025-0{at + 1}-01", "position": position,
         "rendered_ratio": float(position <= depth)}
        for at, depth in enumerate(depths)
        for position in (1, 2, 3, 4)
    ]  # fmt: skip
    found = pd.DataFrame(rows)
    return found.assign(release=release_names(found))


def test_releases_under_which_lists_are_drawn_less_far_are_named() -> None:
    told = depth_by_release(_by_release(4, 4, 2), "ranker", NO_CHANGE, RELEASES)
    assert told == (
        "Most lists had drawn 4 positions up to ranker v1, 1 Feb 2025; "
        "2 positions under ranker v2, 1 Mar 2025, and later, which need not have changed it."
    )
    same = "Most lists had drawn 3 positions under every release known."
    assert depth_by_release(_by_release(3, 3), "ranker", CUT, RELEASES) == same
    silent = _by_release(3).assign(rendered_ratio=None)
    told = depth_by_release(silent, "ranker", CUT, RELEASES)
    assert told.startswith("0 records tell")
    unknown = _by_release(4, 2)
    unknown.loc[unknown["version"] == "v0", "version"] = None
    unknown = unknown.assign(release=release_names(unknown))
    told = depth_by_release(unknown, "ranker", NO_CHANGE, RELEASES)
    assert "4 positions up to the first known release of ranker; 2 positions under" in told


@pytest.mark.parametrize("depths", [(4, 4, 2, 2), (4, 4, 4, 2)])
def test_a_cut_while_a_release_was_live_is_dated_and_laid_on_what_came_then(
    depths: tuple[int, int, int, int],
) -> None:
    # the cut came on 20 March, while v2 of 1 March was live; by then most of its lists may have
    # been drawn as before, so that v3 is the first release with short lists
    last = {(4, 4, 2, 2): "v1, 1 Feb 2025", (4, 4, 4, 2): "v2, 1 Mar 2025"}[depths]
    assert depth_by_release(_by_release(*depths), "ranker", CUT, RELEASES) == (
        f"Most lists had drawn 4 positions up to ranker {last}; 2 positions later: web has drawn "
        "less since 20 Mar 2025 (95\u00a0%: between 19 Mar 2025 and 21 Mar 2025), while ranker v2 "
        "was live, and web 7.2 came within that time."
    )


def test_a_release_that_came_within_the_change_is_not_called_live_while_it_happened() -> None:
    rows = _by_release(4, 4, 2)
    rows = rows.assign(since=rows["since"].replace("2025-03-01", "2025-03-20"))
    rows = rows.assign(release=release_names(rows))
    told = depth_by_release(rows, "ranker", CUT, RELEASES.assign(model="ranker", version="v2"))
    assert told.endswith("and 21 Mar 2025), and ranker v2 came within that time.")


def test_a_change_the_other_way_or_at_another_time_dates_no_cut() -> None:
    rows = _by_release(4, 4, 2)
    more = CUT.assign(level_before=0.5, level_after=1.0)
    early = CUT.assign(onset_at="2025-01-20")
    for others in (more, early):
        assert "which need not" in depth_by_release(rows, "ranker", others, RELEASES)
    deeper = depth_by_release(_by_release(2, 2, 4), "ranker", more, RELEASES)
    assert "4 positions later: web has drawn more since 20 Mar 2025" in deeper


def test_releases_around_which_lists_changed_are_drawn_before_the_newest() -> None:
    rows = _by_release(4, 4, 4, 2, 2, 2, 2, 2)
    names = list(dict.fromkeys(rows["release"]))
    assert releases_to_show(rows, 10) == names
    assert releases_to_show(rows, 4) == [names[2], names[3], names[6], names[7]]


def test_a_release_under_which_nothing_tells_is_no_change_of_the_lists() -> None:
    rows = _by_release(4, 4, 4, 2, 2)
    names = list(dict.fromkeys(rows["release"]))
    silent = rows.assign(rendered_ratio=rows["rendered_ratio"].where(rows["release"] != names[1]))
    assert releases_to_show(silent, 2) == [names[2], names[3]]
    unknown = rows["release"] == names[2]
    between = rows.assign(rendered_ratio=rows["rendered_ratio"].mask(unknown))
    assert releases_to_show(between, 2) == [names[1], names[3]]


def test_days_before_the_first_known_release_are_no_version() -> None:
    rows = pd.DataFrame({"version": [None, "1.2"], "since": ["2025-01-01", "2025-01-03"]})
    assert release_names(rows) == ["before, from 1 Jan 2025", "1.2, 3 Jan 2025"]


def test_the_depth_is_that_of_most_lists_and_unknown_where_nothing_tells() -> None:
    rows = pd.DataFrame({"position": [1, 2, 3], "rendered_ratio": [1.0, 0.6, 0.1]})
    assert drawn_depth(rows) == 2
    assert drawn_depth(rows.assign(rendered_ratio=[0.1, np.nan, 0.0])) == 0
    assert drawn_depth(rows.assign(rendered_ratio=None)) is None


def test_a_metric_that_needs_no_cut_position_is_not_spoiled() -> None:
    assert list(spoiled(ACROSS, AT_K, 5)["kind"]) == ["experiment", "link"]
    assert spoiled(ACROSS, AT_K, 10).empty
    assert len(spoiled(ACROSS, AT_K, None)) == 2


def test_which_metrics_count_by_rank() -> None:
    assert counts_by_rank("ndcg_at_10")
    assert not counts_by_rank("recall_at_20")
