"""Does the status say of each source what the pages say, on the hub's clock and naming it?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from cli import status
from dashboards.freshness import told_by_source
from hub.config import HubConfig
from hub.freshness import state

NOW = datetime(2025, 3, 15, 12, tzinfo=UTC)
CONFIG = HubConfig.model_validate(
    {
        "company": "Test & Co",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "sources": [
            {"name": "orders", "kind": "sales", "path": "a", "fresh_within": "2d"},
            {"name": "logs", "kind": "service_logs", "path": "b"},
            {"name": "cost", "kind": "cost", "path": "c"},
            {"name": "once", "kind": "calendar", "path": "d"},
        ],
    }
)
THROUGH = {
    "orders": datetime(2025, 3, 10, 10, 30, tzinfo=UTC),
    "logs": datetime(2025, 3, 14, 11, 46, tzinfo=UTC),
    "cost": datetime(2025, 1, 1, tzinfo=UTC),
    "once": datetime(2024, 1, 1, tzinfo=UTC),
    "trials": None,
}
RHYTHM = pd.DataFrame(
    {
        "source": ["logs", "cost", "once"],
        "deliveries": [40, 24, 1],
        "usual_gap_days": [1.0, 30.0, None],
        "longest_gap_days": [3.0, 31.0, None],
    }
)


def _told() -> list[dict[str, Any]]:
    counts = dict.fromkeys(("files", "records", "loaded", "quarantined", "blank"), 1)
    sources = [
        {"source": name, "data_through": through, **counts} for name, through in THROUGH.items()
    ]
    rhythms: dict[str, dict[str, Any]] = {
        "logs": {"deliveries": 40, "longest_gap_days": 3},
        "cost": {"deliveries": 24, "longest_gap_days": 31},
        "once": {"deliveries": 1, "longest_gap_days": None},
    }
    status._judge_freshness(sources, rhythms, CONFIG, now=NOW)
    return sources


def test_the_status_has_the_word_of_the_pages_for_each_source() -> None:
    words = [each["freshness"] for each in _told()]
    assert words == ["stale", "on time", "late", "no limit set", "no data"]
    sources = pd.DataFrame(
        {
            "source": list(THROUGH),
            "data_through": [each and pd.Timestamp(each) for each in THROUGH.values()],
        }
    )
    pages = told_by_source(sources, RHYTHM, CONFIG, NOW)
    assert [each.partition(":")[0] for each in pages["freshness"]] == words


def test_the_limit_itself_is_fresh_and_twice_the_longest_gap_on_time() -> None:
    assert state(datetime(2025, 3, 13, 12, tzinfo=UTC), now=NOW, limit_hours=48) == "fresh"
    for hour, word in ((12, "on time"), (11, "late")):
        through = datetime(2025, 3, 9, hour, tzinfo=UTC)
        assert state(through, now=NOW, deliveries=4, longest_gap_days=3) == word


def test_times_are_printed_on_the_hubs_clock_which_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: dict[str, Any] = {
        "build": {"build_id": "b", "built_at": NOW, "being_written_by": None},
        "sources": _told(),
        **{
            name: []
            for name in ("quarantine", "missing_days", "releases_without_run", "failed_checks")
        },
        "invalid_data": [],
        "incomplete": ["orders stops on 2025-03-10."],
    }
    status._print(told, CONFIG)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Build b, built at 2025-03-15 13:00; times are in Europe/Berlin"
    (logs,) = [line for line in lines if line.lstrip().startswith("logs")]
    assert "2025-03-14 12:46" in logs
    # a source that knows only days is not told to end at the hour of a zone
    (cost,) = [line for line in lines if line.lstrip().startswith("cost")]
    assert "2025-01-01 " in cost
    assert "incomplete: orders stops on 2025-03-10." in lines
    assert "01:00" not in cost
