"""Had the KPI already moved before the releases, more so before the bigger gains?

Two tests on the same shuffled gains. The lead placebo asks whether steps *before* each release
explain what the best lag left over. The pre-release test asks whether the size of a gain follows
the KPI's recent course, as it does when teams ship better models after business has picked up.
Fisher's combination of both catches what each of them nearly saw.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from analytics.link_data import FloatArray
from analytics.release_permutation import LagGrid, exceedance


@dataclass(frozen=True, eq=False)
class Placebo:
    """A statistic and what it is, (B,), when the gains are dealt at random."""

    observed: float
    shuffled: FloatArray

    @property
    def p_value(self) -> float:
        """Permutation p."""
        return exceedance(self.observed, self.shuffled)

    @property
    def shuffled_p_values(self) -> FloatArray:
        """(B,) the p-value of every deal among all deals."""
        ranks: FloatArray = rankdata(-self.shuffled, method="max") / len(self.shuffled)
        return ranks


def lead_placebo(
    leads: LagGrid,
    best_effect: FloatArray,
    best_information: float,
    delta: FloatArray,
    deals: FloatArray,
) -> Placebo:
    """The largest statistic over the leads, beside the effect at the best lag.

    `leads` holds scores with that effect taken out, `best_effect` (m, R) is the cross product of
    the steps at each lead with the effect's own series, `best_information` that series' size.
    """
    if not leads.lags:
        return Placebo(0.0, np.zeros(len(deals)))
    centred = centred_effect(leads, best_effect)

    def largest(rows: FloatArray) -> FloatArray:
        numerator = leads.score @ rows.T
        own = np.stack([((rows @ each) * rows).sum(axis=1) for each in leads.information])
        return largest_beside(numerator, own, np.square(centred @ rows.T) / best_information)

    return Placebo(float(largest(delta[None, :])[0]), largest(deals))


def largest_beside(numerator: FloatArray, own: FloatArray, shared: FloatArray) -> FloatArray:
    """(B,) largest statistic over m leads; `own` information less what the effect shares of it."""
    left = np.maximum(own - shared, 1e-3 * own + 1e-300)
    statistic: FloatArray = (numerator**2 / left).max(axis=0)
    return statistic


def pre_release_placebo(features: FloatArray, delta: FloatArray, deals: FloatArray) -> Placebo:
    """The largest correlation of the gains with the KPI's course, (R, features) unit columns."""
    if features.shape[1] == 0 or np.ptp(delta) == 0.0:
        return Placebo(0.0, np.zeros(len(deals)))
    return Placebo(
        float(np.abs(standard_rows(delta[None, :]) @ features).max()),
        np.abs(standard_rows(deals) @ features).max(axis=1),
    )


def combined_p_value(lead: Placebo, pre_release: Placebo) -> float:
    """Permutation p of Fisher's sum of logarithms; the two placebos share their deals."""
    observed = -np.log(lead.p_value) - np.log(pre_release.p_value)
    shuffled = -np.log(lead.shuffled_p_values) - np.log(pre_release.shuffled_p_values)
    return exceedance(float(observed), shuffled)


def centred_effect(grid: LagGrid, cross: FloatArray) -> FloatArray:
    """(m, R) cross products of the steps at each lead with the effect, the intercept taken out."""
    by_all = grid.raw_information.sum(axis=2)
    size = np.maximum(by_all.sum(axis=1), 1e-12)
    centred: FloatArray = cross - by_all * (cross.sum(axis=1) / size)[:, None]
    return centred


def standard_rows(rows: FloatArray) -> FloatArray:
    """(B, R) the gains of every deal, centred and of unit length."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    scaled: FloatArray = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return scaled
