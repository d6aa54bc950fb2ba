"""Is every number that rests on a failed check marked, with check, model and command?"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.mark_words import failed_words
from hub.home import HubHome
from hub.warehouse import PublishedBuild
from tests.dashboards.test_pages import APP, PAGES

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]
CHECK, MODEL = "orders_add_up", "company_orders"
BADGE = "✕ Invalid data]"


def marks(*subjects: tuple[str, str]) -> pd.DataFrame:
    """What rests on the failed check, as a build says it."""
    frame = pd.DataFrame(subjects, columns=["subject_kind", "subject"])
    since = pd.Timestamp("2025-02-03 04:00", tz="UTC")
    return frame.assign(check_name=CHECK, model=MODEL, failures=2, since=since, build_id="b")


def shown(page: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    if app.title and app.title[0].value != PAGES[page]:
        app = app.switch_page(f"app_pages/{page}.py").run()
    assert not app.exception
    return app


def badges(app: AppTest) -> list[str]:
    return [str(each.value) for each in app.markdown if BADGE in str(each.value)]


@pytest.mark.parametrize("page", ["success_metrics", "service_health"])
def test_every_chart_and_card_of_a_page_below_which_a_check_fails_is_marked(
    page: str, empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    told = marks(
        ("page", page),
        *(("metric", name) for name in marts["mart_success_metrics"]["metric_name"].unique()),
        *(("table", name) for name in marts if name.startswith("mart_")),
    )
    publish_marts(empty_home, marts | {"meta.marks": told}, "marked")
    app = shown(page)
    banner = str(app.error[0].value)
    assert CHECK.replace("_", r"\_") in banner
    assert "`bellwether status`" in banner
    found = badges(app)
    assert len(found) >= len(app.get("plotly_chart")) + len(app.metric)
    assert all(MODEL.replace("_", r"\_") in each and "bellwether status" in each for each in found)


def test_what_does_not_rest_on_the_check_is_not_marked_and_data_health_lists_what_does(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    told = marks(("metric", "orders"), ("page", "success_metrics"))
    publish_marts(empty_home, marts | {"meta.marks": told}, "one")
    app = shown("success_metrics")
    assert len(badges(app)) == 1
    health = app.switch_page("app_pages/data_health.py").run()
    assert not health.error
    listed = [frame.value for frame in health.dataframe if "check_name" in frame.value]
    assert any(CHECK in set(frame["check_name"]) for frame in listed)


def test_what_rests_on_a_failed_check_is_told_as_open_and_not_called_better_or_worse(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    publish_marts(empty_home, marts | {"meta.marks": marks(("metric", "revenue"))}, "open")
    app = shown("success_metrics")
    answers = [str(each.value) for each in app.markdown if "? " in str(each.value)][:4]
    assert all("✕ Invalid data, not established" in each for each in answers)
    assert "not judged" in "".join(str(each.value) for each in app.caption)
    judged = {each.label: each.proto.delta_description for each in app.metric}
    assert [bool(told) for name, told in judged.items() if name.startswith("Revenue")] == [False]
    assert any(told for name, told in judged.items() if not name.startswith("Revenue"))


@pytest.mark.parametrize("page", ["what_moves_sales", "link_explorer"])
def test_money_and_charts_of_a_kpi_with_a_failed_check_are_marked_whatever_gives_the_verdict(
    page: str, empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    publish_marts(empty_home, marts | {"meta.marks": marks(("metric", "revenue"))}, "open")
    app = shown(page)
    headline = next(str(each.value) for each in app.markdown if each.value.startswith("#####"))
    assert "✕ Invalid data of" in headline
    assert "its money is not established" in headline
    drawn = [str(each.key or each.proto.id) for each in app.get("plotly_chart")]
    of_kpi = [key for key in drawn if "experiments" not in key]
    assert of_kpi
    assert len(badges(app)) >= len(of_kpi)


def test_the_words_name_check_model_rows_and_since_when_and_count_the_rest() -> None:
    one = marks(("metric", "orders"))
    assert failed_words(one) == (
        "the check orders_add_up fails on company_orders (2 rows, since 3 Feb 2025)"
    )
    many = pd.concat([one.assign(check_name=f"c{n}") for n in range(5)])
    assert failed_words(many).endswith("and 2 more checks")
    assert failed_words(one.head(0)) == ""
