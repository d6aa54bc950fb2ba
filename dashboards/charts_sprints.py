"""What became of what a team committed to, sprint by sprint?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure, pattern
from dashboards.kept_figures import kept
from dashboards.tokens import Theme

PARTS = (
    ("completed_committed", "Committed and done", ""),
    ("completed_added", "Added later and done", "/"),
    ("carried_over", "Carried over", "."),
    ("removed", "Taken out", "x"),
)


@kept
def sprint_chart(sprints: pd.DataFrame, theme: Theme) -> Any:
    """Items of each sprint by what became of them, and the commitment as a line of marks.

    `sprints` are rows of `mart_delivery_sprints`, oldest first. The sprint that runs is left out.
    """
    rows = sprints[sprints["is_complete"].astype(bool)]
    rows = rows.assign(completed_added=rows["completed"] - rows["completed_committed"])
    rows = rows.assign(sprint_name=_told_apart(rows))
    names = _short(list(rows["sprint_name"]))
    fig = figure(theme, height=320)
    for at, (column, name, shape) in enumerate(PARTS):
        fig.add_trace(
            go.Bar(
                x=names,
                customdata=rows["sprint_name"],
                y=rows[column].astype(float),
                name=name,
                marker={
                    "color": theme.series[at],
                    "pattern": pattern(theme, [shape] * len(rows)),
                },
                hovertemplate=f"%{{customdata}}<br>{name}: %{{y:,.0f}}<extra></extra>",
            )
        )
    fig.add_trace(
        go.Scatter(
            x=names,
            customdata=rows["sprint_name"],
            y=rows["committed"].astype(float),
            mode="markers",
            marker={"symbol": "line-ew-open", "size": 18, "color": theme.text},
            name="Committed",
            hovertemplate="%{customdata}<br>committed: %{y:,.0f}<extra></extra>",
        )
    )
    fig.update_layout(barmode="stack")
    fig.update_xaxes(type="category", tickangle=0)
    fig.update_yaxes(rangemode="tozero", title_text="items")
    return fig


def _told_apart(rows: pd.DataFrame) -> list[str]:
    """The names of sprints; those that several bear with id and source."""
    names = rows["sprint_name"].astype(str)
    return [
        f"{name}, id {number} of {source}" if is_shared else name
        for name, is_shared, source, number in zip(
            names, names.duplicated(keep=False), rows["source"], rows["sprint_id"], strict=True
        )
    ]


def _short(names: list[str]) -> list[str]:
    """Names without the words that all of them begin with: `REC Sprint 81` is `81`."""
    words = [name.split() for name in names]
    shared = 0
    while len(names) > 1 and len({tuple(each[: shared + 1]) for each in words}) == 1:
        shared += 1
        if shared >= min(map(len, words)):
            return names
    return [" ".join(each[shared:]) for each in words]
