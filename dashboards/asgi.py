"""What does the server send before a page has said anything? The application that is served.

A page's first chart asks for the library that draws it, by far the largest script, only once the
page has run. Every page has a chart, so that its address is told with the page's frame, and the
browser gets it ready while the page runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = Path(__file__).with_name("app.py")
STATIC = Path(streamlit.__file__).parent / "static"
CHARTS = "static/js/PlotlyChart.*.js"


def link_header(scripts: Sequence[Path]) -> str:
    """The `Link` of RFC 8288 that has these scripts of Streamlit's loaded; empty for none.

    Their addresses are relative, as those in the page's frame are.
    """
    return ", ".join(
        f"<./{each.relative_to(STATIC).as_posix()}>; rel=modulepreload; crossorigin"
        for each in scripts
    )


class EarlyScripts:
    """Adds a `Link` header to every HTML answer."""

    def __init__(self, app: ASGIApp, link: str) -> None:
        self._app = app
        self._link = link

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_link(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["link"] = self._link
            await send(message)

        is_page = scope["type"] == "http" and self._link
        await self._app(scope, receive, send_with_link if is_page else send)


app = streamlit.App(
    SCRIPT, middleware=[Middleware(EarlyScripts, link=link_header(sorted(STATIC.glob(CHARTS))))]
)
