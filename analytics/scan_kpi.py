"""What of a KPI can all pairs of a scan share?

The whitening, above all: one for each KPI, span and scale. Then every cross product of steps, so
that a pair looks up what it needs, and the course before every day.
"""

from functools import cached_property

from analytics.feedback import kpi_course
from analytics.link_data import FloatArray, LinkData
from analytics.pre_release import CourseTable, course_views
from analytics.release_steps import whitened_steps
from analytics.whitening import WhitenedKpi, whiten_kpi


class SharedKpi:
    """A whitened KPI of n periods and what pairs look up in it; `data` is that of any pair."""

    def __init__(self, data: LinkData) -> None:
        """Whiten the KPI, or raise `RefusalError`."""
        self.data = data
        self.whitened: WhitenedKpi = whiten_kpi(data, with_slow_curve=True)

    @cached_property
    def step_information(self) -> FloatArray:
        """(n, n) cross products of the whitened steps on any two days, controls taken out."""
        on_controls = self.whitened.q.T @ self._steps
        information: FloatArray = self._steps.T @ self._steps - on_controls.T @ on_controls
        return information

    @cached_property
    def step_score(self) -> FloatArray:
        """(n,) cross products of the whitened step on each day with the whitened KPI."""
        score: FloatArray = self._steps.T @ self.whitened.residual
        return score

    @cached_property
    def course(self) -> CourseTable:
        """The KPI's course before every day."""
        views = course_views(self.data, self.whitened, self.whitened.filled)
        return CourseTable(views, self.data.period_days)

    @cached_property
    def recent(self) -> FloatArray:
        """(n, features) what a metric that answers to the KPI would answer to."""
        return kpi_course(self.data, self.whitened)

    @property
    def _steps(self) -> FloatArray:
        return whitened_steps(self.whitened)


def block_size(n_periods: int, *, bytes_allowed: float = 2.5e8) -> int:
    """How many KPIs' cross products fit into memory at once."""
    return max(int(bytes_allowed / (8.0 * max(n_periods, 1) ** 2)), 1)
