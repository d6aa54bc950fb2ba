"""Is the work of the server and of the drawing processes told apart, and nobody else's counted?"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.process_work import Work, work

TICKS = os.sysconf("SC_CLK_TCK")


def _process(proc: Path, pid: int, parent: int, command: str, *, seconds: float) -> None:
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    used = int(seconds * TICKS)
    rest = " ".join(["0"] * 9)
    # a name with brackets and blanks, as a process may give itself
    (folder / "stat").write_text(f"{pid} (a ) b) S {parent} {rest} {used} 0 0 0")
    (folder / "cmdline").write_text(command.replace(" ", "\0"))


def test_only_processes_below_the_root_count_each_by_what_it_does(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    _process(tmp_path, 10, 1, "python -m benchmarks.pages", seconds=50)
    _process(tmp_path, 11, 10, "python -m streamlit run app.py", seconds=2)
    _process(tmp_path, 12, 10, "chromium", seconds=30)
    _process(tmp_path, 13, 12, "chromium --type=renderer", seconds=3)
    _process(tmp_path, 14, 12, "chromium --type=renderer", seconds=1)
    _process(tmp_path, 20, 1, "python -m streamlit run app.py", seconds=70)
    (tmp_path / "15").mkdir()  # ended meanwhile
    assert work(10, proc=tmp_path) == Work(server=2, browser=4)


def test_work_is_not_known_without_proc(tmp_path: Path) -> None:
    assert work(proc=tmp_path) is None


def test_work_since_an_earlier_reading_is_never_negative() -> None:
    assert Work(3.0, 1.0).since(Work(2.5, 4.0)) == Work(0.5, 0.0)
