"""What does every pair of some KPIs with all metrics say, before the search is accounted for?"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.link_data import ELASTICITY, LinkData, RefusalError, unworkable
from analytics.link_estimate import LinkEstimate
from analytics.link_verdict import judge
from analytics.scan_draws import SharedDraws
from analytics.scan_grid import Catalogue, Span
from analytics.scan_kpi import SharedKpi
from analytics.scan_releases import ScannedReleases
from analytics.scan_series import MovingMetric, ScannedKpi
from analytics.vocabulary import EvidenceGrade, Verdict

NAN = float("nan")
SpanAndScale = tuple[Span | None, bool]


@dataclass(frozen=True)
class PairRow:
    """One pair on its own; effects in `effect_unit`, lags in days, -1 where there is none."""

    metric: str
    kpi: str
    effect: float
    effect_unit: str
    low: float
    high: float
    p_value: float
    lag_days: int
    lag_set_low: int
    lag_set_high: int
    verdict: Verdict
    verdict_reason: str
    more_needed: str
    smallest_detectable_effect: float
    smallest_effect: float
    n_releases: int
    n_days: int
    lead_p_value: float
    pre_release_p_value: float
    evidence_grade: EvidenceGrade


@dataclass(frozen=True, eq=False)
class ScanSettings:
    """What holds for all pairs; `releases` and `smallest_effect` by the name of the metric."""

    releases: Mapping[str, pd.DatetimeIndex]
    smallest_effect: Mapping[str, float]
    max_lag_days: int
    rng: np.random.Generator


@dataclass(frozen=True, eq=False)
class _Pair:
    """A pair that can be looked at: columns of the catalogue, its data and its whitened KPI.

    Pairs of one span and scale share a metric's releases and innovations.
    """

    metric: int
    kpi: int
    data: LinkData
    shared: SharedKpi
    span: SpanAndScale


class PairScan:
    """All metrics of a catalogue against some of its KPIs."""

    def __init__(self, catalogue: Catalogue, settings: ScanSettings) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._draws = SharedDraws(settings.rng)
        self._shared: dict[object, SharedKpi | RefusalError] = {}
        self._moving: dict[object, MovingMetric] = {}

    def rows(self, kpis: Sequence[int]) -> list[PairRow]:
        """One row for each metric and KPI."""
        pairs, rows = self._usable(kpis)
        steps: defaultdict[object, list[_Pair]] = defaultdict(list)
        moving: defaultdict[object, list[_Pair]] = defaultdict(list)
        for pair in pairs:
            if pair.data.is_step:
                steps[pair.metric, pair.span].append(pair)
            else:
                moving[id(pair.shared)].append(pair)
        for group in steps.values():
            rows += self._judged(group, _guarded(group, self._release_estimates))
        for group in moving.values():
            rows += self._judged(group, _guarded(group, self._series_estimates))
        return rows

    def _usable(self, kpis: Sequence[int]) -> tuple[list[_Pair], list[PairRow]]:
        """The pairs that can be looked at, and the rows of those that cannot."""
        pairs, refused = [], []
        for kpi in kpis:
            for metric in range(self._catalogue.metrics.shape[1]):
                data = None
                try:
                    data = self._catalogue.pair(metric, kpi)
                    span = self._catalogue.span(metric, kpi), data.is_log
                    pairs.append(_Pair(metric, kpi, data, self._whitened(kpi, data, span), span))
                except RefusalError as refusal:
                    refused.append(self._refused(metric, kpi, data, refusal))
        return pairs, refused

    def _whitened(self, kpi: int, data: LinkData, span: SpanAndScale) -> SharedKpi:
        key = kpi, span
        if key not in self._shared:
            try:
                self._shared[key] = SharedKpi(data)
            except RefusalError as refusal:
                self._shared[key] = refusal
        shared = self._shared[key]
        if isinstance(shared, RefusalError):
            raise shared
        return shared

    def _release_estimates(self, group: Sequence[_Pair]) -> Sequence[LinkEstimate | RefusalError]:
        """One step metric against the KPIs whitened on its span."""
        data = group[0].data
        name = str(self._catalogue.metrics.columns[group[0].metric])
        try:
            metric = ScannedReleases(
                data,
                self._settings.releases.get(name),
                max_lag=self._max_lag(data),
                draws=self._draws,
            )
        except RefusalError as refusal:
            return [refusal] * len(group)
        return metric.estimates([(pair.data, pair.shared) for pair in group])

    def _series_estimates(self, group: Sequence[_Pair]) -> Sequence[LinkEstimate | RefusalError]:
        """One whitened KPI against the continuous metrics on its span."""
        shared = group[0].shared
        kpi = ScannedKpi(shared, max_lag=self._max_lag(group[0].data), draws=self._draws)
        return kpi.estimates([(pair.data, self._moving_metric(pair)) for pair in group])

    def _moving_metric(self, pair: _Pair) -> MovingMetric:
        key = pair.metric, pair.span
        if key not in self._moving:
            self._moving[key] = MovingMetric.of(pair.data, pair.shared.whitened.columns)
        return self._moving[key]

    def _max_lag(self, data: LinkData) -> int:
        return self._settings.max_lag_days // data.period_days

    def _judged(
        self, pairs: Sequence[_Pair], estimates: Sequence[LinkEstimate | RefusalError]
    ) -> list[PairRow]:
        return [
            self._refused(pair.metric, pair.kpi, pair.data, estimate)
            if isinstance(estimate, RefusalError)
            else self._row(pair, estimate)
            for pair, estimate in zip(pairs, estimates, strict=True)
        ]

    def _row(self, pair: _Pair, estimate: LinkEstimate) -> PairRow:
        metric, kpi = self._names(pair.metric, pair.kpi)
        smallest = self._settings.smallest_effect[metric]
        judgement = judge(pair.data, estimate, smallest_effect=smallest)
        days = pair.data.period_days
        return PairRow(
            metric=metric,
            kpi=kpi,
            effect=estimate.effect,
            effect_unit=pair.data.effect_unit,
            low=estimate.low,
            high=estimate.high,
            p_value=estimate.p_value,
            lag_days=estimate.lag * days,
            lag_set_low=min(estimate.lag_set) * days,
            lag_set_high=max(estimate.lag_set) * days,
            verdict=judgement.verdict,
            verdict_reason=judgement.reason,
            more_needed=judgement.more_needed,
            smallest_detectable_effect=estimate.smallest_detectable_effect,
            smallest_effect=smallest,
            n_releases=0 if estimate.releases is None else estimate.releases.n_usable,
            n_days=pair.data.n * days,
            lead_p_value=estimate.lead_p_value,
            pre_release_p_value=estimate.pre_release_p_value,
            evidence_grade=estimate.grade,
        )

    def _refused(
        self, metric: int, kpi: int, data: LinkData | None, refusal: RefusalError
    ) -> PairRow:
        metric_name, kpi_name = self._names(metric, kpi)
        is_step = data is None or data.is_step
        return PairRow(
            metric=metric_name,
            kpi=kpi_name,
            effect=NAN,
            effect_unit=ELASTICITY if data is None else data.effect_unit,
            low=NAN,
            high=NAN,
            p_value=NAN,
            lag_days=-1,
            lag_set_low=-1,
            lag_set_high=-1,
            verdict=refusal.verdict,
            verdict_reason=refusal.reason,
            more_needed=refusal.more_needed,
            smallest_detectable_effect=NAN,
            smallest_effect=self._settings.smallest_effect[metric_name],
            n_releases=refusal.n_releases,
            n_days=self._catalogue.days_with_both(metric, kpi)
            if data is None
            else data.n * data.period_days,
            lead_p_value=NAN,
            pre_release_p_value=NAN,
            evidence_grade=EvidenceGrade.RELEASES if is_step else EvidenceGrade.SERIES,
        )

    def _names(self, metric: int, kpi: int) -> tuple[str, str]:
        return str(self._catalogue.metrics.columns[metric]), str(self._catalogue.kpis.columns[kpi])


def _guarded(
    group: Sequence[_Pair],
    estimate: Callable[[Sequence[_Pair]], Sequence[LinkEstimate | RefusalError]],
) -> Sequence[LinkEstimate | RefusalError]:
    """Estimates of a group; one pair beyond arithmetic must not spoil those of the others."""
    try:
        return estimate(group)
    except (RefusalError, ArithmeticError, np.linalg.LinAlgError) as problem:
        if len(group) > 1:
            return [found for pair in group for found in _guarded([pair], estimate)]
        return [problem if isinstance(problem, RefusalError) else unworkable()]
