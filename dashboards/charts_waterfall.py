"""How do the segments add up from one period's value to another's?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure, pattern
from dashboards.charts_kpi import MOST_SEGMENTS, REST, signed
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import amount


@kept
def waterfall_chart(
    table: pd.DataFrame,
    theme: Theme,
    *,
    unit: str,
    form: str | None,
    good: str,
    before: tuple[str, float],
    now: tuple[str, float],
) -> Any:
    """From the value before to the value now, one step a segment, the largest first.

    `table` as `contributions` gives it where differences add up; `before` and `now` are the
    names and values of the two periods. The totals are points, not bars, for the axis need not
    begin at zero.
    """
    steps = table.head(MOST_SEGMENTS)[["segment", "difference"]]
    rest = table.iloc[MOST_SEGMENTS:]
    if len(rest):
        added = {"segment": f"{REST} ({len(rest)})", "difference": rest["difference"].sum()}
        steps = pd.concat([steps, pd.DataFrame([added])], ignore_index=True)
    ends = before[1] + steps["difference"].cumsum()
    starts = ends - steps["difference"]
    fig = figure(theme, height=120 + 34 * len(steps))
    _steps(fig, steps, starts, theme, unit=unit, form=form, good=good)
    for name, value in (before, now):
        words = amount(value, unit, form=form)
        _beside(fig, value, name, words, theme, shift=9)
        fig.add_trace(
            go.Scatter(
                x=[value],
                y=[name],
                mode="markers",
                marker={"symbol": "diamond", "size": 12, "color": theme.text},
                text=[words],
                cliponaxis=False,
                showlegend=False,
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        )
        fig.add_vline(x=value, line={"color": theme.comparison, "width": 1, "dash": "dot"})
    low, high = min(starts.min(), ends.min()), max(starts.max(), ends.max())
    span = (high - low) or abs(high) or 1.0
    fig.update_xaxes(range=[low - 0.06 * span, high + 0.2 * span], showgrid=True, nticks=5)
    names = [before[0], *steps["segment"], now[0]]
    fig.update_yaxes(type="category", categoryorder="array", categoryarray=names[::-1])
    fig.update_layout(margin={"r": 60})  # labels of the last steps, on narrow screens too
    return fig


def _steps(
    fig: Any,
    steps: pd.DataFrame,
    starts: pd.Series,
    theme: Theme,
    *,
    unit: str,
    form: str | None,
    good: str,
) -> None:
    rises = steps["difference"] > 0
    words = [signed(value, unit, form) for value in steps["difference"]]
    ends = pd.concat([starts, starts + steps["difference"]], axis=1).max(axis=1)
    for segment, end, text in zip(steps["segment"], ends, words, strict=True):
        _beside(fig, end, segment, text, theme, shift=2)
    colours = [theme.good if up == (good != "down") else theme.bad for up in rises]
    fig.add_trace(
        go.Bar(
            x=steps["difference"],
            base=starts,
            y=steps["segment"],
            orientation="h",
            marker={
                "color": colours,
                "pattern": pattern(theme, ["" if up else "/" for up in rises], colours=colours),
            },
            text=words,
            textposition="none",
            showlegend=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )


def _beside(fig: Any, x: float, y: str, words: str, theme: Theme, *, shift: int) -> None:
    """Words right of a point or bar, before the lines behind them; never over the names."""
    fig.add_annotation(
        x=x,
        y=y,
        text=words,
        showarrow=False,
        xanchor="left",
        xshift=shift,
        bgcolor=theme.surface,
        borderpad=1,
    )
