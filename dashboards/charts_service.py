"""How do services do: traffic, errors, latency, answers, and when were they silent?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import (
    between,
    complete_of,
    events,
    figure,
    hatch,
    room_for_few,
    spans,
    top_of,
    unfinished,
    with_gaps,
)
from dashboards.charts_onsets import onset_bands
from dashboards.kept_figures import kept
from dashboards.tokens import Theme

MOST_PLATFORMS = 6
MOST_VERSIONS = 12
# of what is hatched; a month's strip ends with its shortest
WIDTH_DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 28}
PANELS = {
    "requests": 1,
    "error_ratio": 2,
    "latency_ms_p50": 3,
    "latency_ms_p95": 3,
    "latency_ms_p99": 3,
}


@kept
def red_chart(
    frame: pd.DataFrame,
    theme: Theme,
    *,
    column: str,
    every: str,
    deploys: pd.DataFrame,
    onsets: pd.DataFrame | None = None,
) -> Any:
    """Requests, error ratio and latency percentiles; hours or days without a log line hatched.

    `frame` has the time in `column`, requests, error_ratio, latency_ms_p50, _p95, _p99 and may have
    is_complete: what is not complete is dotted and open. `onsets` are rows of `mart_onsets`, drawn
    as bands in the panel of their metric.
    """
    rows = with_gaps(frame, column, every)
    fig = figure(
        theme,
        height=560,
        rows=3,
        titles=[f"Requests per {every}", "Share of requests with an error", "Latency, ms"],
    )
    tops = [
        top_of(rows["requests"]),
        top_of(rows["error_ratio"]),
        top_of(rows["latency_ms_p95"], rows["latency_ms_p99"]),
    ]
    _add(fig, rows, column, "requests", theme.main, "Requests", row=1, form=",.0f")
    _add(fig, rows, column, "error_ratio", theme.bad, "Errors", row=2, form="$.3%")
    for name, shade, dash in (("p50", 0, "solid"), ("p95", 1, "dash"), ("p99", 3, "dashdot")):
        _add(
            fig,
            rows,
            column,
            f"latency_ms_{name}",
            theme.series[shade],
            name,
            row=3,
            form=",.1f",
            unit=" ms",
            dash=dash,
            show_legend=True,
        )
    silent = rows.loc[rows["requests"].isna(), column]
    gaps = spans(list(silent), width_days=WIDTH_DAYS[every])
    for row, top in enumerate(tops, 1):
        hatch(fig, gaps, theme, low=0, high=top, name="No logs", row=row, show_legend=row == 1)
        fig.update_yaxes(range=[0, top], row=row, col=1)
    fig.update_yaxes(tickformat="$.2~%", row=2, col=1)
    if len(rows) and len(deploys):
        inside = between(deploys, rows[column].iloc[0], rows[column].iloc[-1])
        events(fig, inside, theme, height=tops[0] * 0.97)
    if len(rows) and onsets is not None and len(onsets):
        ends = [pd.Timestamp(rows[column].iloc[at]).tz_localize(None) for at in (0, -1)]
        onset_bands(fig, onsets, theme, first=ends[0], last=ends[1], rows=PANELS)
    room_for_few(fig, rows[column], every)
    return fig


def _add(
    fig: Any,
    rows: pd.DataFrame,
    x: str,
    y: str,
    colour: str,
    name: str,
    *,
    row: int,
    form: str,
    unit: str = "",
    dash: str = "solid",
    show_legend: bool = False,
) -> None:
    """A line; a day that is not over is neither a fall nor a rise, so it is dotted and open."""
    done = complete_of(rows)
    fig.add_trace(
        go.Scatter(
            x=rows[x],
            y=rows[y].where(done),
            mode="lines" if len(rows) > 1 else "markers",
            line={"color": colour, "width": 1.7, "dash": dash},
            name=name,
            connectgaps=False,
            showlegend=show_legend,
            hovertemplate=f"%{{x|%-d %b %Y %H:%M}}<br>{name}: %{{y:{form}}}{unit}<extra></extra>",
        ),
        row=row,
        col=1,
    )
    if not done.all():
        part = unfinished(rows[x], rows[y], done, colour=colour, name=name, form=form, unit=unit)
        part.showlegend = all(each.name != part.name for each in fig.data)
        fig.add_trace(part, row=row, col=1)


ANSWER_SHARES = {
    "rendered_ratio": "Rendered of what was served",
    "fallback_ratio": "Answered by the fallback",
    "empty_ratio": "Answered empty",
}
ANSWER_DASHES = ("solid", "dash", "dashdot")  # dotted is what is not over


@kept
def answers_chart(days: pd.DataFrame, theme: Theme, *, deploys: pd.DataFrame) -> Any:
    """What share of the served positions was rendered, fell back or came empty, by day.

    What `is_complete` says is not over is dotted and open.
    """
    rows = with_gaps(days, "day", "day")
    known = {key: words for key, words in ANSWER_SHARES.items() if rows[key].notna().any()}
    # room for the years below the months beside a legend of four lines on a phone
    fig = figure(theme, height=360, legend_px=70)
    for at, (column, words) in enumerate(known.items()):
        colour, dash = theme.series[at], ANSWER_DASHES[at]
        _add(
            fig, rows, "day", column, colour, words, row=1, form="$.1%", dash=dash, show_legend=True
        )
    top = top_of(*[rows[column] for column in known], room=1.08)
    silent = rows.loc[rows["requests"].isna(), "day"]
    hatch(fig, spans(list(silent)), theme, low=0, high=top, name="No logs")
    if len(deploys) and len(rows):
        inside = between(deploys, rows["day"].iloc[0], rows["day"].iloc[-1])
        events(fig, inside, theme, height=top * 0.98)
    fig.update_yaxes(range=[0, top], tickformat="$.0%")
    room_for_few(fig, rows["day"], "day")
    return fig


def apart(places: Mapping[str, float], *, least: float) -> dict[str, float]:
    """Where labels stand so that each is `least` above the one below it, in their order."""
    found: dict[str, float] = {}
    lowest = least / 2
    for name, place in sorted(places.items(), key=lambda each: each[1]):
        found[name] = max(place, lowest)
        lowest = found[name] + least
    return {name: found[name] for name in places}


@kept
def platform_chart(platforms: pd.DataFrame, theme: Theme) -> Any:
    """Requests by day and platform value; a value that appears starts where it was first seen."""
    totals = platforms.groupby("platform")["requests"].sum().sort_values(ascending=False)
    fig = figure(theme, height=320)
    shown = list(totals.index[:MOST_PLATFORMS])
    first = platforms.groupby("platform")["day"].min()
    start, end = platforms["day"].min(), platforms["day"].max()
    grid = pd.date_range(start, end, freq="D")
    top = height = top_of(platforms["requests"])
    labels: dict[str, float] = {}
    for at, platform in enumerate(shown):
        rows = platforms[platforms["platform"] == platform].set_index("day")["requests"]
        rows = rows.groupby(level=0).sum().reindex(grid)
        fig.add_trace(
            go.Scatter(
                x=grid,
                y=rows,
                mode="lines",
                name=str(platform),
                line={"color": theme.series[at], "width": 1.3},
                connectgaps=False,
                showlegend=False,
                hovertemplate=f"%{{x|%-d %b %Y}}<br>{platform}: %{{y:,.0f}}<extra></extra>",
            )
        )
        known = rows.dropna()
        labels[str(platform)] = float(known.iloc[-1])
        if first[platform] > start:
            # above all lines, at its day, so that it covers none
            along = (first[platform] - start) / (end - start)
            height += 0.22 * top
            fig.add_annotation(
                x=first[platform],
                y=float(known.iloc[0]),
                text=f"“{platform}”<br>first seen",
                arrowhead=2,
                arrowwidth=1,
                arrowcolor=theme.text,
                font={"color": theme.text, "size": 12},
                bgcolor=theme.surface,
                bordercolor=theme.text,
                axref="x",
                ayref="y",
                ax=first[platform],
                ay=height - 0.1 * top,
                xanchor="left" if along < 0.3 else "right" if along > 0.7 else "center",
            )
    for at, (platform, place) in enumerate(apart(labels, least=0.075 * height).items()):
        fig.add_annotation(
            x=end,
            y=place,
            text=platform,
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"color": theme.series[at]},
        )
    longest = max((len(str(name)) for name in shown), default=0)
    fig.update_layout(margin_r=24 + 8 * longest)
    # the names at the end would stretch it otherwise
    fig.update_xaxes(range=[start, end], nticks=4, tickangle=0)
    fig.update_yaxes(range=[0, height], title_text="requests a day")
    room_for_few(fig, grid, "day")
    return fig


@kept
def versions_chart(versions: pd.DataFrame, theme: Theme) -> Any:
    """Error ratio and p95 latency of the newest versions, the newest at the right.

    `versions` has version, first_seen, requests, error_ratio, latency_ms_p95 and is_rollback.
    """
    rows = versions.sort_values("first_seen").tail(MOST_VERSIONS)
    back = rows["is_rollback"].fillna(False).astype(bool)
    # the same version may run twice: a category for each run, named by version and day
    runs = [
        f"{version}<br>{pd.Timestamp(seen):%-d %b %y}"
        for version, seen in zip(rows["version"], rows["first_seen"], strict=True)
    ]
    fig = figure(
        theme, height=400, rows=2, titles=["Share of requests with an error", "Latency p95, ms"]
    )
    for row, column, colour, said in (
        (1, "error_ratio", theme.bad, "%{y:$.3%}"),
        (2, "latency_ms_p95", theme.series[1], "%{y:,.1f} ms"),
    ):
        fig.add_trace(
            go.Scatter(
                x=runs,
                y=rows[column],
                mode="lines+markers",
                line={"color": colour, "width": 1, "dash": "dot"},
                marker={
                    "size": 10,
                    "symbol": ["triangle-left" if each else "circle" for each in back],
                },
                cliponaxis=False,
                showlegend=False,
                customdata=rows[["requests"]],
                hovertemplate=f"%{{x}}: {said}<br>%{{customdata[0]:,.0f}} requests<extra></extra>",
            ),
            row=row,
            col=1,
        )
    fig.update_yaxes(rangemode="tozero")
    fig.update_yaxes(tickformat="$.2~%", row=1, col=1)
    # upright and on one line: side by side two lines of a dozen runs overlap on a phone
    words = [run.replace("<br>", ", ") for run in runs]
    fig.update_xaxes(type="category", tickvals=runs, ticktext=words, tickangle=-90)
    return fig
