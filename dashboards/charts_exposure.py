"""Which served positions were drawn and seen: since when, by position, and of which metric@k?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import (
    between,
    complete_of,
    events,
    figure,
    gaps,
    hatch,
    length_of,
    lone,
    pattern,
    room_for_few,
    top_of,
    unfinished,
    with_gaps,
)
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import day_name, share

STAGES = (
    ("k_served", "Served", "solid"),
    ("k_rendered", "Rendered", "dash"),
    ("k_viewed", "Viewed", "dot"),
)

# shares by position, and how each is called
OF_STAGES = {
    "served_ratio": "Served of all lists",
    "rendered_ratio": "Rendered of served",
    "viewed_ratio": "Viewed of served",
}
# eight releases of three maps fit a printed sheet with what stands above them
RELEASE_PX = 14
ABOVE_SHARES = 1.15  # above it the words of lasting changes, each in a lane
LANE = 0.2
NOT_KNOWN = "Not known"
FEWEST_HIGH = 5  # fewer rows leave no room for the title of the next map
# with more positions than this, the numbers of a map have no room on a phone
MOST_WRITTEN, MOST_WRITTEN_LARGE = 12, 10
MOST_TICKS = 12


@kept
def stages_chart(
    days: pd.DataFrame,
    onsets: pd.DataFrame,
    theme: Theme,
    *,
    deploys: pd.DataFrame,
    every: str = "day",
) -> Any:
    """The share of served positions that was drawn, and positions a day (week, month) by stage.

    `onsets` are lasting changes with `onset_low`, `onset_at` and `onset_high`: shaded and named
    above all shares, where no line can be. What is not over is dotted and open; a period of which
    nothing is known breaks the lines and is hatched. Changes and releases of other days are left
    out: they would stretch the axis.
    """
    rows = with_gaps(days.sort_values("day"), "day", every)
    first, last = rows["day"].min(), (rows["day"] + length_of(rows["day"], every)).max()
    at = pd.to_datetime(onsets["onset_at"])
    moments = sorted(at[(at >= first) & (at < last)].unique())
    titles = ["Rendered of what was served", f"Positions a {every}"]
    fig = figure(theme, height=460 + 16 * len(moments), rows=2, titles=titles, legend_px=66)
    tops = [ABOVE_SHARES + LANE * len(moments), top_of(*(rows[column] for column, _, _ in STAGES))]
    rendered = ("rendered_ratio", "Rendered of served", "solid")
    _stage(fig, rows, *rendered, row=1, colour=theme.main, form="$.1%")
    for stage, colour in zip(STAGES, theme.series, strict=False):
        _stage(fig, rows, *stage, row=2, colour=colour, form=",.0f")
    for row, columns in enumerate((["rendered_ratio"], [name for name, _, _ in STAGES]), start=1):
        silent = rows.loc[rows[columns].isna().all(axis=1), "day"]
        hatch(
            fig,
            gaps(silent, every),
            theme,
            low=0,
            high=tops[row - 1],
            name=NOT_KNOWN,
            row=row,
            show_legend=row == 1,
        )
    _changes(fig, onsets[at.isin(moments)], moments, theme, middle=first + (last - first) / 2)
    events(fig, between(deploys, first, last), theme, height=1.08)
    fig.update_yaxes(range=[0, tops[0]], tickvals=[0, 0.5, 1], tickformat="$.0%", row=1, col=1)
    fig.update_yaxes(range=[0, tops[1]], row=2, col=1)
    edge = 0.015 * (last - first)
    fig.update_xaxes(range=[first - edge, last + edge])
    room_for_few(fig, rows["day"], every)
    return fig


def has_stages(days: pd.DataFrame) -> bool:
    """Whether anything is known that `stages_chart` would draw."""
    return bool(days[["rendered_ratio", *(name for name, _, _ in STAGES)]].notna().any(axis=None))


def _stage(
    fig: Any,
    rows: pd.DataFrame,
    column: str,
    name: str,
    dash: str,
    *,
    row: int,
    colour: str,
    form: str,
) -> None:
    """One line; of what is not over a dotted one to an open point, of a lone day a point."""
    done = complete_of(rows)
    values = rows[column].astype("float64").where(done)
    alone = lone(values)
    fig.add_trace(
        go.Scatter(
            x=rows["day"],
            y=values,
            mode="lines+markers" if alone.any() else "lines",
            line={"color": colour, "dash": dash, "width": 2 if row == 1 else 1.6},
            marker={"size": [6 if each else 0.1 for each in alone]} if alone.any() else None,
            name=name,
            connectgaps=False,
            showlegend=row > 1,
            hovertemplate=f"%{{x|%-d %b %Y}}: %{{y:{form}}}<extra>{name}</extra>",
        ),
        row=row,
        col=1,
    )
    if (~done & rows[column].notna()).any():
        part = unfinished(
            rows["day"], rows[column].astype("float64"), done, colour=colour, name=name, form=form
        )
        part.legendrank = 1001  # after the stages
        part.showlegend = all(each.name != part.name for each in fig.data)
        fig.add_trace(part, row=row, col=1)


def _changes(
    fig: Any, onsets: pd.DataFrame, moments: Sequence[Any], theme: Theme, *, middle: Any
) -> None:
    """Strips in which lasting changes began, and since when, one day above the other.

    The words stand on the side of the `middle`, where they fit on a phone, too.
    """
    for _, onset in onsets.iterrows():
        fig.add_vrect(
            x0=onset["onset_low"],
            x1=onset["onset_high"],
            fillcolor=theme.warning,
            opacity=0.25,
            line_width=0,
        )
    for place, moment in enumerate(moments):
        is_late = pd.Timestamp(moment) > middle
        fig.add_annotation(
            x=moment,
            y=ABOVE_SHARES + LANE * (place + 0.5),
            text=f"since {day_name(moment)}",
            showarrow=False,
            xanchor="right" if is_late else "left",
            xshift=-6 if is_late else 6,
            font={"color": theme.warning},
            row=1,
            col=1,
        )


@kept
def positions_chart(positions: pd.DataFrame, theme: Theme) -> Any:
    """How often each position was served, drawn and seen, before and after a day.

    `positions` has `position`, `is_after`, `served_ratio` (of all lists), `rendered_ratio` and
    `viewed_ratio` (of what was served).
    """
    fig = figure(theme, height=400, rows=3, titles=list(OF_STAGES.values()), legend_px=72)
    for is_after, name, colour, dash, symbol in (
        (False, "Before", theme.comparison, "dash", "circle-open"),
        (True, "Since then", theme.main, "solid", "circle"),
    ):
        part = positions[positions["is_after"] == is_after].sort_values("position")
        for row, column in enumerate(OF_STAGES, start=1):
            if part.empty:
                continue
            fig.add_trace(
                go.Scatter(
                    x=part["position"],
                    y=part[column],
                    mode="lines+markers",
                    line={"color": colour, "dash": dash},
                    marker={"symbol": symbol, "size": 8},
                    name=name,
                    cliponaxis=False,
                    showlegend=row == 1,
                    hovertemplate="position %{x}: %{y:$.1%}<extra>" + name + "</extra>",
                ),
                row=row,
                col=1,
            )
    fig.update_yaxes(range=[0, 1.08], tickformat="$.0%")
    _position_axis(fig, positions["position"], row=len(OF_STAGES))
    return fig


def _position_axis(fig: Any, positions: pd.Series, *, row: int) -> None:
    """Positions from 1, upright, and of many only as many as a phone has room for."""
    step = -(-int(positions.max() if len(positions) else 1) // MOST_TICKS)
    fig.update_xaxes(tick0=1, dtick=step, tickangle=0)
    fig.update_xaxes(title_text="position in the list", row=row, col=1)


@kept
def releases_chart(rows: pd.DataFrame, theme: Theme) -> Any:
    """Position by release: three maps of how often each was served, drawn and seen, in per cent.

    `rows` has `release` (its name, oldest first), `position` and the three shares of
    `OF_STAGES`. What no record tells is left blank; 0 is written. Of more positions than
    `MOST_WRITTEN` the colours alone tell, and what is pointed at.
    """
    releases = list(dict.fromkeys(rows["release"]))
    titles = [f"{name}, %" for name in OF_STAGES.values()]
    height = 76 + len(OF_STAGES) * (36 + RELEASE_PX * max(len(releases), FEWEST_HIGH))
    fig = figure(theme, height=height, rows=len(OF_STAGES), titles=titles)
    for row, (column, name) in enumerate(OF_STAGES.items(), start=1):
        shares = rows.pivot(index="release", columns="position", values=column).reindex(releases)
        has_room = len(shares.columns) <= MOST_WRITTEN
        fig.add_trace(
            go.Heatmap(
                z=shares.to_numpy(dtype="float64"),
                x=list(shares.columns),
                y=releases,
                text=[
                    [f"{100 * each:.0f}" if pd.notna(each) and has_room else "" for each in line]
                    for line in shares.to_numpy(dtype="float64")
                ],
                texttemplate="%{text}",
                textfont={
                    "color": theme.text,
                    "size": 10 if len(shares.columns) <= MOST_WRITTEN_LARGE else 9,
                },
                colorscale=[[0, theme.surface], [1, theme.main]],
                zmin=0,
                zmax=1.6,
                xgap=2,
                ygap=2,
                showscale=False,
                hoverongaps=False,
                name=name,
                hovertemplate="%{y}<br>position %{x}: %{z:$.1%}<extra>" + name + "</extra>",
            ),
            row=row,
            col=1,
        )
    fig.update_yaxes(type="category", autorange="reversed", showgrid=False, title_text="")
    # every release has its name
    fig.update_yaxes(tickfont={"size": 10}, tickvals=releases, ticktext=short_names(releases))
    fig.update_xaxes(showgrid=False)
    _position_axis(fig, rows["position"], row=len(OF_STAGES))
    return fig


def short_names(releases: Sequence[str]) -> list[str]:
    """Versions alone, as a phone has room for no more; with the day where one was released twice.

    `v12` of `v12, 27 Jan 2026`, `before` of `before, from 1 Oct 2024`, else `v12, 27 Jan 26`.
    """
    parted = [name.partition(", ") for name in releases]
    versions = [version for version, _, _ in parted]
    return [
        version if versions.count(version) == 1 else f"{version}, {day[:-4]}{day[-2:]}"
        for version, _, day in parted
    ]


@kept
def seen_chart(seen: pd.DataFrame, theme: Theme) -> Any:
    """How much of a metric@k's weight was drawn and seen since a day, of 100 % as served.

    `seen` has `metric`, `served`, `rendered` and `viewed`, shares of the weight.
    """
    rows = seen.iloc[::-1]
    fig = figure(theme, height=max(260, 130 + 62 * len(rows)), legend_px=66)
    for column, name, colour, shape in (
        ("viewed", "As seen", theme.series[2], "."),
        ("rendered", "As drawn", theme.main, "/"),
        ("served", "As served", theme.comparison, ""),
    ):
        fig.add_trace(
            go.Bar(
                x=rows[column],
                y=rows["metric"],
                orientation="h",
                marker={"color": colour, "pattern": pattern(theme, [shape] * len(rows))},
                name=name,
                text=["" if pd.isna(value) else share(value) for value in rows[column]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:$.1%}<extra>" + name + "</extra>",
            )
        )
    fig.update_xaxes(range=[0, 1.05], tickformat="$.0%", title_text="share of the metric's weight")
    names = list(rows["metric"])
    wrapped = [str(name).replace(" ", "<br>", 1) for name in names]
    fig.update_yaxes(type="category", title_text="", tickvals=names, ticktext=wrapped)
    fig.update_layout(legend_traceorder="reversed", margin={"r": 48})  # room for "100 %"
    return fig
