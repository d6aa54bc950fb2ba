"""Is a page's file that cannot be written an error that says why, and never an empty file?"""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from dashboards import export_control
from dashboards.export_control import FileFailed, command, page_file
from hub.home import HubHome


def _ending(code: int, stderr: str) -> Any:
    """A run of the command that writes the file, which ends so."""

    def run(argv: list[str], **given: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(argv, code, b"<!doctype html>", stderr.encode())

    return run


def test_a_page_that_cannot_be_written_says_why(hub_home: HubHome) -> None:
    with pytest.raises(FileFailed, match="there is no page 'nowhere'; there are catalogue, "):
        page_file(hub_home, "nowhere", "")


def test_the_last_line_of_what_went_wrong_is_told(
    hub_home: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", _ending(1, "Traceback …\nPageFailed: no such metric\n"))
    with pytest.raises(FileFailed, match=r"^PageFailed: no such metric$"):
        page_file(hub_home, "catalogue", "metric=x")
    monkeypatch.setattr(subprocess, "run", _ending(-9, ""))
    with pytest.raises(FileFailed, match=r"^no file of catalogue was made$"):
        page_file(hub_home, "catalogue", "")
    monkeypatch.setattr(subprocess, "run", _ending(0, "a warning"))
    assert page_file(hub_home, "catalogue", "") == b"<!doctype html>"


def test_a_file_that_takes_too_long_names_the_command_that_makes_it(
    hub_home: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(argv: list[str], *, timeout: float, **given: Any) -> None:
        raise subprocess.TimeoutExpired(argv, timeout)

    monkeypatch.setattr(subprocess, "run", endless)
    told = f"within {export_control.LONGEST_SECONDS} s; try bellwether export catalogue "
    with pytest.raises(FileFailed, match=told):
        page_file(hub_home, "catalogue", "")
    # two may be written at once: one that failed must not keep its place
    for _ in range(3):
        with pytest.raises(FileFailed):
            page_file(hub_home, "catalogue", "")


def test_the_command_holds_the_view_as_one_word(hub_home: HubHome) -> None:
    told = command(hub_home, "catalogue", "metric=a&search=b c", style="pdf")
    assert told.endswith("--view 'metric=a&search=b c'")
