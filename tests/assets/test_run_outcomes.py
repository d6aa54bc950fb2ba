"""Do runs that Dagster starts by itself leave the same note as those of the command?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from assets.run_outcomes import outcome_sensors
from hub.failure_note import failed_since, note_failure
from hub.home import HubHome


@dg.op
def layers(_: dg.OpExecutionContext, ok: bool) -> None:
    if not ok:
        raise ValueError("a key is there twice")


@dg.op
def answer() -> bool:
    return True


@dg.op
def refusal() -> bool:
    return False


@dg.job
def good() -> None:
    layers(answer())


@dg.job
def bad() -> None:
    layers(refusal())


def test_a_failed_run_is_noted_and_a_good_one_takes_away_only_what_came_before_it(
    tmp_path: Path,
) -> None:
    home = HubHome(tmp_path)
    failed_runs, good_runs = outcome_sensors(home)
    with dg.DagsterInstance.ephemeral() as instance:
        for job, sensor, ended in ((bad, failed_runs, "FAILURE"), (good, good_runs, "SUCCESS")):
            result = job.execute_in_process(instance=instance, raise_on_error=False)
            events = [e for e in result.all_events if e.event_type_value == f"PIPELINE_{ended}"]
            context = dg.build_run_status_sensor_context(
                sensor_name=sensor.name,
                dagster_instance=instance,
                dagster_run=result.dagster_run,
                dagster_event=events[0],
            )
            if job is bad:
                sensor(context.for_run_failure())
                found = failed_since(home, None)
                assert found is not None
                assert found.reason == "layers: ValueError: a key is there twice"
                assert datetime.now(UTC) - found.at < timedelta(minutes=1)
        sensor(context)
        assert failed_since(home, None) is None
        note_failure(home, ["later"], now=datetime.now(UTC) + timedelta(seconds=1))
        sensor(context)
        assert failed_since(home, None) is not None
