"""Whatever is done to files between two runs: is each line loaded once, and never twice?

A model of a folder of logs. Every line written is unique, so a line that is loaded twice, or that
stands in a file that was accepted and is not loaded, shows.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import SourceError
from tests.assets.sources.conftest import Hub, log_line

NAMES = ("app.log", "app.log.1", "app.log.2", "copy.log", "b.log")
# What is done to a file: its name, and how many lines, or which other name.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["append", "rotate", "copy", "compress", "rename", "delete", "cut", "redo"]
        ),
        st.integers(0, len(NAMES) - 1),
        st.integers(1, 4),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


class Folder:
    """Log files by name, kept as lists of lines; `plain` are those not compressed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, list[str]] = {}
        self.is_compressed: dict[str, bool] = {}
        self.written = 0

    def do(self, action: str, name: str, number: int) -> None:
        lines = self.files.get(name)
        if action == "append" or lines is None:
            self._put(name, [*(lines or []), *self._new(number)], self.is_compressed.get(name))
        elif action == "rotate":
            self._rotate()
        elif action == "copy":
            self._put(NAMES[number % len(NAMES)], lines, self.is_compressed[name])
        elif action == "compress":
            self._put(name, lines, True)
        elif action == "rename":
            self._drop(name)
            self._put(NAMES[number % len(NAMES)], lines, False)
        elif action == "delete":
            self._drop(name)
        elif action == "cut":
            self._put(name, lines[: max(1, len(lines) - number)], False)
        else:
            self._put(name, self._new(number), False)

    def _new(self, count: int) -> list[str]:
        self.written += count
        first = self.written - count
        return [log_line(0, request_id=f"r{number}") for number in range(first, self.written)]

    def _rotate(self) -> None:
        for older, newer in (("app.log.2", "app.log.1"), ("app.log.1", "app.log")):
            if newer in self.files:
                lines, packed = self.files[newer], self.is_compressed[newer]
                self._drop(newer)
                self._put(older, lines, packed)

    def _put(self, name: str, lines: list[str], packed: bool | None) -> None:
        self.files[name], self.is_compressed[name] = lines, bool(packed)
        data = "".join(lines).encode()
        (self.root / name).write_bytes(gzip.compress(data) if packed else data)

    def _drop(self, name: str) -> None:
        del self.files[name], self.is_compressed[name]
        (self.root / name).unlink()


def _load(hub: Hub, root: Path) -> set[str]:
    """Load the folder; returns the names of refused files."""
    try:
        hub.load("service_logs", f"{root}/*")
    except SourceError as error:
        problems = [error.problem, *error.others]
        assert all("other content than was loaded" in problem.found for problem in problems)
        return {Path(problem.file or "").name for problem in problems}
    return set()


def _check(hub: Hub, folder: Folder, refused: set[str]) -> None:
    rows = hub.rows("SELECT request_id, count(*) FROM raw.service_logs GROUP BY ALL")
    assert [row for row in rows if row[1] > 1] == []
    loaded = {row[0] for row in rows}
    accepted = [lines for name, lines in folder.files.items() if name not in refused]
    there = {line for lines in accepted for line in lines}
    assert {line for line in there if line.split('"')[-2] not in loaded} == set()


def _play(hub: Hub, steps: list[tuple[str, int, int, bool]]) -> None:
    with tempfile.TemporaryDirectory(dir=hub.home.root) as name:
        folder = Folder(Path(name))
        for table in ("service_logs", "quarantine", "loads", "files_seen"):
            hub.con.execute(f"DELETE FROM raw.{table}")
        for action, place, number, is_run in steps:
            # what was never loaded cannot be recognised in part: copies are made of loaded files
            if is_run or action in ("copy", "cut", "redo", "rename"):
                _check(hub, folder, _load(hub, folder.root))
            folder.do(action, NAMES[place], number)
            if action == "cut":  # it is told of in the next run; then somebody takes it away
                _check(hub, folder, _load(hub, folder.root))
                folder.do("delete", NAMES[place], number)
        refused = _load(hub, folder.root)
        _check(hub, folder, refused)
        before = hub.one("SELECT count(*) FROM raw.loads")
        assert _load(hub, folder.root) == refused
        assert hub.one("SELECT count(*) FROM raw.loads") == before


def _player(hub: Hub, examples: int) -> Callable[[], None]:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(STEPS)
    def play(steps: list[tuple[str, int, int, bool]]) -> None:
        _play(hub, steps)

    return play


def test_no_line_is_lost_or_loaded_twice_whatever_becomes_of_its_file(hub: Hub) -> None:
    _player(hub, 12)()


@pytest.mark.long
def test_no_line_is_lost_or_loaded_twice_in_many_histories(hub: Hub) -> None:
    _player(hub, 400)()


def _lines(first: int, last: int) -> str:
    return "".join(log_line(number) for number in range(first, last))


def _instants(hub: Hub) -> tuple[int, int]:
    return hub.rows("SELECT count(*), count(DISTINCT logged_at) FROM raw.service_logs")[0]


def test_a_log_cut_back_to_what_it_was_earlier_is_told_of(hub: Hub) -> None:
    for last in (5, 8):
        hub.write("in/a.jsonl", _lines(0, last))
        hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(0, 5))
    assert "bytes, where" in hub.refusal("service_logs").problem.found
    assert _instants(hub) == (8, 8)


def test_a_log_rewritten_after_its_first_load_is_told_of(hub: Hub) -> None:
    for last in (5, 8):
        hub.write("in/a.jsonl", _lines(0, last))
        hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(0, 5) + _lines(20, 30))
    assert "other content than was loaded" in hub.refusal("service_logs").problem.found
    assert _instants(hub) == (8, 8)


def test_a_log_cut_while_a_copy_of_it_stands_repeats_nothing(hub: Hub) -> None:
    hub.write("in/a.jsonl", _lines(0, 8))
    hub.write("in/b.jsonl.gz", _lines(0, 8), compress=True)
    hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(0, 3))
    assert [result.status for result in hub.load("service_logs")] == ["duplicate"]
    assert _instants(hub) == (8, 8)


@pytest.mark.parametrize("order", [("app.log.1.gz", "app.log"), ("app.log-20250301", "app.log")])
def test_rotated_renamed_and_compressed_in_one_go_repeats_nothing(
    hub: Hub, order: tuple[str, str]
) -> None:
    older, newer = order
    hub.write(f"in/{newer}", _lines(0, 5))
    hub.load("service_logs")
    hub.write(f"in/{older}", _lines(0, 7), compress=older.endswith(".gz"))
    hub.write(f"in/{newer}", _lines(7, 9))
    assert sorted(result.loaded for result in hub.load("service_logs")) == [2, 2]
    assert _instants(hub) == (9, 9)


def test_the_records_of_a_file_add_up_when_its_last_line_is_read_again(hub: Hub) -> None:
    text = _lines(0, 4)
    hub.write("in/a.jsonl", text[:-30])
    (first,) = hub.load("service_logs")
    hub.write("in/a.jsonl", text + _lines(4, 6))
    (second,) = hub.load("service_logs")
    assert hub.rows("SELECT sum(records), sum(loaded), sum(quarantined) FROM raw.loads") == [
        (6, 6, 0)
    ]
    assert hub.rows("SELECT load_id, resolved_by FROM raw.quarantine") == [
        (first.load_id, second.load_id)
    ]


def test_every_load_is_later_than_the_last_whatever_the_clock_says(hub: Hub) -> None:
    hub.write("in/a.jsonl", _lines(0, 5))
    hub.load("service_logs")
    hub.now -= timedelta(days=400)
    hub.write("in/b.jsonl", _lines(5, 9))
    hub.load("service_logs")
    times = hub.rows("SELECT DISTINCT _loaded_at FROM raw.service_logs ORDER BY _file")
    assert times[0] < times[1]
