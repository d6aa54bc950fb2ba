"""What was seen position by position, and what does that spoil? Sections of the exposure audit."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address, queries, queries_exposure
from dashboards.charts_exposure import positions_chart, releases_chart, seen_chart
from dashboards.exposure_words import (
    counts_by_rank,
    depth_by_release,
    drawn_depth,
    release_names,
    releases_to_show,
    spoiled,
    surface_words,
)
from dashboards.page_parts import Hub, chart, chart_when_opened, missing, table_when_opened
from dashboards.view import Grain, Span
from dashboards.view_bar import none_begins
from dashboards.wording import count, day_name, joined, plain

PAGE = "exposure_audit"
MOST_RELEASES = 8
Depths = tuple[int | None, int | None]


def no_stages(
    hub: Hub, service: str, days: Span, *, every: Grain = "day", is_between: bool = False
) -> None:
    """The empty state of a period without any line on what was drawn.

    With `is_between` no week or month (`every`) begins in the period, whatever the logs tell.
    """
    if is_between and every != "day":
        st.info(none_begins(every), icon=":material/event_busy:")
        return
    first, last = day_name(days.first), day_name(days.last)
    when = f"on {first}" if first == last else f"from {first} to {last}"
    missing(hub, f"No log line of {service} tells what was drawn {when}.", "service_logs")
    st.caption("Or choose another period above.")


def by_position(hub: Hub, surfaces: pd.DataFrame, day: Any) -> tuple[Depths, list[str] | None]:
    """Position by position, and what it does to metrics@k; the depths drawn and the models."""
    st.subheader("Which positions are seen?")
    if surfaces.empty:
        missing(hub, "No record tells single positions.", "exposure")
        return (None, None), None
    named = {str(row["surface"]): row for _, row in surfaces.iterrows()}
    surface = address.select("Surface", list(named), key="surface", width=320)
    st.caption(plain(surface_words(named[surface])))
    positions = queries_exposure.exposure_positions(hub.build, surface, day)
    chart(
        positions_chart(positions, hub.theme),
        key=f"{PAGE}_positions",
        alt=f"Share of lists of {surface} in which each position was drawn and seen",
        how_to_read=(
            f"Each point is a position of the list; dashed before {day_name(day)}, solid since. "
            "Served: in what share of lists there was such a position at all. A position that is "
            "never drawn can be neither seen nor clicked, however good the model."
        ),
        table=positions,
    )
    _by_release(hub, surface, [str(each) for each in named[surface]["models"]])
    models = [str(each) for each in named[surface]["models"]]
    before, since = (
        drawn_depth(positions[positions["is_after"] == after]) for after in (False, True)
    )
    at_k = queries_exposure.metrics_at_k(hub.build)
    _at_k(hub, at_k[at_k["entity"].isin(models)], surface, day, since)
    return (before, since), models


def _by_release(hub: Hub, surface: str, models: list[str]) -> None:
    """Position by release of the model, or of a service that the lists go through."""
    st.subheader("Under which release is which position seen?")
    services = queries_exposure.list_services(hub.build)
    known = [*models, *services]
    released = queries_exposure.exposure_components(hub.build, surface)
    components = [each for each in dict.fromkeys(known) if each in released]
    if not components:
        st.caption(plain(f"No release of {joined(known) or 'a model'} is known."))
        return
    component = address.select("Releases of", components, key="releases_of", width=320)
    rows = queries_exposure.exposure_releases(hub.build, surface, component)
    rows = rows.assign(release=release_names(rows))
    found = [queries_exposure.exposure_onsets(hub.build, each) for each in services or [""]]
    changes = pd.concat(found, ignore_index=True)
    releases = queries.releases(hub.build)
    involved = releases[releases["model"].isin(known)]
    st.markdown(plain(depth_by_release(rows, component, changes, involved)))
    shown = rows[rows["release"].isin(releases_to_show(rows, MOST_RELEASES))]
    chart_when_opened(
        lambda: releases_chart(shown, hub.theme),
        label="served, drawn and seen by position and release",
        key=f"{PAGE}_releases",
        alt=f"Share of lists of {surface} by position and release of {component}",
        how_to_read=(
            "A row is a release and a column a position; the fuller a cell is coloured, the higher "
            "its number. Blank: no record tells; 0: never. A cell that is pointed at tells the "
            "day of its release, as the table does. A record "
            f"counts for the version of {plain(component)} that it names, else for the last one "
            f"released by its day. At most {MOST_RELEASES} releases: those around which the lists "
            "changed, then the newest; the table has all."
        ),
        table=rows.drop(columns="release"),
    )


def _at_k(hub: Hub, at_k: pd.DataFrame, surface: str, day: Any, depth: int | None) -> None:
    if at_k.empty:
        return
    st.subheader("How much of a metric@k do people see?")
    rows = []
    for _, row in at_k.iterrows():
        by_rank = counts_by_rank(str(row["metric_name"]))
        found = queries_exposure.exposure_weight(
            hub.build, surface, day, int(row["k"]), by_rank=by_rank
        )
        weight = "by rank" if by_rank else "equal"
        name = f"{row['entity']} {row['metric_label']}"
        rows.append({"metric": name, "k": row["k"], "weight": weight, **found.iloc[0]})
    if depth is not None:
        st.markdown(f"Most lists have drawn {count(depth, 'position')} since {day_name(day)}.")
    chart(
        seen_chart(pd.DataFrame(rows), hub.theme),
        key=f"{PAGE}_at_k",
        invalid=queries.invalid(hub.build, "table", ["mart_exposure_positions"]),
        alt="Share of the weight of each metric@k that was served, drawn and seen",
        how_to_read=(
            "Offline the metric counts all of its first k positions: 100 %. The bars are the part "
            "of that weight which was served, drawn and seen online. A gain offline that lies in "
            "positions nobody sees cannot come true."
        ),
        definition=(
            "NDCG, MAP and MRR count a position by its rank, 1 ÷ log2(position + 1); other metrics "
            "count all k alike."
        ),
        table=pd.DataFrame(rows),
    )


def comparisons(
    hub: Hub,
    models: list[str] | None,
    depths: Depths,
    *,
    is_change: bool,
    day: Any,
    low: Any,
    high: Any,
) -> None:
    """Which comparisons must not be trusted, because they join days before and after a cut.

    `day` is when lists were cut, `low` and `high` the interval in which that happened.
    `is_change` tells whether a lasting change of the share drawn was found at that time; it
    decides where single positions are not known.
    """
    st.subheader("Which comparisons does this spoil?")
    before, since = depths
    is_cut = is_change if before is None or since is None else since < before
    if not is_cut:
        told = "" if since is None else f" (now {count(since, 'position')})"
        st.markdown(f"0 comparisons: lists are not drawn less far since {day_name(day)}{told}.")
        return
    at_k = queries_exposure.metrics_at_k(hub.build)
    if models is not None:
        at_k = at_k[at_k["entity"].isin(models)]
    rows = spoiled(queries_exposure.comparisons_across(hub.build, low, high), at_k, since)
    st.markdown(
        f"{count(len(rows), 'comparison')} {'joins' if len(rows) == 1 else 'join'} days before and "
        f"after {day_name(day)} and {'counts' if len(rows) == 1 else 'count'} "
        "positions that are no longer drawn."
    )
    if len(rows):
        table_when_opened("Every comparison", rows, key=f"{PAGE}_spoiled")
