"""How did a number go lately? A line of a few values beside it, as a picture within the page.

A line without axes or tooltips does not need a charting library in the browser, which would have
to be loaded for it. Its colour is neutral: whether the course is good is told in words.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

WIDE, HIGH, EDGE, DOT = 150, 36, 3, 2.5
SVG = "data:image/svg+xml;base64,"


def sparkline(values: Sequence[float], *, colour: str) -> str:
    """An `<img>` of the values in order, oldest first, a dot on the newest; empty below two.

    `colour` is that of the line in CSS. It is an image because `st.html` takes SVG out of what it
    is given, and needs nothing but the page.
    """
    if len(values) < 2:
        return ""
    low, top = min(values), max(values)
    step, scale = (WIDE - 2 * EDGE) / (len(values) - 1), (HIGH - 2 * EDGE) / ((top - low) or 1)
    points = [
        (EDGE + at * step, HIGH - EDGE - (value - low) * scale) for at, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}">'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{DOT}" fill="{colour}"/></svg>'
    )
    encoded = b64encode(svg.encode()).decode()
    return (
        f'<img class="spark" width="{WIDE}" height="{HIGH}" alt="The last {len(values)} values" '
        f'src="{SVG}{encoded}">'
    )
