"""How do pages learn that a run which Dagster started by itself failed, or that all is well again?

The command `run` notes its own outcome at once; these sensors do it for the schedule's runs. They
come seconds later, so they go by the time a run ended.
"""

from datetime import UTC, datetime

import dagster as dg

from hub.failure_note import clear_failure, note_failure
from hub.home import HubHome

SENSOR_SECONDS = 30


def outcome_sensors(home: HubHome) -> list[dg.SensorDefinition]:
    """One sensor for runs that failed and one for those that went well."""

    @dg.run_failure_sensor(
        name="failed_runs",
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        note_failure(home, _errors(context), now=_ended(context))

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name="good_runs",
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def good_runs(context: dg.RunStatusSensorContext) -> None:
        clear_failure(home, before=_ended(context))

    return [failed_runs, good_runs]


def _ended(context: dg.RunStatusSensorContext) -> datetime:
    record = context.instance.get_run_record_by_id(context.dagster_run.run_id)
    ended = record.end_time if record else None
    return datetime.now(UTC) if ended is None else datetime.fromtimestamp(ended, UTC)


def _errors(context: dg.RunFailureSensorContext) -> list[str]:
    """Each failed step with what it said."""
    told = []
    for event in context.get_step_failure_events():
        error = event.step_failure_data.error
        cause = error.cause if error and error.cause else error
        told.append(f"{event.step_key}: {cause.message.strip() if cause else 'it failed'}")
    return told or [str(context.failure_event.message)]
