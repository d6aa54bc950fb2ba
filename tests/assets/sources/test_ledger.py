"""Is nothing loaded twice, whatever its name, and nothing loaded by half?"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.sources import service_logs
from assets.sources.reading import Outcome

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

Line = Callable[..., str]


def _lines(log_line: Line, first: int, last: int) -> str:
    return "".join(log_line(number) for number in range(first, last))


def _counts(hub: Hub) -> list[tuple[str, str, int, int]]:
    return hub.rows(
        "SELECT file, status, records, loaded FROM raw.loads ORDER BY loaded_at, file, records"
    )


def test_loading_again_changes_nothing(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    assert [result.loaded for result in hub.load("service_logs")] == [5]
    assert hub.load("service_logs") == []
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 5
    assert len(_counts(hub)) == 1


def test_a_touched_file_is_not_loaded_again(hub: Hub, log_line: Line) -> None:
    path = hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    os.utime(path, ns=(1, 1))
    assert hub.pending("service_logs") == []
    assert hub.load("service_logs") == []
    assert len(_counts(hub)) == 1


@pytest.mark.parametrize("compress", [False, True])
def test_the_same_content_under_another_name_is_a_duplicate(
    hub: Hub, log_line: Line, compress: bool
) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    hub.write("in/b.jsonl.gz", _lines(log_line, 0, 5), compress=compress)
    (result,) = hub.load("service_logs")
    assert (result.file, result.status, result.records) == ("in/b.jsonl.gz", "duplicate", 0)
    assert hub.rows("SELECT duplicate_of FROM raw.loads WHERE status = 'duplicate'") == [
        ("in/a.jsonl",)
    ]
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 5
    assert hub.load("service_logs") == []


@pytest.mark.parametrize("compress", [False, True])
def test_only_the_tail_of_a_grown_file_is_loaded(hub: Hub, log_line: Line, compress: bool) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5), compress=compress)
    hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(log_line, 0, 8), compress=compress)
    assert [path.name for path in hub.pending("service_logs")] == ["a.jsonl"]
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded) == (3, 3)
    assert hub.rows("SELECT _line FROM raw.service_logs ORDER BY logged_at") == [
        (line,) for line in range(1, 9)
    ]
    assert hub.pending("service_logs") == []


def test_a_last_line_cut_off_is_read_whole_when_the_file_has_grown(
    hub: Hub, log_line: Line
) -> None:
    text = _lines(log_line, 0, 4)
    hub.write("in/a.jsonl", text[:-30])
    (first,) = hub.load("service_logs")
    assert (first.records, first.loaded, first.quarantined) == (4, 3, 1)
    assert hub.quarantine() == [(4, "truncated", None)]
    hub.write("in/a.jsonl", text + _lines(log_line, 4, 6))
    (second,) = hub.load("service_logs")
    assert (second.records, second.loaded) == (3, 3)
    assert hub.one("SELECT list(_line ORDER BY _line) FROM raw.service_logs") == [1, 2, 3, 4, 5, 6]


def test_a_rotated_file_is_recognised_under_its_new_name(hub: Hub, log_line: Line) -> None:
    hub.write("in/app.log", _lines(log_line, 0, 5))
    hub.load("service_logs")
    hub.write("in/app.log.1", _lines(log_line, 0, 7))
    hub.write("in/app.log", _lines(log_line, 7, 9))
    results = {result.file: result.loaded for result in hub.load("service_logs")}
    assert results == {"in/app.log": 2, "in/app.log.1": 2}
    assert hub.one("SELECT count(DISTINCT logged_at) FROM raw.service_logs") == 9
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 9


def test_a_rewritten_log_is_refused_and_the_other_files_are_loaded(
    hub: Hub, log_line: Line
) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(log_line, 1, 5))
    hub.write("in/b.jsonl", _lines(log_line, 20, 23))
    error = hub.refusal("service_logs")
    assert error.problem.file == "in/a.jsonl"
    assert "other content than was loaded" in error.problem.found
    assert [result.file for result in error.results] == ["in/b.jsonl"]
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 8
    assert [path.name for path in hub.pending("service_logs")] == ["a.jsonl"]


def test_a_shortened_log_is_refused(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.load("service_logs")
    hub.write("in/a.jsonl", _lines(log_line, 0, 3))
    assert hub.refusal("service_logs").problem.file == "in/a.jsonl"


def test_an_emptied_file_that_fills_again_is_new(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.jsonl", "")
    (result,) = hub.load("service_logs")
    assert (result.records, result.status) == (0, "loaded")
    hub.write("in/a.jsonl", _lines(log_line, 0, 3))
    assert [result.loaded for result in hub.load("service_logs")] == [3]


def test_a_new_version_of_a_calendar_takes_the_place_of_the_old_one(hub: Hub) -> None:
    hub.write("in/c.csv", "day,kind,name\n2025-03-01,holiday,Ladies' Day\n")
    hub.load("calendar")
    hub.write("in/c.csv", "day,kind,name\n2025-03-08,holiday,Ladies' Day\n")
    hub.load("calendar")
    assert hub.rows("SELECT status, loaded FROM raw.loads ORDER BY loaded_at") == [
        ("superseded", 1),
        ("loaded", 1),
    ]
    live = "SELECT day FROM raw.calendar WHERE _load_id IN (SELECT load_id FROM raw.loads WHERE status = 'loaded')"  # noqa: E501
    assert [str(row[0]) for row in hub.rows(live)] == ["2025-03-08"]


def test_going_back_to_an_earlier_version_loads_it_again(hub: Hub) -> None:
    versions = ["2025-03-01", "2025-03-08", "2025-03-01"]
    for day in versions:
        hub.write("in/c.csv", f"day,kind\n{day},holiday\n")
        hub.load("calendar")
    assert [row[0] for row in hub.rows("SELECT status FROM raw.loads ORDER BY loaded_at")] == [
        "superseded", "superseded", "loaded",
    ]  # fmt: skip


def test_a_failure_in_the_middle_of_a_file_leaves_nothing_of_it(
    hub: Hub, log_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    hub.write("in/b.jsonl", _lines(log_line, 5, 9) + "broken\n")
    hub.load("service_logs", "in/a.jsonl")

    def stop(*_: object, **__: object) -> None:
        assert hub.one("SELECT count(*) FROM raw.service_logs") == 9
        assert hub.one("SELECT count(*) FROM raw.quarantine") == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("assets.sources.ledger.Ledger.record_load", stop)
    with pytest.raises(KeyboardInterrupt):
        hub.load("service_logs")
    monkeypatch.undo()
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 5
    assert hub.one("SELECT count(*) FROM raw.quarantine") == 0
    assert hub.one("SELECT count(*) FROM raw.loads") == 1
    assert hub.one("SELECT count(*) FROM raw.files_seen") == 1
    assert [result.loaded for result in hub.load("service_logs")] == [4]


def test_a_process_killed_in_the_middle_leaves_the_file_out(hub: Hub, log_line: Line) -> None:
    import signal
    import subprocess
    import sys

    hub.write("in/a.jsonl", _lines(log_line, 0, 50) + "broken\n")
    warehouse = hub.home.root / "w.duckdb"
    script = f"""
import os, signal, duckdb
from datetime import UTC, datetime
from pathlib import Path
from assets.sources import create_raw_tables, load_source, ledger
from hub.config import HubConfig
from hub.home import HubHome
con = duckdb.connect({str(warehouse)!r})
create_raw_tables(con)
config = HubConfig.model_validate(dict(company="L", time_zone="UTC", currency="EUR", sources=[
    dict(name="logs", kind="service_logs", path="in/*")]))
ledger.Ledger.record_load = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
load_source(con, config.sources[0], home=HubHome(Path({str(hub.home.root)!r})), config=config,
            now=datetime.now(UTC))
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    import duckdb

    with duckdb.connect(str(warehouse)) as con:
        for table in ("service_logs", "quarantine", "loads", "files_seen"):
            assert con.execute(f"SELECT count(*) FROM raw.{table}").fetchall() == [(0,)]


def test_a_reader_that_loses_a_record_is_caught(
    hub: Hub, log_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.write("in/c.csv", "day,kind\n2025-03-01,holiday\n")
    from assets.sources import loading

    def careless(con: object, delivery: object, context: object) -> Outcome:
        return Outcome(2, 1, 0, (), "csv", {})

    kind = loading.Kind(careless, loading.OnRewrite.SUPERSEDE)
    monkeypatch.setattr(loading, "KINDS", {**loading.KINDS, "calendar": kind})
    with pytest.raises(RuntimeError, match="2 records, but 1 loaded"):
        hub.load("calendar")
    assert hub.one("SELECT count(*) FROM raw.loads") == 0


def test_a_file_that_grows_while_it_is_read_is_loaded_as_it_was_first_seen(
    hub: Hub, log_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hub.write("in/a.jsonl", _lines(log_line, 0, 5))
    original = service_logs._fields

    def grow(*arguments: object) -> object:
        with path.open("a") as out:
            out.write(log_line(30))
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(service_logs, "_fields", grow)
    assert [result.loaded for result in hub.load("service_logs")] == [5]
    monkeypatch.undo()
    assert [result.loaded for result in hub.load("service_logs")] == [2]


def test_a_broken_compressed_file_is_refused(hub: Hub, log_line: Line) -> None:
    path = hub.write("in/a.jsonl.gz", _lines(log_line, 0, 500), compress=True)
    path.write_bytes(path.read_bytes()[:-20])
    assert "broken gzip" in hub.refusal("service_logs").problem.found


def test_pending_files_of_a_new_source_are_all(hub: Hub, log_line: Line) -> None:
    paths: list[Path] = [hub.write(f"in/{n}.jsonl", _lines(log_line, n, n + 1)) for n in range(3)]
    assert hub.pending("service_logs") == paths


@pytest.mark.parametrize(("short", "long"), [("a", "b"), ("b", "a")])
def test_what_two_new_files_share_is_loaded_once(
    hub: Hub, log_line: Line, short: str, long: str
) -> None:
    hub.write(f"in/{short}.jsonl", _lines(log_line, 0, 5))
    hub.write(f"in/{long}.jsonl", _lines(log_line, 0, 8))
    hub.write("in/c.jsonl", _lines(log_line, 0, 1) + _lines(log_line, 30, 33))
    loaded = {result.file: result.loaded for result in hub.load("service_logs")}
    assert loaded == {f"in/{short}.jsonl": 5, f"in/{long}.jsonl": 3, "in/c.jsonl": 4}


def test_the_beginning_of_a_loaded_file_is_a_duplicate(hub: Hub, log_line: Line) -> None:
    hub.write("in/long.jsonl", _lines(log_line, 0, 8))
    hub.load("service_logs")
    hub.write("in/short.jsonl", _lines(log_line, 0, 5))
    (result,) = hub.load("service_logs")
    assert result.status == "duplicate"
    assert hub.rows("SELECT duplicate_of FROM raw.loads WHERE status = 'duplicate'") == [
        ("in/long.jsonl",)
    ]
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 8


def test_what_a_killed_load_left_behind_is_removed_after_a_day(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.jsonl", _lines(log_line, 0, 2))
    for name, age_hours in (("reading-old", 25), ("reading-new", 23), ("published-old", 99)):
        folder = hub.write(f"var/{name}/part.jsonl", "x").parent
        at = (hub.now + timedelta(hours=1 - age_hours)).timestamp()
        os.utime(folder, (at, at))
    hub.load("service_logs")
    assert not (hub.home.var / "reading-old").exists()
    assert (hub.home.var / "reading-new").exists()
    assert (hub.home.var / "published-old").exists()
