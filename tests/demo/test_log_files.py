"""Are the planted events to be seen in the log files?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from demo.shop import Shop

Read = Callable[[str], bytes]


def parsed(data: bytes) -> list[dict[str, Any]]:
    """The records of a file that are JSON."""
    records = []
    for line in data.split(b"\n"):
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    return records


@pytest.fixture(scope="module")
def requests(truth: dict[str, Any], content: Read) -> pd.DataFrame:
    """Every good log record; `at` in the shop's zone, `day` its local day."""
    files = [f for f in truth["files"] if f["source"] == "service_logs"]
    names = [f["file"] for f in files if f["status"] == "loaded"]
    frame = pd.DataFrame([record for name in names for record in parsed(content(name))])
    frame["status"] = pd.to_numeric(frame["status"], errors="coerce")
    frame["latency_ms"] = pd.to_numeric(frame["latency_ms"], errors="coerce")
    at = pd.to_datetime(frame["ts"], utc=True, format="ISO8601", errors="coerce")
    frame = frame.assign(at=at.dt.tz_convert(truth["time_zone"]))
    frame = frame.dropna(subset=["at", "status", "latency_ms"])
    return frame.assign(day=frame["at"].dt.strftime("%Y-%m-%d"))


def test_good_records_are_all_there(requests: pd.DataFrame, truth: dict[str, Any]) -> None:
    assert len(requests) == truth["totals"]["service_logs"]["loaded"]
    assert 20_000 < len(requests) <= 40_000
    assert requests["request_id"].is_unique
    assert set(requests["service"]) == {
        "recommender-api", "search-api", "fraud-api", "shop-frontend",
    }  # fmt: skip


def test_frontend_shows_five_of_ten_since_the_cut(
    requests: pd.DataFrame, truth: dict[str, Any]
) -> None:
    cut = truth["truths"]["frontend_cuts_the_list"]
    strips = requests[requests["endpoint"] == cut["endpoint"]].dropna(subset=["rendered"])
    is_after = strips["at"] >= pd.Timestamp(cut["since"])
    before, after = strips[~is_after], strips[is_after]
    assert (before["rendered"] == before["served"]).all()
    assert (after["rendered"] == after["served"].clip(upper=5)).all()
    assert (after["served"] == 10).mean() > 0.95
    assert (strips["viewed"] <= strips["rendered"]).all()
    assert after["version"].iloc[0] == cut["version"]
    assert min(len(before), len(after)) > 500


def test_unknown_platform_gets_fallback_answers(
    requests: pd.DataFrame, truth: dict[str, Any]
) -> None:
    planted = truth["truths"]["unknown_platform"]
    asked = requests[requests["service"] == planted["service"]].dropna(subset=["fallback"])
    is_new = asked["platform"] == planted["platform"]
    assert asked.loc[is_new, "day"].min() >= planted["since"]
    assert asked.loc[is_new, "fallback"].astype(bool).all()
    is_after = asked["day"] >= planted["since"]
    assert asked.loc[is_after, "fallback"].astype(float).mean() > 0.06
    assert asked.loc[~is_after, "fallback"].astype(float).mean() < 0.02


def test_bad_deploy_fails_and_slows_until_the_rollback(
    requests: pd.DataFrame, truth: dict[str, Any]
) -> None:
    bad = truth["truths"]["bad_deploy"]
    asked = requests[requests["service"] == bad["service"]]
    is_in = (asked["at"] >= pd.Timestamp(bad["from"])) & (asked["at"] < pd.Timestamp(bad["until"]))
    assert set(asked.loc[is_in, "version"]) == {bad["version"]}
    assert not (asked.loc[~is_in, "version"] == bad["version"]).any()
    is_error = asked["status"] >= 500
    assert is_in.sum() >= 100
    assert is_error[is_in].mean() > 0.2
    assert is_error[~is_in].mean() < 0.005
    assert asked.loc[is_in, "latency_ms"].median() > 3 * asked.loc[~is_in, "latency_ms"].median()
    after = asked[asked["at"] >= pd.Timestamp(bad["until"])].sort_values("at")
    assert after["version"].iloc[0] == bad["rolled_back_to"]
    assert asked.loc[is_error, "message"].notna().all()


def test_versions_in_the_logs_are_those_released(requests: pd.DataFrame, shop: Shop) -> None:
    for component, column in (("search-api", "version"), ("recommender", "model_version")):
        released = shop.releases[shop.releases["model"] == component].sort_values("released_at")
        place = "service" if column == "version" else "model"
        rows = requests[requests[place] == component].sort_values("at")
        since = np.array([at.timestamp() for at in released["released_at"]])
        seen = np.array([at.timestamp() for at in rows["at"]])
        live = released["version"].to_numpy()[np.searchsorted(since, seen, side="right") - 1]
        assert (rows[column].to_numpy() == live).all()


def test_one_day_is_missing_in_all_services(requests: pd.DataFrame, truth: dict[str, Any]) -> None:
    first, last = "2024-10-01", truth["data_ends_at"][:10]
    days = pd.date_range(first, last).strftime("%Y-%m-%d")
    assert set(days) - set(requests["day"]) == {truth["truths"]["lost_log_day"]}


def test_last_day_is_unfinished(requests: pd.DataFrame, truth: dict[str, Any]) -> None:
    assert requests["at"].max() <= pd.Timestamp(truth["data_ends_at"])
    assert requests["day"].max() == truth["data_ends_at"][:10]


def test_one_file_is_delivered_twice_under_another_name(home: Path, truth: dict[str, Any]) -> None:
    again = [f for f in truth["files"] if f["duplicate_of"]]
    assert len(again) == 1
    name, original = again[0]["file"], again[0]["duplicate_of"]
    assert name > original
    assert (home / name).read_bytes() == (home / original).read_bytes()
    contents = [p.read_bytes() for p in (home / "exports/logs").iterdir()]
    assert len(set(contents)) == len(contents) - 1


def test_older_months_are_packed_and_the_last_days_plain(home: Path) -> None:
    names = sorted(p.name for p in (home / "exports/logs").iterdir())
    packed = [n for n in names if n.endswith(".gz")]
    plain = [n for n in names if n.endswith(".jsonl")]
    assert len(packed) == 23
    assert len(plain) == 45
    assert packed[0] == "services-2024-10.jsonl.gz"
    assert plain[-1] == "services-2026-09-30.jsonl"
