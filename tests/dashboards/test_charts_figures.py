"""Do the figures tell the truth: gaps are gaps, unfinished is dotted, nothing by colour alone?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.chart_labels import (
    LETTER,
    LINE_HIGH,
    PLOT_HIGH,
    PLOT_WIDE,
    Line,
    Place,
    words_on_lines,
)
from dashboards.charts import (
    calendar_events,
    events,
    figure,
    middle_of,
    release_events,
    spans,
    top_of,
    with_gaps,
)
from dashboards.charts_delivery import age_bands, age_chart, cycle_chart, throughput_chart
from dashboards.charts_health import coverage_chart, quarantine_chart
from dashboards.charts_kpi import (
    BARS_WIDE,
    contribution_chart,
    contributions,
    kpi_chart,
    numbered,
    target_runs,
)
from dashboards.charts_links import FITTING, forest_chart, lag_chart, series_chart
from dashboards.charts_releases import gains_chart, impact_chart
from dashboards.charts_service import ANSWER_SHARES, answers_chart, platform_chart, red_chart
from dashboards.tokens import DARK, LIGHT

Frames = dict[str, pd.DataFrame]
NO_EVENTS = pd.DataFrame(columns=["day", "kind", "text"])


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def _names(fig: Any) -> set[str]:
    return {str(trace.name) for trace in fig.data}


def _periods(marts: Frames, grain: str) -> pd.DataFrame:
    rows = marts["mart_success_metrics"]
    wanted = (
        (rows["metric_name"] == "revenue")
        & (rows["grain"] == grain)
        & (rows["segment_name"] == "__all__")
    )
    return rows[wanted].sort_values("period_start").reset_index(drop=True)


def _kpi_chart(periods: pd.DataFrame, **options: Any) -> Any:
    given: dict[str, Any] = {
        "label": "Revenue",
        "unit": "EUR",
        "form": ",.0f",
        "grain": "month",
        "markers": NO_EVENTS,
    }
    return kpi_chart(periods, LIGHT, **(given | options))


def test_an_absent_day_becomes_an_empty_row() -> None:
    days = pd.to_datetime(["2025-01-01", "2025-01-03"])
    rows = with_gaps(pd.DataFrame({"day": days, "value": [1.0, 2.0]}), "day", "day")
    assert len(rows) == 3
    assert np.isnan(rows["value"].iloc[1])


def test_hours_through_daylight_saving_have_no_false_gap() -> None:
    hours = pd.date_range("2025-03-29 22:00", periods=6, freq="h", tz="UTC")
    frame = pd.DataFrame({"hour": hours.tz_convert("Europe/Berlin"), "value": range(6)})
    assert with_gaps(frame, "hour", "hour")["value"].notna().sum() == 6


def test_consecutive_days_are_one_span() -> None:
    days = ["2025-01-01", "2025-01-02", "2025-01-05"]
    assert [(str(a)[:10], str(b)[:10]) for a, b in spans(days)] == [
        ("2025-01-01", "2025-01-03"),
        ("2025-01-05", "2025-01-06"),
    ]


def test_the_filling_period_is_dotted_and_not_in_the_solid_line(marts: Frames) -> None:
    periods = _periods(marts, "month")
    fig = _kpi_chart(periods)
    solid, dotted = _trace(fig, "Revenue"), _trace(fig, "Not complete")
    assert not periods["is_complete"].iloc[-1]
    assert np.isnan(solid.y[-1])
    assert dotted.line.dash == "dot"
    assert dotted.y[-1] == pytest.approx(periods["value"].iloc[-1])
    assert dotted.marker.symbol == "circle-open"
    assert [size > 1 for size in dotted.marker.size] == list(~periods["is_complete"])


def test_an_unfinished_first_period_leaves_the_others_solid(marts: Frames) -> None:
    periods = _periods(marts, "month")
    periods.loc[0, "is_complete"] = False
    fig = _kpi_chart(periods)
    assert np.isnan(_trace(fig, "Revenue").y[0])
    assert np.isnan(_trace(fig, "Not complete").y[4])


def test_a_lost_month_breaks_the_line(marts: Frames) -> None:
    fig = _kpi_chart(_periods(marts, "month").drop(index=4))
    line = _trace(fig, "Revenue")
    assert np.isnan(line.y[4])
    assert line.connectgaps is False


def test_the_target_is_a_labelled_line(marts: Frames) -> None:
    fig = _kpi_chart(_periods(marts, "month"))
    assert any("target 29,000 €" in str(note.text) for note in fig.layout.annotations)


def _last_months(values: list[float], *, target_from: int) -> pd.DataFrame:
    starts = pd.date_range("2025-01-01", periods=len(values), freq="MS")
    periods = pd.DataFrame({"period_start": starts, "value": values, "is_complete": True})
    periods = periods.assign(previous_value=np.nan, year_ago_value=np.nan, target=420.0)
    periods.loc[: target_from - 1, "target"] = np.nan
    return periods


def test_the_words_of_a_target_cover_no_point_on_a_phone() -> None:
    """The only month above the target is late, where the words used to stand."""
    rise = [235.0, 250, 265, 265, 232, 232, 240, 252, 265, 310, 292, 308, 320, 376, 413, 408]
    periods = _last_months([*rise, 362, 390, 373, 402, 405, 434, 411], target_from=14)
    fig = _kpi_chart(periods)
    note = next(each for each in fig.layout.annotations if "target" in str(each.text))
    at = middle_of(periods["period_start"], "month")
    across = (at.iloc[0], at.iloc[-1] + pd.Timedelta(days=30))
    place = Place(note.x, note.y, note.xanchor, note.yanchor)
    line = Line(at, periods["value"])
    high = (0.0, top_of(periods["value"]))
    assert words_on_lines(str(note.text), place, [line], across=across, high=high) == 0
    start = pd.Timestamp("2026-03-01")
    late = Place(start, 420.0, "left", "bottom")
    assert words_on_lines(str(note.text), late, [line], across=across, high=high) > 0


def test_the_title_of_a_ratio_says_its_name_alone(marts: Frames) -> None:
    periods = _periods(marts, "month").assign(target=np.nan)
    titles = [
        _kpi_chart(periods, label="Return rate", unit=unit).layout.yaxis.title.text
        for unit in ("ratio", "EUR", "ms")
    ]
    assert titles == ["Return rate", "Return rate (€)", "Return rate (ms)"]


def test_changes_of_a_ratio_are_drawn_in_points_and_their_words_keep_off_the_names() -> None:
    table = pd.DataFrame(
        {"segment": ["ios", "marketplace", "web"], "difference": [0.0106, -0.002, 0.0012]}
    )
    fig = contribution_chart(table, LIGHT, unit="ratio", form=None, adds_up=False, good="down")
    (bars,) = fig.data
    np.testing.assert_allclose(sorted(bars.x), [-0.2, 0.12, 1.06])
    assert "−0.20 pp" in bars.text
    assert fig.layout.xaxis.title.text == "Change (percentage points)"
    assert fig.layout.xaxis.tickformat is None
    low, high = fig.layout.xaxis.range
    for end, longest in ((low, -0.2), (high, 1.06)):
        assert abs(end - longest) / (high - low) * BARS_WIDE >= 6.2 * len("−0.20 pp")
    plain = contribution_chart(table, LIGHT, unit="EUR", form=None, adds_up=False, good="up")
    assert plain.layout.xaxis.title.text == "Change (€)"


def test_a_target_is_drawn_only_over_the_periods_it_was_set_for(marts: Frames) -> None:
    periods = _periods(marts, "month").head(6)
    periods["target"] = [np.nan, 100.0, np.nan, 100.0, 120.0, np.nan]
    periods.loc[2, ["value", "numerator"]] = np.nan
    starts = list(pd.to_datetime(periods["period_start"]))
    assert target_runs(periods) == [(100.0, starts[1], starts[3]), (120.0, starts[4], starts[4])]
    drawn = [trace for trace in _kpi_chart(periods).data if trace.name == "Target"]
    assert [list(trace.y) for trace in drawn] == [[100.0, 100.0], [120.0, 120.0]]
    assert min(pd.Timestamp(trace.x[0]) for trace in drawn) > starts[0]


def test_a_year_earlier_is_lighter_and_dashed_and_the_period_before_is_no_line(
    marts: Frames,
) -> None:
    periods = _periods(marts, "month")
    asked = _kpi_chart(periods, comparison="a year ago")
    line = _trace(asked, "A year earlier")
    assert (line.line.dash, line.line.color) == ("dash", LIGHT.comparison)
    np.testing.assert_array_equal(np.asarray(line.y, dtype=float), periods["year_ago_value"])
    assert list(line.x) == list(_trace(asked, "Revenue").x)
    for comparison in ("none", "previous period"):
        unasked = _kpi_chart(periods, comparison=comparison)
        assert _names(unasked) == _names(asked) - {"A year earlier"}


@pytest.mark.parametrize(
    ("grain", "start", "middle", "said", "ends"),
    [
        ("month", "2025-03-01", "2025-03-16 12:00", "March 2025", ("2025-03-01", "2025-04-01")),
        ("week", "2025-03-03", "2025-03-06 12:00", "week of 3", ("2025-03-03", "2025-03-10")),
        ("day", "2025-03-03", "2025-03-03", "3 Mar 2025", ("2025-03-02 12:00", "2025-03-03 12:00")),
    ],
)
def test_a_point_stands_at_the_middle_of_its_period_and_all_that_belongs_to_it_with_it(
    marts: Frames, grain: str, start: str, middle: str, said: str, ends: tuple[str, str]
) -> None:
    periods = _periods(marts, grain)
    periods = periods[pd.to_datetime(periods["period_start"]) <= pd.Timestamp(start)].tail(6)
    periods = periods.assign(is_complete=[True] * 5 + [False], target=[np.nan] * 5 + [900.0])
    row = marts["mart_forecasts"].iloc[0].copy()
    row["grain"], row["period_start"] = grain, pd.Timestamp(start)
    fig = _kpi_chart(periods, grain=grain, forecast=row, comparison="a year ago")
    for name in ("Revenue", "Not complete", "Expected at the end", "80 % interval"):
        assert pd.Timestamp(_trace(fig, name).x[-1]) == pd.Timestamp(middle), name
    solid, expected = _trace(fig, "Revenue"), _trace(fig, "Expected at the end")
    assert expected.x[0] == solid.x[-2]
    assert said in solid.customdata[-1][0]
    assert said in expected.hovertemplate
    assert [str(x) for x in _trace(fig, "Target").x] == [str(pd.Timestamp(each)) for each in ends]


def test_markers_are_numbered_in_order_and_close_ones_share_a_range(marts: Frames) -> None:
    days = pd.to_datetime(["2024-09-01", "2024-03-01", "2024-03-03", "2024-03-04", "2031-01-01"])
    markers = pd.DataFrame({"day": days, "kind": "release", "text": list("abcde")})
    found = numbered(markers, _periods(marts, "month"), "month")
    assert list(zip(found["text"], found["label"], strict=True)) == [
        ("b", ""),
        ("c", "1–3"),
        ("d", ""),
        ("a", "4"),
    ]
    fig = _kpi_chart(_periods(marts, "month"), markers=found)
    assert list(_trace(fig, "Release").text) == ["", "1–3", "", "4"]
    many = pd.concat([markers.head(1)] * 13, ignore_index=True)
    assert set(numbered(many, _periods(marts, "month"), "month")["label"]) == {""}


def test_releases_and_promotions_differ_in_symbol_and_dash(marts: Frames) -> None:
    shown = pd.concat(
        [release_events(marts["mart_releases"]), calendar_events(marts["mart_calendar"])]
    )
    fig = figure(LIGHT)
    events(fig, shown, LIGHT, height=1.0)
    symbols = {trace.name: trace.marker.symbol for trace in fig.data}
    assert len(set(symbols.values())) == len(symbols) == 3
    assert {shape.line.dash for shape in fig.layout.shapes} == {"dash", "dot"}


def test_a_promotion_of_several_days_is_marked_once(marts: Frames) -> None:
    found = calendar_events(marts["mart_calendar"])
    assert len(found) == 1
    assert found["text"].iloc[0] == "Autumn sale"


@pytest.fixture
def segment_rows(marts: Frames) -> Callable[[str], pd.DataFrame]:
    def rows(metric: str) -> pd.DataFrame:
        every = marts["mart_success_metrics"]
        return every[
            (every["metric_name"] == metric)
            & (every["grain"] == "month")
            & every["segment_name"].isin(["__all__", "country"])
        ]

    return rows


def test_contributions_of_revenue_add_up_to_the_change(
    segment_rows: Callable[[str], pd.DataFrame],
) -> None:
    rows = segment_rows("revenue")
    table, adds_up = contributions(rows, now="2025-02-01", before="2025-01-01")
    total = rows[rows["segment_name"] == "__all__"].set_index("period_start")["value"]
    change = total[pd.Timestamp("2025-02-01")] - total[pd.Timestamp("2025-01-01")]
    assert adds_up
    assert table["difference"].sum() == pytest.approx(change)
    assert "not known" in set(table["segment"])


def test_contributions_of_a_ratio_are_said_not_to_add_up(
    segment_rows: Callable[[str], pd.DataFrame],
) -> None:
    _, adds_up = contributions(segment_rows("return_rate"), now="2025-02-01", before="2025-01-01")
    assert not adds_up


def test_a_segment_that_vanished_took_all_of_its_value(
    segment_rows: Callable[[str], pd.DataFrame],
) -> None:
    rows = segment_rows("revenue")
    gone = (rows["segment_value"] == "FR") & (rows["period_start"] == "2025-02-01")
    lost = float(rows.loc[gone, "value"].iloc[0])
    rows = rows[~gone].copy()
    whole = (rows["segment_name"] == "__all__") & (rows["period_start"] == "2025-02-01")
    rows.loc[whole, "value"] -= lost
    table, adds_up = contributions(rows, now="2025-02-01", before="2025-01-01")
    row = table[table["segment"] == "FR"].iloc[0]
    assert adds_up
    assert row["difference"] == pytest.approx(-row["before"])


def test_many_segments_are_summed_into_the_last_bar() -> None:
    table = pd.DataFrame({"segment": [f"s{i}" for i in range(15)], "difference": range(15, 0, -1)})
    table["difference"] = table["difference"].astype(float)
    fig = contribution_chart(table, LIGHT, unit="EUR", form=",.0f", adds_up=True, good="up")
    assert len(fig.data[0].y) == 11
    assert sum(fig.data[0].x) == pytest.approx(table["difference"].sum())


def test_a_loss_is_hatched_as_well_as_coloured() -> None:
    table = pd.DataFrame({"segment": ["a", "b"], "difference": [5.0, -5.0]})
    fig = contribution_chart(table, LIGHT, unit="EUR", form=",.0f", adds_up=True, good="up")
    assert dict(zip(fig.data[0].y, fig.data[0].marker.pattern.shape, strict=True)) == {
        "a": "",
        "b": "/",
    }


def test_the_forest_shows_intervals_and_a_symbol_for_each_verdict(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    fig = forest_chart(links, LIGHT, currency="EUR")
    assert {trace.name for trace in fig.data} == {"moves", "confounded", "no evidence"}
    assert len({trace.marker.symbol for trace in fig.data}) == 3
    moves = _trace(fig, "moves")
    assert moves.x[0] + moves.error_x.array[0] == pytest.approx(16432.0)
    assert moves.x[0] - moves.error_x.arrayminus[0] == pytest.approx(8123.0)
    reversed_sign = forest_chart(links.assign(effect=-links["effect"]), LIGHT, currency="EUR")
    against = _trace(reversed_sign, "moves it, against its gain")
    assert against.marker.symbol != moves.marker.symbol
    assert list(against.x) == list(moves.x)


def test_lags_before_the_change_are_drawn_apart(marts: Frames) -> None:
    link = marts["mart_what_moves_sales"].iloc[0]
    fig = lag_chart(marts["mart_link_lags"], DARK, effect_unit="elasticity", link=link)
    before, after = _trace(fig, "Before the change (placebo)"), _trace(fig, "After the change")
    assert max(before.x) == -1
    assert min(after.x) == 0
    assert before.marker.symbol != after.marker.symbol


@pytest.mark.parametrize(
    ("low", "high", "x", "side"),
    [(0, 14, -0.5, "left"), (5, 5, 4.5, "left"), (13, 14, 14.5, "right"), (0, 1, -0.5, "left")],
)
def test_the_lags_that_fit_are_named_above_all_lines_and_never_on_the_side_of_the_placebo(
    low: int, high: int, x: float, side: str
) -> None:
    lags = pd.DataFrame({"lag_days": range(-14, 15)})
    lags = lags.assign(effect=1.0, low=0.5, high=lags["lag_days"] / 7)
    link = {"lag_set_low": low, "lag_set_high": high}
    fig = lag_chart(lags, LIGHT, effect_unit="elasticity", link=link)
    (note,) = (each for each in fig.layout.annotations if each.text == FITTING)
    assert (note.x, note.xanchor) == (x, side)
    wide = LETTER * len(FITTING) / PLOT_WIDE * 29
    assert note.x - (wide if side == "right" else 0) >= -0.5
    assert (note.y, note.yanchor) == (fig.layout.yaxis.range[1], "top")
    spread = note.y - fig.layout.yaxis.range[0]
    assert note.y - LINE_HIGH / PLOT_HIGH * spread >= lags["high"].max()


def test_the_roll_out_is_named_above_the_line_on_the_side_with_room() -> None:
    days = pd.DataFrame({"day": pd.date_range("2025-01-01", periods=30), "actual": 100.0})
    days = days.assign(counterfactual=98.0, low=90.0, high=110.0, is_left_out=False)
    for first, side in ((20, "right"), (3, "left")):
        rows = days.assign(is_left_out=days.index.isin(range(first, first + 4)))
        on = pd.Timestamp("2025-01-01") + pd.Timedelta(days=first)
        fig = impact_chart(rows, LIGHT, kpi="Revenue", unit="EUR", released_on=on)
        (note,) = (each for each in fig.layout.annotations if "roll-out" in str(each.text))
        low, high = fig.layout.yaxis.range
        assert (note.y, note.yanchor, note.xanchor) == (high, "top", side)
        assert high - LINE_HIGH / PLOT_HIGH * (high - low) >= 110.0


def test_releases_of_days_that_are_not_shown_do_not_stretch_the_axis(marts: Frames) -> None:
    series = marts["mart_link_series"].head(10)
    days = pd.to_datetime([series["day"].iloc[0], series["day"].iloc[-1]])
    releases = marts["mart_releases"].head(1)
    releases = pd.concat([releases] * 3).assign(
        released_on=[days[0], days[0] - pd.Timedelta(days=90), days[1] + pd.Timedelta(days=90)],
        metric_before=0.1,
        metric_after=0.2,
    )
    fig = series_chart(series, releases, LIGHT, metric="m", kpi="k")
    marks = [trace for trace in fig.data if "markers" in trace.mode]
    assert [list(trace.x) for trace in marks] == [[days[0]]]


def test_both_series_share_one_time_axis_and_releases_are_marked(marts: Frames) -> None:
    releases = marts["mart_link_releases"]
    fig = series_chart(
        marts["mart_link_series"], releases, LIGHT, metric="ranker NDCG", kpi="Revenue"
    )
    assert len(fig.layout.shapes) == len(releases)
    assert fig.layout.xaxis.matches == "x2"
    assert fig.data[0].line.shape == "hv"


def test_a_day_without_logs_is_blank_and_hatched_never_zero(marts: Frames) -> None:
    days = marts["mart_service_days"]
    fig = red_chart(days, LIGHT, column="day", every="day", deploys=NO_EVENTS)
    requests = _trace(fig, "Requests")
    silent = [np.datetime64(day) for day in ("2025-02-10", "2025-02-11")]
    values = dict(zip(pd.to_datetime(requests.x), requests.y, strict=True))
    assert all(np.isnan(values[pd.Timestamp(day)]) for day in silent)
    assert requests.connectgaps is False
    hatched = [trace for trace in fig.data if trace.name == "No logs"]
    assert len(hatched) == 3
    assert all(trace.fillpattern.shape == "/" for trace in hatched)


def test_an_unfinished_day_is_no_fall_in_traffic(marts: Frames) -> None:
    fig = red_chart(marts["mart_service_days"], LIGHT, column="day", every="day", deploys=NO_EVENTS)
    assert np.isnan(_trace(fig, "Requests").y[-1])
    assert _trace(fig, "Not complete").line.dash == "dot"


def _parts(fig: Any, rows: pd.DataFrame, names: dict[str, str]) -> None:
    """Each line ends before the unfinished last row, which a dotted one of its colour shows."""
    dotted = [trace for trace in fig.data if trace.name == "Not complete"]
    assert [trace.showlegend for trace in dotted] == [True] + [False] * (len(names) - 1)
    for (name, column), part in zip(names.items(), dotted, strict=True):
        usual = _trace(fig, name)
        assert np.isnan(usual.y[-1])
        assert usual.line.dash != part.line.dash == "dot"
        assert usual.line.color == part.line.color
        assert part.y[-1] == rows[column].iloc[-1]
        assert part.marker.symbol == "circle-open"
        assert part.marker.size[-1] > 1 > part.marker.size[-2]


def test_errors_and_latency_of_an_unfinished_day_are_dotted_too(marts: Frames) -> None:
    days = marts["mart_service_days"]
    fig = red_chart(days, LIGHT, column="day", every="day", deploys=NO_EVENTS)
    lines = {"Requests": "requests", "Errors": "error_ratio"}
    _parts(fig, days, lines | {name: f"latency_ms_{name}" for name in ("p50", "p95", "p99")})


def test_answers_of_an_unfinished_day_are_dotted(marts: Frames) -> None:
    days = marts["mart_service_days"]
    fig = answers_chart(days, LIGHT, deploys=NO_EVENTS)
    known = {words: name for name, words in ANSWER_SHARES.items() if words in _names(fig)}
    assert known
    _parts(fig, days, known)


def test_absent_hours_are_hatched_too(marts: Frames) -> None:
    hours = marts["mart_service_hours"]
    fig = red_chart(hours, LIGHT, column="hour_start", every="hour", deploys=NO_EVENTS)
    assert np.isnan(_trace(fig, "Requests").y[210])
    assert any(trace.name == "No logs" for trace in fig.data)


def test_the_day_from_which_half_is_rendered_can_be_seen(marts: Frames) -> None:
    fig = answers_chart(marts["mart_service_days"], LIGHT, deploys=NO_EVENTS)
    line = _trace(fig, "Rendered of what was served")
    values = pd.Series(line.y, index=pd.to_datetime(line.x))
    assert values["2025-01-19"] == 1.0
    assert values["2025-01-20"] == 0.5


def test_a_new_platform_is_pointed_at(marts: Frames) -> None:
    fig = platform_chart(marts["mart_service_platforms"], LIGHT)
    texts = [str(note.text) for note in fig.layout.annotations]
    assert "“tablet”<br>first seen" in texts
    assert "“ios”<br>first seen" not in texts


def test_the_unfinished_week_is_hatched_and_its_cycle_time_left_out(marts: Frames) -> None:
    weeks = marts["mart_delivery_weeks"]
    flow, cycle = throughput_chart(weeks, LIGHT), cycle_chart(weeks, LIGHT)
    assert flow.data[0].marker.pattern.shape[-1] == "/"
    assert len(cycle.data[0].x) == len(weeks) - 1
    assert set(cycle.data[0].marker.symbol) == {"circle-open"}


def test_what_is_open_in_an_unfinished_week_is_dotted(marts: Frames) -> None:
    weeks = marts["mart_delivery_weeks"].assign(wip=7)
    _parts(throughput_chart(weeks, LIGHT), weeks, {"Open": "open_items", "In progress": "wip"})


def test_open_items_are_counted_once_each(marts: Frames) -> None:
    bands = age_bands(marts["mart_delivery_open_items"])
    assert bands["items"].sum() == 30
    fig = age_chart(bands, LIGHT)
    assert {trace.name for trace in fig.data} == {"To do", "In progress", "Category not known"}


def test_missing_days_are_marked_on_their_source(marts: Frames) -> None:
    fig = coverage_chart(marts["mart_data_health_sources"], marts["mart_data_health_gaps"], LIGHT)
    missing = _trace(fig, "No record that day")
    assert list(missing.y) == ["logs"]
    assert "2 days" in missing.customdata[0]


def test_quarantine_is_counted_by_source_and_reason(marts: Frames) -> None:
    fig = quarantine_chart(marts["mart_data_health_quarantine"], LIGHT)
    assert dict(zip(fig.data[0].y, fig.data[0].x, strict=True)) == {
        "orders: bad number": 8,
        "logs: malformed json": 10,
    }


def test_a_release_is_drawn_with_what_would_have_been_without_it(marts: Frames) -> None:
    days = marts["mart_release_impact_series"]
    released = pd.Timestamp(marts["mart_release_impacts"]["released_on"].iloc[0])
    fig = impact_chart(days, LIGHT, kpi="Revenue", unit="EUR", released_on=released)
    without, actual = _trace(fig, "Without the release"), _trace(fig, "Revenue")
    assert min(without.x) == released
    assert min(actual.x) < released
    assert without.line.dash != actual.line.dash
    assert any(note.text == "roll-out, left out" for note in fig.layout.annotations)


def test_gains_add_up_to_the_last_release(marts: Frames) -> None:
    fig = gains_chart(marts["mart_link_gains"], DARK, currency="EUR")
    assert _trace(fig, "All releases so far").y[-1] == pytest.approx(1480.0)
