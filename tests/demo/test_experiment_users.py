"""Do two experiments share most users, and does one change the other's effect as planted?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from demo.experiment_users import FILE, SPREAD_PER_USER


def by_user(home: Path) -> pd.DataFrame:
    rows = pd.read_csv(home / FILE)
    return rows.pivot(index="user_id", columns="experiment", values=["variant", "value"])


def test_both_share_the_users_and_days_that_the_truth_tells(
    home: Path, truth: dict[str, Any]
) -> None:
    told = truth["truths"]["overlapping_experiments"]
    users = by_user(home)["variant"]
    assert list(users.columns) == sorted([told["first"], told["second"]])
    assert len(users.dropna()) == told["users_in_both"]
    for name in users.columns:
        assert users[name].count() == told["users_in_both"] + told["users_of_one_only"]
    days = pd.read_csv(home / FILE)[["assigned_at", "ended_at"]].drop_duplicates()
    assert days.to_numpy().tolist() == [[told["started_at"], told["ended_at"]]]


def test_a_user_of_both_has_one_outcome_and_two_independent_variants(
    home: Path, truth: dict[str, Any]
) -> None:
    users = by_user(home).dropna()
    value = users["value"].to_numpy(float)
    assert len(value) > 0
    assert (value[:, 0] == value[:, 1]).all()
    treated = (users["variant"] == "treatment").to_numpy()
    expected = float(np.prod(treated.mean(axis=0)))
    assert abs(float(treated.all(axis=1).mean()) - expected) < 4 * 0.5 / np.sqrt(len(users))


def test_effects_and_interaction_are_those_of_the_truth(home: Path, truth: dict[str, Any]) -> None:
    told = truth["truths"]["overlapping_experiments"]
    users = by_user(home).dropna()
    views = users["value"][told["first"]].astype(float)
    treated = users["variant"] == "treatment"
    mean = views.groupby([treated[told["first"]], treated[told["second"]]]).mean().unstack()
    alone = float(mean.loc[True, False] - mean.loc[False, False])
    beside = float(mean.loc[True, True] - mean.loc[False, True])
    error = SPREAD_PER_USER / np.sqrt(len(users) / 4)
    assert abs(alone - told["first_effect_alone"]) < 4 * np.sqrt(2) * error
    assert abs((beside - alone) - told["interaction"]) < 4 * 2 * error
    assert abs(beside - alone) > 3 * 2 * error
