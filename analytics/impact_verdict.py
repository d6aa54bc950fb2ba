"""Which verdict follows from one release's step, why, and how much more data would be enough?"""

import math

from analytics.impact_estimate import (
    SLOW_CURVE_BELOW_DAYS,
    WINDOWS_BEFORE_DAYS,
    ImpactDesign,
    ImpactEstimate,
)
from analytics.link_data import counted
from analytics.step_precision import days_until_detectable
from analytics.vocabulary import Verdict, p_words, percent

MOVES_BELOW = 0.05
MOVED_BEFORE_BELOW = 0.005
SHOWN_SHOCKS = 8


def judge(design: ImpactDesign, found: ImpactEstimate, smallest: float) -> tuple[Verdict, str, str]:
    """Verdict, the sentence that justifies it, and what more data would be needed."""
    step = found.step
    if found.moved_before_p_value < MOVED_BEFORE_BELOW:
        return (
            Verdict.CONFOUNDED,
            f"The KPI had already moved in the {max(WINDOWS_BEFORE_DAYS)} days before the release "
            f"({p_words(found.moved_before_p_value)}).",
            "More days cannot settle this: check the release date, list what else happened in the "
            "calendar, or run an experiment.",
        )
    if step.p_value < MOVES_BELOW:
        return (
            Verdict.MOVES,
            "The KPI stepped after the release by more than chance explains "
            f"({p_words(step.p_value)}), and not before it.",
            "The effect is shown; more days after the release narrow its interval.",
        )
    if not step.smallest_detectable <= smallest:
        return (
            Verdict.NOT_ENOUGH_DATA,
            f"No step was seen ({p_words(step.p_value)}), but only one of at least "
            f"{_size(design, step.smallest_detectable)} would have shown; "
            f"{_size(design, smallest)} already matters.",
            _more_days(design, found, smallest),
        )
    return (
        Verdict.NO_EVIDENCE,
        f"A step of {_size(design, step.smallest_detectable)} or more would have shown, and none "
        f"was seen ({p_words(step.p_value)}).",
        "No more data is needed to rule out a step of the size that matters.",
    )


def method_of(design: ImpactDesign, donut_days: int) -> str:
    """One sentence on how the step was estimated."""
    scale = "logarithm of the KPI" if design.data.is_log else "KPI"
    left_out = (
        f"the first {donut_days} days after the release left out"
        if donut_days
        else "no days left out"
    )
    return (
        f"Generalised least squares step on the whitened {scale}, {left_out}, averaged over the "
        "plausible noise models."
    )


def caveats_of(design: ImpactDesign, found: ImpactEstimate, donut_days: int) -> tuple[str, ...]:
    """Sentences a reader must see."""
    data = design.data
    caveats = list(data.caveats)
    missing = int(data.kpi_is_missing.sum()) - (design.first_after - design.released)
    if missing > 0:
        caveats.append(f"{counted(missing, data.period_name)} without a KPI value left out.")
    shocks = data.days[found.whitened.shocks]
    if len(shocks):
        shown = ", ".join(f"{day:%Y-%m-%d}" for day in shocks[:SHOWN_SHOCKS])
        more = f" and {len(shocks) - SHOWN_SHOCKS} more" if len(shocks) > SHOWN_SHOCKS else ""
        caveats.append(f"Unlisted shocks were set aside: {shown}{more}.")
    if data.n * data.period_days < SLOW_CURVE_BELOW_DAYS:
        caveats.append("Less than ten months of data: a yearly season cannot be held constant.")
    if donut_days == 0:
        caveats.append("No days were left out: a gradual roll-out would bias the step.")
    if not data.calendar.shape[1]:
        caveats.append("No promotions, holidays or outages were listed to hold constant.")
    caveats.append(
        "Whatever else changed for good within days of the release is part of this step."
    )
    return tuple(caveats)


def _more_days(design: ImpactDesign, found: ImpactEstimate, smallest: float) -> str:
    days = days_until_detectable(
        design.data, found.whitened, design.step, found.step.smallest_detectable, smallest
    )
    if days is None:
        return (
            f"Even a year more after the release would not show {_size(design, smallest)}: the KPI "
            "wanders too much by itself. Run an experiment."
        )
    return (
        f"About {days:,} more days after the release would be enough to show "
        f"{_size(design, smallest)}, if nothing else changes meanwhile."
    )


def _size(design: ImpactDesign, effect: float) -> str:
    return percent(math.expm1(effect), digits=2) if design.data.is_log else f"{effect:,.4g}"
