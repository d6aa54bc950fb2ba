"""Whatever Jira's interface is made to say: is every issue accounted for, or the file refused?"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import SourceError
from assets.sources.loading import KINDS, inspect_delivery, read_delivery
from assets.sources.reading import Context, Delivery, Outcome
from tests.assets.sources.jira_objects import change, changelog, history, issue, page, status

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

TABLES = ("jira_issues", "jira_changelog", "jira_changelog_pages", "jira_statuses",
          "jira_sprints", "jira_activity")  # fmt: skip
ITEM = (
    '<item><key id="1">A-1</key><summary>é</summary><status id="5">Open</status>'
    "<created>Thu, 6 Mar 2025 09:15:02 +0100</created><comments><comment>x</comment></comments>"
    "</item>"
)
FILES = {
    "page": json.dumps(page(issue(1, changelog=changelog(history(1))), issue(2)), indent=1),
    "lines": json.dumps(issue(1)) + "\n" + json.dumps({"issue": issue(2)}) + "\r\n\n",
    "pages": json.dumps([page(issue(1)), {"self": "x/issue/7/changelog", "values": [history(1)]}]),
    "csv": 'id,data,url\n1,"' + json.dumps(history(1)).replace('"', '""') + '",x/issue/9/y\n',
    "statuses": json.dumps([status("Neu"), {"name": "S", "state": "closed", "goal": ""}]),
    "xml": f'<?xml version="1.0"?>\n<rss><channel>{ITEM}{ITEM}</channel></rss>\n',
}
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def read(hub: Hub, data: bytes) -> Outcome | None:
    """What becomes of a file; None when it is refused. Nothing is kept."""
    config, source = hub.config("jira", "a")
    kind, refused, rows = KINDS["jira"], None, dict.fromkeys(TABLES, 0)
    with tempfile.NamedTemporaryFile(dir=hub.home.root) as file:
        path = Path(file.name)
        path.write_bytes(data)
        hub.con.execute("BEGIN TRANSACTION")
        try:
            content = inspect_delivery(path, "a", kind, None, source)
            context = Context(hub.home, config, source, hub.now)
            outcome = read_delivery(hub.con, kind, Delivery(path, "a", content, "load"), context)
            rows = {table: hub.one(f"SELECT count(*) FROM raw.{table}") for table in TABLES}
        except SourceError as error:
            refused = error.problem
        finally:
            hub.con.execute("ROLLBACK")
    if refused is not None:
        assert refused.file
        assert refused.remedy
        return None
    found = outcome.detected.get("found", {"issues": outcome.loaded})
    assert found.get("issues", 0) == rows["jira_issues"]
    assert found.get("sprints", 0) == rows["jira_sprints"]
    assert found.get("worklogs", 0) + found.get("comments", 0) == rows["jira_activity"]
    assert sum(n for name, n in found.items() if name != "changed_fields") == outcome.loaded
    return outcome


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """A good file, cut off and with some bytes replaced or put in."""
    out = bytearray(data[: draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))])
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(out)))
        signs = [b'"', b"\n", b",", b"{}", b"null", b"[", b"1e999", b"\\u0000", b"<a>", b"\xff"]
        piece = draw(st.one_of(st.binary(max_size=4), st.sampled_from(signs)))
        out[place : place + draw(st.integers(0, 3))] = piece
    return bytes(out)


@pytest.mark.parametrize("form", FILES)
def test_a_damaged_file_is_refused_or_accounted_for(hub: Hub, form: str) -> None:
    assert read(hub, FILES[form].encode()) is not None

    @QUICK
    @given(damaged(FILES[form].encode()))
    def deliver(data: bytes) -> None:
        read(hub, data)

    deliver()


@pytest.mark.parametrize("start", [b"{", b"[", b"<", b"\xef\xbb\xbf{", b"\xff\xfe", b""])
def test_random_bytes_are_refused_or_accounted_for(hub: Hub, start: bytes) -> None:
    @settings(QUICK, max_examples=15)
    @given(st.binary(max_size=80))
    def deliver(data: bytes) -> None:
        read(hub, start + data)

    deliver()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from([*issue()["fields"], "customfield_1", "sprint", "closedSprints", "x"])


@st.composite
def changed_issue(draw: st.DrawFn) -> dict[str, Any]:
    """An issue of another schema: fields gone, new, or of another type."""
    made = issue(draw(st.integers(1, 9)))
    for _ in range(draw(st.integers(0, 4))):
        made["fields"][draw(NAMES)] = draw(VALUES)
    if draw(st.booleans()):
        made["fields"].pop(draw(NAMES), None)
    if draw(st.booleans()):
        entry = history(1, change("status", "a", "b", ids=("1", "2")))
        entry[draw(st.sampled_from(["id", "created", "items", "author"]))] = draw(VALUES)
        made["changelog"] = draw(st.sampled_from([changelog(entry), {"histories": [entry]}, None]))
    return made


def test_issues_of_another_schema_are_loaded_or_set_aside_one_by_one(hub: Hub) -> None:
    @settings(QUICK, max_examples=80)
    @given(st.lists(changed_issue(), max_size=4), st.sampled_from(["page", "list", "lines"]))
    def deliver(issues: list[dict[str, Any]], wrapping: str) -> None:
        text = json.dumps(page(*issues) if wrapping == "page" else issues)
        if wrapping == "lines":
            text = "".join(json.dumps(one) + "\n" for one in issues)
        outcome = read(hub, text.encode())
        if outcome is not None:
            assert outcome.records - outcome.blank >= len(issues)
            broken = sum(len((one.get("changelog") or {}).get("histories", [])) for one in issues)
            assert outcome.records - outcome.blank <= len(issues) + broken

    deliver()
