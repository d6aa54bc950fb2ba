"""Which served positions were drawn and seen: since when, by position, and of which metric@k?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import events, figure, pattern, top_of
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
FEWEST_HIGH = 5  # fewer rows leave no room for the title of the next map
# with more positions than this, the numbers of a map have no room
MOST_WRITTEN = 20


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

    `onsets` are lasting changes with `onset_low`, `onset_at` and `onset_high`: shaded and named.
    An unfinished last day is left out; a day of which nothing is known breaks the lines.
    """
    rows = days[days["is_complete"].fillna(False).astype(bool)].sort_values("day")
    titles = ["Rendered of what was served", f"Positions a {every}"]
    fig = figure(theme, height=460, rows=2, titles=titles, legend_px=66)
    fig.add_trace(
        go.Scatter(
            x=rows["day"],
            y=rows["rendered_ratio"],
            mode="lines",
            line={"color": theme.main, "width": 2},
            name="Rendered of served",
            showlegend=False,
            connectgaps=False,
            hovertemplate="%{x|%-d %b %Y}: %{y:$.1%}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    for (column, name, dash), colour in zip(STAGES, theme.series, strict=False):
        fig.add_trace(
            go.Scatter(
                x=rows["day"],
                y=rows[column],
                mode="lines",
                line={"color": colour, "dash": dash, "width": 1.6},
                name=name,
                connectgaps=False,
                hovertemplate="%{x|%-d %b %Y}: %{y:,.0f}<extra>" + name + "</extra>",
            ),
            row=2,
            col=1,
        )
    for _, onset in onsets.iterrows():
        fig.add_vrect(
            x0=onset["onset_low"],
            x1=onset["onset_high"],
            fillcolor=theme.warning,
            opacity=0.25,
            line_width=0,
        )
        fig.add_annotation(
            x=onset["onset_at"],
            y=0.5,
            text=f"since {day_name(onset['onset_at'])}",
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"color": theme.warning},
            bgcolor=theme.surface,
            row=1,
            col=1,
        )
    events(fig, deploys, theme, height=1.08)
    fig.update_yaxes(range=[0, 1.15], tickformat="$.0%", row=1, col=1)
    fig.update_yaxes(range=[0, top_of(*(rows[column] for column, _, _ in STAGES))], row=2, col=1)
    return fig


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
    fig.update_xaxes(title_text="position in the list", dtick=1, row=3, col=1)
    return fig


@kept
def releases_chart(rows: pd.DataFrame, theme: Theme) -> Any:
    """Position by release: three maps of how often each was served, drawn and seen, in per cent.

    `rows` has `release` (its name, oldest first), `position` and the three shares of
    `OF_STAGES`. What no record tells is left blank; 0 is written.
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
                textfont={"color": theme.text, "size": 10},
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
    fig.update_yaxes(dtick=1, tickfont={"size": 10})  # every release has its name
    fig.update_xaxes(showgrid=False)
    fig.update_xaxes(title_text="position in the list", dtick=1, row=len(OF_STAGES), col=1)
    return fig


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
