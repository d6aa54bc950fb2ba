"""What is true of the shop, and what must a hub find in its files?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from demo import experiment_files, experiment_users, release_plan, revenue, traffic
from demo.issues import issues
from demo.jira_files import WITH_HISTORY
from demo.jira_json import histories_truth
from demo.offline_runs import FAILED, FINISHED, RUNNING, runs
from demo.plan import COMPANY, TIME_ZONE
from demo.shop import Shop
from demo.tally import FileCount


def truth(shop: Shop, counts: list[FileCount], totals: pd.DataFrame) -> dict[str, Any]:
    """Everything planted, with parameters and dates, and the exact count of every file.

    `totals` are the sums written per day (`day`, `gross`, `returns`, `orders`, `lines`).
    """
    return {
        "company": COMPANY,
        "time_zone": TIME_ZONE,
        "currency": "EUR",
        "plan": {**asdict(shop.plan), "first_day": shop.plan.first_day.isoformat()},
        "data_ends_at": shop.moments.data_ends_at.isoformat(),
        "last_complete_day": shop.plan.day(shop.plan.n_days - 2).isoformat(),
        "truths": {
            "recommender_moves_revenue": _recommender(shop),
            "fraud_does_not_move_revenue": _no_effect(shop, "fraud"),
            "search_ranker_follows_revenue": _search_ranker(shop),
            "calendar_moves_revenue": _calendar(shop),
            "frontend_cuts_the_list": _cut(shop),
            "unknown_platform": _platform(shop),
            "bad_deploy": _bad_deploy(shop),
            "experiments": _experiments(shop),
            "guardrail": _guardrail(shop),
            "overlapping_experiments": _overlap(shop),
            "unmatched_release": _unmatched(shop),
            "runs_that_are_no_releases": _idle_runs(shop),
            "issue_histories": _histories(shop),
            "lost_log_day": shop.plan.day(shop.moments.logs_missing_day).isoformat(),
        },
        "sales": _sales(totals),
        "files": [c.as_record() for c in counts],
        "totals": _totals(counts),
    }


def _releases_of(shop: Shop, model: str) -> list[dict[str, Any]]:
    rows = shop.releases[(shop.releases["model"] == model) & shop.releases["log_change"].notna()]
    return [
        {
            "version": row["version"],
            "released_at": row["released_at"].isoformat(),
            "log_change": round(float(row["log_change"]), 9),
            "is_matched": bool(row["is_matched"]),
        }
        for row in rows.to_dict("records")
    ]


def _pair(shop: Shop, model: str) -> dict[str, Any]:
    return {
        "model": model,
        "metric": release_plan.PRIMARY_METRIC[model],
        "dataset": release_plan.DATASET[model],
        "kpi": "revenue",
        "releases": _releases_of(shop, model),
    }


def _recommender(shop: Shop) -> dict[str, Any]:
    changes = [r["log_change"] for r in _releases_of(shop, "recommender")]
    return {
        **_pair(shop, "recommender"),
        "elasticity": shop.plan.elasticity,
        "lag_days": shop.plan.lag_days,
        "shape": "permanent step",
        "noise_sd": shop.plan.noise_sd,
        "noise_ar": shop.plan.noise_ar,
        "log_change_sd": round(float(np.std(changes)), 6),
        "correlated_metric": "recall_at_20 moves with ndcg_at_10 and has no effect of its own",
    }


def _no_effect(shop: Shop, model: str) -> dict[str, Any]:
    return {**_pair(shop, model), "elasticity": 0.0}


def _search_ranker(shop: Shop) -> dict[str, Any]:
    return {
        **_no_effect(shop, "search_ranker"),
        "reaction": release_plan.REACTION,
        "reaction_days": 7,
        "reaction_base": release_plan.REACTION_BASE,
        "reaction_noise_sd": release_plan.REACTION_NOISE_SD,
        "reaction_to": "mean log revenue, controls removed, of the 7 days before the release "
        "minus the 7 days before those",
    }


def _calendar(shop: Shop) -> dict[str, Any]:
    frame = shop.calendar_frame()
    return {
        "promotion_log_effect": revenue.PROMOTION_EFFECT,
        "holiday_log_effect": revenue.HOLIDAY_EFFECT,
        "promotion_days": int(frame["promotion"].sum()),
        "holidays": int(frame["holiday"].sum()),
    }


def _cut(shop: Shop) -> dict[str, Any]:
    at = shop.moments.rendered_cut_at
    return {
        "service": "shop-frontend",
        "endpoint": "/widgets/recommendations",
        "since": at.isoformat(),
        "version": _version_at(shop, "shop-frontend", at.timestamp()),
        "served": 10,
        "rendered": traffic.K_RENDERED_AFTER_CUT,
    }


def _platform(shop: Shop) -> dict[str, Any]:
    return {
        "service": "recommender-api",
        "platform": traffic.NEW_PLATFORM,
        "since": shop.plan.day(shop.moments.new_platform_day).isoformat(),
        "share_of_requests": traffic.NEW_PLATFORM_SHARE,
        "fallback_share_before": traffic.BASE_FALLBACK_SHARE,
    }


def _bad_deploy(shop: Shop) -> dict[str, Any]:
    start, end = shop.moments.bad_deploy_at, shop.moments.rollback_at
    return {
        "service": "recommender-api",
        "version": _version_at(shop, "recommender-api", start.timestamp()),
        "from": start.isoformat(),
        "until": end.isoformat(),
        "rolled_back_to": _version_at(shop, "recommender-api", end.timestamp()),
        "error_share": traffic.BAD_DEPLOY_ERROR_SHARE,
        "slowdown": traffic.BAD_DEPLOY_SLOWDOWN,
    }


def _version_at(shop: Shop, component: str, seconds: float) -> str:
    rows = shop.releases[shop.releases["model"] == component]
    live = [v for v, at in zip(rows["version"], rows["released_at"], strict=True)
            if at.timestamp() <= seconds]  # fmt: skip
    return str(live[-1])


def _experiments(shop: Shop) -> dict[str, Any]:
    found = experiment_files.experiments(shop)
    return {
        "model": "recommender",
        "elasticity": shop.plan.elasticity,
        "unit": "true_offline_delta and true_lift are changes of the logarithm (of ndcg_at_10, of "
        "revenue per user); offline_delta is ndcg_at_10 less offline_level, the live version's",
        "count": len(found),
        "broken_split": [e.name for e in found if e.share != 0.5],
        "broken_split_treatment_share": experiment_files.BROKEN_SHARE,
        "offline_se_of_log": experiment_files.OFFLINE_SE,
        "list": [{**asdict(e), "started_at": e.started_at.isoformat()} for e in found],
    }


def _guardrail(shop: Shop) -> dict[str, Any]:
    tests = [e for e in experiment_files.experiments(shop) if e.true_guardrail_change is not None]
    margin = experiment_files.GUARDRAIL_MARGIN
    return {
        "metric": experiment_files.GUARDRAIL,
        "good": "down",
        "margin": margin,
        "reported_by": [e.name for e in tests],
        "harmed": [e.name for e in tests if (e.true_guardrail_change or 0.0) > margin],
        "unit": "true_guardrail_change is a share of the control's mean",
    }


def _overlap(shop: Shop) -> dict[str, Any]:
    pair = asdict(experiment_users.overlapping_pair(shop))
    days = {name: pair[name].isoformat() for name in ("started_at", "ended_at")}
    return {**pair, **days, "unit": "products viewed per user"}


def _unmatched(shop: Shop) -> dict[str, Any]:
    row = shop.releases[~shop.releases["is_matched"]].iloc[0]
    return {
        "model": row["model"],
        "version": row["version"],
        "released_at": row["released_at"].isoformat(),
        "run_id": row["run_id"],
    }


def _idle_runs(shop: Shop) -> dict[str, list[str]]:
    """Run ids by why they are no release."""
    found = runs(shop)
    released = set(shop.releases["run_id"].dropna())
    return {
        "failed": [r.run_id for r in found if r.status == FAILED],
        "running": [r.run_id for r in found if r.status == RUNNING],
        "never_released": [
            r.run_id for r in found if r.status == FINISHED and r.run_id not in released
        ],
    }  # fmt: skip


def _histories(shop: Shop) -> dict[str, list[str]]:
    end = shop.moments.data_ends_at
    told = [i for i in issues(shop) if i.project == WITH_HISTORY and i.created_at <= end]
    return histories_truth(told, end)


def _sales(totals: pd.DataFrame) -> dict[str, Any]:
    """Exact sums of the good lines, in EUR; the last day and month are unfinished."""
    monthly = totals.groupby(totals["day"].dt.strftime("%Y-%m"))[["gross", "returns"]].sum()
    return {
        "gross": round(float(totals["gross"].sum()), 2),
        "returns": round(float(totals["returns"].sum()), 2),
        "orders": int(totals["orders"].sum()),
        "lines": int(totals["lines"].sum()),
        "gross_by_month": monthly["gross"].round(2).to_dict(),
        "returns_by_month": monthly["returns"].round(2).to_dict(),
    }


def _totals(counts: list[FileCount]) -> dict[str, dict[str, int]]:
    """Files, records, loaded, quarantined and blank records by source."""
    rows = pd.DataFrame(
        {
            "source": [c.source for c in counts],
            "files": 1,
            "duplicates": [int(c.duplicate_of is not None) for c in counts],
            "records": [c.records for c in counts],
            "loaded": [c.loaded for c in counts],
            "quarantined": [sum(c.quarantined.values()) for c in counts],
            "blank": [c.blank for c in counts],
        }
    )
    summed = rows.groupby("source").sum()
    return {str(s): {str(k): int(v) for k, v in row.items()} for s, row in summed.iterrows()}
