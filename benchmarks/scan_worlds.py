"""On which seeded catalogues, with known links, is the scan measured?

Every KPI is a shop of its own (trend, season, weekdays, promotions, one of four kinds of noise);
metrics are those of separate models, half of them steps at releases, half moving every day. Some
metrics drive some KPIs after 0 to 14 days; all other pairs have nothing to do with one another.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks import link_worlds as worlds

STEP_EFFECT = (0.8, 2.0)
SERIES_EFFECT = (0.25, 0.5)


@dataclass(frozen=True, eq=False)
class CatalogueWorld:
    """Metrics and KPIs by name, the calendar, known release days and the true links."""

    metrics: pd.DataFrame
    kpis: pd.DataFrame
    calendar: pd.DataFrame
    releases: dict[str, pd.DatetimeIndex]
    links: frozenset[tuple[str, str]]

    @property
    def n_pairs(self) -> int:
        """Metrics times KPIs."""
        return self.metrics.shape[1] * self.kpis.shape[1]


def catalogue(
    seed: int,
    *,
    n_metrics: int,
    n_kpis: int,
    n_days: int = 730,
    step_share: float = 0.5,
    links_per_kpi: int = 3,
) -> CatalogueWorld:
    """A catalogue whose every KPI is driven by `links_per_kpi` metrics chosen at random."""
    rng = np.random.default_rng([seed, n_metrics, n_kpis])
    days = pd.date_range(worlds.START, periods=n_days)
    n_steps = round(step_share * n_metrics)
    log_metrics: dict[str, worlds.FloatArray] = {}
    releases: dict[str, pd.DatetimeIndex] = {}
    for number in range(n_metrics):
        name = f"metric {number:03d}"
        if number < n_steps:
            at = worlds.release_days(rng, n_days, count=worlds.release_count(rng, n_days))
            log_metrics[name] = np.log(0.3) + worlds.steps(n_days, at, worlds.gains(rng, len(at)))
            releases[name] = days[at]
        else:
            log_metrics[name] = _moving(rng, days)
    promotion = _promotions(rng, n_days)
    kpis: dict[str, worlds.FloatArray] = {}
    links: set[tuple[str, str]] = set()
    for number in range(n_kpis):
        name = f"kpi {number:02d}"
        log_kpi = _shop(rng, days, promotion)
        for driver in rng.choice(list(log_metrics), links_per_kpi, replace=False):
            low, high = STEP_EFFECT if driver in releases else SERIES_EFFECT
            log_kpi = log_kpi + rng.uniform(low, high) * _late(rng, log_metrics[driver])
            links.add((str(driver), name))
        kpis[name] = np.exp(log_kpi)
    return CatalogueWorld(
        metrics=pd.DataFrame({name: np.exp(each) for name, each in log_metrics.items()}, days),
        kpis=pd.DataFrame(kpis, days),
        calendar=pd.DataFrame({"promotion": promotion}, days),
        releases=releases,
        links=frozenset(links),
    )


def _noise(rng: np.random.Generator, n: int) -> worlds.FloatArray:
    kinds = list(worlds.USUAL.values())
    return kinds[int(rng.integers(len(kinds)))](rng, n)


def _moving(rng: np.random.Generator, days: pd.DatetimeIndex) -> worlds.FloatArray:
    """Logarithm of a metric that moves every day."""
    weekday = rng.normal(0, 0.05, 7)[days.day_of_week.to_numpy()]
    trend = rng.normal(0, 0.1) * np.arange(len(days)) / 365
    moving: worlds.FloatArray = rng.uniform(0.02, 0.05) * _noise(rng, len(days)) + weekday + trend
    return moving


def _promotions(rng: np.random.Generator, n: int) -> worlds.FloatArray:
    promotion = np.zeros(n)
    for start in rng.choice(n, max(n // 60, 1), replace=False):
        promotion[start : start + int(rng.integers(2, 8))] = 1.0
    return promotion


def _shop(
    rng: np.random.Generator, days: pd.DatetimeIndex, promotion: worlds.FloatArray
) -> worlds.FloatArray:
    """Logarithm of a KPI that no metric drives."""
    season = rng.normal(0, 0.06) * np.sin(2 * np.pi * days.day_of_year.to_numpy() / 365.25)
    weekday = rng.normal(0, 0.1, 7)[days.day_of_week.to_numpy()]
    trend = rng.normal(0, 0.2) * np.arange(len(days)) / 365
    known = 10.0 + season + weekday + trend + rng.uniform(0.05, 0.3) * promotion
    log_kpi: worlds.FloatArray = known + rng.uniform(0.03, 0.06) * _noise(rng, len(days))
    return log_kpi


def _late(rng: np.random.Generator, log_metric: worlds.FloatArray) -> worlds.FloatArray:
    """The metric as it arrives 0 to 14 days later."""
    lag = int(rng.integers(0, 15))
    return np.concatenate([np.full(lag, log_metric[0]), log_metric[: len(log_metric) - lag]])
