"""When did a step metric change, by how much, and what does a step look like after whitening?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.link_data import BoolArray, FloatArray, IntArray, LinkData
from analytics.whitening import WhitenedKpi

LATE_PERIODS = 3
EARLY_PERIODS = 1


@dataclass(frozen=True, eq=False)
class Releases:
    """R releases in time order; `delta` is the change of the metric on the analysis scale."""

    position: IntArray
    before: FloatArray
    after: FloatArray
    delta: FloatArray
    usable: BoolArray
    caveats: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of releases inside the data."""
        return len(self.position)

    @property
    def n_usable(self) -> int:
        """Releases whose whole lag window lies inside the data."""
        return int(self.usable.sum())


def find_releases(data: LinkData, listed: pd.DatetimeIndex | None, *, max_lag: int) -> Releases:
    """Releases from the list (zero-gain ones included), else from the metric's own changes.

    A change of the metric up to one period before or three periods after a listed release belongs
    to that release; any other change counts as a release of its own and is named in the caveats.
    """
    changes = np.flatnonzero(np.diff(data.x) != 0.0) + 1
    caveats: list[str] = []
    if listed is None:
        position = changes
        caveats.append("Release dates were not listed: every change of the metric counts as one.")
        owner = np.arange(len(changes))
    else:
        position, owner, unlisted = _match(changes, _positions(data, listed))
        if unlisted:
            caveats.append(
                f"{unlisted} changes of the metric have no listed release and count as releases."
            )
    delta = np.zeros(len(position))
    np.add.at(delta, owner, data.x[changes] - data.x[changes - 1])
    level = data.x[0] + np.cumsum(delta)
    back = np.exp if data.is_log else np.asarray
    return Releases(
        position=position,
        before=np.asarray(back(level - delta), dtype=np.float64),
        after=np.asarray(back(level), dtype=np.float64),
        delta=delta,
        usable=position + max_lag <= data.n - 1,
        caveats=tuple(caveats),
    )


def _positions(data: LinkData, listed: pd.DatetimeIndex) -> IntArray:
    """Grid positions of listed dates: the first period that starts on or after the date."""
    position = np.unique(data.days.searchsorted(listed.normalize()))
    inside: IntArray = position[(position >= 1) & (position < data.n)].astype(np.int64)
    return inside


def _match(changes: IntArray, listed: IntArray) -> tuple[IntArray, IntArray, int]:
    """All release positions, the release that owns each change, and how many were not listed."""
    owner_at = [_owner(int(change), listed) for change in changes]
    unlisted = sorted({at for at in owner_at if at not in set(listed.tolist())})
    position = np.unique(np.concatenate([listed, np.array(unlisted, dtype=np.int64)]))
    owner = np.searchsorted(position, np.array(owner_at, dtype=np.int64))
    return position, owner, len(unlisted)


def _owner(change: int, listed: IntArray) -> int:
    if change in listed:
        return change
    earlier = listed[(listed < change) & (listed >= change - LATE_PERIODS)]
    if len(earlier):
        return int(earlier[-1])
    later = listed[(listed > change) & (listed <= change + EARLY_PERIODS)]
    return int(later[0]) if len(later) else change


def step_series(position: IntArray, sizes: FloatArray, n: int) -> FloatArray:
    """(n,) sum of permanent steps of the given sizes; steps beyond the data are left out."""
    jumps = np.zeros(n)
    inside = position < n
    np.add.at(jumps, position[inside], sizes[inside])
    return np.cumsum(jumps)


def whitened_steps(whitened: WhitenedKpi) -> FloatArray:
    """(n, n) column d is a permanent step on day d after whitening, controls left in."""
    pulses = whitened.model.impulses()
    return np.cumsum(pulses[:, ::-1], axis=1)[:, ::-1]


class StepDesign:
    """Whitened steps of R releases at every lag, with the controls taken out.

    A step on day d is the sum of the pulses on d and all later days, so all n possible steps are
    one cumulative sum over the whitened pulses; `steps` (n, n) keeps them, controls left in.
    """

    def __init__(
        self, whitened: WhitenedKpi, position: IntArray, *, columns: FloatArray | None = None
    ) -> None:
        """`columns` (n, n) replaces the permanent steps by effects of another shape."""
        self.steps = whitened_steps(whitened) if columns is None else columns
        self._on_controls = whitened.q.T @ self.steps
        self.position = position
        self._n = len(whitened.residual)
        self._whitened = whitened
        self.n = len(position)

    def information(self, lag: int) -> FloatArray:
        """(R, R) cross products of the steps at a lag; zero where a step falls off the data."""
        at, inside = self._at(lag)
        steps, controls = self.steps[:, at] * inside, self._on_controls[:, at] * inside
        cross: FloatArray = steps.T @ steps - controls.T @ controls
        return cross

    def against(self, lags: Sequence[int], target: FloatArray) -> FloatArray:
        """(lags, R) cross products of the steps at each lag with a control-free target (n,)."""
        every_step = self.steps.T @ target
        rows = [every_step[at] * inside for at, inside in map(self._at, lags)]
        return np.array(rows).reshape(-1, self.n)

    def combined(self, lag: int, sizes: FloatArray) -> FloatArray:
        """(n,) the whitened series that steps of the given sizes (R,) would add at a lag."""
        at, inside = self._at(lag)
        return self._whitened.project_out(self.steps[:, at] @ (sizes * inside))

    def _at(self, lag: int) -> tuple[IntArray, FloatArray]:
        shifted = self.position + lag
        inside = ((shifted >= 1) & (shifted < self._n)).astype(np.float64)
        return np.clip(shifted, 0, self._n - 1), inside


def release_table(
    data: LinkData, releases: Releases, design: StepDesign, whitened: WhitenedKpi, lag: int
) -> pd.DataFrame:
    """One row a release: the metric before and after, and the KPI's own step at the lag."""
    information = design.information(lag)
    score = design.against([lag], whitened.residual)[0]
    step, variance = _joint_estimate(information, score)
    return pd.DataFrame(
        {
            "released_on": data.days[releases.position],
            "metric_before": releases.before,
            "metric_after": releases.after,
            "log_change": releases.delta,
            "kpi_log_change": step,
            "se": whitened.sigma * np.sqrt(variance),
            "usable": releases.usable,
        }
    )


def _joint_estimate(information: FloatArray, score: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each release's own step beside all others; NaN where the data cannot tell them apart."""
    known = np.diag(information) > 1e-8 * max(float(np.diag(information).max()), 1e-300)
    step = np.full(len(score), np.nan)
    variance = np.full(len(score), np.nan)
    inverse = np.linalg.pinv(information[np.ix_(known, known)], rcond=1e-10, hermitian=True)
    step[known] = inverse @ score[known]
    variance[known] = np.maximum(np.diag(inverse), 0.0)
    return step, variance
