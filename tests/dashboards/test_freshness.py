"""Is data called stale when, and only when, hub.yml sets a limit and it is passed?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dashboards.freshness import data_through, how_old, stale_sources, told_by_source
from hub.config import HubConfig

NOW = datetime(2025, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def config() -> HubConfig:
    return HubConfig.model_validate(
        {
            "company": "Test & Co",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "sources": [
                {"name": "orders", "kind": "sales", "path": "a", "fresh_within": "2d"},
                {"name": "logs", "kind": "service_logs", "path": "b"},
            ],
        }
    )


def _sources(orders: str, logs: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": ["orders", "logs", "trials"],
            "kind": ["sales", "service_logs", "experiments"],
            "data_through": [
                pd.Timestamp(orders, tz="UTC"),
                pd.Timestamp(logs, tz="UTC"),
                pd.NaT,
            ],
        }
    )


def test_a_source_without_a_limit_is_never_stale(config: HubConfig) -> None:
    assert stale_sources(_sources("2025-03-15", "2019-01-01"), config, NOW) == []


def test_a_source_past_its_limit_is_stale_and_says_its_age(config: HubConfig) -> None:
    (found,) = stale_sources(_sources("2025-03-10", "2025-03-15"), config, NOW)
    assert found.source == "orders"
    assert "5 days old" in str(found)
    assert "2d" in str(found)


def test_data_of_which_no_more_will_come_are_not_stale_and_say_so(config: HubConfig) -> None:
    ended = config.model_copy(update={"data_end": date(2025, 3, 9)})
    sources = _sources("2025-03-09 20:00", "2025-03-09 21:00")
    assert stale_sources(sources, ended, NOW) == []
    assert how_old(sources, ended, NOW) == "nothing after 9 Mar 2025 is expected"
    # what ended long before that day is as stale as it was then
    (found,) = stale_sources(_sources("2025-03-05", "2025-03-09"), ended, NOW)
    assert found.source == "orders"
    future = config.model_copy(update={"data_end": date(2026, 1, 1)})
    assert len(stale_sources(sources, future, NOW)) == 1
    assert how_old(sources, future, NOW) == "5 days ago"


def test_a_closed_source_is_never_old_and_does_not_tell_how_far_the_data_go(
    config: HubConfig,
) -> None:
    orders = config.sources[0].model_copy(update={"ended": date(2024, 8, 20)})
    closed = config.model_copy(update={"sources": [orders, *config.sources[1:]]})
    sources = _sources("2024-08-20", "2025-03-15").assign(
        ended_on=pd.to_datetime(pd.Series(["2024-08-20", None, None]))
    )
    assert stale_sources(sources, closed, NOW) == []
    rhythm = pd.DataFrame(columns=["source", "deliveries", "usual_gap_days", "longest_gap_days"])
    told = told_by_source(sources, rhythm, closed, NOW)
    assert list(told["freshness"]) == ["closed", "no limit set", "no data"]
    assert told["expected"].iloc[0] == "nothing after 20 Aug 2024 (hub.yml)"
    assert data_through(sources, ZoneInfo("UTC")) == "15 Mar 2025"
    everything_closed = sources.assign(ended_on=pd.Timestamp("2024-08-20"))
    assert data_through(everything_closed, ZoneInfo("UTC")).endswith("15 Mar 2025 (logs)")


def test_old_data_say_their_age_and_fresh_data_do_not(config: HubConfig) -> None:
    assert how_old(_sources("2025-03-10", "2025-03-15"), config, NOW) == "5 days ago"
    assert how_old(_sources("2025-03-14", "2025-03-15"), None, NOW) == ""
    assert how_old(_sources("2025-03-10", "2025-03-15").head(0), config, NOW) == ""


def test_the_limit_itself_is_not_stale(config: HubConfig) -> None:
    assert stale_sources(_sources("2025-03-13 12:00", "2025-03-15"), config, NOW) == []


def test_data_through_names_the_sources_only_when_they_differ() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    same_day = _sources("2025-03-10 10:00", "2025-03-10 12:00")
    assert data_through(same_day, berlin) == "10 Mar 2025 11:00"
    assert data_through(_sources("2025-03-10", "2025-03-08"), berlin) == (
        "8 Mar 2025 (logs) to 10 Mar 2025 (orders)"
    )


def test_data_through_is_a_day_of_the_hubs_calendar() -> None:
    late = _sources("2025-03-10 23:30", "2025-03-10 23:30")
    assert data_through(late, ZoneInfo("Europe/Berlin")) == "11 Mar 2025 00:30"


@pytest.mark.parametrize("midnight", ["2025-03-10 23:00", "2025-03-11 00:00"])
def test_a_mark_without_a_time_of_day_is_told_as_a_day(midnight: str) -> None:
    through = data_through(_sources(midnight, midnight), ZoneInfo("Europe/Berlin"))
    assert through == "11 Mar 2025"


def test_a_source_without_a_limit_is_late_by_its_own_rhythm_and_says_where_that_is_from(
    config: HubConfig,
) -> None:
    rhythm = pd.DataFrame(
        {
            "source": ["orders", "logs"],
            "deliveries": [24, 40],
            "usual_gap_days": [30.0, 1.0],
            "longest_gap_days": [31.0, 3.0],
        }
    )
    # logs went silent for three days before, so six days of silence say nothing yet
    quiet = told_by_source(_sources("2025-03-10", "2025-03-09 12:00"), rhythm, config, NOW)
    assert list(quiet["freshness"]) == ["stale: 5 days old", "on time", "no data"]
    late = told_by_source(_sources("2025-03-15", "2025-03-09 11:00"), rhythm, config, NOW)
    assert list(late["freshness"]) == ["fresh", "late: 6 days old", "no data"]
    assert list(late["expected"]) == [
        "at most 2d old (hub.yml)",
        "about every day (learned from 40 deliveries)",
        "not known: too few deliveries",
    ]


def test_too_few_deliveries_make_no_rhythm(config: HubConfig) -> None:
    rhythm = pd.DataFrame(
        {"source": ["logs"], "deliveries": [3], "usual_gap_days": [1.0], "longest_gap_days": [1.0]}
    )
    told = told_by_source(_sources("2025-03-15", "2019-01-01"), rhythm, config, NOW)
    assert told["freshness"].iloc[1] == "no limit set"
