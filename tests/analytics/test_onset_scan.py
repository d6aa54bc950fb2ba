"""Are scores, thresholds and the noise of "since when?" what theory says they are?"""

import numpy as np
import pytest
from scipy import stats

from analytics.onset_grid import robust_sd
from analytics.onset_noise import Noise, estimate_noise
from analytics.onset_scan import Rate, Scan, p_value, threshold


def autoregression(rng: np.random.Generator, n: int, coefficient: float) -> np.ndarray:
    values = rng.standard_normal(n)
    for i in range(1, n):
        values[i] += coefficient * values[i - 1]
    return values


def test_the_rate_of_normal_values_is_half_the_square(rng: np.random.Generator) -> None:
    z = rng.standard_normal(200_000)
    rate = Rate.of(z - z.mean())
    means = np.array([-1.5, -0.5, 0.1, 1.0, 2.0])
    assert rate.squares(means) == pytest.approx(means**2, rel=0.04)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_the_rate_of_errors_is_their_relative_entropy(share: float) -> None:
    z = np.zeros(1000)
    z[: round(1000 * share)] = 1.0
    rate = Rate.of(z - share)
    for seen in (share / 2, (1 + share) / 2):
        entropy = seen * np.log(seen / share) + (1 - seen) * np.log((1 - seen) / (1 - share))
        assert rate.squares(np.array([seen - share]))[0] == pytest.approx(2 * entropy, rel=0.02)


def test_a_split_of_normal_values_scores_its_z_value(rng: np.random.Generator) -> None:
    z = rng.standard_normal(5000)
    z -= z.mean()
    expected = abs(z[:2000].mean() - z[2000:].mean()) / np.sqrt(1 / 2000 + 1 / 3000) / z.std()
    assert Scan(z).window(0, 2000) == pytest.approx(expected, rel=0.02)


def test_the_best_window_is_the_planted_one(rng: np.random.Generator) -> None:
    z = rng.standard_normal(3000)
    z[1000:1040] += 3.0
    best = Scan(z).best(3)
    assert abs(best.start - 1000) <= 1
    assert abs(best.end - 1040) <= 1


@pytest.mark.parametrize("n", [60, 500])
def test_the_threshold_is_passed_by_about_one_in_twenty(n: int, rng: np.random.Generator) -> None:
    limit = threshold(n, false_alarm_rate=0.05)
    passed = sum(Scan(rng.standard_normal(n)).best(3).score > limit for _ in range(600))
    low, high = stats.binom.ppf([0.001, 0.999], 600, 0.05)
    assert low <= passed <= high


@pytest.mark.parametrize("n", [12, 100, 17_520, 100_000])
@pytest.mark.parametrize("rate", [0.001, 0.05, 0.3])
def test_threshold_and_p_value_are_inverse(n: int, rate: float) -> None:
    assert p_value(threshold(n, false_alarm_rate=rate), n) == pytest.approx(rate, rel=0.01)


def test_memory_is_estimated_with_and_without_a_change_of_level(rng: np.random.Generator) -> None:
    x = autoregression(rng, 4000, 0.5)
    stepped = x + 3.0 * (np.arange(4000) >= 2000)
    position = np.arange(4000)
    for values in (x, stepped):
        noise = estimate_noise(values, position)
        assert noise.ar.sum() == pytest.approx(0.5, abs=0.08)
        assert noise.inflation < 1.3


def test_white_noise_has_no_memory(rng: np.random.Generator) -> None:
    noise = estimate_noise(rng.standard_normal(3000), np.arange(3000))
    assert len(noise.ar) == 0
    assert noise.inflation == pytest.approx(1.0, abs=0.1)


def test_memory_beyond_an_autoregression_inflates_sums(rng: np.random.Generator) -> None:
    slow = autoregression(rng, 6000, 0.99) * np.sqrt(1 - 0.99**2)
    x = slow + 2.0 * rng.standard_normal(6000)
    noise = estimate_noise(x, np.arange(6000), level=np.full(6000, x.mean()), after_changes=True)
    assert noise.inflation > 1.2


def test_innovations_keep_the_size_of_a_lasting_change() -> None:
    noise = Noise(np.array([0.6, 0.2]), 1.0)
    innovations = noise.innovations(np.repeat([0.0, 2.0], 50), np.arange(100))
    assert innovations[:50] == pytest.approx(0.0)
    assert innovations[52:] == pytest.approx(2.0)


def test_robust_spread_ignores_outliers_and_keeps_rare_events(rng: np.random.Generator) -> None:
    z = rng.standard_normal(5000)
    z[:20] = 1e6
    assert robust_sd(z) == pytest.approx(1.0, abs=0.05)
    rare = np.zeros(5000)
    rare[:10] = 1.0
    assert robust_sd(rare) == pytest.approx(rare.std())
