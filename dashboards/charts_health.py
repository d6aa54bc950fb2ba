"""From when to when is there data, where is it missing, and what was refused?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure, spans
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import count, day_name

MOST_REASONS = 12


@kept
def coverage_chart(sources: pd.DataFrame, gaps: pd.DataFrame, theme: Theme) -> Any:
    """One bar a source from its first to its last record; days with no record are marked."""
    rows = sources.dropna(subset=["first_at", "data_through"])
    names = list(rows["source"])[::-1]
    fig = figure(theme, height=max(200, 100 + 38 * len(rows)))
    xs: list[Any] = []
    ys: list[Any] = []
    for _, row in rows.iterrows():
        xs += [row["first_at"], row["data_through"], None]
        ys += [row["source"], row["source"], None]
    fig.add_trace(
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines+markers",
            line={"color": theme.main, "width": 9},
            marker={"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": theme.main}},
            name="Has records",
            hovertemplate="%{y}: %{x|%-d %b %Y}<extra></extra>",
        )
    )
    missing = gaps[gaps["source"].isin(names)]
    if len(missing):
        fig.add_trace(_missing_days(missing, theme))
    fig.update_yaxes(type="category", categoryorder="array", categoryarray=names)
    fig.update_yaxes(range=[-0.6, len(names) - 0.4])
    return fig


def coverage_table(sources: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """What `coverage_chart` draws, a row a bar and a row a cross: source, what, from, to, days.

    A bar ends with its last record, a cross with the last day without one.
    """
    bars = sources.dropna(subset=["first_at", "data_through"])
    rows = [
        (row["source"], "has records", row["first_at"], row["data_through"])
        for _, row in bars.iterrows()
    ]
    for source, missing in gaps[gaps["source"].isin(bars["source"])].groupby("source"):
        for start, end in spans(list(missing["gap_day"])):
            rows.append((str(source), "no record", start, end - pd.Timedelta(days=1)))
    told = pd.DataFrame(rows, columns=["source", "what", "from", "to"])
    for column in ("from", "to"):
        told[column] = pd.to_datetime([pd.Timestamp(each).date() for each in told[column]])
    told["days"] = (told["to"] - told["from"]).dt.days + 1
    return told.sort_values(["source", "from", "what"], ignore_index=True)


def _missing_days(gaps: pd.DataFrame, theme: Theme) -> Any:
    xs: list[Any] = []
    ys: list[str] = []
    words: list[str] = []
    for source, rows in gaps.groupby("source"):
        for start, end in spans(list(rows["gap_day"])):
            days = (end - start).days
            xs.append(start + (end - start) / 2)
            ys.append(str(source))
            words.append(f"{count(days, 'day')} without a record from {day_name(start)}")
    return go.Scatter(
        x=xs,
        y=ys,
        mode="markers",
        marker={"symbol": "x", "size": 12, "color": theme.bad, "line": {"width": 1}},
        name="No record that day",
        customdata=words,
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )


@kept
def quarantine_chart(quarantine: pd.DataFrame, theme: Theme) -> Any:
    """How many records each source had refused, by reason."""
    counted = quarantine.groupby(["source", "reason"])["rows"].sum().reset_index()
    rows = counted.sort_values("rows", ascending=False).head(MOST_REASONS).iloc[::-1]
    names = [
        f"{source}: {str(reason).replace('_', ' ')}"
        for source, reason in zip(rows["source"], rows["reason"], strict=True)
    ]
    fig = figure(theme, height=max(180, 80 + 34 * len(rows)))
    fig.add_trace(
        go.Bar(
            x=rows["rows"],
            y=names,
            orientation="h",
            marker={"color": theme.bad},
            text=[f"{value:,.0f}" for value in rows["rows"]],
            textposition="auto",
            insidetextfont={"color": theme.surface},
            showlegend=False,
            hovertemplate="%{y}: %{x:,.0f} records<extra></extra>",
        )
    )
    fig.update_xaxes(title_text="records refused", showgrid=True, rangemode="tozero")
    fig.update_yaxes(type="category")
    return fig
