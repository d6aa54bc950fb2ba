"""Do the published numbers of services agree with the log files, line by line counted again?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline import platform_reference as reference

pytestmark = pytest.mark.pipeline

EXACT = 1e-9
PERCENTILE = 0.01


@pytest.fixture(scope="module")
def lines(shop: HubHome) -> pd.DataFrame:
    """The usable lines of the shop's log files."""
    return reference.read_lines(shop.root)


def published(home: HubHome, grain: str, *, by_platform: bool = False) -> pd.DataFrame:
    """The published values of all metrics of the reference."""
    names = [*reference.COUNTS, *reference.RATIOS, *reference.PERCENTILES]
    with open_published(home) as con:
        return con.execute(
            """
            select metric_name, entity, segment_value, period_start, metric_value
            from metrics.observations
            where grain = ? and segment_name = ? and list_contains(?, metric_name)
                and metric_value is not null
            """,
            [
                grain,
                "platform" if by_platform else "__all__",
                reference.BY_PLATFORM if by_platform else names,
            ],
        ).df()


def differences(expected: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Rows that one side lacks, or whose values are further apart than their definition allows."""
    found = found.assign(period_start=pd.to_datetime(found["period_start"]))
    both = expected.merge(
        found, on=reference.KEY, how="outer", suffixes=("_expected", "_found"), validate="1:1"
    )
    allowed = np.where(both["metric_name"].isin(list(reference.PERCENTILES)), PERCENTILE, EXACT)
    apart = (both["metric_value_expected"] - both["metric_value_found"]).abs()
    fits = apart <= allowed * both["metric_value_expected"].abs().clip(lower=EXACT)
    return both[~fits]


@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_every_number_of_a_service_is_that_of_its_log_files(
    shop: HubHome, lines: pd.DataFrame, grain: str
) -> None:
    expected = reference.observations(lines, grain)
    assert set(expected["metric_name"]) == {
        *reference.COUNTS,
        *reference.RATIOS,
        *reference.PERCENTILES,
    }
    apart = differences(expected, published(shop, grain))
    assert apart.empty, apart.head(20).to_string()


def test_every_number_by_platform_is_that_of_its_log_files(
    shop: HubHome, lines: pd.DataFrame
) -> None:
    expected = reference.observations(lines, "day", by_platform=True)
    apart = differences(expected, published(shop, "day", by_platform=True))
    assert apart.empty, apart.head(20).to_string()


def test_the_comparison_notices_a_lost_line_and_a_moved_percentile(
    shop: HubHome, lines: pd.DataFrame
) -> None:
    found = published(shop, "month")
    lost = lines.drop(index=lines.index[5000])
    missed = differences(reference.observations(lost, "month"), found)
    assert "requests" in set(missed["metric_name"])
    slower = lines.assign(latency_ms=lines["latency_ms"] * 1.02)
    moved = differences(reference.observations(slower, "month"), found)
    assert set(reference.PERCENTILES) <= set(moved["metric_name"])
    late = lines.assign(day=lines["day"] + pd.Timedelta(days=1))
    assert not differences(reference.observations(late, "month"), found).empty


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
        assert during["burn_rate"].max() == pytest.approx(alert["peak_burn_rate"], rel=EXACT)
