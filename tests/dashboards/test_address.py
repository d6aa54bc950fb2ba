"""Does an address open every page as it says, do links lead where they say, is nonsense refused?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.deep_links import PARAMETERS, VIEW, state_of, url
from dashboards.view import Named, Segment, Span, View, parsed
from hub.home import HOME_VARIABLE, HubHome

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
CHOSEN: dict[str, dict[str, str | list[str]]] = {
    "success_metrics": {
        "grain": "week",
        "period": "2025-W07",
        "comparison": "year-ago",
        "segment": "country:DE",
        "by": "channel",
        "markers": ["Largest gains", "Promotions"],
        "model": "ranker",
    },
    "what_moves_sales": {
        "period": "last-3-months",
        "moved": "Every KPI",
        "verdict": "confounded",
        "link": "l1",
    },
    "link_explorer": {"period": "2025-02", "metric": "search/mrr"},
    "experiments": {"period": "between", "from": "2024-01-03"},
    "exposure_audit": {
        "period": "last-2-weeks",
        "grain": "week",
        "comparison": "none",
        "since": "All days that are known",
        "surface": "listing",
    },
    "service_health": {
        "period": "2025-W09",
        "grain": "hour",
        "comparison": "year-ago",
        "change": "Error ratio rose, 2 Mar 2025 10:00",
    },
    "delivery": {
        "period": "between",
        "from": "2024-11-01",
        "to": "2025-01-31",
        "grain": "month",
        "comparison": "none",
        "project": "WEB",
    },
    "data_health": {},
    "catalogue": {"search": "ndcg", "source": "logs"},
}

pytestmark = pytest.mark.usefixtures("at_home")


def _open(page: str, **url_: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    if page != "success_metrics":
        app.run()
        app.switch_page(f"app_pages/{page}.py")
    for name, value in url_.items():
        app.query_params[name] = value
    return app.run()


def _refused(app: AppTest) -> list[str]:
    return [str(each.value) for each in app.warning if "The address says" in str(each.value)]


def _go(app: AppTest, page: str, query: Mapping[str, str | list[str]]) -> None:
    """To another page of the same session, as a link does."""
    app.query_params.clear()
    app.query_params.update(query)
    app.switch_page(f"app_pages/{page}.py").run()


def test_a_pasted_link_reopens_every_page_and_every_link_on_it_opens_with_its_filter(
    home_with_choices: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pages as `CHOSEN` says, then every target of their links."""
    monkeypatch.setenv(HOME_VARIABLE, str(home_with_choices.root))
    app = _open("success_metrics", **CHOSEN["success_metrics"])
    links: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
    for page, chosen in CHOSEN.items():
        if page != "success_metrics":
            _go(app, page, chosen)
        assert not app.exception, page
        assert _refused(app) == [], page
        assert app.query_params == chosen, page
        written = set(app.session_state["_address"].written)
        assert set(chosen) <= written <= {*PARAMETERS[page], *VIEW}
        bar = ("kept in its web address", "have no meaning here")
        assert any(words in str(each.value) for each in app.caption for words in bar), page
        for target, query in map(_target, app.get("page_link")):
            links.setdefault((target, tuple(sorted(query))), query)
    assert {target for target, names in links if names} >= {
        "what_moves_sales",
        "link_explorer",
        "service_health",
        "catalogue",
    }
    for (target, names), query in links.items():
        assert set(names) <= {*PARAMETERS[target], *VIEW}
        if names:
            _go(app, target, query)
            assert not app.exception
            assert _refused(app) == []
            assert {name: str(app.session_state[name]) for name in names} == query


def _target(link: Any) -> tuple[str, dict[str, str]]:
    """The page and the parameters of a link."""
    query = {name: values[0] for name, values in parse_qs(link.proto.query_string).items()}
    page = str(link.proto.page).replace("-", "_")
    return page if page in PARAMETERS else "success_metrics", query


def test_a_copied_link_to_the_start_page_is_no_query_of_the_page_it_stands_on() -> None:
    app = _open("catalogue")
    (link,) = (each.proto for each in app.get("page_link") if "Success metrics" in each.proto.label)
    # a browser completes an address of a query alone with the page that is open
    assert link.page == "success-metrics"
    assert parse_qs(link.query_string) == {"kpi": ["Revenue"]}


def test_what_the_address_cannot_mean_is_said_on_the_page() -> None:
    app = _open("service_health", service="nobody", period="2031-02", colour="red")
    assert not app.exception
    told = " ".join(_refused(app)).replace("\\", "")
    assert "says service “nobody”: known are reco-api" in told
    assert "says period “2031-02”" in told
    assert "says colour, which this page has no choice for" in told
    assert app.selectbox(key="service").value == "reco-api"


def test_what_is_shown_instead_is_named_as_the_control_is() -> None:
    told = " ".join(_refused(_open("experiments", on="conversion"))).replace("\\", "")
    assert "says on “conversion”" in told
    assert "The page shows its usual choice under “Measured on” instead." in told
    _, (refused,) = parsed({"comparison": "never"}, usual=View())
    assert refused.endswith("The page shows its usual choice under “Compared with” instead.")


def test_the_view_follows_the_reader_to_the_next_page_and_what_is_usual_does_not() -> None:
    app = _open("success_metrics", grain="month", period="2025-02")
    app.query_params.clear()
    app.switch_page("app_pages/service_health.py").run()
    assert app.selectbox(key="period").value == Span(date(2025, 2, 1), date(2025, 2, 28))
    assert app.query_params == {"period": "2025-02"}
    app.selectbox(key="period").select(Named.THREE_MONTHS).run()
    app.query_params.clear()
    app.switch_page("app_pages/success_metrics.py").run()
    assert app.selectbox(key="period").value == Named.LATEST


def test_from_one_period_to_another_is_chosen_in_whole_periods() -> None:
    app = _open("success_metrics")
    app.selectbox(key="period").select("between").run()
    assert not app.exception
    app.selectbox(key="from").select(date(2024, 11, 1)).run()
    assert app.query_params == {"period": "between", "from": "2024-11-01"}
    assert "February 2025" in str(app.markdown[0].value)
    assert len(app.dataframe[1].value) == 4


def test_leaving_a_period_from_one_day_to_another_takes_both_out_of_the_address() -> None:
    given = {"period": "between", "from": "2024-11-01", "to": "2025-01-31", "grain": "month"}
    app = _open("delivery", **given)
    assert app.query_params == given
    app.selectbox(key="period").set_value(Named.ALL).run()
    assert not app.exception
    assert set(app.query_params) == {"period", "grain"}
    app.run()
    assert set(app.query_params) == {"period", "grain"}
    app.selectbox(key="period").set_value("between").run()
    assert not app.exception
    assert app.query_params["period"] == "between"


def test_a_state_names_every_part_of_a_view_and_refuses_what_a_page_lacks() -> None:
    first = date(2025, 3, 1)
    shown = View(Span(first, first), "day", "none", Segment("country", "DE & FR"))
    assert url("service_health", view=shown, service="a/b") == (
        "/service-health?period=2025-03-01&grain=day&comparison=none"
        "&segment=country%3ADE+%26+FR&service=a%2Fb"
    )
    with pytest.raises(ValueError, match="delivery has no parameter service"):
        state_of("delivery", service="x")
