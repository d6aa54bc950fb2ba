"""Does every published number agree with the source files, and is none left without a reference?

Each layer's reference is computed anew from the files that the demo shop wrote; the warehouse is
not looked at. A new metric, grain or segment that no reference computes fails the last test here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline import (
    company_reference,
    offline_reference,
    operations_reference,
    platform_reference,
    sprint_reference,
    team_numbers,
    team_reference,
)
from tests.pipeline.published_numbers import (
    CLOSE,
    GRAINS,
    NOTHING,
    OF_HISTOGRAMS,
    differences,
    published_numbers,
    spans,
)

pytestmark = pytest.mark.pipeline


@dataclass(frozen=True)
class Files:
    """What the references read, each kind of file once."""

    home: HubHome

    @property
    def log_lines(self) -> pd.DataFrame:
        return platform_reference.read_lines(self.home.root)

    @property
    def last_day(self) -> pd.Timestamp:
        truth = json.loads((self.home.root / "truth.json").read_text())
        return pd.Timestamp(truth["data_ends_at"][:10])


def company(files: Files) -> pd.DataFrame:
    return company_reference.as_table(company_reference.company_of(files.home.root))


def cost(files: Files) -> pd.DataFrame:
    return operations_reference.cost(files.home.root, files.log_lines)


def incidents(files: Files) -> pd.DataFrame:
    services = set(files.log_lines["service"])
    return operations_reference.incidents(files.home.root, services, files.last_day)


def budgets(files: Files) -> pd.DataFrame:
    slos = load_config(files.home.root).slos
    promised = {slo.service: (slo.objective, slo.window_days) for slo in slos}
    return platform_reference.budgets(files.log_lines, promised)


def delivery(files: Files) -> pd.DataFrame:
    told = team_numbers.read(files.home.root)
    kept = sprint_reference.commitments(told, files.home.root)
    return pd.concat([team_numbers.delivery(told), kept], ignore_index=True)


# the place to register the reference of a new metric: its numbers from the files alone
REFERENCES: dict[str, Callable[[Files], pd.DataFrame]] = {
    "company": company,
    "services": lambda files: platform_reference.services(files.log_lines),
    "budgets": budgets,
    "capacity": lambda files: operations_reference.capacity(files.home.root),
    "cost": cost,
    "incidents": incidents,
    "lists": lambda files: operations_reference.lists(files.home.root),
    "offline": lambda files: offline_reference.offline(files.home.root, files.last_day),
    "delivery": delivery,
}
# metrics of the catalogue of which the shop's files tell nothing, and why: these are compared with
# files of their own in tests/dbt_project/test_files_beside_the_demo.py
WITHOUT_NUMBERS = {"cpu_core_hours": "no counter of CPU seconds: the shop's gauges tell shares"}
# family, what reads a file, what is changed in what it read, the metrics that rest on it
ONE_RECORD: list[tuple[str, tuple[ModuleType, str], Callable[[Any], Any], set[str]]] = [
    (
        "budgets",
        (platform_reference, "read_lines"),
        lambda told: told.assign(
            failed=told["failed"] ^ (told.index == told.index[told["day"] == "2025-03-20"][0])
        ),
        {"burn_rate", "error_budget_left"},
    ),
    (
        "capacity",
        (operations_reference, "samples"),
        lambda told: told.mul(np.where(np.arange(len(told)) == 30, 2, 1), axis=0),
        {"instance_hours", "instances", "cpu_used_ratio", "metered_requests"},
    ),
    (
        "cost",
        (operations_reference, "bills"),
        lambda told: told.assign(
            service_cost=told["service_cost"] + 0.01 * (np.arange(len(told)) == 700)
        ),
        {"service_cost", "cost_per_thousand_predictions"},
    ),
    (
        "lists",
        (operations_reference, "shown_positions"),
        lambda told: told.iloc[1:],
        {"list_positions_served", "list_rendered_ratio", "list_viewed_ratio"},
    ),
    (
        "incidents",
        (operations_reference, "told_incidents"),
        lambda told: told.iloc[1:],
        {"incidents", "incident_minutes"},
    ),
    (
        "offline",
        (offline_reference, "run_values"),
        lambda told: told.assign(
            metric_value=told["metric_value"] + 1e-8 * (told["metric_name"] == "auc")
        ),
        {"auc"},
    ),
    (
        "delivery",
        (team_reference, "work"),
        lambda told: [each for each in told if each is not next(w for w in told if w.finished)],
        {"created_issues", "throughput", "lead_time_days_p50", "lead_time_days_p85"},
    ),
]


@pytest.fixture(scope="module")
def published(shop: HubHome) -> pd.DataFrame:
    return published_numbers(shop)


@pytest.fixture(scope="module")
def expected(shop: HubHome) -> dict[str, pd.DataFrame]:
    """The numbers of every family, by its name."""
    files = Files(shop)
    return {family: reference(files) for family, reference in REFERENCES.items()}


@pytest.mark.parametrize("family", REFERENCES)
def test_every_number_is_that_of_the_source_files(
    family: str, expected: dict[str, pd.DataFrame], published: pd.DataFrame
) -> None:
    apart = differences(expected[family], published)
    assert apart.empty, apart.head(20).to_string()


@pytest.mark.parametrize("family", REFERENCES)
def test_a_number_that_is_a_little_off_missing_or_too_many_is_seen(
    family: str, expected: dict[str, pd.DataFrame], published: pd.DataFrame
) -> None:
    """Of every metric at every segment and grain, one value is moved by twice what is allowed."""
    told = expected[family]
    first = told.index.isin(told.drop_duplicates(["metric_name", "segment_name", "grain"]).index)
    allowed = told["metric_name"].map(OF_HISTOGRAMS).fillna(CLOSE)
    off = told["metric_value"] * (1 + 2.1 * allowed) + 2 * NOTHING
    apart = differences(told.assign(metric_value=told["metric_value"].mask(first, off)), published)
    assert len(apart) == first.sum() > 0
    assert spans(apart) == spans(told)
    earlier = told["period_start"] - pd.Timedelta(days=10_000)
    elsewhere = told.assign(period_start=told["period_start"].mask(first, earlier))
    assert differences(elsewhere, published)["_merge"].value_counts().to_dict() == {
        "left_only": first.sum(), "right_only": first.sum(), "both": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("family", "reads", "changed", "metrics"), ONE_RECORD, ids=[case[0] for case in ONE_RECORD]
)
def test_one_record_more_or_less_in_a_file_is_seen_in_every_number_of_it(
    shop: HubHome,
    published: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    family: str,
    reads: tuple[ModuleType, str],
    changed: Callable[[Any], Any],
    metrics: set[str],
) -> None:
    read = getattr(*reads)
    monkeypatch.setattr(*reads, lambda *asked: changed(read(*asked)))
    apart = differences(REFERENCES[family](Files(shop)), published)
    assert metrics <= set(apart["metric_name"])
    seen = apart[apart["metric_name"].isin(metrics)]
    assert len(seen.drop_duplicates(["metric_name", "grain"])) == len(metrics) * len(GRAINS)


def test_no_published_number_is_without_a_reference(
    shop: HubHome, expected: dict[str, pd.DataFrame], published: pd.DataFrame
) -> None:
    compared = set[tuple[str, str, str]]().union(*map(spans, expected.values()))
    assert sum(map(len, map(spans, expected.values()))) == len(compared)  # none told twice
    assert not spans(published) - compared
    with open_published(shop) as con:
        rows = con.execute("select metric_name, segments from metrics.catalogue").fetchall()
    declared = {(name, each) for name, told in rows for each in json.loads(told) or ["__all__"]}
    zeros = {
        name
        for table in expected.values()
        for name, values in table.groupby("metric_name")["metric_value"]
        if not values.any()
    }
    assert not zeros  # of which nothing would have been compared
    missing = declared - {(metric, segment) for metric, segment, _ in compared}
    assert {name for name, _ in missing} == set(WITHOUT_NUMBERS)
