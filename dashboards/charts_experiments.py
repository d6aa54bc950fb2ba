"""What did experiments measure: by themselves, and all of them against offline gains?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import figure
from dashboards.charts_links import VERDICT_SYMBOLS
from dashboards.kept_figures import kept
from dashboards.tokens import Theme
from dashboards.wording import is_missing, p_said, share

WITHHELD = "withheld"
LOG_CHANGE, DELTA = "offline_log_change", "offline_delta"
LIFT_SYMBOLS = VERDICT_SYMBOLS | {"moves, up": "triangle-up", "moves, down": "triangle-down"}


def experiment_names(rows: pd.DataFrame) -> list[str]:
    """The experiments' names, with the variant where one has several."""
    several = rows.groupby("experiment")["variant"].nunique() > 1
    return [
        f"{experiment} {variant}" if several.get(experiment, False) else str(experiment)
        for experiment, variant in zip(rows["experiment"], rows["variant"], strict=True)
    ]


@kept
def splits_chart(rows: pd.DataFrame, theme: Theme) -> Any:
    """The share of users in the treatment beside the planned one; failed splits as a cross."""
    known = rows.assign(name=experiment_names(rows)).drop_duplicates("name").iloc[::-1]
    users = known["users_control"] + known["users_treatment"]
    known = known.assign(seen=known["users_treatment"] / users)
    fig = figure(theme, height=_height(len(known)), legend_px=66)
    fig.add_trace(
        go.Scatter(
            x=known["expected_share"],
            y=known["name"],
            mode="markers",
            marker={
                "symbol": "line-ns-open",
                "size": 16,
                "color": theme.text,
                "line": {"width": 2, "color": theme.text},
            },
            name="Planned",
            hovertemplate="%{y}: planned %{x:$.1%}<extra></extra>",
        )
    )
    failed = known["status"] == WITHHELD
    for name, part, symbol, colour in (
        ("Seen", known[~failed], "circle", theme.main),
        ("Seen, read-out withheld", known[failed], "x", theme.bad),
    ):
        if part.empty:
            continue
        fig.add_trace(
            go.Scatter(
                x=part["seen"],
                y=part["name"],
                mode="markers",
                marker={"symbol": symbol, "size": 10, "color": colour},
                name=name,
                customdata=[p_said(each) for each in part["sample_ratio_p"]],
                hovertemplate="%{y}: seen %{x:$.2%}, %{customdata}<extra></extra>",
            )
        )
    fig.update_xaxes(title_text="share of users in the treatment", tickformat="$.1%", showgrid=True)
    _names(fig, known["name"])
    return fig


@kept
def lifts_chart(rows: pd.DataFrame, theme: Theme, *, metric: str) -> Any:
    """The lift of every read-out with its 95 % interval; a withheld one has none and says so."""
    known = rows.assign(name=experiment_names(rows)).iloc[::-1]
    fig = figure(theme, height=_height(len(known)), legend_px=66)
    shown = known.dropna(subset=["lift"])
    way = shown["lift"].gt(0).map({True: "moves, up", False: "moves, down"})
    said = shown["verdict"].where(shown["verdict"] != "moves", way)
    for verdict, part in shown.groupby(said, sort=False):
        colour = theme.main if str(verdict).startswith("moves") else theme.neutral
        fig.add_trace(
            go.Scatter(
                x=part["lift"],
                y=part["name"],
                mode="markers",
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": part["lift_high"] - part["lift"],
                    "arrayminus": part["lift"] - part["lift_low"],
                    "color": colour,
                    "thickness": 2 if str(verdict).startswith("moves") else 1.2,
                },
                marker={
                    "symbol": LIFT_SYMBOLS.get(str(verdict), "circle"),
                    "size": 10,
                    "color": colour,
                },
                name=str(verdict),
                hovertemplate="%{y}: %{x:+$.2%}<extra>" + str(verdict) + "</extra>",
            )
        )
    for name in known.loc[known["lift"].isna(), "name"]:
        fig.add_annotation(
            x=0,
            y=name,
            text="✕ withheld",
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"color": theme.bad},
        )
    fig.add_vline(x=0, line={"color": theme.text, "width": 1})
    fig.update_xaxes(title_text=f"lift of {metric}", tickformat="+$.0%", showgrid=True)
    _names(fig, known["name"])
    return fig


@kept
def offline_chart(
    rows: pd.DataFrame, theme: Theme, *, link: Any | None, offline: str, metric: str
) -> Any:
    """Offline gain against online lift with errors both ways, and the lines through them.

    The offline gains are log changes where these are known, else what the files give.

    `link` is what all experiments say together per that gain, or None: the corrected line is its
    effect and side effect, the plain one its naive effect and naive side effect.
    """
    is_log = are_log_changes(rows)
    gain = LOG_CHANGE if is_log else DELTA
    shown = rows.dropna(subset=["lift", gain])
    fig = figure(theme, height=420, legend_px=66)
    if link is not None and len(shown) and not is_missing(link["effect"]):
        _lines(fig, theme, shown[gain], link=link)
    fig.add_trace(
        go.Scatter(
            x=shown[gain],
            y=shown["lift"],
            mode="markers",
            error_x=_bars(
                theme, shown[f"{gain}_high"] - shown[gain], shown[gain] - shown[f"{gain}_low"]
            ),
            error_y=_bars(
                theme, shown["lift_high"] - shown["lift"], shown["lift"] - shown["lift_low"]
            ),
            marker={"symbol": "circle", "size": 9, "color": theme.main},
            name="Experiment",
            customdata=experiment_names(shown),
            hovertemplate="%{customdata}: offline %{x:+.3g}, online %{y:+$.2%}<extra></extra>",
        )
    )
    fig.add_hline(y=0, line={"color": theme.text, "width": 1})
    fig.add_vline(x=0, line={"color": theme.text, "width": 1})
    title = f"log change of {offline} offline" if is_log else f"offline gain of {offline}"
    fig.update_xaxes(title_text=title, showgrid=True)
    fig.update_yaxes(title_text=f"lift of {metric}", tickformat="+$.0%")
    return fig


def are_log_changes(rows: pd.DataFrame) -> bool:
    """Whether read-outs of a lift have their offline gains as log changes."""
    return bool(rows.loc[rows["lift"].notna(), LOG_CHANGE].notna().any())


def _lines(fig: Any, theme: Theme, gains: pd.Series, *, link: Any) -> None:
    ends = [float(gains.min()), float(gains.max())]
    corrected = "Corrected for noise in the offline gains"
    # The plain line lies on the corrected one, narrower, so that both are seen where they agree.
    lines = [(corrected, ("side_effect", "effect"), theme.series[1], "solid", 5)]
    if not is_missing(link["reliability"]) and not is_missing(link["naive_effect"]):
        name = f"Not corrected (reliability {share(float(link['reliability']))})"
        lines.append((name, ("naive_side_effect", "naive_effect"), theme.text, "dash", 2))
    for name, line, colour, dash, width in lines:
        start, slope = (float(link[each]) for each in line)
        fig.add_trace(
            go.Scatter(
                x=ends,
                y=[start + slope * end for end in ends],
                mode="lines",
                line={"color": colour, "dash": dash, "width": width},
                name=name,
                hoverinfo="skip",
            )
        )


def _bars(theme: Theme, above: pd.Series, below: pd.Series) -> dict[str, Any]:
    bars = {"type": "data", "color": theme.neutral, "thickness": 1, "symmetric": False}
    ends = {"array": above, "arrayminus": below}
    return bars | {name: each.astype("float64") for name, each in ends.items()}


def _height(names: int) -> int:
    return max(240, 140 + 26 * names)


def _names(fig: Any, names: pd.Series) -> None:
    ordered = list(dict.fromkeys(names))
    fig.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=ordered,
        range=[-0.7, len(ordered) - 0.3],
        title_text="",
    )
