"""Which pages are there? The entry point of `streamlit run`; everything else is a page's."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards import address
from dashboards.build_columns import MartMissing
from dashboards.deep_links import PARAMETERS, VIEW, start_by_name
from dashboards.export_control import export_control
from dashboards.page_look import page_style
from dashboards.page_parts import PAGE_SHOWN, older_build
from dashboards.wording import plain

# In the session: whether the start page was opened by its name, `/success-metrics`, not as `/`.
BY_NAME = "start_by_name"
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
    by_name = bool(st.session_state.get(BY_NAME))
    pages = [
        st.Page(
            f"app_pages/{name}.py",
            title=title,
            icon=icon,
            url_path=name.replace("_", "-") if position else "start",
            default=position == 0,
            visibility="hidden" if position == 0 and by_name else "visible",
        )
        for position, (name, title, icon) in enumerate(PAGES)
    ]
    # Streamlit gives the start page the address `/` and no other, so it is there twice; the
    # sidebar names that of both which is open
    start = start_by_name(PAGES[0][1], is_listed=by_name)
    page = st.navigation([pages[0], start, *pages[1:]])
    is_by_name = page.url_path == start.url_path
    if is_by_name != by_name and (is_by_name or not page.url_path):
        st.session_state[BY_NAME] = is_by_name
        st.rerun()
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


main()
