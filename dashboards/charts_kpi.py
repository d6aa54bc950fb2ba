"""How did a KPI go, and which segments changed it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.chart_labels import LETTER, Line, Place, free_place
from dashboards.charts import (
    beside_unfinished,
    events,
    figure,
    length_of,
    middle_of,
    pattern,
    room_for_few,
    top_of,
    with_gaps,
)
from dashboards.charts_forecast import add_expected
from dashboards.kept_figures import kept
from dashboards.kpi_cards import COMPARISONS
from dashboards.tokens import Theme
from dashboards.wording import amount, axis_unit, period_name

MOST_SEGMENTS = 10
REST = "all others"
MOST_NUMBERED = 12
BARS_WIDE = 220.0  # px of a chart of bars with names beside them on a phone
MOST_WORDS = 0.7  # of its width for words; the rest is left to the bars
# so many numbers fit side by side in a chart, the narrow ones of phones included
READ_APART = 25
# the line of what is compared with: that of the period before would be the same line once more
LINES = {"a year ago": "A year earlier"}


@kept
def kpi_chart(
    periods: pd.DataFrame,
    theme: Theme,
    *,
    label: str,
    unit: str,
    form: str | None,
    grain: str,
    markers: pd.DataFrame,
    comparison: str = "",
    forecast: Any | None = None,
) -> Any:
    """The value by period; the filling one dashed and open, the target a line where it was set.

    `periods` has period_start, value, is_complete, previous_value, year_ago_value and target;
    Each point stands `at` the middle of its period. `markers` as `numbered` gives them;
    `comparison` is a key of `COMPARISONS`, of `LINES` drawn lighter and dashed; `forecast` is a
    row of `mart_forecasts`, or none.
    """
    # room for the years below the months beside a legend of six lines on a phone
    fig = figure(theme, height=396, legend_px=70)
    rows = with_gaps(periods, "period_start", grain)
    names = [period_name(start, grain) for start in rows["period_start"]]
    words = [amount(value, unit, form=form) for value in rows["value"]]
    rows = rows.assign(words=words, of=names, at=middle_of(rows["period_start"], grain))
    is_complete = rows["is_complete"].fillna(True).astype(bool)
    _, column = COMPARISONS[comparison] if comparison in LINES else ("", "")
    if column and rows[column].notna().any():
        _line(fig, rows, column, theme.comparison, LINES[comparison], dash="dash", width=1.4)
    complete = rows.assign(value=rows["value"].where(is_complete))
    _line(fig, complete, "value", theme.main, label, dash="solid", width=2.2)
    _filling(fig, rows, is_complete, theme)
    top = top_of(rows["value"], rows[column] if column else [], rows["target"])
    known = [rows["value"], *([rows[column]] if column else [])]
    drawn = [Line(rows["at"], values.astype("float64")) for values in known]
    if forecast is not None:
        whole = rows[is_complete & rows["value"].notna()].tail(1)
        last = [(row["at"], float(row["value"])) for _, row in whole.iterrows()]
        add_expected(fig, forecast, last[0] if last else None, theme)
        top = max(top, top_of([forecast["high_95"]]))
        drawn += [_coming(rows, forecast, end) for end in ("low_95", "high_95")]
    _targets(fig, rows, theme, drawn, grain=grain, unit=unit, form=form, top=top)
    if not markers.empty:
        events(fig, markers, theme, height=top)
    lowest = pd.to_numeric(rows["value"]).min()
    fig.update_yaxes(
        rangemode="tozero" if pd.isna(lowest) or lowest >= 0 else "normal",
        tickformat="$.3~%" if unit == "ratio" else None,
        title_text=f"{label}{axis_unit(unit)}",
    )
    room_for_few(fig, rows["at"], grain)
    return fig


def _coming(rows: pd.DataFrame, forecast: Any, end: str) -> Line:
    """From the last value known to one end of what is expected."""
    value = rows.loc[rows["value"].notna(), ["at", "value"]].tail(1)
    at = middle_of([forecast["period_start"]], str(forecast["grain"]))
    ends = pd.Series([*value["value"], float(forecast[end])], dtype="float64")
    return Line(pd.Series([*value["at"], *at]), ends)


def numbered(markers: pd.DataFrame, periods: pd.DataFrame, grain: str) -> pd.DataFrame:
    """The markers within the periods, oldest first, with a `label` above each: its number.

    Numbers too close to be read apart are written as one range, `3–5`; more than `MOST_NUMBERED`
    are not numbered, the labels are empty.
    """
    if periods.empty:
        return markers.head(0).assign(label=[])
    starts = pd.to_datetime(periods["period_start"])
    first, last = starts.min(), (starts + length_of(starts, grain)).max()
    inside = markers[(markers["day"] >= first) & (markers["day"] <= last)]
    rows = inside.sort_values("day", kind="stable").reset_index(drop=True)
    labels = [""] * len(rows)
    if 0 < len(rows) <= MOST_NUMBERED:
        close = (rows["day"].diff() < (last - first) / READ_APART).tolist()
        begins = [at for at, is_close in enumerate(close) if not is_close]
        for begin, end in zip(begins, [*begins[1:], len(rows)], strict=True):
            number = f"{begin + 1}" if end == begin + 1 else f"{begin + 1}–{end}"
            labels[(begin + end - 1) // 2] = number
    return rows.assign(label=labels)


def _line(
    fig: Any, rows: pd.DataFrame, column: str, colour: str, name: str, *, dash: str, width: float
) -> None:
    is_sparse = rows[column].notna().sum() <= 40
    fig.add_trace(
        go.Scatter(
            x=rows["at"],
            y=rows[column],
            mode="lines+markers" if is_sparse and dash == "solid" else "lines",
            line={"color": colour, "width": width, "dash": dash},
            marker={"size": 6},
            name=name,
            connectgaps=False,
            customdata=rows[["of", "words"]],
            hovertemplate="%{customdata[0]}<br>"
            + ("%{customdata[1]}" if column == "value" else name + ": %{y:,.4~g}")
            + "<extra></extra>",
        )
    )


def _filling(fig: Any, rows: pd.DataFrame, is_complete: pd.Series, theme: Theme) -> None:
    """The periods that are not whole: dotted to their neighbours, with open markers."""
    if is_complete.all():
        return
    part = rows.assign(value=beside_unfinished(rows["value"], is_complete))
    sizes = [8 if not done else 0.1 for done in is_complete]
    fig.add_trace(
        go.Scatter(
            x=part["at"],
            y=part["value"],
            mode="lines+markers",
            line={"color": theme.main, "width": 1.6, "dash": "dot"},
            marker={"symbol": "circle-open", "size": sizes},
            name="Not complete",
            customdata=part[["of", "words"]],
            hovertemplate="%{customdata[0]}, not complete<br>%{customdata[1]}<extra></extra>",
            connectgaps=False,
        )
    )


def _targets(
    fig: Any,
    rows: pd.DataFrame,
    theme: Theme,
    drawn: Sequence[Line],
    *,
    grain: str,
    unit: str,
    form: str | None,
    top: float,
) -> None:
    """A labelled line over the periods that a target was set for, and over no other.

    The label stands where none of the lines `drawn` is, on a phone, too: over or under the line
    of the target, or beside it.
    """
    ends = rows["at"].min(), rows["at"].max() + length_of(rows["at"], grain).iloc[-1]
    lowest = min(0.0, float(pd.to_numeric(rows["value"]).min()))
    for value, *run in target_runs(rows):
        middles, halves = middle_of(run, grain), length_of(run, grain) / 2
        first, last = (middles - halves).iloc[0], (middles + halves).iloc[1]
        words = f"target {amount(value, unit, form=form)}"
        fig.add_trace(
            go.Scatter(
                x=[first, last],
                y=[value, value],
                mode="lines",
                line={"color": theme.text, "width": 1.2, "dash": "longdash"},
                name="Target",
                showlegend=False,
                hovertemplate=f"{words}<extra></extra>",
            )
        )
        tried = [
            Place(first, value, "left", "bottom"),
            Place(last, value, "right", "bottom"),
            Place(first, value, "left", "top"),
            Place(last, value, "right", "top"),
            Place(first, value, "right", "middle"),
            Place(last, value, "left", "middle"),
            Place(first, value, "right", "bottom"),
            Place(first, value, "right", "top"),
        ]
        place = free_place(words, tried, drawn, across=ends, high=(lowest, top))
        fig.add_annotation(
            x=place.x,
            y=place.y,
            text=words,
            font={"color": theme.text},
            bgcolor=theme.band(theme.surface, opacity=0.75),
            showarrow=False,
            xanchor=place.xanchor,
            yanchor=place.yanchor,
        )


def target_runs(rows: pd.DataFrame) -> list[tuple[float, pd.Timestamp, pd.Timestamp]]:
    """Runs of periods with the same target: its value, the first and the last start.

    A period without data between two of the same target belongs to the run.
    """
    target = pd.to_numeric(rows["target"])
    before, after = target.ffill(), target.bfill()
    target = target.fillna(before.where(before == after))
    runs: list[tuple[float, pd.Timestamp, pd.Timestamp]] = []
    was_set = False
    for start, value in zip(pd.to_datetime(rows["period_start"]), target, strict=True):
        if pd.isna(value):
            was_set = False
            continue
        if was_set and runs[-1][0] == value:
            runs[-1] = (float(value), runs[-1][1], start)
        else:
            runs.append((float(value), start, start))
        was_set = True
    return runs


def contributions(rows: pd.DataFrame, *, now: Any, before: Any) -> tuple[pd.DataFrame, bool]:
    """By segment: value in two periods and the difference; and whether the differences add up.

    `rows` has segment_name, segment_value (`__all__`: the whole), period_start, value and
    denominator. Only a metric whose segments sum to its total in both periods adds up; ratios
    and counts of different people do not.
    """
    stamps = pd.to_datetime(rows["period_start"])
    is_total = rows["segment_value"] == "__all__"
    both = {}
    for name, when in (("value", now), ("before", before)):
        part = rows[(stamps == pd.Timestamp(when)) & ~is_total]
        both[name] = part.set_index("segment_value")["value"].astype(float)
    table = pd.DataFrame(both).rename_axis("segment").reset_index()
    adds_up = len(table) > 0 and bool(rows["denominator"].isna().all())
    for name, when in (("value", now), ("before", before)):
        total = rows.loc[(stamps == pd.Timestamp(when)) & is_total, "value"]
        if total.empty or pd.isna(total.iloc[0]):
            adds_up = False
        else:
            gap = abs(float(table[name].sum()) - float(total.iloc[0]))
            adds_up = adds_up and gap <= 0.001 * max(abs(float(total.iloc[0])), 1)
    if adds_up:
        table = table.fillna({"value": 0.0, "before": 0.0})
    table["difference"] = table["value"] - table["before"]
    table["segment"] = table["segment"].replace({"__null__": "not known"})
    order = table["difference"].abs().sort_values(ascending=False, na_position="last").index
    return table.loc[order].reset_index(drop=True), adds_up


@kept
def contribution_chart(
    table: pd.DataFrame, theme: Theme, *, unit: str, form: str | None, adds_up: bool, good: str
) -> Any:
    """What each segment added to or took from the change; the smallest are summed where they add.

    `table` as `contributions` gives it; `good` is the metric's good direction, up or down.
    """
    shown = table.dropna(subset=["difference"]).head(MOST_SEGMENTS)
    rest = table.dropna(subset=["difference"]).iloc[MOST_SEGMENTS:]
    if adds_up and len(rest):
        added = {"segment": f"{REST} ({len(rest)})", "difference": rest["difference"].sum()}
        shown = pd.concat([shown, pd.DataFrame([added])], ignore_index=True)
    shown = shown.iloc[::-1]
    is_good = (shown["difference"] > 0) == (good != "down")
    colours = [theme.good if ok else theme.bad for ok in is_good]
    shapes = ["" if each > 0 else "/" for each in shown["difference"]]
    words = [signed(value, unit, form) for value in shown["difference"]]
    along = shown["difference"] * (100 if unit == "ratio" else 1)  # in points, as the words are
    fig = figure(theme, height=max(220, 90 + 32 * len(shown)))
    fig.add_trace(
        go.Bar(
            x=along,
            y=shown["segment"],
            orientation="h",
            marker={
                "color": colours,
                "pattern": pattern(theme, shapes, colours=colours),
            },
            text=words,
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
            showlegend=False,
        )
    )
    fig.update_xaxes(
        range=_with_words(along, words),
        zeroline=True,
        showgrid=True,
        nticks=5,
        title_text="Change (percentage points)" if unit == "ratio" else f"Change{axis_unit(unit)}",
    )
    fig.update_yaxes(type="category")
    return fig


def _with_words(lengths: pd.Series, words: Sequence[str]) -> list[float]:
    """The range of bars from zero with room for their words at both ends, on a phone, too."""
    low, high = min(0.0, float(lengths.min())), max(0.0, float(lengths.max()))
    sides = (low < 0) + (high > 0) or 1
    room = min(LETTER * max(map(len, words), default=0) / BARS_WIDE, MOST_WORDS / sides)
    each = ((high - low) or 1.0) * room / (1 - room * sides)
    return [low - each if low else 0, high + each if high else 0]


def signed(value: float, unit: str, form: str | None) -> str:
    """A difference with its sign and unit."""
    if unit == "ratio":
        return f"{100 * value:+.2f} pp".replace("-", "−")
    return ("+" if value > 0 else "") + amount(value, unit, form=form).replace("-", "−")
