"""Does `link` answer as promised: for the usual case, for poor data, and for misuse?"""

import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.link import ELASTICITY, SLOPE, LinkResult, link
from analytics.link_result import LAG_EFFECT_COLUMNS, RELEASE_COLUMNS, SERIES_COLUMNS
from analytics.vocabulary import EvidenceGrade, Verdict
from benchmarks import link_worlds
from benchmarks.link_worlds import World

DAYS = pd.date_range("2025-01-01", periods=120)


def answer(world: World, *, seed: int = 0, **options: float) -> LinkResult:
    return link(
        world.metric,
        world.kpi,
        calendar=world.calendar,
        releases=world.releases,
        rng=np.random.default_rng(seed),
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def found(recommender: World) -> LinkResult:
    return answer(recommender)


def test_a_real_gain_moves_the_kpi_with_the_true_elasticity_and_lag(found: LinkResult) -> None:
    assert found.verdict == Verdict.MOVES
    assert found.interval[0] < 1.2 < found.interval[1]
    assert found.interval[0] > 0
    assert found.lag_days is not None
    assert abs(found.lag_days - 5) <= 2
    assert found.lag_set is not None
    assert found.lag_set[0] <= 5 <= found.lag_set[1]
    assert found.effect_unit == ELASTICITY
    assert found.evidence_grade == EvidenceGrade.RELEASES


def test_everything_a_page_draws_is_there(found: LinkResult) -> None:
    assert tuple(found.lag_effects.columns) == LAG_EFFECT_COLUMNS
    assert found.lag_effects["lag_days"].tolist() == list(range(-14, 15))
    assert tuple(found.release_table.columns) == RELEASE_COLUMNS
    assert len(found.release_table) == 30
    assert tuple(found.whitened.columns) == SERIES_COLUMNS
    assert len(found.whitened) == found.n_days == 730
    assert found.whitened["is_release"].sum() == 30
    assert 0.8 < found.whitened["kpi_whitened"].std() < 1.2
    assert -1 <= found.raw_correlation <= 1
    assert found.verdict_reason.endswith(".")
    assert found.more_needed.endswith(".")


def test_release_table_regresses_on_the_gains_with_the_effect(found: LinkResult) -> None:
    table = found.release_table.dropna()
    slope = np.polyfit(table["log_change"], table["kpi_log_change"], 1)[0]
    assert slope == pytest.approx(found.effect, abs=0.6)


def test_the_same_seed_gives_the_same_answer(recommender: World, found: LinkResult) -> None:
    again = answer(recommender)
    assert (again.effect, again.interval, again.p_value) == (
        found.effect,
        found.interval,
        found.p_value,
    )


def test_inputs_are_left_untouched_and_the_result_is_frozen(
    recommender: World, found: LinkResult
) -> None:
    metric, kpi = recommender.metric.copy(), recommender.kpi.copy()
    answer(recommender)
    pd.testing.assert_series_equal(metric, recommender.metric)
    pd.testing.assert_series_equal(kpi, recommender.kpi)
    with pytest.raises(FrozenInstanceError):
        found.effect = 0.0  # type: ignore[misc]


@pytest.mark.parametrize("factor", [0.001, 100.0])
def test_an_elasticity_does_not_depend_on_units(
    recommender: World, found: LinkResult, factor: float
) -> None:
    scaled = replace(recommender, metric=recommender.metric * factor, kpi=recommender.kpi * factor)
    other = answer(scaled)
    assert other.effect == pytest.approx(found.effect, rel=1e-6)
    assert other.interval == pytest.approx(found.interval, rel=1e-6)
    assert other.p_value == pytest.approx(found.p_value, abs=1e-12)


def test_shuffled_gains_do_not_move_the_kpi(recommender: World) -> None:
    assert recommender.releases is not None
    at = recommender.kpi.index.get_indexer(recommender.releases)
    logs = np.log(recommender.metric.to_numpy())
    delta = logs[at] - logs[at - 1]
    verdicts = []
    for seed in range(12):
        dealt = np.random.default_rng(seed).permutation(delta)
        shuffled = np.exp(np.log(0.3) + link_worlds.steps(730, at, dealt))
        metric = pd.Series(shuffled, recommender.metric.index)
        verdicts.append(answer(replace(recommender, metric=metric)).verdict)
    assert verdicts.count(Verdict.MOVES) <= 2


def test_releases_after_the_kpi_rose_are_confounded() -> None:
    rng = np.random.default_rng(5)
    caught = [
        answer(link_worlds.reverse(rng, link_worlds.white, "7-day")).verdict for _ in range(10)
    ]
    assert caught.count(Verdict.CONFOUNDED) >= 8
    assert Verdict.MOVES not in caught


def test_too_few_releases_ask_for_more() -> None:
    rng = np.random.default_rng(1)
    at = np.array([40, 90, 150, 200])
    base = link_worlds.shop(rng, link_worlds.white, n=300)
    few = answer(link_worlds.world(rng, base, at, np.array([0.1, 0.0, 0.2, 0.05]), effect=1.0))
    assert few.verdict == Verdict.NOT_ENOUGH_DATA
    assert few.n_releases == 4
    assert "2 more releases" in few.more_needed
    assert few.has_estimate


def test_blunt_data_says_how_many_more_releases_would_do() -> None:
    rng = np.random.default_rng(2)
    base = link_worlds.shop(rng, link_worlds.white, n=200, sd=0.08)
    at = np.array([20, 45, 70, 95, 120, 145, 170])
    delta = np.array([0.01, 0.0, 0.02, -0.01, 0.01, 0.015, 0.0])
    blunt = answer(link_worlds.world(rng, base, at, delta))
    assert blunt.verdict == Verdict.NOT_ENOUGH_DATA
    assert blunt.smallest_detectable_effect > 1.0
    assert "more releases" in blunt.more_needed
    assert "weeks" in blunt.more_needed


def test_the_smallest_effect_that_matters_decides_between_blunt_and_no_evidence() -> None:
    rng = np.random.default_rng(3)
    base = link_worlds.shop(rng, link_worlds.white, n=700, sd=0.04)
    at = link_worlds.release_days(rng, 700, count=30)
    null = link_worlds.world(rng, base, at, rng.normal(0, 0.04, 30))
    detectable = answer(null).smallest_detectable_effect
    assert answer(null, smallest_effect=detectable * 1.01).verdict == Verdict.NO_EVIDENCE
    assert answer(null, smallest_effect=detectable * 0.99).verdict == Verdict.NOT_ENOUGH_DATA


def test_gaps_in_the_kpi_are_survived_and_named(recommender: World, found: LinkResult) -> None:
    kpi = recommender.kpi.copy()
    kpi.iloc[300:310] = np.nan
    gapped = answer(replace(recommender, kpi=kpi))
    assert gapped.verdict == Verdict.MOVES
    assert gapped.effect == pytest.approx(found.effect, abs=0.3)
    assert any("10 days without a KPI value" in caveat for caveat in gapped.caveats)
    assert gapped.whitened["kpi_whitened"].isna().sum() == 10


def test_a_day_absent_from_the_index_equals_a_missing_day(recommender: World) -> None:
    kpi = recommender.kpi.copy()
    kpi.iloc[300] = np.nan
    missing = answer(replace(recommender, kpi=kpi))
    kept = np.arange(730) != 300
    absent = answer(
        replace(recommender, metric=recommender.metric[kept], kpi=recommender.kpi[kept])
    )
    assert absent.effect == pytest.approx(missing.effect, rel=1e-9)


def test_a_kpi_that_can_be_negative_is_linked_in_its_own_units(recommender: World) -> None:
    profit = recommender.kpi - recommender.kpi.mean()
    other = answer(replace(recommender, kpi=profit))
    assert other.effect_unit == SLOPE
    assert any("zero or negative" in caveat for caveat in other.caveats)


def test_an_outage_nobody_listed_is_set_aside_and_named(recommender: World) -> None:
    kpi = recommender.kpi.copy()
    kpi.iloc[400] *= 0.2
    shocked = answer(replace(recommender, kpi=kpi))
    assert shocked.verdict == Verdict.MOVES
    day = f"{kpi.index[400]:%Y-%m-%d}"
    assert any("Unlisted shocks" in caveat and day in caveat for caveat in shocked.caveats)


@pytest.mark.parametrize(
    ("metric", "kpi", "verdict", "says"),
    [
        (np.full(120, np.nan), np.arange(1.0, 121), Verdict.INVALID_DATA, "metric has no value"),
        (np.arange(1.0, 121), np.full(120, np.nan), Verdict.INVALID_DATA, "KPI has no value"),
        (np.full(120, 2.0), np.arange(1.0, 121), Verdict.NOT_ENOUGH_DATA, "metric never changed"),
        (np.arange(1.0, 121), np.full(120, 2.0), Verdict.NOT_ENOUGH_DATA, "KPI never changed"),
        (
            np.arange(1.0, 121),
            np.where(np.arange(120) % 2, np.nan, 3.0 + np.arange(120)),
            Verdict.INVALID_DATA,
            "50\u00a0% of the KPI is missing",
        ),
        (
            np.where(np.arange(120) < 50, np.nan, np.arange(1.0, 121)),
            np.arange(1.0, 121),
            Verdict.NOT_ENOUGH_DATA,
            "share only 70 days",
        ),
    ],
)
def test_data_that_cannot_be_linked_gets_a_verdict_with_its_reason(
    metric: np.ndarray, kpi: np.ndarray, verdict: Verdict, says: str, rng: np.random.Generator
) -> None:
    refused = link(pd.Series(metric, DAYS), pd.Series(kpi, DAYS), rng=rng)
    assert refused.verdict == verdict
    assert says in refused.verdict_reason
    assert not refused.has_estimate
    assert refused.lag_days is None
    assert len(refused.more_needed) > 10
    assert len(refused.lag_effects) == len(refused.release_table) == 0


def test_empty_series_are_data_not_misuse(rng: np.random.Generator) -> None:
    empty = pd.Series([], dtype=float, index=pd.DatetimeIndex([]))
    assert link(empty, empty, rng=rng).verdict == Verdict.INVALID_DATA


def test_yearly_data_is_refused_politely(rng: np.random.Generator) -> None:
    years = pd.date_range("1930-01-01", periods=120, freq="YS")
    series = pd.Series(np.exp(rng.standard_normal(120)), years)
    refused = link(series, series * 2, rng=rng)
    assert refused.verdict == Verdict.NOT_ENOUGH_DATA
    assert "365 days apart" in refused.verdict_reason


_VALUES = st.one_of(
    st.just(math.nan),
    st.sampled_from([0.0, 1.0, -1.0, 1e-12, 1e12, math.inf, -math.inf]),
    st.floats(-1e6, 1e6),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), n=st.integers(0, 140), repeats=st.integers(1, 30))
def test_no_numbers_whatever_make_it_raise(data: st.DataObject, n: int, repeats: int) -> None:
    few = st.lists(_VALUES, min_size=n // repeats + 1, max_size=n // repeats + 1)
    pool = data.draw(st.lists(_VALUES, min_size=1, max_size=20))
    seed = data.draw(st.integers(0, 2**16))
    metric = np.repeat(np.array(data.draw(few)), repeats)[:n]
    kpi = np.random.default_rng(seed).choice(np.array(pool), n)
    days = pd.date_range("2025-01-01", periods=n)
    found = link(
        pd.Series(metric, days, dtype=float),
        pd.Series(kpi, days, dtype=float),
        rng=np.random.default_rng(seed),
    )
    assert isinstance(found.verdict, Verdict)
    assert found.verdict_reason
    if found.has_estimate:
        assert found.interval[0] <= found.effect <= found.interval[1]


def test_a_constant_calendar_column_and_foreign_days_do_no_harm(
    recommender: World, found: LinkResult
) -> None:
    calendar = recommender.calendar.assign(always=1.0, never=0.0)
    calendar.loc[pd.Timestamp("2035-01-01")] = 1.0
    other = answer(replace(recommender, calendar=calendar))
    assert other.effect == pytest.approx(found.effect, rel=1e-6)


def test_a_kpi_without_chance_or_with_too_many_controls_is_refused(
    rng: np.random.Generator,
) -> None:
    metric = pd.Series(np.repeat(rng.random(12), 10), DAYS)
    listed = pd.DataFrame({"promotion": rng.random(120)}, DAYS)
    clockwork = pd.Series(3.0 + 2.0 * listed["promotion"], DAYS) - 4.0
    exact = link(metric - 0.5, clockwork, calendar=listed, rng=rng)
    assert exact.verdict == Verdict.NOT_ENOUGH_DATA
    assert "to the last digit" in exact.verdict_reason
    crowded = pd.DataFrame(rng.random((120, 100)), DAYS)
    swamped = link(metric, pd.Series(rng.random(120) + 1, DAYS), calendar=crowded, rng=rng)
    assert swamped.verdict == Verdict.NOT_ENOUGH_DATA
    assert "leave too few days" in swamped.verdict_reason


def good() -> dict[str, object]:
    metric = pd.Series(np.exp(np.sin(np.arange(120))), DAYS)
    return {"metric": metric, "kpi": metric * 2 + 1, "rng": np.random.default_rng(0)}


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"metric": [1.0, 2.0]}, TypeError, "metric: expected a pandas Series"),
        ({"kpi": pd.Series(["a"] * 120, DAYS)}, TypeError, "kpi: expected numbers"),
        ({"metric": pd.Series(range(120))}, TypeError, "metric: expected a DatetimeIndex"),
        ({"metric": pd.Series(1.0, DAYS[::-1])}, ValueError, "metric: .*ascending"),
        ({"metric": pd.Series(1.0, [DAYS[0]] * 120)}, ValueError, "metric: .*twice"),
        ({"metric": pd.Series(1.0, DAYS.tz_localize("UTC"))}, ValueError, "metric: .*time zone"),
        (
            {"metric": pd.Series(1.0, DAYS + pd.Timedelta(hours=5))},
            ValueError,
            "metric: .*whole days",
        ),
        (
            {"kpi": pd.Series(1.0, DAYS + pd.Timedelta(days=1))},
            ValueError,
            "kpi: expected the same index",
        ),
        ({"rng": 42}, TypeError, "rng: expected numpy.random.Generator"),
        ({"max_lag_days": 3.5}, TypeError, "max_lag_days"),
        ({"max_lag_days": -1}, ValueError, "max_lag_days"),
        ({"max_lag_days": 400}, ValueError, "max_lag_days"),
        ({"smallest_effect": 0.0}, ValueError, "smallest_effect"),
        ({"smallest_effect": "1"}, TypeError, "smallest_effect"),
        ({"calendar": {"promotion": []}}, TypeError, "calendar: expected a pandas DataFrame"),
        ({"calendar": pd.DataFrame({"a": ["x"] * 120}, DAYS)}, TypeError, "calendar: .*'a'"),
        ({"releases": "2025-01-01"}, TypeError, "releases: expected a list of dates"),
        ({"releases": [17]}, TypeError, "releases: expected dates"),
        ({"releases": ["last Tuesday"]}, ValueError, "releases: expected dates"),
    ],
)
def test_misuse_names_the_argument(
    wrong: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        link(**{**good(), **wrong})  # type: ignore[arg-type]


def test_options_are_keyword_only() -> None:
    arguments = good()
    with pytest.raises(TypeError, match="positional"):
        link(arguments["metric"], arguments["kpi"], None)  # type: ignore[arg-type,misc]


def test_lag_zero_alone_can_be_asked(recommender: World) -> None:
    only_now = answer(recommender, max_lag_days=0)
    assert only_now.lag_days == 0
    assert only_now.lag_effects["lag_days"].tolist() == [0]


@pytest.mark.parametrize(
    ("kind", "figures", "p_values"),
    [
        (
            "step",
            (1.077711944948255, 0.6942307436002182, 1.461193146296292, 0.537840844058496),
            (0.0005, 0.163, 0.5955),
        ),
        (
            "continuous",
            (0.08598709144918427, 0.028676199770881393, 0.14329798312748715, 0.07385194715759541),
            (0.0004, 0.7512, 0.4007),
        ),
    ],
)
def test_a_seed_gives_the_answer_it_has_always_given(
    recommender: World, kind: str, figures: tuple[float, ...], p_values: tuple[float, ...]
) -> None:
    """Recorded before whitening and steps were shared with the scan; no draw may have moved."""
    noise = link_worlds.autoregressive, link_worlds.white
    moving = link_worlds.continuous(np.random.default_rng(3), *noise, effect=0.1)
    result = answer(recommender if kind == "step" else moving, seed=5)
    measured = (result.effect, *result.interval, result.smallest_detectable_effect)
    assert measured == pytest.approx(figures, rel=1e-9)
    assert (result.p_value, result.lead_p_value, result.pre_release_p_value) == p_values
