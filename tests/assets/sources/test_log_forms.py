"""Does a log of every form load without configuration, with its unit and zone told by evidence?"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

CLF = '203.0.113.9 - - [01/Mar/2025:10:15:02 +0100] "GET /cart?id=7 HTTP/1.1" 200 512'
COMBINED = CLF + ' "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"'
UTC_TIME = datetime(2025, 3, 1, 9, 15, 2, tzinfo=UTC)


def _otlp(*records: dict[str, Any], service: str = "checkout") -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    scope = {"scope": {}, "logRecords": list(records)}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]})


def _attributes(**values: Any) -> list[dict[str, Any]]:
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}
    return [
        {"key": key.replace("__", "."), "value": {kinds[type(value)]: value}}
        for key, value in values.items()
    ]


RECORD = {
    "timeUnixNano": "1740820502000000000",
    "severityText": "INFO",
    "body": {"stringValue": "handled"},
    "attributes": _attributes(
        http__route="/cart", http__request__method="GET", http__response__status_code=200,
        http__server__request__duration=0.25,
    ),
}  # fmt: skip
SPAN = {
    "startTimeUnixNano": "1740820502000000000",
    "endTimeUnixNano": "1740820502250000000",
    "attributes": _attributes(url__path="/cart", http__response__status_code=200),
}
ECS = {
    "@timestamp": "2025-03-01T09:15:02Z", "service": {"name": "checkout"},
    "event": {"duration": 250_000_000}, "url": {"path": "/cart"},
    "http": {"request": {"method": "GET"}, "response": {"status_code": 200}},
}  # fmt: skip
CADDY = {
    "level": "info", "ts": 1740820502.0, "logger": "http.log.access", "msg": "handled request",
    "request": {"remote_ip": "203.0.113.9", "proto": "HTTP/1.1", "method": "GET", "uri": "/cart",
                "host": "shop.example"},
    "duration": 0.25, "size": 188, "status": 200, "resp_headers": {"Server": ["Caddy"]},
}  # fmt: skip
TRAEFIK = {
    "StartUTC": "2025-03-01T09:15:02Z", "Duration": 250_000_000, "DownstreamStatus": 200,
    "RequestMethod": "GET", "RequestPath": "/cart", "ServiceName": "cart@docker",
    "RouterName": "cart",
}  # fmt: skip
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
    "#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip sc-status sc-substatus time-taken\n"
    "2025-03-01 09:15:02 GET /cart id=7 203.0.113.9 200 0 250\n"
)
CLOUDFRONT = (
    "#Version: 1.0\n"
    "#Fields: date time x-edge-location c-ip cs-method cs-uri-stem sc-status time-taken\n"
    "2025-03-01\t09:15:02\tFRA50\t203.0.113.9\tGET\t/cart\t200\t0.250\n"
)
ALB = (
    "https 2025-03-01T09:15:02.000000Z app/shop/50dc6c495c0c9188 203.0.113.9:2817 10.0.0.1:80"
    ' 0.001 0.248 0.001 200 200 34 366 "GET https://shop.example:443/cart?id=7 HTTP/1.1"'
    ' "curl/8.0" ECDHE TLSv1.3 arn:aws:tg "Root=1-58337262-36d228ad" "-" "-" 0\n'
)
HAPROXY = (
    "Mar  1 10:15:02 lb haproxy[7]: 203.0.113.9:5333 [01/Mar/2025:10:15:02.000] web~ cart/app1"
    ' 0/0/7/243/250 200 1139 - - ---- 2/1/0/0/0 0/0 {agent with "space} {} '
    '"GET /cart?id=7 HTTP/1.1"\n'
)
UWSGI = (
    "[pid: 9|app: 0|req: 1/1] 203.0.113.9 () {38 vars in 696 bytes} [Sat Mar  1 10:15:02 2025]"
    " GET /cart?id=7 => generated 47 bytes in 250 msecs (HTTP/1.1 200) 9 headers in 378 bytes"
    " (1 switches on core 3)\n"
)
UVICORN = '2025-03-01 10:15:02,000 INFO:     203.0.113.9:5333 - "GET /cart?id=7 HTTP/1.1" 200 OK\n'
STRUCTLOG = {
    "event": "request_finished", "timestamp": "2025-03-01T09:15:02Z", "level": "info",
    "path": "/cart", "status": 200, "duration_s": 0.25,
}  # fmt: skip
PYTHON_JSON = {
    "asctime": "2025-03-01 10:15:02,000", "levelname": "INFO", "message": "handled",
    "url": "/cart", "status_code": 200, "response_time_ms": 250,
}  # fmt: skip
PREFIX = "proxy-1  | "
# name -> content, form, unit of the duration, part of its evidence, zone of times
FORMS: dict[str, tuple[str, str, str | None, str, str]] = {
    "common": (CLF + "\n", "access_log", None, "", "of each line"),
    "combined": (COMBINED + "\n", "access_log", None, "", "of each line"),
    "virtual host": ("shop.example:443 " + COMBINED + "\n", "access_log", None, "", "of each line"),
    "nginx request time": (
        COMBINED + " 0.250\n", "access_log", "s", "three decimals", "of each line",
    ),
    "nginx request and upstream time": (
        COMBINED + ' "-" 0.240 0.250 .\n', "access_log", "s", "extra_3", "of each line",
    ),
    "nginx named times": (
        COMBINED + ' rt=0.250 uct="0.001" urt="0.2"\n', "access_log", "s", "called rt",
        "of each line",
    ),
    "time before the referer": (
        CLF + ' 0.250 "-" "curl/8.0"\n', "access_log", "s", "three decimals", "of each line",
    ),
    "traefik common": (
        COMBINED + ' 1 "cart@docker" "http://10.0.0.2:80" 250ms\n', "access_log", "written",
        "250ms", "of each line",
    ),
    "structlog": (json.dumps(STRUCTLOG) + "\n", "json_lines", "s", "duration_s", "of each line"),
    "python-json-logger": (
        json.dumps(PYTHON_JSON) + "\n", "json_lines", "ms", "response_time_ms", "Europe/Berlin",
    ),
    "ecs nested": (json.dumps(ECS) + "\n", "json_lines", "ns", "Elastic", "of each line"),
    "ecs dotted": (
        '{"@timestamp":"2025-03-01T09:15:02Z","service.name":"checkout","url.path":"/cart",'
        '"event.duration":250000000,"http.response.status_code":200}\n',
        "json_lines", "ns", "Elastic", "of each line",
    ),
    "otlp logs": (_otlp(RECORD) + "\n", "otlp_json", "s", "OpenTelemetry", "UTC"),
    "otlp spans": (
        json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}) + "\n",
        "otlp_json", "ns", "duration_ns", "UTC",
    ),
    "otlp in one document": (
        json.dumps(json.loads(_otlp(RECORD)), indent=2), "json_list_of_otlp_json", "s",
        "OpenTelemetry", "UTC",
    ),
    "caddy": (json.dumps(CADDY) + "\n", "json_lines", "s", "Caddy", "UTC"),
    "caddy behind a container's name": (
        PREFIX + json.dumps(CADDY) + "\n", "prefixed_json_lines", "s", "Caddy", "UTC",
    ),
    "nginx behind a container's name": (
        PREFIX + COMBINED + " 0.250\n", "prefixed_access_log", "s", "three decimals",
        "of each line",
    ),
    "traefik json": (json.dumps(TRAEFIK) + "\n", "json_lines", "ns", "Traefik", "of each line"),
    "json list": (json.dumps([STRUCTLOG]), "json_list", "s", "duration_s", "of each line"),
    "json over several lines": (
        json.dumps([STRUCTLOG], indent=1), "json_list", "s", "duration_s", "of each line",
    ),
    "iis": (IIS, "w3c_extended", "ms", "IIS", "UTC"),
    "cloudfront": (CLOUDFRONT, "w3c_extended", "s", "CloudFront", "UTC"),
    "aws load balancer": (ALB, "aws_elb", "s", "AWS", "of each line"),
    "haproxy": (HAPROXY, "haproxy", "ms", "HAProxy", "Europe/Berlin"),
    "uwsgi": (UWSGI, "uwsgi", "written", "250ms", "Europe/Berlin"),
    "uvicorn with a time": (UVICORN, "uvicorn", None, "", "Europe/Berlin"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_form_loads_without_configuration_and_says_how_it_was_read(hub: Hub, name: str) -> None:
    content, form, unit, evidence, zone = FORMS[name]
    hub.write("in/a.txt", content)
    (result,) = hub.load("service_logs")
    assert (result.loaded, result.quarantined) == (1, 0)
    row = hub.rows("SELECT logged_at, endpoint, status, latency_ms FROM raw.service_logs")[0]
    assert row == (UTC_TIME, "/cart", 200, None if unit is None else 250.0)
    assert hub.one("SELECT format FROM raw.loads") == form
    told = result.detected
    assert told["form_told_by"]
    assert told["time"]["zone"] == zone
    assert told["time"]["told_by"]
    if unit is None:
        assert "duration" not in told
        assert "latency_ms" in told["not_in_the_lines"]
    else:
        assert told["duration"]["unit"] == unit
        assert evidence in told["duration"]["told_by"]


def test_spans_say_what_they_stand_for_and_within_which_other(hub: Hub) -> None:
    spans = [
        SPAN | {"kind": kind, **parent}
        for kind, parent in [
            (2, {"parentSpanId": ""}),
            ("SPAN_KIND_CLIENT", {"parentSpanId": "a1"}),
            (0, {}),
        ]
    ]
    hub.write("in/a", json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n")
    hub.load("service_logs")
    found = hub.rows("SELECT span_kind, parent_span_id FROM raw.service_logs ORDER BY _line, 1")
    assert sorted(found) == [("client", "a1"), ("server", ""), ("unspecified", None)]


@pytest.mark.parametrize("name", ["combined", "ecs nested", "haproxy"])
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_compressed_file_is_the_same_file(hub: Hub, name: str, pack: Any) -> None:
    content = FORMS[name][0].encode()
    hub.write("in/a", content)
    hub.write("in/b", pack(content))
    assert [result.status for result in hub.load("service_logs")] == ["loaded", "duplicate"]
    hub.write("in/c", pack(content * 3))
    hub.load("service_logs")
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 3


def test_two_zstd_frames_are_one_file_and_a_cut_one_is_refused(hub: Hub) -> None:
    line = FORMS["structlog"][0].encode()
    packed = zstandard.compress(line) + zstandard.compress(line)
    hub.write("in/a.zst", packed)
    assert hub.load("service_logs")[0].loaded == 2
    hub.write("in/b.zst", packed[:-5])
    assert "broken Zstandard" in hub.refusal("service_logs").problem.found


def test_uvicorn_as_it_comes_is_refused_saying_what_it_lacks(hub: Hub) -> None:
    hub.write("in/a", 'INFO:     203.0.113.9:5333 - "GET /cart HTTP/1.1" 200 OK\n' * 3)
    problem = hub.refusal("service_logs").problem
    assert problem.column == "logged_at"
    assert "neither time nor duration" in problem.found
    assert "nothing of it can be loaded" in problem.found
    assert "asctime" in problem.remedy


def test_the_virtual_host_names_the_service_unless_hub_yml_does(hub: Hub) -> None:
    hub.write("in/a", FORMS["virtual host"][0])
    hub.load("service_logs")
    assert hub.one("SELECT service FROM raw.service_logs") == "shop.example"
    hub.write("in/b", FORMS["virtual host"][0] * 2)
    hub.load("service_logs", "in/b", service="shop")
    assert hub.one("SELECT max(service) FROM raw.service_logs WHERE _file = 'in/b'") == "shop"


def test_a_whole_number_of_no_known_unit_is_no_duration_but_named(hub: Hub) -> None:
    hub.write("in/a", COMBINED + " 1500\n")
    (result,) = hub.load("service_logs")
    assert hub.rows("SELECT latency_ms, _extra FROM raw.service_logs") == [
        (None, '{"extra_1":"1500"}')
    ]
    assert "extra_1" in result.detected["may_be_a_duration"]
    hub.write("in/b", COMBINED + " 2500\n")
    hub.load("service_logs", "in/b", fields={"latency_ms": "extra_1"}, duration_unit="us")
    assert hub.one("SELECT latency_ms FROM raw.service_logs WHERE _file = 'in/b'") == 2.5


def test_a_field_called_as_in_nginx_with_values_that_are_no_seconds_is_refused(hub: Hub) -> None:
    line = '{"time":"2025-03-01T09:15:02Z","request_time":900}\n'
    hub.write("in/a", line * 6)
    problem = hub.refusal("service_logs").problem
    assert "no seconds" in problem.found
    assert "duration_unit" in problem.remedy


def test_odd_lines_of_an_access_log_are_read_one_by_one(hub: Hub) -> None:
    odd = [
        COMBINED.replace("Mozilla/5.0", 'a \\"quoted\\" agent'),
        COMBINED.replace("GET /cart?id=7 HTTP/1.1", "\\x16\\x03\\x01").replace("200", "400"),
        COMBINED.replace("203.0.113.9 - -", "203.0.113.9 - anna maria"),
        COMBINED.replace("GET /cart", "GET http://shop.example/cart"),
        COMBINED.replace("?id=7", "?name=caf\udce9"),
        COMBINED.replace("Linux", "Lin\rux"),
        COMBINED.replace("Linux", "Lin\0ux"),
        COMBINED.replace("Linux", "Lin\x01ux"),
    ]
    bad = [
        "garbage",
        COMBINED[:60],
        COMBINED.replace("01/Mar", "32/Mar"),
        COMBINED.replace(" 200 ", " 999 "),
        "2025/03/01 10:15:02 [error] 7#7: *1 open() failed",
    ]
    lines = [COMBINED, *odd, "", *bad]
    text = "".join(line + "\n" for line in lines)
    hub.write("in/a", text.encode("utf-8", "surrogateescape"))
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (15, 9, 5, 1)
    assert hub.one("SELECT list(_line ORDER BY _line) FROM raw.service_logs") == list(range(1, 10))
    assert hub.quarantine() == [
        (11, "malformed_line", None),
        (12, "malformed_line", None),
        (13, "bad_timestamp", "logged_at"),
        (14, "bad_status", "status"),
        (15, "not_a_request", None),
    ]
    paths = hub.rows("SELECT endpoint, count(*) FROM raw.service_logs GROUP BY 1 ORDER BY 1")
    assert paths == [("/cart", 8), (None, 1)]


def test_the_parts_of_a_request_without_a_column_are_kept_only_on_demand(hub: Hub) -> None:
    hub.write("in/a", COMBINED + " 0.250 edge-3\n")
    (result,) = hub.load("service_logs")
    assert hub.one("SELECT _extra FROM raw.service_logs") == '{"extra_2":"edge-3"}'
    assert {"client_address", "user_agent", "query"} <= set(result.detected["left_out"])
    hub.write("in/b", COMBINED + " 0.350 edge-3\n")
    hub.load("service_logs", "in/b", keep_unknown="always")
    kept = json.loads(hub.one("SELECT _extra FROM raw.service_logs WHERE _file = 'in/b'"))
    assert (kept["client_address"], kept["query"]) == ("203.0.113.9", "id=7")


def test_a_header_that_changes_within_a_file_holds_for_what_follows(hub: Hub) -> None:
    later = "#Fields: date time sc-status time-taken cs-uri-stem\n2025-03-01 09:15:03 404 7 /x\n"
    hub.write("in/a", IIS + later + "2025-03-01 09:15:04 200\n")
    (result,) = hub.load("service_logs")
    assert (result.loaded, result.quarantined, result.blank) == (2, 1, 4)
    assert hub.rows("SELECT endpoint, status, latency_ms FROM raw.service_logs ORDER BY _line") == [
        ("/cart", 200, 250.0), ("/x", 404, 7.0),
    ]  # fmt: skip
    hub.write("in/a", IIS + later + "2025-03-01 09:15:04 200\n2025-03-01 09:15:05 200 9 /y\n")
    (tail,) = hub.load("service_logs")
    assert (tail.records, tail.loaded) == (1, 1)
    assert hub.one("SELECT endpoint FROM raw.service_logs WHERE _line = 8") == "/y"


def test_every_record_of_an_otlp_line_is_one_record(hub: Hub) -> None:
    bad = RECORD | {"timeUnixNano": "soon"}
    unknown_time = RECORD | {"timeUnixNano": "0", "observedTimeUnixNano": "1740820503000000000"}
    lines = [_otlp(RECORD, bad), _otlp(unknown_time, service="cart"), "{", '{"resourceLogs":[]}']
    hub.write("in/a", "\n".join(lines) + "\n")
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (5, 2, 2, 1)
    assert hub.quarantine() == [(1, "bad_timestamp", "logged_at"), (3, "malformed_json", None)]
    assert hub.rows("SELECT service, _line FROM raw.service_logs ORDER BY _line") == [
        ("checkout", 1), ("cart", 2),
    ]  # fmt: skip


def test_a_list_that_breaks_off_keeps_what_stands_before(hub: Hub) -> None:
    text = json.dumps([STRUCTLOG, STRUCTLOG, STRUCTLOG], indent=1)
    hub.write("in/a", text[:-60])
    (result,) = hub.load("service_logs")
    assert (result.records, result.loaded, result.quarantined) == (3, 2, 1)
    assert hub.quarantine() == [(18, "truncated", None)]


def test_a_list_with_something_else_in_it_is_refused_naming_the_line(hub: Hub) -> None:
    first = json.dumps(STRUCTLOG)
    hub.write("in/a", f"[{first},\n{first},\n7]")
    problem = hub.refusal("service_logs").problem
    assert problem.line == 3
    assert "7" in problem.found


@pytest.mark.parametrize("keep", ["sampled", "always", "never"])
def test_undeclared_fields_are_kept_as_hub_yml_says(hub: Hub, keep: str) -> None:
    lines = [json.dumps(STRUCTLOG | {"pod": "r-1"})] * 40_000
    lines[20_011] = json.dumps(STRUCTLOG | {"pod": None, "rare": 1.5})
    hub.write("in/a", "\n".join(lines) + "\n")
    (result,) = hub.load("service_logs", keep_unknown=keep)
    assert result.loaded == 40_000
    told = dict(hub.rows("SELECT _extra, count(*) FROM raw.service_logs GROUP BY 1"))
    pod = {'{"pod":"r-1"}': 39_999}
    assert told == {
        "sampled": pod | {None: 1}, "always": pod | {'{"rare":1.5}': 1}, "never": {None: 40_000},
    }[keep]  # fmt: skip
    assert ("pod" in result.detected.get("left_out", [])) == (keep == "never")
