"""Does *Data health* say what changed its form, why records were refused, what a KPI rests on?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.charts_health import coverage_chart, coverage_table
from dashboards.drift_words import described
from dashboards.tokens import LIGHT
from hub.home import HubHome
from hub.warehouse import PublishedBuild

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
END = ("from", "to")
Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]


def _open() -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.run()
    return app.switch_page("app_pages/data_health.py").run()


def _text(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.code)
    return "\n".join(str(each.value) for kind in kinds for each in kind)


def test_a_change_of_fields_is_said_by_name() -> None:
    told = '{"new": ["a", "b"], "missing": ["c"], "retyped": {"d": "number -> text"}}'
    assert described(told) == "new fields a, b; missing field c; d was number, is text"


def test_the_table_behind_the_coverage_chart_has_its_bars_and_its_crosses(marts: Frames) -> None:
    given = marts["mart_data_health_sources"], marts["mart_data_health_gaps"]
    rows, fig = coverage_table(*given), coverage_chart(*given, LIGHT)
    bars, crosses = (rows[rows["what"] == each] for each in ("has records", "no record"))
    ends = {
        (source, str(pd.Timestamp(each).date()))
        for source, each in zip(fig.data[0].y, fig.data[0].x, strict=True)
        if source is not None
    }
    drawn = [(row["source"], str(row[end])[:10]) for _, row in bars.iterrows() for end in END]
    assert set(drawn) == ends
    assert list(crosses["source"]) == list(fig.data[1].y)
    assert list(crosses["days"]) == [2]


@pytest.mark.usefixtures("at_home")
def test_the_page_names_drift_reasons_and_what_a_kpi_lacks() -> None:
    app = _open()
    assert not app.exception
    text = _text(app)
    assert "new field trace; status was number, is text" in text
    assert "No source of the kind needed\\: Visits." in text
    assert "expected a JSON object" in text or "expected a number" in text
    assert "bellwether quarantine retry --home" in text
    assert "13 order lines in all" in text
    assert "12 order lines of orders, 340\u00a0€" in text
    assert "left out by the rule test accounts" in text
    assert "without a rate for XAU" in text
    assert "2 issues of jira, such as PAY-1, are left out\\: desk delivers" in text
    assert "1 issue of jira, PAY-3, counts in no sprint called Sprint 1" in text


def test_without_drift_the_page_says_so(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    files = marts["mart_data_health_files"].assign(drift=pd.Series([None, None], dtype="str"))
    publish_marts(empty_home, {**marts, "mart_data_health_files": files}, "steady")
    app = _open()
    assert not app.exception
    assert "No file of logs has fields that are new" in _text(app)


def test_a_source_that_holds_periods_back_is_named_on_the_page(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    sources = marts["mart_data_health_sources"].assign(
        last_day=pd.to_datetime(pd.Series(["2025-03-10", "2025-03-01", "2025-03-10", None])),
        kind_last_day=pd.to_datetime(pd.Series(["2025-03-10", "2025-03-10", "2025-03-10", None])),
        ended_on=pd.to_datetime(pd.Series([None] * 4)),
        is_awaited=pd.Series([True, True, True, None], dtype=object),
        days_behind=[0, 9, 0, 0],
    )
    publish_marts(empty_home, {**marts, "mart_data_health_sources": sources}, "behind")
    app = _open()
    assert not app.exception
    (told,) = [str(each.value) for each in app.warning if "incomplete" in str(each.value)]
    assert "logs stops on 2025-03-01, while other service logs go on to" in told
    assert "`ended: 2025-03-01`" in told
    assert "1 order line of orders" in told  # without an amount: XAU has no rate
    columns = {name for each in app.dataframe for name in each.value.columns}
    assert "days_behind" in str(columns).lower().replace(" ", "_")
    assert "kind_last_day" not in str(columns).lower().replace(" ", "_")
