"""What does all the evidence on one pair of a metric and a KPI look like?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.chart_labels import room_above
from dashboards.charts import figure, room_for_few, ticks, top_of, with_unit
from dashboards.charts_links import VERDICT_SYMBOLS, add_course, lag_figure, mark_releases
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import axis_unit, is_missing

DAY = "%{x|%-d %b %Y}"


@kept
def course_chart(
    series: pd.DataFrame,
    releases: pd.DataFrame,
    theme: Theme,
    *,
    metric: str,
    kpi: str,
    unit: str = "",
) -> Any:
    """Metric, KPI in `unit` and, where there is one, whitened KPI on one time axis, with releases.

    What is whitened is counted in standard deviations of a day.
    """
    rows = series.sort_values("day")
    is_whitened = "kpi_whitened" in rows
    titles = [metric, f"{kpi} by day{axis_unit(unit)}, as it is"]
    if is_whitened:
        titles.append(f"{kpi}, whitened")
    fig = figure(theme, height=560 if is_whitened else 400, rows=len(titles), titles=titles)
    for row, column, colour, shape in (
        (1, "metric_value", theme.series[1], "hv"),
        (2, "kpi_value", theme.main, "linear"),
        (3, "kpi_whitened", theme.neutral, "linear"),
    )[: len(titles)]:
        line = {"color": colour, "width": 1.6 if row < 3 else 1, "shape": shape}
        name = (metric, kpi, "Whitened")[row - 1]
        said = with_unit(unit if row == 2 else None)
        add_course(fig, rows, column, row=row, line=line, name=name, said=said)
    if is_whitened:
        fig.add_hline(y=0, line={"color": theme.muted, "width": 1}, row=3, col=1)
    top = top_of(rows["kpi_value"])
    fig.update_yaxes(range=[0, top], tickformat=ticks(unit), row=2, col=1)
    versions = [str(version) for version in releases["version"]] if len(releases) else []
    mark_releases(fig, releases, versions, rows, theme)
    return fig


@kept
def placebo_chart(lags: pd.DataFrame, theme: Theme, *, effect_unit: str, link: Any) -> Any:
    """Effect by lag; the days before the change, where nothing may show, are shaded."""
    fig = lag_figure(lags, theme, effect_unit=effect_unit, link=link)
    if lags["lag_days"].min() < 0:
        fig.add_vrect(
            x0=float(lags["lag_days"].min()) - 0.5,
            x1=-0.5,
            fillcolor=theme.warning,
            opacity=0.1,
            line_width=0,
        )
        fig.add_annotation(
            x=float(lags["lag_days"].min()) - 0.5,
            y=fig.layout.yaxis.range[1],
            text="placebo",
            showarrow=False,
            xanchor="left",
            yanchor="top",
            font={"color": theme.muted},
        )
    return fig


@kept
def releases_chart(releases: pd.DataFrame, theme: Theme, *, link: Any, kpi: str) -> Any:
    """Every release: the metric's change against the KPI's step with its 95 % error bar.

    `link` is the releases' own evidence; its effect is drawn as the slope through all of them.
    """
    fig = figure(theme, height=400, legend_px=66)
    x_name, y_name = "log_change", "kpi_log_change"
    rows = releases.dropna(subset=[x_name, y_name])
    usable = rows["is_usable"].fillna(False).astype(bool)
    if len(rows) and not is_missing(link["effect"]):
        _slope(fig, theme, rows[x_name], link=link)
    for name, part, symbol, colour in (
        ("Release", rows[usable], "circle", theme.main),
        ("Not usable", rows[~usable], "x", theme.neutral),
    ):
        if part.empty:
            continue
        fig.add_trace(
            go.Scatter(
                x=part[x_name],
                y=part[y_name],
                mode="markers",
                error_y=_bars(
                    part["kpi_log_change_high"] - part[y_name],
                    colour,
                    below=part[y_name] - part["kpi_log_change_low"],
                ),
                marker={"symbol": symbol, "size": 9, "color": colour},
                name=name,
                customdata=[
                    [version, pd.Timestamp(day).strftime("%d %b %Y")]
                    for version, day in zip(part["version"], part["released_on"], strict=True)
                ],
                hovertemplate="%{customdata[0]}, %{customdata[1]}: metric %{x:+.3g}, "
                "KPI %{y:+.3g}<extra></extra>",
            )
        )
    fig.add_hline(y=0, line={"color": theme.text, "width": 1})
    is_log = str(link["effect_unit"]).startswith("elasticity")
    word = "log change" if is_log else "change"
    fig.update_xaxes(title_text=f"{word} of the metric", showgrid=True, zeroline=True)
    fig.update_yaxes(title_text=f"step of {kpi} ({word})")
    return fig


def _slope(fig: Any, theme: Theme, changes: pd.Series, *, link: Any) -> None:
    """The effect as a line through no change, its interval as a fan."""
    ends = [min(float(changes.min()), 0.0), max(float(changes.max()), 0.0)]
    low, high = link["effect_low"], link["effect_high"]
    if not is_missing(low) and not is_missing(high):
        fan = [
            (end, sorted((float(low) * end, float(high) * end))) for end in (ends[0], 0, ends[1])
        ]
        fig.add_trace(
            go.Scatter(
                x=[end for end, _ in fan] + [end for end, _ in reversed(fan)],
                y=[each[0] for _, each in fan] + [each[1] for _, each in reversed(fan)],
                fill="toself",
                fillcolor=theme.band(theme.comparison),
                line={"width": 0},
                mode="lines",
                name="95 % interval of the effect",
                hoverinfo="skip",
            )
        )
    fig.add_trace(
        go.Scatter(
            x=ends,
            y=[float(link["effect"]) * end for end in ends],
            mode="lines",
            line={"color": theme.comparison, "dash": "dash"},
            name="Effect over all releases",
            hoverinfo="skip",
        )
    )


@kept
def impacts_chart(impacts: pd.DataFrame, theme: Theme, *, kpi: str) -> Any:
    """The KPI's lasting step at each release with its 95 % interval, a symbol a verdict."""
    fig = figure(theme, height=340, legend_px=66)
    known = impacts.dropna(subset=["effect"]).sort_values("released_on")
    for verdict, rows in known.groupby("verdict", sort=False):
        colour = theme.main if verdict == "moves" else theme.neutral
        fig.add_trace(
            go.Scatter(
                x=rows["released_on"],
                y=rows["effect"],
                mode="markers",
                error_y=_bars(
                    rows["effect_high"] - rows["effect"],
                    colour,
                    below=rows["effect"] - rows["effect_low"],
                ),
                marker={
                    "symbol": VERDICT_SYMBOLS.get(str(verdict), "circle"),
                    "size": 10,
                    "color": colour,
                },
                name=str(verdict),
                customdata=rows["version"],
                hovertemplate="%{customdata}, " + DAY + ": %{y:+.3g}<extra></extra>",
            )
        )
    fig.add_hline(y=0, line={"color": theme.text, "width": 1})
    room_for_few(fig, known["released_on"], "month")
    unit = str(known["effect_unit"].iloc[0]) if len(known) else ""
    fig.update_yaxes(title_text=f"step of {kpi} ({'log' if unit.startswith('log') else unit})")
    return fig


@kept
def raw_chart(
    series: pd.DataFrame, theme: Theme, *, metric: str, kpi: str, correlation: Any, unit: str = ""
) -> Any:
    """All days as points, earlier and later ones apart, so that common drift can be seen."""
    rows = series.dropna(subset=["metric_value", "kpi_value"]).sort_values("day")
    middle = len(rows) // 2
    fig = figure(theme, height=360, legend_px=66)
    for name, part, symbol, colour in (
        ("First half of the days", rows.iloc[:middle], "circle-open", theme.comparison),
        ("Second half", rows.iloc[middle:], "diamond", theme.series[1]),
    ):
        fig.add_trace(
            go.Scatter(
                x=part["metric_value"],
                y=part["kpi_value"],
                mode="markers",
                marker={"symbol": symbol, "size": 5, "color": colour, "opacity": 0.6},
                name=name,
                hovertemplate="%{x:.4g}, " + with_unit(unit) + "<extra></extra>",
            )
        )
    if not is_missing(correlation):
        fig.add_annotation(
            text=f"correlation {float(correlation):+.2f}: carries no verdict".replace("-", "−"),
            xref="paper",
            yref="paper",
            x=0,
            y=1,
            xanchor="left",
            yanchor="top",
            showarrow=False,
            font={"color": theme.muted},
        )
        fig.update_yaxes(range=list(room_above(rows["kpi_value"])))
    fig.update_xaxes(title_text=metric, showgrid=True)
    fig.update_yaxes(title_text=f"{kpi} by day{axis_unit(unit)}", tickformat=ticks(unit))
    return fig


def _bars(above: pd.Series, colour: str, *, below: pd.Series | None = None) -> dict[str, Any]:
    bars = {"type": "data", "array": above, "color": colour, "thickness": 1.2, "width": 3}
    return bars if below is None else bars | {"symmetric": False, "arrayminus": below}
