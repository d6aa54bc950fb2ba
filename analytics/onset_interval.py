"""Between which moments did a change begin, and how large is it?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.onset_grid import CLIP_SD, FloatArray, robust_sd
from analytics.onset_noise import Noise

# Twice the largest log-likelihood gain over the true moment stays below 2·x with probability
# (1 − e^−x)² (two-sided Brownian motion with drift; Siegmund, 1988): .95 at x = 3.68.
INTERVAL_GAIN = 3.68
POOLED_WEIGHT = 8.0
# About half the square of the threshold.
SELECTION = 9.0
LARGEST_LUCK = 0.6


@dataclass(frozen=True, eq=False)
class Moment:
    """Which observation is the first at the new level, and which others it could be.

    `at`, `low` and `high` are positions in the whole series; `explained` is the sum of squares
    that a change at each position from `first` on explains.
    """

    at: int
    low: int
    high: int
    first: int
    explained: FloatArray

    def share(self, at: int) -> float:
        """What a change at another position explains of what the best explains, 0..1."""
        inside = at - self.first
        if not 0 <= inside < len(self.explained):
            return 0.0
        best = float(self.explained[self.at - self.first])
        return float(np.clip(self.explained[inside] / best, 0.0, 1.0)) if best > 0.0 else 0.0


def moment_of_change(
    values: FloatArray, noise: Noise, edges: tuple[int, int, int], *, shortest: int
) -> Moment:
    """Likelihood profile of the change at `edges[1]` between its neighbours at [0] and [2].

    A change enters the innovations of an autoregression with a transient; the profile knows it.
    Each side of the interval is measured in the variance of the level that it is taken from.
    """
    first, cut, last = edges
    stretch = _clipped(values[first:last], cut - first)
    explained = _explained(stretch, noise)
    at = np.arange(len(stretch))
    explained[(at < shortest) | (at > len(stretch) - shortest)] = 0.0
    best = int(explained.argmax())
    before, after = _variances(stretch, best)
    loss = (explained[best] - explained) / (2.0 * np.where(at > best, before, after))
    widest = INTERVAL_GAIN * noise.inflation**2 * _luck(explained[best] / max(before, after))
    possible = np.flatnonzero((loss <= widest) & (explained > 0.0))
    low = int(possible.min()) if len(possible) else best
    high = int(possible.max()) if len(possible) else best
    return Moment(first + best, first + low, first + high, first, explained)


def _luck(square: float) -> float:
    """At least 1: a barely found change looks larger, and its moment clearer, than it is."""
    return 1.0 / (1.0 - min(SELECTION / square, LARGEST_LUCK)) if square > 0.0 else 1.0


def _clipped(stretch: FloatArray, cut: int) -> FloatArray:
    """Outliers beyond both levels are cut."""
    bounds = []
    for part in (stretch[:cut], stretch[cut:]):
        middle, sd = float(np.median(part)), robust_sd(part)
        bounds += [middle - CLIP_SD * sd, middle + CLIP_SD * sd]
    mean_before, mean_after = float(stretch[:cut].mean()), float(stretch[cut:].mean())
    low = min(*bounds, mean_before, mean_after)
    high = max(*bounds, mean_before, mean_after)
    return np.clip(stretch, low, high)


def _explained(stretch: FloatArray, noise: Noise) -> FloatArray:
    """(n,) sum of squares explained by a change of x at each position."""
    n = len(stretch)
    centred = stretch - stretch.mean()
    tail = np.cumsum(centred[::-1])[::-1]
    count = np.arange(n, 0, -1).astype(np.float64)
    product, total, square = tail.copy(), count.copy(), count.copy()
    # Innovations are divided by the gain, so a change ends at 1 after a transient.
    transient = (1.0 - np.concatenate([[0.0], np.cumsum(noise.ar)[:-1]])) / noise.gain
    for lag, weight in enumerate(transient if len(noise.ar) else []):
        inside = n - lag
        if inside <= 0:
            break
        product[:inside] += (weight - 1.0) * centred[lag:]
        total[:inside] += weight - 1.0
        square[:inside] += weight**2 - 1.0
    spread = square - total**2 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        gained = np.where(spread > 1e-9, product**2 / spread, 0.0)
    return np.asarray(gained, dtype=np.float64)


def _variances(stretch: FloatArray, cut: int) -> tuple[float, float]:
    """Before and after the change, each drawn to the pooled one by eight observations."""
    before, after = stretch[:cut], stretch[cut:]
    squares = [float(((part - part.mean()) ** 2).sum()) for part in (before, after)]
    pooled = sum(squares) / max(len(stretch) - 2, 1)
    floor = 1e-12 * float(np.ptp(stretch)) ** 2 + 1e-300
    found = [
        (s + POOLED_WEIGHT * pooled) / (len(part) + POOLED_WEIGHT) + floor
        for s, part in zip(squares, (before, after), strict=True)
    ]
    return found[0], found[1]


@dataclass(frozen=True)
class Level:
    """Mean level of a stretch on the analysis scale, with its standard error."""

    mean: float
    se: float
    n: int


def levels(
    level: FloatArray, innovations: FloatArray, cuts: list[int], noise: Noise
) -> list[Level]:
    """One per stretch between the cuts; the error allows for autocorrelation.

    `innovations` are in units of the level; the variance of their mean is that of the level's.
    """
    edges = [0, *cuts, len(level)]
    pairs = list(pairwise(edges))
    left = np.concatenate([innovations[a:b] - innovations[a:b].mean() for a, b in pairs])
    pooled = float((left**2).sum()) / max(len(level) - len(pairs), 1)
    found = []
    for a, b in pairs:
        n = b - a
        own = float((left[a:b] ** 2).sum())
        variance = (own + POOLED_WEIGHT * pooled) / (n - 1 + POOLED_WEIGHT)
        se = noise.inflation * float(np.sqrt(variance / n))
        found.append(Level(float(level[a:b].mean()), se, n))
    return found
