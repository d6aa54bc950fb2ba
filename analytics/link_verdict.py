"""Which verdict follows from an estimate, why, and how much more data would be enough?"""

import math
from dataclasses import dataclass

from analytics.link_data import MIN_DAYS, LinkData, counted
from analytics.link_estimate import LinkEstimate
from analytics.release_link import MIN_USABLE_RELEASES
from analytics.vocabulary import Verdict, p_words

MOVES_BELOW = 0.05
PRE_RELEASE_BELOW = 0.01
LEAD_BELOW = 0.005
MOVED_BEFORE_BELOW = 0.003
TIMING_BELOW = 0.02
FEEDBACK_BELOW = 0.005
WEEKS_A_YEAR = 52.18
SOON_WEEKS = 52.18
OUT_OF_REACH_WEEKS = 10 * WEEKS_A_YEAR
LARGEST_RATIO = 1e3
MANY_YEARS = 1000.0


@dataclass(frozen=True)
class Judgement:
    """A verdict, the sentence that justifies it and what more data would be needed."""

    verdict: Verdict
    reason: str
    more_needed: str


def judge(data: LinkData, estimate: LinkEstimate, *, smallest_effect: float) -> Judgement:
    """Apply the rules in their fixed order; the first that holds gives the verdict."""
    too_few = _too_few(data, estimate)
    if too_few is not None:
        return too_few
    moved_before = _moved_before(estimate)
    if moved_before is not None:
        return Judgement(
            Verdict.CONFOUNDED,
            moved_before,
            "More of the same data cannot settle this: run an experiment, or choose release dates "
            "and gains without looking at the KPI.",
        )
    if estimate.p_value < MOVES_BELOW:
        return Judgement(Verdict.MOVES, _moves_reason(data, estimate), _nothing_more(estimate))
    if not estimate.smallest_detectable_effect <= smallest_effect:
        return Judgement(
            Verdict.NOT_ENOUGH_DATA,
            f"No effect was seen ({p_words(estimate.p_value)}), but only one of at least "
            f"{estimate.smallest_detectable_effect:.3g} would have shown; "
            f"{smallest_effect:.3g} already matters.",
            _more_data(data, estimate, smallest_effect),
        )
    return Judgement(
        Verdict.NO_EVIDENCE,
        f"An effect of {estimate.smallest_detectable_effect:.3g} or more would have shown, "
        f"and none was seen ({p_words(estimate.p_value)}).",
        "No more data is needed to rule out an effect of the size that matters.",
    )


def _too_few(data: LinkData, estimate: LinkEstimate) -> Judgement | None:
    if estimate.releases is None or estimate.releases.n_usable >= MIN_USABLE_RELEASES:
        return None
    usable = estimate.releases.n_usable
    missing = MIN_USABLE_RELEASES - usable
    return Judgement(
        Verdict.NOT_ENOUGH_DATA,
        f"Only {counted(usable, 'release')} with the whole lag window inside the data; "
        f"at least {MIN_USABLE_RELEASES} are needed (and {MIN_DAYS} days).",
        f"At least {counted(missing, 'more release')} ({_pace(data, usable, missing)}) "
        "for a first look; small effects take more.",
    )


def _moved_before(estimate: LinkEstimate) -> str | None:
    """Why the link is confounded, or None."""
    if estimate.releases is None:
        if estimate.pre_release_p_value < FEEDBACK_BELOW:
            return (
                "The metric answers to earlier movements of the KPI "
                f"(feedback test {p_words(estimate.pre_release_p_value)})."
            )
        return None
    if estimate.pre_release_p_value < PRE_RELEASE_BELOW:
        return (
            "The KPI had already moved before the releases, more so before the bigger gains "
            f"(pre-release test {p_words(estimate.pre_release_p_value)})."
        )
    if estimate.lead_p_value < LEAD_BELOW:
        return (
            "The KPI stepped before the releases did "
            f"(lead placebo {p_words(estimate.lead_p_value)})."
        )
    if estimate.moved_before_p_value < MOVED_BEFORE_BELOW:
        return (
            "The KPI had already moved before the releases: the pre-release test and the lead "
            f"placebo together say so ({p_words(estimate.moved_before_p_value)})."
        )
    if estimate.p_value < MOVES_BELOW and estimate.timing_p_value < TIMING_BELOW:
        return (
            "The KPI moved with the gains, but steps before the releases fit better than steps "
            f"after them (timing test {p_words(estimate.timing_p_value)})."
        )
    return None


def _moves_reason(data: LinkData, estimate: LinkEstimate) -> str:
    late = counted(estimate.lag * data.period_days, "day")
    return (
        f"The KPI changed with the metric {late} later, by more than chance explains "
        f"({p_words(estimate.p_value)} over all lags), and not before it."
    )


def _nothing_more(estimate: LinkEstimate) -> str:
    width = (estimate.high - estimate.low) / 2.0
    return (
        "The link is shown; more releases narrow the interval "
        f"(now ± {width:.2g}), four times as many halve it."
        if estimate.releases is not None
        else f"The link is shown; four times as many days would halve the interval (± {width:.2g})."
    )


def _more_data(data: LinkData, estimate: LinkEstimate, smallest_effect: float) -> str:
    """Information grows with the number of releases, and with time for a continuous metric."""
    if not math.isfinite(estimate.smallest_detectable_effect) or smallest_effect <= 0.0:
        return "How much more data is needed cannot be said yet."
    ratio = estimate.smallest_detectable_effect / smallest_effect
    factor = min(ratio, LARGEST_RATIO) ** 2
    weeks_so_far = data.n * data.period_days / 7.0
    if weeks_so_far * (factor - 1.0) > OUT_OF_REACH_WEEKS:
        return _out_of_reach(data, estimate, factor, smallest_effect)
    if estimate.releases is None:
        more_weeks = math.ceil(weeks_so_far * (factor - 1.0))
        return f"About {counted(more_weeks, 'more week')} of data would be enough to show it."
    usable = estimate.releases.n_usable
    missing = max(math.ceil(usable * (factor - 1.0)), 1)
    return (
        f"About {counted(missing, 'more release')} with gains of the usual size "
        f"({_pace(data, usable, missing)}) would be enough to show an effect of "
        f"{smallest_effect:.3g}."
    )


def _out_of_reach(
    data: LinkData, estimate: LinkEstimate, factor: float, smallest_effect: float
) -> str:
    """What to do when waiting would take decades: what can be seen soon, and the way out."""
    weeks = data.n * data.period_days / 7.0
    soon = estimate.smallest_detectable_effect * math.sqrt(weeks / (weeks + SOON_WEEKS))
    years = weeks * (factor - 1.0) / WEEKS_A_YEAR
    return (
        f"Waiting will not show an effect as small as {smallest_effect:.3g} (it would take "
        f"{_rounded_up(years)} years at the pace so far); one more year brings what can be seen "
        f"down to {soon:.3g}. Run an experiment instead."
    )


def _rounded_up(years: float) -> str:
    """Decades rather than a false precision."""
    if years > MANY_YEARS:
        return f"more than {MANY_YEARS:,.0f}"
    return f"about {math.ceil(years / 10.0) * 10}"


def _pace(data: LinkData, usable: int, missing: int) -> str:
    """How long that many more releases take at the pace so far."""
    if usable == 0:
        return "no release so far tells how long that takes"
    weeks = math.ceil(missing * data.n * data.period_days / 7.0 / usable)
    return f"about {counted(weeks, 'week')} at the pace so far"
