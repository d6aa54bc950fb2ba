"""Do the shop's monitored samples hold what is told of them: steps, a gap, restarts?"""

import io
from collections.abc import Callable

import pandas as pd

from demo.capacity_files import (
    FEWEST_RAISED,
    METRICS,
    MORE_SINCE_DAYS,
    RESTARTS,
    SILENT_SAMPLES,
    STEP_SECONDS,
)


def samples(content: Callable[[str], bytes], metric: str) -> pd.DataFrame:
    """Samples by time, a column a service."""
    frame = pd.read_csv(io.BytesIO(content(METRICS)), parse_dates=["timestamp"])
    return frame[frame["metric"] == metric].pivot(
        index="timestamp", columns="service", values="value"
    )


def test_monitoring_is_silent_once(content: Callable[[str], bytes]) -> None:
    steps = samples(content, "instances").index.to_series().diff().dropna().dt.total_seconds()
    late = steps[steps != STEP_SECONDS]
    assert list(late) == [(SILENT_SAMPLES + 1) * STEP_SECONDS]


def test_the_recommender_keeps_more_instances_since_its_floor_was_raised(
    content: Callable[[str], bytes],
) -> None:
    instances = samples(content, "instances")["recommender-api"]
    since = instances.index[-1] - pd.Timedelta(days=MORE_SINCE_DAYS)
    assert instances[instances.index < since - pd.Timedelta(hours=2)].min() < FEWEST_RAISED
    assert instances[instances.index >= since].min() == FEWEST_RAISED


def test_counters_begin_anew_only_after_restarts(content: Callable[[str], bytes]) -> None:
    counted = samples(content, "http_requests_total")
    resets = (counted.diff() < 0).sum()
    assert (resets <= RESTARTS).all()
    assert (resets >= 1).all()
