"""Since when is each series at its level, and what came before? Series in, rows of insights out.

Every series is looked at alone first; among all that were looked at, only changes that survive
the correction for so many looks are told. Those are then held against the events of all layers.
A series whose values did not change is not looked at again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd

from analytics.multiplicity import benjamini_hochberg
from analytics.onset import LOOK_BACK, since_when
from analytics.onset_result import Candidate, Change, OnsetResult, OnsetVerdict
from analytics.vocabulary import p_words
from assets.gate import code_fingerprint
from assets.input_checks import Faults
from assets.onset_events import (
    EVENT_COLUMNS,
    family_of,
    measured_event,
    recorded_events,
    segment_events,
)
from assets.onset_faults import without_invalid
from assets.onset_series import WatchedSeries, read_watched
from hub.config import HubConfig

CONFIRMED_BELOW = 0.05
MOST_CAUSES = 8
HALF = 0.5
Row = dict[str, Any]


def onset_tables(
    con: duckdb.DuckDBPyConnection, *, config: HubConfig, build: str, faults: Faults
) -> dict[str, pd.DataFrame]:
    """Rows of insights.onset_series, onsets and onset_causes, by the table's name."""
    watched = read_watched(con, config)
    known = _Known(con)
    looked = [_looked_at(series, known) for series in watched]
    series_rows, onset_rows = without_invalid(*judged_together(looked), faults)
    events = _all_events(con, config, watched, onset_rows)
    cause_rows: list[Row] = []
    for series, row in zip(watched, series_rows, strict=True):
        mine = [onset for onset in onset_rows if onset["series_id"] == series.series_id]
        cause_rows += _causes(con, series, row, mine, events, known, config)
    tables = {"onset_series": series_rows, "onsets": onset_rows, "onset_causes": cause_rows}
    return {name: pd.DataFrame(rows).assign(build_id=build) for name, rows in tables.items()}


class _Known:
    """What the last build said, by series and fingerprint."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._series = self._read(con, "onset_series")
        self._onsets = self._read(con, "onsets")
        self._causes = self._read(con, "onset_causes")
        self.code = code_fingerprint()

    @staticmethod
    def _read(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, list[Row]]:
        done = con.execute(f"select * from insights.{table}")
        names = [column[0] for column in done.description or []]
        found: dict[str, list[Row]] = {}
        for values in done.fetchall():
            row = dict(zip(names, values, strict=True))
            found.setdefault(str(row["series_id"]), []).append(row)
        return found

    def look(self, series_id: str, fingerprint: str) -> tuple[Row, list[Row]] | None:
        """Row of the series and of its changes, where its values are still the same."""
        for row in self._series.get(series_id, []):
            if row["fingerprint"] == fingerprint:
                return row, self._onsets.get(series_id, [])
        return None

    def causes(self, series_id: str, fingerprint: str) -> list[Row] | None:
        """Rows of the causes, where values and events in reach are still the same."""
        for row in self._series.get(series_id, []):
            if row["cause_fingerprint"] == fingerprint:
                return self._causes.get(series_id, [])
        return None


def _looked_at(series: WatchedSeries, known: _Known) -> tuple[Row, list[Row]]:
    fingerprint = series.fingerprint(known.code)
    seen = known.look(series.series_id, fingerprint)
    if seen is not None:
        return seen
    result = since_when(series.values)
    return _series_row(series, result, fingerprint), _onset_rows(series, result)


def _series_row(series: WatchedSeries, result: OnsetResult, fingerprint: str) -> Row:
    stamps = pd.DatetimeIndex(series.values.index)
    return {
        "series_id": series.series_id,
        "metric_name": series.metric,
        "entity": series.entity,
        "label": series.label,
        "layer": series.layer,
        "role": series.role,
        "unit": series.unit,
        "direction": series.direction,
        "format": series.format,
        "grain": series.grain,
        "verdict": str(result.verdict),
        "verdict_reason": result.verdict_reason,
        "verdict_alone": str(result.verdict),
        "reason_alone": result.verdict_reason,
        "p_value": min((change.p_value for change in result.changes), default=math.nan),
        "q_value": math.nan,
        "n_series": 0,
        "n_periods": result.n,
        "n_changes": len(result.changes),
        "is_going_on": result.is_going_on,
        "first_at": _told(stamps[0], series) if len(stamps) else None,
        "last_at": _told(stamps[-1], series) if len(stamps) else None,
        "smallest_detectable_size": result.smallest_detectable_size,
        "method": result.method,
        "caveats": json.dumps([*series.caveats, *result.caveats]),
        "fingerprint": fingerprint,
        "cause_fingerprint": "",
    }


def _told(at: pd.Timestamp | None, series: WatchedSeries) -> pd.Timestamp | None:
    """Local wall time without zone: that of an hour, or midnight of a day."""
    if at is None:
        return None
    return at.tz_localize(None) if series.grain == "hour" else at.normalize()


def _onset_rows(series: WatchedSeries, result: OnsetResult) -> list[Row]:
    told = {
        id(change): (episode.state, episode.end)
        for episode in result.episodes
        for change in (episode.began,)
    }
    rows = []
    for place, change in enumerate(result.changes, start=1):
        state, end = told.get(id(change), (None, None))
        rows.append(
            {
                "onset_id": f"{series.series_id}#{place}",
                "series_id": series.series_id,
                "change_no": place,
                **_moments(change, series),
                "ended_at": _told(end, series),
                "state": "end of the episode before it" if state is None else str(state),
                "begins_episode": state is not None,
                "is_clearest": change.onset == result.onset,
                "is_confirmed": False,
                "is_worse": _is_worse(series.direction, change.size),
                **_sizes(change),
            }
        )
    return rows


def _moments(change: Change, series: WatchedSeries) -> Row:
    return {
        "onset_at": _told(change.onset, series),
        "onset_low": _told(change.interval[0], series),
        "onset_high": _told(change.interval[1], series),
        "onset_utc": change.onset.tz_convert("UTC").isoformat() if change.onset.tz else "",
    }


def _sizes(change: Change) -> Row:
    return {
        "level_before": change.level_before,
        "level_after": change.level_after,
        "size": change.size,
        "size_low": change.size_interval[0],
        "size_high": change.size_interval[1],
        "size_share": change.size_share,
        "p_value": change.p_value,
        "n_before": change.n_before,
        "n_after": change.n_after,
    }


def _is_worse(direction: str, size: float) -> bool | None:
    return {"up": size < 0.0, "down": size > 0.0}.get(direction)


def judged_together(looked: Sequence[tuple[Row, list[Row]]]) -> tuple[list[Row], list[Row]]:
    """Verdicts among all series: a change that so many looks would bring by chance is not told."""
    series_rows = [row for row, _ in looked]
    q_values = benjamini_hochberg([_pool_p(row) for row in series_rows])
    asked = sum(not math.isnan(q) for q in q_values)
    judged: list[Row] = []
    onset_rows: list[Row] = []
    for (row, onsets), q in zip(looked, q_values.tolist(), strict=True):
        is_confirmed = row["verdict_alone"] == str(OnsetVerdict.CHANGED) and q < CONFIRMED_BELOW
        told = [
            onset | {"is_confirmed": is_confirmed and onset["p_value"] < CONFIRMED_BELOW}
            for onset in onsets
        ]
        n_changes = sum(onset["is_confirmed"] for onset in told)
        judged.append(
            row | _pool(q, asked) | _verdict(row, q, is_confirmed) | {"n_changes": n_changes}
        )
        onset_rows += told
    return judged, onset_rows


def _pool(q: float, asked: int) -> Row:
    return {"q_value": q, "n_series": asked, "cause_fingerprint": ""}


def _pool_p(row: Mapping[str, Any]) -> float:
    """A series without a change passed no threshold, so any p that cannot pass stands for it."""
    if row["verdict_alone"] == str(OnsetVerdict.CHANGED):
        return float(row["p_value"])
    return math.nan if row["verdict_alone"] == str(OnsetVerdict.NOT_ENOUGH_DATA) else 1.0


def _verdict(row: Mapping[str, Any], q: float, is_confirmed: bool) -> Row:
    alone = str(row["verdict_alone"])
    if alone != str(OnsetVerdict.CHANGED) or is_confirmed:
        return {"verdict": alone, "verdict_reason": row["reason_alone"]}
    return {
        "verdict": str(OnsetVerdict.NO_CHANGE),
        "verdict_reason": f"Alone a change would pass ({p_words(row['p_value'])}), but among all "
        f"series looked at such a one is to be expected by chance ({p_words(q, 'q')}).",
    }


def _all_events(
    con: duckdb.DuckDBPyConnection,
    config: HubConfig,
    watched: Sequence[WatchedSeries],
    onsets: Sequence[Row],
) -> pd.DataFrame:
    """Recorded events, and confirmed changes of services' series as events for others."""
    by_id = {series.series_id: series for series in watched}
    rows = []
    for onset in onsets:
        series = by_id[onset["series_id"]]
        if onset["is_confirmed"] and series.role == "service_metric":
            at = pd.Timestamp(onset["onset_utc"] or onset["onset_at"])
            at = at if at.tz else at.tz_localize(config.time_zone, ambiguous=True)
            told = measured_event(
                metric=series.metric,
                entity=series.entity,
                label=series.label,
                at=at,
                size=onset["size"],
            )
            rows.append((*told, True))
    measured = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    recorded = recorded_events(con, config)
    parts = [part for part in (recorded, measured) if len(part)]
    if not parts:
        return recorded
    events = pd.concat(parts, ignore_index=True)
    return events.assign(at=pd.to_datetime(events["at"], utc=True).astype("datetime64[us, UTC]"))


def _causes(
    con: duckdb.DuckDBPyConnection,
    series: WatchedSeries,
    row: Row,
    onsets: Sequence[Row],
    events: pd.DataFrame,
    known: _Known,
    config: HubConfig,
) -> list[Row]:
    """Rows of the causes of a series' confirmed changes; notes in `row` what they rest on."""
    confirmed = {str(onset["onset_id"]) for onset in onsets if onset["is_confirmed"]}
    if not confirmed:
        return []
    onsets = [onset for onset in onsets if onset["is_confirmed"]]
    near = _in_reach(_of_others(events, series), onsets, series, config)
    if series.grain == "day":
        own = segment_events(con, metric=series.metric, entity=series.entity, config=config)
        near = _with_segments(near, _in_reach(own, onsets, series, config))
    fingerprint = _fingerprint("|".join([str(row["fingerprint"]), *sorted(confirmed)]), near)
    row["cause_fingerprint"] = fingerprint
    seen = known.causes(series.series_id, fingerprint)
    if seen is not None:
        return seen
    result = since_when(series.values, events=near)
    rows: list[Row] = []
    for place, change in enumerate(result.changes, start=1):
        onset_id = f"{series.series_id}#{place}"
        if onset_id in confirmed:
            rows += _cause_rows(onset_id, change, series, near)
    return rows


def _of_others(events: pd.DataFrame, series: WatchedSeries) -> pd.DataFrame:
    """A change is never its own cause, nor that of another measure of the same thing."""
    family = family_of(series.metric)
    kinds = ("exposure cut", "more exposure") if family == "exposure" else (family,)
    own = (events["component"] == series.entity) & events["kind"].isin(kinds)
    return events[~(events["is_measured"].astype(bool) & own)]


def _in_reach(
    events: pd.DataFrame, onsets: Sequence[Row], series: WatchedSeries, config: HubConfig
) -> pd.DataFrame:
    """Events, on the clock of the series, that precede any of its changes by two weeks or less."""
    if events.empty:
        return events
    at = events["at"].dt.tz_convert(config.time_zone)
    wall = at.dt.tz_localize(None)
    near = pd.Series(False, index=events.index)
    for onset in onsets:
        low = pd.Timestamp(onset["onset_low"]) - LOOK_BACK - pd.Timedelta(days=1)
        high = pd.Timestamp(onset["onset_high"]) + pd.Timedelta(days=1)
        near |= wall.between(low, high)
    clock = at if series.grain == "hour" else wall
    return events.assign(at=clock)[near].sort_values(["at", "kind", "name"], ignore_index=True)


def _with_segments(events: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Segment values that come with the measure without them stand in for their plain event."""
    if own.empty or events.empty:
        return events if own.empty else own
    both = pd.concat([own, events], ignore_index=True)
    return both.drop_duplicates(["kind", "name", "component"], ignore_index=True)


def _fingerprint(changes: str, events: pd.DataFrame) -> str:
    digest = hashlib.sha256(changes.encode())
    for event in events.to_dict("records"):
        digest.update("|".join(str(event[name]) for name in EVENT_COLUMNS).encode())
        without = event.get("without")
        if isinstance(without, pd.Series):
            digest.update(without.to_numpy(dtype=float).tobytes())
    return digest.hexdigest()[:32]


def _cause_rows(
    onset_id: str, change: Change, series: WatchedSeries, events: pd.DataFrame
) -> list[Row]:
    told = {
        (event["kind"], event["name"], event["at"]): (event["component"], event["is_measured"])
        for event in events.to_dict("records")
    }
    found = [
        (candidate, *told[candidate.kind, candidate.name, candidate.at])
        for candidate in change.candidates
    ]
    found.sort(key=lambda each: _order(each[0], component=each[1], measured=each[2], series=series))
    return [
        {
            "onset_id": onset_id,
            "series_id": series.series_id,
            "rank": rank,
            "happened_at": _wall(candidate.at),
            "kind": candidate.kind,
            "name": candidate.name,
            "component": component,
            "timing": str(candidate.timing),
            "lead_hours": candidate.lead / pd.Timedelta(hours=1),
            "share_explained": candidate.share_explained,
            "is_segment_share": candidate.is_segment_share,
            "is_measured": bool(is_measured),
            "words": candidate.words,
        }
        for rank, (candidate, component, is_measured) in enumerate(found[:MOST_CAUSES], start=1)
    ]


def _wall(at: pd.Timestamp) -> pd.Timestamp:
    return at.tz_localize(None)


def _order(
    candidate: Candidate, *, component: str, measured: bool, series: WatchedSeries
) -> tuple[bool, int, bool, float, bool, bool, int]:
    """The order of `since_when`, and among equals: recorded before measured, own before others'.

    A change of another series in the same hour is more often a companion than a cause, and a
    holiday is over too soon to have changed a level for good.
    """
    share = candidate.share_explained
    return (
        candidate.is_segment_share and share < HALF,
        int(candidate.timing != "at the onset"),
        not candidate.is_segment_share,
        -round(share, 1) if math.isfinite(share) else 0.0,
        bool(measured) or candidate.kind == "holiday",
        component not in (series.entity, ""),
        candidate.rank,
    )
