"""Which of several measured metrics does the page of experiments begin with?"""

from __future__ import annotations

import pandas as pd

from dashboards.read_outs import measured


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
