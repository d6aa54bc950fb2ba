"""Generated experiments taken together, in the columns of their mart."""

from __future__ import annotations

import json

import pandas as pd

Frames = dict[str, pd.DataFrame]


def together() -> Frames:
    """What all experiments of the ranker say of NDCG and revenue."""
    row = {
        "model": "ranker",
        "offline_metric": "ndcg_at_10",
        "metric": "revenue",
        "effect": 1.2,
        "effect_low": 0.4,
        "effect_high": 2.0,
        "effect_unit": "relative lift per unit of offline gain",
        "p_value": 0.01,
        "reliability": 0.5,
        "heterogeneity": 0.01,
        "side_effect": 0.001,
        "experiments_needed": 20,
        "n_experiments": 9,
        "n_withheld": 1,
        "verdict": "moves",
        "verdict_reason": "The lift rose with the offline gain.",
        "method": "meta-regression",
        "caveats": json.dumps(["Winners only mislead."]),
    }
    return {"mart_experiment_links": pd.DataFrame([row])}
