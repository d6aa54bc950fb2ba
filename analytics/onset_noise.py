"""How does a series wander from period to period when nothing has changed?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.onset_grid import CLIP_SD, NORMAL_MAD, FloatArray, IntArray, robust_sd

LARGEST_ORDER = 6
LARGEST_REFLECTION = 0.98
BLOCK_SIZES = (1.0, 2.5)
FEWEST_BLOCKS = 8


@dataclass(frozen=True, eq=False)
class Noise:
    """An autoregression and how much more the sums of its innovations vary than they should.

    `ar` holds its coefficients, nearest lag first. `inflation` (at least 1) is the standard
    deviation of block sums of the innovations over that of independent ones.
    """

    ar: FloatArray
    inflation: float

    @property
    def gain(self) -> float:
        """What remains of a lasting change in the innovations: one minus the coefficients."""
        return float(1.0 - self.ar.sum())

    def innovations(self, x: FloatArray, position: IntArray) -> FloatArray:
        """(n,) what the values before do not foretell, in units of `x` after a lasting change.

        Values missing in between are interpolated; the first ones are foretold by the median.
        Divided by `gain`, so that a lasting change of x keeps its size.
        """
        if len(self.ar) == 0:
            return x
        span = int(position[-1]) + 1
        full = x if span == len(x) else np.interp(np.arange(span), position, x)
        order = len(self.ar)
        start = np.full(order, float(np.median(x[: max(20, order)])))
        padded = np.concatenate([start, full])
        left = full.copy()
        for lag, weight in enumerate(self.ar, start=1):
            left -= weight * padded[order - lag : order - lag + span]
        return np.asarray((left if span == len(x) else left[position]) / self.gain)


def estimate_noise(
    x: FloatArray,
    position: IntArray,
    *,
    level: FloatArray | None = None,
    has_memory: bool = True,
    after_changes: bool = False,
) -> Noise:
    """Autoregression of x, its order by BIC up to six; none without memory (rare events).

    With levels the autocovariances are those of what is left after them. Without, they come from
    differences at short and long lags, which a few changes of level hardly touch (after
    Tecuapetla-Gómez and Munk, 2017) but which sparse values make uncertain: there the criterion
    asks for more. Long blocks count only `after_changes`: before, changes would pass for noise.
    """
    span = int(position[-1]) + 1
    full = np.full(span, np.nan)
    full[position] = x if level is None else x - level
    pairs = max(int(np.count_nonzero(np.diff(position) == 1)), 2)
    if not has_memory:
        ar = np.zeros(0)
    elif level is None:
        ar = _autoregression(_from_differences(full), pairs, max(1.0, (_kurtosis(x) - 1.0) / 2.0))
    else:
        ar = _autoregression(_from_products(full), pairs, 1.0)
    innovations = Noise(ar, 1.0).innovations(full[position], position)
    return Noise(ar, _inflation(innovations, BLOCK_SIZES if after_changes else BLOCK_SIZES[:1]))


def _kurtosis(x: FloatArray) -> float:
    centred = x - np.median(x)
    square = np.minimum(centred**2, (CLIP_SD * robust_sd(x)) ** 2)
    mean = float(square.mean())
    return float((square**2).mean()) / mean**2 if mean > 0.0 else 3.0


def _from_differences(full: FloatArray) -> FloatArray:
    """(order + 1,) autocovariances: half the mean squared difference at a far lag minus at k."""
    n = len(full)
    far = int(np.clip(n // 20, 4, 48))
    order = min(LARGEST_ORDER, far - 2)
    far_lags = np.unique(np.linspace(max(far // 2, order + 1), far, 4).astype(int))
    sd = _difference_sd(full, far)
    bound = CLIP_SD * np.sqrt(2.0) * sd
    total = float(np.mean([_half_square(full, int(lag), bound) for lag in far_lags]))
    near = [total - _half_square(full, lag, bound) for lag in range(1, order + 1)]
    return np.array([total, *near])


def _difference_sd(full: FloatArray, lag: int) -> float:
    difference = full[lag:] - full[:-lag]
    difference = difference[~np.isnan(difference)]
    return robust_sd(difference) / np.sqrt(2.0) if len(difference) > 1 else 0.0


def _half_square(full: FloatArray, lag: int, bound: float) -> float:
    difference = full[lag:] - full[:-lag]
    difference = difference[~np.isnan(difference)]
    if len(difference) == 0:
        return 0.0
    clipped = np.clip(difference, -bound, bound)
    return float(clipped @ clipped) / (2.0 * len(clipped))


def _from_products(full: FloatArray) -> FloatArray:
    seen = ~np.isnan(full)
    sd = robust_sd(full[seen])
    x = np.clip(full, -CLIP_SD * sd, CLIP_SD * sd)
    x = np.where(seen, x - np.nanmean(x), 0.0)
    order = min(LARGEST_ORDER, len(x) // 10)
    found = []
    for lag in range(order + 1):
        pairs = float(np.count_nonzero(seen[lag:] & seen[: len(seen) - lag]))
        found.append(float(x[lag:] @ x[: len(x) - lag]) / max(pairs, 1.0))
    return np.array(found)


def _autoregression(covariance: FloatArray, n: int, penalty: float) -> FloatArray:
    """Levinson's recursion; the order with the least BIC from n pairs of neighbours."""
    if covariance[0] <= 0.0:
        return np.zeros(0)
    best, ar = np.zeros(0), np.zeros(0)
    left, lowest = float(covariance[0]), n * np.log(covariance[0])
    for order in range(1, len(covariance)):
        ahead = covariance[order] - float(ar @ covariance[order - 1 : 0 : -1])
        reflection = float(np.clip(ahead / left, -LARGEST_REFLECTION, LARGEST_REFLECTION))
        ar = np.append(ar - reflection * ar[::-1], reflection)
        left *= 1.0 - reflection**2
        criterion = n * np.log(left) + penalty * order * np.log(n)
        if criterion < lowest and ar.sum() < LARGEST_REFLECTION:
            best, lowest = ar.copy(), criterion
    return best


def _inflation(innovations: FloatArray, roots: tuple[float, ...]) -> float:
    """Of the sums over short and longer blocks, whichever is more; 1 when there are too few."""
    sd = robust_sd(innovations)
    if sd <= 0.0:
        return 1.0
    middle = float(np.median(innovations))
    x = np.clip(innovations, middle - CLIP_SD * sd, middle + CLIP_SD * sd)
    sizes = (int(root * np.sqrt(len(x))) for root in roots)
    return float(np.sqrt(max(_block_ratio(x, size) for size in sizes)))


def _block_ratio(x: FloatArray, size: int) -> float:
    """At least 1: variance between block means, from their differences, over that expected."""
    count = len(x) // max(size, 1)
    if count < FEWEST_BLOCKS:
        return 1.0
    blocks = x[: size * count].reshape(count, size)
    expected = float(blocks.var(axis=1, ddof=1).mean()) / size
    steps = np.diff(blocks.mean(axis=1))
    between = (NORMAL_MAD * float(np.median(np.abs(steps)))) ** 2 / 2.0
    if expected <= 0.0:
        return 1.0
    # About one standard error of the ratio is taken off: most series need no inflation.
    return max(between / expected * (1.0 - 1.5 / np.sqrt(count)), 1.0)
