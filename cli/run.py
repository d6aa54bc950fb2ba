"""How does one run go, and what did it find? The Dagster job, in this process, with progress."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import fail, print_json, say, told_clearly
from cli.findings import print_findings, read_findings
from cli.incomplete import print_incomplete, read_incomplete_of
from cli.metric_changes import MetricChanges, changes_of_metrics, published_metrics
from hub.config import HubConfig, load_config
from hub.failure_note import clear_failure, note_failure
from hub.home import HubHome, find_home
from hub.warehouse import PublishedBuild, published_build

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance, EventLogEntry, JobDefinition

PROCESS_TAG = "bellwether/process"
_STEP_TITLES = {
    "layers": "Building the layers (dbt)",
    "observe": "Computing every metric",
    "analyse": "Asking what moved the business",
    "marts": "Shaping the pages' tables (dbt)",
    "published__build": "Publishing",
}


@dataclass
class RunSummary:
    """What a run did, counted from Dagster's events."""

    succeeded: bool = False
    loaded: int = 0
    quarantined: int = 0
    duplicate_files: int = 0
    files: int = 0
    models_built: int = 0
    tests_passed: int = 0
    tests_failed: int = 0
    dbt_skipped: bool = False
    seconds: float = 0.0
    metrics: MetricChanges = field(default_factory=MetricChanges)
    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Progress:
    """Turns Dagster's events into lines of progress and a summary."""

    def __init__(self) -> None:
        self.summary = RunSummary()
        self._started: dict[str, float] = {}
        self._counts: Counter[str] = Counter()

    def __call__(self, entry: EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None and entry.level == logging.WARNING:
            say(f"  {entry.user_message}")
        if event is None or event.step_key is None:
            return
        kind = event.event_type_value
        if kind == "STEP_START":
            self._started[event.step_key] = time.monotonic()
            self._counts.clear()
            if event.step_key in _STEP_TITLES:
                say(f"{_STEP_TITLES[event.step_key]} …")
        elif kind == "ASSET_MATERIALIZATION":
            self._materialized(event)
        elif kind == "ASSET_CHECK_EVALUATION":
            self._checked(event)
        elif kind in ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"):
            self._ended(event, kind)

    def nothing_changed(self) -> None:
        """Say that there is nothing to build."""
        self.summary.dbt_skipped = True
        say("  nothing changed since the published build: dbt is skipped")

    def _materialized(self, event: DagsterEvent) -> None:
        self._counts["materialized"] += 1
        if event.step_key in ("layers", "marts"):
            self.summary.models_built += 1
            if self._counts["materialized"] % 20 == 0:
                say(f"  {self._counts['materialized']} models built …")
            return
        metadata = {
            key: getattr(value, "value", value)
            for key, value in event.step_materialization_data.materialization.metadata.items()
        }
        if "loaded" in metadata:
            self._source(str(event.step_key).removeprefix("raw__"), metadata)

    def _source(self, name: str, told: dict[str, Any]) -> None:
        self.summary.files += told["files"]
        self.summary.loaded += told["loaded"]
        self.summary.quarantined += told["quarantined"]
        self.summary.duplicate_files += told["duplicate_files"]
        if not told["files"]:
            say(f"  {name}: nothing new" if told["found"] else f"  {name}: no file found")
            return
        notes = [f"{told['loaded']:,} rows"]
        notes += [f"{told['quarantined']:,} quarantined"] if told["quarantined"] else []
        notes += (
            [f"{told['duplicate_files']} delivered twice and loaded once"]
            if told["duplicate_files"]
            else []
        )
        say(f"  {name}: {told['files']} files, {', '.join(notes)}")

    def _checked(self, event: DagsterEvent) -> None:
        evaluation = event.asset_check_evaluation_data
        if evaluation.check_name == "readable":
            if not evaluation.passed:
                problem = str(evaluation.metadata["problem"].value)
                self.summary.refused.append(_few_lines(problem))
                say(f"  refused: {problem.splitlines()[0]}")
        elif evaluation.passed:
            self.summary.tests_passed += 1
        else:
            self.summary.tests_failed += 1
            say(f"  failed: {evaluation.check_name} on {evaluation.asset_key.to_user_string()}")

    def _ended(self, event: DagsterEvent, kind: str) -> None:
        step = str(event.step_key)
        seconds = time.monotonic() - self._started.get(step, time.monotonic())
        if kind == "STEP_FAILURE":
            error = event.step_failure_data.error
            cause = error.cause if error and error.cause else error
            text = (cause.message if cause else "it failed").strip()
            self.summary.errors.append(f"{_STEP_TITLES.get(step, step)}: {text}")
        elif step == "layers" and kind == "STEP_SUCCESS" and not self._counts["materialized"]:
            self.nothing_changed()
        elif kind == "STEP_SUCCESS" and step in _STEP_TITLES:
            say(f"  done in {seconds:.1f} s")


def _few_lines(problem: str) -> str:
    first, *rest = problem.splitlines()
    return f"{first}\n  and {len(rest)} more files of this source" if rest else first


@told_clearly
def run_home(given: Path | None, *, as_json: bool) -> int:
    """Run the job on a home; prints the summary; returns the exit code."""
    home = find_home(given)
    config = load_config(home.root)
    if not _any_file(home, config) and published_build(home) is None:
        return fail(
            "none of the sources in hub.yml finds a file. Put your exports under "
            f"{home.exports}; `bellwether check` says where each source looks."
        )
    summary = execute(home, config)
    if summary.succeeded:
        clear_failure(home)
    else:
        note_failure(home, summary.errors)
    build = published_build(home)
    if as_json:
        findings = read_findings(home) | {"incomplete": read_incomplete_of(home)} if build else {}
        print_json(asdict(summary) | {"build": build.build_id if build else None} | findings)
    else:
        print_summary(summary, home=home, build=build)
    return exit_code(summary)


def _any_file(home: HubHome, config: HubConfig) -> bool:
    from assets.sources.loading import find_deliveries

    return any(find_deliveries(source, home) for source in config.sources)


def exit_code(summary: RunSummary) -> int:
    """0 when all went well; 1 when a step failed, a source was refused or an invariant fails."""
    return 0 if summary.succeeded and not summary.refused and not summary.tests_failed else 1


def execute(home: HubHome, config: HubConfig) -> RunSummary:
    """Run the Dagster job in this process, on the home's own Dagster instance."""
    from assets.launch import prepare_environment

    started = time.monotonic()
    prepare_environment(home)
    say(f"{config.company}: {home.root}")
    say("Loading what is new …")
    import dagster as dg

    from assets.dagster_record import write_without_flushes
    from assets.gate import nothing_is_new

    # a run in which nothing changed leaves dbt's checks unanswered on purpose
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
    write_without_flushes()
    progress = Progress()
    looks_only = nothing_is_new(home, config)
    before = None if looks_only else published_metrics(home)
    job = _looking_job(home, config) if looks_only else _whole_job(home, config, progress.summary)
    if job is None:
        return progress.summary
    run_id = str(uuid.uuid4())
    log = home.var / "logs" / "last_run.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        dg.DagsterInstance.get() as instance,
        log.open("w") as stream,
        contextlib.redirect_stdout(stream),
        _stopping_at_once(),
    ):
        _close_interrupted(instance)
        instance.add_event_listener(run_id, progress)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags={PROCESS_TAG: str(os.getpid())},
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    progress.summary.succeeded = result.success
    if looks_only:
        progress.nothing_changed()
    elif result.success and not progress.summary.dbt_skipped:  # else another run changed them
        progress.summary.metrics = changes_of_metrics(before, published_metrics(home))
    progress.summary.seconds = round(time.monotonic() - started, 1)
    return progress.summary


def _looking_job(home: HubHome, config: HubConfig) -> JobDefinition:
    """The job of a run in which nothing is new; dbt's graph is not even loaded."""
    from assets.looking_job import looking_job

    return looking_job(home, config)


def _whole_job(home: HubHome, config: HubConfig, summary: RunSummary) -> JobDefinition | None:
    """The job over all assets; None, with the errors told, when a definition is refused."""
    from assets.dbt_runs import DbtParseError, ensure_manifest
    from assets.definitions import hub_definitions
    from assets.looking_job import JOB
    from assets.metric_catalogue import MetricError, check_names, read_catalogue
    from assets.metric_checks import ensure_checked

    try:
        manifest = ensure_manifest(home, config)
        definitions = read_catalogue(home.dbt_target)
        check_names(config, definitions)
        ensure_checked(definitions, home)
    except (DbtParseError, MetricError) as error:
        summary.errors.append(str(error))
        return None
    return hub_definitions(home, config, manifest).resolve_job_def(JOB)


@contextlib.contextmanager
def _stopping_at_once() -> Iterator[None]:
    """Ctrl-C or SIGTERM ends the run now. Every load and publish is a transaction, so ending at
    any moment is safe, and the operating system frees the lock. Nothing else is touched here: the
    signal may have come while this very thread held a lock of Dagster's storage."""

    def stop(number: int, _: object) -> None:
        say("Interrupted: nothing was published; the next run goes on with what was loaded.")
        with contextlib.suppress(OSError):
            subprocess.run(["pkill", "-TERM", "-P", str(os.getpid())], check=False)
        os._exit(128 + number)

    before = {n: signal.signal(n, stop) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _close_interrupted(instance: DagsterInstance) -> None:
    """Runs whose process is gone are told to Dagster as canceled, so that none seems to go on."""
    from dagster import DagsterRunStatus, RunsFilter

    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
        pid = run.tags.get(PROCESS_TAG)
        if pid and not _is_alive(int(pid)):
            instance.report_run_canceled(run)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def print_summary(summary: RunSummary, *, home: HubHome, build: PublishedBuild | None) -> None:
    """The run's figures, then the findings of the published build."""
    for error in summary.errors:
        fail(error)
    for problem in summary.refused:
        say(f"refused: {problem}")
    print(
        f"\n{summary.loaded:,} rows loaded, {summary.quarantined:,} quarantined; "
        + (
            "dbt skipped, nothing changed"
            if summary.dbt_skipped
            else f"{summary.models_built} models built, {summary.tests_passed} tests passed"
            + (f", {summary.tests_failed} FAILED" if summary.tests_failed else "")
        )
        + f"; {summary.seconds:.0f} s"
    )
    if not summary.succeeded:
        last = f"the last good build is {build.build_id}" if build else "there is none yet"
        print(f"The run failed and published nothing; {last}.")
    elif build:
        print("\n".join([f"Published build {build.build_id}", *summary.metrics.lines(), ""]))
        if summary.tests_failed:
            print(
                "What rests on a failed check is marked as invalid data; "
                "`bellwether status` lists it.\n"
            )
        print_incomplete(read_incomplete_of(home))
        print_findings(home)
