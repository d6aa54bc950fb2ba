"""How do Dagster and the dashboards run together, and stop together for certain?

Each child is the head of its own process group. Whatever ends first (Ctrl-C, SIGTERM, a child's
crash) ends all: every group gets SIGTERM, and SIGKILL where it does not go. On Linux a child is
also told by the kernel when this process dies without a chance to say so.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from cli.console import fail, say, told_clearly
from dashboards.serve import command
from hub.config import load_config
from hub.home import HubHome, find_home

ADDRESS = "127.0.0.1"
GRACE_SECONDS = 8.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    """A server to keep running: its name, command and the address it answers at."""

    name: str
    command: Sequence[str]
    url: str | None


@told_clearly
def serve_home(given: Path | None, *, port: int, dagster_port: int) -> int:
    """Dagster's pages and daemon and the dashboards, until one of them or this process ends."""
    from assets.dbt_runs import DbtParseError, ensure_manifest
    from assets.launch import beside_python, prepare_environment
    from assets.metric_catalogue import MetricError

    home = find_home(given)
    config = load_config(home.root)
    prepare_environment(home)
    for option, number in (("--port", port), ("--dagster-port", dagster_port)):
        if _is_taken(number):
            return fail(f"port {number} on {ADDRESS} is taken; choose another with {option}.")
    try:
        ensure_manifest(home, config)
    except (DbtParseError, MetricError) as error:
        return fail(str(error))
    return supervise(
        [
            _dashboards(home, port),
            Child(
                "dagster pages",
                [
                    beside_python("dagster-webserver"),
                    *("--host", ADDRESS, "--port", str(dagster_port)),
                    *("--module-name", "assets.definitions", "--log-level", "warning"),
                ],
                f"http://{ADDRESS}:{dagster_port}",
            ),
            Child(
                "dagster daemon",
                [
                    beside_python("dagster-daemon"),
                    *("run", "--module-name", "assets.definitions", "--log-level", "warning"),
                ],
                None,
            ),
        ],
        logs=home.var / "logs",
    )


def serve_dashboards(home: HubHome, *, port: int) -> int:
    """The dashboards alone, until Ctrl-C."""
    if _is_taken(port):
        return fail(f"port {port} on {ADDRESS} is taken; choose another with --port.")
    os.environ["BELLWETHER_HOME"] = str(home.root)
    return supervise([_dashboards(home, port)], logs=home.var / "logs")


def _dashboards(home: HubHome, port: int) -> Child:
    return Child("dashboards", command(port=port, address=ADDRESS), f"http://{ADDRESS}:{port}")


def supervise(children: Sequence[Child], *, logs: Path) -> int:
    """Run all children until one ends or a signal comes; stop every one; returns the exit code."""
    logs.mkdir(parents=True, exist_ok=True)
    with _stop_signals() as stopped:
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for child in children:
                running[child.name] = _start(child, logs)
            _announce(children, running, stopped)
            ended = _wait(running, stopped)
        finally:
            _stop(list(running.values()))
    if ended is None:
        say("Stopped.")
        return 0
    code = running[ended].returncode
    log = logs / f"{ended.replace(' ', '_')}.log"
    return fail(f"{ended} ended with code {code}, so everything was stopped. Its log: {log}")


def _start(child: Child, logs: Path) -> subprocess.Popen[bytes]:
    log = (logs / f"{child.name.replace(' ', '_')}.log").open("wb")
    with log:
        return subprocess.Popen(
            child.command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=logs,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Signals asking to stop are collected in the list given out."""
    seen: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        seen.append(number)

    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in asked}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(
    children: Sequence[Child], running: dict[str, subprocess.Popen[bytes]], stopped: list[int]
) -> None:
    waiting = {child.name: child.url for child in children if child.url}
    deadline = time.monotonic() + 90
    while waiting and not stopped and time.monotonic() < deadline:
        if any(process.poll() is not None for process in running.values()):
            return
        for name, url in list(waiting.items()):
            if _answers(url):
                print(f"{name}: {url}", flush=True)
                del waiting[name]
        time.sleep(0.2)
    if not stopped:
        print("Stop with Ctrl-C.", flush=True)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status < 500)
    return False


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, port)) == 0


def _wait(running: dict[str, subprocess.Popen[bytes]], stopped: list[int]) -> str | None:
    """The name of the first child that ended, or None when asked to stop."""
    while not stopped:
        for name, process in running.items():
            if process.poll() is not None:
                return name
        time.sleep(0.2)
    return None


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(_group_lives(process) for process in processes):
        time.sleep(0.1)
    for process in processes:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
