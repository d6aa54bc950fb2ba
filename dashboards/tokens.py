"""Which colours, symbols and dashes do pages and charts use, in light and in dark?

The categorical colours are those of Okabe and Ito (2008), which people with any of the common
colour vision deficiencies can tell apart. No meaning is carried by a colour alone: what differs
in colour also differs in dash, symbol, sign or word.
"""

from __future__ import annotations

from dataclasses import dataclass

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as CSS hexadecimal."""

    name: str
    surface: str
    raised: str
    text: str
    muted: str
    grid: str
    main: str
    comparison: str
    good: str
    bad: str
    neutral: str
    warning: str
    hatch: str
    release: str
    promotion: str
    series: tuple[str, ...]

    def band(self, colour: str, *, opacity: float = 0.22) -> str:
        """`colour` made see-through, for the band of an interval."""
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red},{green},{blue},{opacity})"


LIGHT = Theme(
    name="light",
    surface="#ffffff",
    raised="#f4f5f7",
    text="#1b1f24",
    muted="#57606a",
    grid="#e3e6ea",
    main="#0072b2",
    comparison="#8c959f",
    good="#0072b2",
    bad="#c24e00",
    neutral="#57606a",
    warning="#8a5a00",
    hatch="#8c959f",
    release="#7a3e78",
    promotion="#00795a",
    series=("#0072b2", "#d55e00", "#009e73", "#a5527e", "#b07700", "#3a7ca5"),
)

DARK = Theme(
    name="dark",
    surface="#0f1318",
    raised="#1a2028",
    text="#e8ecf1",
    muted="#a3adb8",
    grid="#2b333d",
    main="#56b4e9",
    comparison="#8b949e",
    good="#56b4e9",
    bad="#ff9248",
    neutral="#a3adb8",
    warning="#e6b14c",
    hatch="#8b949e",
    release="#d79ad0",
    promotion="#3fc79a",
    series=("#56b4e9", "#e69f00", "#2fc496", "#d79ad0", "#f0e442", "#ff9248"),
)


def theme(kind: str | None) -> Theme:
    """The theme Streamlit says it shows: `dark`, else light."""
    return DARK if kind == "dark" else LIGHT


def streamlit_options() -> dict[str, str]:
    """The same colours as Streamlit's own options, by option name."""
    options: dict[str, str] = {}
    for tokens in (LIGHT, DARK):
        section = f"theme.{tokens.name}"
        options |= {
            f"{section}.backgroundColor": tokens.surface,
            f"{section}.secondaryBackgroundColor": tokens.raised,
            f"{section}.textColor": tokens.text,
            f"{section}.primaryColor": tokens.main,
            f"{section}.linkColor": tokens.main,
            f"{section}.blueColor": tokens.good,
            f"{section}.orangeColor": tokens.bad,
            f"{section}.borderColor": tokens.grid,
        }
    return options
