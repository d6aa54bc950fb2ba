"""Generated capacity, cost, scaling steps and incidents in the columns of their marts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.dashboards.generated_success import LAST

Frames = dict[str, pd.DataFrame]
UNHEARD = (pd.Timestamp("2025-02-20"), pd.Timestamp("2025-02-21"))
SERVICE = "reco-api"


def capacity() -> Frames:
    """A hundred days of one service, two of them without samples, and three incidents."""
    days = pd.date_range(LAST - pd.Timedelta(days=99), LAST, freq="D")
    frame = pd.DataFrame({"service": SERVICE, "day": days})
    frame["requests"] = 1000.0 + 10 * (np.arange(100) % 7)
    frame["latency_ms_p95"] = 120.0
    frame["instances"] = np.where(np.arange(100) < 60, 2.5, 4.5)
    frame["instances_fewest"] = frame["instances"] - 0.5
    frame["instances_most"] = frame["instances"] + 1.5
    frame["scaling_steps"] = 2
    frame["instances_known_hours"] = 24.0
    frame["cpu_used_ratio"] = 0.4
    frame["metered_requests"] = frame["requests"]
    heard = [name for name in frame.columns if name.startswith(("inst", "cpu", "meter", "scal"))]
    frame[heard] = frame[heard].astype(float)
    frame.loc[frame["day"].isin(UNHEARD), heard] = np.nan
    frame["cost"] = 50.0
    frame["predictions"] = 1000.0
    frame["cost_per_thousand_predictions"] = 50.0
    frame.loc[frame.index[-1], ["cost", "predictions", "cost_per_thousand_predictions"]] = np.nan
    hours = pd.date_range(days[-10], periods=240, freq="h", tz="UTC")
    by_hour = pd.DataFrame({"service": SERVICE, "hour_start": hours})
    by_hour = by_hour.assign(
        local_day=hours.tz_localize(None).normalize(),
        requests=45.0,
        latency_ms_p95=120.0,
        instances=np.where(hours.hour < 12, 3.0, 5.0),
        instances_fewest=np.where(hours.hour < 12, 3.0, 5.0),
        instances_most=np.where(hours.hour < 12, 3.0, 5.0),
        cpu_used_ratio=0.4,
        metered_requests=45.0,
    ).iloc[[*range(100), *range(110, 240)]]
    at = pd.to_datetime(["2025-02-01 06:00", "2025-02-01 20:00", "2025-02-22 08:00"], utc=True)
    steps = pd.DataFrame(
        {
            "service": SERVICE,
            "changed_at": at,
            "day": at.tz_localize(None).normalize(),
            "instances_before": [2.0, 4.0, 3.0],
            "instances_after": [4.0, 3.0, 5.0],
            "is_after_gap": [False, False, True],
        }
    )
    started = pd.to_datetime(["2025-01-10 09:00", "2025-02-03 10:00", "2025-02-25 10:00"], utc=True)
    incidents = pd.DataFrame(
        {
            "source": "pager",
            "incident_id": ["INC-1", "INC-2", "INC-3"],
            "service": [SERVICE, "unknown", SERVICE],
            "title_pattern": ["Latency above # ms", None, "No answers"],
            "severity": ["high", None, "low"],
            "status": ["resolved", "resolved", "open"],
            "is_open": [False, False, True],
            "started_at": started,
            "started_on": started.tz_localize(None).normalize(),
            "ended_at": [started[0] + pd.Timedelta(minutes=45), pd.NaT, pd.NaT],
            "minutes_to_resolve": [45.0, np.nan, np.nan],
            "release_component": None,
            "release_version": None,
        }
    )
    return {
        "mart_capacity_days": frame,
        "mart_capacity_hours": by_hour,
        "mart_scaling_steps": steps,
        "mart_incidents": incidents,
    }
