"""Are alerts, endpoints and minutes those of the log files, and is a line that is lost noticed?"""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline import platform_reference as reference
from tests.pipeline.published_numbers import (
    CLOSE,
    GRAINS,
    as_days,
    differences,
    published_numbers,
    starts_of,
)

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def lines(shop: HubHome) -> pd.DataFrame:
    """The usable lines of the shop's log files."""
    return reference.read_lines(shop.root)


def test_the_comparison_notices_a_lost_line_an_unknown_value_and_a_moved_percentile(
    shop: HubHome, lines: pd.DataFrame
) -> None:
    mine = lines[lines["service"] == "recommender-api"]
    found = published_numbers(shop)
    found = found[found["entity"] == "recommender-api"]

    def wrong(changed: pd.DataFrame) -> set[str]:
        return set(differences(reference.services(changed), found)["metric_name"])

    one = mine.index[mine["served"].notna() & mine["platform"].notna()][5]
    assert {"requests", "error_ratio", "apdex", "model_requests", "served_ratio"} <= wrong(
        mine.drop(index=one)
    )
    unknown = mine["platform"].mask(mine.index == one)
    assert {"requests_of_unknown_platform", "unknown_platform_ratio", "empty_ratio"} <= wrong(
        mine.assign(platform=unknown)
    )
    slower = mine.assign(latency_ms=mine["latency_ms"] * 1.02)
    assert set(reference.PERCENTILES) <= wrong(slower)


def test_alerts_are_those_of_a_grid_of_all_five_minutes(shop: HubHome, lines: pd.DataFrame) -> None:
    objectives = {slo.service: slo.objective for slo in load_config(shop.root).slos}
    fired = reference.firing(lines, objectives, least=100)
    with open_published(shop) as con:
        alerts = con.execute(
            "select service, rule, started_at, last_fired_at, firing_minutes, peak_burn_rate "
            "from marts.mart_service_alerts"
        ).df()
    assert len(alerts) > 0
    expected = fired.groupby(["service", "rule"])["ends_at"].count() * 5
    assert alerts.groupby(["service", "rule"])["firing_minutes"].sum().to_dict() == (
        expected.to_dict()
    )
    for _, alert in alerts.iterrows():
        during = fired[
            (fired["service"] == alert["service"])
            & (fired["rule"] == alert["rule"])
            & fired["ends_at"].between(alert["started_at"], alert["last_fired_at"])
        ]
        assert during["ends_at"].min() == alert["started_at"]
        assert during["ends_at"].max() == alert["last_fired_at"]
        assert during["burn_rate"].max() == pytest.approx(alert["peak_burn_rate"], rel=CLOSE)


RED = ["requests", "errors", *reference.PERCENTILES]


def apart(expected: pd.DataFrame, found: pd.DataFrame, *, percentiles: float) -> pd.DataFrame:
    """Rows that one side lacks or that differ; both have their key as index."""
    both = expected.merge(
        found, left_index=True, right_index=True, how="outer", suffixes=("_expected", "_found")
    )
    is_wrong = pd.Series(False, index=both.index)
    for name in expected.columns:
        allowed = percentiles if name in reference.PERCENTILES else CLOSE
        off = (both[f"{name}_expected"] - both[f"{name}_found"]).abs()
        is_wrong |= ~(off <= allowed * both[f"{name}_expected"].abs())
    return both[is_wrong]


@pytest.mark.parametrize("grain", GRAINS)
def test_every_endpoint_and_version_has_the_rate_errors_and_duration_of_its_lines(
    shop: HubHome, lines: pd.DataFrame, grain: str
) -> None:
    key = ["service", "endpoint", "version", "period_start"]
    dated = lines.assign(period_start=as_days(starts_of(lines["day"], grain)))
    expected = reference.red(dated, key)
    expected["error_ratio"] = expected["errors"] / expected["requests"]
    with open_published(shop) as con:
        found = con.execute(
            f"select {', '.join([*key, *expected.columns])} "
            "from marts.mart_service_endpoint_periods where grain = ?",
            [grain],
        ).df()
    found = found.assign(period_start=as_days(found["period_start"])).set_index(key)
    assert apart(expected, found, percentiles=0.01).empty
    slower = dated.assign(latency_ms=dated["latency_ms"] * 1.03)
    assert len(apart(reference.red(slower, key), found, percentiles=0.01)) == len(expected)


def test_percentiles_of_a_minute_are_exact(shop: HubHome, lines: pd.DataFrame) -> None:
    key = ["service", "endpoint", "version", "minute_start"]
    minutes = lines["at"].dt.floor("min").dt.tz_localize(None).astype("datetime64[us]")
    dated = lines.assign(minute_start=minutes)
    expected = reference.red(dated, key, interpolated=True)[RED]
    with duckdb.connect(str(shop.warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        found = con.execute(
            f"select service, endpoint, version, minute_start at time zone 'UTC' as minute_start, "
            f"{', '.join(RED)} from platform.platform_request_minutes"
        ).df()
    found["minute_start"] = found["minute_start"].astype("datetime64[us]")
    assert (expected["requests"] > 1).sum() > 50
    found = found.set_index(key)
    assert apart(expected, found, percentiles=CLOSE).empty
    assert not apart(reference.red(dated, key)[RED], found, percentiles=CLOSE).empty
