"""What way does a metric take from files to pages?"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.catalogue_words import STEPS
from dashboards.charts import figure
from dashboards.kept_figures import kept
from dashboards.tokens import Theme

SYMBOLS = ("square", "square-open", "diamond-open", "diamond", "circle", "hexagon", "triangle-up")
ROW_PX = 26
# Within a step, what reads another of it stands a little to the right, this often at most.
SHIFT, MOST_SHIFTS = 0.14, 4


@kept
def lineage_chart(way: pd.DataFrame, theme: Theme) -> Any:
    """The steps from left to right, each node on a line of its own, joined to what it reads.

    `way` has `stage` (a key of `STEPS`), `name`, `about` and `reads` (a JSON list of names), in
    the order of the way. Of two nodes of one name the nearer is read.
    """
    rows = way.reset_index(drop=True)
    read, across = _joined(rows)
    fig = figure(theme, height=150 + ROW_PX * len(rows), legend_px=50)
    lines_x: list[float | None] = []
    lines_y: list[float | None] = []
    for at, sources in enumerate(read):
        for source in sources:
            lines_x += [across[source], across[source], across[at], None]
            lines_y += [source, at, at, None]
    fig.add_trace(
        go.Scatter(
            x=lines_x,
            y=lines_y,
            mode="lines",
            line={"color": theme.muted, "width": 1},
            opacity=0.6,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    for number, (stage, label) in enumerate(STEPS.items()):
        part = rows[rows["stage"] == stage]
        if part.empty:
            continue
        fig.add_trace(
            go.Scatter(
                x=[across[int(str(at))] for at in part.index],
                y=part.index,
                mode="markers+text",
                marker={
                    "symbol": SYMBOLS[number],
                    "size": 10,
                    "color": theme.series[number % len(theme.series)],
                    "line": {"width": 2},
                },
                text=[f"  {name}" for name in part["name"]],
                textposition="middle right",
                name=f"{number + 1} {label}",
                customdata=part["about"],
                hovertemplate="%{text}: %{customdata}<extra></extra>",
                cliponaxis=False,
            )
        )
    fig.update_xaxes(range=[-0.2, 2 * len(STEPS)], visible=False, fixedrange=True)
    fig.update_yaxes(range=[len(rows) - 0.4, -0.6], visible=False, fixedrange=True)
    return fig


def _joined(rows: pd.DataFrame) -> tuple[list[list[int]], list[float]]:
    """Of each row, the rows that it reads and how far to the right it stands."""
    places = {stage: place for place, stage in enumerate(STEPS)}
    known: dict[str, int] = {}
    read: list[list[int]] = []
    shifts: list[int] = []
    for at, (stage, name, reads) in enumerate(
        zip(rows["stage"], rows["name"], rows["reads"], strict=True)
    ):
        read.append([known[each] for each in json.loads(reads) if each in known])
        beside = [shifts[other] + 1 for other in read[at] if rows["stage"].iloc[other] == stage]
        shifts.append(min(max(beside, default=0), MOST_SHIFTS))
        known[str(name)] = at
    stages = rows["stage"].map(places)
    return read, [place + SHIFT * shift for place, shift in zip(stages, shifts, strict=True)]
