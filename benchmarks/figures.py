"""Was a target reached, and how sure is what was measured?"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import beta

OURS = "bellwether"


@dataclass(frozen=True)
class Figure:
    """A measured value beside its target; `at_most` says which side is good.

    `low` and `high` are a 95 % band of the measurement, NaN where there is none (a duration).
    Without a target the figure is only shown. `note` says which family a worst one is.
    """

    name: str
    measured: float
    target: float | None
    at_most: bool
    n: int
    low: float = math.nan
    high: float = math.nan
    method: str = OURS
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the measured value is on the good side; None without a target."""
        if self.target is None:
            return None
        return self.measured <= self.target if self.at_most else self.measured >= self.target

    @property
    def mark(self) -> str:
        """`reached`; `MISSED`, or `missed, in band` when chance alone could explain the miss."""
        if self.target is None:
            return ""
        if self.reached:
            return "reached"
        return "missed, in band" if self.low <= self.target <= self.high else "MISSED"

    def __str__(self) -> str:
        goal = "" if self.target is None else f"{'<=' if self.at_most else '>='} {self.target:g}"
        band = "" if math.isnan(self.low) else f"[{self.low:.3f}, {self.high:.3f}]"
        end = f"n={self.n}" + (f"  ({self.note})" if self.note else "")
        return f"{self.name:<56} {self.measured:7.3f} {band:<16} {goal:<8} {self.mark:<16} {end}"

    def as_row(self) -> dict[str, object]:
        """Plain values for JSON; what is not a number is None."""
        row = {**asdict(self), "reached": self.reached}
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }


def binomial_band(hits: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's exact interval (Biometrika 1934) of a share; (0, 1) without worlds."""
    if n == 0:
        return 0.0, 1.0
    tail = (1.0 - level) / 2.0
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1.0 - tail, hits + 1, n - hits))
    return low, high


def share(
    name: str,
    hits: Iterable[bool],
    target: float | None = None,
    *,
    at_most: bool = True,
    method: str = OURS,
) -> Figure:
    """The share of worlds in which something happened."""
    told = [bool(hit) for hit in hits]
    return counted(name, sum(told), len(told), target, at_most=at_most, method=method)


def counted(
    name: str,
    hits: int,
    n: int,
    target: float | None = None,
    *,
    at_most: bool = True,
    method: str = OURS,
) -> Figure:
    """A share from its counts, with its binomial band; NaN when there are no worlds."""
    low, high = binomial_band(hits, n)
    return Figure(name, hits / n if n else math.nan, target, at_most, n, low, high, method)


def mean(
    name: str,
    values: Sequence[float],
    target: float | None = None,
    *,
    at_most: bool = True,
    method: str = OURS,
) -> Figure:
    """The mean over worlds with the normal band of its standard error."""
    n = len(values)
    measured = float(np.mean(values)) if n else math.nan
    half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    return Figure(name, measured, target, at_most, n, measured - half, measured + half, method)
