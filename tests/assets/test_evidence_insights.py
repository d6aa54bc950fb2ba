"""Do experiments, read out and joined, take their place on a link's card?"""

from __future__ import annotations

import json
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets.experiment_insights import (
    experiment_link_rows,
    joinable,
    joined_experiments,
    log_gains,
    overlap_rows,
    read_out_rows,
    read_outs_of,
    with_log_changes,
)
from assets.insights import link_tables
from assets.link_inputs import LinkInputs, read_inputs, store_inputs
from hub.config import HubConfig
from tests.assets.link_worlds import DAYS, GAINS, SLOPE, config, hub, with_experiments, world


@pytest.fixture(scope="module")
def series() -> dict[str, pd.Series]:
    return world()


def joined(con: duckdb.DuckDBPyConnection, settings: HubConfig) -> dict[str, Any]:
    """The joined estimate of all experiments."""
    store_inputs(con, config=settings, faults={}, build="b1")
    read_outs = read_out_rows(read_outs_of(con, config=settings))
    inputs = read_inputs(con)
    rows = experiment_link_rows(joined_experiments(joinable(read_outs, inputs), inputs))
    return {str(name): value for name, value in rows.to_dict("records")[0].items()}


def test_gains_as_differences_give_the_same_slope_as_logarithms(
    series: dict[str, pd.Series],
) -> None:
    logs = joined(with_experiments(series, gains=GAINS), config(experiment_gains="log"))
    plain = joined(with_experiments(series, gains=GAINS, is_log=False), config())
    assert logs["effect_unit"] == plain["effect_unit"] == "relative lift per log offline gain"
    assert plain["effect"] == pytest.approx(logs["effect"], rel=0.02)
    assert logs["effect_low"] < SLOPE < logs["effect_high"]
    assert "Winners only mislead" in logs["caveats"]


def test_gains_without_a_known_level_are_not_called_logarithms(
    series: dict[str, pd.Series],
) -> None:
    con = with_experiments(series, gains=GAINS, is_log=False)
    con.execute("update staging.stg_experiments set model = 'nobody'")
    assert joined(con, config())["effect_unit"] == "relative lift per unit of the offline metric"


def test_log_changes_are_of_the_level_on_the_day_the_experiment_started(
    series: dict[str, pd.Series],
) -> None:
    level = series["ranker/ndcg_at_10"].copy()
    level[:] = 0.25
    con = hub({**series, "ranker/ndcg_at_10": level})
    store_inputs(con, config=config(), faults={}, build="b1")
    inputs = read_inputs(con)
    rows = pd.DataFrame(
        {
            "model": ["ranker", "ranker", "ranker", None],
            "offline_metric": ["ndcg_at_10", "ndcg_at_10", "ndcg_at_10", None],
            "metric": "revenue",
            "status": ["read out", "read out", "withheld", "read out"],
            "started_on": DAYS[40],
            "offline_delta": [0.05, -0.05, 0.05, 0.05],
            "offline_se": [0.006, 0.004, 0.006, 0.006],
        }
    )
    found = with_log_changes(rows, joinable(rows, inputs))
    # ln(0.30 / 0.25) and ln(0.20 / 0.25); the errors are 0.006 / 0.30 and 0.004 / 0.20
    assert found["offline_log_change"].to_list() == pytest.approx(
        [0.1823216, -0.2231436, np.nan, np.nan], abs=1e-7, nan_ok=True
    )
    assert found["offline_log_change_se"].to_list() == pytest.approx(
        [0.02, 0.02, np.nan, np.nan], nan_ok=True
    )
    assert found[list(rows)].equals(rows)
    early = rows.assign(started_on=[DAYS[0] - pd.Timedelta(days=1), *rows["started_on"][1:]])
    told = with_log_changes(early, joinable(early, inputs))
    assert told["offline_log_change"].isna().all()


def test_gains_that_are_logarithms_already_are_published_as_they_are(
    series: dict[str, pd.Series],
) -> None:
    con = with_experiments(series, gains=GAINS)
    settings = config(experiment_gains="log")
    store_inputs(con, config=settings, faults={}, build="b1")
    read_outs = read_out_rows(read_outs_of(con, config=settings))
    rows = with_log_changes(read_outs, joinable(read_outs, read_inputs(con)))
    assert rows["offline_log_change"].to_list() == pytest.approx(list(GAINS))
    assert rows["offline_log_change_se"].to_list() == pytest.approx([0.002] * len(GAINS))


def test_a_gain_of_unknown_day_cannot_be_a_logarithm(series: dict[str, pd.Series]) -> None:
    con = with_experiments(series, gains=GAINS, is_log=False)
    store_inputs(con, config=config(), faults={}, build="b1")
    inputs: LinkInputs = read_inputs(con)
    shown = pd.DataFrame({"started_on": [None], "offline_delta": [0.1], "offline_se": [0.01]})
    assert log_gains(shown, model="ranker", offline_metric="ndcg_at_10", inputs=inputs) is None


def test_experiments_give_the_verdict_and_releases_stand_beside_them(
    series: dict[str, pd.Series],
) -> None:
    con = with_experiments(series, gains=GAINS)
    settings = config(experiment_gains="log", draw_pairs=0, kpis=["revenue"])
    tables, _ = link_tables(con, config=settings, build="b1", faults={})
    links = tables["links"].set_index("link_id")
    card = links.to_dict("index")["ranker.ndcg_at_10.revenue"]
    assert (card["verdict"], card["evidence_grade"]) == ("moves", "experiments")
    assert card["lag_days"] == 3
    assert card["money_month_low"] < card["money_month"] < card["money_month_high"]
    rows = tables["evidence"]
    mine = rows[rows["link_id"] == "ranker.ndcg_at_10.revenue"]
    assert list(mine["grade"]) == ["experiments", "releases"]
    assert list(mine["gives_verdict"]) == [True, False]
    assert list(mine["effect"] == card["effect"]) == [True, False]
    other = rows[rows["link_id"] == "fraud.auc.revenue"]
    assert list(other["grade"]) == ["releases"]
    assert tables["experiments"]["guardrail"].notna().all()


def test_contradicting_evidence_is_said_in_words(series: dict[str, pd.Series]) -> None:
    con = with_experiments(series, gains=[*GAINS])
    # the treatments' figures exchanged with the controls': the lifts turn round
    con.execute(
        "update staging.stg_experiments set is_control = not is_control, "
        "offline_delta = case when is_control then 0.0 end, offline_se = 0.0"
    )
    con.execute(
        "update staging.stg_experiments as t set offline_delta = c.gain from "
        "(select experiment, gain from (values "
        + ", ".join(f"('test-{at:02d}', {gain})" for at, gain in enumerate(GAINS))
        + ") as g (experiment, gain)) as c where t.experiment = c.experiment and not is_control"
    )
    settings = config(experiment_gains="log", draw_pairs=0, kpis=["revenue"])
    tables, _ = link_tables(con, config=settings, build="b1", faults={})
    card = tables["links"].set_index("link_id").to_dict("index")["ranker.ndcg_at_10.revenue"]
    assert card["verdict"] == "moves"
    assert card["effect"] < 0
    told = " ".join(json.loads(card["disagreements"]))
    assert "The effects do not fit each other" in told
    assert "show a fall" in told


def test_experiments_that_were_all_withheld_are_invalid_data(
    series: dict[str, pd.Series],
) -> None:
    con = with_experiments(series, gains=GAINS, shares=[0.47] * len(GAINS))
    found = joined(con, config(experiment_gains="log"))
    assert found["verdict"] == "invalid data"
    assert found["n_withheld"] == len(GAINS)


@pytest.mark.parametrize(
    ("withheld", "said"),
    [
        (1, "1 withheld read-out is not part of it."),
        (2, "2 withheld read-outs are not part of it."),
    ],
)
def test_withheld_read_outs_are_counted_in_grammar(
    series: dict[str, pd.Series], withheld: int, said: str
) -> None:
    shares = [0.47] * withheld + [0.5] * (len(GAINS) - withheld)
    found = joined(with_experiments(series, gains=GAINS, shares=shares), config())
    assert said in found["caveats"]


def test_without_rows_of_users_no_overlap_is_looked_for(series: dict[str, pd.Series]) -> None:
    con = with_experiments(series, gains=GAINS)
    assert overlap_rows(con, read_outs_of(con, config=config())).empty


def test_experiments_on_the_same_users_are_compared(series: dict[str, pd.Series]) -> None:
    con = hub(series)
    rng = np.random.default_rng(5)
    n = 8_000
    first, second = rng.integers(0, 2, n), rng.integers(0, 2, n)
    value = rng.normal(10.0, 2.0, n) + 0.5 * first * second
    units = pd.concat(
        [
            pd.DataFrame(
                {
                    "experiment": name,
                    "variant": np.where(arm == 1, "b", "a"),
                    "is_control": arm == 0,
                    "user_key": np.arange(n).astype(str),
                    "metric": "revenue",
                    "value": value,
                    "value_before": np.nan,
                }
            )
            for name, arm in (("one", first), ("two", second))
        ]
    )
    con.register("delivered", units)
    con.execute("create table staging.stg_experiment_units as from delivered")
    (row,) = overlap_rows(con, []).to_dict("records")
    assert (row["first"], row["second"], row["users_in_both"]) == ("one", "two", n)
    assert row["verdict"] == "interaction"
    assert row["low"] < 0.5 < row["high"]
    assert row["unit"] == "revenue per user"
    assert ", in revenue per user: a difference of +0." in row["verdict_reason"]
