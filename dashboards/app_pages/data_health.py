"""What does each number rest on, and what is missing or refused?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import health_sections, queries
from dashboards.health_exclusions import left_out
from dashboards.health_issues import issues_left_out
from dashboards.health_sections import PASSED
from dashboards.page_parts import answer, begin, built_ago, missing
from dashboards.trust_sections import what_is_invalid
from dashboards.view_bar import Offer, view_bar
from dashboards.wording import amount, count, plain

NOTE = "this is all that has been delivered up to the build, of every source by itself."


def main() -> None:
    hub = begin("Can the numbers be trusted?")
    sources = queries.data_health(hub.build, "sources")
    if sources.empty or not sources["records"].fillna(0).sum():
        missing(hub, "Nothing has been delivered yet.", "sales", "service_logs", "mlflow")
        return
    view_bar(Offer(note=NOTE))
    checks = queries.data_health(hub.build, "checks")
    answer(plain(_sentence(sources, checks)))
    st.caption(f"The build was made {built_ago(hub)} ago; that says nothing of the data's age.")
    silent = list(sources.loc[sources["records"].fillna(0) == 0, "source"])
    if silent:
        st.warning(
            plain(f"Named in hub.yml, but nothing arrived: {', '.join(map(str, silent))}."),
            icon=":material/inbox:",
        )
    what_is_invalid(hub)
    health_sections.incomplete(hub, sources)
    health_sections.sources_told(hub, sources)
    health_sections.kpis(hub)
    left_out(hub)
    issues_left_out(hub)
    health_sections.quarantine(hub)
    health_sections.drift(hub)
    health_sections.checks_told(checks)
    health_sections.releases(hub)


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


main()
