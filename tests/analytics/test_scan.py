"""Does a scan say of each pair what `link` says, and of all pairs what the search deserves?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.link import LinkResult, link
from analytics.multiplicity import benjamini_hochberg
from analytics.scan import ScanResult, scan
from analytics.vocabulary import EvidenceGrade, Verdict
from benchmarks import link_worlds as worlds
from benchmarks.scan_worlds import CatalogueWorld, catalogue

SEED = 5
N_DAYS = 420


def one_result(world: CatalogueWorld, metric: str, kpi: str, *, seed: int = SEED) -> LinkResult:
    """The same pair by itself."""
    return link(
        world.metrics[metric],
        world.kpis[kpi],
        calendar=world.calendar,
        releases=world.releases.get(metric),
        rng=np.random.default_rng(seed),
    )


def scanned(world: CatalogueWorld, *, seed: int = SEED, workers: int = 1) -> ScanResult:
    """All pairs of the world."""
    return scan(
        world.metrics,
        world.kpis,
        calendar=world.calendar,
        releases=world.releases,
        rng=np.random.default_rng(seed),
        workers=workers,
    )


@pytest.fixture(scope="module")
def mixed() -> CatalogueWorld:
    """Step and continuous metrics, with gaps, late starts, signs and short lists of releases."""
    world = catalogue(3, n_metrics=10, n_kpis=4, n_days=N_DAYS, links_per_kpi=2)
    metrics, kpis = world.metrics.copy(), world.kpis.copy()
    gone = np.random.default_rng(1).random(N_DAYS) < 0.05
    metrics["metric 008"] = metrics["metric 008"].mask(gone)
    metrics.iloc[:60, 9] = np.nan
    metrics.iloc[:40, 4] = np.nan
    metrics["metric 007"] -= 1.0
    kpis["kpi 01"] = kpis["kpi 01"].mask(np.roll(gone, 9))
    kpis["profit"] = kpis["kpi 02"] - kpis["kpi 02"].mean()
    kpis["young"] = kpis["kpi 03"].mask(np.arange(N_DAYS) < 100)
    releases = {name: days for name, days in world.releases.items() if name != "metric 001"}
    return CatalogueWorld(metrics, kpis, world.calendar, releases, world.links)


@dataclass(frozen=True, eq=False)
class Both:
    """A scan beside the `LinkResult` of each of its pairs, in the same order."""

    scan: ScanResult
    alone: list[LinkResult]

    @property
    def pairs(self) -> pd.DataFrame:
        """The rows of the scan."""
        return self.scan.pairs

    def of_link(self, read: Callable[[LinkResult], Any]) -> list[Any]:
        """One value of each `LinkResult`."""
        return [read(result) for result in self.alone]


@pytest.fixture(scope="module")
def both(mixed: CatalogueWorld) -> Both:
    result = scanned(mixed)
    names = zip(result.pairs["metric"], result.pairs["kpi"], strict=True)
    return Both(result, [one_result(mixed, metric, kpi) for metric, kpi in names])


@pytest.mark.parametrize(
    ("column", "read"),
    [
        ("effect", lambda result: result.effect),
        ("low", lambda result: result.interval[0]),
        ("high", lambda result: result.interval[1]),
        ("smallest_detectable_effect", lambda result: result.smallest_detectable_effect),
    ],
)
def test_effects_and_intervals_are_those_of_a_link(
    both: Both, column: str, read: Callable[[LinkResult], float]
) -> None:
    expected = np.array(both.of_link(read))
    np.testing.assert_allclose(both.pairs[column], expected, rtol=1e-4, equal_nan=True)


def test_lags_counts_units_and_grades_are_those_of_a_link(both: Both) -> None:
    pairs = both.pairs
    assert pairs["lag_days"].tolist() == both.of_link(lambda result: result.lag_days)
    sets = list(zip(pairs["lag_set_low"], pairs["lag_set_high"], strict=True))
    assert sets == both.of_link(lambda result: result.lag_set)
    for column in ("n_releases", "n_days", "effect_unit", "evidence_grade"):
        assert pairs[column].tolist() == [getattr(result, column) for result in both.alone]


@pytest.mark.parametrize("column", ["p_value", "lead_p_value", "pre_release_p_value"])
def test_p_values_agree_with_a_link_within_chance(both: Both, column: str) -> None:
    """Five standard errors of a permutation p, and one permutation."""
    expected = np.array([getattr(result, column) for result in both.alone])
    error = 5.0 * np.sqrt(expected * (1.0 - expected) / 1_999) + 1e-3
    assert (np.abs(both.pairs[column].to_numpy() - expected) <= error).all()


def test_another_seed_gives_nearly_the_same_interval(mixed: CatalogueWorld) -> None:
    pairs, again = scanned(mixed).pairs, scanned(mixed, seed=6).pairs
    width = (pairs["high"] - pairs["low"]).to_numpy()
    assert not np.array_equal(pairs["low"], again["low"])
    assert np.median(np.abs(pairs["low"] - again["low"]) / width) < 0.03
    np.testing.assert_allclose(pairs["effect"], again["effect"])


def test_a_verdict_is_a_link_s_unless_the_search_takes_it_back(both: Both) -> None:
    taken_back = {Verdict.NO_EVIDENCE, Verdict.NOT_ENOUGH_DATA}
    rows = zip(both.pairs["verdict"], both.pairs["q_value"], both.alone, strict=True)
    for verdict, q_value, alone in rows:
        if alone.verdict is not Verdict.MOVES:
            assert verdict == alone.verdict
        else:
            assert verdict in ({Verdict.MOVES} if q_value < 0.05 else taken_back)


def test_weekly_data_gives_what_a_link_gives() -> None:
    world = catalogue(4, n_metrics=4, n_kpis=2, n_days=700, links_per_kpi=1)
    weekly = CatalogueWorld(
        world.metrics.iloc[::7], world.kpis.iloc[::7], world.calendar, world.releases, world.links
    )
    for row in scanned(weekly).pairs.to_dict("records"):
        alone = one_result(weekly, row["metric"], row["kpi"])
        assert row["effect"] == pytest.approx(alone.effect, rel=1e-6, nan_ok=True)
        assert (row["low"], row["high"]) == pytest.approx(alone.interval, rel=1e-3, nan_ok=True)
        assert row["lag_days"] == alone.lag_days


@pytest.fixture(scope="module")
def small() -> CatalogueWorld:
    return catalogue(11, n_metrics=6, n_kpis=3, n_days=300, links_per_kpi=1)


def test_the_order_of_series_does_not_matter(small: CatalogueWorld) -> None:
    backwards = CatalogueWorld(
        small.metrics[small.metrics.columns[::-1]],
        small.kpis[small.kpis.columns[::-1]],
        small.calendar,
        small.releases,
        small.links,
    )
    keys = ["metric", "kpi"]
    one, other = scanned(small).pairs, scanned(backwards).pairs
    assert one[keys].to_numpy().tolist() == other[keys].to_numpy().tolist()[::-1]
    one, other = (pairs.sort_values(keys).reset_index(drop=True) for pairs in (one, other))
    pd.testing.assert_frame_equal(one, other, rtol=1e-6)


def test_a_pair_s_row_does_not_depend_on_the_other_series(small: CatalogueWorld) -> None:
    few = CatalogueWorld(
        small.metrics[["metric 001", "metric 004"]],
        small.kpis[["kpi 01"]],
        small.calendar,
        {"metric 001": small.releases["metric 001"]},
        small.links,
    )
    part, whole = scanned(few).pairs, scanned(small).pairs
    whole = part[["metric", "kpi"]].merge(whole, how="left", on=["metric", "kpi"])
    for column in ("effect", "low", "high", "p_value", "lead_p_value", "pre_release_p_value"):
        np.testing.assert_allclose(part[column], whole[column], rtol=1e-6)


def test_processes_share_the_work_and_change_nothing(small: CatalogueWorld) -> None:
    pd.testing.assert_frame_equal(scanned(small).pairs, scanned(small, workers=2).pairs, rtol=1e-6)


def test_the_same_seed_gives_the_same_rows_and_a_used_generator_others(
    small: CatalogueWorld,
) -> None:
    rng = np.random.default_rng(SEED)
    first, second = (
        scan(small.metrics, small.kpis, calendar=small.calendar, rng=rng).pairs for _ in range(2)
    )
    again = scan(
        small.metrics, small.kpis, calendar=small.calendar, rng=np.random.default_rng(SEED)
    ).pairs
    pd.testing.assert_frame_equal(first, again)
    assert not np.array_equal(first["p_value"], second["p_value"])


def test_declared_pairs_are_a_pool_of_their_own(small: CatalogueWorld) -> None:
    declared = [("metric 000", "kpi 00"), ("metric 004", "kpi 02")]
    result = scan(
        small.metrics,
        small.kpis,
        calendar=small.calendar,
        primary=declared,
        rng=np.random.default_rng(SEED),
    )
    pairs = result.pairs
    assert (result.n_declared, result.n_searched) == (2, 16)
    named = [pair in declared for pair in zip(pairs["metric"], pairs["kpi"], strict=True)]
    assert pairs["is_primary"].tolist() == named
    for pool in (pairs[pairs["is_primary"]], pairs[~pairs["is_primary"]]):
        expected = benjamini_hochberg(pool["p_value"].tolist())
        np.testing.assert_allclose(pool["q_value"], expected)


def test_what_only_p_would_show_does_not_move_among_many() -> None:
    """A link of middling p moves when declared, and drowns among forty pairs without any link."""
    world = catalogue(7, n_metrics=40, n_kpis=1, n_days=300, links_per_kpi=0, step_share=0.0)
    alone = scanned(world).pairs
    luckiest = alone.nsmallest(1, "p_value").iloc[0]
    assert luckiest["p_value"] < 0.05 < luckiest["q_value"]
    assert luckiest["verdict"] in {Verdict.NO_EVIDENCE, Verdict.NOT_ENOUGH_DATA}
    assert "pairs searched" in luckiest["verdict_reason"]
    declared = scan(
        world.metrics,
        world.kpis,
        calendar=world.calendar,
        primary=[(luckiest["metric"], luckiest["kpi"])],
        rng=np.random.default_rng(SEED),
    ).pairs
    row = declared[declared["is_primary"]].iloc[0]
    assert row["p_value"] == pytest.approx(luckiest["p_value"])
    assert row["q_value"] == pytest.approx(row["p_value"])
    assert row["verdict"] == Verdict.MOVES


def test_hits_are_refined_beyond_a_link_s_permutations() -> None:
    """By itself a link's p is 1 in 2,000 (10,000 when continuous) at best."""
    world = catalogue(2, n_metrics=2, n_kpis=1, n_days=N_DAYS, links_per_kpi=0)
    step = np.log(world.metrics["metric 000"])
    moving = np.log(world.metrics["metric 001"])
    kpis = world.kpis.assign(step=np.exp(9 * step), moving=np.exp(3 * moving))
    noise = np.exp(0.02 * np.random.default_rng(1).standard_normal((N_DAYS, 3)))
    pairs = scan(
        world.metrics, kpis * noise, releases=world.releases, rng=np.random.default_rng(SEED)
    ).pairs
    p = dict(zip(zip(pairs["metric"], pairs["kpi"], strict=True), pairs["p_value"], strict=True))
    assert p["metric 000", "step"] < 1 / 5_000
    assert p["metric 001", "moving"] == pytest.approx(1 / 20_000)


def degenerate(days: pd.DatetimeIndex) -> pd.DataFrame:
    """Series with which nothing can be done, and one with which something can."""
    rng = np.random.default_rng(1)
    values = np.exp(0.05 * rng.standard_normal(len(days)))
    infinite = values.copy()
    infinite[::9] = np.inf
    return pd.DataFrame(
        {
            "constant": 1.0,
            "empty": np.nan,
            "late": np.where(np.arange(len(days)) > len(days) - 40, values, np.nan),
            "holes": np.where(rng.random(len(days)) < 0.5, values, np.nan),
            "one step": np.where(np.arange(len(days)) > 50, 1.0, 2.0),
            "zeros": np.maximum(values - 1.0, 0.0),
            "weekday": np.exp(days.day_of_week.to_numpy() / 7.0),
            "infinite": infinite,
            "good": values,
        },
        index=days,
    )


@pytest.mark.parametrize("n", [0, 1, 60, 200])
def test_degenerate_series_give_the_verdict_and_reason_of_a_link(n: int) -> None:
    frame = degenerate(pd.date_range("2024-01-01", periods=200))[:n]
    result = scan(frame, frame, rng=np.random.default_rng(SEED))
    assert len(result.pairs) == frame.shape[1] ** 2
    for row in result.pairs.to_dict("records"):
        if row["metric"] == row["kpi"] and row["evidence_grade"] == EvidenceGrade.SERIES:
            continue  # a series against itself leaves nothing but rounding
        alone = link(frame[row["metric"]], frame[row["kpi"]], rng=np.random.default_rng(SEED))
        assert row["effect"] == pytest.approx(alone.effect, rel=1e-6, nan_ok=True)
        if not alone.has_estimate:
            for name in ("verdict", "verdict_reason", "more_needed", "n_days", "n_releases"):
                assert row[name] == getattr(alone, name)
            assert np.isnan(row["q_value"])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_beyond_arithmetic_raise_neither_in_a_scan_nor_in_a_link() -> None:
    days = pd.date_range("2024-01-01", periods=150)
    normal = np.random.default_rng(1).standard_normal((150, 3))
    frame = pd.DataFrame(
        {"huge": normal[:, 0] * 1e99, "tiny": normal[:, 1] * 1e-200, "usual": normal[:, 2]}, days
    )
    pairs = scan(frame, frame, rng=np.random.default_rng(SEED)).pairs
    assert pairs.loc[pairs["kpi"] == "tiny", "effect"].isna().all()
    alone = link(frame["usual"], frame["tiny"], rng=np.random.default_rng(SEED))
    assert alone.verdict_reason == pairs["verdict_reason"].iloc[7]
    alone = link(frame["huge"], frame["usual"], rng=np.random.default_rng(SEED))
    assert alone.verdict is Verdict.INVALID_DATA


def test_counts_add_up_to_the_pairs(both: Both) -> None:
    result = both.scan
    assert sum(result.counts.values()) == len(result.pairs) == len(both.alone)
    assert set(result.counts) == set(Verdict)
    assert len(result.moving) == result.counts[Verdict.MOVES] > 0
    assert (result.moving["q_value"] < 0.05).all()


def test_few_discoveries_are_false_where_permuting_alone_errs_often() -> None:
    """Three catalogues of 240 pairs with 12 true links each."""
    false, found, alone_false, alone_found = 0, 0, 0, 0
    for seed in range(3):
        world = catalogue(seed, n_metrics=40, n_kpis=6, n_days=500, links_per_kpi=2)
        pairs = scanned(world, seed=seed).pairs
        true = np.array(
            [pair in world.links for pair in zip(pairs["metric"], pairs["kpi"], strict=True)]
        )
        moves, alone = (pairs["verdict"] == Verdict.MOVES), pairs["p_value"] < 0.05
        found, false = found + int(moves.sum()), false + int((moves & ~true).sum())
        alone_found, alone_false = (
            alone_found + int(alone.sum()),
            alone_false + int((alone & ~true).sum()),
        )
    assert found >= 9
    assert false <= 0.15 * found
    assert alone_false >= 0.3 * alone_found


def misuse(**changes: object) -> dict[str, object]:
    days = pd.date_range("2024-01-01", periods=5)
    series = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0, 5.0]}, index=days)
    usual = {"metrics": series, "kpis": series, "rng": np.random.default_rng(1)}
    return {**usual, **changes}


SERIES = pd.Series([1.0], index=pd.DatetimeIndex(["2024-01-01"]))


@pytest.mark.parametrize(
    ("changes", "error", "named"),
    [
        ({"metrics": [1.0]}, TypeError, "metrics"),
        ({"metrics": {}}, ValueError, "metrics"),
        ({"metrics": {1: SERIES}}, TypeError, "metrics"),
        ({"metrics": {"a": ["x"]}}, TypeError, "metrics"),
        ({"kpis": {"a": SERIES}}, ValueError, "kpis"),
        ({"kpis": SERIES}, TypeError, "kpis"),
        ({"rng": 1}, TypeError, "rng"),
        ({"calendar": [1]}, TypeError, "calendar"),
        ({"max_lag_days": 61}, ValueError, "max_lag_days"),
        ({"primary": [("b", "a")]}, ValueError, "primary"),
        ({"primary": ["aa"]}, TypeError, "primary"),
        ({"primary": "aa"}, TypeError, "primary"),
        ({"releases": {"b": []}}, ValueError, "releases"),
        ({"releases": []}, TypeError, "releases"),
        ({"releases": {"a": [1]}}, TypeError, "releases"),
        ({"smallest_effect": 0.0}, ValueError, "smallest_effect"),
        ({"smallest_effect": {}}, ValueError, "smallest_effect"),
        ({"workers": 0}, ValueError, "workers"),
        ({"workers": 1.5}, TypeError, "workers"),
    ],
)
def test_misuse_is_refused_by_name(
    changes: dict[str, object], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        scan(**misuse(**changes))  # type: ignore[arg-type]


def test_series_may_come_as_a_mapping_of_whole_numbers() -> None:
    days = pd.date_range("2024-01-01", periods=200)
    rng = np.random.default_rng(1)
    orders = pd.Series(rng.poisson(400, 200), index=days)
    speed = pd.Series(np.exp(0.1 * worlds.white(rng, 200)), index=days)
    result = scan({"speed": speed}, {"orders": orders}, rng=np.random.default_rng(SEED))
    alone = link(speed, orders, rng=np.random.default_rng(SEED))
    assert result.pairs["effect"].iloc[0] == pytest.approx(alone.effect)
