"""What do course, lags, releases and experiments say of one pair? Sections of the explorer."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import link_cards, queries
from dashboards.charts import marked_as
from dashboards.charts_explorer import (
    course_chart,
    impacts_chart,
    placebo_chart,
    raw_chart,
    releases_chart,
)
from dashboards.experiment_sections import offline_against_online
from dashboards.explorer_words import diagnostics, naive_words
from dashboards.page_parts import Hub, chart, chart_when_opened, missing, show_table
from dashboards.wording import estimate, p_said, plain, unit_word

PAGE = "link_explorer"


def rests_on(row: Any, note: Any | None) -> None:
    """Everything that was tested of the pair, its caveats and the method."""
    show_table(diagnostics(row, note), key=f"{PAGE}_diagnostics")
    st.markdown("\n".join(f"- {plain(caveat)}" for caveat in link_cards.caveats(row)))
    st.caption(plain(f"Method: {row['method']}"))


def course(
    hub: Hub, series: pd.DataFrame, releases: pd.DataFrame, *, metric: str, kpi: str, unit: str
) -> None:
    """Both series and their releases, raw and whitened."""
    st.subheader("What did both do?")
    chart(
        course_chart(series, releases, hub.theme, metric=metric, kpi=kpi, unit=unit),
        key=f"{PAGE}_course",
        alt=f"{metric} and {kpi} by day, raw and whitened",
        how_to_read=(
            f"Above the metric of the live version, {marked_as(releases['released_on'])} are its "
            "releases; below the KPI as it is, then whitened: without weekdays, seasons, trend and "
            "memory, which is what the effect is estimated from. What is left should look like "
            "noise around zero: waves or steps are something not accounted for."
        ),
        table=series.drop(columns=["link_id"]),
        unit=unit,
    )


def lags(hub: Hub, row: Any, own: Any) -> None:
    """The effect by lag, the placebo shaded."""
    lags = queries.link_rows(hub.build, "mart_link_lags", row["link_id"])
    if lags.empty or lags["effect"].isna().all():
        st.info(plain(f"There is no effect by lag to show. {row['verdict_reason'] or ''}"))
        return
    st.subheader("After how many days?")
    chart(
        placebo_chart(lags, hub.theme, effect_unit=unit_word(own["effect_unit"]), link=own),
        key=f"{PAGE}_lags",
        alt="Effect by lag with its 95 % interval, negative lags shaded",
        how_to_read=(
            "Right: the effect so many days after a change. Left, shaded: the KPI before the "
            "metric changed, a placebo. An effect there means that something else moved both. "
            "Neighbouring lags share most of their days, so single points say little; the test "
            f"over all the shaded days has {p_said(row['lead_p_value'])}."
        ),
        table=lags.drop(columns=["link_id"]),
    )


def releases(hub: Hub, row: Any, releases: pd.DataFrame, own: Any) -> None:
    """All releases against their gains, then what each did by itself, where stored."""
    kpi = str(row["kpi_label"])
    if releases[["log_change", "kpi_log_change"]].notna().all(axis=1).any():
        st.subheader("Release by release")
        chart(
            releases_chart(releases, hub.theme, link=own, kpi=kpi),
            key=f"{PAGE}_releases",
            alt=f"Gain of each release against the step of {kpi}",
            how_to_read=(
                "Each point is a release: how far the metric changed, and how far the KPI stepped, "
                "with 95 % error bars. Releases that changed nothing show what a release does by "
                "itself. The fan is the effect over all of them."
            ),
            table=releases.drop(columns=["link_id"]),
        )
    impacts = queries.release_impacts(hub.build)
    impacts = impacts[(impacts["model"] == row["entity"]) & (impacts["kpi"] == row["kpi"])]
    if impacts["effect"].notna().any():
        st.markdown(plain(link_cards.release_sentence(impacts)))
        chart_when_opened(
            lambda: impacts_chart(impacts, hub.theme, kpi=kpi),
            label="each release of the model by itself",
            key=f"{PAGE}_impacts",
            invalid=queries.invalid(hub.build, "metric", [row["kpi"]]),
            alt=f"Step of {kpi} at each release of {row['entity']}",
            how_to_read=(
                "The lasting step of the KPI at each release of the model by itself, whatever "
                "metric it changed. A bar across zero leaves the direction open."
            ),
            table=impacts.drop(columns=["impact_id", "caveats"]),
        )


def experiments(hub: Hub, row: Any) -> None:
    """Offline gains against online lifts, where experiments measured the pair."""
    st.subheader("What did experiments measure?")
    rows = queries.offline_experiments(
        hub.build, str(row["entity"]), str(row["metric_name"]), str(row["kpi"])
    )
    if rows.empty and queries.experiments(hub.build).empty:
        missing(hub, "No experiment has been delivered.", "experiments")
        return
    if rows.empty:
        st.info(
            plain(
                f"0 experiments on {row['metric_name']} of {row['entity']} measured {row['kpi']}. "
                "The experiments' files need rows with this offline_metric and metric."
            )
        )
        return
    offline_against_online(
        hub,
        rows,
        queries.experiment_links(
            hub.build, str(row["entity"]), str(row["metric_name"]), str(row["kpi"])
        ),
        page=PAGE,
    )


def raw(
    hub: Hub, row: Any, series: pd.DataFrame, notes: pd.DataFrame, *, metric: str, kpi: str
) -> None:
    """The plain correlation and regression, and why they decide nothing."""
    st.subheader("And the plain correlation?")
    said = naive_words(notes.iloc[0]) if len(notes) else ""
    if said:
        own = estimate(row["effect"], row["effect_low"], row["effect_high"])
        st.markdown(
            plain(
                f"A plain regression of the days says {said}; the estimate that gives the verdict "
                f"says {own}. The plain one takes neighbouring days for independent and trend and "
                "season for the metric's doing, so its interval is narrower than what is known."
            )
        )
    chart_when_opened(
        lambda: raw_chart(
            series,
            hub.theme,
            metric=metric,
            kpi=kpi,
            correlation=row["raw_correlation"],
            unit=str(row["kpi_unit"] or ""),
        ),
        label="the two against each other",
        key=f"{PAGE}_raw",
        alt=f"{metric} against {kpi}, a point a day",
        how_to_read=(
            "It carries no verdict. Whatever rises over the months correlates with whatever else "
            "rises: where the two halves of the days lie apart, the passing of time alone makes "
            "the picture. Neighbouring days are no separate witnesses either."
        ),
        table=series[["day", "metric_value", "kpi_value"]],
        unit=row["kpi_unit"],
    )
