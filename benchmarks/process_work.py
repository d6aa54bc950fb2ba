"""How much work did the processes that this one started do, whoever else kept the machine busy?

Read from `/proc`, so on Linux only; elsewhere nothing is known.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
SERVER, DRAWS = "streamlit run", "--type=renderer"


@dataclass(frozen=True)
class Work:
    """Processor seconds so far: of the pages' server, and of the browser's drawing processes."""

    server: float
    browser: float

    def since(self, before: Work) -> Work:
        """What came on top of an earlier reading; a process that ended between takes nothing."""
        return Work(max(self.server - before.server, 0), max(self.browser - before.browser, 0))


@dataclass(frozen=True)
class _Process:
    parent: int
    seconds: float
    command: str


def work(root: int | None = None, *, proc: Path = PROC) -> Work | None:
    """The work of every process below `root` (this one) that still runs; None without `/proc`."""
    if not (proc / "self").exists():
        return None
    known = dict(_processes(proc))
    mine = list(_below(os.getpid() if root is None else root, known))
    return Work(
        sum(each.seconds for each in mine if SERVER in each.command),
        sum(each.seconds for each in mine if DRAWS in each.command),
    )


def _processes(proc: Path) -> Iterator[tuple[int, _Process]]:
    ticks = os.sysconf("SC_CLK_TCK")
    for folder in proc.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # the name of the program, in brackets, may hold anything; the numbers follow it
            numbers = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # ended meanwhile, or somebody else's
        used = int(numbers[11]) + int(numbers[12])
        yield int(folder.name), _Process(int(numbers[1]), used / ticks, command)


def _below(root: int, known: dict[int, _Process]) -> Iterator[_Process]:
    """Children of a process, their children, and so on."""
    for pid, process in known.items():
        if process.parent == root:
            yield process
            yield from _below(pid, known)
