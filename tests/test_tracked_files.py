"""Does the project name a package registry's host or somebody's own folders anywhere?"""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
INDEX_ADDRESS = re.compile(
    r"https?://[^\s\"'<>)]*(pypi|/simple\b|artifactory|nexus|devpi)|--(extra-)?index-url[ =]\S",
    re.IGNORECASE,
)
OWN_FOLDER = re.compile(r"(?<![\w./>}-])/(home|Users|root)/\w")
SELF = Path(__file__).relative_to(ROOT).as_posix()


def named_addresses(text: str) -> list[str]:
    """Package indexes and private folders that a text names."""
    return [found.group() for rule in (INDEX_ADDRESS, OWN_FOLDER) for found in rule.finditer(text)]


def test_no_file_names_an_index_or_a_private_folder() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: what belongs to the project is not known")
    found = {}
    for name in set(listing.stdout.split("\0")) - {"", SELF}:
        path = ROOT / name
        if path.is_file() and (named := named_addresses(path.read_text(errors="replace"))):
            found[name] = named
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "see https://pypi.example.com/uv",
        "url = http://10.0.0.1:8080/" + "simple",
        "pip install --index-url https://mirror.example.com x",
        "data = Path('/home/ada/exports')",
        "cd /Users/ada/shop",
    ],
)
def test_an_index_or_private_folder_is_found(text: str) -> None:
    assert named_addresses(text)


def test_ordinary_text_is_let_through() -> None:
    text = "https://example.com/docs set PIP_INDEX_URL; /var/log; {home}/Users/a; see a/home/b"
    assert named_addresses(text) == []
