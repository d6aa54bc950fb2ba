"""Is every line of a log loaded, blank or quarantined, with the right values?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

Line = Callable[..., str]


@pytest.mark.parametrize("compress", [False, True])
def test_a_line_becomes_a_row_with_its_place(hub: Hub, log_line: Line, compress: bool) -> None:
    hub.write("in/a.log", log_line(0) + log_line(61, rendered=8, viewed=3), compress=compress)
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (2, 2, 0, 0)
    assert hub.rows(
        "SELECT logged_at, service, endpoint, method, status, latency_ms, k_asked, k_rendered,"
        " k_viewed, is_fallback, _source, _file, _line, _load_id, _extra"
        " FROM raw.service_logs ORDER BY _line DESC LIMIT 1"
    ) == [
        (
            datetime(2025, 3, 1, 9, 1, 1, 500_000, UTC), "recommender-api", "/v1/recommendations",
            "GET", 200, 41.5, 10, 8, 3, False, "service_logs", "in/a.log", 2, result.load_id, None,
        )
    ]  # fmt: skip
    assert hub.rows("SELECT first_at, last_at, format FROM raw.loads") == [
        (
            datetime(2025, 3, 1, 9, 0, 0, 500_000, UTC),
            datetime(2025, 3, 1, 9, 1, 1, 500_000, UTC),
            "json_lines",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "reason", "column"),
    [
        ({"ts": "yesterday"}, "bad_timestamp", "logged_at"),
        ({"ts": "0001-01-01T00:00:00Z"}, "bad_timestamp", "logged_at"),
        ({"ts": "2025-02-30T00:00:00Z"}, "bad_timestamp", "logged_at"),
        ({"ts": None}, "missing_required", "logged_at"),
        ({"status": "OK"}, "bad_status", "status"),
        ({"status": 700}, "bad_status", "status"),
        ({"status": 200.7}, "bad_status", "status"),
        ({"latency_ms": "fast"}, "bad_number", "latency_ms"),
        ({"latency_ms": -1}, "bad_number", "latency_ms"),
        ({"latency_ms": "NaN"}, "bad_number", "latency_ms"),
        ({"k": "ten"}, "bad_number", "k_asked"),
        ({"k": 2.5}, "bad_number", "k_asked"),
        ({"fallback": "perhaps"}, "bad_value", "is_fallback"),
    ],
)
def test_a_value_that_cannot_be_read_sets_its_line_aside(
    hub: Hub, log_line: Line, changes: dict[str, Any], reason: str, column: str
) -> None:
    bad = log_line(3, **changes)
    hub.write("in/a.log", "".join(log_line(n) for n in range(3)) + bad + log_line(4))
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded, result.quarantined) == (5, 4, 1)
    assert hub.quarantine() == [(4, reason, column)]
    assert hub.one("SELECT raw_text FROM raw.quarantine") == bad.rstrip()
    assert hub.one("SELECT list(_line ORDER BY _line) FROM raw.service_logs") == [1, 2, 3, 5]


def test_missing_values_other_than_the_time_are_fine(hub: Hub, log_line: Line) -> None:
    bare = log_line(1, status=None, latency_ms=None, k=None, service=None)
    dashes = log_line(2, status="-", latency_ms="")
    hub.write("in/a.log", log_line(0) + bare + dashes)
    (result,) = hub.load("service_logs")
    assert result.loaded == 3
    assert hub.one("SELECT count(*) FROM raw.service_logs WHERE status IS NULL") == 2


def test_broken_lines_are_quarantined_with_their_physical_line(hub: Hub, log_line: Line) -> None:
    lines = [
        log_line(0).encode(),
        b"\n",
        b"garbage\n",
        log_line(1).encode(),
        b"  \t\n",
        b'{"ts":"2025-03-01T09:00:00Z","service":"caf\xe9"}\n',
        b"[1, 2]\n",
        log_line(2).encode().rstrip() + log_line(3).encode(),
        log_line(4).encode(),
        b'{"ts":"2025-03-01T09:00:09Z","sta',
    ]
    hub.write("in/a.log", b"".join(lines))
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (10, 3, 5, 2)
    assert [(line, reason) for line, reason, _ in hub.quarantine()] == [
        (3, "malformed_json"),
        (6, "encoding"),
        (7, "malformed_json"),
        (8, "malformed_json"),
        (10, "truncated"),
    ]
    assert hub.one("SELECT list(_line ORDER BY _line) FROM raw.service_logs") == [1, 4, 9]
    assert "\\xe9" in hub.one("SELECT raw_text FROM raw.quarantine WHERE line = 6")


def test_a_line_longer_than_the_reader_takes_is_set_aside(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.log", log_line(0) + log_line(1, message="x" * 40_000_000) + log_line(2))
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded + result.quarantined) == (3, 3)
    assert result.loaded >= 2


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble(hub: Hub, log_line: Line) -> None:
    text = (log_line(0) + log_line(1)).replace("\n", "\r\n")
    hub.write("in/a.log", b"\xef\xbb\xbf" + text.encode())
    (result,) = hub.load("service_logs")
    assert (result.loaded, result.quarantined) == (2, 0)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2025-03-01T09:15:02.113Z", "2025-03-01 09:15:02.113"),
        ("2025-03-01T11:15:02+02:00", "2025-03-01 09:15:02"),
        ("2025-03-01T04:15:02-0500", "2025-03-01 09:15:02"),
        ("2025-03-01 10:15:02,113", "2025-03-01 09:15:02.113"),
        ("2025-07-01T11:15:02", "2025-07-01 09:15:02"),
        (1740820502, "2025-03-01 09:15:02"),
        (1740820502.113, "2025-03-01 09:15:02.113"),
        (1740820502113, "2025-03-01 09:15:02.113"),
        (1740820502113000, "2025-03-01 09:15:02.113"),
        (1740820502113000123, "2025-03-01 09:15:02.113"),
        ("1740820502113", "2025-03-01 09:15:02.113"),
        ("2025-10-26T02:30:00", "2025-10-26 01:30:00"),
        ("2025-03-30T02:30:00", "2025-03-30 01:30:00"),
    ],
)
def test_times_of_all_forms_become_utc(hub: Hub, written: Any, utc: str) -> None:
    hub.write("in/a.log", json.dumps({"timestamp": written, "status": 200}) + "\n")
    hub.load("service_logs")
    assert hub.rows("SELECT logged_at FROM raw.service_logs") == [
        (datetime.fromisoformat(utc).replace(tzinfo=UTC),)
    ]


def test_times_of_several_forms_in_one_file_are_each_read_right(hub: Hub) -> None:
    times = ["2025-03-01T09:15:02Z", "2025-03-01T10:15:02", "2025-03-01T10:15:02+01:00"]
    hub.write("in/a.log", "".join(json.dumps({"time": time}) + "\n" for time in times))
    hub.load("service_logs")
    assert hub.rows("SELECT DISTINCT logged_at FROM raw.service_logs") == [
        (datetime(2025, 3, 1, 9, 15, 2, tzinfo=UTC),)
    ]


def test_fields_nobody_declared_are_kept(hub: Hub, log_line: Line) -> None:
    hub.write("in/a.log", log_line(0) + log_line(1, pod="r-7", cart={"items": [1, 2]}))
    hub.load("service_logs")
    extras = hub.rows("SELECT _extra FROM raw.service_logs ORDER BY _line")
    assert extras[0] == (None,)
    assert json.loads(extras[1][0]) == {"pod": "r-7", "cart": {"items": [1, 2]}}


def test_a_field_that_first_comes_far_down_in_a_file_is_kept(hub: Hub, log_line: Line) -> None:
    lines = [log_line(n) for n in range(9_000)]
    lines[-1] = log_line(9_000, canary="yes")
    hub.write("in/a.log", "".join(lines))
    hub.load("service_logs")
    assert hub.one("SELECT count(*) FROM raw.service_logs WHERE _extra->>'canary' = 'yes'") == 1


def test_names_that_differ_only_in_case_do_not_stop_a_file(hub: Hub) -> None:
    hub.write("in/a.log", '{"ts":"2025-03-01T09:00:00Z","Level":"x","level":"info"}\n')
    assert hub.load("service_logs")[0].loaded == 1


def test_a_mapping_in_the_configuration_wins_over_names(hub: Hub) -> None:
    line = {"when": "2025-03-01T09:00:00Z", "time": "noon", "http": 503, "it's": "odd"}
    hub.write("in/a.log", json.dumps(line) + "\n")
    fields = {"logged_at": "when", "status": "http", "message": "it's"}
    hub.load("service_logs", fields=fields, service="shop-frontend")
    assert hub.rows("SELECT service, status, message FROM raw.service_logs") == [
        ("shop-frontend", 503, "odd")
    ]


def test_a_duration_in_seconds_becomes_milliseconds(hub: Hub) -> None:
    hub.write("in/a.log", '{"time":"2025-03-01T09:00:00Z","request_time":0.25}\n')
    (result,) = hub.load("service_logs")
    assert hub.one("SELECT latency_ms FROM raw.service_logs") == 250.0
    assert result.detected["duration"] == {
        "unit": "s",
        "told_by": "the field is called request_time: nginx writes it in seconds",
    }


@pytest.mark.parametrize(
    ("text", "found", "remedy"),
    [
        ("hello\n", "no known form, such as `hello`", "JSON lines"),
        ("timestamp,value\n2025-03-01 09:00:00,3\n", "a metric over time", "service_metrics"),
        ("# HELP up Whether it runs\nup 1\n", "OpenMetrics", "service_metrics"),
        ('{"resourceMetrics":[]}\n', "OpenTelemetry metrics", "service_metrics"),
        (
            '{"nginx_version":"1.9","timestamp":1,"connections":{"active":1}}\n',
            "NGINX Plus",
            "service_metrics",
        ),
    ],
)
def test_files_without_requests_are_refused_by_name(
    hub: Hub, text: str, found: str, remedy: str
) -> None:
    hub.write("in/a.log", text)
    problem = hub.refusal("service_logs").problem
    assert found in problem.found
    assert remedy in problem.remedy
    assert (problem.file, problem.line) == ("in/a.log", 1)


def test_lines_without_any_known_time_are_refused_naming_the_fields(hub: Hub) -> None:
    hub.write("in/a.log", '{"status":200,"path":"/"}\n')
    problem = hub.refusal("service_logs").problem
    assert problem.column == "logged_at"
    assert "status, path" in problem.found
    assert "fields: {logged_at:" in problem.remedy


def test_an_empty_file_and_one_of_blank_lines_load_nothing(hub: Hub) -> None:
    hub.write("in/a.log", "")
    hub.write("in/b.log", "\n \n\n")
    counts = {(result.records, result.loaded, result.blank) for result in hub.load("service_logs")}
    assert counts == {(0, 0, 0), (3, 0, 3)}
