"""Does a link answer with a reason, whatever the data, and name the argument that is misused?"""

import math

import numpy as np
import pandas as pd
import pytest

from analytics.link import LinkResult, link
from analytics.scan import scan
from analytics.vocabulary import Verdict

N = 200
DAYS = pd.date_range("2024-01-01", periods=N)
NOISE = np.random.default_rng(3).standard_normal((4, 1000))
KPI = 1000.0 * np.exp(0.05 * NOISE[0, :N])
MOVING = np.exp(0.05 * NOISE[1, :N])
AT = np.arange(8, N - 16, 16)


def stairs(n: int, at: np.ndarray) -> np.ndarray:
    jumps = np.zeros(n)
    jumps[at] = 0.03 * NOISE[2, : len(at)]
    return 0.3 * np.exp(np.cumsum(jumps))


STEPS = stairs(N, AT)
METRICS = {"step": STEPS, "continuous": MOVING}


def linked(metric: np.ndarray, kpi: np.ndarray, **options: object) -> LinkResult:
    days = options.pop("days", DAYS[: len(metric)])
    index = pd.DatetimeIndex(days)  # type: ignore[arg-type]
    return link(
        pd.Series(metric, index),
        pd.Series(kpi, index),
        rng=np.random.default_rng(1),
        **options,  # type: ignore[arg-type]
    )


def odd(kind: str) -> np.ndarray:
    at = np.arange(N)
    kinds: dict[str, np.ndarray] = {
        "nothing": np.full(N, np.nan),
        "zeros": np.zeros(N),
        "constant": np.full(N, 5.0),
        "infinite": np.full(N, np.inf),
        "some infinite": np.where(at % 50 == 0, np.inf, KPI),
        "negative": KPI - 1000.0,
        "half zero": np.where(at < 100, 0.0, KPI),
        "zero or one": (NOISE[3, :N] > 0.0).astype(float),
        "flags": NOISE[3, :N] > 0.0,
        "huge": KPI * 1e90,
        "beyond": KPI * 1e200,
        "tiny": KPI * 1e-300,
        "uneven": KPI * np.where(at % 2, 1e-150, 1e90),
        "straight": np.exp(0.01 * at),
        "weekdays only": 100.0 + at % 7,
        "one value": np.where(at == 7, 5.0, np.nan),
        "mostly missing": np.where(NOISE[3, :N] > -0.5, np.nan, KPI),
        "one outlier": np.where(at == 99, 1e12, KPI),
        "one zero": np.where(at == 99, 0.0, KPI),
        "staircase": np.repeat(KPI[::40], 40)[:N],
    }
    return kinds[kind]


ODD = [
    *("nothing", "zeros", "constant", "infinite", "some infinite", "negative", "half zero"),
    *("zero or one", "flags", "huge", "beyond", "tiny", "uneven", "straight", "weekdays only"),
    *("one value", "mostly missing", "one outlier", "one zero", "staircase"),
]


def is_whole(answer: LinkResult) -> bool:
    """An answer has a reason, and an estimate inside its interval or none at all."""
    low, high = answer.interval
    inside = math.isnan(answer.effect) or low <= answer.effect <= high
    return bool(answer.verdict_reason and answer.more_needed) and inside


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ODD)
def test_an_odd_kpi_or_metric_gets_a_verdict_with_its_reason(kind: str) -> None:
    for metric in METRICS.values():
        assert is_whole(linked(metric, odd(kind)))
    assert is_whole(linked(odd(kind), KPI))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [0, 1, 2, 3, 20, 89, 90, 91, 150])
def test_a_short_span_gets_a_verdict_with_its_reason(n: int) -> None:
    for metric in METRICS.values():
        assert is_whole(linked(metric[:n], KPI[:n]))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300, 1e-300, 1.0])
def test_an_odd_calendar_gets_a_verdict_with_its_reason(value: float) -> None:
    calendar = pd.DataFrame({"promotion": value * np.arange(1, N + 1)}, index=DAYS)
    for metric in METRICS.values():
        assert is_whole(linked(metric, KPI, calendar=calendar))


@pytest.mark.filterwarnings("error")
def test_an_effect_too_small_to_wait_for_is_told_as_such() -> None:
    for metric in (STEPS, np.exp(0.05 * NOISE[2, :N])):
        answer = linked(metric, KPI, smallest_effect=1e-300)
        assert answer.verdict is Verdict.NOT_ENOUGH_DATA
        assert "more than 1,000 years" in answer.more_needed


def test_a_shop_closed_on_sundays_or_weekends_is_analysed() -> None:
    rng = np.random.default_rng(5)
    days = pd.date_range("2023-01-01", periods=500)
    at = np.arange(10, 480, 16)
    log_kpi = 7.0 + 0.04 * rng.standard_normal(500) + 2.0 * np.log(stairs(500, at) / 0.3)
    metric = stairs(500, at)
    for is_closed in (days.day_of_week == 6, days.day_of_week >= 5):
        gaps = np.where(is_closed, np.nan, np.exp(log_kpi))
        absent = ~is_closed
        for answer in (
            linked(metric, gaps, days=days),
            linked(metric[absent], gaps[absent], days=days[absent]),
        ):
            assert answer.verdict is Verdict.MOVES
            assert answer.interval[0] < 2.0 < answer.interval[1]


def test_a_metric_computed_from_the_kpi_is_invalid_data() -> None:
    answer = linked(KPI, KPI.copy())
    assert answer.verdict is Verdict.INVALID_DATA
    assert "computed from the other" in answer.verdict_reason


def monthly(end: bool, *, n: int = 120) -> tuple[pd.Series, pd.Series]:
    """Ten years; the KPI follows the metric with elasticity .8 in the next month."""
    rng = np.random.default_rng(9)
    months = pd.date_range("2014-01-31", periods=n, freq="ME")
    months = months if end else months + pd.Timedelta(days=1)
    moving = 0.1 * rng.standard_normal(n + 1)
    season = np.where(months.month == 12, 0.4, 0.0)
    kpi = np.exp(8.0 + season + 0.8 * moving[:-1] + 0.03 * rng.standard_normal(n))
    return pd.Series(np.exp(moving[1:]), months), pd.Series(kpi, months)


@pytest.mark.parametrize("end", [True, False])
def test_monthly_series_are_linked_in_months(end: bool) -> None:
    metric, kpi = monthly(end)
    answer = link(metric, kpi, rng=np.random.default_rng(0), max_lag_days=60)
    assert answer.verdict is Verdict.MOVES
    assert answer.lag_days == 30
    assert answer.interval[0] < 0.8 < answer.interval[1]
    assert any("Monthly" in caveat for caveat in answer.caveats)
    assert answer.first_day == pd.Timestamp("2014-01-01" if end else "2014-02-01")


def test_a_scan_says_of_months_what_a_link_says() -> None:
    metric, kpi = monthly(True)
    answer = link(metric, kpi, rng=np.random.default_rng(0), max_lag_days=60)
    found = scan({"m": metric}, {"k": kpi}, rng=np.random.default_rng(0), max_lag_days=60)
    row = found.pairs.iloc[0]
    assert (row["effect"], row["low"], row["high"]) == pytest.approx(
        (answer.effect, *answer.interval)
    )
    assert row["verdict"] == answer.verdict


def test_a_missing_month_is_a_gap_and_too_few_months_are_refused() -> None:
    metric, kpi = monthly(False)
    holed = kpi.drop(kpi.index[50])
    answer = link(metric.reindex(holed.index), holed, rng=np.random.default_rng(0))
    assert any("1 month without" in caveat for caveat in answer.caveats)
    few = link(metric[:39], kpi[:39], rng=np.random.default_rng(0))
    assert few.verdict is Verdict.NOT_ENOUGH_DATA
    assert "39 months" in few.verdict_reason


def test_a_daily_calendar_meets_monthly_series_as_its_mean() -> None:
    metric, kpi = monthly(False)
    days = pd.date_range("2014-02-01", "2024-01-31")
    promotion = pd.DataFrame({"promotion": (days.day <= 15).astype(float)}, index=days)
    lifted = kpi * np.exp(0.5 * promotion["promotion"].resample("MS").mean().to_numpy())
    with_it = link(
        metric, lifted, calendar=promotion, rng=np.random.default_rng(0), max_lag_days=60
    )
    assert with_it.interval[0] < 0.8 < with_it.interval[1]


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"calendar": pd.DataFrame(np.ones((N, 2)), DAYS, ["a", "a"])}, ValueError, "calendar"),
        ({"calendar": [1, 2]}, TypeError, "calendar"),
        ({"releases": "2024-05-01"}, TypeError, "releases"),
        ({"releases": [5]}, TypeError, "releases"),
        ({"releases": ["no date"]}, ValueError, "releases"),
        ({"max_lag_days": 61}, ValueError, "max_lag_days"),
        ({"max_lag_days": 2.5}, TypeError, "max_lag_days"),
        ({"smallest_effect": 0.0}, ValueError, "smallest_effect"),
        ({"smallest_effect": "1"}, TypeError, "smallest_effect"),
    ],
)
def test_misuse_names_the_argument(
    options: dict[str, object], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=f"^{named}: expected"):
        linked(MOVING, KPI, **options)
