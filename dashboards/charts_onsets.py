"""Since when is a series at its level, and what preceded the change?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards import onset_words
from dashboards.charts import complete_of, figure, top_of, unfinished, with_gaps, with_unit
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import axis_unit

CAUSE_SYMBOLS = {
    "deploy": "triangle-down",
    "release": "triangle-down",
    "rollback": "triangle-left",
    "promotion": "diamond",
    "holiday": "star",
    "incident": "x",
    "experiment": "cross",
    "unknown category value": "circle",
}
WINDOW = {"hour": pd.Timedelta(days=2), "day": pd.Timedelta(days=28)}
MOST_CAUSES = 6
NEAR_CAUSE = 0.06  # of the axis: a symbol and a number beside it on a phone


def window(onset: Any) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The local span that is drawn around a change: as much after it as before, or its episode."""
    side = WINDOW[str(onset["grain"])]
    start, end = pd.Timestamp(onset["onset_low"]) - side, pd.Timestamp(onset["onset_high"]) + side
    ended = onset["ended_at"]
    if pd.notna(ended):
        end = min(max(end, pd.Timestamp(ended) + side / 4), end + 2 * side)
    return start, end


@kept
def onset_chart(
    series: pd.DataFrame | None, onset: Any, causes: pd.DataFrame, theme: Theme, *, column: str
) -> Any:
    """The series around one change: onset interval as a band, both levels, numbered causes.

    `series` has the local time in `column` (no time zone) and the metric's own column; without
    it only the levels are drawn. `onset` is a row of `mart_onsets`, `causes` its rows.
    """
    start, end = window(onset)
    fig = figure(theme, height=360, legend_px=66)
    metric, unit = str(onset["metric_name"]), str(onset["unit"] or "")
    tops = [[onset["level_before"], onset["level_after"]]]
    if series is not None:
        rows = with_gaps(series, column, str(onset["grain"]))
        rows = rows[(rows[column] >= start) & (rows[column] <= end)]
        tops.append(list(rows[metric]))
        _series(fig, rows, column, metric, str(onset["label"]), theme, unit=unit)
    top = max(top_of(each, room=1.3) for each in tops)
    _levels(fig, onset, start, end, theme)
    _interval(fig, onset, top, theme)
    _causes(fig, causes, start, end, top, theme)
    fig.update_xaxes(range=[start, end])
    fig.update_yaxes(
        range=[0, top],
        tickformat="$.3~%" if unit == "ratio" else None,
        title_text=f"{onset['label']}{axis_unit(unit)}",
    )
    return fig


def _interval(fig: Any, onset: Any, top: float, theme: Theme) -> None:
    """The band in which the change began."""
    low, high = onset["onset_low"], onset["onset_high"]
    fig.add_trace(
        go.Scatter(
            x=[low, low, high, high],
            y=[0, top, top, 0],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=theme.band(theme.warning, opacity=0.3),
            name="It began in here (95 %)",
            hoverinfo="skip",
        )
    )


def _series(
    fig: Any,
    rows: pd.DataFrame,
    column: str,
    metric: str,
    label: str,
    theme: Theme,
    *,
    unit: str,
) -> None:
    """The values; of what `is_complete` says is not over, dotted to an open point."""
    done = complete_of(rows)
    said = with_unit(unit, form=",.4~g")
    if not done.all():
        colour = theme.main
        part = unfinished(rows[column], rows[metric], done, colour=colour, name=label)
        part.hovertemplate = f"%{{x|%-d %b %Y}}<br>{label} so far: {said}<extra></extra>"
        fig.add_trace(part)
    fig.add_trace(
        go.Scatter(
            x=rows[column],
            y=rows[metric].where(done),
            mode="lines+markers",
            line={"color": theme.main, "width": 1.3},
            marker={"size": 4},
            name=label,
            connectgaps=False,
            hovertemplate=f"%{{x|%-d %b %Y %H:%M}}: {said}<extra></extra>",
        )
    )


def _levels(fig: Any, onset: Any, start: Any, end: Any, theme: Theme) -> None:
    """The level before and the level since, to its end where it ended."""
    at, ended = pd.Timestamp(onset["onset_at"]), onset["ended_at"]
    said = with_unit(str(onset["unit"] or ""), form=",.4~g")
    until = min(pd.Timestamp(ended), end) if pd.notna(ended) else end
    for name, xs, level, dash, colour in (
        ("Level before", [start, at], onset["level_before"], "dash", theme.comparison),
        ("Level since", [at, until], onset["level_after"], "solid", theme.bad),
    ):
        fig.add_trace(
            go.Scatter(
                x=xs,
                y=[level, level],
                mode="lines",
                line={"color": colour, "width": 2.6, "dash": dash},
                name=name,
                hovertemplate=f"{name}: {said}<extra></extra>",
            )
        )


def _causes(fig: Any, causes: pd.DataFrame, start: Any, end: Any, top: float, theme: Theme) -> None:
    """What preceded it, numbered by rank, one below the other so that none hides another."""
    at = pd.to_datetime(causes["happened_at"])
    inside = causes.assign(happened_at=at)[(at >= start) & (at <= end)].head(MOST_CAUSES)
    if inside.empty:
        return
    for moment in inside["happened_at"]:
        fig.add_vline(
            x=moment, line={"color": theme.release, "width": 1, "dash": "dash"}, opacity=0.5
        )
    fig.add_trace(
        go.Scatter(
            x=inside["happened_at"],
            y=[top * (0.96 - 0.075 * place) for place in range(len(inside))],
            mode="markers+text",
            marker={
                "symbol": [CAUSE_SYMBOLS.get(str(kind), "square") for kind in inside["kind"]],
                "size": 10,
                "color": theme.release,
            },
            text=[f"{rank}" for rank in inside["rank"]],
            textposition=_sides(inside["happened_at"], end - start),
            textfont={"color": theme.text},
            name="What preceded it, by rank",
            customdata=inside[["kind", "name"]],
            hovertemplate="%{text}. %{customdata[0]} %{customdata[1]}<br>"
            "%{x|%-d %b %Y %H:%M}<extra></extra>",
        )
    )


def _sides(moments: pd.Series, span: pd.Timedelta) -> list[str]:
    """On which side of each cause its number stands: not across the line of a cause near by."""
    near = span * NEAR_CAUSE
    sides = []
    for at in moments:
        right = ((moments > at) & (moments < at + near)).any()
        left = ((moments < at) & (moments > at - near)).any()
        sides.append("middle left" if right and not left else "middle right")
    return sides


def onset_bands(
    fig: Any, onsets: pd.DataFrame, theme: Theme, *, first: Any, last: Any, rows: dict[str, int]
) -> None:
    """Bands where the changes of panels' metrics began, in the panel of each.

    `rows` says in which panel a metric is drawn; changes outside `first` to `last` are left out.
    """
    for _, onset in onsets[onsets["metric_name"].isin(list(rows))].iterrows():
        low, high = pd.Timestamp(onset["onset_low"]), pd.Timestamp(onset["onset_high"])
        if high < first or low > last:
            continue
        fig.add_vrect(
            x0=low,
            x1=high,
            row=rows[str(onset["metric_name"])],
            col=1,
            fillcolor=theme.warning,
            opacity=0.3,
            line_width=0,
            annotation_text=f"{onset['label']} {onset_words.verb(onset)}",
            annotation_position="top left",
            annotation_font={"color": theme.text, "size": 11},
        )
