"""Which random numbers do the pairs of a scan share?

Every pair sees the generator in the state in which it was handed to the scan. So a pair's row does
not depend on what else is scanned, or in which order, and what pairs of one shape would draw alike
is drawn once. Deals and the draws of the lag search are those `link` makes with a generator in
that state, so that intervals are the same.
"""

import copy

import numpy as np

from analytics.link_data import FloatArray, IntArray

Kind = tuple[str, int, int]


class SharedDraws:
    """Draws from one starting state, made once for each kind and shape."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._start = copy.deepcopy(rng)
        self._drawn: dict[tuple[Kind, ...], FloatArray] = {}
        self._after: dict[Kind, np.random.Generator] = {}
        self._deals: dict[int, tuple[np.random.Generator, list[IntArray]]] = {}

    def normals(self, n: int, size: int) -> FloatArray:
        """(size, n) standard normals in single precision."""
        kind = ("normal", n, size)
        if (kind,) not in self._drawn:
            rng = copy.deepcopy(self._start)
            drawn = rng.standard_normal((n, size))
            self._drawn[kind,] = np.ascontiguousarray(drawn.T, dtype=np.float32)
            self._after[kind] = rng
        return self._drawn[kind,]

    def spread(self, n: int, size: int, dof: int) -> FloatArray:
        """(n,) chi-squared over its degrees of freedom, drawn after the normals (size, n)."""
        before, kind = ("normal", n, size), ("spread", n, dof)
        if (before, kind) not in self._drawn:
            self.normals(n, size)
            rng = copy.deepcopy(self._after[before])
            drawn = rng.chisquare(dof, size=n) / dof
            self._drawn[before, kind] = drawn.astype(np.float32)
        return self._drawn[before, kind]

    def signs(self, n: int, size: int) -> FloatArray:
        """(n, size) random signs in single precision."""
        kind = ("sign", n, size)
        if (kind,) not in self._drawn:
            drawn = 2.0 * self.generator().integers(0, 2, size=(n, size)) - 1.0
            self._drawn[kind,] = drawn.astype(np.float32)
        return self._drawn[kind,]

    def deals(self, n_releases: int, part: int, size: int) -> IntArray:
        """(size, R) orders in which gains are dealt; parts continue one another."""
        rng, parts = self._deals.setdefault(n_releases, (self.generator(), []))
        while len(parts) <= part:
            order = np.broadcast_to(np.arange(n_releases), (size, n_releases))
            parts.append(rng.permuted(order, axis=1).astype(np.int16))
        return parts[part]

    def generator(self) -> np.random.Generator:
        """A generator in the starting state."""
        return copy.deepcopy(self._start)


def upper_quantile(values: FloatArray, *, share: float = 0.95) -> float:
    """`np.quantile` of values (n,) by partition alone: a scan takes one for every pair."""
    at = share * (len(values) - 1)
    below = int(at)
    above = min(below + 1, len(values) - 1)
    parted = np.partition(values, (below, above))
    return float(parted[below]) + (at - below) * (float(parted[above]) - float(parted[below]))
