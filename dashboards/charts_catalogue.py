"""What way does a metric take from files to pages?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure
from dashboards.kept_figures import kept
from dashboards.tokens import Theme

STAGES = {
    "source": ("Source", "square"),
    "model": ("Model", "diamond"),
    "metric": ("Metric", "circle"),
    "page": ("Page", "triangle-up"),
}


@kept
def lineage_chart(nodes: pd.DataFrame, theme: Theme) -> Any:
    """Every node on a line of its own, indented by its stage, joined to the stage before.

    `nodes` has `stage` (a key of `STAGES`), `name` and `about`, in reading order.
    """
    rows = nodes.reset_index(drop=True)
    places = {stage: place for place, stage in enumerate(STAGES)}
    fig = figure(theme, height=130 + 30 * len(rows), legend_px=30)
    lines_x: list[float | None] = []
    lines_y: list[float | None] = []
    for at, row in rows.iterrows():
        before = rows[rows["stage"].map(places) < places[row["stage"]]]
        if before.empty:
            continue
        last = before["stage"].map(places).max()
        for other, node in before.iterrows():
            if places[node["stage"]] == last:
                lines_x += [last, last, places[row["stage"]], None]
                lines_y += [float(str(other)), float(str(at)), float(str(at)), None]
    fig.add_trace(
        go.Scatter(
            x=lines_x,
            y=lines_y,
            mode="lines",
            line={"color": theme.grid, "width": 1.5},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    for (stage, (name, symbol)), colour in zip(STAGES.items(), theme.series, strict=False):
        part = rows[rows["stage"] == stage]
        if part.empty:
            continue
        fig.add_trace(
            go.Scatter(
                x=[places[stage]] * len(part),
                y=part.index,
                mode="markers+text",
                marker={"symbol": symbol, "size": 12, "color": colour},
                text=[
                    f"  {each} ({about})" if stage == "source" else f"  {each}"
                    for each, about in zip(part["name"], part["about"], strict=True)
                ],
                textposition="middle right",
                name=name,
                customdata=part["about"],
                hovertemplate="%{text}: %{customdata}<extra></extra>",
                cliponaxis=False,
            )
        )
    fig.update_xaxes(range=[-0.2, 5.6], visible=False, fixedrange=True)
    fig.update_yaxes(range=[len(rows) - 0.4, -0.6], visible=False, fixedrange=True)
    return fig
