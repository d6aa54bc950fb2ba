"""Are the changes planted in the demo shop, and those of published series, found where they are?"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from analytics.onset import since_when
from analytics.onset_result import Episode, EpisodeState, OnsetResult, OnsetVerdict
from demo import traffic
from demo.plan import TIME_ZONE
from demo.shop import Shop, ShopPlan, simulate

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.bool_] | npt.NDArray[np.int64]


@pytest.fixture(scope="module", params=[20241001, 7, 11])
def shop(request: pytest.FixtureRequest) -> Shop:
    return simulate(ShopPlan.small(request.param))


def answered(shop: Shop, name: str) -> traffic.Requests:
    return traffic.requests(shop, next(s for s in traffic.SERVICES if s.name == name))


def stamps(rows: traffic.Requests) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(rows.at_ms, unit="ms", utc=True)).tz_convert(TIME_ZONE)


def ratio(rows: traffic.Requests, part: Numbers, whole: Numbers, *, by: str) -> pd.Series:
    """Sum of a part over that of a whole in each complete local day (D) or hour (h)."""
    frame = pd.DataFrame({"part": part, "whole": whole}, index=stamps(rows)).astype("float64")
    sums = frame.resample(by).sum().iloc[:-1]
    return sums["part"] / sums["whole"].where(sums["whole"] > 0)


def releases(shop: Shop) -> pd.DataFrame:
    """Every release of every model and service: one planted event among over a hundred decoys."""
    rows = shop.releases
    names = rows["model"] + " " + rows["version"]
    return pd.DataFrame({"at": rows["released_at"], "kind": "release", "name": names})


def version_released_at(shop: Shop, service: str, at: pd.Timestamp) -> str:
    rows = shop.releases[(shop.releases["model"] == service) & (shop.releases["released_at"] == at)]
    return f"{service} {rows['version'].iloc[0]}"


def clearest_episode(found: OnsetResult) -> Episode:
    return next(e for e in found.episodes if e.start == found.onset)


@pytest.mark.parametrize("by", ["D", "h"])
def test_the_day_since_when_the_frontend_renders_five_of_ten(shop: Shop, by: str) -> None:
    rows = answered(shop, "shop-frontend")
    has_list = (rows.status == 200) & (rows.k > 0)
    rendered = ratio(rows, rows.rendered * has_list, rows.served * has_list, by=by)
    found = since_when(rendered, events=releases(shop))
    true = pd.Timestamp(shop.moments.rendered_cut_at)
    assert found.interval is not None
    assert found.interval[0] <= true <= found.interval[1]
    assert found.interval[1] - found.interval[0] <= pd.Timedelta(days=2)
    assert found.level_before == pytest.approx(1.0, abs=0.01)
    assert found.level_after == pytest.approx(0.5, abs=0.01)
    assert found.is_going_on
    assert found.candidates[0].name == version_released_at(shop, "shop-frontend", true)


@pytest.mark.parametrize("by", ["D", "h"])
def test_the_new_platform_since_which_the_fallback_share_rises(shop: Shop, by: str) -> None:
    rows = answered(shop, "recommender-api")
    is_good = rows.status == 200

    def without(platform: str) -> pd.Series:
        kept = is_good & np.asarray(rows.platform != platform)
        return ratio(rows, rows.fallback & kept, kept, by=by)

    platforms = (*traffic.PLATFORMS, traffic.NEW_PLATFORM)
    first_seen = stamps(rows)[np.asarray(rows.platform == traffic.NEW_PLATFORM)].min()
    drifted = pd.DataFrame(
        {
            "at": first_seen,
            "kind": "unknown category value",
            "name": platforms,
            "without": [without(p) for p in platforms],
        }
    )
    known = pd.concat([releases(shop), drifted], ignore_index=True)
    found = since_when(ratio(rows, rows.fallback & is_good, is_good, by=by), events=known)
    true = pd.Timestamp(shop.plan.at(shop.moments.new_platform_day, pd.Timestamp(0).time()))
    assert found.interval is not None
    assert found.interval[0] <= true <= found.interval[1]
    assert found.is_going_on
    assert found.level_after == pytest.approx(0.09, abs=0.02)
    assert found.candidates[0].name == traffic.NEW_PLATFORM
    assert found.candidates[0].share_explained > 0.9


@pytest.mark.parametrize("measure", ["errors", "latency"])
def test_the_hours_of_the_bad_deploy_until_its_rollback(shop: Shop, measure: str) -> None:
    rows = answered(shop, "recommender-api")
    value = rows.status >= 500 if measure == "errors" else rows.latency_ms
    found = since_when(ratio(rows, value, np.ones(len(rows.at_ms)), by="h"), events=releases(shop))
    start, end = (pd.Timestamp(t) for t in (shop.moments.bad_deploy_at, shop.moments.rollback_at))
    episode = clearest_episode(found)
    assert episode.state is EpisodeState.RETURNED
    assert episode.ended is not None
    for change, true in ((episode.began, start), (episode.ended, end)):
        assert change.interval[0] <= true <= change.interval[1]
        service = version_released_at(shop, "recommender-api", true)
        assert change.candidates[0].name == service
    assert episode.began.size > 0 > episode.ended.size


def test_a_service_without_a_planted_change_has_none(shop: Shop) -> None:
    rows = answered(shop, "search-api")
    errors = ratio(rows, rows.status >= 500, np.ones(len(rows.at_ms)), by="D")
    latency = ratio(rows, rows.latency_ms, np.ones(len(rows.at_ms)), by="D")
    for series in (errors, latency):
        assert since_when(series).verdict is OnsetVerdict.NO_CHANGE


@pytest.fixture(scope="module")
def nile() -> pd.Series:
    """Yearly flow at Aswan, 1871–1970 (Cobb, 1978), as shipped with statsmodels."""
    from statsmodels.datasets import nile as shipped

    frame = shipped.load_pandas().data
    years = pd.to_datetime(frame["year"].astype(int).astype(str) + "-01-01")
    return pd.Series(frame["volume"].to_numpy(dtype=np.float64), pd.DatetimeIndex(years))


def test_the_nile_changed_once_after_1898(nile: pd.Series) -> None:
    found = since_when(nile)
    assert len(found.changes) == 1
    assert found.onset == pd.Timestamp("1899-01-01")
    assert found.interval is not None
    assert found.interval[0] <= pd.Timestamp("1898-12-31") <= found.interval[1]
    # Cobb (1978) and Dümbgen (1991): 1,097.8 before and 849.97 after (arithmetic means).
    assert found.size == pytest.approx(-248, abs=15)


def test_the_shuffled_nile_and_either_half_have_no_change(nile: pd.Series) -> None:
    values = nile.to_numpy()
    for seed in range(5):
        shuffled = pd.Series(np.random.default_rng(seed).permutation(values), nile.index)
        assert since_when(shuffled).verdict is OnsetVerdict.NO_CHANGE
    assert since_when(nile.iloc[28:]).verdict is OnsetVerdict.NO_CHANGE
    assert since_when(nile.iloc[:28]).verdict is OnsetVerdict.NO_CHANGE


def production(real_data: Path, name: str) -> tuple[pd.Series, list[tuple[str, str]]]:
    """A labelled series of the Numenta benchmark and its labelled windows."""
    folder = real_data / "logs" / "nab"
    if not (folder / name).is_file():
        pytest.skip(f"{name} is not in the folder of real data")
    frame = pd.read_csv(folder / name, parse_dates=["timestamp"]).set_index("timestamp")
    windows = json.loads((folder / "labels" / "combined_windows.json").read_text())[name]
    return frame["value"], windows


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("realKnownCause/cpu_utilization_asg_misconfiguration.csv", 0),
        ("realAWSCloudwatch/rds_cpu_utilization_cc0c53.csv", 0),
        ("realAWSCloudwatch/ec2_network_in_257a54.csv", 0),
        ("realKnownCause/nyc_taxi.csv", 1),
        ("realKnownCause/nyc_taxi.csv", 2),
        ("realKnownCause/nyc_taxi.csv", 4),
    ],
)
def test_labelled_incidents_of_production_series_begin_inside_their_window(
    real_data: Path, name: str, which: int
) -> None:
    values, windows = production(real_data, name)
    low, high = (pd.Timestamp(t) for t in windows[which])
    assert any(low <= c.onset <= high for c in since_when(values).changes)


def test_a_production_series_without_a_label_has_no_change(real_data: Path) -> None:
    values, windows = production(real_data, "realAWSCloudwatch/ec2_cpu_utilization_c6585a.csv")
    assert windows == []
    assert since_when(values).verdict is OnsetVerdict.NO_CHANGE
