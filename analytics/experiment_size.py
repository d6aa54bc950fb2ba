"""How many users must an experiment have to show a lift?

Sample sizes of the two-sided Welch test with which experiments are read out, with each variant's
own variance (Fleiss, Levin & Paik 2003, without continuity correction).
"""

import math
from dataclasses import dataclass

from scipy import stats

from analytics.experiment_lift import MIN_EVENTS, MIN_USERS
from analytics.planning_checks import check_number, check_positive, check_power, check_share
from analytics.vocabulary import percent

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class UsersNeeded:
    """Users of each variant that show a relative lift in `power` of cases at 5 %, two-sided.

    Attributes:
        control, treatment, total: Users.
        baseline: Mean per user of the control: a share of users who convert, or a value.
        lift: Relative, 0.02 = +2 %.
        power, treatment_share: As asked.
        method: One sentence.
    """

    control: int
    treatment: int
    total: int
    baseline: float
    lift: float
    power: float
    treatment_share: float
    method: str


def users_needed(
    *,
    baseline: float,
    lift: float,
    standard_deviation: float | None = None,
    power: float = 0.8,
    treatment_share: float = 0.5,
) -> UsersNeeded:
    """Users needed to show a relative lift of a conversion rate or of a mean.

    Args:
        baseline: Mean per user of the control, positive; without `standard_deviation` the share of
            users who convert.
        lift: Relative lift that should be shown, 0.02 = +2 %; negative for a loss.
        standard_deviation: Of the value between users, non-buyers counted with zero; both variants
            are taken to have the same. None for a conversion.
        power: Share of cases in which it would be shown.
        treatment_share: Planned share of users in the treatment.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    _check(baseline, lift, standard_deviation, power, treatment_share)
    moved = baseline * (1.0 + lift)
    if standard_deviation is None:
        variances = baseline * (1.0 - baseline), moved * (1.0 - moved)
    else:
        variances = standard_deviation**2, standard_deviation**2
    spread = variances[0] / (1.0 - treatment_share) + variances[1] / treatment_share
    quantiles = float(stats.norm.isf(SIGNIFICANCE / 2.0) + stats.norm.ppf(power))
    total = quantiles**2 * spread / (baseline * lift) ** 2
    rarest = min(baseline, moved, 1.0 - baseline, 1.0 - moved) if standard_deviation is None else 1
    least = max(float(MIN_USERS), MIN_EVENTS / rarest)
    control = math.ceil(max(total * (1.0 - treatment_share), least))
    treatment = math.ceil(max(total * treatment_share, least))
    return UsersNeeded(
        control=control,
        treatment=treatment,
        total=control + treatment,
        baseline=baseline,
        lift=lift,
        power=power,
        treatment_share=treatment_share,
        method="Normal approximation of the two-sided Welch test at 5 %, each variant with its "
        "own variance.",
    )


def _check(
    baseline: float,
    lift: float,
    standard_deviation: float | None,
    power: float,
    treatment_share: float,
) -> None:
    check_positive("baseline", baseline)
    check_number("lift", lift)
    if lift == 0.0 or lift <= -1.0:
        raise ValueError(f"lift: expected above -1 and not zero, got {lift}")
    check_power(power)
    check_share("treatment_share", treatment_share)
    if standard_deviation is not None:
        check_positive("standard_deviation", standard_deviation)
        return
    if not baseline < 1.0:
        raise ValueError(f"baseline: expected a conversion rate below 1, got {baseline}")
    if not baseline * (1.0 + lift) < 1.0:
        raise ValueError(f"lift: a rate of {baseline} cannot rise by {percent(lift)}")
