"""Whatever comes in place of metrics, events, cost or settings: is every record accounted for?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import SourceError, SourceProblem

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

OPENMETRICS = (
    b"# TYPE http_requests counter\n# UNIT latency_seconds seconds\n"
    b'http_requests_total{code="200",path="/a\\"b"} 12 1740820502.5\n\n'
    b'http_requests_total{code="500"} NaN 1740820502.5 # {trace_id="x"} 1\n'
    b"latency_seconds 0.25 1740820503\n# EOF\n"
)
RANGE = (
    b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up",'
    b'"job":"api"},"values":[[1740820502,"1"],[1740820517.5,"0"]]}]}}'
)
STATISTICS = (
    b'{"Label":"RequestCount","Datapoints":[{"Timestamp":"2025-03-01T09:00:00Z","Sum":12.0,'
    b'"Average":1.5,"Unit":"Count"},{"Timestamp":1740820502,"Sum":3.0,"Unit":"Count"}]}\n'
)
METRIC_DATA = (
    b'{"MetricDataResults":[{"Id":"m1","Label":"CPUUtilization","Timestamps":'
    b'["2025-03-01T09:00:00+00:00","2025-03-01T09:05:00Z"],"Values":[1.5,2],"StatusCode":"Complete"}]}'
)
NGINX = (
    b'{"nginx_version":"1.9.4","timestamp":1740820502113,"connections":{"accepted":9,"active":1},'
    b'"server_zones":{"shop":{"processing":0,"requests":7,"responses":{"2xx":6}}},'
    b'"upstreams":{"a":{"peers":[{"id":0,"server":"10.0.0.1:80","active":0,"state":"up"}]}}}\n'
)
PANEL = (
    b'"Time","cpu{host=""a""}","b-series"\n2025-03-01 09:00:00,12.5%,1.2 K\n'
    b"2025-03-01 09:01:00,null,3 K\n"
)
FORMS: dict[str, tuple[str, bytes]] = {
    "openmetrics": ("service_metrics", OPENMETRICS),
    "query_range": ("service_metrics", RANGE),
    "statistics": ("service_metrics", STATISTICS),
    "metric_data": ("service_metrics", METRIC_DATA),
    "nginx": ("service_metrics", NGINX),
    "panel": ("service_metrics", PANEL),
    "plain": ("service_metrics", b"timestamp,value\n2014-02-14 14:30:00,0.132\n,1\n\n1,x\n"),
    "events": (
        "events",
        b'{"ts":"2025-03-01T09:00:00Z","event":"view","user":{"id":7},"position":2}\n'
        b'{"ts":1740820502113,"event":"purchase","value":12.5,"items":["a","b"]}\n\n',
    ),
    "event_list": (
        "events",
        b'[{"ts":"2025-03-01","event":"view"},\n{"ts":"2025-03-02","event":"hide"}]',
    ),
    "event_rows": ("events", b"time;event;user_id;value\n2025-03-01 10:00;view;caf\xc3\xa9;1,5\n"),
    "exposure": (
        "exposure",
        b'{"ts":"2025-03-01T09:00:00Z","request_id":"r","items":["a","b"],"rendered":1,"viewed":[]}\n',
    ),
    "exposure_rows": ("exposure", b"timestamp,item_id,position,click\n2025-03-01 09:00,a,1,0\n"),
    "incidents": (
        "incidents",
        b'{"incidents":[{"id":"P1","incident_number":4,"title":"x","status":"resolved",'
        b'"created_at":"2025-03-01T09:00:00Z","last_status_change_at":"2025-03-01T10:00:00Z",'
        b'"service":{"summary":"api"},"acknowledgements":[{"at":"2025-03-01T09:05:00Z"}]}]}',
    ),
    "cost": ("cost", b"Day,Compute (EUR),Total costs (EUR)\n2025-03-01,12.5,12.5\n2025-03-02,,0\n"),
    "rates": ("rates", b"Date,USD,JPY\n2025-03-01,1.0823,N/A\n2025-03-02,1.0811,161.5\n"),
    "yaml": ("settings", b"flags:\n  - name: a\n    on: true\nlimit: 3\nempty: {}\n"),
    "json": ("settings", b'{"flags":{"new":true},"weights":[0.5,0.5],"at":"2025-03-01"}'),
}  # fmt: skip
QUICK = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _of_lines(is_record: Callable[[bytes], bool]) -> Callable[[bytes], int]:
    """Counts the lines that are records, the unfinished last one among them."""

    def count(data: bytes) -> int:
        lines = data.split(b"\n")
        return sum(is_record(line) for line in (lines if lines[-1] else lines[:-1]))

    return count


# what an independent count of a file's records must give, where lines tell
COUNTS = {
    "openmetrics": _of_lines(lambda line: not line.strip().startswith(b"#")),
    "json_lines": _of_lines(lambda line: True),
}


def deliver(hub: Hub, kind: str, data: bytes) -> None:
    """Load bytes; a refusal leaves nothing behind, else every record is somewhere."""
    hub.con.execute("DELETE FROM raw.loads; DELETE FROM raw.files_seen")
    before = hub.one(f"SELECT count(*) FROM raw.{kind}")
    bad_before = hub.one("SELECT count(*) FROM raw.quarantine")
    problem: SourceProblem | None = None
    with tempfile.TemporaryDirectory(dir=hub.home.root) as folder:
        Path(folder, "a").write_bytes(data)
        try:
            (result,) = hub.load(kind, f"{folder}/*")
        except SourceError as refusal:
            problem = refusal.problem
    now = hub.one(f"SELECT count(*) FROM raw.{kind}")
    if problem is not None:
        assert problem.found
        assert problem.expected
        assert problem.remedy
        assert now == before
        return
    assert result.records == result.loaded + result.quarantined + result.blank
    assert now - before == result.loaded
    assert hub.one("SELECT count(*) FROM raw.quarantine") - bad_before == result.quarantined
    ((form,),) = hub.rows("SELECT format FROM raw.loads")
    if form in COUNTS and kind in ("events", "service_metrics"):
        assert result.records == COUNTS[form](data)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """A good file, cut off, with bytes replaced, and with names and values exchanged."""
    out = bytearray(data[: draw(st.sampled_from([len(data), draw(st.integers(0, len(data)))]))])
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(out)))
        pieces = [b'"', b"\n", b",", b"{}", b"null", b"[[]]", b"1e999", b"-1", b"\x00", b"9" * 400]
        piece = draw(st.one_of(st.binary(max_size=4), st.sampled_from(pieces)))
        out[place : place + draw(st.integers(0, 4))] = piece
    return bytes(out)


@st.composite
def reshaped(draw: st.DrawFn, data: bytes) -> bytes:
    """A good file whose words (names of columns and members, values) were exchanged."""
    for _ in range(draw(st.integers(1, 3))):
        words = sorted(set(data.replace(b'"', b" ").replace(b",", b" ").split()))
        old = draw(st.sampled_from(words or [b" "]))
        new = draw(st.sampled_from([*words, b"zzz", b"", b"7", b"true", b"[1]", b'{"a":[]}']))
        data = data.replace(old, new)
    return data


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_file_loads_something(hub: Hub, form: str) -> None:
    kind, data = FORMS[form]
    hub.write("in/a", data)
    (result,) = hub.load(kind)
    assert result.loaded > 0


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_file_is_refused_or_accounted_for(hub: Hub, form: str) -> None:
    damage(hub, form, QUICK)


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_many_damaged_files_are_refused_or_accounted_for(hub: Hub, form: str) -> None:
    damage(hub, form, settings(QUICK, max_examples=300))


def damage(hub: Hub, form: str, effort: settings) -> None:
    """Deliver a form's file, damaged and reshaped in many ways."""
    kind, data = FORMS[form]

    @effort
    @given(st.one_of(damaged(data), reshaped(data)))
    def check(changed: bytes) -> None:
        deliver(hub, kind, changed)

    check()


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in FORMS.values()}))
def test_random_bytes_are_refused_or_accounted_for(hub: Hub, kind: str) -> None:
    @QUICK
    @given(st.binary(max_size=120))
    def check(data: bytes) -> None:
        deliver(hub, kind, data)

    check()


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_is_refused_or_accounted_for(hub: Hub, form: str) -> None:
    kind, data = FORMS[form]
    for end in range(0, len(data), max(1, len(data) // 12)):
        deliver(hub, kind, data[:end])


def test_objects_without_end_are_refused(hub: Hub) -> None:
    nested: Any = b"[" * 100_000
    for kind in ("events", "settings", "service_metrics"):
        deliver(hub, kind, nested)
        deliver(hub, kind, b'{"a":' * 100_000)
    deliver(hub, "settings", b"a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\nd: &d {e: *a}\n")
    deliver(hub, "settings", b"a: &a\n  b: *a\n")
