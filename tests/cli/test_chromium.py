"""Is a browser found where one is, refused when it does not run, and missed loudly?"""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SKIPPED_TEST = """
import pytest

@pytest.mark.browser
def test_page_is_drawn() -> None:
    raise AssertionError("must not run without a browser")

def test_other() -> None:
    pass
"""


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the path of the browser is written, apart from the real one."""
    path = tmp_path / "bellwether-chromium"
    monkeypatch.setattr(chromium, "NOTE", path)
    monkeypatch.delenv("BELLWETHER_CHROMIUM", raising=False)
    return path


def test_a_browser_that_was_asked_for_but_does_not_run_is_an_error(
    note: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLWETHER_CHROMIUM", sys.executable)
    assert chromium.main() == 1
    assert "BELLWETHER_CHROMIUM is" in capsys.readouterr().err
    assert not note.exists()


def test_the_system_is_asked_before_anything_is_installed(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(sys.executable)
    monkeypatch.setattr(chromium, "on_the_system", lambda: iter([Path("/none"), here]))
    monkeypatch.setattr(chromium, "can_be_driven", lambda path: path == here)
    monkeypatch.setattr(chromium, "install", lambda: pytest.fail("nothing to install"))
    assert chromium.main() == 0
    assert note.read_text().strip() == str(here)
    assert chromium.noted() == here


def test_a_want_of_any_browser_is_said_and_not_tried_again_at_once(
    note: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[int] = []
    monkeypatch.setattr(chromium, "find", lambda: None)
    monkeypatch.setattr(chromium, "install", lambda: tries.append(1))
    assert [chromium.main(), chromium.main()] == [0, 0]
    assert tries == [1]
    assert capsys.readouterr().out.count("NO CHROMIUM") == 2
    assert chromium.noted() is None


def test_a_step_that_hangs_is_stopped_with_all_it_started() -> None:
    child = "import subprocess, sys; subprocess.run(['sleep', '60'])"
    assert not chromium._succeeds([sys.executable, "-c", child], seconds=0.5)
    assert not chromium._succeeds(["/no/such/command"], seconds=1)


def test_tests_that_miss_a_browser_are_named_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conftest = Path(__file__).parents[1] / "conftest.py"
    (tmp_path / "test_pages.py").write_text(SKIPPED_TEST)
    patch = "import cli.chromium, pathlib\ncli.chromium.NOTE = pathlib.Path('/none')\n"
    (tmp_path / "conftest.py").write_text(patch + conftest.read_text())
    monkeypatch.delenv("BELLWETHER_CHROMIUM", raising=False)
    config = conftest.parents[1] / "pyproject.toml"
    argv = [sys.executable, "-m", "pytest", "-n", "0", "-c", str(config), "--rootdir", "."]
    done = subprocess.run([*argv, "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 BROWSER TESTS DID NOT RUN: NO CHROMIUM" in done.stdout
    assert "test_pages.py::test_page_is_drawn" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout


def test_the_browser_draws_a_page(browser: "Browser") -> None:
    page = browser.new_page()
    page.set_content("<h1>Bellwether</h1>")
    assert page.inner_text("h1") == "Bellwether"
    page.close()
