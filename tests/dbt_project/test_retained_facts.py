"""Do facts outlive the lines they were made from: a day more, late lines, and a rebuild?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.retention import Dropped, drop_old_lines, what_stays
from hub.config import HubConfig
from tests.dbt_project.conftest import Project
from tests.dbt_project.growing_lines import FACTS, FIRST, LINES, SECOND, Facts, build_facts

pytestmark = pytest.mark.xdist_group("dbt_project")

NOW = datetime(2025, 3, 20, tzinfo=UTC)
# once more the first lines: each falls into a minute that has been counted
LATE = LINES.format(load="late", loaded_at="2025-03-06 12:00:00+00", salt=0, span=200_000)
MINUTES = "platform.platform_request_minutes"
COUNTED = (
    "select service, requested_on, sum(requests), sum(errors), min(first_seen), max(last_seen)"
    " from platform.platform_request_histograms group by all order by all"
)
MINUTES_OF_LINES = (
    "select coalesce(service, 'unknown') as service, coalesce(endpoint, '__null__') as endpoint,"
    " coalesce(version, '__null__') as version, date_trunc('minute', logged_at) as minute_start,"
    " count(*), count(*) filter (status >= 500), quantile_cont(latency_ms, 0.5),"
    " quantile_cont(latency_ms, 0.95), quantile_cont(latency_ms, 0.99)"
    " from raw.service_logs group by 1, 2, 3, 4 order by all"
)
LINES = (
    "select coalesce(service, 'unknown'), cast(timezone('Europe/Berlin', logged_at) as date),"
    " count(*), count(*) filter (status >= 500), min(logged_at), max(logged_at)"
    " from raw.service_logs group by all order by all"
)


def _drop(project: Project) -> Dropped | None:
    config = HubConfig.model_validate(
        {
            "company": "L",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "sources": [{"name": "logs", "kind": "service_logs", "path": "*"}],
            "retention": {"raw_log_days": 1},
        }
    )
    with duckdb.connect(str(project.warehouse)) as con:
        con.execute("set TimeZone = 'UTC'")
        return drop_old_lines(con, config, now=NOW)


def _ask(project: Project, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project.warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(query).fetchall()


def test_facts_of_dropped_lines_stay_through_late_lines_and_a_rebuild(
    first_lines: tuple[Project, Facts], grown: Project, tmp_path: Path
) -> None:
    _, before = first_lines
    counted: list[tuple[Any, ...]] = _ask(grown, LINES)
    dropped = _drop(grown)
    assert dropped is not None
    assert dropped.lines == sum(row[2] for row in counted if row[1] < dropped.before_day)
    assert _drop(grown) is None
    ((left,),) = _ask(grown, "select count(*) from raw.service_logs")
    assert left == 400 - dropped.lines

    grown.create(SECOND, LATE)
    after = build_facts(grown)
    rebuilt = build_facts(grown, "--full-refresh", tested=False)
    for table in FACTS:
        assert after[table] == rebuilt[table], table

    # against lines of which none was ever dropped
    other = Project(tmp_path / "other", tmp_path)
    other.folder.mkdir()
    other.create(FIRST, SECOND, LATE)
    assert _ask(grown, COUNTED) == _ask(other, LINES)
    minutes: list[tuple[Any, ...]] = _ask(other, MINUTES_OF_LINES)
    assert [row[:9] for row in rebuilt[MINUTES]] == minutes
    midnight = datetime(2025, 3, 1, 23, tzinfo=UTC)
    early: list[tuple[Any, ...]] = before[MINUTES]
    dropped_minutes = {row[:4] for row in early if row[3] < midnight}
    assert any(row[:4] in dropped_minutes and row[4] > 1 for row in minutes)
    with duckdb.connect(str(grown.warehouse)) as con:
        assert f"{dropped.lines:,} log lines" in (what_stays(con) or "")
