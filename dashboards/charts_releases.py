"""What did one release do, and what did all of them add up to?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.chart_labels import room_above
from dashboards.charts import band, figure, with_unit
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import axis_unit, money, sign_of


@kept
def impact_chart(
    days: pd.DataFrame, theme: Theme, *, kpi: str, unit: str, released_on: pd.Timestamp
) -> Any:
    """The KPI around a release, and what it would have been without, with its 95 % band."""
    rows = days.sort_values("day")
    fig = figure(theme, height=340, legend_px=66)
    after = rows[rows["day"] >= released_on].dropna(subset=["low", "high"])
    fig.add_trace(
        band(
            after["day"],
            after["low"],
            after["high"],
            colour=theme.band(theme.comparison),
            name="95 % of what it would have been",
        )
    )
    for name, column, part, colour, dash in (
        ("Without the release", "counterfactual", after, theme.comparison, "dash"),
        (kpi, "actual", rows, theme.main, "solid"),
    ):
        fig.add_trace(
            go.Scatter(
                x=part["day"],
                y=part[column],
                mode="lines",
                line={"color": colour, "dash": dash, "width": 1.8},
                name=name,
                hovertemplate="%{x|%-d %b %Y}: " + with_unit(unit) + "<extra></extra>",
            )
        )
    left_out = rows.loc[rows["is_left_out"].fillna(False).astype(bool), "day"]
    bottom, top = room_above(rows["actual"], after["counterfactual"], after["low"], after["high"])
    if len(left_out):
        _left_out(fig, left_out, rows["day"], theme, top=top)
    fig.add_vline(x=released_on, line={"color": theme.text, "width": 1, "dash": "dot"})
    fig.update_yaxes(title_text=f"{kpi} a day{axis_unit(unit)}", range=[bottom, top])
    return fig


def _left_out(fig: Any, left_out: pd.Series, days: pd.Series, theme: Theme, *, top: float) -> None:
    """The days of the roll-out, named above all lines, on the side with more days."""
    start, end = left_out.min(), left_out.max() + pd.Timedelta(days=1)
    fig.add_vrect(x0=start, x1=end, fillcolor=theme.comparison, opacity=0.14, line_width=0)
    is_late = start - days.min() > days.max() - end
    fig.add_annotation(
        x=start if is_late else end,
        y=top,
        text="roll-out, left out",
        showarrow=False,
        xanchor="right" if is_late else "left",
        yanchor="top",
        xshift=-4 if is_late else 4,
        font={"color": theme.muted},
    )


@kept
def gains_chart(gains: pd.DataFrame, theme: Theme, *, currency: str) -> Any:
    """Money a month of all releases up to each one, with its 95 % band."""
    rows = gains.sort_values("place")
    fig = figure(theme, height=320, legend_px=66)
    known = rows.dropna(subset=["cumulative_money_month_low", "cumulative_money_month_high"])
    fig.add_trace(
        band(
            known["released_on"],
            known["cumulative_money_month_low"],
            known["cumulative_money_month_high"],
            colour=theme.band(theme.main),
            name="95 % interval",
        )
    )
    alone, so_far = (money(f"%{{{at}:,.3s}}", currency) for at in ("customdata[1]", "y"))
    fig.add_trace(
        go.Scatter(
            x=rows["released_on"],
            y=rows["cumulative_money_month"],
            mode="lines+markers",
            line={"color": theme.main, "width": 1.8, "shape": "hv"},
            name="All releases so far",
            customdata=rows[["version", "money_month"]],
            hovertemplate="%{customdata[0]}, %{x|%-d %b %Y}: "
            f"alone {alone}, so far {so_far} a month<extra></extra>",
        )
    )
    fig.add_hline(y=0, line={"color": theme.text, "width": 1})
    fig.update_yaxes(title_text=f"{sign_of(currency)} a month")
    return fig
