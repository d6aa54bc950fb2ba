"""Does the small line of a card show its values in order, and nothing where there is no course?"""

from __future__ import annotations

import re
from base64 import b64decode

from dashboards.sparkline import DOT, EDGE, HIGH, SVG, WIDE, sparkline


def _svg(drawn: str) -> str:
    found = re.search(f'src="{re.escape(SVG)}([^"]+)"', drawn)
    assert found
    return b64decode(found[1]).decode()


def test_the_line_goes_from_the_oldest_value_to_a_dot_on_the_newest() -> None:
    drawn = sparkline((10.0, 30.0, 20.0), colour="#123456")
    svg = _svg(drawn)
    found = re.search(r'points="([^"]+)"', svg)
    assert found
    points = [tuple(map(float, each.split(","))) for each in found[1].split()]
    assert points == [(EDGE, HIGH - EDGE), (WIDE / 2, EDGE), (WIDE - EDGE, HIGH / 2)]
    assert f'cx="{WIDE - EDGE:.1f}" cy="{HIGH / 2:.1f}" r="{DOT}"' in svg
    assert 'stroke="#123456"' in svg
    assert 'alt="The last 3 values"' in drawn


def test_values_that_stay_the_same_are_a_level_line() -> None:
    level = f"{EDGE:.1f},{HIGH - EDGE:.1f} {WIDE - EDGE:.1f},{HIGH - EDGE:.1f}"
    assert level in _svg(sparkline((5.0, 5.0), colour="red"))


def test_one_value_has_no_course() -> None:
    assert sparkline((5.0,), colour="red") == ""
