"""What does the shop's monitoring write: instances, CPU and counted requests of each service?"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

from demo.plan import HOURLY
from demo.shop import Shop
from demo.tally import FileCount, write_bytes
from demo.traffic import SERVICES, Service, request_times

METRICS = "exports/metrics/services.csv.gz"
KEPT_DAYS = 92
STEP_SECONDS = 2 * 3600
SILENT_BEFORE_END_DAYS = 25
SILENT_SAMPLES = 7
MORE_SINCE_DAYS = 40
FEWEST, FEWEST_RAISED, MOST = 2, 4, 12
RESTARTS = 6
_NEEDED_AT_NOON = {"recommender-api": 6.0, "search-api": 5.0, "fraud-api": 2.6}
_NEEDED_ELSE = 4.0
_HEADER = "timestamp,service,metric,value,unit,metric_type"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def write_metrics(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes the last `KEPT_DAYS` days, a sample every two hours, with a gap of half a day.

    Instances follow the hour of the day; those of the recommender-api never fall below four from
    `MORE_SINCE_DAYS` before the end on. Requests are a counter that restarts begin anew.
    """
    end = int(shop.moments.data_ends_at.timestamp())
    start = int(shop.clock.starts[shop.plan.n_days - KEPT_DAYS])
    stamps = np.arange(start, end + 1, STEP_SECONDS, dtype=np.int64)
    silent = int(np.searchsorted(stamps, end - SILENT_BEFORE_END_DAYS * 86_400))
    heard = np.ones(len(stamps), dtype=bool)
    heard[silent : silent + SILENT_SAMPLES] = False
    lines = [_HEADER]
    for service in SERVICES:
        lines += _samples(shop, service, stamps, heard)
    text = "\n".join([*lines, ""])
    write_bytes(folder, METRICS, gzip.compress(text.encode(), compresslevel=4, mtime=0))
    return [FileCount("service_metrics", METRICS, len(lines) - 1)]


def _samples(shop: Shop, service: Service, stamps: Ints, heard: npt.NDArray[np.bool_]) -> list[str]:
    rng = shop.plan.rng(f"capacity/{service.name}")
    wanted = _needed(shop, service, stamps)
    instances = _scaled(wanted, _fewest(service, stamps))
    cpu = np.clip(68 * wanted / instances * rng.normal(1, 0.05, len(stamps)), 2, 99)
    counter = _counter(shop, service, stamps, rng)
    lines = []
    for at, running, share, counted in zip(
        np.array(stamps[heard], dtype="datetime64[s]"),
        instances[heard],
        cpu[heard],
        counter[heard],
        strict=True,
    ):
        about = f"{at}Z,{service.name}"
        lines.append(f"{about},instances,{running},,gauge")
        lines.append(f"{about},cpu_utilization,{share:.1f},percent,gauge")
        lines.append(f"{about},http_requests_total,{counted},,counter")
    return lines


def _needed(shop: Shop, service: Service, stamps: Ints) -> Floats:
    """How many instances the traffic of each moment keeps fully busy."""
    passed = stamps - shop.clock.starts[shop.clock.days(stamps.astype(np.float64))]
    load = HOURLY[np.minimum(passed // 3600, 23)] / HOURLY[12]
    return np.asarray(load * _NEEDED_AT_NOON.get(service.name, _NEEDED_ELSE), dtype=np.float64)


def _fewest(service: Service, stamps: Ints) -> Ints:
    raised = stamps >= stamps[-1] - MORE_SINCE_DAYS * 86_400
    is_raised = raised & (service.name == "recommender-api")
    return np.where(is_raised, FEWEST_RAISED, FEWEST).astype(np.int64)


def _scaled(wanted: Floats, fewest: Ints) -> Ints:
    """Up at once, down only when two fewer would do, as an autoscaler does."""
    running = int(fewest[0])
    found = []
    for needed, least in zip(np.ceil(wanted).astype(np.int64), fewest, strict=True):
        if needed > running or needed <= running - 2:
            running = int(needed)
        running = int(np.clip(running, least, MOST))
        found.append(running)
    return np.array(found, dtype=np.int64)


def _counter(shop: Shop, service: Service, stamps: Ints, rng: np.random.Generator) -> Ints:
    """Requests since the last restart; of the day whose logs were lost as on the day before."""
    edges = np.concatenate([[stamps[0] - STEP_SECONDS], stamps]).astype(np.float64)
    counts = np.histogram(request_times(shop, service), edges)[0].astype(np.int64)
    day = shop.clock.days(stamps.astype(np.float64))
    lost = day == shop.moments.logs_missing_day
    counts[lost] = counts[np.flatnonzero(lost) - 86_400 // STEP_SECONDS]
    restarts = set(rng.choice(len(stamps), RESTARTS, replace=False).tolist())
    total, found = 1000, []
    for number, count in enumerate(counts.tolist()):
        total = count if number in restarts else total + count
        found.append(total)
    return np.array(found, dtype=np.int64)
