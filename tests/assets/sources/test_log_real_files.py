"""Do real request logs load with the totals that plain Python counts? Needs the folder named by
BELLWETHER_REAL_DATA."""

from __future__ import annotations

import json
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

LOGS = Path(os.environ.get("BELLWETHER_REAL_DATA", "/nonexistent")) / "logs"
pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason="BELLWETHER_REAL_DATA names no folder")


def _lines(name: str) -> list[str]:
    return (LOGS / name).read_text(encoding="utf-8").splitlines()


def _totals(hub: Hub) -> tuple[int, int, float]:
    """Rows, sum of statuses, sum of durations in ms."""
    row = hub.rows(
        "SELECT count(*), coalesce(sum(status), 0), coalesce(sum(latency_ms), 0)"
        " FROM raw.service_logs"
    )[0]
    return int(row[0]), int(row[1]), float(row[2])


def _load(hub: Hub, name: str) -> tuple[int, int, int, int]:
    (result,) = hub.load("service_logs", str(LOGS / name))
    return result.records, result.loaded, result.quarantined, result.blank


def test_a_combined_log_with_times_that_step_back(hub: Hub) -> None:
    name = "apache_combined_semicomplete_2015.log"
    lines = _lines(name)
    statuses = [int(re.search(r'" (\d{3}) ', line)[1]) for line in lines]  # type: ignore[index]
    assert _load(hub, name) == (len(lines), len(lines), 0, 0)
    assert _totals(hub) == (len(lines), sum(statuses), 0)
    steps = "lag(logged_at) OVER (ORDER BY _line) > logged_at AS is_back"
    back = hub.one(f"SELECT count(*) FILTER (is_back) FROM (SELECT {steps} FROM raw.service_logs)")
    clocks = [re.search(r"\[(\d+)/May/2015:([\d:]+)", line) for line in lines]
    times = [(int(found[1]), found[2]) for found in clocks if found]
    assert back == sum(later < earlier for earlier, later in pairwise(times))


def test_caddy_behind_a_container_name(hub: Hub) -> None:
    name = "caddy_docker_prefixed.log"
    objects = [json.loads(line.partition("| ")[2]) for line in _lines(name)]
    assert _load(hub, name) == (len(objects), len(objects), 0, 0)
    rows, status, ms = _totals(hub)
    assert (rows, status) == (len(objects), sum(line.get("status", 0) for line in objects))
    assert ms == pytest.approx(1000 * sum(line.get("duration", 0) for line in objects))


def test_haproxy_with_lines_that_are_no_requests(hub: Hub) -> None:
    name = "haproxy.log"
    lines = _lines(name)
    fields = [line.split("] ")[1].split(" ") for line in lines if '"' in line]
    requests = [(int(f[2].rpartition("/")[2]), int(f[3])) for f in fields]
    assert _load(hub, name) == (len(lines), len(requests), len(lines) - len(requests), 0)
    assert _totals(hub) == (
        len(requests), sum(status for _, status in requests), sum(ms for ms, _ in requests),
    )  # fmt: skip
    assert {reason for _, reason, _ in hub.quarantine()} == {"not_a_request"}


def test_iis_with_repeated_headers(hub: Hub) -> None:
    name = "iis_w3c_timetaken_2015.log"
    lines = _lines(name)
    cells = [line.split(" ") for line in lines if not line.startswith("#")]
    assert _load(hub, name) == (len(lines), len(cells), 0, len(lines) - len(cells))
    assert _totals(hub) == (
        len(cells), sum(int(c[11]) for c in cells), sum(int(c[-1]) for c in cells),
    )  # fmt: skip


def test_uwsgi_with_milliseconds_and_microseconds(hub: Hub) -> None:
    name = "uwsgi.log"
    lines = _lines(name)
    spent = [re.search(r"in (\d+) (msecs|micros)", line) for line in lines]
    ms = sum(int(s[1]) / (1 if s[2] == "msecs" else 1000) for s in spent if s)
    assert _load(hub, name) == (len(lines), len(lines), 0, 0)
    rows, status, loaded_ms = _totals(hub)
    assert (rows, status) == (len(lines), 200 * len(lines))
    assert loaded_ms == pytest.approx(ms)


def test_an_edge_log_with_times_in_nanoseconds(hub: Hub) -> None:
    name = "cloudflare.json.log"
    objects = [json.loads(line) for line in _lines(name)]
    assert _load(hub, name) == (len(objects), len(objects), 0, 0)
    assert _totals(hub)[1] == sum(line["EdgeResponseStatus"] for line in objects)


def test_an_export_of_opentelemetry(hub: Hub) -> None:
    name = "otlp_collector_logs.jsonl"
    records = [
        record
        for line in _lines(name)
        for group in json.loads(line)["resourceLogs"]
        for scope in group["scopeLogs"]
        for record in scope["logRecords"]
    ]
    assert _load(hub, name) == (len(records), len(records), 0, 0)
    assert hub.one("SELECT sum(epoch_ns(logged_at)::HUGEINT) FROM raw.service_logs") == sum(
        int(record["timeUnixNano"]) for record in records
    )


@pytest.mark.parametrize(
    "name",
    [
        "nginxplus_status_2015.ndjson",
        *sorted(
            str(next(iter(sorted(folder.glob("*.csv")))).relative_to(LOGS))
            for folder in LOGS.rglob("*")
            if folder.is_dir() and any(folder.glob("*.csv"))
        ),
    ],
)
def test_files_of_metrics_are_refused_naming_their_kind(hub: Hub, name: str) -> None:
    problem = hub.refusal("service_logs", str(LOGS / name)).problem
    assert "service_metrics" in problem.remedy
