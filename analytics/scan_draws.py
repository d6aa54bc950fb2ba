"""Which random numbers do the pairs of a scan share?

Every pair sees the generator in the state in which it was handed to the scan. So a pair's row does
not depend on what else is scanned, or in which order, and equals what `link` says with a generator
in the same state; and what pairs of one shape would draw alike is drawn once.
"""

import copy

import numpy as np

from analytics.link_data import FloatArray, IntArray

Step = tuple[str, int, int]
Path = tuple[Step, ...]


class SharedDraws:
    """Draws from one starting state, remembered by what was drawn before them.

    A path is the list of draws made so far, each `(kind, n, size)`; the generator's state after
    them follows from the path alone.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._after: dict[Path, np.random.Generator] = {(): copy.deepcopy(rng)}
        self._drawn: dict[Path, FloatArray] = {}
        self._deals: dict[int, tuple[np.random.Generator, list[IntArray]]] = {}

    def generator(self, path: Path) -> np.random.Generator:
        """A generator in the state after the draws of the path, all of them made before."""
        return copy.deepcopy(self._after[path])

    def normals(self, path: Path, n: int, size: int) -> tuple[FloatArray, Path]:
        """(size, n) standard normals in single precision, and the path after them."""
        return self._draw((*path, ("normal", n, size)))

    def chi_squares(self, path: Path, n: int, dof: int) -> tuple[FloatArray, Path]:
        """(n,) chi-squared draws over their degrees of freedom, and the path after them."""
        return self._draw((*path, ("chi", n, dof)))

    def signs(self, path: Path, n: int, size: int) -> FloatArray:
        """(n, size) random signs in single precision."""
        return self._draw((*path, ("sign", n, size)))[0]

    def deals(self, n_releases: int, part: int, size: int) -> IntArray:
        """(size, R) orders in which gains are dealt; parts continue one another."""
        rng, parts = self._deals.setdefault(n_releases, (self.generator(()), []))
        while len(parts) <= part:
            order = np.broadcast_to(np.arange(n_releases), (size, n_releases))
            parts.append(rng.permuted(order, axis=1).astype(np.int16))
        return parts[part]

    def _draw(self, path: Path) -> tuple[FloatArray, Path]:
        if path not in self._drawn:
            rng = self.generator(path[:-1])
            self._drawn[path] = _drawn(rng, *path[-1])
            self._after[path] = rng
        return self._drawn[path], path


def _drawn(rng: np.random.Generator, kind: str, n: int, size: int) -> FloatArray:
    if kind == "normal":
        return np.ascontiguousarray(rng.standard_normal((n, size)).T, dtype=np.float32)
    if kind == "chi":
        return (rng.chisquare(size, size=n) / size).astype(np.float32)
    return (2.0 * rng.integers(0, 2, size=(n, size)) - 1.0).astype(np.float32)
