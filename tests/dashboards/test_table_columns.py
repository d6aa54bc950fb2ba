"""Are tables headed and written as people write, while numbers stay numbers?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import table_columns
from dashboards.offline_parts import parts_html
from dashboards.table_columns import GAP, MOST_WRITTEN_CELLS, Form, columns, forms, heading, shown

KPI = pd.DataFrame(
    {
        "segment": ["DE", "AT", "CH"],
        "value": [408362.1141, 31547.5076, None],
        "before": [426960.3641, 29441.9376, None],
        "difference": [-18598.25, 2105.57, None],
        "p_value": [0.0004, 0.04178, None],
    }
)


def _texts(table: pd.DataFrame, *, unit: str | None = None) -> dict[str, list[str]]:
    known = forms(table, unit=unit, currency="EUR")
    return {name: [form.text(value) for value in table[name]] for name, form in known.items()}


def test_money_has_thousands_marks_a_difference_its_sign_and_a_gap_is_no_number() -> None:
    assert _texts(KPI, unit="EUR") == {
        "value": ["408,362", "31,548", GAP],
        "before": ["426,960", "29,442", GAP],
        "difference": ["−18,598", "+2,106", GAP],
        "p_value": ["< 0.001", "0.042", GAP],
    }


def test_money_below_a_thousand_has_cents_and_nothing_has_no_sign() -> None:
    table = pd.DataFrame({"value": [41.5, 38.0], "difference": [-0.001, 3.5]})
    assert _texts(table, unit="GBP") == {
        "value": ["41.50", "38.00"],
        "difference": ["+0.00", "+3.50"],
    }


@pytest.mark.parametrize(
    ("name", "values", "texts"),
    [
        ("error_ratio", [0.0021909, 0.5], ["0.22 %", "50.00 %"]),
        ("certainty", [0.5, 0.95], ["50 %", "95 %"]),
        ("lift_low", [-0.0425, 0.0159], ["−4.25 %", "+1.59 %"]),
        ("error_ratio_change", [0.0004192, -0.0013826], ["+0.04", "−0.14"]),
        ("latency_ms_p95", [80.34115, 126.6899], ["80.3", "126.7"]),
        ("days_since_start", [15.797, 1.816], ["15.8", "1.8"]),
        ("effect", [1.4443, 0.0426], ["1.444", "0.043"]),
        ("instances", [2.0, 1234.0], ["2", "1,234"]),
        ("money_month", [31547.5076, -450.2], ["31,548", "−450"]),
    ],
)
def test_digits_follow_unit_and_size(name: str, values: list[float], texts: list[str]) -> None:
    spaced = [each.replace(" %", "\N{NO-BREAK SPACE}%") for each in texts]
    assert _texts(pd.DataFrame({name: values})) == {name: spaced}


def test_an_estimate_and_its_interval_have_the_same_digits() -> None:
    table = pd.DataFrame({"effect": [0.86], "effect_low": [-0.019307], "effect_high": [1.4482]})
    assert _texts(table) == {
        "effect": ["0.860"],
        "effect_low": ["−0.019"],
        "effect_high": ["1.448"],
    }


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("money_month", Form("number", unit="EUR"), "money a month (€)"),
        (
            "money_month_low",
            Form("number", unit="EUR"),
            "money a month, 95\N{NO-BREAK SPACE}% low (€)",
        ),
        ("value", Form("number", unit="orders"), "value (orders)"),
        ("value", Form("share", unit="ratio"), "value"),
        ("low_80", Form("number", unit="EUR"), "80\N{NO-BREAK SPACE}% low (€)"),
        ("latency_ms_p95", Form("number"), "latency p95 (ms)"),
        ("cycle_time_days_p50", Form("number"), "cycle time median (days)"),
        ("error_ratio_change", Form("points"), "error ratio change (percentage points)"),
        ("n_without_start", None, "without start (number)"),
        ("kpi_log_change_se", Form("number"), "KPI log change standard error"),
        ("released_on", None, "released on"),
    ],
)
def test_headings_are_words_with_their_unit(name: str, form: Form | None, words: str) -> None:
    assert heading(name, form) == words


def test_a_currency_or_unit_that_all_rows_name_is_that_of_the_heading() -> None:
    table = pd.DataFrame(
        {"money_month": [1.5], "currency": ["USD"], "value": [2.5], "unit": ["ms"]}
    )
    config = columns(table, unit=None, currency="EUR")
    assert config["money_month"]["label"] == "money a month ($)"
    assert config["value"]["label"] == "value (ms)"
    mixed = pd.DataFrame({"value": [1.5, 2.5], "unit": ["ms", "EUR"]})
    assert columns(mixed, unit=None, currency="EUR")["value"]["label"] == "value"


def test_no_cell_of_a_large_table_is_written_in_python() -> None:
    large = pd.concat([KPI] * (MOST_WRITTEN_CELLS // KPI.size + 1), ignore_index=True)
    assert isinstance(shown(large, unit="EUR", currency="EUR"), pd.DataFrame)
    forms_shown = {
        name: (told["type_config"]["format"], told["type_config"].get("step"))
        for name, told in columns(large, unit="EUR", currency="EUR").items()
        if name != "segment"
    }
    assert forms_shown == {
        "value": ("localized", None),
        "before": ("localized", None),
        "difference": ("%+.0f", None),
        "p_value": ("%.3f", None),
    }


def test_times_are_on_the_hubs_clock_and_a_day_with_times_is_no_date() -> None:
    table = pd.DataFrame(
        {
            "at": pd.to_datetime(["2025-07-01 22:30"], utc=True),
            "day": pd.to_datetime(["2025-07-01"]),
            "happened_at": pd.to_datetime(["2025-07-01 08:12"]),
        }
    )
    local = shown(table, unit=None, currency="", zone=ZoneInfo("Europe/Berlin"))
    assert str(local["at"].iloc[0]) == "2025-07-02 00:30:00+02:00"
    types = {n: c["type_config"]["type"] for n, c in columns(table, unit=None, currency="").items()}
    assert types == {"at": "datetime", "day": "date", "happened_at": "datetime"}


def test_a_source_that_knows_only_days_is_not_told_to_end_at_an_hour() -> None:
    app = AppTest.from_string(
        "import pandas as pd\n"
        "from dashboards.page_parts import show_table\n"
        "ends = pd.to_datetime(['2026-09-10 00:00', '2026-09-30 11:46', None], utc=True)\n"
        "show_table(pd.DataFrame({'source': list('abc'), 'data_through': ends}), key='t')"
    ).run()
    text = parts_html(app.main)
    written = re.findall(r">([^<]*)</td>", text)
    assert written[1::2] == ["10 Sep 2026", "30 Sep 2026 11:46", GAP]


def _page(*, times: int = 1) -> AppTest:
    return AppTest.from_string(
        "import pandas as pd\n"
        "from dashboards.page_parts import show_table\n"
        "from tests.dashboards.test_table_columns import KPI\n"
        f"show_table(pd.concat([KPI] * {times}, ignore_index=True), key='t', unit='EUR')"
    ).run()


def test_the_page_keeps_numbers_and_the_file_writes_what_the_page_writes() -> None:
    app = _page()
    table = app.dataframe[0]
    pd.testing.assert_series_equal(table.value["difference"], KPI["difference"])
    assert table.proto.placeholder == GAP
    config: dict[str, Any] = json.loads(table.proto.columns)
    # a format of the browser would be shown in place of the written text
    assert config["difference"]["type_config"].get("format") is None
    text = parts_html(app.main)
    for written in ("408,362", "−18,598", "+2,106", "&lt; 0.001"):
        assert f">{written}</td>" in text
    assert 'data-value="408362.1141"' in text
    assert 'data-name="difference">difference (€)</th>' in text
    assert "None" not in text


def test_a_file_writes_large_tables_as_small_ones() -> None:
    times = MOST_WRITTEN_CELLS // KPI.size + 1
    small, large = parts_html(_page().main), parts_html(_page(times=times).main)
    for written in ("−18,598", "+2,106", "&lt; 0.001", "0.042"):
        assert f">{written}</td>" in small
        assert large.count(f">{written}</td>") == times


def test_the_house_is_asked_for_every_table_of_the_pages() -> None:
    """A page that called Streamlit itself would write numbers its own way."""
    folder = Path(table_columns.__file__).parent
    found = {
        path.name
        for path in folder.rglob("*.py")
        if any(
            call in path.read_text() for call in ("st.dataframe(", "st.table(", "st.data_editor(")
        )
    }
    assert found == {"page_parts.py"}
