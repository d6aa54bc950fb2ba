"""How does one step metric stand against many KPIs, its releases dealt once for all of them?

The estimates are those of `analytics.release_link`, with the same deals for every KPI. What a deal
contributes to the information at a lag is a sum over pairs of releases, so one matrix product of
the pairs' products of gains with the steps' cross products gives all deals at all lags.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.link_data import FloatArray, IntArray, LinkData
from analytics.link_estimate import LinkEstimate
from analytics.link_result import no_lag_effects
from analytics.placebo import (
    Placebo,
    centred_effect,
    combined_p_value,
    largest_beside,
    standard_rows,
)
from analytics.pre_release import course_features
from analytics.profile_interval import critical_value, profile
from analytics.release_link import FOUND_BELOW, METHOD, POWER_QUANTILE, require_gains
from analytics.release_permutation import (
    N_PERMUTATIONS,
    LagFit,
    LagGrid,
    centred_information,
    exceedance,
    explained_by,
    fit,
    grid_of,
)
from analytics.release_steps import find_releases, step_series
from analytics.scan_draws import SharedDraws, upper_quantile
from analytics.scan_kpi import SharedKpi
from analytics.timing import (
    averaged,
    common_lags,
    lead_spans,
    noise_variance,
    separated_p_value,
)
from analytics.vocabulary import EvidenceGrade

REFINE_BELOW = 0.05
N_REFINED = 20_000
COMBINE_BELOW = 0.01
_NO_LAG_EFFECTS = no_lag_effects()


@dataclass(frozen=True, eq=False)
class _Deals:
    """The same gains dealt B times: rows (B, R) and their pairwise products (R (R + 1) / 2, B)."""

    rows: FloatArray
    products: FloatArray

    @classmethod
    def of(cls, delta: FloatArray, order: IntArray) -> "_Deals":
        rows = delta[order]
        first, second = np.triu_indices(len(delta))
        columns = np.ascontiguousarray(rows.T)
        return cls(rows, columns[first] * columns[second])

    def information(self, centred: FloatArray) -> FloatArray:
        """(m, B) quadratic forms of the dealt gains in the symmetric matrices (m, R, R)."""
        first, second = np.triu_indices(centred.shape[1])
        weight = np.where(first == second, 1.0, 2.0)
        information: FloatArray = (centred[:, first, second] * weight) @ self.products
        return information


class ScannedReleases:
    """One step metric on one span, ready to meet any KPI whitened there."""

    def __init__(
        self,
        data: LinkData,
        listed: pd.DatetimeIndex | None,
        *,
        max_lag: int,
        draws: SharedDraws,
    ) -> None:
        """Find the releases and deal their gains, or raise `RefusalError`."""
        self.releases = find_releases(data, listed, max_lag=max_lag)
        require_gains(self.releases)
        self._delta = self.releases.delta
        self._size = float(np.square(self._delta).sum())
        self._max_lag = max_lag
        self._draws = draws
        self._deals = self._dealt(0)
        self._standard = standard_rows(self._deals.rows) if np.ptp(self._delta) > 0.0 else None
        lags = np.arange(-max_lag, max_lag + 1)
        shifted = self.releases.position + lags[:, None]
        self._inside = ((shifted >= 1) & (shifted < data.n)).astype(np.float64)
        self._at = np.clip(shifted, 0, data.n - 1)
        self._n = data.n

    def estimates(self, kpis: list[tuple[LinkData, SharedKpi]]) -> list[LinkEstimate]:
        """One estimate for each KPI; p-values below 5 % are refined by more deals."""
        met = [self._meet(data, kpi) for data, kpi in kpis]
        hits = [at for at, (estimate, _) in enumerate(met) if estimate.p_value < REFINE_BELOW]
        refined = self._refined([met[at][1] for at in hits]) if hits else []
        found = [estimate for estimate, _ in met]
        for at, p_value in zip(hits, refined, strict=True):
            found[at] = replace(found[at], p_value=p_value)
        return found

    def _meet(self, data: LinkData, kpi: SharedKpi) -> tuple[LinkEstimate, LagGrid]:
        raw, score = self._cross_products(kpi)
        zero, sigma2 = self._max_lag, kpi.whitened.sigma**2
        grid = grid_of(range(zero + 1), raw[zero:], score[zero:], sigma2=sigma2)
        information = self._deals.information(grid.information)
        found = fit(grid, self._delta)
        p_value = exceedance(float(found.f.max()), self._largest(grid, self._deals, information))
        effect = self._against_effect(kpi, grid, found)
        left = score - found.slope[found.best] * effect
        largest = self._largest(grid.with_score(left[zero:]), self._deals, information)
        critical = critical_value(upper_quantile(largest), float(found.f.max()), p_value)
        lead = self._lead(raw[:zero], left[:zero], effect[:zero], found)
        before = self._pre_release(data, kpi, found, p_value)
        estimate = self._estimate(found, p_value, critical, lead, before)
        if p_value < FOUND_BELOW:
            leads = grid_of(range(-zero, 0), raw[:zero], score[:zero], sigma2=sigma2)
            timing = self._timing(kpi, raw, fit(leads, self._delta) if zero else found, found)
            estimate = replace(estimate, timing_p_value=timing)
        return estimate, grid

    def _estimate(
        self, found: LagFit, p_value: float, critical: float, lead: Placebo, before: Placebo
    ) -> LinkEstimate:
        best = found.best
        interval = profile(
            found.lags,
            found.slope,
            found.information,
            found.explained,
            variance=float(found.se[best] ** 2 * found.information[best]),
            critical=critical,
        )
        return LinkEstimate(
            grade=EvidenceGrade.RELEASES,
            method=METHOD,
            effect=float(found.slope[best]),
            low=interval.low,
            high=interval.high,
            se=float(found.se[best]),
            p_value=p_value,
            lag=found.best_lag,
            lag_set=interval.lag_set,
            smallest_detectable_effect=float((np.sqrt(critical) + POWER_QUANTILE) * found.se[best]),
            lead_p_value=lead.p_value,
            pre_release_p_value=before.p_value,
            moved_before_p_value=_combined(lead, before),
            lag_effects=_NO_LAG_EFFECTS,
            releases=self.releases,
            release_table=None,
        )

    def _cross_products(self, kpi: SharedKpi) -> tuple[FloatArray, FloatArray]:
        """Of the steps at every lead and lag: (m, R, R) with one another, (m, R) with the KPI."""
        at, inside = self._at, self._inside
        raw = kpi.step_information[at[:, :, None], at[:, None, :]]
        return raw * (inside[:, :, None] * inside[:, None, :]), kpi.step_score[at] * inside

    def _against_effect(self, kpi: SharedKpi, grid: LagGrid, found: LagFit) -> FloatArray:
        """(leads and lags, R) of the steps with what one unit of effect adds at the best lag."""
        raw = grid.raw_information[found.best]
        mean = float(raw.sum(axis=0) @ self._delta / max(raw.sum(), 1e-12))
        row = self._max_lag + found.best
        sizes = (self._delta - mean) * self._inside[row]
        every_day = kpi.step_information[:, self._at[row]] @ sizes
        against: FloatArray = every_day[self._at] * self._inside
        return against

    def _largest(self, grid: LagGrid, deals: _Deals, information: FloatArray) -> FloatArray:
        """(B,) largest statistic over the lags of every deal."""
        numerator = grid.score @ deals.rows.T
        _, explained, variance = explained_by(grid, numerator, information, size=self._size)
        largest: FloatArray = (explained / variance).max(axis=0)
        return largest

    def _lead(
        self, raw: FloatArray, left: FloatArray, effect: FloatArray, found: LagFit
    ) -> Placebo:
        """The largest statistic over the leads, beside the effect at the best lag."""
        if len(raw) == 0:
            return Placebo(0.0, np.zeros(len(self._deals.rows)))
        nothing = np.zeros(len(raw))
        leads = LagGrid((), centred_information(raw), left, nothing, nothing, 1.0, raw)
        score, shared = centred_effect(leads, left), centred_effect(leads, effect)
        size = float(found.information[found.best])

        def largest(rows: FloatArray, own: FloatArray) -> FloatArray:
            return largest_beside(score @ rows.T, own, np.square(shared @ rows.T) / size)

        delta = self._delta[None, :]
        own = np.stack([((delta @ each) * delta).sum(axis=1) for each in leads.information])
        everyone = largest(self._deals.rows, self._deals.information(leads.information))
        return Placebo(float(largest(delta, own)[0]), everyone)

    def _pre_release(
        self, data: LinkData, kpi: SharedKpi, found: LagFit, p_value: float
    ) -> Placebo:
        """Where an effect was found, the larger p of two looks: with the effect and without."""
        position = self.releases.position
        looks = [kpi.course.features(position)]
        if p_value < FOUND_BELOW:
            effect, late = float(found.slope[found.best]), position + found.best_lag
            without = kpi.whitened.filled - effect * step_series(late, self._delta, data.n)
            looks.append(course_features(data, kpi.whitened, without, position))
        return max(map(self._correlated, looks), key=lambda placebo: placebo.p_value)

    def _correlated(self, features: FloatArray) -> Placebo:
        if features.shape[1] == 0 or self._standard is None:
            return Placebo(0.0, np.zeros(len(self._deals.rows)))
        observed = np.abs(standard_rows(self._delta[None, :]) @ features).max()
        return Placebo(float(observed), np.abs(self._standard @ features).max(axis=1))

    def _timing(self, kpi: SharedKpi, raw: FloatArray, before: LagFit, found: LagFit) -> float:
        """`analytics.timing.timing_p_value` from the KPI's cross products of steps."""
        zero = self._max_lag
        spans = lead_spans(zero)
        if not spans:
            return float("nan")
        size = np.maximum(raw.sum(axis=(1, 2)), 1e-12)
        mean = raw.sum(axis=1) @ self._delta / size
        every = [self._on_days(row, self._delta - mean[row]) for row in range(len(raw))]
        lags = common_lags(found.best_lag, zero)
        common = [self._on_days(zero + lag, np.ones(len(self._delta))) for lag in lags]
        columns = np.column_stack([*common, *averaged(every[:zero], spans), *every[zero:]])
        return separated_p_value(
            columns.T @ kpi.step_information @ columns,
            columns.T @ kpi.step_score,
            n_common=len(common),
            n_early=len(spans),
            variance=noise_variance(before, found),
        )

    def _on_days(self, row: int, sizes: FloatArray) -> FloatArray:
        """(n,) steps of the releases' sizes on the days on which they come at one lead or lag."""
        on_days = np.zeros(self._n)
        np.add.at(on_days, self._at[row], sizes * self._inside[row])
        return on_days

    def _refined(self, grids: list[LagGrid]) -> list[float]:
        """P of each grid from at least 20,000 deals, those already made among them."""
        observed = [float(fit(grid, self._delta).f.max()) for grid in grids]
        reached = np.zeros(len(grids))
        n_parts = -(-N_REFINED // N_PERMUTATIONS)
        for part in range(n_parts):
            deals = self._deals if part == 0 else self._dealt(part)
            for at, (grid, limit) in enumerate(zip(grids, observed, strict=True)):
                largest = self._largest(grid, deals, deals.information(grid.information))
                reached[at] += np.count_nonzero(largest >= limit * (1.0 - 1e-9))
        return [float((1 + count) / (1 + n_parts * N_PERMUTATIONS)) for count in reached]

    def _dealt(self, part: int) -> _Deals:
        order = self._draws.deals(len(self._delta), part, N_PERMUTATIONS)
        return _Deals.of(self._delta, order)


def _combined(lead: Placebo, before: Placebo) -> float:
    """Combined p; it cannot be below the product of both, so only a small one is worked out."""
    if lead.p_value * before.p_value >= COMBINE_BELOW:
        return float("nan")
    return combined_p_value(lead, before)
