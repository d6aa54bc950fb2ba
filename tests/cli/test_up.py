"""`up` starts three servers and leaves none behind, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("bellwether"))
READY_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(home: Path) -> list[int]:
    """Processes whose environment names this home, apart from those of the test itself."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if f"BELLWETHER_HOME={home}".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


def wait_until_gone(home: Path, seconds: float = 25) -> list[int]:
    deadline = time.monotonic() + seconds
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.2)
    return processes_of(home)


class Running:
    """A started `up` with its ports."""

    def __init__(self, home: Path) -> None:
        self.home, self.port, self.dagster_port = home, free_port(), free_port()
        self.process = subprocess.Popen(
            [
                *(PROGRAM, "up", "--home", str(home)),
                *("--port", str(self.port), "--dagster-port", str(self.dagster_port)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        urls = [f"http://127.0.0.1:{p}" for p in (self.port, self.dagster_port)]
        deadline = time.monotonic() + READY_SECONDS
        while urls and time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()[0]
            for url in list(urls):
                with suppress(OSError), urllib.request.urlopen(url, timeout=2):
                    urls.remove(url)
            time.sleep(0.3)
        assert not urls


@pytest.fixture
def running(shop_home: str, tmp_path: Path) -> Iterator[Running]:
    shutil.copytree(shop_home, tmp_path / "home")
    started = Running(tmp_path / "home")
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        for left in processes_of(tmp_path / "home"):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)


pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


def test_sigterm_stops_all_and_the_schedule_was_on(running: Running) -> None:
    query = (
        '{"query": "{ schedulesOrError(repositorySelector: {repositoryName: \\"__repository__\\", '
        'repositoryLocationName: \\"assets.definitions\\"}) { ... on Schedules { results { name '
        "scheduleState { status } } } } sensorsOrError(repositorySelector: {repositoryName: "
        '\\"__repository__\\", repositoryLocationName: \\"assets.definitions\\"}) { ... on Sensors '
        '{ results { name sensorState { status } } } } }"}'
    )
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.dagster_port}/graphql",
        data=query.encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = answer.read().decode()
    assert '"name":"every_morning","scheduleState":{"status":"RUNNING"}' in told.replace(" ", "")
    assert '"name":"new_files","sensorState":{"status":"RUNNING"}' in told.replace(" ", "")
    assert len(processes_of(running.home)) >= 3
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=30) == 0
    assert wait_until_gone(running.home) == []


def test_the_crash_of_one_stops_all(running: Running) -> None:
    children = [
        pid
        for pid in processes_of(running.home)
        if "streamlit" in Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    ]
    assert children
    os.kill(children[0], signal.SIGKILL)
    assert running.process.wait(timeout=30) == 1
    told = running.process.communicate()[0]
    assert "dashboards ended" in told
    assert wait_until_gone(running.home) == []


def test_killing_the_supervisor_stops_all(running: Running) -> None:
    running.process.kill()
    running.process.wait()
    assert wait_until_gone(running.home) == []
