"""What do a shop's runs and releases say of its models, day by day? Read with pandas alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.pipeline.operations_reference import local_day
from tests.pipeline.published_numbers import GRAINS, numbers, starts_of


def run_values(home: Path) -> pd.DataFrame:
    """What every run that finished measured at its last step: run_id, dataset, metric, value."""
    rows = []
    for meta in (home / "exports" / "mlruns").glob("*/*/meta.yaml"):
        run = meta.parent
        if not (run / "metrics").is_dir() or "status: 3" not in meta.read_text():
            continue
        dataset = (run / "params" / "dataset").read_text().strip()
        for file in (run / "metrics").iterdir():
            steps = [line.split() for line in file.read_text().splitlines()]
            value = float(max(steps, key=lambda row: int(row[2]))[1])
            rows.append((run.name, dataset, file.name, value))
    return pd.DataFrame(rows, columns=["run_id", "dataset", "metric_name", "metric_value"])


def live_days(home: Path, through: pd.Timestamp) -> pd.DataFrame:
    """What the version measured that was live at the end of each local day: model, day, run_id.

    A release without a run leaves a gap, not the value before it.
    """
    releases = pd.read_csv(home / "exports" / "releases" / "releases.csv").fillna({"run_id": ""})
    releases["day"] = local_day(releases["released_at"])
    days = []
    for model, own in releases.sort_values("released_at").groupby("model"):
        live = own.groupby("day")["run_id"].last()
        spine = pd.date_range(live.index[0], through, freq="D")
        runs = live.reindex(spine, method="ffill")
        days.append(pd.DataFrame({"entity": model, "day": spine, "run_id": runs.to_numpy()}))
    return pd.concat(days, ignore_index=True)


def offline(home: Path, through: pd.Timestamp) -> pd.DataFrame:
    """Every offline metric by model and data set; a longer period has its last known value.

    A model has a total of a metric when one data set measured it all the time.
    """
    days = live_days(home, through).merge(run_values(home), on="run_id")
    days["n_datasets"] = days.groupby(["entity", "metric_name"])["dataset"].transform("nunique")
    split = days.assign(segment_name="dataset", segment_value=days["dataset"])
    whole = days[days["n_datasets"] == 1].assign(segment_name="__all__", segment_value="__all__")
    found = []
    for told in (split, whole):
        for grain in GRAINS:
            period = told.assign(grain=grain, period_start=starts_of(told["day"], grain))
            by = ["metric_name", "entity", "segment_value", "period_start"]
            found.append(numbers(period.sort_values("day").drop_duplicates(by, keep="last")))
    assert np.isfinite(days["metric_value"]).all()
    return pd.concat(found, ignore_index=True)
