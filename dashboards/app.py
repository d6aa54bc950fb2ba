"""Which pages are there? The entry point of `streamlit run`; everything else is a page's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import address
from dashboards.build_columns import MartMissing
from dashboards.deep_links import PARAMETERS, VIEW
from dashboards.export_control import export_control
from dashboards.page_look import page_style
from dashboards.page_parts import PAGE_SHOWN, older_build
from dashboards.wording import plain

ICON = Path(__file__).with_name("favicon.svg")
PAGES = (
    ("success_metrics", "Success metrics", ":material/flag:"),
    ("what_moves_sales", "What moves sales", ":material/insights:"),
    ("link_explorer", "Link explorer", ":material/hub:"),
    ("experiments", "Experiments", ":material/science:"),
    ("exposure_audit", "Exposure audit", ":material/visibility:"),
    ("service_health", "Service health", ":material/monitor_heart:"),
    ("delivery", "Delivery", ":material/local_shipping:"),
    ("data_health", "Data health", ":material/fact_check:"),
    ("catalogue", "Catalogue", ":material/menu_book:"),
)


def main() -> None:
    """Set the frame and run the chosen page."""
    # a local icon: those that Streamlit names are fetched from elsewhere by the browser
    st.set_page_config(page_title="Bellwether", page_icon=str(ICON), layout="wide")
    page_style()
    pages = [
        st.Page(
            f"app_pages/{name}.py",
            title=title,
            icon=icon,
            url_path=name.replace("_", "-") if position else "start",
            default=position == 0,
        )
        for position, (name, title, icon) in enumerate(PAGES)
    ]
    page = st.navigation([*pages, _start_by_name()])
    st.session_state[PAGE_SHOWN] = {title: name for name, title, _ in PAGES}[page.title]
    above = st.container()
    try:
        page.run()
    except MartMissing as absent:
        with above:
            older_build(str(absent))
    else:
        known = {*VIEW, *PARAMETERS[st.session_state[PAGE_SHOWN]], *address.used()}
        for each in address.unknown(known):
            above.warning(plain(each), icon=":material/link_off:")
        export_control(st.session_state[PAGE_SHOWN].replace("_", "-"))


def _start_by_name() -> Any:
    """The first page once more: Streamlit gives the start page the address `/` and no other."""
    name, title, _ = PAGES[0]
    return st.Page(
        f"app_pages/{name}.py",
        title=title,
        url_path=name.replace("_", "-"),
        visibility="hidden",
    )


main()
