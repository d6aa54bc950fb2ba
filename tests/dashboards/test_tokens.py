"""Can everybody read the colours?"""

from __future__ import annotations

import re

import pytest

from dashboards.page_look import caption_colour
from dashboards.tokens import DARK, LIGHT, Theme, streamlit_options, theme

TEXT_CONTRAST, GRAPHIC_CONTRAST = 4.5, 3.0  # WCAG 2.2, criteria 1.4.3 and 1.4.11


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_the_surface(tokens: Theme) -> None:
    for colour in (tokens.text, tokens.muted, tokens.warning):
        assert _contrast(colour, tokens.surface) >= TEXT_CONTRAST, colour
    graphics = (*tokens.series, tokens.good, tokens.bad, tokens.release, tokens.promotion)
    for colour in graphics:
        assert _contrast(colour, tokens.surface) >= GRAPHIC_CONTRAST, colour


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_captions_stand_out_from_the_page_and_from_a_raised_part_of_it(tokens: Theme) -> None:
    css = caption_colour(tokens)
    assert "stCaptionContainer" in css
    (colour,) = re.findall(r"#[0-9a-f]{6}", css)
    for behind in (tokens.surface, tokens.raised):
        assert _contrast(colour, behind) >= TEXT_CONTRAST, behind


def test_the_theme_follows_streamlits_and_is_light_when_unknown() -> None:
    assert theme("dark") is DARK
    assert theme("light") is LIGHT
    assert theme(None) is LIGHT


def test_streamlit_gets_the_same_surface_as_the_charts() -> None:
    options = streamlit_options()
    assert options["theme.dark.backgroundColor"] == DARK.surface
    assert options["theme.light.backgroundColor"] == LIGHT.surface
