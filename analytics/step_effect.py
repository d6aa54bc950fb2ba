"""How large is one step in a KPI, and how sure can one be when its noise is only estimated?

Generalised least squares for each plausible noise model; the answer is the mixture of their t
distributions, so that interval and p-value carry the doubt about the noise as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from analytics.controls import orthonormal
from analytics.link_data import FloatArray
from analytics.model_average import WeightedModel

POWER_QUANTILE = 0.8416212335729143
_TOLD_APART = 1e-6


@dataclass(frozen=True)
class StepEffect:
    """A step on the analysis scale with its 95 % interval.

    `smallest_detectable` would be shown in four of five cases. `dof` are the degrees of freedom.
    """

    effect: float
    low: float
    high: float
    p_value: float
    smallest_detectable: float
    dof: int


@dataclass(frozen=True, eq=False)
class _Mixture:
    """t distributions about `centre` (m,) with spread `se` (m,), one for each model."""

    weight: FloatArray
    centre: FloatArray
    se: FloatArray
    dof: int

    def below(self, value: float) -> float:
        """Share of the mixture below the value."""
        return float(self.weight @ stats.t.cdf((value - self.centre) / self.se, self.dof))

    def quantile(self, share: float) -> float:
        """The value below which this share lies."""
        reach = float(stats.t.isf(share / 4.0 if share < 0.5 else (1.0 - share) / 4.0, self.dof))
        low = float((self.centre - 2.0 * reach * self.se).min())
        high = float((self.centre + 2.0 * reach * self.se).max())
        return float(brentq(lambda value: self.below(value) - share, low, high))


def estimate_step(
    step: FloatArray, basis: FloatArray, y: FloatArray, models: Sequence[WeightedModel]
) -> StepEffect | None:
    """Estimate how much of `step` (n,) is in `y` (n,) beside the columns of `basis` (n, r).

    None when the step cannot be told from those columns.
    """
    fits = [_fit(step, basis, y, each) for each in models]
    known = [fit for fit in fits if fit is not None]
    if not known:
        return None
    centre, se, weight = (np.array(column) for column in zip(*known, strict=True))
    dof = len(y) - basis.shape[1] - 1
    mixture = _Mixture(weight / weight.sum(), centre, se, dof)
    low, high = mixture.quantile(0.025), mixture.quantile(0.975)
    tail = mixture.below(0.0)
    critical = float(stats.t.isf(0.025, dof))
    return StepEffect(
        effect=float(mixture.weight @ centre),
        low=low,
        high=high,
        p_value=2.0 * min(tail, 1.0 - tail),
        smallest_detectable=(high - low) / 2.0 * (critical + POWER_QUANTILE) / critical,
        dof=dof,
    )


def _fit(
    step: FloatArray, basis: FloatArray, y: FloatArray, weighted: WeightedModel
) -> tuple[float, float, float] | None:
    """Effect, standard error and weight under one noise model."""
    model = weighted.model
    q = orthonormal(model.whiten(basis))
    whitened = model.whiten(step)
    target, response = _left(q, whitened), _left(q, model.whiten(y))
    information = float(target @ target)
    if information <= _TOLD_APART * float(whitened @ whitened):
        return None
    effect = float(target @ response) / information
    residual = response - effect * target
    variance = float(residual @ residual) / (len(y) - q.shape[1] - 1)
    return effect, float(np.sqrt(variance / information)), weighted.weight


def _left(q: FloatArray, values: FloatArray) -> FloatArray:
    left: FloatArray = values - q @ (q.T @ values)
    return left
