"""Is what was measured reported with the band and the mark it deserves?"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from benchmarks import figures
from benchmarks.figure_tables import beside_lines, target_lines, write_json
from benchmarks.figures import Figure


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (1, 20), (13, 300), (299, 300), (300, 300)])
def test_the_band_is_the_exact_binomial_interval(hits: int, n: int) -> None:
    exact = binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert figures.binomial_band(hits, n) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_a_share_counts_its_worlds() -> None:
    figure = figures.share("false moves", [True, False, False, False], 0.3)
    assert (figure.measured, figure.n, figure.reached) == (0.25, 4, True)
    assert figure.low < 0.25 < figure.high


def test_the_band_of_a_mean_is_two_standard_errors_wide() -> None:
    values = np.random.default_rng(1).normal(0.1, 1.0, 400).tolist()
    figure = figures.mean("loss", values, 0.08)
    error = np.std(values, ddof=1) / 20.0
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * error)


@pytest.mark.parametrize(
    ("measured", "low", "high", "at_most", "mark"),
    [
        (0.05, 0.02, 0.08, True, "reached"),
        (0.07, 0.04, 0.10, True, "missed, in band"),
        (0.20, 0.15, 0.25, True, "MISSED"),
        (0.20, 0.15, 0.25, False, "reached"),
        (0.01, 0.00, 0.03, False, "MISSED"),
    ],
)
def test_a_miss_says_whether_chance_could_explain_it(
    measured: float, low: float, high: float, at_most: bool, mark: str
) -> None:
    assert Figure("any", measured, 0.06, at_most, 100, low, high).mark == mark


def test_without_worlds_nothing_is_reached() -> None:
    figure = figures.share("power", [], 0.8, at_most=False)
    assert math.isnan(figure.measured)
    assert figure.reached is False


def test_methods_stand_beside_one_another_and_say_when_they_saw_fewer_worlds() -> None:
    some = [
        figures.counted("power", 80, 100, 0.75, at_most=False),
        figures.counted("power", 9, 10, at_most=False, method="slow"),
        figures.counted("confounded", 1, 100, 0.02),
    ]
    head, power, confounded = beside_lines(some)
    assert head.split() == ["bellwether", "slow"]
    assert power.split() == ["power", "0.800", "0.900", "/10"]
    assert confounded.split() == ["confounded", "0.010", "-"]
    assert [line.split()[0] for line in target_lines(some)] == ["power", "confounded"]


def test_the_file_holds_every_figure_and_no_text_that_is_not_json(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    write_json(target, {"links": [Figure("seconds", 0.03, 0.1, True, 10)]}, {"seed": 3})
    told = json.loads(target.read_text(encoding="utf-8"))
    assert told["about"] == {"seed": 3}
    assert told["figures"]["links"][0]["reached"] is True
    assert told["figures"]["links"][0]["low"] is None
