"""Where is a Chromium that the pages can be tested in, and can one be had when there is none?

``python -m cli.chromium`` looks for one, else installs one, and writes its path to
``.venv/bellwether-chromium``, where the tests read it. When there is none to be had the file is
left empty, the tests that need a browser are skipped and named, and the command says so.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LAUNCH_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NOTE = Path(__file__).resolve().parents[1] / ".venv" / "bellwether-chromium"
INSTALL_SECONDS = 180
RETRY_AFTER_SECONDS = 3600
HOW_TO_HAVE_ONE = (
    "install Chromium or Chrome, or name one in BELLWETHER_CHROMIUM; then make browser"
)
LAUNCH_CHECK = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=sys.argv[1], args=sys.argv[2:], timeout=30_000
    )
    page = browser.new_page()
    page.set_content("<p>ready</p>")
    assert page.inner_text("p") == "ready"
    browser.close()
"""


class ChromiumError(Exception):
    """The browser that was asked for cannot be used."""


def say(text: str) -> None:
    """One line of progress, at once, also through a pipe."""
    print(f"[browser] {text}", flush=True)


def can_be_driven(path: Path) -> bool:
    """Whether Playwright can start this browser and read a page in it (about a second)."""
    if not os.access(path, os.X_OK):
        return False
    argv = [sys.executable, "-c", LAUNCH_CHECK, str(path), *LAUNCH_ARGS]
    return _succeeds(argv, seconds=60)


def _succeeds(argv: list[str], *, seconds: float, patience: str = "") -> bool:
    """Whether a command ends well in time; its output is not shown, `patience` every 10 s."""
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            start_new_session=True,
        )
    except OSError:
        return False
    started = time.monotonic()
    try:
        while (gone := time.monotonic() - started) < seconds:
            try:
                return child.wait(timeout=min(10, seconds - gone)) == 0
            except subprocess.TimeoutExpired:
                if patience:
                    say(f"  still {patience} ({time.monotonic() - started:.0f} s)")
        return False
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def asked_for() -> Path | None:
    """The browser that BELLWETHER_CHROMIUM names; ChromiumError when that one does not work."""
    name = os.environ.get("BELLWETHER_CHROMIUM")
    if not name:
        return None
    path = Path(name)
    if not can_be_driven(path):
        raise ChromiumError(
            f"BELLWETHER_CHROMIUM is {name}, which cannot be started; "
            "name a Chromium or Chrome that runs, or unset it to have one found"
        )
    return path


def on_the_system() -> Iterator[Path]:
    """Browsers on PATH and where macOS keeps them."""
    for name in NAMES:
        if found := shutil.which(name):
            yield Path(found)
    yield Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    yield Path("/Applications/Chromium.app/Contents/MacOS/Chromium")


def playwrights_own() -> Path:
    """Where Playwright keeps its Chromium, whether it is there or not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def find() -> Path | None:
    """A browser that is here and can be driven, or None."""
    for path in on_the_system():
        if can_be_driven(path):
            return path
    own = playwrights_own()
    return own if can_be_driven(own) else None


def install() -> Path | None:
    """Get a browser: Playwright's download, then Debian's package when that is allowed."""
    say(f"no Chromium here: asking Playwright for one (at most {INSTALL_SECONDS} s)")
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if _succeeds(download, seconds=INSTALL_SECONDS, patience="downloading") and can_be_driven(
        playwrights_own()
    ):
        return playwrights_own()
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        say("that did not work; a system package could be installed by an administrator only")
        return None
    say(f"that did not work: asking apt-get for one (at most {2 * INSTALL_SECONDS} s)")
    _succeeds(["apt-get", "update"], seconds=INSTALL_SECONDS, patience="reading package lists")
    package = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    is_installed = _succeeds(package, seconds=INSTALL_SECONDS, patience="installing")
    return find() if is_installed else None


def noted() -> Path | None:
    """The browser that an earlier call found, if it is still there."""
    try:
        text = NOTE.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return Path(text) if text and os.access(text, os.X_OK) else None


def _gave_up_lately() -> bool:
    return NOTE.exists() and time.time() - NOTE.stat().st_mtime < RETRY_AFTER_SECONDS


def main() -> int:
    """Note a browser's path for the tests; 1 only when the one asked for does not work."""
    try:
        path = asked_for()
    except ChromiumError as error:
        print(f"[browser] FAILED: {error}", file=sys.stderr)
        return 1
    if path is None and (path := noted()) is None:
        has_given_up = _gave_up_lately()
        path = find() or (None if has_given_up else install())
        if path is not None:
            say(f"the pages are tested in {path}")
    if path is None:
        say("NO CHROMIUM: tests that need a browser will be skipped and named at the end")
        say(HOW_TO_HAVE_ONE)
        if _gave_up_lately():
            return 0
    NOTE.write_text(f"{path or ''}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
