"""Where will the period end, day by day and as a whole?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import band, figure, middle_of, top_of
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import axis_unit, period_name


@kept
def forecast_chart(days: pd.DataFrame, theme: Theme, *, label: str, unit: str) -> Any:
    """The days of a period: seen solid, expected dashed with bands of 80 and 95 %.

    `days` has day, actual, expected, low_80, high_80, low_95 and high_95.
    """
    rows = days.sort_values("day")
    fig = figure(theme, height=320, legend_px=66)
    seen = rows[rows["actual"].notna()]
    # the band starts at the last day seen, where nothing is open yet
    coming = pd.concat([seen.tail(1), rows[rows["actual"].isna()]])
    for part, strength in (("95", 0.16), ("80", 0.3)):
        fig.add_trace(_band(coming, part, theme, strength))
    for name, frame, column, dash in (
        ("Expected", coming, "expected", "dash"),
        (label, seen, "actual", "solid"),
    ):
        fig.add_trace(
            go.Scatter(
                x=frame["day"],
                y=frame[column],
                mode="lines+markers",
                line={"color": theme.main, "width": 2, "dash": dash},
                marker={"symbol": "circle-open" if dash == "dash" else "circle", "size": 6},
                name=name,
                hovertemplate=f"%{{x|%a %-d %b %Y}}<br>{name}: %{{y:,.5~g}}<extra></extra>",
            )
        )
    fig.update_yaxes(
        range=[0, top_of(rows["actual"], rows["high_95"])],
        title_text=f"{label} a day{axis_unit(unit)}",
    )
    return fig


def _band(rows: pd.DataFrame, part: str, theme: Theme, strength: float) -> Any:
    return band(
        rows["day"],
        rows[f"low_{part}"],
        rows[f"high_{part}"],
        colour=theme.band(theme.main, opacity=strength),
        name=f"{part} of 100 such days",
    )


def add_expected(fig: Any, forecast: Any, last: tuple[Any, float] | None, theme: Theme) -> None:
    """Where the filling period will end: an open diamond with both intervals, dashed to it.

    `forecast` is a row of `mart_forecasts`, `last` the point of the last whole period: where it
    stands, the middle of it, and its value.
    """
    at = middle_of([forecast["period_start"]], str(forecast["grain"])).iloc[0]
    expected = float(forecast["expected"])
    filling = period_name(forecast["period_start"], forecast["grain"])
    points = [(at, expected)] if last is None else [last, (at, expected)]
    for part, width in (("95", 1.4), ("80", 4.0)):
        fig.add_trace(
            go.Scatter(
                x=[at, at],
                y=[forecast[f"low_{part}"], forecast[f"high_{part}"]],
                mode="lines",
                line={"color": theme.main, "width": width},
                name=f"{part} % interval",
                showlegend=False,
                hovertemplate=f"{part} % interval: %{{y:,.5~g}}<extra></extra>",
            )
        )
    fig.add_trace(
        go.Scatter(
            x=[x for x, _ in points],
            y=[y for _, y in points],
            mode="lines+markers",
            line={"color": theme.main, "width": 1.6, "dash": "dash"},
            marker={
                "symbol": "diamond-open",
                "size": [0.1] * (len(points) - 1) + [10],
                "color": theme.main,
            },
            name="Expected at the end",
            hovertemplate=f"Expected at the end of {filling}: %{{y:,.5~g}}<extra></extra>",
        )
    )
