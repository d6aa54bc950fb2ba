"""Which KPI and whose releases does a question start from when few or none are named?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.self_test import self_test
from assets.link_inputs import Kpi, LinkInputs, ModelMetric
from cli.kpi_history import UnknownName, history_of
from cli.selftest import ground_of
from hub.config import LinkSettings, Pair

DAYS = pd.date_range("2025-01-01", periods=220)


def kpi(name: str, *, unit: str = "EUR") -> Kpi:
    rng = np.random.default_rng(len(name))
    values = pd.Series(1000.0 * np.exp(0.03 * rng.standard_normal(len(DAYS))), DAYS)
    return Kpi(name, name.title(), unit, True, values)


def metric(model: str, every: int) -> ModelMetric:
    """A model that gains one percent more with each release, the first after `every` days."""
    releases = np.arange(len(DAYS)) // every
    gained = 0.01 * releases * (releases + 1) / 2
    return ModelMetric(model, "auc", "AUC", "holdout", pd.Series(0.6 * np.exp(gained), DAYS))


def inputs(
    kpis: list[Kpi], every: dict[str, int], *, declared: list[Pair] | None = None
) -> LinkInputs:
    rows = [
        (model, f"{at}", DAYS[at])
        for model, days in every.items()
        for at in range(days, len(DAYS), days)
    ]
    return LinkInputs(
        kpis=kpis,
        metrics=[metric(model, days) for model, days in every.items()],
        releases=pd.DataFrame(rows, columns=["model", "version", "released_on"]),
        calendar=None,
        settings=LinkSettings(primary=declared or []),
        currency="EUR",
    )


def test_the_declared_pair_comes_first_then_the_most_releases() -> None:
    kpis = [kpi("orders", unit="orders"), kpi("revenue")]
    often = {"search": 10, "fraud": 40}
    known = inputs(kpis, often)
    plain = history_of(known, kpis, kpi=None, metric=None)
    assert (plain.kpi.name, plain.releases.address) == ("revenue", "search/auc")
    assert len(plain.releases.gains) == 21
    declared = inputs(kpis, often, declared=[Pair(metric="fraud/auc", kpi="orders")])
    first = history_of(declared, kpis, kpi=None, metric=None)
    assert (first.kpi.name, first.releases.address) == ("orders", "fraud/auc")
    assert first.releases.every_days == 40
    assert first.releases.gains == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert first.releases.positions.tolist() == [40, 80, 120, 160, 200]
    asked = history_of(declared, kpis, kpi="revenue", metric="search/auc")
    assert (asked.kpi.name, asked.releases.address) == ("revenue", "search/auc")


def test_without_any_release_a_couple_of_dozen_are_assumed_and_said_to_be() -> None:
    kpis = [kpi("revenue")]
    known = inputs(kpis, {})
    history = history_of(known, kpis, kpi=None, metric=None)
    assert history.releases.is_assumed
    assert "assumed" in history.releases.told
    result = self_test(ground_of(history), rng=np.random.default_rng(1), n_worlds=12)
    assert result.reason == ""
    assert result.coverage.n == 12


def test_names_that_are_not_there_are_told_with_what_is() -> None:
    kpis = [kpi("revenue")]
    known = inputs(kpis, {"search": 10})
    with pytest.raises(UnknownName, match="known: revenue"):
        history_of(known, kpis, kpi="revenu", metric=None)
    with pytest.raises(UnknownName, match="search/auc"):
        history_of(known, kpis, kpi="revenue", metric="search/au")
    with pytest.raises(UnknownName, match="no KPI by day"):
        history_of(known, [], kpi=None, metric=None)
