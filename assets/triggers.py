"""When does the hub run by itself? Every morning, and when a source's files change."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.sources.loading import find_deliveries
from hub.config import HubConfig
from hub.home import HubHome

SENSOR_SECONDS = 30


def daily_schedule(job: UnresolvedAssetJobDefinition, config: HubConfig) -> dg.ScheduleDefinition:
    """Every morning at six in the hub's time zone."""
    return dg.ScheduleDefinition(
        name="every_morning",
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=config.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def new_file_sensor(
    job: UnresolvedAssetJobDefinition, *, home: HubHome, config: HubConfig
) -> dg.SensorDefinition:
    """Starts a run when a file of any source is new, gone or changed."""

    @dg.sensor(
        name="new_files",
        job=job,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        seen = files_fingerprint(home=home, config=config)
        if seen == context.cursor:
            return dg.SkipReason("No file changed.")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=seen)], cursor=seen)

    return new_files


def files_fingerprint(*, home: HubHome, config: HubConfig) -> str:
    """A hash over name, size and modification time of every file of every source."""
    digest = hashlib.sha256()
    for source in config.sources:
        for file in _files(find_deliveries(source, home)):
            stat = file.stat()
            digest.update(f"{file}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(deliveries: Iterable[Path]) -> Iterator[Path]:
    """The files of each delivery: itself, or all files below it when it is a folder."""
    for delivery in deliveries:
        if delivery.is_dir():
            yield from sorted(file for file in delivery.rglob("*") if file.is_file())
        else:
            yield delivery
