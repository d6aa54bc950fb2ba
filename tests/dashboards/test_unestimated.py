"""Does the explorer say of a pair without an estimate what is missing, and what to do?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.unestimated import Asked, why
from hub.config import HubConfig
from hub.home import HubHome
from hub.warehouse import PublishedBuild

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
Frames = dict[str, pd.DataFrame]
WHOLE = Asked(
    metric="auc",
    entity="fraud",
    dataset="holdout",
    metric_days=40,
    kpi="orders",
    metric_said="fraud AUC",
    kpi_said="Orders",
    kpi_role="kpi",
    kpi_days=40,
    days_of_both=40,
    n_releases=3,
)


@pytest.mark.parametrize(
    ("asked", "reason", "remedy"),
    [
        (replace(WHOLE, kpi_role="guardrail"), "has the role guardrail", "`role: kpi`"),
        (replace(WHOLE, entity=None, metric_days=0), "no value by day", "that name their run"),
        (replace(WHOLE, n_releases=0), "no release of fraud", "kind releases"),
        (replace(WHOLE, kpi_days=0, days_of_both=0), "no complete day", "grain day"),
        (replace(WHOLE, days_of_both=0), "0 days on which both", "the same time"),
        (WHOLE, "made before", "new build"),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(asked: Asked, reason: str, remedy: str) -> None:
    told = why(asked, None)
    assert len(told) == 1
    assert reason in told[0][0]
    assert remedy in told[0][1]


def test_a_kpi_that_hub_yml_leaves_out_is_said() -> None:
    config = HubConfig.model_validate(
        {
            "company": "C",
            "time_zone": "UTC",
            "currency": "EUR",
            "sources": [{"name": "orders", "kind": "sales", "path": "exports/*.csv"}],
            "link": {"kpis": ["revenue"]},
        }
    )
    assert "does not name Orders" in why(WHOLE, config)[0][0]


def test_any_metric_of_the_catalogue_can_be_chosen_without_an_exception(
    empty_home: HubHome,
    marts: Frames,
    publish_marts: Callable[[HubHome, Frames, str], PublishedBuild],
) -> None:
    known = marts["metrics.catalogue"]
    guardrail = known.head(1).assign(
        metric_name="return_rate", label="Return rate", unit="ratio", role="guardrail"
    )
    unseen = known.tail(1).assign(metric_name="map_at_5", label="MAP@5")
    frames = {**marts, "metrics.catalogue": pd.concat([known, guardrail, unseen])}
    publish_marts(empty_home, frames, "more")
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.query_params["metric"] = "ranker/ndcg_at_10"
    app.run()
    app.query_params["kpi"] = "return_rate"
    app.switch_page("app_pages/link_explorer.py").run()
    assert not app.exception
    # what a reader sees has the words of the metrics; what a reader types has their names
    assert "0 estimates of ranker NDCG@10 → Return rate" in str(app.markdown[0].value)
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    assert drawn["annotations"][0]["text"] == "ranker NDCG@10"
    assert drawn["yaxis2"]["tickformat"] == "$.3~%"
    assert "has the role guardrail" in str(app.info[0].value)
    assert "bellwether link ranker/ndcg_at_10 return_rate" in str(app.code[0].value)
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe) == 2
    app.selectbox(key="metric").select("map_at_5").run()
    assert not app.exception
    assert "has no value by day for a model" in str(app.info[0].value).replace("\\", "")
    app.selectbox(key="kpi").select("revenue").run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
