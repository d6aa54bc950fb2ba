"""Is a metric that must not be harmed read rightly: held, broken, or cannot be told?"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.experiment_guardrail import read_guardrail
from analytics.experiments import (
    Guardrail,
    GuardrailReading,
    read_out,
)
from benchmarks.experiment_units import guardrail_shares

HELD, BROKEN, UNTOLD = GuardrailReading


def table(conversions: int, *, users: int = 20_000, metric: str = "retained") -> pd.DataFrame:
    """Control: 10 % of the users."""
    sides = [("A", True, users // 10), ("B", False, conversions)]
    return pd.DataFrame(
        {
            "experiment": "ranker 7",
            "variant": [side[0] for side in sides],
            "is_control": [side[1] for side in sides],
            "metric": metric,
            "users": users,
            "expected_share": 0.5,
            "conversions": [side[2] for side in sides],
        }
    )


def read(rows: pd.DataFrame, **guardrail: Any) -> tuple[GuardrailReading | None, str]:
    (found,) = read_out(rows, guardrails={"retained": Guardrail(**guardrail)})
    return found.guardrail, str(found.guardrail_reason)


def test_reading_by_hand() -> None:
    # 10 % of 20,000 a side: se of the lift = sqrt(2 · .9 / (.1 · 20,000)) = .03, so an unchanged
    # rate has the interval -5.7 % to +6.1 %: a harm of 8 % is out, one of 4 % is not.
    assert read(table(2_000), margin=0.08)[0] is HELD
    assert read(table(2_000), margin=0.04)[0] is UNTOLD
    # 1,700 of 2,000 is -15 % with the interval -20.2 % to -9.5 %.
    assert read(table(1_700), margin=0.08)[0] is BROKEN
    assert read(table(1_700), margin=0.12)[0] is UNTOLD
    assert read(table(1_700), margin=0.22)[0] is HELD


def test_direction_down_turns_harm_around() -> None:
    assert read(table(2_340), margin=0.08, direction="down")[0] is BROKEN
    assert read(table(2_340), margin=0.08, direction="up")[0] is HELD
    assert read(table(1_700), margin=0.08, direction="down")[0] is HELD


def test_harm_within_the_margin_is_said_aloud() -> None:
    reading, reason = read(table(1_700), margin=0.12)
    assert reading is UNTOLD
    assert "did get worse" in reason
    assert reason.startswith("retained changed by −20.")
    assert "\u00a0% (95 % interval); a fall of 12.00\u00a0% can be neither" in reason
    assert "did get worse" not in read(table(2_000), margin=0.04)[1]
    assert "rise of 8.00\u00a0%" in read(table(2_340), margin=0.08, direction="down")[1]


def test_withheld_read_out_tells_nothing_of_its_guardrail() -> None:
    rows = table(2_000).assign(users=[20_000, 24_000])
    reading, reason = read(rows, margin=0.5)
    assert reading is UNTOLD
    assert "was planned" in reason


def test_other_metrics_and_verdicts_stay_as_they_were() -> None:
    rows = pd.concat([table(2_000), table(2_300, metric="bought")])
    plain = read_out(rows)
    guarded = read_out(rows, guardrails={"retained": Guardrail(0.08)})
    assert [one.verdict for one in guarded] == [one.verdict for one in plain]
    assert [one.p_value_adjusted for one in guarded] == [one.p_value_adjusted for one in plain]
    assert {one.metric: one.guardrail for one in guarded} == {"bought": None, "retained": HELD}


def test_guardrail_that_is_not_reported_is_named() -> None:
    (found,) = read_out(table(2_000), guardrails={"latency": Guardrail(0.1)})
    assert found.guardrail is None
    assert any("'latency' was not reported" in caveat for caveat in found.caveats)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"margin": 0.0}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"margin": 0.1, "direction": "left"}, "direction"),
    ],
)
def test_misuse_names_the_argument(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Guardrail(**arguments)


def test_guardrails_of_another_kind_are_refused() -> None:
    with pytest.raises(TypeError, match="guardrails"):
        read_out(table(2_000), guardrails={"retained": 0.1})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="guardrails"):
        read_out(table(2_000), guardrails=[0.1])  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    low=st.floats(-0.5, 0.5),
    width=st.floats(0.001, 0.5),
    margin=st.floats(0.001, 0.4),
    wider=st.floats(1.0, 2.0),
    direction=st.sampled_from(["up", "down"]),
)
def test_wider_margin_never_turns_held_into_anything_else(
    low: float, width: float, margin: float, wider: float, direction: Literal["up", "down"]
) -> None:
    strict = read_guardrail(Guardrail(margin, direction), low=low, high=low + width)
    loose = read_guardrail(Guardrail(margin * wider, direction), low=low, high=low + width)
    order = {BROKEN: 0, UNTOLD: 1, HELD: 2}
    assert order[loose] >= order[strict]


def test_harm_of_just_the_margin_is_rarely_said_to_hold_or_to_be_broken() -> None:
    # 2.5 % each is promised; three standard errors of 1,500 draws are 1.2 %.
    held, broken = guardrail_shares(n_worlds=1_500, seed=5)
    assert held == pytest.approx(0.025, abs=0.012)
    assert broken == pytest.approx(0.025, abs=0.012)
