"""Are the objects of a JSON file found with their lines, and is a broken document told?"""

from __future__ import annotations

import pytest

from assets.sources.epoch_times import UndecidedEpoch, epoch_times, is_epoch
from assets.sources.json_records import BrokenDocument, read_json_records
from assets.sources.record_table import flatten


def test_a_list_over_several_lines_knows_where_each_object_starts() -> None:
    found = read_json_records(b'[\n {"a": 1},\n\n {"a":\n 2}, 3 ]\n')
    assert [(record.line, record.value) for record in found.records] == [
        (2, {"a": 1}),
        (4, {"a": 2}),
    ]
    assert [(row.line, row.reason, row.raw_text) for row in found.rejected] == [
        (5, "malformed_json", "3")
    ]


def test_a_page_is_read_by_the_member_that_holds_its_records() -> None:
    page = b'{"next": "x",\n "rows": [{"a": 1},\n {"a": 2}], "more": false}'
    found = read_json_records(page, list_keys=("rows",))
    assert [(record.line, record.value["a"]) for record in found.records] == [(2, 1), (3, 2)]
    (whole,) = read_json_records(page).records
    assert whole.value["more"] is False


def test_lines_are_told_from_one_object_over_lines() -> None:
    assert read_json_records(b'{"a": 1}\n{"a": 2}\n').form == "json_lines"
    assert read_json_records(b'{\n"a": 1\n}\n').form == "json_object"
    assert read_json_records(b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n').records[1].value == {"a": 2}


def test_an_unfinished_last_line_is_told_from_a_broken_one() -> None:
    found = read_json_records(b'{"a": 1}\n{"a"\n{"a": 3}\n{"a"')
    assert [(row.line, row.reason) for row in found.rejected] == [
        (2, "malformed_json"),
        (4, "truncated"),
    ]
    assert found.open_line == 4


def test_bytes_that_are_no_text_and_keys_that_stand_twice_are_set_aside() -> None:
    found = read_json_records(b'{"a": "\xff"}\n{"a": {"b": 1, "b": 2}}\n')
    assert [(row.reason, row.column) for row in found.rejected] == [
        ("encoding", None),
        ("duplicate_key", "b"),
    ]


@pytest.mark.parametrize(
    ("data", "place"),
    [(b'[{"a": 1},\n {"a"', (2, 6)), (b'[{"a": 1}\n {"a": 2}]', (2, 2)), (b"[1] x", (1, 4))],
)
def test_a_broken_document_says_where(data: bytes, place: tuple[int, int]) -> None:
    with pytest.raises(BrokenDocument) as caught:
        read_json_records(data)
    assert (caught.value.line, caught.value.column) == place


def test_members_of_members_are_named_with_dots() -> None:
    assert flatten({"a": {"b": None, "c": [1, {"d": 2}]}, "e": True, "f": {}}) == {
        "a.b": "",
        "a.c": '[1, {"d": 2}]',
        "e": "true",
        "f": "{}",
    }


def test_counted_times_are_told_by_their_size() -> None:
    assert is_epoch(["1740820502", "1740820502.25"])
    assert not is_epoch(["20250301", "2025-03-01"])
    for text, unit in (("1740820502", "s"), ("1740820502000", "ms"), ("1740820502000000000", "ns")):
        found = epoch_times([text])
        assert found.unit == unit
        assert found.times[text].isoformat() == "2025-03-01T09:15:02+00:00"
    with pytest.raises(UndecidedEpoch, match="different units"):
        epoch_times(["1740820502", "1740820502000"])
