"""What do model metrics move: how much, how late, and what did both series do?"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.chart_labels import LETTER, PLOT_WIDE, room_above
from dashboards.charts import band, between, events, figure, ticks, top_of, with_unit
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import AGAINST, axis_unit, is_against_gain, is_missing, money_month, sign_of

NAME_CHARACTERS = 46  # fit side by side in a chart on a phone
FITTING = "lags that fit"
VERDICT_SYMBOLS = {
    "moves": "circle",
    AGAINST: "square",
    "no evidence": "circle-open",
    "not enough data": "diamond-open",
    "confounded": "x",
    "invalid data": "x-open",
}


def link_name(row: Any) -> str:
    """`recommender NDCG@10 → Revenue`."""
    name = f"{row['entity']} {row['metric_label']}"
    if not is_missing(row.get("dataset")) and row["dataset"]:
        name += f" on {row['dataset']}"
    return f"{name} → {row['kpi_label']}"


@kept
def forest_chart(links: pd.DataFrame, theme: Theme, *, currency: str) -> Any:
    """Money a month of every link with its 95 % interval, the zero line, one symbol a verdict."""
    known = links.dropna(subset=["money_month"]).iloc[::-1]
    names = [link_name(row) for _, row in known.iterrows()]
    said = [
        AGAINST if row["verdict"] == "moves" and is_against_gain(row) else row["verdict"]
        for _, row in known.iterrows()
    ]
    lines = {
        name: wrap(name.replace("→ ", "→\u00a0"), NAME_CHARACTERS, break_on_hyphens=False)
        for name in names
    }
    most = max(map(len, lines.values()), default=1)
    height = max(240, 130 + (26 + 15 * most) * len(known))
    fig = figure(theme, height=height, legend_px=66)
    for verdict, symbol in VERDICT_SYMBOLS.items():
        at = [i for i, each in enumerate(said) if each == verdict]
        if not at:
            continue
        rows = known.iloc[at]
        colour = {"moves": theme.main, AGAINST: theme.bad}.get(verdict, theme.neutral)
        fig.add_trace(
            go.Scatter(
                x=rows["money_month"],
                y=[names[i] for i in at],
                mode="markers",
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": rows["money_month_high"] - rows["money_month"],
                    "arrayminus": rows["money_month"] - rows["money_month_low"],
                    "color": colour,
                    "thickness": 2 if verdict in ("moves", AGAINST) else 1.2,
                },
                marker={"symbol": symbol, "size": 11, "color": colour},
                name=verdict,
                customdata=[money_month(row, currency=currency) for _, row in rows.iterrows()],
                hovertemplate="%{y}<br>%{customdata}<extra>" + verdict + "</extra>",
            )
        )
    fig.add_vline(x=0, line={"color": theme.text, "width": 1})
    fig.update_xaxes(title_text=f"{sign_of(currency)} a month, with 95 % interval", showgrid=True)
    fig.update_yaxes(
        type="category", categoryorder="array", categoryarray=names, range=[-0.5, len(names)]
    )
    fig.update_yaxes(showticklabels=False)
    for name in lines:
        _above(fig, name, "<br>".join(lines[name]), theme)
    return fig


def _above(fig: Any, name: str, words: str, theme: Theme) -> None:
    """The name of a row above it from the left edge: beside it none is left of a phone's width."""
    fig.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=name,
        yanchor="bottom",
        yshift=9,
        text=words,
        align="left",
        showarrow=False,
        font={"size": 12},
        bgcolor=theme.surface,
        borderpad=1,
    )


@kept
def lag_chart(lags: pd.DataFrame, theme: Theme, *, effect_unit: str, link: Any) -> Any:
    """Effect by days after a change with its band; left of zero the days before: a placebo."""
    return lag_figure(lags, theme, effect_unit=effect_unit, link=link)


def lag_figure(lags: pd.DataFrame, theme: Theme, *, effect_unit: str, link: Any) -> Any:
    """The figure of `lag_chart`, to draw more into."""
    rows = lags.sort_values("lag_days")
    fig = figure(theme, height=350, legend_px=66)
    fig.add_trace(
        band(
            rows["lag_days"],
            rows["low"],
            rows["high"],
            colour=theme.band(theme.main),
            name="95 % interval",
        )
    )
    for name, part, symbol, dash in (
        ("Before the change (placebo)", rows[rows["lag_days"] < 0], "diamond-open", "dot"),
        ("After the change", rows[rows["lag_days"] >= 0], "circle", "solid"),
    ):
        fig.add_trace(
            go.Scatter(
                x=part["lag_days"],
                y=part["effect"],
                mode="lines+markers",
                line={"color": theme.main, "dash": dash},
                marker={"symbol": symbol, "size": 7},
                name=name,
                customdata=part[["low", "high"]],
                hovertemplate="%{x} days: %{y:.3g} "
                "[%{customdata[0]:.3g} to %{customdata[1]:.3g}]<extra></extra>",
            )
        )
    fig.add_hline(y=0, line={"color": theme.text, "width": 1})
    if rows["lag_days"].min() < 0:
        fig.add_vline(x=-0.5, line={"color": theme.muted, "width": 1, "dash": "dash"})
    bottom, top = room_above(rows["low"], rows["high"], rows["effect"], [0.0])
    low, high = link["lag_set_low"], link["lag_set_high"]
    if not is_missing(low) and not is_missing(high):
        ends = float(low) - 0.5, float(high) + 0.5
        fig.add_vrect(
            x0=ends[0], x1=ends[1], fillcolor=theme.comparison, opacity=0.14, line_width=0
        )
        # from the start of the band to the right, away from the placebo; to the left at the end
        last = float(rows["lag_days"].max()) + 0.5
        wide = LETTER * (len(FITTING) + 1) / PLOT_WIDE * (last + 0.5 - rows["lag_days"].min())
        is_last = ends[0] + wide > last and ends[1] - wide > -0.5
        fig.add_annotation(
            x=ends[1] if is_last else ends[0],
            y=top,
            text=FITTING,
            showarrow=False,
            xanchor="right" if is_last else "left",
            yanchor="top",
            xshift=-4 if is_last else 4,
            font={"color": theme.muted},
        )
    fig.update_xaxes(title_text="days between the metric and the KPI", dtick=7, zeroline=False)
    fig.update_yaxes(title_text=f"effect ({effect_unit})", range=[bottom, top])
    return fig


@kept
def series_chart(
    series: pd.DataFrame,
    releases: pd.DataFrame,
    theme: Theme,
    *,
    metric: str,
    kpi: str,
    unit: str = "",
) -> Any:
    """The metric above, the KPI in `unit` below, on one time axis with the metric's releases."""
    rows = series.sort_values("day")
    fig = figure(theme, height=440, rows=2, titles=[metric, f"{kpi} by day{axis_unit(unit)}"])
    for row, column, colour, shape, name, said in (
        (1, "metric_value", theme.series[1], "hv", metric, "%{y:,.5~g}"),
        (2, "kpi_value", theme.main, "linear", kpi, with_unit(unit)),
    ):
        line = {"color": colour, "width": 1.8, "shape": shape}
        add_course(fig, rows, column, row=row, line=line, name=name, said=said)
    words = [_release_words(row) for _, row in releases.iterrows()]
    mark_releases(fig, releases, words, rows, theme)
    top = top_of(rows["kpi_value"])
    fig.update_yaxes(range=[0, top], tickformat=ticks(unit), row=2, col=1)
    return fig


def add_course(
    fig: Any,
    rows: pd.DataFrame,
    column: str,
    *,
    row: int,
    line: dict[str, Any],
    name: str,
    said: str,
) -> None:
    """One series by day in its own row of the chart; a gap stays one. `said` when pointed at."""
    fig.add_trace(
        go.Scatter(
            x=rows["day"],
            y=rows[column],
            mode="lines",
            line=line,
            name=name,
            connectgaps=False,
            showlegend=False,
            hovertemplate="%{x|%-d %b %Y}: " + said + "<extra></extra>",
        ),
        row=row,
        col=1,
    )


def mark_releases(
    fig: Any, releases: pd.DataFrame, words: Sequence[str], rows: pd.DataFrame, theme: Theme
) -> None:
    """Releases with their words above the known values of a metric, in the first row.

    `rows` are the days that are shown, with `metric_value`; releases of other days are left out.
    """
    known = rows["metric_value"].dropna()
    if not len(releases) or not len(known):
        return
    spread = float(known.max() - known.min()) or abs(float(known.max())) or 1.0
    days = pd.to_datetime(releases["released_on"])
    marks = pd.DataFrame({"day": days, "kind": "release", "text": words})
    shown = between(marks, rows["day"].min(), rows["day"].max())
    events(fig, shown, theme, height=float(known.max()) + 0.12 * spread)


def _release_words(row: Any) -> str:
    before, after = row["metric_before"], row["metric_after"]
    if is_missing(before) or is_missing(after):
        return str(row["version"])
    return f"{row['version']}: {float(before):.4g} → {float(after):.4g}"
