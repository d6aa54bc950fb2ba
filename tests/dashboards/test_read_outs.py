"""Which of several measured metrics does the page of experiments begin with?"""

from __future__ import annotations

import pandas as pd

from dashboards.read_outs import beyond_period, measured


def test_what_most_experiments_measured_comes_first_and_a_guardrail_after_its_like() -> None:
    rows = pd.DataFrame(
        {
            "experiment": ["a", "b", "b", "c", "d"],
            "metric": ["latency", "latency", "revenue", "revenue", "views"],
            "guardrail": ["guardrail held", "guardrail broken", None, None, None],
        }
    )
    assert measured(rows) == ["revenue", "latency", "views"]
    assert measured(rows.iloc[:1]) == ["latency"]


def test_experiments_outside_the_period_are_said_to_be_in_the_scatter() -> None:
    status = ["shown", "shown", "shown", "withheld"]
    every = pd.DataFrame({"experiment": ["a", "b", "c", "d"], "status": status})
    assert beyond_period(every.head(1), every) == (
        "All 3 experiments on this pair are in it, whenever they ended: the line is estimated from "
        "all of them. 1 of them ended in the period above."
    )
    assert beyond_period(every.head(3), every) == ""
