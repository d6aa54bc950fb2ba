"""What does each number rest on, and what is missing or refused?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import queries
from dashboards.charts_health import coverage_chart, quarantine_chart
from dashboards.freshness import stale_sources
from dashboards.page_parts import (
    Hub,
    answer,
    begin,
    built_ago,
    chart,
    local_times,
    missing,
    show_table,
)
from dashboards.wording import age, amount, count, plain

PASSED = "pass"


def main() -> None:
    hub = begin("Can the numbers be trusted?")
    sources = queries.data_health(hub.build, "sources")
    if sources.empty or not sources["records"].fillna(0).sum():
        missing(hub, "Nothing has been delivered yet.", "sales", "service_logs", "mlflow")
        return
    checks = queries.data_health(hub.build, "checks")
    answer(plain(_sentence(sources, checks)))
    st.caption(f"The build was made {built_ago(hub)} ago; that says nothing of the data's age.")
    silent = list(sources.loc[sources["records"].fillna(0) == 0, "source"])
    if silent:
        st.warning(
            plain(f"Named in hub.yml, but nothing arrived: {', '.join(map(str, silent))}."),
            icon=":material/inbox:",
        )
    _sources(hub, sources)
    _quarantine(hub)
    _checks(checks)
    _releases(hub)


def _sentence(sources: pd.DataFrame, checks: pd.DataFrame) -> str:
    total = {
        name: int(sources[name].fillna(0).sum())
        for name in ("records", "loaded", "quarantined", "blank")
    }
    lost = total["records"] - total["loaded"] - total["quarantined"] - total["blank"]
    failed = int((~checks["status"].isin([PASSED, "warn"])).sum())
    part = total["quarantined"] / total["records"]
    share = "under 0.01 %" if 0 < part < 0.0001 else amount(part, "ratio")
    said = (
        f"All {count(total['records'], 'record')} are accounted for: {total['loaded']:,} loaded, "
        f"{total['quarantined']:,} quarantined ({share}), {total['blank']:,} blank"
        if lost == 0
        else f"{count(abs(lost), 'record')} of {total['records']:,} are not accounted for"
    )
    return f"{said}; {failed} of {count(len(checks), 'check')} failed."


def _sources(hub: Hub, sources: pd.DataFrame) -> None:
    st.subheader("From when to when is there data?")
    gaps = queries.data_health(hub.build, "gaps")
    limits = {s.name: s.fresh_within for s in hub.config.sources} if hub.config else {}
    stale = {s.source: s for s in stale_sources(sources, hub.config, hub.now)} if hub.config else {}
    missing_days = gaps.groupby("source").size()
    told = sources.assign(
        missing_days=[int(missing_days.get(name, 0)) for name in sources["source"]],
        fresh_within=[limits.get(name) or "no limit" for name in sources["source"]],
        freshness=[
            f"stale: {age(stale[name].age)} old"
            if name in stale
            else ("fresh" if limits.get(name) else "no limit set")
            for name in sources["source"]
        ],
    )
    parts = ["loaded", "quarantined", "blank"]
    told["unaccounted"] = told["records"].fillna(0) - told[parts].fillna(0).sum(axis=1)
    first = ["source", "kind", "data_through", "freshness", "missing_days", "records", *parts]
    first.append("unaccounted")
    told = told[[*first, *(each for each in told.columns if each not in first)]]
    table = local_times(told, ["first_at", "data_through", "last_loaded_at"], hub.zone)
    if sources["data_through"].notna().any():
        chart(
            coverage_chart(
                local_times(sources, ["first_at", "data_through"], hub.zone), gaps, hub.theme
            ),
            key="data_health_coverage",
            alt="First to last record by source, with missing days",
            how_to_read=(
                "A bar runs from a source's first to its last record; a cross marks days without "
                "any record in between. Such days are gaps in what is known, never zeros."
            ),
            table=gaps,
        )
    st.subheader("Is every record accounted for?")
    st.caption("Records = loaded + quarantined + blank, for each source and each file.")
    show_table(table, key="data_health_sources")
    files = queries.data_health(hub.build, "files")
    again = files[files["status"] == "duplicate"]
    if len(again):
        st.markdown(
            f"{count(len(again), 'file')} came a second time with the same content and "
            f"{'was' if len(again) == 1 else 'were'} not loaded again."
        )
    with st.expander("Every file"):
        times = ["first_at", "last_at", "loaded_at"]
        show_table(local_times(files, times, hub.zone), key="data_health_files")


def _quarantine(hub: Hub) -> None:
    st.subheader("What was refused, and why?")
    refused = queries.data_health(hub.build, "quarantine")
    if refused.empty:
        st.caption("Nothing is in quarantine.")
        return
    worst = refused.iloc[0]
    st.markdown(
        plain(
            f"Most often {str(worst['reason']).replace('_', ' ')} in {worst['source']}: "
            f"{count(int(worst['rows']), 'record')}, for example line {worst['example_line']} of "
            f"{worst['example_file']}."
        )
    )
    chart(
        quarantine_chart(refused, hub.theme),
        key="data_health_quarantine",
        alt="Refused records by source and reason",
        how_to_read="Refused records are kept beside the data and count in no number.",
        table=refused,
    )


def _checks(checks: pd.DataFrame) -> None:
    st.subheader("Which checks failed?")
    failed = checks[checks["status"] != PASSED]
    if checks.empty:
        st.caption("No check has been recorded for this build.")
    elif failed.empty:
        st.caption(f"None: {count(len(checks), 'check')} passed.")
    else:
        show_table(failed, key="data_health_checks_failed")
    with st.expander("Every check"):
        show_table(checks, key="data_health_checks")


def _releases(hub: Hub) -> None:
    st.subheader("Which releases have no run?")
    unmatched = queries.data_health(hub.build, "releases")
    if unmatched.empty:
        st.caption("None: every model release names a run that was delivered and finished.")
        return
    st.caption("Their offline metrics are not known, so they count for no link.")
    show_table(local_times(unmatched, ["released_at"], hub.zone), key="data_health_releases")


main()
