"""Which noise models explain a KPI about as well as the best, and how likely is each?

An estimate that trusts one noise model alone is too sure of itself: with a year of days a slow
wandering and none at all often fit alike. Every member within reach is kept with its share of the
restricted likelihood, under equal prior weights (Hoeting, Madigan, Raftery & Volinsky 1999).
"""

from dataclasses import dataclass, replace

import numpy as np

from analytics.link_data import FloatArray
from analytics.noise_model import PHI_GRID, THETA_GRID, NoiseModel, criterion_of

SMALLEST_WEIGHT = 0.002


@dataclass(frozen=True, eq=False)
class WeightedModel:
    """A noise model and its posterior weight; the weights of one average sum to 1."""

    model: NoiseModel
    weight: float


def plausible_models(
    basis: FloatArray, y: FloatArray, best: NoiseModel
) -> tuple[WeightedModel, ...]:
    """All plausible (phi, theta) beside the weekday and weekly parts of the best model.

    `basis` (n, r) is orthonormal and holds everything that is estimated, `y` is (n,).
    """
    both = np.column_stack([basis, y])
    models = [
        replace(best, phi=float(phi), theta=float(theta))
        for phi in PHI_GRID
        for theta in THETA_GRID
    ]
    criteria = np.array([criterion_of(both, model) for model in models])
    likelihood = np.exp((criteria.min() - criteria) / 2.0)
    weights = likelihood / likelihood.sum()
    weights = np.where(weights >= min(SMALLEST_WEIGHT, weights.max()), weights, 0.0)
    weights = weights / weights.sum()
    return tuple(
        WeightedModel(model, float(weight))
        for model, weight in zip(models, weights, strict=True)
        if weight > 0.0
    )
