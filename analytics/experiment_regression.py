"""How steeply does the online lift rise with the offline gain, given that both are estimates?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from analytics.experiment_ratio import UncertainPair, ratio_interval, ratio_standard_error

FloatArray = npt.NDArray[np.float64]

_GRID_STEPS = 60


@dataclass(frozen=True)
class MetaRegression:
    """A random-effects meta-regression line.

    Attributes:
        intercept, slope: of the outcome on the moderator.
        slope_se: Knapp-Hartung standard error of the slope, to be used with a t of `dof`.
        dof: degrees of freedom, experiments less two.
        tau_squared: REML variance of the outcomes around the line beyond their own errors.
        weights: shape (experiments,), 1 / (tau_squared + variance).
    """

    intercept: float
    slope: float
    slope_se: float
    dof: int
    tau_squared: float
    weights: FloatArray


@dataclass(frozen=True)
class CorrectedSlope:
    """The slope on the true moderator, freed from the noise in the measured one.

    Attributes:
        slope: fitted slope less the shared-error part, divided by the reliability; NaN when
            the reliability is not positive.
        slope_se: delta-method standard error, the reliability's own error included.
        low, high: 95 % Fieller interval; None when it has no finite bounds.
        p_value: two-sided, of no slope at all.
        reliability: share of the moderator's weighted spread that is not noise, 0..1.
        reliability_se: its standard error.
    """

    slope: float
    slope_se: float
    low: float | None
    high: float | None
    p_value: float
    reliability: float
    reliability_se: float


def reml_tau_squared(design: FloatArray, outcome: FloatArray, variances: FloatArray) -> float:
    """Variance between experiments by restricted maximum likelihood, never below zero.

    Args:
        design: shape (experiments, columns), full rank, constant included.
        outcome: shape (experiments,).
        variances: shape (experiments,), positive sampling variances of the outcome.

    Source: S. W. Raudenbush, "Analyzing effect sizes: random-effects models", in The Handbook
    of Research Synthesis and Meta-Analysis (2009). The likelihood may have more than one local
    maximum, so it is searched on a grid before it is polished.
    """

    def cost(tau_squared: float) -> float:
        total = variances + tau_squared
        scaled = design / np.sqrt(total)[:, None]
        target = outcome / np.sqrt(total)
        basis, upper = np.linalg.qr(scaled)
        residual = target - basis @ (basis.T @ target)
        log_determinant = 2 * float(np.log(np.abs(np.diag(upper))).sum())
        return float(np.log(total).sum()) + log_determinant + float(residual @ residual)

    largest = float(np.var(outcome)) + float(variances.max())
    smallest = 1e-6 * min(float(variances.min()), largest)
    grid = np.concatenate([[0.0], np.geomspace(smallest, 10 * largest, _GRID_STEPS)])
    best = int(np.argmin([cost(float(value)) for value in grid]))
    if best == 0:
        return 0.0
    bounds = (float(grid[best - 1]), float(grid[min(best + 1, len(grid) - 1)]))
    options = {"xatol": 1e-10 * bounds[1]}
    found = optimize.minimize_scalar(cost, bounds=bounds, method="bounded", options=options)
    return float(found.x)


def meta_regression(
    moderator: FloatArray, outcome: FloatArray, variances: FloatArray
) -> MetaRegression:
    """Random-effects meta-regression of `outcome` on one `moderator`, with an intercept.

    Args:
        moderator, outcome: shape (experiments,), at least three, moderator not constant.
        variances: shape (experiments,), positive sampling variances of the outcome.

    Source: REML for the variance between experiments; G. Knapp and J. Hartung, "Improved tests
    for a random effects meta-regression with a single covariate", Statistics in Medicine 22
    (2003), 2693-2710, for the standard error; it is never shrunk below the errors of the
    outcomes themselves, after C. Rover, G. Knapp and T. Friede, BMC Medical Research
    Methodology 15:99 (2015), who show the unmodified one fails when errors are very uneven.
    """
    centre, scale = float(moderator.mean()), float(moderator.std())
    unit = (moderator - centre) / scale
    design = np.column_stack([np.ones_like(unit), unit])
    tau_squared = reml_tau_squared(design, outcome, variances)
    weights = 1 / (variances + tau_squared)
    inverse = np.linalg.inv(design.T @ (weights[:, None] * design))
    level, rise = inverse @ (design.T @ (weights * outcome))
    residual = outcome - design @ np.array([level, rise])
    dof = len(outcome) - 2
    inflation = max(float(weights @ residual**2) / dof, 1.0)
    return MetaRegression(
        intercept=float(level - rise * centre / scale),
        slope=float(rise / scale),
        slope_se=math.sqrt(inflation * float(inverse[1, 1])) / scale,
        dof=dof,
        tau_squared=tau_squared,
        weights=weights,
    )


def correct_for_noise(
    fit: MetaRegression,
    moderator: FloatArray,
    noise_variances: FloatArray,
    shared_covariances: FloatArray,
) -> CorrectedSlope:
    """The slope on the true moderator, when the moderator was measured with known errors.

    With S the weighted sum of squares of the measured moderator, N the part of it that its
    errors explain and C the sum of products that errors shared with the outcome explain, the
    slope is (b - C/S) / (1 - N/S). S is itself random, which moves numerator and denominator
    together; both enter Fieller's interval with their covariance.

    Args:
        fit: the regression on the measured moderator.
        moderator: shape (experiments,), as measured.
        noise_variances: shape (experiments,), squared errors of the moderator, zero allowed.
        shared_covariances: shape (experiments,), covariance of the moderator's and the
            outcome's errors.

    Source: the method-of-moments estimator for known error variances of W. A. Fuller,
    Measurement Error Models (1987), sections 1.2 and 3.1, at the weights of the regression.
    """
    weights = fit.weights / fit.weights.sum()
    keep = weights * (1 - weights)
    spread = float(weights @ (moderator - weights @ moderator) ** 2)
    noise_share = float(keep @ noise_variances) / spread
    shared_slope = float(keep @ shared_covariances) / spread
    reliability = 1 - noise_share
    spread_variance = _relative_variance_of_spread(
        weights, noise_variances, spread * max(reliability, 0.0)
    )
    pair = UncertainPair(
        numerator=fit.slope - shared_slope,
        denominator=reliability,
        numerator_variance=fit.slope_se**2 + shared_slope**2 * spread_variance,
        denominator_variance=noise_share**2 * spread_variance,
        covariance=shared_slope * noise_share * spread_variance,
    )
    return _as_corrected_slope(pair, fit.dof)


def _relative_variance_of_spread(
    weights: FloatArray, noise_variances: FloatArray, true_spread: float
) -> float:
    """Squared relative error of the weighted sum of squares, for normally spread gains."""
    true_variance = true_spread / float(1 - weights @ weights)
    total = weights * (noise_variances + true_variance)
    if not total.sum() > 0:
        return 0.0
    effective_count = float(total.sum() ** 2 / (total @ total))
    return 2 / max(effective_count - 1, 1.0)


def _as_corrected_slope(pair: UncertainPair, dof: int) -> CorrectedSlope:
    quantile = float(stats.t.ppf(0.975, dof))
    error = math.sqrt(pair.numerator_variance)
    statistic = abs(pair.numerator) / error if error > 0 else (math.inf if pair.numerator else 0.0)
    is_usable = pair.denominator > 0
    bounds = ratio_interval(pair, quantile=quantile) if is_usable else None
    return CorrectedSlope(
        slope=pair.numerator / pair.denominator if is_usable else math.nan,
        slope_se=ratio_standard_error(pair) if is_usable else math.nan,
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        p_value=float(2 * stats.t.sf(statistic, dof)),
        reliability=max(pair.denominator, 0.0),
        reliability_se=math.sqrt(pair.denominator_variance),
    )
