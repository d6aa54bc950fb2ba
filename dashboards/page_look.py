"""How do the pages look beyond what Streamlit's theme can say: focus, narrow screens, paper?"""

from __future__ import annotations

import streamlit as st

from dashboards.tokens import LIGHT, Theme, theme

# On paper the page is as long as it is, instead of scrolling in a window, and what only a mouse can
# use goes, closed parts too. A heading, a control and what stands above a chart stay on the sheet
# of what they belong to. A chart keeps the width it was drawn with, so the column is no wider than
# what a sheet holds when everything is `PRINT_SCALE` as large: text of 8 points.
COLUMN = ".stMainBlockContainer { max-width: 1192px !important; margin: 0 auto; } "
PRINT_SCALE = 0.68
PRINT = (
    "@page { size: A4; margin: 12mm; } html, body, #root, #root > div, .stApp, "
    "[data-testid=stAppViewContainer], [data-testid=stMain] { position: static !important; "
    "overflow: visible !important; height: auto !important; display: block !important; } "
    "[data-testid=stHeader], [data-testid=stSidebar], [data-testid=stToolbar], .modebar, "
    ".stDownloadButton, [data-testid=stElementToolbar], .st-key-page_along, "
    ".stExpander:has(> details:not([open])) { display: none !important; } "
    # a hair of room: else the edge of the sheet cuts the frame of the last card
    f".stMainBlockContainer {{ padding: 0 3px !important; zoom: {PRINT_SCALE}; "
    "max-width: 1034px !important; } "
    ".stMainBlockContainer > [data-testid=stVerticalBlock] { display: block !important; } "
    ".stMainBlockContainer > [data-testid=stVerticalBlock] > * { margin-bottom: 10px; } "
    ".stPlotlyChart, .stMetric, .stAlert, [data-testid=stColumn], .stSelectbox, .stButtonGroup, "
    ".stTextInput { break-inside: avoid; } "
    "[data-testid=stElementContainer]:has(h1, h2, h3, h5, .stSelectbox, .stButtonGroup), "
    "[data-testid=stLayoutWrapper]:has(.stSelectbox, .stButtonGroup):not(:has(.stPlotlyChart)), "
    "[data-testid=stElementContainer]:has(+ [data-testid=stElementContainer] .stPlotlyChart), "
    "[data-testid=stElementContainer]:has(+ [data-testid=stLayoutWrapper] .stMetric), "
    "[data-testid=stElementContainer]:has(.stPlotlyChart) { break-after: avoid; } "
    # a table is drawn as far as it is in sight
    "[data-testid=stElementContainer]:has([data-testid=stDataFrame])::after { content: "
    "'Rows and columns that are not in sight are in the CSV and in the page as a file.'; "
    "font-size: 12px; } "
)
# Dark pages are printed dark on white. What is drawn, charts and tables, is turned round instead.
_DRAWN = ".stPlotlyChart, [data-testid=stDataFrame]"
_CHOSEN = ":is([aria-checked=true], [aria-pressed=true])"
PRINT_OF_DARK = (
    f".stApp, .stApp *:not(svg *, {_DRAWN}, .stPlotlyChart *, [data-testid=stDataFrame] *) "
    f"{{ color: {LIGHT.text} !important; background-color: {LIGHT.surface} !important; "
    f"border-color: {LIGHT.grid} !important; }} "
    # what is chosen is told by its frame and weight instead of its ground
    f".stApp .stButtonGroup {_CHOSEN}, .stApp .stButtonGroup {_CHOSEN} * "
    f"{{ border-color: {LIGHT.text} !important; font-weight: 700 !important; }} "
    f"html, body, .stApp {{ color-scheme: light !important; "
    f"background-color: {LIGHT.surface} !important; }} "
    f"{_DRAWN} {{ "
    "filter: invert(1) hue-rotate(180deg) brightness(1.1); } "
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
        f":focus-visible, :is(.stSelectbox, .stTextInput) div:has(> input:focus-visible) "
        f"{{ outline: 3px solid {now.main} !important; outline-offset: 2px; }} "
        # the frame of a field is around it, not cut off inside; that of a button above the next
        ":is(.stSelectbox, .stTextInput) input:focus-visible { outline: none !important; } "
        ".stButtonGroup button:focus-visible { position: relative; z-index: 1; } "
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
        "[data-testid=stCode] code, [data-testid=stCode] pre { white-space: pre-wrap !important; "
        "overflow-wrap: anywhere; } h5 { font-size: 1.1rem !important; } "
        ".stButtonGroup button { padding: 0 0.5rem; } }"
        f"{COLUMN} @media print {{ {PRINT}{PRINT_OF_DARK if now.name == 'dark' else ''} }}"
        "</style>"
    )
