"""How do the segments add up to the change from one period to another?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure, pattern
from dashboards.charts_kpi import MOST_SEGMENTS, REST, signed
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import amount, axis_unit

WHOLE = "Whole change"


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
    """The change in steps from zero, one a segment and the largest first, and the whole of it.

    `table` as `contributions` gives it where differences add up; `before` and `now` are the
    names and values of the two periods, which stand in words: on an axis that holds both zero
    and two large values, the steps between them could not be seen, and on one that begins
    elsewhere a small change would look like a collapse.
    """
    steps = table.head(MOST_SEGMENTS)[["segment", "difference"]]
    rest = table.iloc[MOST_SEGMENTS:]
    if len(rest):
        added = {"segment": f"{REST} ({len(rest)})", "difference": rest["difference"].sum()}
        steps = pd.concat([steps, pd.DataFrame([added])], ignore_index=True)
    ends = steps["difference"].cumsum()
    starts = ends - steps["difference"]
    whole = now[1] - before[1]
    fig = figure(theme, height=174 + 34 * len(steps))
    _steps(fig, steps, starts, theme, unit=unit, form=form, good=good)
    _whole(fig, whole, theme)
    first, last = (amount(value, unit, form=form) for _, value in (before, now))
    _beside(fig, 0.0, before[0], first, theme, shift=2)
    _beside(fig, max(whole, 0.0), WHOLE, signed(whole, unit, form), theme, shift=2)
    _beside(fig, whole, now[0], last, theme, shift=2)
    fig.add_vline(x=0, line={"color": theme.comparison, "width": 1})
    low, high = min(0.0, whole, ends.min()), max(0.0, whole, ends.max())
    span = (high - low) or 1.0
    fig.update_xaxes(
        range=[low - 0.06 * span, high + 0.22 * span],
        showgrid=True,
        nticks=5,
        title_text=f"Change since {before[0]}{axis_unit(unit)}",
    )
    names = [before[0], *steps["segment"], WHOLE, now[0]]
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


def _whole(fig: Any, change: float, theme: Theme) -> None:
    """The bar of the whole change, from zero, in a colour of no segment."""
    fig.add_trace(
        go.Bar(
            x=[change],
            base=[0.0],
            y=[WHOLE],
            orientation="h",
            marker={"color": theme.neutral},
            showlegend=False,
            hovertemplate="%{y}: %{x:+,.5~g}<extra></extra>",
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
