"""What is left of an error budget by day, how fast did it burn, when was somebody called?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import (
    DAY_MS,
    complete_of,
    figure,
    hatch,
    lone,
    pattern,
    room_for_few,
    spans,
    top_of,
    unfinished,
    with_gaps,
)
from dashboards.kept_figures import kept
from dashboards.tokens import Theme

LOWEST = -1.0
SEVERITIES = {"page": ("x", "Page"), "ticket": ("diamond", "Ticket")}


@kept
def burn_chart(days: pd.DataFrame, alerts: pd.DataFrame, theme: Theme) -> Any:
    """Budget left, and burn rate by day, with alert episodes; days without a line hatched.

    A day that is not over (`is_complete`) is dotted above and hatched below.

    A budget overspent by more than itself is drawn at −100 %; hovering tells the value.

    `days` has day, budget_left and burn_rate (NaN for a gap); `alerts` has rule, severity,
    peak_burn_rate and, on the local clock without a time zone, started_at and ended_at (NaT: it
    goes on).
    """
    rows = with_gaps(days, "day", "day")
    fig = figure(
        theme,
        height=420,
        rows=2,
        titles=["Share of the error budget left", "Burn rate by day (1: just what is allowed)"],
    )
    left = rows["budget_left"].astype(float)
    low, high = max(min(0.0, float(left.min())), LOWEST), 1.0
    top = max(top_of(rows["burn_rate"]), 1.5)
    _left(fig, rows, theme)
    fig.add_trace(
        go.Bar(
            x=rows["day"],
            y=rows["burn_rate"].astype(float),
            marker={
                "color": theme.main,
                "pattern": pattern(theme, ["" if done else "/" for done in complete_of(rows)]),
            },
            offset=0,
            width=DAY_MS,
            showlegend=False,
            hovertemplate="%{x|%-d %b %Y}: %{y:.2f} times the allowed rate<extra></extra>",
        ),
        row=2,
        col=1,
    )
    for row, level in ((1, 0.0), (2, 1.0)):
        fig.add_hline(
            y=level, line={"color": theme.text, "width": 1, "dash": "dot"}, row=row, col=1
        )
    silent = spans(list(rows.loc[rows["burn_rate"].isna(), "day"]))
    for row, (bottom, ceiling) in enumerate(((low * 1.05, high), (0.0, top)), 1):
        hatch(
            fig, silent, theme, low=bottom, high=ceiling, name="No logs", row=row,
            show_legend=row == 1,
        )  # fmt: skip
    _episodes(fig, alerts, rows["day"], top, theme)
    fig.update_yaxes(tickformat="$.0%", range=[low * 1.05, high * 1.05], row=1, col=1)
    fig.update_yaxes(range=[0, top], row=2, col=1)
    room_for_few(fig, rows["day"], "day")
    return fig


def _left(fig: Any, rows: pd.DataFrame, theme: Theme) -> None:
    done = complete_of(rows)
    left = rows["budget_left"].astype(float).clip(lower=LOWEST)
    fig.add_trace(
        go.Scatter(
            x=rows["day"],
            y=left.where(done),
            customdata=rows[["budget_left"]],
            mode="lines+markers" if lone(left.where(done)).any() else "lines",
            marker={"size": 5},
            line={"color": theme.main, "width": 2},
            connectgaps=False,
            showlegend=False,
            hovertemplate="%{x|%-d %b %Y}: %{customdata[0]:$.0%} left<extra></extra>",
        ),
        row=1,
        col=1,
    )
    if not done.all():
        part = unfinished(rows["day"], left, done, colour=theme.main, name="Budget left")
        part.customdata = rows[["budget_left"]]
        part.hovertemplate = "%{x|%-d %b %Y}: %{customdata[0]:$.0%} left so far<extra></extra>"
        fig.add_trace(part, row=1, col=1)


def _episodes(fig: Any, alerts: pd.DataFrame, days: pd.Series, top: float, theme: Theme) -> None:
    """A mark at each episode's start, a line to its end; pages and tickets differ in shape."""
    if alerts.empty or days.empty:
        return
    end = days.max() + pd.Timedelta(days=1)
    for place, (severity, (symbol, name)) in enumerate(SEVERITIES.items()):
        rows = alerts[alerts["severity"] == severity]
        if rows.empty:
            continue
        level = top * (0.94 - 0.1 * place)
        xs: list[Any] = []
        for _, row in rows.iterrows():
            xs += [row["started_at"], row["ended_at"] if pd.notna(row["ended_at"]) else end, None]
        fig.add_trace(
            go.Scatter(
                x=xs,
                y=[None if x is None else level for x in xs],
                mode="lines+markers",
                line={"color": theme.bad if severity == "page" else theme.warning, "width": 3},
                marker={"symbol": symbol, "size": 9},
                name=f"{name}: the alert fired",
                customdata=[
                    None if x is None else peak
                    for x, peak in zip(
                        xs, [p for p in rows["peak_burn_rate"] for _ in range(3)], strict=True
                    )
                ],
                hovertemplate=f"{name}, %{{x|%-d %b %Y %H:%M}}<br>at its worst %{{customdata:.1f}} "
                "times the allowed rate<extra></extra>",
            ),
            row=2,
            col=1,
        )
