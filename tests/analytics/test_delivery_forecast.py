"""Does the delivery forecast follow from the pace, and admit how little few weeks tell?"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.delivery_forecast import CERTAINTIES, DeliveryForecast, delivery_forecast
from analytics.forecast import delivery_forecast as exported


def forecast(past: list[float], **options: object) -> DeliveryForecast:
    rng = np.random.default_rng(3)
    return delivery_forecast(pd.Series(past), rng=rng, **options)  # type: ignore[arg-type]


def test_a_steady_pace_leaves_no_doubt() -> None:
    when = forecast([5.0] * 10, remaining=23)
    how_many = forecast([5.0] * 10, weeks=4)
    assert set(when.at.values()) == {5}
    assert set(how_many.at.values()) == {20}
    assert when.items_per_week == 5.0


def test_more_certainty_means_later_and_less() -> None:
    weeks = [0.0, 8.0, 3.0, 5.0, 1.0, 9.0, 4.0, 2.0]
    when = [forecast(weeks, remaining=40).at[share] or 0 for share in CERTAINTIES]
    how_many = [forecast(weeks, weeks=8).at[share] or 0 for share in CERTAINTIES]
    assert when == sorted(when)
    assert when[0] < when[2]
    assert how_many == sorted(how_many, reverse=True)
    assert how_many[0] > how_many[2]


def test_one_week_ahead_is_the_past_itself() -> None:
    # mean of a Bayesian bootstrap: each of ten weeks as likely as the others
    weeks = [float(each) for each in range(1, 11)]
    how_many = forecast(weeks, weeks=1, n_paths=40_000)
    assert how_many.at == {0.5: 6, 0.85: 2, 0.95: 1}


def test_few_weeks_give_wider_answers_than_the_same_weeks_many_times() -> None:
    few = [2.0, 10.0, 4.0, 8.0, 6.0, 6.0]
    wide, narrow = forecast(few, weeks=12).at, forecast(few * 4, weeks=12).at
    assert (wide[0.5] or 0) - (wide[0.95] or 0) > (narrow[0.5] or 0) - (narrow[0.95] or 0)


def test_dates_are_the_ends_of_weeks() -> None:
    weeks = pd.Series([5.0] * 8, pd.date_range("2025-05-05", periods=8, freq="7D"))
    made = delivery_forecast(weeks, rng=np.random.default_rng(1), remaining=10)
    # the last week ends on Sunday 29 June; two more weeks
    assert made.finish_by[0.85] == pd.Timestamp("2025-07-13")


def test_only_recent_weeks_count() -> None:
    made = forecast([100.0] * 30 + [2.0] * 10, weeks=5, recent_weeks=10)
    assert made.n_weeks == 10
    assert made.at[0.5] == 10


def test_a_changed_pace_and_runs_of_weeks_are_caveats() -> None:
    made = forecast([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 9.0, 8.0, 9.0, 8.0, 9.0, 8.0], weeks=4)
    assert any("pace changed" in caveat for caveat in made.caveats)
    assert any("come in runs" in caveat for caveat in made.caveats)


def test_no_pace_no_answer() -> None:
    cases = {
        "Only 3 complete weeks": [1.0, 2.0, 3.0],
        "Nothing was finished": [0.0] * 10,
        "fewer than zero": [1.0, 2.0, -1.0, 3.0, 2.0, 2.0],
        "Only 0 complete weeks": [np.nan] * 10,
    }
    for reason, weeks in cases.items():
        made = forecast(weeks, remaining=5)
        assert reason in made.reason
        assert set(made.at.values()) == {None}
        assert made.finish_by == {}


def test_work_beyond_ten_years_has_no_date() -> None:
    made = forecast([1.0] * 8, remaining=10_000, n_paths=200)
    assert set(made.at.values()) == {None}
    assert not made.reason


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "remaining"),
        ({"remaining": 3, "weeks": 3}, "remaining"),
        ({"remaining": 0}, "remaining"),
        ({"remaining": 2.5}, "remaining"),
        ({"weeks": 1000}, "weeks"),
        ({"weeks": 3, "recent_weeks": 2}, "recent_weeks"),
        ({"weeks": 3, "n_paths": 5}, "n_paths"),
        ({"weeks": 3, "rng": None}, "rng"),
        ({"weeks": 3, "throughput": [1, 2]}, "throughput"),
        ({"weeks": 3, "throughput": pd.Series(["a"])}, "throughput"),
    ],
)
def test_misuse_names_the_argument(options: dict[str, object], named: str) -> None:
    arguments: dict[str, object] = {
        "throughput": pd.Series([1.0] * 8),
        "rng": np.random.default_rng(1),
        **options,
    }
    with pytest.raises((TypeError, ValueError), match=f"^{named}:"):
        exported(arguments.pop("throughput"), **arguments)  # type: ignore[arg-type]


def test_promises_are_kept_on_simulated_teams() -> None:
    kept = []
    for seed in range(150):
        rng = np.random.default_rng([seed, 12])
        weeks = rng.negative_binomial(3.0, 3.0 / 9.0, 32).astype(float)
        made = delivery_forecast(pd.Series(weeks[:20]), rng=rng, weeks=6, n_paths=500)
        kept.append([weeks[20:26].sum() >= (made.at[share] or 0) for share in CERTAINTIES])
    for share, count in zip(CERTAINTIES, np.sum(kept, axis=0), strict=True):
        # counts are whole: a promise of "at least" may be kept a little more often
        assert stats.binomtest(int(count), 150, share, alternative="less").pvalue > 0.002
        assert count <= 150 * min(1.0, share + 0.15)
