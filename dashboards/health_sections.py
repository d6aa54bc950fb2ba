"""What does *Data health* show: sources, refusals, drift, checks, and what each KPI rests on?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries
from dashboards.charts_health import coverage_chart, coverage_table, quarantine_chart
from dashboards.drift_words import described
from dashboards.freshness import told_by_source
from dashboards.health_exclusions import exclusions
from dashboards.page_parts import Hub, chart, local_times, show_table, table_when_opened
from dashboards.wording import count, is_missing, plain, prose
from hub.shortfalls import shortfalls

PASSED = "pass"
MOST_TOLD = 3
# What the sentences of `hub.shortfalls` are made of.
SAID_IN_WORDS = (
    "last_day", "kind_last_day", "is_awaited", "days_without_rate", "first_day_without_rate",
    "last_day_without_rate", "currency_without_rate",
)  # fmt: skip


def sources_told(hub: Hub, sources: pd.DataFrame) -> None:
    """From when to when each source has data, and whether every record is accounted for."""
    st.subheader("From when to when is there data?")
    gaps = queries.data_health(hub.build, "gaps")
    rhythm = queries.data_health(hub.build, "rhythm")
    missing_days = gaps.groupby("source").size()
    told = told_by_source(sources, rhythm, hub.config, hub.now).assign(
        missing_days=[int(missing_days.get(name, 0)) for name in sources["source"]]
    )
    parts = ["loaded", "quarantined", "blank"]
    told["unaccounted"] = told["records"].fillna(0) - told[parts].fillna(0).sum(axis=1)
    first = ["source", "freshness", "data_through", "missing_days", "unaccounted"]
    first += ["records", *parts, "expected", "kind"]
    left = [each for each in told.columns if each not in (*first, *SAID_IN_WORDS)]
    told = told[[*first, *left]]
    table = local_times(told, ["first_at", "data_through", "last_loaded_at"], hub.zone)
    if sources["data_through"].notna().any():
        covered = local_times(sources, ["first_at", "data_through"], hub.zone)
        chart(
            coverage_chart(covered, gaps, hub.theme),
            key="data_health_coverage",
            alt="First to last record by source, with missing days",
            how_to_read=(
                "A bar runs from a source's first to its last record; a cross marks days without "
                "any record in between. Such days are gaps in what is known, never zeros."
            ),
            table=coverage_table(covered, gaps),
        )
    st.subheader("Is every record accounted for?")
    st.caption("Records = loaded + quarantined + blank, for each source and each file.")
    st.caption(
        "Fresh or stale: by `fresh_within` in hub.yml; numbers that rest on a stale source are "
        "marked. On time or late, without such a limit: late is older than twice the longest gap "
        "between its deliveries so far."
    )
    show_table(table, key="data_health_sources")
    files = queries.data_health(hub.build, "files")
    again = files[files["status"] == "duplicate"]
    if len(again):
        st.markdown(
            f"{count(len(again), 'file')} came a second time with the same content and "
            f"{'was' if len(again) == 1 else 'were'} not loaded again."
        )
    times = ["first_at", "last_at", "loaded_at"]
    table_when_opened("Every file", local_times(files, times, hub.zone), key="data_health_files")


def incomplete(hub: Hub, sources: pd.DataFrame) -> None:
    """What keeps periods from being whole, and what to do about it."""
    told = shortfalls(_rows(sources), _rows(exclusions(hub.build)))
    if told:
        lines = "\n".join(f"- {prose(each)}" for each in told)
        st.warning(f"Some periods are incomplete:\n\n{lines}", icon=":material/hourglass_empty:")


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): row[key] for key in row} for row in frame.to_dict("records")]


def quarantine(hub: Hub) -> None:
    """What was refused, by reason, with where to look and what would have been right."""
    st.subheader("What was refused, and why?")
    refused = queries.data_health(hub.build, "quarantine")
    if refused.empty:
        st.caption("Nothing is in quarantine.")
        return
    worst = refused.iloc[0]
    expected = "" if is_missing(worst["expected"]) else f": expected {worst['expected']}"
    st.markdown(
        plain(
            f"Most often {str(worst['reason']).replace('_', ' ')} in {worst['source']}: "
            f"{count(int(worst['rows']), 'record')}, for example line {worst['example_line']} of "
            f"{worst['example_file']}{expected}."
        )
    )
    chart(
        quarantine_chart(refused, hub.theme),
        key="data_health_quarantine",
        alt="Refused records by source and reason",
        how_to_read="Refused records are kept beside the data and count in no number.",
        table=refused,
    )
    again = f"`bellwether quarantine retry --home {str(hub.home.root).replace('`', '')}`"
    st.caption(f"Once the file or hub.yml is mended, load what was refused again with {again}.")


def checks_told(checks: pd.DataFrame) -> None:
    """Which checks failed."""
    st.subheader("Which checks failed?")
    failed = checks[checks["status"] != PASSED]
    if checks.empty:
        st.caption("No check has been recorded for this build.")
    elif failed.empty:
        st.caption(f"None: {count(len(checks), 'check')} passed.")
    else:
        show_table(failed, key="data_health_checks_failed")
    table_when_opened("Every check", checks, key="data_health_checks")


def releases(hub: Hub) -> None:
    """Which releases have no run."""
    st.subheader("Which releases have no run?")
    unmatched = queries.data_health(hub.build, "releases")
    if unmatched.empty:
        st.caption("None: every model release names a run that was delivered and finished.")
        return
    st.caption("Their offline metrics are not known, so they count for no link.")
    show_table(
        local_times(unmatched, ["released_at"], hub.zone),
        key="data_health_releases",
        first=["model", "version", "problem"],
    )


def drift(hub: Hub) -> None:
    """Which files have other fields than those before them."""
    st.subheader("Did the form of a source change?")
    files = queries.data_health(hub.build, "files")
    changed = files[[not is_missing(each) for each in files["drift"]]]
    if changed.empty:
        st.caption("No file of logs has fields that are new, missing or of another type.")
        return
    changed = changed.assign(what=[described(each) for each in changed["drift"]])
    for _, row in changed.head(MOST_TOLD).iterrows():
        st.markdown(f"- **{plain(row['file'])}**: {plain(row['what'])}")
    show_table(
        local_times(changed, ["loaded_at"], hub.zone)[["what", "file", "source", "loaded_at"]],
        key="data_health_drift",
    )


def kpis(hub: Hub) -> None:
    """Which sources each KPI rests on, and through when they go."""
    st.subheader("What does each KPI rest on?")
    rows = queries.data_health(hub.build, "kpis")
    without = rows.loc[rows["source"] == "none", "label"]
    if len(without):
        st.warning(
            plain(f"No source of the kind needed: {', '.join(sorted(set(without)))}."),
            icon=":material/link_off:",
        )
    st.caption(
        "A KPI is known through the day its slowest source goes to; refused records and days "
        "without any are missing from it."
    )
    show_table(
        local_times(rows, ["data_through"], hub.zone),
        key="data_health_kpis",
        first=["label", "data_through", "missing_days", "quarantined", "source"],
    )
