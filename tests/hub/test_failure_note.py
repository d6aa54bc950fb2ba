"""Is a failed run told until a run goes well, and only of builds from before it?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.failure_note import clear_failure, failed_since, note_failure
from hub.home import HubHome

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)


def test_a_failure_is_told_of_what_was_published_before_it_and_of_nothing(tmp_path: Path) -> None:
    home = HubHome(tmp_path)
    assert failed_since(home, None) is None
    note_failure(home, ["\nBuilding the layers: a key is there twice\n  trace", "more"], now=NOW)
    found = failed_since(home, NOW - timedelta(hours=1))
    assert found is not None
    assert (found.at, found.reason) == (NOW, "Building the layers: a key is there twice")
    assert failed_since(home, None) == found
    assert failed_since(home, NOW + timedelta(seconds=1)) is None


def test_of_a_long_error_the_line_is_kept_that_names_the_model(tmp_path: Path) -> None:
    home = HubHome(tmp_path)
    error = (
        "Building the layers (dbt): DbtError: The dbt CLI process with command\n\n`dbt build`\n"
        "\x1b[31mFailure in model company_orders (models/company/company_orders.sql)\x1b[0m\n"
    )
    note_failure(home, [error])
    found = failed_since(home, None)
    assert found is not None
    assert found.reason == (
        "Building the layers (dbt): Failure in model company_orders "
        "(models/company/company_orders.sql)"
    )


def test_a_run_that_went_well_takes_the_note_away(tmp_path: Path) -> None:
    home = HubHome(tmp_path)
    clear_failure(home)
    note_failure(home, [])
    clear_failure(home)
    assert failed_since(home, None) is None
