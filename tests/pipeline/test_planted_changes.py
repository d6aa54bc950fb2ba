"""Since when? What was planted into the shops' services is found through files and pipeline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli.published_rows import read_rows
from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline.shop_builds import SEEDS_THROUGH_FILES, build_shop

pytestmark = pytest.mark.pipeline

# Of 28 series without a planted change (four services, six to eight measures each) this many may
# be said to have changed in each shop.
MOST_FALSE_ALARMS = 2


@dataclass(frozen=True)
class Found:
    """What a published build says of changes, and what was planted."""

    truths: dict[str, Any]
    looked: list[dict[str, Any]]
    onsets: list[dict[str, Any]]
    causes: list[dict[str, Any]]

    def onset(self, series: str) -> dict[str, Any]:
        """The clearest change of a series."""
        return next(o for o in self.onsets if o["series_id"] == series and o["is_clearest"])

    def first_cause(self, onset: dict[str, Any]) -> dict[str, Any]:
        return next(c for c in self.causes if c["onset_id"] == onset["onset_id"] and c["rank"] == 1)

    def local(self, told: str) -> datetime:
        """A planted moment on the wall clock of the shop."""
        zone = ZoneInfo("Europe/Berlin")
        at = datetime.fromisoformat(told)
        return at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at


@pytest.fixture(
    scope="module",
    params=[SEEDS_THROUGH_FILES[0], pytest.param(SEEDS_THROUGH_FILES[1], marks=pytest.mark.long)],
)
def found(shops: Path, request: pytest.FixtureRequest) -> Found:
    home: HubHome = build_shop(shops, request.param)
    con = open_published(home)
    try:
        return Found(
            truths=json.loads((home.root / "truth.json").read_text())["truths"],
            looked=read_rows(con, "select * from marts.mart_onset_series"),
            onsets=read_rows(con, "select * from marts.mart_onsets"),
            causes=read_rows(con, "select * from marts.mart_onset_causes"),
        )
    finally:
        con.close()


def test_the_release_since_which_half_of_the_list_is_cut(found: Found) -> None:
    planted = found.truths["frontend_cuts_the_list"]
    onset = found.onset("shop-frontend/rendered_ratio")
    assert onset["onset_low"] <= found.local(planted["since"]) <= onset["onset_high"]
    assert onset["level_after"] == pytest.approx(planted["rendered"] / planted["served"], abs=0.02)
    assert onset["ended_at"] is None
    assert onset["is_worse"]
    assert onset["first_cause"] == f"shop-frontend {planted['version']}"


def test_the_new_platform_since_which_the_fallback_answers(found: Found) -> None:
    planted = found.truths["unknown_platform"]
    onset = found.onset(f"{planted['service']}/fallback_ratio")
    cause = found.first_cause(onset)
    assert onset["onset_low"] <= found.local(planted["since"]) <= onset["onset_high"]
    assert onset["state"] == "still going on"
    assert cause["kind"] == "unknown category value"
    assert cause["name"] == f"platform {planted['platform']}"
    assert cause["is_segment_share"]
    assert cause["share_explained"] > 0.8


def test_the_share_of_requests_from_a_platform_that_no_model_was_trained_with(
    found: Found,
) -> None:
    planted = found.truths["unknown_platform"]
    onset = found.onset(f"{planted['service']}/unknown_platform_ratio")
    assert onset["onset_low"] <= found.local(planted["since"]) <= onset["onset_high"]
    assert onset["level_before"] == 0
    assert onset["level_after"] == pytest.approx(planted["share_of_requests"], abs=0.02)


def test_the_hours_of_the_bad_deploy(found: Found) -> None:
    planted = found.truths["bad_deploy"]
    began = found.onset(f"{planted['service']}/error_ratio")
    ended = next(
        o
        for o in found.onsets
        if o["series_id"] == began["series_id"] and o["onset_at"] == began["ended_at"]
    )
    for onset, at in ((began, planted["from"]), (ended, planted["until"])):
        assert onset["onset_low"] <= found.local(at) <= onset["onset_high"]
    assert found.first_cause(began)["name"] == f"{planted['service']} {planted['version']}"
    assert found.first_cause(ended)["kind"] == "rollback"
    assert began["is_worse"]
    assert not ended["is_worse"]


def test_services_without_a_planted_change_are_left_alone(found: Found) -> None:
    # the list that was cut, and the platform that calls three of the services
    touched = {"rendered_ratio", "viewed_ratio", "positions_served_per_request"}
    touched.add("unknown_platform_ratio")
    quiet = [
        row
        for row in found.looked
        if row["role"] == "service_metric"
        and row["entity"] != "recommender-api"
        and row["metric_name"] not in touched
    ]
    assert len(quiet) > 12
    assert sum(row["verdict"] == "changed" for row in quiet) <= MOST_FALSE_ALARMS


def test_every_change_says_what_it_rests_on(found: Found) -> None:
    for onset in found.onsets:
        assert onset["onset_low"] <= onset["onset_at"] <= onset["onset_high"]
        assert onset["size_low"] <= onset["size"] <= onset["size_high"]
    assert all(row["verdict_reason"] and row["method"] for row in found.looked)
    low_q = [row for row in found.looked if row["verdict"] == "changed"]
    assert low_q
    assert all(row["q_value"] < 0.05 for row in low_q)
