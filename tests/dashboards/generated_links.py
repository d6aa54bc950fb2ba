"""Generated links and experiments in the columns of their marts."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from tests.dashboards.generated_success import FIRST, LAST

Frames = dict[str, pd.DataFrame]


def _link(link_id: str, entity: str, metric: str, verdict: str, **other: object) -> dict:
    row: dict[str, object] = {
        "link_id": link_id,
        "metric_name": metric,
        "entity": entity,
        "metric_label": metric.upper().replace("_AT_", "@"),
        "dataset": "holdout",
        "kpi": "revenue",
        "kpi_label": "Revenue",
        "kpi_unit": "EUR",
        "evidence_grade": "releases",
        "is_primary": entity == "ranker",
        "verdict": verdict,
        "verdict_reason": "Because the test data says so.",
        "effect": 1.1,
        "effect_low": 0.6,
        "effect_high": 1.7,
        "effect_unit": "elasticity",
        "money_month": 12345.0,
        "money_month_low": 8123.0,
        "money_month_high": 16432.0,
        "currency": "EUR",
        "log_change": 0.1,
        "p_value": 0.0004,
        "q_value": 0.003,
        "lead_p_value": 0.4,
        "pre_release_p_value": 0.5,
        "lag_days": 5,
        "lag_set_low": 3,
        "lag_set_high": 7,
        "smallest_detectable_effect": 0.7,
        "smallest_effect": 0.3,
        "smallest_detectable_money_month": 4100.0,
        "more_needed": "About 8 more releases.",
        "n_releases": 12,
        "n_days": 430,
        "first_day": FIRST,
        "last_day": LAST,
        "method": "release permutation",
        "caveats": json.dumps(["A caveat with a $ sign and *stars*."]),
        "raw_correlation": 0.8,
        "build_id": "build-1",
        "metric_unit": "score",
        "metric_direction": "up",
        "kpi_direction": "up",
        "experiment_metric": "revenue",
        "experiment_effect": 0.9,
        "experiment_effect_low": 0.2,
        "experiment_effect_high": 1.6,
        "experiment_verdict": "moves",
        "n_experiments": 9,
    }
    return row | other


def links() -> Frames:
    estimate = ("effect", "effect_low", "effect_high", "experiment_effect")
    money = ("money_month", "money_month_low", "money_month_high")
    lag = ("lag_days", "lag_set_low", "lag_set_high")
    nothing = dict.fromkeys((*estimate, *money, *lag))
    cards = pd.DataFrame(
        [
            _link("l1", "ranker", "ndcg_at_10", "moves"),
            _link(
                "l2", "fraud", "auc", "not enough data", **nothing, p_value=None, n_experiments=0
            ),
            _link("l3", "search", "mrr", "confounded", money_month=-900.0, money_month_low=-2000.0),
            _link("l4", "ranker", "recall", "no evidence", money_month=100.0, q_value=0.6),
        ]
    )
    days = pd.date_range(FIRST, LAST, freq="D")
    released = days[20::60]
    level = 0.30 + 0.01 * np.searchsorted(released, days, side="right")
    lags = np.arange(-14, 15)
    effect = np.where(lags > 2, 1.1, 0.05)
    series = pd.DataFrame(
        {
            "link_id": "l1",
            "day": days,
            "metric_value": level,
            "kpi_value": 900 + 800 * level,
            "kpi_whitened": 0.0,
            "is_release": days.isin(released),
        }
    )
    releases = pd.DataFrame(
        {
            "link_id": "l1",
            "released_on": released,
            "version": [f"1.{i}" for i in range(len(released))],
            "metric_before": 0.30,
            "metric_after": 0.31,
            "log_change": 0.03,
            "kpi_log_change": 0.03,
            "kpi_log_change_se": 0.01,
            "is_usable": True,
        }
    )
    return {
        "mart_what_moves_sales": cards,
        "mart_link_lags": pd.DataFrame(
            {
                "link_id": "l1",
                "lag_days": lags,
                "effect": effect,
                "low": effect - 0.4,
                "high": effect + 0.4,
            }
        ),
        "mart_link_series": series,
        "mart_link_releases": releases,
    }


def experiments() -> Frames:
    row = {
        "experiment": "exp-1",
        "model": "ranker",
        "variant": "B",
        "metric": "revenue",
        "started_on": FIRST,
        "ended_on": FIRST + pd.Timedelta(days=14),
        "users_control": 1000,
        "users_treatment": 1010,
        "expected_share": 0.5,
        "sample_ratio_p": 0.7,
        "status": "read out",
        "withheld_reason": None,
        "lift": 0.02,
        "lift_low": 0.0,
        "lift_high": 0.04,
        "lift_se": 0.01,
        "p_value": 0.04,
        "offline_metric": "ndcg_at_10",
        "offline_delta": 0.01,
        "offline_se": 0.002,
        "verdict": "moves",
    }
    withheld = row | {
        "experiment": "exp-2",
        "status": "withheld",
        "withheld_reason": "the split of users was not the planned one",
        "lift": None,
    }
    return {"mart_experiments": pd.DataFrame([row, withheld])}
