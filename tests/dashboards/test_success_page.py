"""Does *Success metrics* show what is expected, and what changed, with controls a link keeps?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.wording import amount, money

HELD = "95 % intervals of earlier forecasts, made with 10 to 20 days to go, held"
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"


def _open(**url: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in url.items():
        app.query_params[name] = value
    return app.run()


def _text(app: AppTest) -> str:
    told = "\n".join(str(each.value) for kind in (app.markdown, app.caption) for each in kind)
    return told.replace("\xa0", " ")


@pytest.mark.usefixtures("at_home")
def test_the_end_of_the_filling_period_is_told_with_its_back_tests() -> None:
    app = _open()
    assert not app.exception
    text = _text(app)
    assert "expected to end March 2025 at 31,000 €" in text
    assert "Of 24 earlier forecasts" in text
    assert f"chance of the target 93 % ({HELD} 22 of 24 times)" in text


@pytest.mark.usefixtures("at_home")
def test_a_kpi_whose_days_do_not_add_up_says_why_it_has_no_forecast() -> None:
    text = _text(_open(kpi="Return rate"))
    assert "No forecast of Return rate" in text
    assert "do not add up" in text


@pytest.mark.usefixtures("at_home")
def test_a_segment_or_another_grain_has_no_forecast_of_the_whole() -> None:
    of_a_segment = _text(_open(segment="country:DE"))
    assert "expected to end" not in of_a_segment
    assert "ear to date" not in of_a_segment
    assert "expected to end" not in _text(_open(grain="week"))


@pytest.mark.usefixtures("at_home")
def test_an_older_period_is_told_without_the_end_of_the_filling_one() -> None:
    app = _open(period="2024-06")
    assert not app.exception
    assert "Revenue was" in str(app.markdown[0].value)
    assert re.search(r"; \d of 6 months on target\)", str(app.markdown[0].value))
    assert "expected" not in _text(app)
    # what the bar says of the cards holds for an older period, too
    assert "Cards: the newest complete day, week or month of the period." in _text(app).replace(
        "\\", ""
    )
    assert "latest" not in _text(app)
    trend = next(frame.value for frame in app.dataframe if "previous_value" in frame.value)
    assert str(trend["period_start"].max())[:10] == "2024-06-01"


@pytest.mark.usefixtures("at_home")
def test_markers_and_model_are_chosen_and_kept() -> None:
    app = _open(markers="All releases", model="ranker")
    assert not app.exception
    assert app.selectbox(key="model").value == "ranker"
    app.selectbox(key="model").select("every model").run()
    assert not app.exception


@pytest.mark.usefixtures("at_home")
def test_marked_releases_are_a_list_of_names_and_their_amounts_stand_behind_it() -> None:
    app = _open()
    names = [str(each.value) for each in app.caption if str(each.value).startswith("**1** ")]
    assert len(names) == 1
    lines = names[0].split("  \n")
    assert len(lines) == 2
    assert all(re.fullmatch(r"\*\*\d\*\* ranker 1\.\d+, \d+ \w{3} \d{4}", each) for each in lines)
    said = _text(app).replace("\\", "")
    assert "Marked: the 2 releases with the largest gains in Revenue: each gain times the" in said
    trend = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    hovered = next(each["customdata"] for each in trend if each["name"] == "Release")
    assert len(hovered) == 2
    common = "its gain times the effect of all releases together, not measured by itself"
    amount = r"1\.\d+: .*€/month \[95.%: .*\], "
    assert all(re.search(amount + common, told.replace("<br>", " ")) for _, told in hovered)
    # a label that is wider than a phone would be cut off
    assert max(len(line) for _, told in hovered for line in told.split("<br>")) <= 44
    # no column of it reads as an effect that was measured at the release
    amounts = next(
        each.value for each in app.dataframe if "gain_times_common_effect_month" in each.value
    )
    assert len(amounts) == 2
    assert not [name for name in amounts if str(name).startswith("money_month")]
    opened = [getattr(each, "label", "") for each in app.get("expander")]
    assert f"Gain of each release in money: {common}; they do not add up" in opened
    assert "by itself:" not in said


@pytest.mark.usefixtures("at_home")
def test_four_answers_stand_at_the_top_and_the_worth_of_gains_below_the_cards() -> None:
    app = _open()
    said = [each.value.replace("\\", "").replace("\xa0", " ") for each in app.markdown]
    target = said[0]
    changed, worth = [each for each in said if "?** " in each][:2]
    assert said.index(changed) == 1
    changed, moved, expected = changed.split("  \n")
    assert target.startswith("##### On target? Revenue was 36,377 € in February 2025: ✓ target met")
    assert target.endswith(
        " Year to date ✓ 75,584 € of 58,000 €, 17,584 € above (130 %; 2 of 2 months on target)."
    )
    assert expected == (
        "**What do we expect?** March 2025, not complete yet, is expected to end at 31,000 €; "
        f"chance of the target 93 % ({HELD} 22 of 24 times)."
    )
    assert "Year to date ✓\N{NO-BREAK SPACE}75,584" in str(app.markdown[0].value)
    assert changed.startswith("**What changed?** Revenue −7.2 % against January 2025 (39,208 €)")
    assert moved.startswith("**What moved it?** −2,831 € = −4,246 € from fewer pieces, ")
    assert "The same change by country: DE −" in moved
    assert app.segmented_control(key="by").value == "country"
    assert "By country, DE took away most" in _text(app)
    assert worth.startswith("**What are model gains worth?** Apart from this change: ")
    amount_of_all = "12,300 €/month [95 %: 8,120 to 16,400]"
    assert amount_of_all in worth
    text = _text(app).replace("\\", "")
    assert "It moves Revenue, with a gain. All 12 releases of ranker" in text
    assert text.count(f"All 12 releases of ranker together: {amount_of_all}") == 2


@pytest.mark.usefixtures("at_home")
def test_a_lasting_change_is_credited_to_evidence_before_a_coincidence_in_time() -> None:
    said = _text(_open()).replace("\\", "")
    assert "**Since when is it at its level?** Revenue rose from 1,000 € to 1,200 € a day" in said
    assert "; for the better, and it has stayed there." in said
    evidence = said.index("whose gains are shown to move Revenue: release ranker 1.8 (")
    coincidence = said.index("A coincidence in time and no evidence: search 3 (")
    assert evidence < coincidence


@pytest.mark.usefixtures("at_home")
def test_what_a_segment_moved_is_not_told_by_the_whole_company() -> None:
    app = _open(segment="country:DE")
    said = _text(app)
    assert "**What moved it?** The change is not taken apart for what is chosen above." in said
    assert " of today's Revenue of the whole company would not be there" in said
    assert "By country of the whole company, DE took away most" in said
    assert "**Since when is that of the whole company at its level?**" in said
    asked = {str(each.value) for each in app.subheader}
    assert "Where did the change of the whole company come from?" in asked
    assert "Which model gains move revenue of the whole company, over all the time?" in asked


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ({"by": "product"}, "By product, LL-0002 took away most"),
        ({"by": "volume and price"}, "These are the sales-quantity"),
        (
            {"by": "volume and price", "comparison": "year-ago"},
            "+120 € from products not sold before",
        ),
        ({"by": "volume and price", "grain": "day"}, "By products it takes lines that name"),
        ({"by": "channel", "kpi": "Return rate"}, "they do not add up"),
    ],
)
def test_a_change_is_taken_apart_by_products_and_by_volume_and_price(
    url: dict[str, str], told: str
) -> None:
    app = _open(**url)
    assert not app.exception
    assert not [each for each in app.warning if "address" in each.value]
    assert told in _text(app)


@pytest.mark.usefixtures("at_home")
def test_cohorts_and_an_unknown_conversion_rate_are_shown() -> None:
    app = _open()
    assert "Of 100 customers with their first order in January 2025, 10 ordered" in _text(app)
    assert [each for each in app.info if "A conversion rate takes sessions" in each.value]
    assert [each for each in app.code if "kind: events" in each.value]


@pytest.mark.parametrize(
    ("number", "currency", "said"),
    [("1,200", "GBP", "£1,200"), ("−450", "USD", "−$450"), ("1,200", "EUR", "1,200 €")],
)
def test_a_sign_stands_where_its_currency_has_it(number: str, currency: str, said: str) -> None:
    assert money(number, currency) == said


def test_an_amount_of_pounds_begins_with_the_sign() -> None:
    assert amount(1_234_567, "GBP", form=",.0f", short=True) == "£1.23 M"
