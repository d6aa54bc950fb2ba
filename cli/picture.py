"""What does a page look like? Serves a home's pages for a moment and takes a picture of one.

`python -m cli.picture --home var/demo what_moves_sales docs/pictures/what_moves_sales.png`
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.chromium import LAUNCH_ARGS, noted
from dashboards.serve import command, environment
from hub.home import find_home

SETTLED_SECONDS = 2.5


def take(
    page: Annotated[str, typer.Argument(help="The page's address, such as what_moves_sales.")],
    file: Annotated[Path, typer.Argument(help="Where the PNG goes.")],
    home: Annotated[Path | None, typer.Option("--home", help="The hub's home.")] = None,
    theme: Annotated[Literal["light", "dark"], typer.Option(help="Light or dark.")] = "light",
    width: Annotated[int, typer.Option(help="Width in CSS pixels.")] = 1280,
    height: Annotated[int, typer.Option(help="Height; 0 for the whole page.")] = 900,
) -> None:
    """Serve the pages on a free port, take a picture of one, stop serving."""
    port = _free_port()
    server = subprocess.Popen(
        command(port=port),
        env=environment(find_home(home)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        _shoot(f"http://127.0.0.1:{port}/{page}", file, theme=theme, size=(width, height))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _shoot(url: str, file: Path, *, theme: Literal["light", "dark"], size: tuple[int, int]) -> None:
    from playwright.sync_api import sync_playwright

    width, height = size
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=noted(), args=LAUNCH_ARGS)
        page = browser.new_page(
            viewport={"width": width, "height": height or 900}, color_scheme=theme
        )
        page.goto(url, wait_until="networkidle")
        page.wait_for_selector("h1", timeout=30_000)
        time.sleep(SETTLED_SECONDS)
        if not height:
            tall = page.evaluate(
                "document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 900"
            )
            page.set_viewport_size({"width": width, "height": int(tall) + 40})
            time.sleep(SETTLED_SECONDS)
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(file))
        browser.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    sys.exit(f"{url} did not answer within {seconds:.0f} s")


if __name__ == "__main__":
    typer.run(take)
