"""Are alerts those of a grid counted from the log files, and is a line that is lost noticed?"""

from __future__ import annotations

import pandas as pd
import pytest

from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline import platform_reference as reference
from tests.pipeline.published_numbers import CLOSE, differences, published_numbers

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
