"""How many of the customers of a month come back in the months after?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import count, period_name

MOST_COHORTS = 13
MOST_MONTHS = 12


def cohort_table(cells: pd.DataFrame, column: str) -> pd.DataFrame:
    """The newest cohorts by month since: the given column, or NaN where that month is not over.

    `cells` has cohort_month, months_since and the column. The first month is left out: it is 1.
    """
    later = cells[cells["months_since"].between(1, MOST_MONTHS)]
    wide = later.pivot(index="cohort_month", columns="months_since", values=column)
    wide = wide.astype(float).dropna(how="all").sort_index()
    return wide.dropna(how="all", axis=1).tail(MOST_COHORTS)


@kept
def cohort_chart(cells: pd.DataFrame, theme: Theme) -> Any:
    """A heat map: a row a month of first orders, a column a month since, shares written in."""
    shares = cohort_table(cells, "retention")
    ordered = cohort_table(cells, "active_customers").reindex_like(shares)
    sizes = cells.drop_duplicates("cohort_month").set_index("cohort_month")["cohort_customers"]
    names = [period_name(month, "month") for month in shares.index]
    known = shares.notna()
    top = float(shares.max().max()) if known.any().any() else 1.0
    words = [
        [
            f"{ordered.loc[month, since]:,.0f} of {count(sizes[month], 'customer')}"
            if known.loc[month, since]
            else ""
            for since in shares.columns
        ]
        for month in shares.index
    ]
    fig = figure(theme, height=96 + 28 * len(shares))
    fig.add_trace(
        go.Heatmap(
            z=shares.to_numpy(),
            x=[str(since) for since in shares.columns],
            y=names,
            customdata=words,
            text=[
                [f"{100 * share:.0f}" if pd.notna(share) else "" for share in row]
                for row in shares.to_numpy()
            ],
            texttemplate="%{text}",
            colorscale=[[0, theme.surface], [1, theme.main]],
            zmin=0,
            zmax=top * 1.6,
            xgap=2,
            ygap=2,
            showscale=False,
            hoverongaps=False,
            textfont={"color": theme.text},
            hovertemplate="First order %{y}, %{x} months later: %{z:$.1%}<br>%{customdata}"
            "<extra></extra>",
        )
    )
    fig.update_xaxes(
        title_text="Months since the first order, %",
        type="category",
        side="top",
        tickangle=0,
    )
    fig.update_yaxes(type="category", autorange="reversed", showgrid=False)
    fig.update_layout(margin={"t": 48})
    return fig
