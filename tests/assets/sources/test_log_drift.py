"""Is it reported when the fields of a source's logs change?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assets.sources.log_drift import drift_between, merge_schemas, schema_of

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub


def test_a_schema_names_types_and_fields_that_some_lines_lack() -> None:
    lines = [{"a": 1, "b": "x", "c": None}, {"a": 2.5, "b": True, "c": [1], "d": {}}]
    assert schema_of(lines) == {
        "a": "number", "b": "boolean|text", "c": "list", "d": "object?",
    }  # fmt: skip


def test_new_missing_and_retyped_fields_are_told() -> None:
    before = {"a": "number", "b": "text", "gone": "text", "rare": "text?", "null": ""}
    now = {"a": "text", "b": "number|text", "null": "text", "fresh": "boolean"}
    assert drift_between(before, now) == {
        "new": ["fresh"], "missing": ["gone"], "retyped": {"a": "number -> text"},
    }  # fmt: skip
    assert drift_between({}, now) == {}
    assert drift_between(now, now) == {}


def test_what_was_told_once_is_not_told_again() -> None:
    before, now = {"a": "number", "gone": "text"}, {"a": "text", "fresh": "text"}
    merged = merge_schemas(before, now)
    assert merged == {"a": "number|text", "gone": "text?", "fresh": "text?"}
    assert drift_between(merged, now) == {}
    assert drift_between(merged, before) == {}


def test_a_load_notes_how_its_fields_differ_from_those_before(
    hub: Hub, log_line: Callable[..., str]
) -> None:
    hub.write("in/a", log_line(0))
    (first,) = hub.load("service_logs")
    assert "drift" not in first.detected
    hub.write("in/b", log_line(1, k="10", caller="web", fallback=None))
    (second,) = hub.load("service_logs")
    expected = {
        "new": ["caller"], "missing": ["fallback"], "retyped": {"k": "number -> text"},
    }  # fmt: skip
    assert second.detected["drift"] == expected
    assert second.detected["notes"] == [
        "new fields caller", "missing fields fallback",
        "field k of another type (number -> text)",
    ]  # fmt: skip
    assert hub.one("SELECT detected->'drift' FROM raw.loads WHERE file = 'in/b'") is not None
    assert hub.check("service_logs").detected["drift"] == expected
    hub.write("in/c", log_line(2))
    assert "drift" not in hub.load("service_logs")[0].detected


def test_an_appended_part_is_compared_with_the_part_before(
    hub: Hub, log_line: Callable[..., str]
) -> None:
    hub.write("in/a", log_line(0))
    hub.load("service_logs")
    hub.write("in/a", log_line(0) + log_line(1, status="200"))
    (tail,) = hub.load("service_logs")
    assert tail.records == 1
