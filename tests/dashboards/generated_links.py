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
        "n_experiments": 9,
        "lag_reason": "The delay is that of the releases.",
        "disagreements": json.dumps([]),
        "fading_note": None,
        "is_drawn": True,
        "fingerprint": "f",
        "inputs_build_id": "build-1",
    }
    return row | other


def links() -> Frames:
    estimate = ("effect", "effect_low", "effect_high")
    money = ("money_month", "money_month_low", "money_month_high")
    lag = ("lag_days", "lag_set_low", "lag_set_high")
    nothing = dict.fromkeys((*estimate, *money, *lag))
    cards = pd.DataFrame(
        [
            _link("l1", "ranker", "ndcg_at_10", "moves"),
            _link(
                "l2", "fraud", "auc", "not enough data", **nothing, p_value=None, n_experiments=0
            ),
            _link(
                "l3",
                "search",
                "mrr",
                "confounded",
                money_month=-900.0,
                money_month_low=-2000.0,
                disagreements=json.dumps(
                    ["The experiments say 'moves', the releases 'confounded'."]
                ),
                fading_note="An effect that fades fits clearly better than a lasting one.",
            ),
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
            "kpi_log_change_low": 0.03 - 0.0196,
            "kpi_log_change_high": 0.03 + 0.0196,
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
        "mart_link_notes": notes(),
        **evidence(),
        **gains(),
        **release_impacts(),
    }


def notes() -> pd.DataFrame:
    """What is told of the first link's series."""
    told: dict[str, object] = {
        "link_id": "l1",
        "caveats": json.dumps([]),
        "fading_note": None,
        "naive_effect": 1.9,
        "naive_effect_low": 1.8,
        "naive_effect_high": 2.0,
        "timing_p_value": 0.31,
        "whiteness_p_value": 0.42,
    }
    for lag_days in (1, 7):
        told |= {f"autocorrelation_{lag_days}": 0.8, f"whitened_autocorrelation_{lag_days}": -0.02}
    return pd.DataFrame([told])


def evidence() -> Frames:
    """Experiments and releases for the first link, releases alone for the others."""
    row: dict[str, object] = {
        "link_id": "l1",
        "grade": "releases",
        "rank": 1,
        "gives_verdict": True,
        "verdict": "moves",
        "verdict_reason": "Because the test data says so.",
        "effect": 1.1,
        "effect_low": 0.6,
        "effect_high": 1.7,
        "effect_unit": "elasticity",
        "money_month": 12345.0,
        "money_month_low": 8123.0,
        "money_month_high": 16432.0,
        "currency": "EUR",
        "p_value": 0.0004,
        "q_value": 0.003,
        "lag_days": 5,
        "lag_set_low": 3,
        "lag_set_high": 7,
        "size": "12 releases in 430 days",
        "n_experiments": None,
        "more_needed": "About 8 more releases.",
        "method": "release permutation",
        "caveats": json.dumps([]),
        "inputs_build_id": "build-1",
    }
    experiments = {
        "grade": "experiments",
        "rank": 0,
        "gives_verdict": False,
        "verdict": "not enough data",
        "effect": 0.9,
        "effect_low": 0.2,
        "effect_high": 1.6,
        "size": "9 experiments",
        "n_experiments": 9,
    }
    nothing = dict.fromkeys(("effect", "effect_low", "effect_high", "money_month"))
    rows = [
        row | experiments,
        row,
        row | nothing | {"link_id": "l2", "verdict": "not enough data"},
        row | {"link_id": "l3", "verdict": "confounded"},
        row | {"link_id": "l4", "verdict": "no evidence"},
    ]
    return {"mart_link_evidence": pd.DataFrame(rows)}


def gains() -> Frames:
    rows = pd.DataFrame(
        {
            "link_id": "l1",
            "place": [1, 2],
            "released_on": [FIRST, FIRST + pd.Timedelta(days=60)],
            "version": ["1.0", "1.1"],
            "gain": [0.03, 0.02],
            "money_month": [900.0, 600.0],
            "money_month_low": [400.0, 300.0],
            "money_month_high": [1400.0, 900.0],
            "cumulative_gain": [0.03, 0.05],
            "cumulative_money_month": [900.0, 1480.0],
            "cumulative_money_month_low": [400.0, 690.0],
            "cumulative_money_month_high": [1400.0, 2250.0],
        }
    )
    trend = {
        "link_id": "l1",
        "n_releases": 2,
        "verdict": "not enough data",
        "verdict_reason": "2 gains; at least 6 are needed before a trend can be told.",
    }
    return {"mart_link_gains": rows, "mart_link_gain_trends": pd.DataFrame([trend])}


def release_impacts() -> Frames:
    released = FIRST + pd.Timedelta(days=100)
    days = pd.date_range(released - pd.Timedelta(days=20), released + pd.Timedelta(days=30))
    after = np.asarray(days >= released)
    row = {
        "impact_id": "ranker.1.1.revenue",
        "model": "ranker",
        "version": "1.1",
        "released_on": released,
        "kpi": "revenue",
        "kpi_label": "Revenue",
        "kpi_unit": "EUR",
        "verdict": "not enough data",
        "verdict_reason": "No step was seen.",
        "effect": 0.02,
        "effect_low": -0.03,
        "effect_high": 0.07,
        "effect_unit": "log points of the KPI",
        "p_value": 0.4,
        "q_value": 0.6,
        "smallest_detectable_effect": 0.08,
        "more_needed": "About 40 more days.",
        "money_month": 600.0,
        "money_month_low": -900.0,
        "money_month_high": 2100.0,
        "currency": "EUR",
        "method": "step",
        "caveats": json.dumps(["Released within 7 days of it: search 3.0."]),
        "inputs_build_id": "build-1",
    }
    series = pd.DataFrame(
        {
            "impact_id": "ranker.1.1.revenue",
            "day": days,
            "actual": 1000.0 + 20.0 * after,
            "counterfactual": 1000.0,
            "low": np.where(after, 950.0, np.nan),
            "high": np.where(after, 1050.0, np.nan),
            "is_left_out": (days >= released) & (days < released + pd.Timedelta(days=7)),
        }
    )
    return {
        "mart_release_impacts": pd.DataFrame([row]),
        "mart_release_impact_series": series,
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
        "offline_delta_low": 0.006,
        "offline_delta_high": 0.014,
        "offline_log_change": 0.04,
        "offline_log_change_low": 0.024,
        "offline_log_change_high": 0.056,
        "verdict": "moves",
        "guardrail": "guardrail broken",
        "guardrail_reason": "revenue changed by −4.00\u00a0% to −2.00\u00a0%; a fall of "
        "1.00\u00a0% was the limit.",
        "caveats": json.dumps([]),
    }
    withheld = row | {
        "experiment": "exp-2",
        "status": "withheld",
        "guardrail": None,
        "withheld_reason": "the split of users was not the planned one",
        "lift": None,
        "offline_log_change": None,
        "offline_log_change_low": None,
        "offline_log_change_high": None,
    }
    overlap = {
        "metric": "revenue",
        "first": "exp-1",
        "second": "exp-2",
        "users_in_both": 1500,
        "share_of_first": 0.75,
        "share_of_second": 0.5,
        "verdict": "interaction",
        "verdict_reason": "The effect of 'exp-1' was +2 without and -1 with 'exp-2' (p = 0.001).",
        "caveats": json.dumps([]),
    }
    overlaps = pd.DataFrame(
        [overlap, overlap | {"second": "exp-3", "verdict": "not enough data"}],
    )
    return {
        "mart_experiments": pd.DataFrame([row, withheld]),
        "mart_experiment_overlaps": overlaps,
    }
