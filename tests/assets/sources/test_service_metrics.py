"""Are metrics read from every form, each sample once, with what tells its kind?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

AT = datetime(2025, 3, 1, 9, 15, 2, tzinfo=UTC)
SECONDS = 1740820502


def samples(hub: Hub, columns: str = "metric, value, kind, unit") -> list[tuple[Any, ...]]:
    return hub.rows(f"SELECT {columns} FROM raw.service_metrics ORDER BY metric, labels, _line, 1")


def test_openmetrics_declares_kinds_units_labels_and_times(hub: Hub) -> None:
    hub.write(
        "in/api.txt",
        "# TYPE http_requests counter\n"
        "# HELP http_requests served\n"
        f'http_requests_total{{code="200",path="/a \\"b\\"",service="api"}} 12 {SECONDS}.5\n'
        "\n"
        "# TYPE latency_seconds histogram\n"
        "# UNIT latency_seconds seconds\n"
        f'latency_seconds_bucket{{le="0.1"}} 7 {SECONDS} # {{trace_id="t"}} 0.05\n'
        f"latency_seconds_sum 0.9 {SECONDS}\n"
        "# TYPE instances gauge\n"
        f"instances 3 {SECONDS}\n"
        f"temperature NaN {SECONDS}\n"
        f"instances 3\n"
        f"instances three {SECONDS}\n"
        "# EOF\n",
    )
    (result,) = hub.load("service_metrics")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (8, 5, 2, 1)
    assert samples(hub, "metric, value, kind, unit, service") == [
        ("http_requests_total", 12.0, "counter", None, "api"),
        ("instances", 3.0, "gauge", None, None),
        ("latency_seconds_bucket", 7.0, "histogram", "s", None),
        ("latency_seconds_sum", 0.9, "counter", "s", None),
        ("temperature", None, "gauge", None, None),
    ]
    assert hub.quarantine() == [
        (12, "missing_required", "measured_at"),
        (13, "bad_number", "value"),
    ]
    ((at, labels),) = hub.rows(
        "SELECT measured_at, labels FROM raw.service_metrics WHERE metric LIKE 'http%'"
    )
    assert at == AT.replace(microsecond=500_000)
    assert json.loads(labels) == {"code": "200", "path": '/a "b"', "service": "api"}
    told = result.detected["kinds"]["http_requests_total"]
    assert told == {"kind": "counter", "told_by": "# TYPE http_requests"}


def test_the_older_text_form_counts_milliseconds(hub: Hub) -> None:
    hub.write("in/a.prom", f"# TYPE up gauge\nup 1 {SECONDS}000\n")
    hub.load("service_metrics")
    assert samples(hub, "measured_at") == [(AT,)]


def test_an_exposition_without_times_is_refused(hub: Hub) -> None:
    hub.write("in/a.prom", "# TYPE up gauge\nup 1\nup 0\n")
    problem = hub.refusal("service_metrics").problem
    assert (problem.file, problem.line, problem.found) == ("in/a.prom", 2, "samples without times")
    assert "range query" in problem.remedy


def test_a_range_query_gives_a_sample_a_pair(hub: Hub) -> None:
    pairs = [[SECONDS + 15 * n, str(100 + n)] for n in range(30)]
    answer = {
        "status": "success",
        "data": {
            "resultType": "matrix",
            "result": [
                {"metric": {"__name__": "jobs_done", "job": "worker"}, "values": pairs},
                {"metric": {"__name__": "load", "job": "worker"}, "values": [[SECONDS, "x"]]},
            ],
        },
    }
    hub.write("in/range.json", json.dumps(answer))
    (result,) = hub.load("service_metrics")
    assert (result.records, result.loaded, result.quarantined) == (31, 30, 1)
    assert hub.one("SELECT sum(value) FROM raw.service_metrics") == sum(range(100, 130))
    assert hub.one("SELECT DISTINCT service FROM raw.service_metrics") == "worker"
    told = result.detected["kinds"]["jobs_done"]
    assert told == {"kind": "counter", "told_by": "whole numbers that never fall in 29 steps"}
    ((raw,),) = hub.rows("SELECT raw_text FROM raw.quarantine")
    assert json.loads(raw)["values"] == [[SECONDS, "x"]]


def test_a_sample_that_was_set_aside_can_be_read_by_itself(hub: Hub) -> None:
    metric = {"__name__": "load"}
    alone = {"metric": metric, "values": [[SECONDS, "1.5"]]}
    hub.write("in/again.jsonl", json.dumps(alone) + "\n" + json.dumps(alone) + "\n")
    (result,) = hub.load("service_metrics")
    assert (result.loaded, samples(hub)[0][:2]) == (2, ("load", 1.5))


def test_a_failed_query_is_refused_with_what_prometheus_said(hub: Hub) -> None:
    hub.write("in/a.json", '{"status":"error","errorType":"bad_data","error":"parse error"}')
    assert "parse error" in hub.refusal("service_metrics").problem.found


def test_cloudwatch_statistics_tell_sums_from_averages(hub: Hub) -> None:
    hub.write(
        "in/elb.json",
        json.dumps(
            {
                "Label": "RequestCount",
                "Datapoints": [
                    {"Timestamp": "2025-03-01T09:15:02Z", "Sum": 94.0, "Unit": "Count"},
                    {"Timestamp": "2025-03-01T09:20:02Z", "Sum": 56.0, "Average": 2.5,
                     "ExtendedStatistics": {"p99": 9.5}, "Unit": "Count"},
                ],
            }
        ),
    )  # fmt: skip
    (result,) = hub.load("service_metrics")
    assert result.loaded == 4
    assert samples(hub, "value, kind, unit, labels->>'statistic'") == [
        (2.5, "gauge", "count", "Average"),
        (56.0, "delta", "count", "Sum"),
        (94.0, "delta", "count", "Sum"),
        (9.5, "gauge", "count", "p99"),
    ]


def test_cloudwatch_metric_data_pairs_times_with_values(hub: Hub) -> None:
    result_of = {
        "Id": "m1", "Label": "CPUUtilization", "StatusCode": "PartialData",
        "Timestamps": ["2025-03-01T09:15:02+00:00", "2025-03-01T09:20:02Z", "later"],
        "Values": [12.5, 14],
    }  # fmt: skip
    hub.write("in/cpu.json", json.dumps({"MetricDataResults": [result_of], "Messages": []}))
    (result,) = hub.load("service_metrics")
    assert (result.records, result.loaded, result.quarantined) == (3, 2, 1)
    assert samples(hub) == [
        ("CPUUtilization", 12.5, "gauge", "percent"),
        ("CPUUtilization", 14.0, "gauge", "percent"),
    ]
    assert "part" in result.detected["partial"]


def test_a_panel_with_a_column_a_series_gives_a_sample_a_cell(hub: Hub) -> None:
    hub.write(
        "in/panel.csv",
        '"Time","{__name__=""up"", instance=""a:90"", job=""api""}","p95 latency","traffic"\n'
        "1740820502000,1,12.5 ms,1.2 K\n"
        "1740820562000,0,1.5 s,\n"
        "1740820622000,1,null,much\n",
    )
    (result,) = hub.load("service_metrics")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (9, 6, 1, 2)
    assert samples(hub, "metric, value, unit, service") == [
        ("p95 latency", 12.5, "ms", None),
        ("p95 latency", 1500.0, "ms", None),
        ("traffic", 1200.0, None, None),
        ("up", 1.0, None, "api"),
        ("up", 0.0, None, "api"),
        ("up", 1.0, None, "api"),
    ]
    ((line, column, found, raw),) = hub.rows(
        "SELECT line, column_name, found, raw_text FROM raw.quarantine"
    )
    assert (line, column, found, raw) == (4, "value", "much", "1740820622000,,,much")


def test_a_panel_with_a_row_a_series_and_decimal_commas_is_read(hub: Hub) -> None:
    hub.write(
        "in/old.csv",
        "sep=;\nSeries;Time;Value\n"
        "avg:system.load.1{host:web-1,env:prod};2025-03-01T10:15:02+01:00;1,25\n"
        "avg:system.load.1{host:web-2,env:prod};2025-03-01T10:15:02+01:00;0,5\n",
    )
    hub.load("service_metrics")
    assert samples(hub, "metric, value, labels->>'host', measured_at") == [
        ("avg:system.load.1", 1.25, "web-1", AT),
        ("avg:system.load.1", 0.5, "web-2", AT),
    ]


def test_a_plain_file_goes_by_its_name_or_by_what_hub_yml_says(hub: Hub) -> None:
    hub.write("in/cpu_utilization.csv", "timestamp,value\n2025-03-01 10:15:02,1.732\n")
    (result,) = hub.load("service_metrics")
    assert samples(hub, "metric, value, measured_at") == [("cpu_utilization", 1.732, AT)]
    assert result.detected["metric"] == {"name": "cpu_utilization", "told_by": "the file's name"}
    hub.write("other/a.csv", "timestamp,value\n2025-03-01 10:15:03,5\n")
    hub.load("service_metrics", "other/*", service="api", metric="rps", unit="per_second")
    assert samples(hub, "metric, service, unit, kind")[1] == ("rps", "api", "per_second", "rate")


def test_hub_yml_decides_the_kind_of_a_metric(hub: Hub) -> None:
    rows = "".join(f"2025-03-01 10:{n:02}:00,{n}\n" for n in range(40))
    hub.write("in/disk.csv", "time,value\n" + rows)
    (result,) = hub.load("service_metrics", metric_kinds={"disk": "gauge"})
    assert result.detected["kinds"]["disk"] == {"kind": "gauge", "told_by": "hub.yml"}


def test_columns_that_name_hosts_and_codes_are_labels_and_others_extra(hub: Hub) -> None:
    hub.write("in/a.csv", "time,value,host,Label,shard\n2025-03-01T09:15:02Z,2,web-1,0,7\n")
    hub.load("service_metrics", labels=["shard"])
    ((labels, extra),) = hub.rows("SELECT labels, _extra FROM raw.service_metrics")
    assert json.loads(labels) == {"host": "web-1", "shard": "7"}
    assert json.loads(extra) == {"Label": "0"}


def test_the_status_of_nginx_is_a_sample_a_number(hub: Hub) -> None:
    answer = {
        "nginx_version": "1.9.4", "timestamp": SECONDS * 1000,
        "connections": {"accepted": 9, "active": 1},
        "server_zones": {"shop": {"requests": 7, "responses": {"2xx": 6}, "sent": 100}},
        "upstreams": {"b": {"peers": [{"server": "10.0.0.1:80", "active": 2, "state": "up"}]}},
    }  # fmt: skip
    hub.write("in/status.ndjson", json.dumps(answer) + "\n")
    (result,) = hub.load("service_metrics")
    assert result.records == result.loaded == 6
    assert samples(hub, "metric, value, kind, service") == [
        ("nginx_connections_accepted", 9.0, "counter", None),
        ("nginx_connections_active", 1.0, "gauge", None),
        ("nginx_server_zones_requests", 7.0, "counter", "shop"),
        ("nginx_server_zones_responses_2xx", 6.0, "counter", "shop"),
        ("nginx_server_zones_sent", 100.0, "counter", "shop"),
        ("nginx_upstreams_peers_active", 2.0, "gauge", "b"),
    ]


def test_objects_with_a_time_and_a_value_are_samples(hub: Hub) -> None:
    hub.write("in/a.jsonl", f'{{"ts":{SECONDS},"metric":"rps","value":2.5,"service":"api"}}\n')
    hub.load("service_metrics")
    assert samples(hub, "metric, value, service, kind, measured_at") == [
        ("rps", 2.5, "api", "rate", AT)
    ]


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("when,what\nnow,3\n", "measured_at"),
        ('{"a": 1}\n', "measured_at"),
        ("time,value\n01/02/2025,3\n", "time"),
    ],
)
def test_a_file_that_does_not_tell_time_is_refused(hub: Hub, content: str, column: str) -> None:
    hub.write("in/a", content)
    problem = hub.refusal("service_metrics").problem
    assert problem.column == column
    assert problem.remedy


def test_a_description_of_a_table_holds_no_sample(hub: Hub) -> None:
    hub.write("in/a.json", '{"@context":["x"],"@type":"Dataset","url":"a.csv","notes":["n"]}')
    (result,) = hub.load("service_metrics")
    assert (result.records, result.loaded, result.blank) == (1, 0, 1)
    assert result.detected["describes"] == "a.csv"


def test_a_check_shows_what_told_the_kind(hub: Hub) -> None:
    hub.write("in/a.prom", f"# TYPE up gauge\nup 1 {SECONDS}000\n")
    check = hub.check("service_metrics")
    assert check.format == "openmetrics"
    assert check.detected["kinds"]["up"] == {"kind": "gauge", "told_by": "# TYPE up"}


def test_a_grown_file_loads_its_tail_and_is_understood_as_before(hub: Hub) -> None:
    rows = [f"2025-03-01 10:{n:02}:00,{3 * n}\n" for n in range(40)]
    hub.write("in/jobs.csv", "time,value\n" + "".join(rows[:30]))
    hub.load("service_metrics")
    hub.write("in/jobs.csv", "time,value\n" + "".join(rows))
    (result,) = hub.load("service_metrics")
    assert (result.records, result.loaded) == (10, 10)
    assert result.detected["kinds"]["jobs"] == {"kind": "counter", "told_by": "earlier files"}
    assert hub.rows("SELECT DISTINCT kind FROM raw.service_metrics") == [("counter",)]


def test_an_exposition_that_grew_keeps_its_declarations(hub: Hub) -> None:
    first = f"# TYPE hits gauge\nhits 1 {SECONDS}000\n"
    hub.write("in/a.prom", first)
    hub.load("service_metrics")
    hub.write("in/a.prom", first + f"hits 2 {SECONDS}500\n")
    (result,) = hub.load("service_metrics")
    assert (result.loaded, samples(hub, "value, kind")) == (1, [(1.0, "gauge"), (2.0, "gauge")])


def test_an_overwritten_scrape_is_one_more_delivery(hub: Hub) -> None:
    for n in (1, 2):
        hub.write("in/a.prom", f"# TYPE hits gauge\nhits {n} {SECONDS + n}000\n")
        hub.load("service_metrics")
    assert samples(hub, "value") == [(1.0,), (2.0,)]


def test_what_a_row_declares_of_itself_counts_and_what_is_not_understood_is_kept(hub: Hub) -> None:
    hub.write(
        "in/a.csv",
        "time,metric,value,kind,period,unit\n"
        "2025-03-01T09:15:02Z,hits,5,count,300,\n"
        "2025-03-01T09:15:02Z,size,7,blob,often,Bytes\n",
    )
    hub.load("service_metrics")
    assert samples(hub, "metric, kind, period_seconds, unit, _extra") == [
        ("hits", "delta", 300.0, None, None),
        ("size", "gauge", None, "bytes", '{"kind": "blob", "period_seconds": "often"}'),
    ]
