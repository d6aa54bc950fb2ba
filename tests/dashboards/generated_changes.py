"""Generated changes and forecasts in the columns of their marts."""

from __future__ import annotations

import pandas as pd

from tests.dashboards.generated_operations import RENDERED_HALF_SINCE
from tests.dashboards.generated_success import LAST

SPIKE = pd.Timestamp("2025-03-02 10:00")
Frames = dict[str, pd.DataFrame]


def _series(metric: str, label: str, grain: str, verdict: str, **more: object) -> dict[str, object]:
    changed = verdict == "changed"
    return {
        "series_id": f"reco-api/{metric}",
        "metric_name": metric,
        "entity": "reco-api",
        "label": label,
        "layer": "platform",
        "role": "service_metric",
        "unit": "ratio",
        "direction": "down",
        "format": ".1%",
        "grain": grain,
        "verdict": verdict,
        "verdict_reason": "" if changed else "No change of the level beyond chance in 99 days.",
        "p_value": 0.001 if changed else 0.4,
        "q_value": 0.002 if changed else 0.6,
        "n_series": 3,
        "n_periods": 99,
        "n_changes": int(changed),
        "is_going_on": changed,
        "first_at": LAST - pd.Timedelta(days=99),
        "last_at": LAST,
        "smallest_detectable_size": 0.01,
        "method": "m",
        "caveats": "[]",
        **more,
    }


def _onset(metric: str, label: str, grain: str, at: pd.Timestamp, **more: object) -> dict:
    step = pd.Timedelta(hours=1) if grain == "hour" else pd.Timedelta(days=1)
    return {
        "onset_id": f"reco-api/{metric}#1",
        "series_id": f"reco-api/{metric}",
        "metric_name": metric,
        "entity": "reco-api",
        "label": label,
        "layer": "platform",
        "role": "service_metric",
        "unit": "ratio",
        "direction": "up",
        "format": ".1%",
        "grain": grain,
        "change_no": 1,
        "onset_at": at,
        "onset_low": at - step,
        "onset_high": at + step,
        "ended_at": pd.NaT,
        "state": "still going on",
        "begins_episode": True,
        "is_clearest": True,
        "is_worse": True,
        "level_before": 1.0,
        "level_after": 0.5,
        "size": -0.5,
        "size_low": -0.51,
        "size_high": -0.49,
        "size_share": -0.5,
        "p_value": 0.001,
        "n_before": 50,
        "n_after": 40,
        "n_causes": 3,
        "first_cause_kind": "deploy",
        "first_cause": "reco-api 1.2",
        "first_cause_words": "deploy 'reco-api 1.2' falls into the interval of the onset.",
        **more,
    }


_OF_REVENUE = {
    "onset_id": "revenue#1",
    "series_id": "revenue",
    "entity": "company",
    "layer": "company",
    "unit": "EUR",
    "format": ",.0f",
    "is_worse": False,
    "level_before": 1000.0,
    "level_after": 1200.0,
    "size": 200.0,
    "size_low": 150.0,
    "size_high": 250.0,
    "size_share": 0.2,
}


def changes() -> Frames:
    series = [
        _series("rendered_ratio", "Rendered share", "day", "changed"),
        _series("error_ratio", "Error ratio", "hour", "changed", is_going_on=False),
        _series("requests", "Requests", "day", "no change"),
    ]
    ended = {
        "ended_at": SPIKE + pd.Timedelta(hours=6),
        "state": "ended: back to the level before",
        "level_before": 0.001,
        "level_after": 0.3,
        "size": 0.299,
        "size_low": 0.25,
        "size_high": 0.35,
        "size_share": 299.0,
    }
    found = [
        _onset("rendered_ratio", "Rendered share", "day", RENDERED_HALF_SINCE),
        _onset("error_ratio", "Error ratio", "hour", SPIKE, **ended),
        _onset("revenue", "Revenue", "day", RENDERED_HALF_SINCE, **_OF_REVENUE),
    ]
    at = RENDERED_HALF_SINCE
    named = [
        (1, at, "deploy", "reco-api 1.2", "reco-api"),
        (2, at, "deploy", "reco-api 1.2", "shop"),
        (3, at - pd.Timedelta(days=4), "release", "ranker 1.8", "ranker"),
        (4, at - pd.Timedelta(days=300), "holiday", "New Year", None),
    ]
    of_revenue = [
        (1, at - pd.Timedelta(days=2), "release", "ranker 1.8", "ranker"),
        (2, at, "release", "search 3", "search"),
        (3, at, "promotion", "Spring begins", ""),
    ]
    causes = pd.DataFrame(
        [
            {
                "onset_id": f"{series_id}#1",
                "series_id": series_id,
                "rank": rank,
                "happened_at": when,
                "kind": kind,
                "name": name,
                "component": component,
                "timing": "at the onset",
                "lead_hours": 0.0,
                "share_explained": 0.9,
                "is_segment_share": False,
                "is_measured": False,
                "is_shown_to_move": series_id == "revenue" and component == "ranker",
                "words": f"{kind} '{name}' came before.",
            }
            for series_id, events in (("reco-api/rendered_ratio", named), ("revenue", of_revenue))
            for rank, when, kind, name, component in events
        ]
    )
    return {
        "mart_onset_series": pd.DataFrame(series),
        "mart_onsets": pd.DataFrame(found),
        "mart_onset_causes": causes,
    }


def forecasts() -> Frames:
    """March is filling: twelve days seen, nineteen expected."""
    start, end = LAST.replace(day=1), pd.Timestamp("2025-03-31")
    days = pd.date_range(start, end, freq="D")
    seen = days <= LAST
    rows = pd.DataFrame({"metric_name": "revenue", "grain": "month", "day": days})
    rows["actual"] = pd.Series(1000.0, index=rows.index).where(seen)
    rows["expected"] = 1000.0
    for name, off in (("low_95", -90), ("low_80", -50), ("high_80", 50), ("high_95", 90)):
        rows[name] = [1000.0 if done else 1000.0 + off for done in seen]
    known = {
        "metric_name": "revenue",
        "label": "Revenue",
        "unit": "EUR",
        "format": ",.0f",
        "grain": "month",
        "period_start": start,
        "period_end": end,
        "data_through": LAST,
        "so_far": 12000.0,
        "days_seen": 12,
        "days_missing": 0,
        "days_left": 19,
        "expected": 31000.0,
        "low_80": 30200.0,
        "high_80": 31800.0,
        "low_95": 29800.0,
        "high_95": 32200.0,
        "target": 29000.0,
        "chance_of_target": 0.93,
        "chance_simulated": 0.97,
        "chance_is_bound": False,
        "n_as_far_off": 1,
        "reason": "",
        "more_needed": None,
        "n_back_tests": 24,
        "least_days_tested": 10,
        "most_days_tested": 20,
        "coverage_80": 0.75,
        "coverage_95": 0.92,
        "error": 0.02,
        "naive_error": 0.035,
        "back_test_reason": "",
        "method": "m",
        "caveats": '["The yearly season was seen only once."]',
    }
    unknown = dict.fromkeys(known) | {
        "metric_name": "return_rate",
        "label": "Return rate",
        "unit": "ratio",
        "grain": "month",
        "reason": "Days of this figure do not add up to its month.",
        "caveats": "[]",
    }
    tests = pd.DataFrame(
        {
            "metric_name": "revenue",
            "grain": "month",
            "period_start": pd.Timestamp("2025-02-01"),
            "origin": pd.to_datetime(["2025-02-08", "2025-02-18"]),
            "days_left": [20, 10],
            "actual": 28000.0,
            "expected": [27500.0, 27900.0],
            "naive": [27000.0, 27500.0],
            "low_80": [27000.0, 27600.0],
            "high_80": [28500.0, 28200.0],
            "low_95": [26800.0, 27500.0],
            "high_95": [29000.0, 28500.0],
        }
    )
    return {
        "mart_forecasts": pd.DataFrame([known, unknown]),
        "mart_forecast_days": rows,
        "mart_forecast_back_tests": tests,
    }


def delivery_forecasts() -> Frames:
    rows = []
    for certainty, weeks, items in ((0.5, 6, 20), (0.85, 8, 15), (0.95, 9, 12)):
        shared = {
            "project": "SHOP",
            "certainty": certainty,
            "n_weeks": 26,
            "items_per_week": 5.5,
            "last_week": pd.Timestamp("2025-03-03"),
            "reason": "",
            "method": "Monte-Carlo over past weeks.",
            "caveats": '["Counts items as they were."]',
        }
        done = pd.Timestamp("2025-03-09") + pd.Timedelta(weeks=weeks)
        rows += [
            {**shared, "question": "when done", "remaining": 30, "weeks": None}
            | {"answer_weeks": weeks, "answer_items": None, "finish_by": done},
            {**shared, "question": "how many", "remaining": None, "weeks": 4}
            | {"answer_weeks": None, "answer_items": items, "finish_by": pd.NaT},
        ]
    return {"mart_delivery_forecasts": pd.DataFrame(rows), "mart_delivery_releases": _releases()}


def _releases() -> pd.DataFrame:
    """One release that moved revenue, one before a lasting change, one of which nothing is told."""
    shared = {"project": "SHOP", "released_on": LAST, "items": 4, "example_item": "SHOP-1"}
    nothing = dict.fromkeys(
        [
            *("effect_kind", "effect_on", "effect_of", "effect_words", "money_month"),
            *("money_month_low", "money_month_high", "currency"),
        ]
    )
    moved = {
        "effect_kind": "release by itself",
        "effect_on": "Revenue",
        "effect_of": "ranker",
        "effect_words": "moves",
        "money_month": 1200.0,
        "money_month_low": 900.0,
        "money_month_high": 1500.0,
        "currency": "EUR",
    }
    changed = {
        "effect_kind": "lasting change after it",
        "effect_on": "Rendered share",
        "effect_of": "reco-api",
        "effect_words": "fell",
    }
    unsure = moved | {"effect_words": "not enough data", "money_month": 777.0}
    parts = [
        {"model": "ranker", "version": "1.8", "effect_id": "ranker.1.1.revenue"} | moved,
        {"model": "reco-api", "version": "1.2", "effect_id": "o1"} | nothing | changed,
        {"model": "ranker", "version": "1.7", "effect_id": "i2"} | unsure,
        {"model": "search", "version": "2.0", "effect_id": "none"} | nothing,
    ]
    return pd.DataFrame([shared | part for part in parts])
