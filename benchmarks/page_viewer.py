"""What does a reader's session cost the server? A session without a browser.

It speaks with the server as a browser's tab does: it opens the websocket, asks for a run of a
page, and reads messages until the run is finished. Nothing is drawn, so that one computer can
play many readers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

LARGEST_MESSAGE = 200 * 1024 * 1024
LONGEST_RUN_SECONDS = 120.0


@dataclass
class Run:
    """One run of a page as the reader got it."""

    seconds: float = 0.0
    bytes: int = 0
    charts: int = 0
    words: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Viewer:
    """One open tab of one page."""

    def __init__(self, connection: ClientConnection, page: str, query: str) -> None:
        self._connection = connection
        self._page = page
        self._query = query
        self._page_hash = ""

    def run(self, query: str | None = None) -> Run:
        """Ask for a run, with another view's query string if given, and wait for its end."""
        if query is not None:
            self._query = query
        asked = BackMsg()
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_script_hash = self._page_hash
        asked.rerun_script.page_name = "" if self._page_hash else self._page
        started = time.perf_counter()
        self._connection.send(asked.SerializeToString())
        found = Run()
        while not self._read(found, started):
            pass
        found.seconds = time.perf_counter() - started
        return found

    def _read(self, found: Run, started: float) -> bool:
        """Take one message; whether the run ended with it."""
        left = LONGEST_RUN_SECONDS - (time.perf_counter() - started)
        raw = self._connection.recv(timeout=max(left, 0.01))
        assert isinstance(raw, bytes)
        found.bytes += len(raw)
        message = ForwardMsg.FromString(raw)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page_hash = message.new_session.page_script_hash
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "page_not_found":
            found.errors.append(f"no page {message.page_not_found.page_name!r}")
        elif kind == "delta":
            _note(message, found)
        elif kind == "script_finished":
            early = ForwardMsg.ScriptFinishedStatus.Value("FINISHED_EARLY_FOR_RERUN")
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                found.errors.append("the page's script does not compile")
            return bool(message.script_finished != early)
        return False


def _note(message: ForwardMsg, found: Run) -> None:
    element = message.delta.new_element
    kind = element.WhichOneof("type") if message.delta.HasField("new_element") else None
    if kind == "exception":
        found.errors.append(f"{element.exception.type}: {element.exception.message}")
    elif kind == "plotly_chart":
        found.charts += 1
    elif kind == "markdown":
        found.words.append(element.markdown.body)


@contextmanager
def viewer(address: str, page: str = "", query: str = "") -> Iterator[Viewer]:
    """An open tab of a page of the server at `http://…`; nothing has been asked for yet."""
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    with connect(url, subprotocols=["streamlit"], max_size=LARGEST_MESSAGE) as connection:  # type: ignore[list-item]
        yield Viewer(connection, page, query)
