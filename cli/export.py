"""`bellwether export`: one page as a file, for mail and archives, with no server running."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from cli import chromium
from hub.home import find_home
from hub.warehouse import NothingPublished

PRINT_SECONDS = 120
DRAWING_MS = 20_000
NO_CHROMIUM = (
    "a PDF is printed by Chromium or Chrome, and there is none here: install one, or name one in "
    "BELLWETHER_CHROMIUM. Without one, `--format html` gives a file that any browser prints."
)


class PdfFailed(Exception):
    """The browser printed nothing; the message says why."""


def export_page(
    page: str,
    *,
    style: Literal["html", "pdf"],
    out: Path | None,
    home: Path | None,
    view: str,
) -> int:
    """Write the page to `out` (the page's name in the current folder) and say where it is."""
    # what a page is drawn with is imported only once it is wanted; its caches warn on import that
    # no server runs
    from streamlit.logger import set_log_level

    set_log_level("error")
    from dashboards.offline import PageFailed, show_page, view_of
    from dashboards.offline_file import page_file
    from dashboards.offline_parts import UnknownPart
    from dashboards.offline_tables import ColumnUnknown

    try:
        printer = browser() if style == "pdf" else None
        shown = show_page(find_home(home), page, view_of(view))
        text = page_file(shown, written_at=datetime.now(UTC), style=style)
        file = out or Path(f"{shown.name}.{style}")
        file.parent.mkdir(parents=True, exist_ok=True)
        if printer:
            print_pdf(printer, text, file)
        else:
            _write(file, text.encode())
    except (NothingPublished, PageFailed, PdfFailed, UnknownPart, ColumnUnknown, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{file}: {shown.title} ({file.stat().st_size / 1e6:.1f} MB)")
    return 0


def browser() -> Path:
    """A Chromium that can print. Raises `PdfFailed`, saying how to have one."""
    named = os.environ.get("BELLWETHER_CHROMIUM")
    found: list[Path | None] = (
        [Path(named)] if named else [chromium.noted(), *chromium.on_the_system()]
    )
    for path in found:
        if path is not None and os.access(path, os.X_OK):
            return path
    raise PdfFailed(f"{named} cannot be started: {NO_CHROMIUM}" if named else NO_CHROMIUM)


def print_pdf(printer: Path, text: str, file: Path) -> None:
    """Print a page's file on A4. Raises `PdfFailed`."""
    with tempfile.TemporaryDirectory(prefix="bellwether-print-") as folder:
        source, target = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(text, encoding="utf-8")
        argv = [
            str(printer),
            "--headless",
            *chromium.LAUNCH_ARGS,
            f"--user-data-dir={folder}/profile",
            f"--virtual-time-budget={DRAWING_MS}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target}",
            f"{source.as_uri()}#print",
        ]
        try:
            done = subprocess.run(argv, capture_output=True, timeout=PRINT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise PdfFailed(f"{printer} did not print within {PRINT_SECONDS} s") from None
        if not target.is_file():
            told = done.stderr.decode(errors="replace").strip().splitlines()
            raise PdfFailed(f"{printer} printed nothing: {told[-1] if told else done.returncode}")
        _write(file, target.read_bytes())


def _write(file: Path, content: bytes) -> None:
    """Replace the file whole, so that no reader ever gets a part of it."""
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
