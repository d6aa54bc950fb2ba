"""Is a snapshot of settings kept when it says something new, and only then?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from assets.sources.json_records import BrokenDocument
from assets.sources.settings_tree import read_settings

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub


def stored(hub: Hub) -> list[tuple[Any, ...]]:
    return hub.rows("SELECT setting, value FROM raw.settings ORDER BY snapshot_at, setting")


def test_a_changed_file_is_a_snapshot_and_one_that_says_the_same_is_not(hub: Hub) -> None:
    hub.write("in/flags.yml", "list_size: 10\nflags: {new: true}\n")
    (result,) = hub.load("settings")
    assert (result.records, result.loaded) == (2, 2)
    assert result.detected["change"] == "new"
    hub.write("in/flags.yml", "# the same, written anew\nflags:\n  new: true\nlist_size: 10\n")
    (result,) = hub.load("settings")
    assert (result.records, result.loaded, result.blank) == (2, 0, 2)
    assert result.detected["change"] == "none"
    hub.write("in/flags.yml", "list_size: 5\nflags: {new: true}\n")
    (result,) = hub.load("settings")
    assert (result.loaded, result.detected["change"]) == (2, "changed")
    assert hub.one("SELECT count(DISTINCT snapshot_at) FROM raw.settings") == 2


def test_settings_that_return_to_what_they_were_have_changed_again(hub: Hub) -> None:
    for size in (10, 5, 10):
        hub.write("in/flags.json", f'{{"list_size": {size}}}')
        hub.load("settings")
    assert stored(hub) == [("list_size", "10"), ("list_size", "5"), ("list_size", "10")]
    assert hub.load("settings") == []


def test_dated_files_are_snapshots_of_one_document(hub: Hub) -> None:
    hub.write("in/flags-2025-03-01.json", '{"size": 10}')
    hub.write("in/flags-2025-03-05.json", '{"size": 10, "exported_at": "2025-03-05"}')
    hub.write("in/flags-20250309T0930Z.json", '{"size": 5}')
    hub.write("in/other.json", '{"a": 1, "exported_at": "2025-03-02T10:00:00Z"}')
    results = hub.load("settings")
    assert sorted((r.detected["document"], r.loaded) for r in results) == [
        ("flags", 0), ("flags", 1), ("flags", 1), ("other", 2),
    ]  # fmt: skip
    assert hub.rows("SELECT DISTINCT document, snapshot_at FROM raw.settings ORDER BY ALL") == [
        ("flags", datetime(2025, 2, 28, 23, tzinfo=UTC)),
        ("flags", datetime(2025, 3, 9, 9, 30, tzinfo=UTC)),
        ("other", datetime(2025, 3, 2, 10, tzinfo=UTC)),
    ]


def test_an_emptied_document_says_so(hub: Hub) -> None:
    hub.write("in/flags.yml", "a: 1\n")
    hub.load("settings")
    hub.write("in/flags.yml", "# nothing any more\n")
    hub.load("settings")
    assert stored(hub) == [("a", "1"), ("settings", "{}")]


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "key `a` twice"),
        ("a: [1\nb: 2\n", 2, "expected"),
        ('{"a": 1, "a": 2}', 1, "key `a` twice"),
        ('{"a": ', 1, "end of the file"),
        ("just words\n", 1, "a single str"),
        ("a: 1\n---\nb: 2\n", 1, "several documents"),
        ("a: &x\n  b: *x\n", 1, "recursive"),
        (b"a: \xff\n", 1, "no UTF-8"),
    ],
)
def test_a_broken_document_is_refused_with_its_place(
    hub: Hub, content: str | bytes, line: int, found: str
) -> None:
    hub.write("in/flags.yml", content)
    problem = hub.refusal("settings").problem
    assert found in problem.found
    assert problem.line == line
    assert hub.one("SELECT count(*) FROM raw.settings") == 0


def test_lists_of_named_things_go_by_their_names() -> None:
    form, found = read_settings(
        b'{"flags":[{"name":"b","on":true},{"name":"a","share":0.5}],"steps":[1,2],"off":null}'
    )
    assert form == "json"
    assert found == {
        "flags[b].on": "true",
        "flags[a].share": "0.5",
        "steps": "[1, 2]",
        "off": "null",
    }


def test_yaml_keeps_dates_numbers_and_words_apart() -> None:
    _, found = read_settings(b"since: 2025-03-01\nwords: 'no'\nflag: no\n1: one\non: 2\n")
    assert found == {
        "since": '"2025-03-01"',
        "words": '"no"',
        "flag": "false",
        "1": '"one"',
        "on": "2",
    }


def test_a_document_of_too_many_settings_is_refused() -> None:
    bomb = b"a: &a [1,2,3]\n" + b"".join(
        b"k%d: {x: {y: *a, z%d: 1}}\n" % (n, m) for n in range(3) for m in range(1)
    )
    assert len(read_settings(bomb)[1]) == 7
    with pytest.raises(BrokenDocument, match="more than"):
        read_settings(b"".join(b"k%d: 1\n" % n for n in range(20_001)))
