"""Do the experiments agree with the elasticity, and is exactly one split broken?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from demo.experiment_files import (
    FILE,
    GUARDRAIL,
    OFFLINE_SE,
    experiments,
    write_experiments,
)
from demo.shop import ShopPlan, simulate


def of_metric(home: Path, metric: str) -> pd.DataFrame:
    rows = pd.read_csv(home / FILE)
    return rows[rows["metric"] == metric]


def wide(home: Path) -> pd.DataFrame:
    """One row per experiment: offline delta, lift of the logarithm and the split's z-score."""
    rows = of_metric(home, "revenue")
    control = rows[rows["is_control"]].set_index("experiment")
    treated = rows[~rows["is_control"]].set_index("experiment")
    mean = [part["value_sum"] / part["users"] for part in (control, treated)]
    users = control["users"] + treated["users"]
    return pd.DataFrame(
        {
            "delta": treated["offline_delta"],
            "lift": np.log(mean[1] / mean[0]),
            "split_z": (treated["users"] - control["users"]) / np.sqrt(users),
        }
    )


def test_one_experiment_has_a_broken_split(home: Path, truth: dict[str, Any]) -> None:
    found = wide(home)
    assert len(found) == 14
    broken = found.index[found["split_z"].abs() > 5].to_list()
    assert broken == truth["truths"]["experiments"]["broken_split"]
    assert (found["split_z"].abs() > 3.3).sum() == 1


def test_lifts_follow_the_offline_deltas_by_the_elasticity(tmp_path: Path) -> None:
    slopes = []
    for seed in range(12):
        shop = simulate(ShopPlan.small(seed))
        write_experiments(shop, tmp_path)
        found = wide(tmp_path)
        level = pd.Series({test.name: test.offline_level for test in experiments(shop)})
        change = np.log1p(found["delta"] / level.reindex(found.index))
        slopes.append(np.polyfit(change, found["lift"], 1)[0])
    assert abs(float(np.mean(slopes)) - 1.2) < 0.3


def test_sums_of_squares_give_a_possible_variance(home: Path) -> None:
    rows = of_metric(home, "revenue")
    variance = rows["value_sum_squares"] / rows["users"] - (rows["value_sum"] / rows["users"]) ** 2
    assert (variance > 0).all()
    assert (rows["conversions"] < rows["users"]).all()
    assert (rows["expected_share"] == 0.5).all()


def test_shipped_candidates_were_tested_before_their_release(truth: dict[str, Any]) -> None:
    listed = truth["truths"]["experiments"]["list"]
    assert [e["is_shipped"] for e in listed].count(True) == 10
    shipped = {round(r["log_change"], 6) for r in
               truth["truths"]["recommender_moves_revenue"]["releases"]}  # fmt: skip
    for test in listed:
        if test["is_shipped"]:
            assert round(test["true_offline_delta"], 6) in shipped


def test_offline_deltas_are_differences_of_the_metric(truth: dict[str, Any]) -> None:
    told = truth["truths"]["experiments"]
    for test in told["list"]:
        level = test["offline_level"]
        change = np.log1p(test["offline_delta"] / level)
        assert 0.1 < level < 0.9
        assert abs(change - test["true_offline_delta"]) < 5 * OFFLINE_SE
        assert abs(test["offline_se"] / (level + test["offline_delta"]) - OFFLINE_SE) < 1e-5


def test_the_guardrail_is_harmed_in_one_of_the_experiments_that_report_it(
    home: Path, truth: dict[str, Any]
) -> None:
    rows = of_metric(home, GUARDRAIL).assign(mean=lambda r: r["value_sum"] / r["users"])
    mean = rows.pivot(index="experiment", columns="is_control", values="mean")
    change = mean[False] / mean[True] - 1
    told = truth["truths"]["guardrail"]
    assert sorted(change.index) == told["reported_by"]
    assert change.index[change > told["margin"]].to_list() == told["harmed"]
    planted = {
        e["name"]: e["true_guardrail_change"] for e in truth["truths"]["experiments"]["list"]
    }
    for name, seen in change.items():
        assert abs(seen - planted[name]) < 0.015
    assert [name for name, told in planted.items() if told is None] == sorted(
        set(planted) - set(change.index)
    )


def test_the_guardrail_carries_no_offline_gain_and_the_users_of_the_revenue(home: Path) -> None:
    spared, sold = of_metric(home, GUARDRAIL), of_metric(home, "revenue")
    key = ["experiment", "variant"]
    both = spared.merge(sold, on=key, suffixes=("", "_sold"))
    assert len(both) == len(spared) > 0
    assert (both["users"] == both["users_sold"]).all()
    assert spared[["offline_metric", "offline_delta", "offline_se"]].isna().all(axis=None)
