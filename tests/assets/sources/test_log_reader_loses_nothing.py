"""Whatever bytes a log holds: is each line loaded, blank or set aside, and told apart rightly?"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import SourceError
from tests.assets.sources.test_log_forms import FORMS

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

NOT_BY_LINE = ("otlp logs", "otlp spans", "otlp in one document", "json list",
               "json over several lines")  # fmt: skip
BY_LINE = {name: told[0].encode() for name, told in FORMS.items() if name not in NOT_BY_LINE}
PIECES = [b'"', b"\n", b"\\", b"\r", b"\0", b"\xff", b"\x01", b"\xef\xbb\xbf", b"{}", b"[", b" ",
          b"NaN", b'{"ts":1740820502}', b"\n\n", b"#Fields: a b\n", b"\xed\xa0\x80"]  # fmt: skip


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def _deliver(hub: Hub, data: bytes, *, lines: int | None) -> None:
    """Load bytes. A refusal has its shape and leaves nothing; else the sums must hold, against
    lines that are counted here."""
    tables = ("loads", "files_seen", "service_logs", "quarantine")
    hub.con.execute("; ".join(f"DELETE FROM raw.{table}" for table in tables))
    with tempfile.TemporaryDirectory(dir=hub.home.root) as folder:
        Path(folder, "a").write_bytes(data)
        try:
            (result,) = hub.load("service_logs", f"{folder}/*")
        except SourceError as refusal:
            problem = refusal.problem
            assert problem.file
            assert problem.found
            assert problem.expected
            assert problem.remedy
            assert [hub.one(f"SELECT count(*) FROM raw.{table}") for table in tables] == [0] * 4
            return
    assert result.records == result.loaded + result.quarantined + result.blank
    assert hub.one("SELECT count(*) FROM raw.service_logs") == result.loaded
    assert hub.one("SELECT count(*) FROM raw.quarantine") == result.quarantined
    if lines is not None:
        assert result.records == lines
        places = hub.rows(
            "SELECT _line FROM raw.service_logs UNION ALL SELECT line FROM raw.quarantine"
        )
        numbers = [place for (place,) in places]
        assert len(numbers) == len(set(numbers))
        assert set(numbers) <= set(range(1, lines + 1))


def _count(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@st.composite
def damaged(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """Good lines of a form, some repeated, then cut off and with bytes replaced or put in."""
    out = bytearray(b"".join(draw(st.lists(st.sampled_from(lines), min_size=1, max_size=6))))
    del out[draw(st.integers(0, len(out))) if draw(st.booleans()) else len(out) :]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(out)))
        out[place : place + draw(st.integers(0, 3))] = draw(
            st.one_of(st.binary(max_size=3), st.sampled_from(PIECES))
        )
    return bytes(out)


def _check_damaged(hub: Hub, examples: int) -> None:
    per_form = max(1, examples // len(BY_LINE))
    for content in BY_LINE.values():
        lines = content.splitlines(keepends=True)

        @_settings(per_form)
        @given(damaged(lines))
        def deliver(data: bytes) -> None:
            _deliver(hub, data, lines=_count(data))

        deliver()


def test_a_damaged_log_of_any_form_is_refused_or_accounted_for(hub: Hub) -> None:
    _check_damaged(hub, 66)


@pytest.mark.long
def test_many_damaged_logs_are_refused_or_accounted_for(hub: Hub) -> None:
    _check_damaged(hub, 1_200)


@pytest.mark.parametrize("name", NOT_BY_LINE)
def test_a_damaged_list_or_export_is_refused_or_accounted_for(hub: Hub, name: str) -> None:
    @_settings(12)
    @given(damaged([FORMS[name][0].encode()]))
    def deliver(data: bytes) -> None:
        _deliver(hub, data, lines=None)

    deliver()


VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({"a": {"b": 1}}),
    st.sampled_from(["2025-03-01T09:15:02Z", "-", "", "200", 1740820502, 404, 0.25, 41]),
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from([
        "ts", "time", "status", "code", "duration", "latency_ms", "path", "k", "fallback",
        "Status", "service", "event", "http", "a.b", 'a"b', "a'b", "$x", "\u00e9", "", "x\ny",
        "_line", "null",
    ]),
    st.text(max_size=3),
)  # fmt: skip


def _check_schemas(hub: Hub, examples: int) -> None:
    @_settings(examples)
    @given(st.lists(st.dictionaries(NAMES, VALUES, max_size=6), min_size=1, max_size=8))
    def deliver(objects: list[dict[str, Any]]) -> None:
        text = "".join(json.dumps({"ts": 1740820502} | line) + "\n" for line in objects)
        _deliver(hub, text.encode(), lines=len(objects))

    deliver()


def test_lines_of_any_schema_are_refused_or_accounted_for(hub: Hub) -> None:
    _check_schemas(hub, 60)


@pytest.mark.long
def test_many_lines_of_any_schema_are_refused_or_accounted_for(hub: Hub) -> None:
    _check_schemas(hub, 500)


def test_random_bytes_behind_good_lines_are_accounted_for(hub: Hub) -> None:
    good = FORMS["combined"][0].encode() * 3

    @_settings(30)
    @given(st.binary(max_size=120))
    def deliver(noise: bytes) -> None:
        _deliver(hub, good + noise, lines=_count(good + noise))

    deliver()


def _json(number: int, **more: Any) -> bytes:
    return json.dumps({"ts": 1740820502 + number, "status": 200} | more).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"ts":1740820502,"status":NaN}', "malformed_json"),
        (b'{"ts":1740820502,"status":200', "malformed_json"),
        (b'{"ts":1740820502,"path":"a\0b"}', "malformed_json"),
        (b'{"ts":1740820502,"path":"\xff"}', "encoding"),
        (b'{"ts":1740820502,"latency_ms":1e999}', "bad_number"),
        (b'{"ts":1740820502} {"ts":1740820503}', "malformed_json"),
        (b"null", "malformed_json"),
    ],
)
def test_a_line_that_is_no_json_is_set_aside_alone(hub: Hub, line: bytes, reason: str) -> None:
    data = b"\n".join([_json(1, latency_ms=3), line, _json(2, latency_ms=4), b""])
    hub.write("in/a", data)
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded, result.quarantined) == (3, 2, 1)
    assert [(number, told) for number, told, _ in hub.quarantine()] == [(2, reason)]
    assert hub.one("SELECT list(_line ORDER BY _line) FROM raw.service_logs") == [1, 3]


def test_a_key_that_stands_twice_does_not_stop_a_file(hub: Hub) -> None:
    twice = b'{"ts":1740820502,"status":200,"status":500}'
    hub.write("in/a", b"\n".join([_json(1), twice, _json(2), b""]))
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded + result.quarantined) == (3, 3)
    assert hub.one("SELECT count(*) FROM raw.service_logs WHERE _line IN (1, 3)") == 2


@pytest.mark.parametrize("make", [_json, None], ids=["json", "access"])
def test_a_line_of_twenty_megabytes_is_set_aside_or_loaded(
    hub: Hub, make: Callable[..., bytes] | None
) -> None:
    line = FORMS["combined"][0].encode().rstrip()
    good = [_json(1), _json(2)] if make else [line, line]
    long = make(3, path="x" * 20_000_000) if make else line.replace(b"Linux", b"x" * 20_000_000)
    hub.write("in/a", b"\n".join([good[0], long, good[1], b""]))
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded + result.quarantined) == (3, 3)
    assert hub.one("SELECT count(*) FROM raw.service_logs WHERE _line IN (1, 3)") == 2


def test_a_file_of_one_long_line_is_not_taken_for_blank(hub: Hub) -> None:
    hub.write("in/a", b" " * 70_000 + b"x" * 100_000)
    assert hub.refusal("service_logs").problem.line == 1


def test_every_undecodable_byte_is_visible_in_the_text_that_is_kept(hub: Hub) -> None:
    hub.write("in/a", _json(1) + b'\n{"ts":1740820502,"path":"caf\xe9"}\n')
    hub.load("service_logs")
    assert re.search(r"caf\\xe9", hub.one("SELECT raw_text FROM raw.quarantine"))
