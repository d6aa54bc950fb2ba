"""Whatever bytes come: is every record accounted for, and is no reader brought down?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import SourceError, SourceProblem
from assets.sources.csv_table import read_table

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

LOG = (
    b'{"ts":"2025-03-01T09:15:02Z","status":200,"latency_ms":4.5,"message":"caf\xc3\xa9"}\n'
    b'{"ts":1740820502113,"status":404,"latency_ms":"-","extra":{"a":[1,2]}}\r\n'
    b"\n"
    b'{"ts":"2025-03-01 09:15:02,5","status":"500","k":3}\n'
)
TABLES = {
    "service_logs": LOG,
    "sales": b'order,date,qty,price\n1,25/04/2025,2,"1,50"\n"2",26/04/2025,-1,"2,5"\n,,,\n',
    "jira": b'Issue key,Status,Created,Sprint,Sprint\nA-1,Open,12/Mar/26 9:41 AM,"a\nb",c\n',
    "releases": b"0.7\t2017-11-13T10:42:30-08:00\tcommit\n0.8\t2017-11-14T10:42:30Z\ttag\n",
    "experiments": b"experiment,variant,control,start,metric,users\nE,a,yes,2025-03-01,m,9\n",
    "calendar": b"day;kind;name\n2025-03-01;holiday;\xc3\xa9t\xc3\xa9\n01.04.2025;outage;x\n",
}
QUICK = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _deliver(hub: Hub, kind: str, data: bytes) -> None:
    """Load bytes; a refusal is fine, and then nothing is there; else the sums must hold."""
    options: dict[str, Any] = {"model": "m"} if kind == "releases" else {}
    hub.con.execute("DELETE FROM raw.loads; DELETE FROM raw.files_seen")
    table = {"jira": "jira_issues"}.get(kind, kind)
    before = hub.one(f"SELECT count(*) FROM raw.{table}")
    bad_before = hub.one("SELECT count(*) FROM raw.quarantine")
    problem: SourceProblem | None = None
    with tempfile.TemporaryDirectory(dir=hub.home.root) as folder:
        Path(folder, "a").write_bytes(data)
        try:
            (result,) = hub.load(kind, f"{folder}/*", **options)
        except SourceError as refusal:
            problem = refusal.problem
    if problem is not None:
        assert problem.file
        assert problem.remedy
        assert hub.one(f"SELECT count(*) FROM raw.{table}") == before
        assert hub.one("SELECT count(*) FROM raw.loads") == 0
        return
    assert result.records == result.loaded + result.quarantined + result.blank
    assert hub.one(f"SELECT count(*) FROM raw.{table}") - before == result.loaded
    assert hub.one("SELECT count(*) FROM raw.quarantine") - bad_before == result.quarantined
    if kind == "service_logs":
        assert result.records == len(data.split(b"\n")) - (data.endswith(b"\n") or not data)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """A good file, cut off and with some bytes replaced or put in."""
    out = bytearray(data[: draw(st.integers(0, len(data)))])
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(out)))
        piece = draw(st.one_of(st.binary(max_size=4), st.sampled_from([b'"', b"\n", b",", b"{}"])))
        out[place : place + draw(st.integers(0, 3))] = piece
    return bytes(out)


@pytest.mark.parametrize("kind", TABLES)
def test_a_damaged_file_is_refused_or_accounted_for(hub: Hub, kind: str) -> None:
    @QUICK
    @given(damaged(TABLES[kind]))
    def deliver(data: bytes) -> None:
        _deliver(hub, kind, data)

    deliver()


@pytest.mark.parametrize("kind", ["service_logs", "sales", "releases"])
def test_random_bytes_are_refused_or_accounted_for(hub: Hub, kind: str) -> None:
    @QUICK
    @given(st.binary(max_size=200))
    def deliver(data: bytes) -> None:
        _deliver(hub, kind, data)

    deliver()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(alphabet='ab,;"\n\r ', max_size=60))
def test_every_line_of_a_table_belongs_to_a_record(text: str) -> None:
    table = read_table(text.encode(), delimiter=",")
    if not table.header:
        return
    numbers = [record.line for record in table.records]
    numbers += [row.line or 0 for row in table.rejected]
    assert len(numbers) == len(set(numbers))
    raw = "".join(record.raw for record in table.records)
    raw += "".join(row.raw_text for row in table.rejected)
    for letter in "ab":
        in_header = "".join(table.header).count(letter)
        assert raw.count(letter) + in_header == text.count(letter)
