"""Is a file that was taken back gone from what counts, and only that?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from assets.sources.forgetting import CannotForget, Forgotten, forget_file

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

Line = Callable[..., str]


def _lines(log_line: Line, first: int, last: int) -> str:
    return "".join(log_line(number) for number in range(first, last))


def _in_force(hub: Hub) -> int:
    return int(
        hub.one(
            "SELECT count(*) FROM raw.service_logs WHERE _load_id IN"
            " (SELECT load_id FROM raw.loads WHERE status = 'loaded')"
        )
    )


def _forget(hub: Hub, file: str, **options: Any) -> list[Forgotten]:
    return forget_file(hub.con, file, home=hub.home, **options)


def test_a_file_taken_away_and_forgotten_no_longer_counts(hub: Hub, log_line: Line) -> None:
    path = hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.write("in/b.jsonl", _lines(log_line, 10, 13))
    hub.load("service_logs")
    path.unlink()
    assert _forget(hub, "in/a.jsonl") == [Forgotten("service_logs", "in/a.jsonl", 1, 5, [])]
    assert _in_force(hub) == 3
    assert hub.load("service_logs") == []
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    assert [result.loaded for result in hub.load("service_logs")] == [5]
    assert _in_force(hub) == 8


def test_a_rewritten_file_is_loaded_whole_once_the_earlier_one_is_forgotten(
    hub: Hub, log_line: Line
) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(log_line, 1, 4))
    assert "bellwether forget" in hub.refusal("service_logs").problem.remedy
    _forget(hub, "in/a.jsonl")
    assert [result.loaded for result in hub.load("service_logs")] == [3]
    assert _in_force(hub) == 3


def test_a_log_begun_anew_is_added_to_what_was_loaded(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(log_line, 5, 7))
    hub.refusal("service_logs")
    _forget(hub, "in/a.jsonl", keep_records=True)
    assert [result.loaded for result in hub.load("service_logs")] == [2]
    assert _in_force(hub) == 7


def test_a_file_that_still_stands_is_not_forgotten(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    with pytest.raises(CannotForget, match="Take it away first"):
        _forget(hub, "in/a.jsonl")
    with pytest.raises(CannotForget, match="nothing that counts"):
        _forget(hub, "in/other.jsonl")
    assert _in_force(hub) == 5


def test_a_run_folder_that_still_stands_is_not_forgotten(hub: Hub) -> None:
    meta = hub.write("mlruns/1/abc/meta.yaml", "run_id: abc\nstatus: 3\n")
    hub.load("mlflow", "mlruns")
    with pytest.raises(CannotForget, match="Take it away first"):
        _forget(hub, "mlruns/1/abc")
    meta.unlink()
    meta.parent.rmdir()
    assert [part.loads for part in _forget(hub, "mlruns/1/abc")] == [1]


def test_a_copy_that_stands_is_loaded_in_its_place(hub: Hub, log_line: Line) -> None:
    path = hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.write("in/b.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    path.unlink()
    ((_, _, _, _, copies),) = [tuple(vars(part).values()) for part in _forget(hub, "in/a.jsonl")]
    assert copies == ["in/b.jsonl"]
    assert [(r.file, r.loaded) for r in hub.load("service_logs")] == [("in/b.jsonl", 5)]
    assert _in_force(hub) == 5


def test_a_beginning_that_another_file_goes_on_from_is_not_forgotten_alone(
    hub: Hub, log_line: Line
) -> None:
    path = hub.write("in/app.log", _lines(log_line, 0, 5))
    hub.load("service_logs")
    path.unlink()
    hub.write("in/app.log.1", _lines(log_line, 0, 8))
    hub.load("service_logs")
    with pytest.raises(CannotForget, match=r"app\.log\.1 goes on"):
        _forget(hub, "in/app.log")
    assert _in_force(hub) == 8
    assert hub.one("SELECT count(*) FROM raw.files_seen") == 2


def test_a_file_whose_lines_are_no_longer_kept_is_not_forgotten(hub: Hub, log_line: Line) -> None:
    path = hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    path.unlink()
    hub.con.execute("DELETE FROM raw.service_logs WHERE _line < 3")
    with pytest.raises(CannotForget, match="2 of its lines are no longer kept"):
        _forget(hub, "in/a.jsonl")
    assert hub.one("SELECT status FROM raw.loads") == "loaded"
