"""Since when is it so, and what came before? From the published insights."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from analytics.vocabulary import percent
from cli.console import fail, print_json, print_table, told_clearly
from cli.published_rows import read_rows
from hub.home import find_home
from hub.warehouse import open_published

Row = dict[str, Any]


@told_clearly
def print_since(series: str | None, *, home: Path | None, as_json: bool) -> int:
    """Print the changes of one series, or of all; returns the exit code."""
    con = open_published(find_home(home))
    try:
        looked = read_rows(con, "select * from marts.mart_onset_series order by series_id")
        onsets = read_rows(con, "select * from marts.mart_onsets order by onset_at, series_id")
        causes = read_rows(con, "select * from marts.mart_onset_causes order by onset_id, rank")
    finally:
        con.close()
    if series is not None:
        known = [row["series_id"] for row in looked]
        if series not in known:
            return fail(_unknown(series, known))
        looked = [row for row in looked if row["series_id"] == series]
        onsets = [onset for onset in onsets if onset["series_id"] == series]
    if as_json:
        print_json(_nested(looked, onsets, causes))
    elif series is None:
        _print_all(looked, onsets)
    else:
        _print_one(looked[0], onsets, causes)
    return 0


def _unknown(series: str, known: list[str]) -> str:
    near = difflib.get_close_matches(series, known, n=3) or known[:8]
    return f"series `{series}` is not looked at; known: {', '.join(near) or 'none yet'}."


def _nested(looked: list[Row], onsets: list[Row], causes: list[Row]) -> list[Row]:
    return [
        row
        | {
            "changes": [
                onset | {"causes": [c for c in causes if c["onset_id"] == onset["onset_id"]]}
                for onset in onsets
                if onset["series_id"] == row["series_id"]
            ]
        }
        for row in looked
    ]


def _print_all(looked: list[Row], onsets: list[Row]) -> None:
    began = [onset for onset in onsets if onset["begins_episode"]]
    print_table(
        ("series", "since (95 % interval)", "from → to", "how it stands", "what came before"),
        [
            (
                f"{onset['entity']} {onset['label']}",
                _when(onset),
                _levels(onset),
                _state(onset),
                onset["first_cause"] or "–",
            )
            for onset in began
        ],
        title="Levels that changed",
    )
    kept = sum(row["verdict"] == "no change" for row in looked)
    short = sum(row["verdict"] == "not enough data" for row in looked)
    bad = sum(row["verdict"] == "invalid data" for row in looked)
    print(f"\n{len(looked)} series looked at: {kept} without a change, {short} too short to tell.")
    if bad:
        print(f"{bad} rest on data of which a check fails: `bellwether status` names it.")
    print("What came before a change is an order in time, not a proof. `bellwether since SERIES`.")


def _print_one(row: Row, onsets: list[Row], causes: list[Row]) -> None:
    print(f"{row['entity']} {row['label']}: {row['verdict']}. {row['verdict_reason']}")
    for onset in onsets:
        mine = [cause for cause in causes if cause["onset_id"] == onset["onset_id"]]
        print()
        print_table(
            ("", "what came before", "when", "explains"),
            [
                (
                    f"{cause['rank']}",
                    f"{cause['kind']}: {cause['name']}",
                    f"{_moment(cause['happened_at'], 'hour')}, {cause['timing']}",
                    percent(cause["share_explained"])
                    + (" (gone without this segment)" if cause["is_segment_share"] else ""),
                )
                for cause in mine
            ]
            or [("", "nothing that the hub knows of", "", "")],
            title=f"{_when(onset)}: {_levels(onset)}, {_state(onset)}",
            right=("explains",),
        )


def _when(onset: Row) -> str:
    grain = onset["grain"]
    low, high = (_moment(onset[name], grain) for name in ("onset_low", "onset_high"))
    return f"{_moment(onset['onset_at'], grain)} ({low} to {high})"


def _moment(at: Any, grain: str) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if grain == "hour" else f"{at:%Y-%m-%d}"


def _levels(onset: Row) -> str:
    before, after = (_number(onset[name]) for name in ("level_before", "level_after"))
    return f"{before} → {after}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _state(onset: Row) -> str:
    if onset["ended_at"] is None:
        return str(onset["state"])
    return f"until {_moment(onset['ended_at'], onset['grain'])}, {onset['state']}"
