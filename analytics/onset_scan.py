"""Where did the level of a series change, by more than chance would ever show?"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.onset_grid import CLIP_SD, FloatArray, robust_sd

N_BINS = 160
TILTS = np.geomspace(3e-3, 3e2, 48)
LENGTH_RATIO = 1.35
PRUNE_SHARE = 0.85


@dataclass(frozen=True, eq=False)
class Rate:
    """How unlikely a mean is, for independent draws from the values seen.

    `root` is sign(x)·√(2·I(x)) at the means `mean`, I the Legendre transform of the empirical
    cumulant function (Cramér's rate): x/sd for normal values, and right for skewed, sparse and
    discrete ones, where a normal approximation would raise false alarms.
    """

    mean: FloatArray
    root: FloatArray

    @classmethod
    def of(cls, z: FloatArray) -> Rate:
        """Of centred values."""
        low, high = float(z.min()), float(z.max())
        if high <= low:
            return cls(np.array([-1.0, 1.0]), np.zeros(2))
        bins = np.minimum(((z - low) * (N_BINS / (high - low))).astype(np.int64), N_BINS - 1)
        count = np.bincount(bins, minlength=N_BINS)
        place = np.bincount(bins, weights=z, minlength=N_BINS)[count > 0] / count[count > 0]
        share = count[count > 0] / len(z)
        tilt = np.concatenate([-TILTS[::-1], TILTS])[:, None] / float(z.std())
        exponent = tilt * place
        top = exponent.max(axis=1, keepdims=True)
        weight = share * np.exp(exponent - top)
        total = weight.sum(axis=1)
        mean = (weight @ place) / total
        rate = tilt[:, 0] * mean - (np.log(total) + top[:, 0])
        root = np.sign(tilt[:, 0]) * np.sqrt(2.0 * np.maximum(rate, 0.0))
        return cls(mean, root)

    def squares(self, mean: FloatArray) -> FloatArray:
        """2·I at these means."""
        return np.asarray(np.interp(mean, self.mean, self.root) ** 2, dtype=np.float64)


@dataclass(frozen=True)
class Window:
    """Observations `start` to before `end` whose mean stands out, and by how much."""

    start: int
    end: int
    score: float


class Scan:
    """Scores of windows of one stretch of values against the rest of the stretch."""

    def __init__(self, values: FloatArray) -> None:
        middle, sd = float(np.median(values)), robust_sd(values)
        z = np.clip(values, middle - CLIP_SD * sd, middle + CLIP_SD * sd)
        z = z - z.mean()
        self.n = len(z)
        self.rate = Rate.of(z)
        self.sums = np.concatenate([[0.0], np.cumsum(z)])

    def scores(self, total: FloatArray, length: FloatArray) -> FloatArray:
        """Signed-root likelihood ratio of windows with these sums and lengths."""
        rest = self.n - length
        inside = length * self.rate.squares(total / length)
        outside = rest * self.rate.squares(-total / np.maximum(rest, 1))
        return np.asarray(np.sqrt(inside + outside), dtype=np.float64)

    def window(self, start: int, end: int) -> float:
        """Score of the values from `start` to before `end` against the rest."""
        total = self.sums[[end]] - self.sums[start]
        return float(self.scores(total, np.array([float(end - start)]))[0])

    def best(self, shortest: int) -> Window:
        """The window, or the first or last part, with the highest score."""
        at = np.arange(shortest, self.n - shortest + 1)
        scores = self.scores(self.sums[at], at.astype(np.float64))
        top = int(scores.argmax())
        found = Window(int(at[top]), self.n, float(scores[top]))
        length = float(shortest)
        while length <= self.n / 2:
            found = max(found, self._best_of_length(int(length)), key=lambda w: w.score)
            length = max(length * LENGTH_RATIO, length + 1)
        return self._refined(found, shortest)

    def _best_of_length(self, length: int) -> Window:
        totals = self.sums[length:] - self.sums[:-length]
        starts = np.array([int(totals.argmax()), int(totals.argmin())])
        scores = self.scores(totals[starts], np.full(2, float(length)))
        top = int(scores.argmax())
        return Window(int(starts[top]), int(starts[top]) + length, float(scores[top]))

    def _refined(self, window: Window, shortest: int) -> Window:
        """Each end moved to its best place while the other stays, twice."""
        start, end, score = window.start, window.end, window.score
        reach = max(int((LENGTH_RATIO - 1.0) * (end - start)), 2 * shortest)
        for _ in range(2):
            if start > 0:
                at = np.arange(max(0, start - reach), min(start + reach, end - shortest) + 1)
                at = at[(at == 0) | (at >= shortest)]
                start, score = self._top(at, self.sums[end] - self.sums[at], end - at, start, score)
            if end < self.n:
                at = np.arange(max(start + shortest, end - reach), min(self.n, end + reach) + 1)
                at = at[(at == self.n) | (at <= self.n - shortest)]
                end, score = self._top(at, self.sums[at] - self.sums[start], at - start, end, score)
        return Window(start, end, score)

    def _top(
        self, at: np.ndarray, total: FloatArray, length: np.ndarray, now: int, score: float
    ) -> tuple[int, float]:
        proper = length < self.n
        if not proper.any():
            return now, score
        scores = self.scores(total[proper], length[proper].astype(np.float64))
        top = int(scores.argmax())
        if scores[top] <= score:
            return now, score
        return int(at[proper][top]), float(scores[top])


# 95 % quantile of the best score over unchanged normal values, by number of values (at least
# three a window). Reproduced by `python -m benchmarks.onset --calibrate`.
CALIBRATED_N = np.array([30, 60, 120, 250, 500, 730, 2000, 5000, 17520], dtype=np.float64)
CALIBRATED_SCORE = np.array([3.35, 3.60, 3.85, 4.07, 4.26, 4.37, 4.63, 4.78, 5.09])
CALIBRATED_RATE = -np.log(0.95)


def threshold(n: int, *, false_alarm_rate: float) -> float:
    """Score that an unchanged series of n values exceeds at this rate."""
    at_95 = _score_at_95(n)
    wanted = -np.log1p(-false_alarm_rate)
    score = at_95
    for _ in range(8):
        square = at_95**2 + 2.0 * np.log(CALIBRATED_RATE * score / at_95 / wanted)
        score = float(np.sqrt(max(square, 1.0)))
    return score


def p_value(score: float, n: int) -> float:
    """Chance that an unchanged series of n values scores at least this anywhere."""
    at_95 = _score_at_95(n)
    expected = CALIBRATED_RATE * score / at_95 * np.exp(-(score**2 - at_95**2) / 2.0)
    return float(-np.expm1(-expected))


def _score_at_95(n: int) -> float:
    """Between the calibrated sizes, and beyond them, the square is linear in log n."""
    x, y = np.log(CALIBRATED_N), CALIBRATED_SCORE**2
    at = np.log(max(n, 10))
    if at > x[-1]:
        return float(np.sqrt(y[-1] + (at - x[-1]) * (y[-1] - y[-2]) / (x[-1] - x[-2])))
    if at < x[0]:
        return float(np.sqrt(y[0] + (at - x[0]) * (y[1] - y[0]) / (x[1] - x[0])))
    return float(np.sqrt(np.interp(at, x, y)))


@dataclass(frozen=True)
class Limits:
    """When a change counts: its score (before inflation), its size, and how many at most."""

    score: float
    shortest: int
    smallest_size: float
    most_changes: int


def boundaries(values: FloatArray, limits: Limits) -> list[int]:
    """First observation of every new level, in order.

    Circular binary segmentation (Olshen et al., 2004): the best window of a stretch is cut out
    and each part searched again, the clearest first; cuts that neighbours do not need are undone.
    """
    waiting: list[tuple[float, int, int, Window]] = []
    _push(waiting, values, 0, len(values), limits)
    cuts: list[int] = []
    while waiting and len(cuts) < limits.most_changes:
        _, first, last, window = heapq.heappop(waiting)
        inner = [first + at for at in (window.start, window.end) if 0 < at < last - first]
        cuts += inner
        edges = [first, *inner, last]
        for start, end in pairwise(edges):
            _push(waiting, values, start, end, limits)
    return pruned(values, sorted(cuts), limits)


def _push(
    waiting: list[tuple[float, int, int, Window]],
    values: FloatArray,
    first: int,
    last: int,
    limits: Limits,
) -> None:
    """Queue a stretch when its best window is clear enough."""
    if last - first < 2 * limits.shortest:
        return
    window = Scan(values[first:last]).best(limits.shortest)
    if window.score > limits.score:
        heapq.heappush(waiting, (-window.score, first, last, window))


def pruned(values: FloatArray, cuts: list[int], limits: Limits) -> list[int]:
    """Cuts whose two neighbouring stretches differ clearly and by the smallest size."""
    cuts = list(cuts)
    while cuts:
        worths = [_worth(values, edges, limits) for edges in _neighbourhoods(cuts, len(values))]
        weakest = int(np.argmin(worths))
        if worths[weakest] >= 1.0:
            break
        del cuts[weakest]
    return cuts


def clearness(values: FloatArray, cuts: list[int]) -> list[float]:
    """Score of each cut: alone, or as an end of an episode, whichever is higher."""
    scores = [
        Scan(values[a:b]).window(0, cut - a) for a, cut, b in _neighbourhoods(cuts, len(values))
    ]
    edges = [0, *cuts, len(values)]
    for i in range(1, len(cuts)):
        outer = Scan(values[edges[i - 1] : edges[i + 2]])
        both = outer.window(edges[i] - edges[i - 1], edges[i + 1] - edges[i - 1])
        scores[i - 1], scores[i] = max(scores[i - 1], both), max(scores[i], both)
    return scores


def _neighbourhoods(cuts: list[int], n: int) -> list[tuple[int, int, int]]:
    edges = [0, *cuts, n]
    return list(zip(edges, edges[1:], edges[2:], strict=False))


def _worth(values: FloatArray, edges: tuple[int, int, int], limits: Limits) -> float:
    """At least 1 when the cut in the middle is needed; 0 when the change is too small."""
    first, cut, last = edges
    size = abs(float(values[cut:last].mean() - values[first:cut].mean()))
    if size < limits.smallest_size:
        return size / limits.smallest_size * 1e-3
    return Scan(values[first:last]).window(0, cut - first) / (PRUNE_SHARE * limits.score)
