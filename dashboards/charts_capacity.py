"""How many instances carry a service's traffic, how quick is it then, and what does it cost?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import band, figure, hatch, room_for_few, spans, top_of, with_gaps
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import day_name, sign_of

INSTANCES = "instances"
_PANELS = (
    ("requests", "Requests per {every}", ",.0f"),
    ("latency_ms_p95", "Latency p95, ms", ",.0f"),
    (INSTANCES, "Instances", ",.1f"),
    ("cpu_used_ratio", "CPU in use", "$.1%"),
    ("cost_per_thousand_predictions", "Cost per thousand predictions, {currency}", ",.2f"),
)
PANEL_PX = 132
LEAST_INCIDENT_DAYS = {"hour": 1 / 24, "day": 0.4}


def panels(frame: pd.DataFrame) -> list[str]:
    """The columns that hold a value, in the order in which they are drawn."""
    return [name for name, _, _ in _PANELS if name in frame and frame[name].notna().any()]


@kept
def capacity_chart(
    frame: pd.DataFrame,
    theme: Theme,
    *,
    column: str,
    every: str,
    currency: str = "",
    steps: pd.DataFrame | None = None,
    incidents: pd.DataFrame | None = None,
) -> Any:
    """Traffic, latency, instances, CPU and cost on one time axis; a gap breaks the lines.

    `frame` has the local time in `column` and any columns of the panels, with `instances_fewest`
    and `instances_most`; `steps` are rows of `mart_scaling_steps` with a local `changed_at`, and
    `incidents` of `mart_incidents` with a local `started_at` and `ended_at`.
    """
    rows = with_gaps(frame, column, every)
    shown = panels(frame)
    titles = {
        name: title.format(every=every, currency=sign_of(currency)) for name, title, _ in _PANELS
    }
    fig = figure(
        theme,
        height=96 + PANEL_PX * len(shown),
        rows=max(1, len(shown)),
        titles=[titles[name] for name in shown],
        legend_px=60,
    )
    forms = {name: form for name, _, form in _PANELS}
    for row, name in enumerate(shown, 1):
        top = (
            top_of(rows[name], rows["instances_most"]) if name == INSTANCES else top_of(rows[name])
        )
        if name == INSTANCES:
            _instances(fig, rows, column, theme, row=row, every=every)
            if steps is not None and len(steps) and every == "hour":
                _steps(fig, steps, theme, row=row)
        else:
            _line(fig, rows, column, name, titles[name], theme, row=row, form=forms[name])
        silent = list(rows.loc[rows[name].isna(), column])
        gaps = spans(silent, width_days=1 / 24 if every == "hour" else 1)
        hatch(fig, gaps, theme, low=0, high=top, name="Not known", row=row, show_legend=False)
        fig.update_yaxes(range=[0, top], row=row, col=1)
        if name == "cpu_used_ratio":
            fig.update_yaxes(tickformat="$.0%", row=row, col=1)
    if incidents is not None and len(incidents) and len(rows) and shown:
        _incidents(fig, incidents, rows[column], theme, every=every, height=_top(rows, shown[0]))
    room_for_few(fig, rows[column] if len(rows) else [], every)
    return fig


def _top(rows: pd.DataFrame, name: str) -> float:
    return top_of(rows[name]) * 0.96


def _line(
    fig: Any,
    rows: pd.DataFrame,
    column: str,
    name: str,
    words: str,
    theme: Theme,
    *,
    row: int,
    form: str,
) -> None:
    fig.add_trace(
        go.Scatter(
            x=rows[column],
            y=rows[name],
            mode="lines" if len(rows) > 1 else "markers",
            line={"color": theme.main, "width": 1.6},
            name=words,
            showlegend=False,
            connectgaps=False,
            hovertemplate=f"%{{x|%-d %b %Y %H:%M}}<br>{words}: %{{y:{form}}}<extra></extra>",
        ),
        row=row,
        col=1,
    )


def _instances(
    fig: Any, rows: pd.DataFrame, column: str, theme: Theme, *, row: int, every: str
) -> None:
    """The mean as a step line, and from the fewest to the most of each day as a band."""
    if every == "day":
        for part in _runs(rows, "instances_most"):
            area = band(
                part[column],
                part["instances_fewest"],
                part["instances_most"],
                colour=theme.band(theme.main),
                name="Fewest to most of the day",
            )
            area.update(
                showlegend=bool(part.index[0] == rows["instances_most"].first_valid_index())
            )
            area.update(legendgroup="fewest to most", line={"width": 0, "shape": "hvh"})
            fig.add_trace(area, row=row, col=1)
    fig.add_trace(
        go.Scatter(
            x=rows[column],
            y=rows[INSTANCES],
            mode="lines" if len(rows) > 1 else "markers",
            line={
                "color": theme.main,
                "width": 1.8,
                "shape": "hv" if every == "hour" else "linear",
            },
            name="Instances, mean",
            showlegend=every == "day",
            connectgaps=False,
            customdata=rows[["instances_fewest", "instances_most"]],
            hovertemplate=(
                "%{x|%-d %b %Y %H:%M}<br>Instances: %{y:,.1f} on average, "
                "%{customdata[0]:,.0f} to %{customdata[1]:,.0f}<extra></extra>"
            ),
        ),
        row=row,
        col=1,
    )


def _runs(rows: pd.DataFrame, name: str) -> list[pd.DataFrame]:
    """The stretches of rows without a gap."""
    known = rows[name].notna()
    number = (known != known.shift()).cumsum()
    return [part for _, part in rows[known].groupby(number[known])]


def _steps(fig: Any, steps: pd.DataFrame, theme: Theme, *, row: int) -> None:
    """A triangle at every change: up for more instances, down for fewer."""
    for is_up, name, symbol, colour in (
        (True, "Scaled up", "triangle-up", theme.series[1]),
        (False, "Scaled down", "triangle-down", theme.series[2]),
    ):
        part = steps[(steps["instances_after"] > steps["instances_before"]) == is_up]
        if part.empty:
            continue
        unsure = [" (somewhere in the gap before)" if gap else "" for gap in part["is_after_gap"]]
        fig.add_trace(
            go.Scatter(
                x=part["changed_at"],
                y=part["instances_after"],
                mode="markers",
                marker={"symbol": symbol, "size": 8, "color": colour},
                name=name,
                customdata=list(
                    zip(part["instances_before"], part["instances_after"], unsure, strict=True)
                ),
                hovertemplate=(
                    "%{x|%-d %b %Y %H:%M}<br>%{customdata[0]:,.0f} → %{customdata[1]:,.0f} "
                    "instances%{customdata[2]}<extra></extra>"
                ),
            ),
            row=row,
            col=1,
        )


def _incidents(
    fig: Any,
    incidents: pd.DataFrame,
    times: pd.Series,
    theme: Theme,
    *,
    every: str,
    height: float,
) -> None:
    """Shaded from start to end through all panels, with a cross and words in the first."""
    least = pd.Timedelta(days=LEAST_INCIDENT_DAYS[every])
    is_local = times.iloc[-1].tzinfo is not None
    step = pd.Timedelta(days=1 if every == "day" else 1 / 24)
    places, texts = [], []
    for _, one in incidents.iterrows():
        start, end = (_as(one[name], is_local) for name in ("started_at", "ended_at"))
        if start is None:
            continue
        until = times.iloc[-1] + step if bool(one["is_open"]) else (end or start)
        if until < times.iloc[0] or start > times.iloc[-1] + step:
            continue
        fig.add_shape(
            type="rect",
            x0=max(start, times.iloc[0]),
            x1=max(until, start + least),
            y0=0,
            y1=1,
            xref="x",
            yref="paper",
            fillcolor=theme.bad,
            opacity=0.18,
            line_width=0,
            layer="below",
        )
        places.append(max(start, times.iloc[0]))
        texts.append(_incident_words(one, start))
    if places:
        fig.add_trace(
            go.Scatter(
                x=places,
                y=[height] * len(places),
                mode="markers",
                marker={"symbol": "x", "size": 9, "color": theme.bad},
                name="Incident",
                customdata=texts,
                hovertemplate="%{customdata}<extra></extra>",
                cliponaxis=False,
            ),
            row=1,
            col=1,
        )


def _as(moment: Any, is_local: bool) -> pd.Timestamp | None:
    """A moment with or without its time zone, as the axis has it."""
    if pd.isna(moment):
        return None
    stamp = pd.Timestamp(moment)
    return stamp if is_local or stamp.tzinfo is None else stamp.tz_localize(None)


def _incident_words(one: Any, start: Any) -> str:
    if bool(one["is_open"]):
        lasting = "still open"
    elif pd.isna(one["minutes_to_resolve"]):
        lasting = "end not known"
    else:
        lasting = f"{float(one['minutes_to_resolve']):,.0f} minutes"
    title = "" if pd.isna(one["title_pattern"]) else f": {one['title_pattern']}"
    return f"{one['incident_id']}{title}<br>{day_name(start)}, {start:%H:%M}, {lasting}"
