"""How are the pages served for a moment: for a picture, a test or a measurement?"""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboards.serve import command, environment
from hub.home import HubHome

START_SECONDS = 60
STOP_SECONDS = 10


class NotServed(Exception):
    """The server did not answer; the message says what it printed last."""


@contextmanager
def served(home: HubHome, *, log: Path | None = None) -> Iterator[str]:
    """The address of a real server on a free port of this computer, ended by its own process id.

    What it prints goes to `log`, or nowhere. Raises `NotServed`.
    """
    port = free_port()
    with (log or Path("/dev/null")).open("w") as output:
        server = subprocess.Popen(
            command(port=port), env=environment(home), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(server)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, server: subprocess.Popen[bytes], log: Path | None) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            told = log.read_text(errors="replace").strip()[-500:] if log else ""
            raise NotServed(f"the server ended by itself ({server.returncode}). {told}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise NotServed(f"{url} did not answer within {START_SECONDS} s")


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
