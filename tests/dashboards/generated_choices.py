"""The generated build with a second choice wherever a control would have but one."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.dashboards.generated_periods import periods

Frames = dict[str, pd.DataFrame]
SERVICE, PROJECT, SURFACE, RELEASE = "search-api", "WEB", "listing", "search.3.0.revenue"
STORED = [
    *("metric_name", "entity", "segment_name", "segment_value", "grain", "period_start"),
    *("metric_value", "is_complete"),
]


def two_of_each(marts: Frames) -> Frames:
    """`marts` with a second service, project, surface, KPI with a link, experiment and release.

    Stored periods of the first service and project, also of a platform, are in it as well, so
    that cards are compared and a segment can be chosen.
    """
    compared = periods("reco-api", "SHOP")
    observations = [
        frame.rename(columns={"value": "metric_value"})[STORED] for frame in compared.values()
    ]
    found = {**marts, **compared}
    found["metrics.observations"] = pd.concat([marts["metrics.observations"], *observations])
    for name, frame in found.items():
        if "service" in frame:
            frame = _also(frame, "service", "reco-api", SERVICE)
        if "project" in frame:
            frame = _also(frame, "project", "SHOP", PROJECT)
        found[name] = frame
    slo = found["mart_service_slo"]
    left = slo["budget_left"].where(slo["service"] != SERVICE, 0.9)
    found["mart_service_slo"] = slo.assign(budget_left=left)
    is_open = "mart_delivery_open_items"
    found[is_open] = found[is_open][
        (found[is_open]["project"] == "SHOP") | ~found[is_open].duplicated(["project"])
    ]
    positions = marts["mart_exposure_positions"]
    few = positions[positions["position"] <= 3]
    found["mart_exposure_positions"] = pd.concat([positions, few.assign(surface=SURFACE)])
    released = _also(found["mart_exposure_releases"], "component", "ranker", SERVICE, version="3.0")
    short = released[released["position"] <= 3]
    found["mart_exposure_releases"] = pd.concat([released, short.assign(surface=SURFACE)])
    return {**found, **_links(marts), **_experiments(marts), **_releases(marts)}


def _also(frame: pd.DataFrame, column: str, value: str, new: str, **more: Any) -> pd.DataFrame:
    """The frame, and its rows of one value once more for a new one."""
    again = frame[frame[column] == value].assign(**{column: new}, **more)
    return pd.concat([frame, again], ignore_index=True) if len(again) else frame


def _links(marts: Frames) -> Frames:
    """A link of the ranker with orders, told by releases."""
    links, evidence = "mart_what_moves_sales", "mart_link_evidence"
    orders = {"kpi": "orders", "kpi_label": "Orders", "is_primary": False}
    return {
        links: _also(marts[links], "link_id", "l1", "l5", **orders, verdict="no evidence"),
        evidence: _also(marts[evidence], "link_id", "l1", "l5"),
    }


def _experiments(marts: Frames) -> Frames:
    """An experiment read out on orders and two on another offline metric of the ranker."""
    read, together = "mart_experiments", "mart_experiment_links"
    rows = marts[read]
    other = rows.assign(
        experiment=rows["experiment"] + "-recall",
        offline_metric="recall",
        guardrail=None,
        started_on=pd.Timestamp("2023-12-05"),
        ended_on=pd.Timestamp("2023-12-20"),
    )
    orders = rows.head(1).assign(metric="orders", guardrail=None)
    recall = _also(
        marts[together],
        "offline_metric",
        "ndcg_at_10",
        "recall",
        verdict="no evidence",
        verdict_reason="The lift did not follow recall.",
    )
    return {read: pd.concat([rows, other, orders], ignore_index=True), together: recall}


def _releases(marts: Frames) -> Frames:
    """A release of the search on its own, which stands out, and one of its service."""
    impacts, series = "mart_release_impacts", "mart_release_impact_series"
    of: dict[str, Any] = {
        "model": "search",
        "version": "3.0",
        "released_on": pd.Timestamp("2024-06-20"),
    }
    releases = marts["mart_releases"]
    search = releases.tail(1).assign(**of)
    service = search.assign(model=SERVICE, kind="service")
    return {
        "mart_releases": pd.concat([releases, search, service], ignore_index=True),
        impacts: _also(marts[impacts], "impact_id", "ranker.1.1.revenue", RELEASE, **of),
        series: _also(marts[series], "impact_id", "ranker.1.1.revenue", RELEASE),
    }
