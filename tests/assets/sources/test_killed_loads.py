"""Is a load that is killed at any moment there as a whole or not at all, and whole after a re-run?

A process of its own loads a file, for five seconds and more where it is done often, and is killed
(SIGKILL) at a random moment. Then the load is run again, and the raw tables must be those of a run
that nobody disturbed. The process tells when its first insert begins and when its commit is done,
so that it is known on which side of them each kill fell.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from hub.home import HubHome
from tests.assets.sources import load_to_kill
from tests.assets.sources.load_to_kill import COMMITTED, INSERT, START

ROOT = Path(__file__).resolve().parents[3]
LEAST_SECONDS = 5.0
PATH = "in/*.jsonl"
TABLES = {
    "service_logs": "_load_id, _loaded_at",
    "quarantine": "load_id, quarantined_at, resolved_by, resolved_at",
    "loads": "load_id, loaded_at",
    "files_seen": "seen_at",
}


@dataclass
class Run:
    """What a process told, each with its moment in seconds, and whether it was killed."""

    told: dict[str, float] = field(default_factory=dict)
    is_killed: bool = False

    @property
    def seconds(self) -> float:
        return self.told[COMMITTED] - self.told[START]

    @property
    def seconds_of_writing(self) -> float:
        return self.told[COMMITTED] - self.told[INSERT]

    @property
    def place(self) -> str:
        """Where the kill fell."""
        if not self.is_killed:
            return "too late"
        if INSERT not in self.told:
            return "before the first insert"
        return "after the commit" if COMMITTED in self.told else "between insert and commit"


def _run(
    home: HubHome, pause_seconds: float, *, kill_after: tuple[str, float] | None = None
) -> Run:
    """Load in a process of its own; kill it so many seconds after what it told."""
    script = Path(load_to_kill.__file__)
    run = Run()
    with subprocess.Popen(
        [sys.executable, str(script), str(home.root), str(pause_seconds), PATH],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        while process.poll() is None:
            _listen(process, run)
            if kill_after is not None and kill_after[0] in run.told:
                mark, seconds = kill_after
                if time.monotonic() - run.told[mark] >= seconds:
                    process.send_signal(signal.SIGKILL)
                    break
            time.sleep(0.002)
        run.is_killed = process.wait() == -signal.SIGKILL
        _listen(process, run)
        assert run.is_killed or process.returncode == 0
    return run


def _listen(process: subprocess.Popen[bytes], run: Run) -> None:
    assert process.stdout is not None
    for line in (process.stdout.read() or b"").decode().split():
        run.told.setdefault(line, time.monotonic())


def _write_logs(path: Path, lines: int, *, first: int = 0, broken: bool = True) -> None:
    """Log lines, of which every 200th is no JSON and every 300th has no time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as out:
        for number in range(first, first + lines):
            at = f"2025-03-01T{number // 3_600_000 % 24:02}:{number // 60_000 % 60:02}:"
            at += f"{number // 1000 % 60:02}.{number % 1000:03}Z"
            key = "at" if broken and number % 300 == 7 else "ts"
            end = "" if broken and number % 200 == 3 else "}"
            out.write(
                f'{{"{key}":"{at}","service":"api","endpoint":"/v1/{number % 50}","status":200,'
                f'"latency_ms":{number % 977}.5,"request_id":"r{number}","k":10{end}\n'
            )


def _prepare(root: Path, lines: int) -> HubHome:
    """A home with one loaded file, which has grown since, and a long one that is new."""
    home = HubHome(root)
    home.make_var()
    _write_logs(root / "in" / "a.jsonl", 500)
    with duckdb.connect(str(home.warehouse)) as con:
        load_to_kill.load(con, home, PATH)
    _write_logs(root / "in" / "a.jsonl", 600)
    _write_logs(root / "in" / "b.jsonl", lines, first=600)
    return home


def _differences(here: Path, there: Path) -> Counter[str]:
    """Rows of each raw table that only one of two warehouses holds; ids and times apart."""
    found: Counter[str] = Counter()
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for name, path in (("a", here), ("b", there)):
            con.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        for table, apart in TABLES.items():
            both = [f"SELECT * EXCLUDE ({apart}) FROM {name}.raw.{table}" for name in ("a", "b")]
            for one, other in (both, both[::-1]):
                ((count,),) = con.execute(
                    f"SELECT count(*) FROM ({one} EXCEPT ALL {other})"
                ).fetchall()
                found[table] += count
    return +found


def _kill_often(
    folder: Path, *, kills: int, pause_seconds: float, lines: int
) -> tuple[Counter[str], float]:
    """Kill a load at random moments, run it again each time. Returns where the kills fell, and
    the seconds that the undisturbed load takes."""
    undisturbed = _prepare(folder / "undisturbed", lines)
    shutil.copytree(undisturbed.root, folder / "killed")
    killed = HubHome(folder / "killed")
    _keep_times(undisturbed.root, killed.root)
    before = folder / "before.duckdb"
    shutil.copy(killed.warehouse, before)
    whole = _run(undisturbed, pause_seconds)
    moments = random.Random(20250301)
    places: Counter[str] = Counter()
    for number in range(1, kills + 1):
        shutil.copy(before, killed.warehouse)
        Path(f"{killed.warehouse}.wal").unlink(missing_ok=True)
        # every tenth at any moment of the load, the others while it writes
        mark, seconds = (
            (START, whole.seconds) if number % 10 == 0 else (INSERT, whole.seconds_of_writing)
        )
        run = _run(killed, pause_seconds, kill_after=(mark, moments.uniform(0, seconds)))
        places[run.place] += 1
        with duckdb.connect(str(killed.warehouse)) as con:
            is_there = con.execute(
                "SELECT (SELECT count(*) FROM raw.service_logs WHERE _file = 'in/b.jsonl') > 0,"
                " (SELECT count(*) FROM raw.quarantine WHERE file = 'in/b.jsonl') > 0,"
                " (SELECT count(*) FROM raw.loads WHERE file = 'in/b.jsonl') > 0"
            ).fetchall()[0]
            assert len(set(is_there)) == 1, "a part of a load is there"
            assert not (run.place == "between insert and commit" and "commit" not in run.told
                        and is_there[0])  # fmt: skip
            load_to_kill.load(con, killed, PATH)
        assert _differences(undisturbed.warehouse, killed.warehouse) == Counter()
    return places, whole.seconds


def _keep_times(source: Path, target: Path) -> None:
    """A copied file keeps its time of change to the nanosecond: it is part of what is compared."""
    for path in (source / "in").iterdir():
        stat = path.stat()
        os.utime(target / "in" / path.name, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _report(
    record_property: Callable[[str, object], None], places: Counter[str], seconds: float
) -> None:
    told = ", ".join(f"{count} {place}" for place, count in places.most_common())
    record_property("figures", f"killed loads of {seconds:.1f} s: {told}; all whole after a re-run")


def test_a_killed_load_is_whole_after_a_re_run(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    places, seconds = _kill_often(tmp_path, kills=5, pause_seconds=0.4, lines=20_000)
    _report(record_property, places, seconds)
    assert seconds >= LEAST_SECONDS / 2
    assert places["between insert and commit"] >= 4


@pytest.mark.long
def test_fifty_killed_loads_are_whole_after_a_re_run(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    lines = 200_000
    pause_seconds = _pause_that_takes(tmp_path / "trial", lines, LEAST_SECONDS * 1.2)
    places, seconds = _kill_often(tmp_path, kills=50, pause_seconds=pause_seconds, lines=lines)
    _report(record_property, places, seconds)
    assert seconds >= LEAST_SECONDS
    assert places["between insert and commit"] >= 40


def _pause_that_takes(folder: Path, lines: int, seconds: float) -> float:
    """How long to pause after each statement for a load of so many seconds: what the work itself
    takes is not slowed down, so that kills also fall into statements at work."""
    taken = []
    for pause_seconds in (0.0, 0.1):
        taken.append(_run(_prepare(folder, lines), pause_seconds).seconds)
        shutil.rmtree(folder)
    seconds_of_pauses = max(taken[1] - taken[0], 0.5)
    return max(0.0, (seconds - taken[0]) * 0.1 / seconds_of_pauses)
