"""Is a downloaded table safe, are times on the hub's clock, and is a home without news told so?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from streamlit.testing.v1 import AppTest

from dashboards.offline_parts import parts_html
from dashboards.page_parts import PLOTLY_CONFIG, csv, local_times
from dashboards.wording import day_name, share
from hub.failure_note import note_failure
from hub.home import HubHome
from hub.warehouse import PublishedBuild
from tests.dashboards.test_pages import APP

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]


def test_text_that_looks_like_a_formula_is_quoted_and_numbers_are_not() -> None:
    table = pd.DataFrame({"pattern": ["=1+1", "@cmd", "plain"], "value": [-1.5, 2.0, None]})
    lines = csv(table).decode("utf-8-sig").splitlines()
    assert lines == ["pattern,value", "'=1+1,-1.5", "'@cmd,2.0", "plain,"]


def test_times_are_shown_on_the_hubs_clock() -> None:
    table = pd.DataFrame({"at": pd.to_datetime(["2025-07-01 22:30"], utc=True)})
    shown = local_times(table, ["at"], ZoneInfo("Europe/Berlin"))
    assert str(shown["at"].iloc[0]) == "2025-07-02 00:30:00+02:00"


def test_axes_write_days_as_the_text_does() -> None:
    config: dict[str, Any] = PLOTLY_CONFIG
    form = config["locales"][config["locale"]]["format"]
    day = pd.Timestamp("2025-09-06")
    assert f"{day:{form['dayMonth']}}" == "6 Sep"
    assert f"{day:{form['dayMonthYear']}}" == day_name(day)
    # four of `Sep 2025` side by side would be turned on a phone
    assert f"{day:{form['month']}}".split("\n") == ["Sep", "2025"]
    assert form["currency"] == ["", share(0.98).removeprefix("98").replace(" ", "\u00a0")]


def test_an_empty_home_names_its_sources_and_the_commands(empty_home: HubHome) -> None:
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert "Nothing has been published here yet" in str(app.info[0].value)
    assert "the sources orders (sales), logs (service\\_logs) and issues" in _said(app)
    assert [each.value for each in app.code] == [
        f"bellwether check --home {empty_home.root}\nbellwether run --home {empty_home.root}"
    ]


def test_a_run_that_failed_after_the_build_is_told_with_reason_and_command(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    publish_marts(empty_home, marts, "good")
    note_failure(empty_home, ["Building the layers (dbt): a key is there twice"])
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not app.exception
    told = next(str(each.value) for each in app.warning if "last run failed" in each.value)
    assert "published nothing" in told
    assert "a key is there twice" in told
    assert f"`bellwether run --home {empty_home.root}`" in told
    assert app.metric
    publish_marts(empty_home, marts, "better")
    assert not [each for each in app.run().warning if "last run failed" in each.value]


def test_a_first_run_that_failed_is_not_said_to_have_left_something_to_show(
    empty_home: HubHome,
) -> None:
    note_failure(empty_home, ["orders: a.csv, line 3, column amount: found 'abc'"])
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    told = next(str(each.value) for each in app.warning if "last run failed" in each.value)
    assert "published nothing. orders\\: a.csv, line 3" in told
    assert "from before it" not in told


def test_a_hub_yml_that_cannot_be_read_is_to_be_mended_first_and_a_source_is_shown(
    empty_home: HubHome,
) -> None:
    empty_home.hub_yml.write_text("company: Test\nsources: []\n")
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert "sources" in str(app.warning[0].value)
    assert f"Mend `{empty_home.hub_yml}` first" in _said(app)
    example, commands = (str(each.value) for each in app.code)
    assert example.startswith("sources:\n  - {name: shop_orders, kind: sales")
    assert "bellwether run" in commands


def test_the_columns_that_matter_stand_first_and_counts_and_shares_read_as_such() -> None:
    frame = "pd.DataFrame({'n': [1234], 'share_of_first': [0.5], 'name': ['a']})"
    app = AppTest.from_string(
        "import pandas as pd\nfrom dashboards.page_parts import show_table\n"
        f"show_table({frame}, key='t', first=['name'])"
    ).run()
    table = app.dataframe[0]
    assert list(table.value.columns) == ["name", "n", "share_of_first"]
    columns = json.loads(table.proto.columns)
    assert columns["n"]["type_config"]["format"] == "localized"
    assert ">1,234</td>" in (text := parts_html(app.main))
    assert ">50\N{NO-BREAK SPACE}%</td>" in text


def _said(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in app.markdown)
