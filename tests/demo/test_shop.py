"""Does the simulated shop hold what it says is true of it?"""

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from demo.shop import Shop, ShopPlan, simulate

SEEDS = range(100, 112)
Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def shops() -> list[Shop]:
    return [simulate(ShopPlan.small(seed)) for seed in SEEDS]


def controls(shop: Shop, n: int) -> Floats:
    """Known controls of the first n days: level, trend, weekday, two yearly waves, calendar."""
    t = np.arange(n)
    columns = [np.ones(n), t / n]
    columns += [(t % 7 == k).astype(float) for k in range(6)]
    columns += [f(2 * np.pi * h * t / 365.25) for h in (1, 2) for f in (np.sin, np.cos)]
    calendar = shop.calendar_frame().to_numpy()[:n]
    return np.column_stack([*columns, calendar])


def fits(shop: Shop, lags: Sequence[int]) -> list[tuple[float, float]]:
    """Elasticity of revenue on the lagged recommender metric, and the squared residuals' sum.

    Controls are projected out of both sides once (Frisch and Waugh, 1933).
    """
    n = int(shop.daily["is_complete"].sum())
    basis, _ = np.linalg.qr(controls(shop, n))
    log_metric = np.log(shop.metric_series("recommender").to_numpy())
    lagged = np.column_stack(
        [np.concatenate([np.repeat(log_metric[0], lag), log_metric])[:n] for lag in lags]
    )
    y = np.log(shop.daily["revenue"].to_numpy()[:n])
    y = y - basis @ (basis.T @ y)
    x = lagged - basis @ (basis.T @ lagged)
    slopes = (x * y[:, None]).sum(axis=0) / (x**2).sum(axis=0)
    residuals = ((y[:, None] - x * slopes) ** 2).sum(axis=0)
    return list(zip(slopes.tolist(), residuals.tolist(), strict=True))


def gains(shop: Shop, model: str) -> pd.DataFrame:
    """Matched releases of a model after its first, with the number of their day."""
    rows = shop.releases[shop.releases["model"] == model]
    rows = rows[rows["log_change"].notna() & rows["is_matched"]].copy()
    rows["number"] = (rows["released_on"] - shop.daily["day"].iloc[0]).dt.days
    return rows


def moved(shop: Shop, day: int, *, days: int = 7) -> float:
    """Mean adjusted log revenue of the days before a day minus that of as many before those."""
    adjusted = (shop.daily["log_recommender"] + shop.daily["log_noise"]).to_numpy()
    return float(adjusted[day - days : day].mean() - adjusted[day - 2 * days : day - days].mean())


def test_regression_with_known_controls_recovers_the_elasticity(shops: list[Shop]) -> None:
    found = np.array([fits(shop, [5])[0][0] for shop in shops])
    assert abs(found.mean() - 1.2) < 0.1
    assert np.all(np.abs(found - 1.2) < 0.4)


def test_revenue_follows_the_recommender_by_five_days(shops: list[Shop]) -> None:
    best = [int(np.argmin([rss for _, rss in fits(shop, range(15))])) for shop in shops]
    assert abs(float(np.median(best)) - 5) <= 1
    assert sum(abs(lag - 5) <= 2 for lag in best) >= 9


def test_revenue_takes_a_permanent_step_five_days_after_a_release(shop: Shop) -> None:
    step = np.diff(shop.daily["log_recommender"].to_numpy())
    releases = gains(shop, "recommender")
    expected = np.zeros(len(step))
    for row in releases.to_dict("records"):
        if row["number"] + 5 <= len(step):
            expected[row["number"] + 4] = 1.2 * row["log_change"]
    np.testing.assert_allclose(step, expected, atol=1e-12)


def test_fraud_gains_leave_revenue_alone(shops: list[Shop]) -> None:
    correlations = []
    for shop in shops:
        rows = gains(shop, "fraud")
        noise = shop.daily["log_noise"].to_numpy()
        change = [noise[d + 5 : d + 15].mean() - noise[d - 10 : d].mean() for d in rows["number"]]
        correlations.append(np.corrcoef(change, rows["log_change"])[0, 1])
    assert abs(float(np.mean(correlations))) < 0.25


def test_search_ranker_gains_answer_the_week_before(shops: list[Shop]) -> None:
    for shop in shops:
        rows = gains(shop, "search_ranker")
        before = [moved(shop, day) for day in rows["number"]]
        assert np.corrcoef(before, rows["log_change"])[0, 1] > 0.9


def test_recommender_gains_do_not_answer_the_week_before(shops: list[Shop]) -> None:
    found = []
    for shop in shops:
        rows = gains(shop, "recommender")
        before = [moved(shop, day) for day in rows["number"]]
        found.append(np.corrcoef(before, rows["log_change"])[0, 1])
    assert abs(float(np.mean(found))) < 0.25


def test_releases_include_gains_losses_and_zeros(shop: Shop) -> None:
    change = gains(shop, "recommender")["log_change"]
    assert len(change) == 30
    assert (change == 0).sum() == 5
    assert (change < 0).sum() == 7
    assert 0.02 < change.std() < 0.05
    assert len(gains(shop, "fraud")) == 16
    assert len(gains(shop, "search_ranker")) == 20


def test_models_are_released_on_days_of_their_own(shops: list[Shop]) -> None:
    for shop in shops:
        models = ("recommender", "fraud", "search_ranker")
        days = [day for model in models for day in gains(shop, model)["number"]]
        assert len(set(days)) == len(days) == 66
        assert {shop.plan.day(day).weekday() for day in days} <= {0, 1, 2, 3}


def test_live_metric_changes_on_release_days_only(shop: Shop) -> None:
    series = shop.metric_series("recommender")
    changed = series.index[1:][np.diff(series.to_numpy()) != 0]
    rows = gains(shop, "recommender")
    assert set(changed) == set(rows.loc[rows["log_change"] != 0, "released_on"])
    assert series.iloc[-1] == rows["metric_after"].iloc[-1]


def test_unmatched_release_left_the_model_as_it_was(shop: Shop) -> None:
    row = shop.releases[~shop.releases["is_matched"]]
    assert len(row) == 1
    assert row["log_change"].iloc[0] == 0


def test_noise_is_about_five_percent(shops: list[Shop]) -> None:
    sds = [float(shop.daily["log_noise"].std()) for shop in shops]
    assert abs(float(np.mean(sds)) - 0.05) < 0.003


def test_promotions_lift_and_holidays_lower_revenue(shop: Shop) -> None:
    calendar = shop.calendar_frame()
    assert calendar.to_numpy().sum(axis=0).min() >= 15
    n = int(shop.daily["is_complete"].sum())
    log_revenue = np.log(shop.daily["revenue"].to_numpy()[:n])
    design = np.column_stack([controls(shop, n), shop.daily["log_recommender"].to_numpy()[:n]])
    coefficients, *_ = np.linalg.lstsq(design, log_revenue)
    columns = dict(zip(calendar.columns, coefficients[-3:-1], strict=True))
    assert columns["promotion"] == pytest.approx(0.20, abs=0.04)
    assert columns["holiday"] == pytest.approx(-0.22, abs=0.06)


def test_only_the_last_day_is_unfinished(shop: Shop) -> None:
    assert shop.daily["is_complete"].sum() == shop.plan.n_days - 1
    last, before = shop.daily["revenue"].iloc[-1], shop.daily["revenue"].iloc[-8]
    assert 0.3 < last / before < 0.7


def test_rollback_returns_to_the_version_before_the_bad_one(shop: Shop) -> None:
    rows = shop.releases[shop.releases["model"] == "recommender-api"].reset_index(drop=True)
    rollback = int(rows.index[rows["is_rollback"]][0])
    assert rows["version"][rollback] == rows["version"][rollback - 2]
    assert rows["version"].duplicated().sum() == 1
    assert rows["released_at"].is_monotonic_increasing


def test_same_seed_gives_the_same_shop_and_another_does_not() -> None:
    first, again, other = (simulate(ShopPlan.small(seed)) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.daily, again.daily)
    pd.testing.assert_frame_equal(first.releases, again.releases)
    assert not np.allclose(first.daily["revenue"], other.daily["revenue"])


def test_size_of_the_shop_does_not_change_its_revenue() -> None:
    small = simulate(ShopPlan.small(5))
    full = simulate(ShopPlan(seed=5))
    pd.testing.assert_frame_equal(small.daily, full.daily)


def test_twenty_shops_are_simulated_in_seconds() -> None:
    start = time.process_time()
    for seed in range(20):
        simulate(ShopPlan.small(seed))
    assert time.process_time() - start < 10


def test_metric_of_an_unknown_model_names_the_known_ones(shop: Shop) -> None:
    with pytest.raises(KeyError, match="recommender, search_ranker, fraud"):
        shop.metric_series("pricing")


@pytest.mark.parametrize("change", [{"n_days": 200}, {"orders_per_day": 1.0}])
def test_plan_too_small_for_its_events_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least"):
        ShopPlan(**change)  # type: ignore[arg-type]
