"""Does `bellwether export` write one file of a page, or say what keeps it from doing so?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import export
from cli.main import app
from hub.home import PROJECT_ROOT

PAGE = "<!doctype html><title>Whole</title><p id=told>All of it</p>"


def _fake_browser(folder: Path, script: str) -> Path:
    file = folder / "chromium"
    file.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    file.chmod(0o755)
    return file


def test_a_home_without_a_build_is_told_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    code = export.export_page("delivery", style="html", out=out, home=tmp_path, view="")
    assert code == 1
    assert f"bellwether run --home {tmp_path}" in capsys.readouterr().err
    assert not out.exists()


def test_a_pdf_without_a_browser_says_how_to_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLWETHER_CHROMIUM", str(tmp_path / "none"))
    code = export.export_page("delivery", style="pdf", out=None, home=tmp_path, view="")
    assert code == 1
    told = capsys.readouterr().err
    assert "install one, or name one in BELLWETHER_CHROMIUM" in told
    assert "--format html" in told


def test_the_browser_prints_the_whole_page_and_nothing_is_left_behind(tmp_path: Path) -> None:
    script = (
        "target = next(a.split('=', 1)[1] for a in sys.argv if a.startswith('--print-to-pdf='))\n"
        "assert sys.argv[-1].startswith('file:') and sys.argv[-1].endswith('.html#print')\n"
        "open(target, 'w').write('%PDF of ' + open(sys.argv[-1][7:-6]).read())"
    )
    out = tmp_path / "page.pdf"
    export.print_pdf(_fake_browser(tmp_path, script), PAGE, out)
    assert out.read_text() == f"%PDF of {PAGE}"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chromium", "page.pdf"]


def test_a_browser_that_prints_nothing_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    browser = _fake_browser(tmp_path, "sys.exit('no space left')")
    with pytest.raises(export.PdfFailed, match="no space left"):
        export.print_pdf(browser, PAGE, tmp_path / "page.pdf")
    assert not (tmp_path / "page.pdf").exists()


@pytest.mark.browser
def test_a_real_browser_prints_a_pdf(chromium_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.pdf"
    export.print_pdf(chromium_path, PAGE, out)
    assert out.read_bytes().startswith(b"%PDF")


def test_the_help_names_the_command_without_importing_what_draws() -> None:
    told = CliRunner().invoke(app, ["--help"])
    assert "export" in told.output
    script = (
        "import sys, cli.main; "
        "sys.exit(any(m in sys.modules for m in ('cli.export', 'streamlit', 'pandas')))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, check=False)
    assert done.returncode == 0
