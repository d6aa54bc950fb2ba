"""On which grid and scale does an analysis of one KPI alone see it?"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.link_checks import check_arguments
from analytics.link_data import LinkData, RefusalError, assemble
from analytics.vocabulary import Verdict

LOG_POINTS = "log points (0.02 is about +2 %)"
KPI_UNITS = "units of the KPI"
_ANY_RNG = np.random.default_rng(0)


def check_kpi(
    kpi: pd.Series,
    *,
    calendar: pd.DataFrame | None = None,
    rng: np.random.Generator = _ANY_RNG,
    released_at: object = None,
) -> pd.Timestamp | None:
    """Return the release's day, or raise TypeError or ValueError that names the bad argument.

    The rules are those of a link, checked with the KPI in both places.
    """
    names = {"metric:": "kpi:", "releases:": "released_at:"}
    try:
        days = check_arguments(
            kpi,
            kpi,
            rng=rng,
            calendar=calendar,
            releases=None if released_at is None else [released_at],
            max_lag_days=0,
            smallest_effect=1.0,
        )
    except (TypeError, ValueError) as error:
        raise type(error)(_renamed(str(error), names)) from None
    return None if days is None else pd.Timestamp(days[0])


def assemble_kpi(kpi: pd.Series, calendar: pd.DataFrame | None) -> LinkData:
    """The KPI on a regular daily or weekly grid, or `RefusalError` with the verdict and why.

    Time itself stands where a link has its metric, so that both share one set of rules. The scale
    is logarithmic when the KPI is always positive; a caveat says when it is not.
    """
    if kpi.notna().sum() < 2:
        raise RefusalError(
            Verdict.INVALID_DATA,
            "The KPI has no values in this period.",
            "Deliver the KPI day by day; a gap is better left out than filled with zeros.",
        )
    clock = pd.Series(np.arange(1.0, len(kpi) + 1.0), kpi.index)
    try:
        data = assemble(clock, kpi, calendar)
    except RefusalError as refusal:
        reason = refusal.reason.replace("Metric and KPI share only", "The KPI covers only")
        raise RefusalError(
            refusal.verdict, reason.replace("; a link needs", "; needed is"), refusal.more_needed
        ) from None
    caveats = [caveat for caveat in data.caveats if "zero or negative" not in caveat]
    if not data.is_log:
        caveats.append("The KPI can be zero or negative, so effects are in its own units.")
    return replace(data, caveats=tuple(caveats))


def kpi_scale(data: LinkData, values: np.ndarray) -> np.ndarray:
    """Values on the analysis scale turned back into the KPI's own units."""
    return np.exp(values) if data.is_log else np.asarray(values, dtype=np.float64)


def _renamed(message: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        if message.startswith(old):
            return new + message.removeprefix(old)
    return message
