"""How does one page point into another, with the other's choices made?"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards.view import View, full
from dashboards.wording import plain

EVERY_KPI = "Every KPI"
START = "success_metrics"
VIEW = ("period", "from", "to", "grain", "comparison", "segment")
PARAMETERS: dict[str, tuple[str, ...]] = {
    "success_metrics": ("kpi", "markers", "model", "by"),
    "what_moves_sales": ("moved", "model", "verdict", "link", "release"),
    "link_explorer": ("metric", "kpi"),
    "experiments": ("on", "offline"),
    "exposure_audit": ("service", "surface", "since", "releases_of"),
    "service_health": ("service", "change", "capacity_markers"),
    "delivery": ("project",),
    "data_health": (),
    "catalogue": ("search", "metric", "source"),
}
"""What each page keeps in its address besides the bar's `VIEW`."""
ICONS = {
    "success_metrics": ":material/flag:",
    "what_moves_sales": ":material/insights:",
    "link_explorer": ":material/hub:",
    "experiments": ":material/science:",
    "exposure_audit": ":material/visibility:",
    "service_health": ":material/monitor_heart:",
    "delivery": ":material/local_shipping:",
    "data_health": ":material/fact_check:",
    "catalogue": ":material/menu_book:",
}


def state_of(page: str, *, view: View | None = None, **chosen: str) -> dict[str, str]:
    """The query parameters with which a page opens as chosen.

    What `chosen` names must be a parameter of the page, else `ValueError`; a view is written out
    in full, because what is usual differs between pages.
    """
    unknown = [name for name in chosen if name not in (*PARAMETERS[page], *VIEW)]
    if unknown:
        raise ValueError(f"{page} has no parameter {', '.join(unknown)}")
    return {**({} if view is None else full(view)), **chosen}


def url(page: str, *, view: View | None = None, **chosen: str) -> str:
    """The address of a page below the app's own: `/service-health?service=recommender-api`."""
    query = urlencode(state_of(page, view=view, **chosen))
    return f"/{page.replace('_', '-')}{'?' if query else ''}{query}"


def start_by_name(title: str = "", *, is_listed: bool = False) -> Any:
    """The start page at the address that has its name; `/` is the other one."""
    return st.Page(
        f"app_pages/{START}.py",
        title=title or None,
        icon=ICONS[START],
        url_path=START.replace("_", "-"),
        visibility="visible" if is_listed else "hidden",
    )


def link_to(page: str, label: str, *, view: View | None = None, **chosen: str) -> None:
    """A link to a page with its choices made, which opens the same when it is copied.

    The link to `/` would be a query alone, which a browser reads as one of the page it stands on.
    """
    st.page_link(
        start_by_name() if page == START else f"app_pages/{page}.py",
        label=plain(label),
        icon=ICONS[page],
        query_params=state_of(page, view=view, **chosen),
    )
