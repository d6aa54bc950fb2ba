"""How does work flow: what is finished, how long it takes, how old is what is open?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure, pattern, room_for_few, top_of, unfinished, with_gaps
from dashboards.kept_figures import kept
from dashboards.tokens import DASHES, Theme
from dashboards.wording import share

AGES = ((7, "up to a week"), (30, "up to a month"), (90, "up to a quarter"), (None, "older"))
CATEGORIES = {"to_do": "To do", "in_progress": "In progress", "done": "Done"}


@kept
def throughput_chart(weeks: pd.DataFrame, theme: Theme, *, every: str = "week") -> Any:
    """Items finished and created a week, and below what is open.

    The unfinished week is hatched, and what is open in it dotted with an open point.
    Of months `every` is month, and their first day is in `month_start`.
    """
    start = f"{every}_start"
    rows = with_gaps(weeks, start, every)
    is_open = ~rows["is_complete"].fillna(True).astype(bool)
    fig = figure(
        theme, height=440, rows=2, titles=[f"Items a {every}", f"At the end of the {every}"]
    )
    fig.add_trace(
        go.Bar(
            x=rows[start],
            y=rows["finished"],
            name="Finished",
            marker={
                "color": theme.main,
                "pattern": pattern(theme, ["/" if each else "" for each in is_open]),
            },
            hovertemplate=f"{every} of %{{x|%-d %b %Y}}<br>finished: %{{y:,.0f}}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    created = rows.assign(created=rows["created"].where(~is_open))
    _weekly(fig, created, "created", "Created", theme.series[1], "dash", row=1, every=every)
    # what is in progress is often known at the end of the data only: a point must show too
    marks = ["diamond"] * len(rows)
    for column, name, colour, dash, symbols in (
        ("open_items", "Open", theme.series[2], "solid", None),
        ("wip", "In progress", theme.series[3], "dashdot", marks),
    ):
        over = rows.assign(**{column: rows[column].where(~is_open)})
        _weekly(fig, over, column, name, colour, dash, row=2, symbols=symbols, every=every)
        if is_open.any():
            part = unfinished(rows[start], rows[column], ~is_open, colour=colour, name=name)
            part.showlegend = all(each.name != part.name for each in fig.data)
            fig.add_trace(part, row=2, col=1)
    fig.update_yaxes(rangemode="tozero")
    room_for_few(fig, rows[start], every)
    return fig


@kept
def cycle_chart(weeks: pd.DataFrame, theme: Theme, *, every: str = "week") -> Any:
    """Median and 85th percentile of the cycle time by week of finishing; rough ones are open.

    A week that is not over is left out: what finishes early in it is not the whole of it.
    """
    start = f"{every}_start"
    rows = with_gaps(weeks[weeks["is_complete"].astype(bool)], start, every)
    fig = figure(theme, height=320)
    is_rough = rows["is_approximate"].fillna(False).astype(bool)
    for column, words, colour, dash in (
        ("cycle_time_days_p50", "Half of the items took at most", theme.main, "solid"),
        ("cycle_time_days_p85", "85 of 100 took at most", theme.series[1], "dash"),
    ):
        symbols = ["circle-open" if rough else "circle" for rough in is_rough]
        _weekly(
            fig, rows, column, words, colour, dash, row=1, symbols=symbols, form=",.1f", every=every
        )
    fig.update_yaxes(
        range=[0, top_of(rows["cycle_time_days_p85"], rows["cycle_time_days_p50"])],
        title_text="days",
    )
    return fig


@kept
def deployments_chart(weeks: pd.DataFrame, theme: Theme) -> Any:
    """Deployments a week; the week that is not over hatched."""
    rows = with_gaps(weeks, "week_start", "week")
    is_done = rows["is_complete"].fillna(True).astype(bool)
    fig = figure(theme, height=240)
    fig.add_trace(
        go.Bar(
            x=rows["week_start"],
            y=rows["deployments"],
            marker={
                "color": theme.series[3],
                "pattern": pattern(theme, ["" if done else "/" for done in is_done]),
            },
            name="Deployments",
            showlegend=False,
            hovertemplate="week of %{x|%-d %b %Y}<br>%{y:,.0f} deployments<extra></extra>",
        )
    )
    fig.update_yaxes(rangemode="tozero", title_text="deployments a week")
    return fig


def _weekly(
    fig: Any,
    rows: pd.DataFrame,
    column: str,
    name: str,
    colour: str,
    dash: str,
    *,
    row: int,
    symbols: list[str] | None = None,
    form: str = ",.0f",
    every: str = "week",
) -> None:
    fig.add_trace(
        go.Scatter(
            x=rows[f"{every}_start"],
            y=rows[column],
            mode="lines+markers" if symbols else "lines",
            line={"color": colour, "width": 1.9, "dash": dash},
            marker={"symbol": symbols or "circle", "size": 7},
            name=name,
            connectgaps=False,
            hovertemplate=f"{every} of %{{x|%-d %b %Y}}<br>{name}: %{{y:{form}}}<extra></extra>",
        ),
        row=row,
        col=1,
    )


def age_bands(items: pd.DataFrame) -> pd.DataFrame:
    """How many open items there are by band of age and status category."""
    limits = [-1.0, *(float(days) for days, _ in AGES if days is not None), float("inf")]
    bands = pd.cut(items["age_days"].astype(float), limits, labels=[name for _, name in AGES])
    known = items["status_category"].map(CATEGORIES).fillna("Category not known")
    counted = pd.DataFrame({"age": bands, "status": known})
    table = counted.groupby(["age", "status"], observed=False).size().rename("items")
    return table.reset_index()


@kept
def age_chart(bands: pd.DataFrame, theme: Theme) -> Any:
    """Open items by age, split by status category."""
    fig = figure(theme, height=300)
    for at, (status, rows) in enumerate(bands.groupby("status", sort=False)):
        fig.add_trace(
            go.Bar(
                x=rows["age"].astype(str),
                y=rows["items"],
                name=str(status),
                marker={
                    "color": theme.series[at % len(theme.series)],
                    "pattern": pattern(theme, [["", "/", ".", "x"][at % 4]] * len(rows)),
                },
                hovertemplate=f"{status}, %{{x}}: %{{y:,.0f}} items<extra></extra>",
            )
        )
    fig.update_layout(barmode="stack")
    names = [name for _, name in AGES]
    wrapped = [name.replace("up to ", "up to<br>") for name in names]
    fig.update_xaxes(tickvals=names, ticktext=wrapped, tickangle=0)
    fig.update_yaxes(rangemode="tozero", title_text="open items")
    return fig


@kept
def done_by_chart(forecasts: pd.DataFrame, theme: Theme) -> Any:
    """By when the open items are done, one line a certainty, from the last week known.

    `forecasts` are rows of `mart_delivery_forecasts` of the question `when done`.
    """
    rows = forecasts.sort_values("certainty")
    start = pd.Timestamp(rows["last_week"].iloc[0]) + pd.Timedelta(days=6)
    fig = figure(theme, height=110 + 44 * len(rows))
    for at, (_, row) in enumerate(rows.iterrows()):
        name = f"{share(row['certainty'])} sure"
        end = pd.Timestamp(row["finish_by"])
        fig.add_trace(
            go.Scatter(
                x=[start, end],
                y=[name, name],
                mode="lines+markers+text",
                line={"color": theme.main, "width": 6 - 2 * at, "dash": DASHES[at % len(DASHES)]},
                marker={"symbol": "diamond", "size": [0.1, 12], "color": theme.main},
                text=["", f"{end.day} {end:%b %Y}"],
                textposition="middle right",
                textfont={"color": theme.text},
                cliponaxis=False,
                showlegend=False,
                hovertemplate=f"{name}: done by {end.day} {end:%b %Y}<extra></extra>",
            )
        )
    last = pd.Timestamp(rows["finish_by"].max())
    fig.update_xaxes(range=[start, last + (last - start) * 0.05], showgrid=True)
    fig.update_xaxes(nticks=3, tickangle=0)
    fig.update_yaxes(type="category", autorange="reversed")
    # the day beside the last point, on phones too, and days of two lines
    fig.update_layout(margin={"r": 84, "b": 51})
    return fig


@kept
def how_many_chart(forecasts: pd.DataFrame, theme: Theme) -> Any:
    """At least how many items are finished in the coming weeks, by certainty.

    `forecasts` are rows of `mart_delivery_forecasts` of the question `how many`.
    """
    fig = figure(theme, height=280)
    for at, (certainty, rows) in enumerate(forecasts.groupby("certainty")):
        name = f"{share(float(str(certainty)))} sure"
        fig.add_trace(
            go.Bar(
                x=[f"in {int(weeks)} weeks" for weeks in rows["weeks"]],
                y=rows["answer_items"].astype(float),
                name=name,
                marker={
                    "color": theme.series[at],
                    "pattern": pattern(theme, [["", "/", "x"][at % 3]] * len(rows)),
                },
                text=[f"{items:,.0f}" for items in rows["answer_items"].astype(float)],
                textposition="outside",
                hovertemplate=f"%{{x}}, {name}: at least %{{y:,.0f}} items<extra></extra>",
            )
        )
    fig.update_layout(barmode="group")
    fig.update_yaxes(
        range=[0, top_of(forecasts["answer_items"], room=1.2)], title_text="items, at least"
    )
    return fig
