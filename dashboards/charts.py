"""What do all charts share? The theme's template, markers of events, gaps and hatched spans.

Nothing here or in the other `charts_*` modules knows Streamlit: a frame goes in, a Plotly figure
comes out. Shares are formatted as `$.1%`: Plotly writes percent without a space, and the `$` makes
it take the sign from the locale of `PLOTLY_CONFIG` instead, so that charts read as texts do.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import lru_cache
from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.tokens import Theme
from dashboards.wording import day_name, is_currency, money

FREQUENCIES = {"hour": "h", "day": "D", "week": "7D", "month": "MS"}
FEW_MOMENTS = 2
DAY_MS = 86_400_000
TICKS: dict[str, Any] = {"month": "M1", "week": 7 * DAY_MS, "day": DAY_MS}
MOST_LINES = 24
LABEL_CHARACTERS = 44
UNFINISHED = "Not complete"
EVENT_SYMBOLS = {
    "release": "triangle-down",
    "rollback": "triangle-left",
    "promotion": "diamond",
    "holiday": "star",
    "outage": "x",
    "price_change": "square",
    "other": "circle",
}


def figure(
    theme: Theme,
    *,
    height: int = 360,
    rows: int = 1,
    titles: Sequence[str] = (),
    legend_px: int = 48,
) -> Any:
    """An empty figure in the theme, of `rows` panels over one common horizontal axis.

    The legend starts `legend_px` below the plot, under tick labels of two lines.
    """
    return pickle.loads(_empty(theme, height, rows, tuple(titles), legend_px))


@lru_cache(maxsize=128)
def _empty(theme: Theme, height: int, rows: int, titles: tuple[str, ...], legend_px: int) -> bytes:
    """An empty figure, pickled: reading it costs half of making it."""
    fig = make_subplots(
        rows=rows,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.09 if rows > 1 else 0.0,
        subplot_titles=list(titles) or None,
    )
    fig.update_layout(
        height=height,
        margin={"l": 12, "r": 12, "t": 28 if titles else 12, "b": 12},
        paper_bgcolor=theme.surface,
        plot_bgcolor=theme.surface,
        font={"color": theme.text, "size": 13},
        colorway=list(theme.series),
        hoverlabel={"bgcolor": theme.raised, "font": {"color": theme.text}, "align": "left"},
        legend={
            "orientation": "h",
            "y": -legend_px / (height - legend_px - 60),
            "yanchor": "top",
            "x": 0,
            "xanchor": "left",
            "itemsizing": "constant",
        },
        hovermode="closest",
        separators=".,",
        bargap=0.25,
    )
    axis: dict[str, Any] = {
        "gridcolor": theme.grid,
        "linecolor": theme.grid,
        "zerolinecolor": theme.comparison,
    }
    axis["title"] = {"font": {"size": 13}}
    fig.update_xaxes(**axis, automargin=True, showgrid=False)
    fig.update_yaxes(**axis, automargin=True, zeroline=False)
    for note in fig.layout.annotations:
        note.update(x=0, xanchor="left", font={"size": 13, "color": theme.muted})
    return pickle.dumps(fig)


def ticks(unit: str | None) -> str | None:
    """How the ticks of an axis are written: shares in percent, everything else as it is."""
    return "$.3~%" if unit == "ratio" else None


def with_unit(unit: str | None, *, axis: str = "y", form: str = ",.5~g") -> str:
    """How a tooltip writes a value of `axis`: `12,300 €`, `3.42 %`, `41.2 ms`."""
    if unit == "ratio":
        return f"%{{{axis}:$.2~%}}"
    value = f"%{{{axis}:{form}}}"
    return money(value, str(unit)) if is_currency(unit) else f"{value} {unit or ''}".rstrip()


def with_gaps(frame: pd.DataFrame, column: str, every: str) -> pd.DataFrame:
    """The rows on a complete grid of times: what is absent becomes an empty row, never a zero."""
    if frame.empty:
        return frame
    times = pd.to_datetime(frame[column])
    grid = pd.date_range(times.min(), times.max(), freq=FREQUENCIES[every])
    placed = frame.assign(**{column: times}).drop_duplicates(column).set_index(column)
    return placed.reindex(grid).rename_axis(column).reset_index()


def room_for_few(fig: Any, times: Any, every: str) -> None:
    """Give an axis of one or two moments a range of whole periods.

    Left alone, the axis around a single moment is a part of a second wide.
    """
    known = pd.DatetimeIndex(pd.Series(times).dropna().unique())
    if not 1 <= len(known) <= FEW_MOMENTS:
        return
    step = pd.Timedelta(days={"month": 31, "week": 7, "day": 1}.get(every, 1 / 24))
    fig.update_xaxes(range=[known.min() - step, known.max() + step])
    if every in TICKS and known.max() - known.min() <= FEW_MOMENTS * step:
        fig.update_xaxes(dtick=TICKS[every])  # Plotly would write the hours between two days


def length_of(times: Any, every: str) -> pd.Series:
    """How long each period is that starts then; a month as long as it is."""
    starts = pd.Series(pd.to_datetime(times))
    if every == "month":
        return pd.to_timedelta(starts.dt.days_in_month, unit="D")
    return pd.Series(pd.Timedelta(days={"week": 7}.get(every, 1)), index=starts.index)


def middle_of(times: Any, every: str) -> pd.Series:
    """Where the points of periods stand: a month or week at its middle, a day at its date.

    At its first day, the sum of July would stand before what was released in July.
    """
    starts = pd.Series(pd.to_datetime(times))
    return starts + length_of(starts, every) / 2 if every in ("week", "month") else starts


def beside_unfinished(values: pd.Series, is_complete: pd.Series) -> pd.Series:
    """Only the values of unfinished periods and of their neighbours, to draw apart."""
    unfinished = ~is_complete.astype(bool)
    beside = (
        unfinished | unfinished.shift(1, fill_value=False) | unfinished.shift(-1, fill_value=False)
    )
    return values.where(beside)


def complete_of(rows: pd.DataFrame) -> pd.Series:
    """Which rows are of periods that are over: all but those that `is_complete` denies."""
    known = rows.get("is_complete", pd.Series(True, index=rows.index))
    return known.fillna(True).astype(bool)


def unfinished(
    along: pd.Series,
    values: pd.Series,
    is_complete: pd.Series,
    *,
    colour: str,
    name: str,
    form: str = ",.0f",
    unit: str = "",
) -> Any:
    """What is not over of the line `name`: dotted to an open point, one legend for all of them."""
    return go.Scatter(
        x=along,
        y=beside_unfinished(values, is_complete),
        mode="lines+markers",
        line={"color": colour, "width": 1.4, "dash": "dot"},
        marker={"symbol": "circle-open", "size": [0.1 if done else 7 for done in is_complete]},
        name=UNFINISHED,
        legendgroup=UNFINISHED,
        hovertemplate=f"%{{x|%-d %b %Y}}<br>{name} so far: %{{y:{form}}}{unit}<extra></extra>",
        connectgaps=False,
    )


def lone(values: pd.Series) -> pd.Series:
    """Which known values have no known neighbour: a line alone would not show them."""
    known = values.notna()
    return known & ~known.shift(1, fill_value=False) & ~known.shift(-1, fill_value=False)


def spans(days: Sequence[Any], *, width_days: float = 1.0) -> list[tuple[Any, Any]]:
    """Runs of consecutive days as (start, end) pairs, the end exclusive."""
    step = pd.Timedelta(days=width_days)
    runs: list[tuple[pd.Timestamp, pd.Timestamp]] = []
    for day in sorted(pd.Timestamp(each) for each in days):
        if runs and day <= runs[-1][1]:
            runs[-1] = (runs[-1][0], day + step)
        else:
            runs.append((day, day + step))
    return runs


def gaps(starts: pd.Series, every: str) -> list[tuple[Any, Any]]:
    """Periods that follow each other, such as those without data, as (start, end exclusive)."""
    runs: list[tuple[Any, Any]] = []
    for start, length in zip(starts, length_of(starts, every), strict=True):
        is_next = bool(runs) and runs[-1][1] == start
        first = runs.pop()[0] if is_next else start
        runs.append((first, start + length))
    return runs


def hatch(
    fig: Any,
    gaps: Sequence[tuple[Any, Any]],
    theme: Theme,
    *,
    low: float,
    high: float,
    name: str,
    row: int = 1,
    show_legend: bool = True,
) -> None:
    """Hatch the spans in which there is no data, from `low` to `high`."""
    if not gaps:
        return
    xs: list[Any] = []
    ys: list[Any] = []
    for start, end in gaps:
        xs += [start, start, end, end, start, None]
        ys += [low, high, high, low, low, None]
    fig.add_trace(
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor="rgba(0,0,0,0)",
            fillpattern={"shape": "/", "fgcolor": theme.hatch, "size": 7, "solidity": 0.25},
            name=name,
            legendgroup=name,
            showlegend=show_legend,
            hoverinfo="skip",
        ),
        row=row,
        col=1,
    )


def _lines(texts: pd.Series) -> str:
    """Texts as lines that a label can show on a phone."""
    lines = [line for text in texts for line in wrap(str(text), LABEL_CHARACTERS)]
    return "<br>".join(lines)


def events(
    fig: Any, frame: pd.DataFrame, theme: Theme, *, height: float, colour: str | None = None
) -> None:
    """Vertical markers through all panels, with a symbol and words at `height` of the first.

    `frame` has `day`, `kind` (a key of `EVENT_SYMBOLS`) and `text`, and may have a `label` to write
    above the symbol. Of a kind with more than `MOST_LINES` days only the symbols are drawn: so many
    lines hide the series.
    """
    for kind, rows in frame.groupby("kind", sort=False):
        is_release = kind in ("release", "rollback")
        shade = colour or (theme.release if is_release else theme.promotion)
        days = pd.to_datetime(rows["day"])
        for day in days.unique() if days.nunique() <= MOST_LINES else ():
            fig.add_shape(
                type="line",
                x0=day,
                x1=day,
                y0=0,
                y1=1,
                xref="x",
                yref="paper",
                line={"color": shade, "width": 1, "dash": "dash" if is_release else "dot"},
                opacity=0.4,
                layer="below",
            )
        texts = rows.groupby(days)["text"].agg(_lines)
        labels = rows.groupby(days)["label"].agg(max) if "label" in rows else None
        fig.add_trace(
            go.Scatter(
                x=texts.index,
                y=[height] * len(texts),
                mode="markers" if labels is None else "markers+text",
                text=None if labels is None else list(labels),
                textposition="top center",
                textfont={"color": theme.text, "size": 12},
                marker={
                    "symbol": EVENT_SYMBOLS.get(str(kind), "circle"),
                    "size": 9,
                    "color": shade,
                },
                name=str(kind).replace("_", " ").capitalize(),
                customdata=[[day_name(day), text] for day, text in texts.items()],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
                cliponaxis=False,
            ),
            row=1,
            col=1,
        )


def between(marks: pd.DataFrame, first: Any, last: Any) -> pd.DataFrame:
    """The `events` from `first` to `last`: others would stretch the axis beyond the data."""
    days = pd.to_datetime(marks["day"])
    if getattr(first, "tzinfo", None) is not None:
        days = days.dt.tz_localize(first.tzinfo)
    return marks.assign(day=days)[(days >= first) & (days <= last)]


def marked_as(days: pd.Series) -> str:
    """What `events` draws of so many releases, to say beside the chart."""
    return "dashed lines" if pd.to_datetime(days).nunique() <= MOST_LINES else "triangles"


def release_events(releases: pd.DataFrame) -> pd.DataFrame:
    """Releases as events: a release or a rollback, and what was released."""
    return pd.DataFrame(
        {
            "day": pd.to_datetime(releases["released_on"]),
            "kind": [
                "rollback" if back is True or back == 1 else "release"
                for back in releases["is_rollback"].fillna(False)
            ],
            "text": [
                f"{model} {version}"
                for model, version in zip(releases["model"], releases["version"], strict=True)
            ],
        }
    )


def calendar_events(calendar: pd.DataFrame) -> pd.DataFrame:
    """The calendar as events, the first day of each run of the same name only."""
    rows = calendar.sort_values("day").copy()
    rows["day"] = pd.to_datetime(rows["day"])
    rows["country"] = rows["country"].fillna("")
    before = rows.groupby(["kind", "name", "country"])["day"].shift()
    rows = rows[before.isna() | (rows["day"] - before > pd.Timedelta(days=1))]
    where = [f" ({country})" if country else "" for country in rows["country"]]
    names = [f"{name}{place}" for name, place in zip(rows["name"], where, strict=True)]
    known = [kind if kind in EVENT_SYMBOLS else "other" for kind in rows["kind"]]
    return pd.DataFrame({"day": rows["day"].to_numpy(), "kind": known, "text": names})


def pattern(theme: Theme, shapes: Sequence[str], *, colours: Sequence[str] = ()) -> dict[str, Any]:
    """Hatching of bars over their colour, in the colour of the surface.

    Where each bar has a colour of its own, `colours` are these. Plotly lays the hatching over
    them, but asks for one background too, without which it complains in the browser's console.
    """
    return {
        "shape": list(shapes),
        "fillmode": "overlay",
        **({"bgcolor": colours[0]} if colours else {}),
        "fgcolor": theme.surface,
        "fgopacity": 0.55,
        "size": 8,
        "solidity": 0.18,
    }


def top_of(*columns: Any, room: float = 1.1) -> float:
    """A little above the largest value of all the columns; 1 when there is none."""
    largest = [pd.to_numeric(pd.Series(column), errors="coerce").max() for column in columns]
    known = [float(value) for value in largest if pd.notna(value)]
    return max(known) * room if known and max(known) > 0 else 1.0


def band(along: pd.Series, low: pd.Series, high: pd.Series, *, colour: str, name: str) -> Any:
    """The area between `low` and `high` along an axis; `colour` is the fill."""
    return go.Scatter(
        x=pd.concat([along, along[::-1]]),
        y=pd.concat([high, low[::-1]]),
        fill="toself",
        fillcolor=colour,
        line={"width": 0},
        mode="lines",
        name=name,
        hoverinfo="skip",
    )
