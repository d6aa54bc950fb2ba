"""Do real series, incidents and exposure load with the totals that others count in them?"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from assets.sources import SourceError

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

DATA = Path(os.environ.get("BELLWETHER_REAL_DATA", "/nonexistent"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="BELLWETHER_REAL_DATA names no folder")
FOLDERS = (
    "nab/realAWSCloudwatch", "nab/realKnownCause", "consumer-purchase-rate",
    "ecommerce-api-incoming-rps", "middle-tier-api-dependency-latency", "service-unavailable",
)  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_series_loads_with_the_sum_that_pandas_finds(hub: Hub, folder: str) -> None:
    paths = sorted((DATA / "logs" / folder).glob("*.csv"))
    results = hub.load("service_metrics", str(DATA / "logs" / folder / "*.csv"), time_zone="UTC")
    assert len(results) == len(paths) > 0
    found = {
        row[0]: row[1:]
        for row in hub.rows(
            "SELECT metric, count(*), sum(value), epoch(min(measured_at)),"
            " epoch(max(measured_at)) FROM raw.service_metrics GROUP BY metric"
        )
    }
    for path, result in zip(paths, results, strict=True):
        frame = pd.read_csv(path)
        frame.columns = [name.lower() for name in frame.columns]
        times = pd.to_datetime(frame["timestamp"], utc=True).astype("int64")
        scale = 10**9 if times.max() > 10**17 else 10**6
        assert (result.records, result.loaded) == (len(frame), len(frame))
        count, total, first, last = found[path.stem]
        assert count == len(frame)
        assert total == pytest.approx(frame["value"].sum(), rel=1e-12)
        assert (first, last) == (times.min() / scale, times.max() / scale)


def test_descriptions_beside_the_series_hold_no_sample(hub: Hub) -> None:
    paths = sorted((DATA / "logs").glob("*/*.csv-metadata.json"))
    for path in paths:
        (result,) = hub.load("service_metrics", str(path))
        assert (result.records, result.loaded, result.blank) == (1, 0, 1)
    assert len(paths) > 20


def test_labels_of_anomalies_are_refused_as_no_metrics(hub: Hub) -> None:
    with pytest.raises(SourceError) as caught:
        hub.load("service_metrics", str(DATA / "logs/nab/labels/combined_windows.json"))
    assert caught.value.problem.column == "measured_at"


def numbers(value: Any) -> Iterator[float]:
    """Every number in a JSON value."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield value
    members = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for member in members:
            yield from numbers(member)


def test_every_number_of_a_status_is_a_sample(hub: Hub) -> None:
    path = DATA / "logs/nginxplus_status_2015.ndjson"
    answers = [json.loads(line) for line in path.read_text().splitlines()]
    told = [number for answer in answers for number in numbers(answer)]
    (result,) = hub.load("service_metrics", str(path))
    assert result.records == result.loaded == len(told) - len(answers)  # their timestamps
    total = sum(told) - sum(answer["timestamp"] for answer in answers)
    assert hub.one("SELECT sum(value) FROM raw.service_metrics") == pytest.approx(total, rel=1e-12)
    falls = hub.one(
        "SELECT count(*) FROM (SELECT value < lag(value) OVER (PARTITION BY metric, labels ORDER BY"
        " measured_at) AS falls FROM raw.service_metrics WHERE kind = 'counter') WHERE falls"
    )
    assert falls == 0


def test_incidents_in_cells_load_with_their_times(hub: Hub) -> None:
    path = DATA / "deploy/_raw_pagerduty_incidents.csv"
    with path.open(newline="") as stream:
        cells = [json.loads(row["data"]) for row in csv.DictReader(stream)]
    (result,) = hub.load("incidents", str(path))
    assert (result.records, result.loaded) == (len(cells), len(cells))
    stored = hub.rows(
        "SELECT incident_id, service, status, epoch(started_at) FROM raw.incidents ORDER BY 1"
    )
    assert stored == sorted(
        (
            cell["id"],
            cell["service"]["summary"],
            cell["status"],
            pd.Timestamp(cell["created_at"]).timestamp(),
        )
        for cell in cells
    )


@pytest.mark.parametrize("policy", ["random", "bts"])
def test_logged_recommendations_load_with_their_clicks(hub: Hub, policy: str) -> None:
    path = DATA / "ml/obp" / policy / "men.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    (result,) = hub.load("exposure", str(path))
    assert result.records == result.loaded == len(rows)
    clicks, positions, propensity = hub.rows(
        "SELECT count(*) FILTER (is_clicked), sum(position), sum(propensity) FROM raw.exposure"
    )[0]
    assert clicks == sum(row["click"] == "1" for row in rows)
    assert positions == sum(int(row["position"]) for row in rows)
    assert propensity == pytest.approx(sum(float(row["propensity_score"]) for row in rows))
