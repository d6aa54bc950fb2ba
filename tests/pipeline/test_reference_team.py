"""Do the published delivery metrics agree with a count from the shop's own files, to 1e-9?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline import team_reference
from tests.pipeline.team_reference import ZONE, Work, days_between

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("shops")]

GRAINS = ("day", "week", "month")
Values = dict[tuple[str, pd.Timestamp], float]
Rows = list[tuple[str, pd.Timestamp, float]]
"""Entity, local day, value."""


@dataclass(frozen=True)
class Told:
    """What the files say."""

    work: list[Work]
    releases: pd.DataFrame
    incidents: pd.DataFrame
    last_day: pd.Timestamp
    last_issue_day: pd.Timestamp

    def of(self, project: str) -> list[Work]:
        return [each for each in self.work if each.project == project]

    @property
    def finished(self) -> list[Work]:
        return [each for each in self.work if each.finished is not None]


@pytest.fixture(scope="module")
def told(shop: HubHome, truth: dict[str, Any]) -> Told:
    exports = shop.root / "exports"
    every = team_reference.work(exports)
    releases = team_reference.deploys(exports)
    incidents = team_reference.attributed(exports, releases, gap_hours=24)
    return Told(
        every,
        team_reference.judged(releases, incidents),
        incidents,
        day(pd.Timestamp(truth["data_ends_at"]).tz_convert(ZONE)),
        day(max(each.updated for each in every)),
    )


@pytest.fixture(scope="module")
def observed(shop: HubHome) -> pd.DataFrame:
    con = open_published(shop)
    frame = con.execute(
        "select metric_name, entity, grain, cast(period_start as timestamp) as period_start, "
        "metric_value, segment_name, segment_value, sample_size from metrics.observations "
        "where layer = 'team'"
    ).df()
    con.close()
    return frame


def day(moment: Any) -> pd.Timestamp:
    """The local day, without zone."""
    return pd.Timestamp(moment).tz_localize(None).normalize()


def start_of(on: pd.Timestamp, grain: str) -> pd.Timestamp:
    if grain == "week":
        return on - pd.Timedelta(days=on.weekday())
    return on.replace(day=1) if grain == "month" else on


def grouped(rows: Rows, grain: str, how: Callable[[list[float]], float]) -> Values:
    """The value of each entity and period, NaN left out before and after."""
    lists: dict[tuple[str, pd.Timestamp], list[float]] = defaultdict(list)
    for entity, on, value in rows:
        if not np.isnan(value):
            lists[entity, start_of(on, grain)].append(value)
    found = {key: how(values) for key, values in lists.items()}
    return {key: value for key, value in found.items() if not np.isnan(value)}


def with_zeros(rows: Rows, firsts: dict[str, pd.Timestamp], last: pd.Timestamp) -> Rows:
    """A zero on every day since an entity's first: nothing happened, and that is known."""
    spine = [
        (entity, on, 0.0) for entity, first in firsts.items() for on in pd.date_range(first, last)
    ]
    return rows + spine


def ratio(above: Rows, below: Rows, grain: str) -> Values:
    parts = grouped(above, grain, sum), grouped(below, grain, sum)
    return {key: parts[0].get(key, 0.0) / total for key, total in parts[1].items() if total}


def assert_agrees(observed: pd.DataFrame, metric: str, grain: str, expected: Values) -> None:
    rows = observed[
        (observed["metric_name"] == metric)
        & (observed["grain"] == grain)
        & (observed["segment_name"] == "__all__")
    ]
    found = dict(
        zip(zip(rows["entity"], rows["period_start"], strict=True), rows["metric_value"],
            strict=True)
    )  # fmt: skip
    assert found, (metric, grain)
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    assert not missing | extra, (metric, grain, sorted(missing)[:3], sorted(extra)[:3])
    apart = {
        key: (found[key], value)
        for key, value in expected.items()
        if abs(found[key] - value) > 1e-9 * max(1.0, abs(value))
    }
    assert not apart, (metric, grain, list(apart.items())[:3])


def first_days(told: Told, *projects: str) -> dict[str, pd.Timestamp]:
    return {p: day(min(each.created for each in told.of(p))) for p in projects}


def events(work: Iterable[Work], value: Callable[[Work], float]) -> Rows:
    """One row for each finished issue on the day it was finished."""
    return [(w.project, day(w.finished), float(value(w))) for w in work if w.finished is not None]


def test_throughput_and_what_was_created(told: Told, observed: pd.DataFrame) -> None:
    firsts = first_days(told, "REC", "SHOP")
    done = with_zeros(events(told.work, lambda _: 1), firsts, told.last_issue_day)
    made: Rows = [(w.project, day(w.created), 1.0) for w in told.work]
    made = with_zeros(made, firsts, told.last_issue_day)
    for grain in GRAINS:
        assert_agrees(observed, "throughput", grain, grouped(done, grain, sum))
        assert_agrees(observed, "created_issues", grain, grouped(made, grain, sum))


def test_throughput_by_type_adds_up_to_the_whole(told: Told, observed: pd.DataFrame) -> None:
    rows = observed[(observed["metric_name"] == "throughput") & (observed["grain"] == "month")]
    by_type = rows[rows["segment_name"] == "issue_type"]
    found = by_type.groupby(["entity", "segment_value"])["metric_value"].sum()
    expected = pd.Series([(w.project, w.kind) for w in told.finished]).value_counts()
    assert {key: value for key, value in found.items() if value} == dict(expected)


def test_times_from_start_and_from_creation(told: Told, observed: pd.DataFrame) -> None:
    for name, value in (
        ("cycle_time_days", lambda w: w.cycle),
        ("lead_time_days", lambda w: w.lead),
    ):
        rows = events(told.work, value)
        for grain in GRAINS:
            for percent in (50, 85):
                expected = grouped(rows, grain, lambda v, p=percent: float(np.percentile(v, p)))  # type: ignore[misc]
                assert_agrees(observed, f"{name}_p{percent}", grain, expected)


def test_straight_to_done_reopened_and_flow_efficiency(told: Told, observed: pd.DataFrame) -> None:
    exact = [w for w in told.work if not w.is_rough]
    firsts = first_days(told, "REC")
    straight = with_zeros(events(exact, lambda w: w.started is None), firsts, told.last_issue_day)
    back: Rows = [(w.project, day(at), 1.0) for w in exact for at in w.reopened]
    assert back
    back = with_zeros(back, firsts, told.last_issue_day)
    again = events(exact, lambda w: bool(w.reopened))
    active = events(exact, lambda w: w.active)
    elapsed = events(exact, lambda w: w.cycle)
    rough = events(told.work, lambda w: w.is_rough)
    for grain in GRAINS:
        assert_agrees(observed, "straight_to_done", grain, grouped(straight, grain, sum))
        assert_agrees(observed, "reopenings", grain, grouped(back, grain, sum))
        count = events(exact, lambda _: 1)
        assert_agrees(observed, "reopened_ratio", grain, ratio(again, count, grain))
        assert_agrees(observed, "flow_efficiency", grain, ratio(active, elapsed, grain))
        every = events(told.work, lambda _: 1)
        assert_agrees(observed, "approximate_share", grain, ratio(rough, every, grain))


def states(told: Told) -> dict[str, Rows]:
    """What is open and in progress at the end of every local day."""
    rows: dict[str, Rows] = defaultdict(list)
    for project, first in first_days(told, "REC", "SHOP").items():
        mine = told.of(project)
        has_history = any(not w.is_rough for w in mine)
        for on in pd.date_range(first, told.last_issue_day):
            end = (on + pd.Timedelta(days=1)).tz_localize(ZONE) - pd.Timedelta(microseconds=1)
            is_open = [w for w in mine if w.created <= end and not w.is_done_at(end)]
            started = [w for w in is_open if w.started is not None and w.started <= end]
            rows["open_items"].append((project, on, len(is_open)))
            ages = [(on - day(w.created)).days for w in is_open]
            rows["open_age_days_p50"].append(
                (project, on, float(np.median(ages)) if ages else np.nan)
            )
            if has_history:
                rows["wip"].append((project, on, len(started)))
            elif on == told.last_issue_day:
                rows["wip"].append((project, on, sum(w.category == "in_progress" for w in is_open)))
            else:
                rows["wip"].append((project, on, np.nan if is_open else 0))
    return rows


def test_what_is_open_and_in_progress_at_the_end_of_each_period(
    told: Told, observed: pd.DataFrame
) -> None:
    for metric, rows in states(told).items():
        for grain in GRAINS:
            last = {(entity, start_of(on, grain)): value for entity, on, value in rows}
            known = {key: value for key, value in last.items() if not np.isnan(value)}
            assert_agrees(observed, metric, grain, known)


def test_how_often_is_deployed_and_what_fails(told: Told, observed: pd.DataFrame) -> None:
    releases = told.releases
    firsts = {str(m): day(rows["at"].min()) for m, rows in releases.groupby("model")}

    def rows_of(value: pd.Series) -> Rows:
        return [
            (model, day(at), float(each))
            for model, at, each in zip(releases["model"], releases["at"], value, strict=True)
        ]

    one, failed = rows_of(releases["at"].notna()), rows_of(releases["is_failed"])
    rework, hours = rows_of(releases["is_rework"]), rows_of(releases["recovery_hours"])
    assert releases["is_failed"].sum() >= 1
    assert releases["is_rework"].sum() >= 2
    for grain in GRAINS:
        for metric, rows in (("deployment_frequency", one), ("failed_deployments", failed),
                             ("rework_deployments", rework)):  # fmt: skip
            full = with_zeros(rows, firsts, told.last_day)
            assert_agrees(observed, metric, grain, grouped(full, grain, sum))
        assert_agrees(observed, "change_fail_rate", grain, ratio(failed, one, grain))
        assert_agrees(observed, "deployment_rework_rate", grain, ratio(rework, one, grain))
        medians = grouped(hours, grain, lambda v: float(np.median(v)))
        assert_agrees(observed, "recovery_hours_p50", grain, medians)


def released(told: Told) -> list[tuple[Work, str, pd.Timestamp]]:
    """Issues with the component and the first time of the release they name."""
    first = {
        f"{model} {version}": (str(model), rows["at"].min())
        for (model, version), rows in told.releases.groupby(["model", "version"])
    }
    return [(w, *first[name]) for w in told.work for name in w.versions if name in first]


def test_how_long_changes_take_until_they_are_released(told: Told, observed: pd.DataFrame) -> None:
    pairs = released(told)
    from_start: Rows = [
        (model, day(at), days_between(w.started, at))
        for w, model, at in pairs
        if w.started is not None and at >= w.started
    ]
    from_done: Rows = [
        (model, day(at), days_between(w.finished, at))
        for w, model, at in pairs
        if w.finished is not None and at >= w.finished
    ]
    for grain in GRAINS:
        for name, rows in (
            ("change_lead_time_days", from_start),
            ("done_to_release_days", from_done),
        ):
            medians = grouped(rows, grain, lambda v: float(np.median(v)))
            assert_agrees(observed, f"{name}_p50", grain, medians)


def test_incidents_belong_to_the_releases_the_files_name(told: Told, shop: HubHome) -> None:
    con = open_published(shop)
    found = con.execute(
        "select incident_id, component, version from marts.mart_delivery_incidents order by 1"
    ).fetchall()
    con.close()
    expected = []
    for _, row in told.incidents.sort_values("id").iterrows():
        number = row["release"]
        known = None if np.isnan(number) else told.releases.loc[int(number)]
        expected.append(
            (row["id"], *((None, None) if known is None else (known["model"], known["version"])))
        )
    assert found == expected
    assert {row[1] is None for row in found} == {True, False}


def in_sprint(work: Work, sprint: dict[str, Any]) -> list[tuple[pd.Timestamp, Any]]:
    """From when until when an issue was in a sprint."""
    if work.is_rough or not work.moves:
        return [(work.created, None)] if sprint["name"] in work.sprint_names else []
    lists = [(work.created, work.moves[0][1]), *((at, after) for at, _, after in work.moves)]
    ends = [at for at, _ in lists[1:]] + [None]
    return [
        (at, end)
        for (at, ids), end in zip(lists, ends, strict=True)
        if str(sprint["id"]) in [each.strip() for each in (ids or "").split(",")]
    ]


def test_sprints_committed_added_done_and_carried_over(told: Told, shop: HubHome) -> None:
    con = open_published(shop)
    found = con.execute(
        "select sprint_id, committed, completed_committed, completed, added, carried_over, removed "
        "from marts.mart_delivery_sprints where is_complete"
    ).fetchall()
    con.close()
    pages = sorted((shop.root / "exports" / "jira").glob("sprints-REC-*.json"))
    sprints = [sprint for page in pages for sprint in json.loads(page.read_text())["values"]]
    expected = {}
    for sprint in sprints:
        if sprint["state"] != "closed":
            continue
        start, end = (
            pd.Timestamp(sprint[n]).tz_convert(ZONE) for n in ("startDate", "completeDate")
        )
        parts = [
            _judged(w, in_sprint(w, sprint), start, end)
            for w in told.of("REC")
            if not (w.is_done_at(start) and w.is_done_at(end))
        ]
        counts = [sum(part) for part in zip(*[p for p in parts if p], strict=True)]
        if counts:
            expected[str(sprint["id"])] = counts
    assert {row[0]: list(row[1:]) for row in found} == expected
    assert sum(counts[0] for counts in expected.values()) > 20
    assert sum(counts[3] for counts in expected.values()) > 0


def _judged(
    w: Work, stays: list[tuple[pd.Timestamp, Any]], start: pd.Timestamp, end: pd.Timestamp
) -> tuple[bool, ...]:
    """Committed, committed and done, done, added, carried over, removed; empty when not in it."""
    stays = [(at, gone) for at, gone in stays if at <= end and (gone is None or gone > start)]
    if not stays:
        return ()
    committed = any(at <= start and (gone is None or gone > start) for at, gone in stays)
    is_there = any(gone is None or gone > end for _, gone in stays)
    done = is_there and w.is_done_at(end)
    return (
        committed, committed and done, done, not committed, is_there and not done, not is_there,
    )  # fmt: skip


def test_the_reference_tells_values_apart(told: Told, observed: pd.DataFrame) -> None:
    rows = events(told.work, lambda w: w.cycle)
    expected = grouped(rows, "week", lambda v: float(np.percentile(v, 50)))
    moved = {key: value + 2e-9 * max(1.0, value) for key, value in expected.items()}
    with pytest.raises(AssertionError):
        assert_agrees(observed, "cycle_time_days_p50", "week", moved)
    with pytest.raises(AssertionError):
        assert_agrees(observed, "cycle_time_days_p50", "week", dict(list(expected.items())[1:]))
