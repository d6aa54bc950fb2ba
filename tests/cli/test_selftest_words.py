"""Does the self test say plainly what was kept, what was not, and what is out of reach?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.link_data import ELASTICITY
from analytics.self_test import Rate, SelfTest
from assets.link_inputs import Kpi, LinkInputs
from cli.kpi_history import KpiHistory, ReleasePast
from cli.selftest import summary
from hub.config import LinkSettings


@pytest.fixture
def history() -> KpiHistory:
    values = pd.Series(1000.0, pd.date_range("2026-01-01", periods=100))
    kpi = Kpi("revenue", "Revenue", "EUR", True, values)
    past = ReleasePast(
        told="model's 2 releases",
        metric="model NDCG",
        address="model/ndcg",
        positions=np.array([10, 50]),
        gains=np.array([0.04, 0.06]),
        is_assumed=False,
    )
    inputs = LinkInputs([kpi], [], pd.DataFrame(), None, LinkSettings(), "EUR")
    return KpiHistory(kpi, values, None, past, 1.0, inputs)


def result(**changed: object) -> SelfTest:
    rate = Rate(20, 400, 0.03, 0.075)
    told = SelfTest(
        effect_unit=ELASTICITY,
        n_worlds=800,
        n_releases=2,
        n_days=100,
        false_alarms=rate,
        false_alarms_own=rate,
        false_alarms_random=rate,
        called_confounded=rate,
        coverage=Rate(380, 400, 0.92, 0.97),
        sizes=(),
        sign_right=rate,
        lag_right=rate,
        lag_error_days=0.0,
        found_with_80=0.8,
        found_with_80_interval=(0.7, 0.9),
        promised=0.8,
        reason="",
        method="",
        assumptions=(),
    )
    return replace(told, **changed)  # type: ignore[arg-type]


def test_what_is_kept_is_said_with_the_size_in_money(history: KpiHistory) -> None:
    text = " ".join(summary(result(), history))
    assert "5.0 % of cases (3.0 – 7.5 %); 5 % is what it promises." in text
    assert "NOT KEPT" not in text
    # 1 - exp(-0.8 * 0.1) of 1,000 a day over 30.4 days
    assert f"{-math.expm1(-0.08) * 30_400:,.0f} EUR a month" in text


def test_too_many_false_alarms_and_too_little_coverage_are_shouted(history: KpiHistory) -> None:
    alarming = result(false_alarms=Rate(60, 400, 0.12, 0.19))
    assert sum("NOT KEPT" in line for line in summary(alarming, history)) == 1
    narrow = result(coverage=Rate(320, 400, 0.76, 0.84))
    assert sum("NOT KEPT" in line for line in summary(narrow, history)) == 1


@pytest.mark.parametrize(("promised", "how"), [(0.5, "too hopeful"), (1.2, "too careful")])
def test_the_cards_are_held_to_their_word(history: KpiHistory, promised: float, how: str) -> None:
    assert how in summary(result(promised=promised), history)[-1]
    assert how not in " ".join(summary(result(), history))


def test_what_is_beyond_reach_is_said(history: KpiHistory) -> None:
    blind = result(found_with_80=math.inf, found_with_80_interval=(math.inf, math.inf))
    assert "can hardly show anything" in summary(blind, history)[-1]


def test_a_refusal_is_its_reason(history: KpiHistory) -> None:
    assert summary(result(reason="Too short."), history) == ["Too short."]
