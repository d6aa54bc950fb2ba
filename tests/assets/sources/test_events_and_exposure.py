"""Are events and exposed lists read from rows, objects and lists, nothing lost or made up?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

EVENTS = (
    '{"ts":"2025-03-01T09:00:00Z","event":"view","user":{"id":7},"item_id":"p1","ab":"x"}\n'
    "\n"
    '{"ts":"2025-03-01T10:00:00+01:00","event":"purchase","user":{"id":"u1"},"value":"12.505","items":["a","b"]}\n'
    '{"ts":"soon","event":"view"}\n'
    '{"ts":"2025-03-01T09:00:00Z","event":"view","event":"hide"}\n'
    '{"ts":"2025-03-01T09:00:00Z"}\n'
    "[1]\n"
)


def test_events_a_line_are_loaded_or_set_aside_with_the_reason(hub: Hub) -> None:
    hub.write("in/e.jsonl", EVENTS)
    (result,) = hub.load("events")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (7, 2, 4, 1)
    assert hub.rows(
        "SELECT event, occurred_at, user_id, item_id, value, _line FROM raw.events ORDER BY _line"
    ) == [
        ("view", datetime(2025, 3, 1, 9, tzinfo=UTC), "7", "p1", None, 1),
        ("purchase", datetime(2025, 3, 1, 9, tzinfo=UTC), "u1", None, Decimal("12.5050"), 3),
    ]
    assert hub.quarantine() == [
        (4, "bad_timestamp", "occurred_at"),
        (5, "duplicate_key", "event"),
        (6, "missing_required", "event"),
        (7, "malformed_json", None),
    ]
    extra = hub.rows("SELECT _extra FROM raw.events ORDER BY _line")
    assert json.loads(extra[0][0]) == {"ab": "x"}
    assert json.loads(extra[1][0]) == {"items": '["a", "b"]'}


def test_a_time_that_is_counted_among_written_ones_is_set_aside(hub: Hub) -> None:
    rows = "".join(f"2025-03-01 10:0{n}:00,view\n" for n in range(5))
    hub.write("in/e.csv", "time,event\n" + rows + "1740820502,view\n")
    (result,) = hub.load("events")
    assert (result.loaded, hub.quarantine()) == (5, [(7, "bad_timestamp", "occurred_at")])


def test_a_column_that_counts_in_two_units_is_refused(hub: Hub) -> None:
    hub.write("in/e.csv", "time,event\n1740820502,view\n1740820502113,view\n")
    problem = hub.refusal("events").problem
    assert problem.column == "time"
    assert "'1740820502' (s)" in problem.found


def test_a_grown_file_of_events_loads_its_tail_only(hub: Hub) -> None:
    first = '{"ts":1740820502,"event":"view"}\n'
    hub.write("in/e.jsonl", first + '{"ts":17408')
    (result,) = hub.load("events")
    assert (result.loaded, result.quarantined) == (1, 1)
    hub.write("in/e.jsonl", first + '{"ts":1740820503,"event":"hide"}\n')
    (result,) = hub.load("events")
    assert (result.loaded, result.quarantined) == (1, 0)
    assert hub.rows("SELECT event, _line FROM raw.events ORDER BY _line") == [
        ("view", 1),
        ("hide", 2),
    ]


def test_events_come_as_rows_lists_and_pages(hub: Hub) -> None:
    hub.write("in/a.csv", "time;event_name;session;price\n2025-03-01 10:00;click;s1;1,50\n")
    hub.write("in/b.json", '[\n{"time":"2025-03-01","type":"view"},\n {"time":"x","type":"v"}]')
    hub.write("in/c.json", '{"events":[{"time":"2025-03-02","type":"hide"}],"next":"c2"}')
    results = hub.load("events")
    assert [(r.records, r.loaded, r.quarantined) for r in results] == [
        (1, 1, 0),
        (2, 1, 1),
        (1, 1, 0),
    ]
    assert hub.rows("SELECT event, session_id, value, _line FROM raw.events ORDER BY _file") == [
        ("click", "s1", Decimal("1.5000"), 2),
        ("view", None, None, 2),
        ("hide", None, None, 1),
    ]
    assert hub.quarantine() == [(3, "bad_timestamp", "occurred_at")]


def test_a_list_that_ends_in_the_middle_is_refused(hub: Hub) -> None:
    hub.write("in/b.json", '[{"time":"2025-03-01","type":"view"},\n{"time":')
    problem = hub.refusal("events").problem
    assert (problem.line, problem.file) == (2, "in/b.json")
    assert "whole JSON document" in problem.expected


def test_the_file_of_a_form_nobody_knows_names_what_it_lacks(hub: Hub) -> None:
    hub.write("in/a.csv", "time,what\n2025-03-01,view\n")
    problem = hub.refusal("events").problem
    assert (problem.column, problem.line) == ("event", 1)
    assert "what" in problem.found
    hub.load("events", columns={"event": "what"})
    assert hub.one("SELECT event FROM raw.events") == "view"


def exposed(hub: Hub) -> list[tuple[object, ...]]:
    return hub.rows(
        "SELECT request_id, position, item_id, is_served, is_rendered, is_viewed"
        " FROM raw.exposure ORDER BY request_id, position NULLS LAST, item_id"
    )


def test_lists_of_a_request_become_a_row_a_position(hub: Hub) -> None:
    hub.write(
        "in/x.jsonl",
        '{"ts":1740820502,"request_id":"a","items":["i","j"],"rendered":["i","z"],"viewed":[]}\n'
        '{"ts":1740820502,"request_id":"b","items":[{"id":1},{"id":2}],"rendered":1}\n'
        '{"ts":1740820502,"request_id":"c","items":[]}\n'
        '{"ts":1740820502,"request_id":"d","items":{"no":"list"}}\n',
    )
    (result,) = hub.load("exposure")
    assert (result.records, result.loaded, result.quarantined) == (7, 6, 1)
    assert exposed(hub) == [
        ("a", 1, "i", True, True, False),
        ("a", 2, "j", True, False, False),
        ("a", None, "z", False, True, False),
        ("b", 1, "1", True, True, None),
        ("b", 2, "2", True, False, None),
        ("c", None, None, False, None, None),
    ]
    assert hub.quarantine() == [(4, "missing_required", "served_items")]


def test_lists_in_cells_are_read_and_counts_in_place_of_lists_are_not(hub: Hub) -> None:
    hub.write("in/a.csv", "time,request_id,served,viewed\n2025-03-01,a,i|j|k,2\n2025-03-01,b,i,\n")
    hub.load("exposure")
    assert exposed(hub) == [
        ("a", 1, "i", True, None, True),
        ("a", 2, "j", True, None, True),
        ("a", 3, "k", True, None, False),
        ("b", 1, "i", True, None, None),
    ]
    hub.write("other/b.csv", "time,request_id,served\n2025-03-01,a,10\n")
    (result,) = hub.load("exposure", "other/*")
    assert (result.loaded, result.quarantined) == (0, 1)


def test_a_row_a_position_with_a_stage_keeps_what_it_does_not_tell_unknown(hub: Hub) -> None:
    hub.write(
        "in/a.csv",
        "timestamp,request_id,item_id,position,event,click\n"
        "2025-03-01,a,i,1,served,\n2025-03-01,a,i,1,viewed,1\n2025-03-01,a,i,1,sold,\n",
    )
    hub.load("exposure")
    assert exposed(hub) == [
        ("a", 1, "i", True, None, None),
        ("a", 1, "i", None, None, True),
    ]
    assert hub.quarantine() == [(4, "bad_value", "stage")]


def test_a_file_without_items_is_refused(hub: Hub) -> None:
    hub.write("in/a.csv", "timestamp,request_id\n2025-03-01,a\n")
    assert hub.refusal("exposure").problem.column == "item_id"
