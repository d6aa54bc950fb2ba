"""Which two experiments shared their users, and did one change what the other did?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from demo.shop import Shop
from demo.tally import FileCount, write_bytes

FILE = "exports/experiments/front_page_users.csv"
NAMES = ("front-page-tiles", "front-page-banner")
METRIC = "products_viewed"
DAYS = 28
SHARED_USERS = 3_200
OWN_USERS = 800
VIEWS_PER_USER = 8.0
SPREAD_PER_USER = 3.2
FIRST_EFFECT = 0.9
SECOND_EFFECT = 0.7
INTERACTION = -1.2


@dataclass(frozen=True)
class Pair:
    """Two experiments of the front page in the same weeks, most of their users in both.

    Effects are products viewed per user in those weeks. `interaction` is what the first
    experiment's effect changes by where the second's treatment is shown, too.
    """

    first: str
    second: str
    started_at: datetime
    ended_at: datetime
    metric: str
    users_in_both: int
    users_of_one_only: int
    first_effect_alone: float
    second_effect_alone: float
    interaction: float


def overlapping_pair(shop: Shop) -> Pair:
    """The pair that disturb each other; neither is of a model, so no offline gain is theirs."""
    starts = shop.plan.at(shop.plan.working_day(0.88, weekday=0), time(6))
    return Pair(
        *NAMES,
        starts,
        starts + timedelta(days=DAYS),
        METRIC,
        SHARED_USERS,
        OWN_USERS,
        FIRST_EFFECT,
        SECOND_EFFECT,
        INTERACTION,
    )


def write_experiment_users(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes a row for each user of each of the two experiments."""
    rows = _rows(shop.plan.rng("experiments/users"), overlapping_pair(shop))
    write_bytes(folder, FILE, rows.to_csv(index=False).encode())
    return [FileCount("experiments", FILE, len(rows))]


def _rows(rng: np.random.Generator, pair: Pair) -> pd.DataFrame:
    """Users 0 … are in both; then those of the first only, then those of the second only."""
    both, own = pair.users_in_both, pair.users_of_one_only
    total = both + 2 * own
    treated = rng.integers(0, 2, (2, total))
    takes_part = np.ones((2, total), dtype=bool)
    takes_part[0, both + own :] = False
    takes_part[1, both : both + own] = False
    seen = treated * takes_part
    mean = (
        VIEWS_PER_USER
        + pair.first_effect_alone * seen[0]
        + pair.second_effect_alone * seen[1]
        + pair.interaction * seen[0] * seen[1]
    )
    scale = SPREAD_PER_USER**2 / VIEWS_PER_USER
    views = np.rint(rng.gamma(mean / scale, scale)).astype(int)
    names = rng.permutation(total)
    parts = [
        _part(name, pair, takes_part[number], treated[number], views, names)
        for number, name in enumerate((pair.first, pair.second))
    ]
    return pd.concat(parts, ignore_index=True)


def _part(name: str, pair: Pair, takes_part: Any, treated: Any, views: Any, names: Any) -> Any:
    return pd.DataFrame(
        {
            "experiment": name,
            "user_id": [f"visitor-{number:05d}" for number in names[takes_part]],
            "variant": np.where(treated[takes_part] == 1, "treatment", "control"),
            "is_control": np.where(treated[takes_part] == 1, "false", "true"),
            "assigned_at": pair.started_at.isoformat(),
            "ended_at": pair.ended_at.isoformat(),
            "expected_share": 0.5,
            "metric": pair.metric,
            "value": views[takes_part],
        }
    )
