"""Are sources there and readable, and metrics in form? A look at everything, loading nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import fail, print_json, say, told_clearly
from cli.incomplete import print_incomplete, read_incomplete_of
from hub.config import ConfigError, HubConfig, load_config
from hub.home import HubHome, find_home
from hub.source_settings import SourceConfig

if TYPE_CHECKING:
    from assets.sources import SourceCheck
    from assets.sources.unknown_files import Guess


@told_clearly
def check_home(given: Path | None, *, as_json: bool) -> int:
    """Look at every source and own metric; returns 0, or 1 when one cannot be read."""
    home = find_home(given)
    config = load_config(home.root)
    checks = [_check(source, home=home, config=config) for source in config.sources]
    if as_json:
        print_json([asdict(c) | {"is_readable": c.is_readable} for c in checks])
    else:
        for check in checks:
            print(config.redact("\n".join(_lines(check))) + "\n")
        print_incomplete(read_incomplete_of(home))
    bad = sum(not check.is_readable for check in checks)
    is_refused = not _metrics_are_in_form(home)
    if not as_json:
        print(
            f"{len(checks)} sources looked at: "
            + (f"{bad} cannot be read." if bad else "all can be read.")
            + (" Own metrics are refused, see there." if is_refused else _own(home))
            + ("" if bad or is_refused else " Next: bellwether run")
        )
    return 1 if bad or is_refused else 0


def _own(home: HubHome) -> str:
    from assets.metric_files import own_files

    files = len(own_files(home.metrics))
    own = f"{files} file{'' if files == 1 else 's'} of own metrics"
    return f" {own} in form; whether they compute, the run tells." if files else ""


def _metrics_are_in_form(home: HubHome) -> bool:
    """Whether each block of the home's `metrics/` has the form of a metric; tells what has not."""
    from assets.metric_catalogue import MetricError
    from assets.metric_files import check_metric_files

    try:
        check_metric_files(home.metrics)
    except MetricError as error:
        fail(str(error))
        return False
    return True


@told_clearly
def check_folder(folder: Path, *, given: Path | None, as_json: bool) -> int:
    """Say what each file of a folder is; returns 0, or 1 when something must be decided first."""
    from assets.sources.unknown_files import guess_folder

    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder. Name the folder of the exports.")
    guesses: list[Guess] = []
    for guess in guess_folder(folder, _config_or_default(given)):
        guesses.append(guess)
        if not as_json:
            print("\n".join(_guess_lines(guess)), flush=True)
    if as_json:
        print_json([asdict(guess) for guess in guesses])
        return int(any(guess.is_refused for guess in guesses))
    kinds = sorted({guess.kind for guess in guesses if guess.kind and not guess.is_refused})
    print(f"\n{len(guesses)} files; for hub.yml, each with the glob of its files:")
    for kind in kinds:
        first = next(guess.file for guess in guesses if guess.kind == kind)
        print(f'  - {{name: {kind}, kind: {kind}, path: "{folder / first}"}}')
    return int(any(guess.is_refused for guess in guesses))


def _config_or_default(given: Path | None) -> HubConfig:
    """The home's settings where there is one: its time zone decides times without an offset."""
    try:
        return load_config(find_home(given).root)
    except ConfigError:
        return HubConfig.model_validate(
            {
                "company": "unknown",
                "time_zone": "UTC",
                "currency": "EUR",
                "sources": [{"name": "unknown", "kind": "calendar", "path": "*"}],
            }
        )


def _guess_lines(guess: Guess) -> Iterator[str]:
    what = guess.kind or "unknown"
    what += f" ({guess.format})" if guess.format else ""
    counts = "" if guess.is_refused else f": {guess.loaded:,} of {guess.records:,} would load"
    counts += "" if guess.is_whole else " of its beginning"
    span = ""
    if guess.first_at and guess.last_at:
        span = f", {guess.first_at:%Y-%m-%d} to {guess.last_at:%Y-%m-%d}"
    yield f"{guess.file}  {what}{counts}{span}"
    for question in guess.decide:
        yield f"    decide: {question[:300]}"


def _check(source: SourceConfig, *, home: HubHome, config: HubConfig) -> SourceCheck:
    from assets.sources import check_source

    say(f"Looking at {source.name} …")
    return check_source(source, home=home, config=config)


def _lines(check: SourceCheck) -> Iterator[str]:
    """What a person needs to see of one source."""
    state = "can be read" if check.is_readable else "CANNOT BE READ"
    yield f"{check.source} ({check.kind}): {state}"
    shown = ", ".join(check.looked_at[:4]) or "none"
    more = f" and {len(check.looked_at) - 4:,} more" if len(check.looked_at) > 4 else ""
    yield f"  files       {check.files:,}; looked at {shown}{more}"
    if len(check.forms) > 1:
        told = ", ".join(f"{form} ({count:,})" for form, count in check.forms.items())
        yield f"  formats     {told}"
    elif check.format:
        yield f"  format      {check.format}"
    for name, told in check.detected.items():
        if not (check.preview and name in ("columns", "counts", "notes")):
            yield f"  {name:<11} {_detected(told)}"
    for shown in check.preview:
        yield f"  {shown}"
    if check.records:
        part = "" if len(check.looked_at) == check.files else " in the files looked at"
        yield (
            f"  records     {check.records:,}{part}: {check.loaded:,} would load, "
            f"{check.quarantined:,} would be quarantined, {check.blank:,} blank"
        )
    if check.first_at and check.last_at:
        yield f"  time span   {check.first_at:%Y-%m-%d %H:%M} to {check.last_at:%Y-%m-%d %H:%M} UTC"
    if check.problem:
        yield f"  problem     {check.problem}"
    if len(check.problems) > 1:
        yield f"              and {len(check.problems) - 1} more"


def _detected(told: Any) -> str:
    """Evidence in one line: nested findings as `name: value`."""
    if isinstance(told, dict):
        return "; ".join(f"{key}: {_detected(value)}" for key, value in told.items())
    if isinstance(told, list | tuple):
        return ", ".join(map(str, told))
    return repr(told) if told in ("\t", ";", ",", "|") else str(told)
