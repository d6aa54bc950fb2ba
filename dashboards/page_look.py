"""How do the pages look beyond what Streamlit's theme can say: focus, narrow screens, paper?"""

from __future__ import annotations

import streamlit as st

from dashboards.tokens import Theme, theme

# A column is as wide as a sheet, with and without its margins: a chart keeps the width it was drawn
# with when it is printed, and would be cut if that were more. On paper the page is as long as it
# is, instead of scrolling in a window, and what only a mouse can use goes, closed parts too. A
# heading, a control and what stands above a chart stay on the sheet of what they belong to.
COLUMN = ".stMainBlockContainer { max-width: 1192px !important; margin: 0 auto; } "
PRINT = (
    "@page { size: A4 landscape; margin: 12mm; } html, body, #root, #root > div, .stApp, "
    "[data-testid=stAppViewContainer], [data-testid=stMain] { position: static !important; "
    "overflow: visible !important; height: auto !important; display: block !important; } "
    "[data-testid=stHeader], [data-testid=stSidebar], [data-testid=stToolbar], .modebar, "
    ".stDownloadButton, [data-testid=stElementToolbar], .st-key-page_along, "
    ".stExpander:has(> details:not([open])) { display: none !important; } "
    ".stMainBlockContainer { padding: 0 !important; max-width: 272mm !important; } "
    ".stMainBlockContainer > [data-testid=stVerticalBlock] { display: block !important; } "
    ".stMainBlockContainer > [data-testid=stVerticalBlock] > * { margin-bottom: 10px; } "
    ".stPlotlyChart, .stMetric, .stAlert, [data-testid=stColumn], .stSelectbox, .stButtonGroup, "
    ".stTextInput { break-inside: avoid; } "
    "[data-testid=stElementContainer]:has(h1, h2, h3, h5, .stSelectbox, .stButtonGroup), "
    "[data-testid=stLayoutWrapper]:has(.stSelectbox, .stButtonGroup):not(:has(.stPlotlyChart)), "
    "[data-testid=stElementContainer]:has(+ [data-testid=stElementContainer] .stPlotlyChart), "
    "[data-testid=stElementContainer]:has(.stPlotlyChart) { break-after: avoid; }"
)
CAPTIONS = "[data-testid=stCaptionContainer], [data-testid=stCaptionContainer] p"


def caption_colour(of: Theme) -> str:
    """The CSS that gives captions a colour everybody can read; Streamlit's own is paler."""
    return f"{CAPTIONS} {{ color: {of.muted} !important; opacity: 1 !important; }} "


def page_style() -> None:
    """What Streamlit's theme cannot say: a visible focus, room on narrow screens, and print."""
    now = theme(st.context.theme.type)
    st.html(
        "<style>"
        f":focus-visible {{ outline: 3px solid {now.main} !important; outline-offset: 2px; }}"
        f"{caption_colour(now)}"
        # a control of buttons is as high as a list, so that their labels stand in one line
        ".stButtonGroup button { min-height: 2.5rem; } "
        # a link whose words are longer than a phone goes on in the next line
        "[data-testid=stPageLink] a { height: auto; } "
        "[data-testid=stPageLink] a * { white-space: normal !important; } "
        "h1 { font-size: 2.1rem !important; } .stMainBlockContainer { padding-top: 4rem; } "
        # on a phone the answer and the first card stand in the first screen and a half
        "@media (max-width: 640px) { .stMainBlockContainer "
        "{ padding-left: 1rem; padding-right: 1rem; } h1 { font-size: 1.6rem !important; } "
        "h5 { font-size: 1.1rem !important; } .stButtonGroup button { padding: 0 0.5rem; } }"
        f"{COLUMN} @media print {{ {PRINT} }}"
        "</style>"
    )
