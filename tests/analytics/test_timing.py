"""Is a rise before the releases told from an effect after them?"""

import math

import numpy as np
import pytest

from analytics.link import LinkResult, link
from analytics.scan import scan
from analytics.timing import lead_spans, separated_p_value
from analytics.vocabulary import Verdict
from benchmarks import link_worlds as worlds

DAYS = 500


def world(seed: int, *, lag: int, size: float = 0.05) -> worlds.World:
    """Thirty releases whose gains go with steps of the KPI, `lag` days later (or before)."""
    rng = np.random.default_rng([seed, 77])
    at = worlds.release_days(rng, DAYS, count=30)
    steps = rng.normal(0.0, size, len(at))
    base = worlds.shop(rng, worlds.autoregressive, n=DAYS, sd=0.04)
    lifted = worlds.Shop(
        base.log_kpi + worlds.steps(DAYS, np.maximum(at + lag, 1), steps), base.promotion, base.days
    )
    return worlds.world(rng, lifted, at, 0.4 * steps + rng.normal(0.0, 0.004, len(at)))


def linked(truth: worlds.World) -> LinkResult:
    return link(
        truth.metric,
        truth.kpi,
        calendar=truth.calendar,
        releases=truth.releases,
        rng=np.random.default_rng(0),
    )


def test_rises_three_days_before_their_release_are_not_said_to_move() -> None:
    found = [linked(world(seed, lag=-3)) for seed in range(3, 8)]
    assert not any(each.verdict is Verdict.MOVES for each in found)
    assert sum(each.verdict is Verdict.CONFOUNDED for each in found) >= 4
    timed = [each.timing_p_value for each in found if each.p_value < 0.05]
    assert len(timed) >= 2
    assert all(p_value < 0.02 for p_value in timed)


@pytest.mark.parametrize("lag", [0, 1, 6])
def test_effects_after_their_release_pass(lag: int) -> None:
    found = [linked(world(seed, lag=lag)) for seed in range(6)]
    assert sum(each.verdict is Verdict.MOVES for each in found) >= 5
    assert all(each.timing_p_value > 0.02 for each in found)


def test_nothing_is_timed_where_no_effect_was_found() -> None:
    quiet = linked(world(3, lag=0, size=1e-9))
    assert quiet.p_value >= 0.05
    assert math.isnan(quiet.timing_p_value)


def test_a_scan_gives_the_verdict_of_the_link() -> None:
    for lag in (-4, 5):
        truth = world(1, lag=lag)
        assert truth.releases is not None
        found = scan(
            {"m": truth.metric},
            {"k": truth.kpi},
            calendar=truth.calendar,
            releases={"m": truth.releases},
            rng=np.random.default_rng(0),
        )
        assert found.pairs["verdict"][0] == linked(truth).verdict


def test_ramps_need_three_leads_and_the_day_before_counts_for_nothing() -> None:
    assert lead_spans(0) == ()
    assert lead_spans(1) == ()
    assert lead_spans(2) == ((-2, -2),)
    assert (-1, -1) not in lead_spans(14)
    assert {(-14, -1), (-7, -1), (-14, -8), (-5, -1)} <= set(lead_spans(14))


def test_p_is_small_only_where_the_early_column_explains_more() -> None:
    gram = np.diag([1.0, 1.0, 1.0])
    early, late = np.array([0.0, 6.0, 0.0]), np.array([0.0, 0.0, 6.0])
    ask = {"n_common": 1, "n_early": 1, "variance": 1.0}
    assert separated_p_value(gram, early, **ask) < 0.001  # type: ignore[arg-type]
    assert separated_p_value(gram, late, **ask) > 0.3  # type: ignore[arg-type]
    nothing = separated_p_value(0.0 * gram, 0.0 * early, **ask)  # type: ignore[arg-type]
    assert math.isnan(nothing)
