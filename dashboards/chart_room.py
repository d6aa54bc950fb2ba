"""How is a chart drawn once instead of three times in the reader's browser?

Plotly draws a chart with the margins it is given, measures what stands in them, and draws the
whole chart once more when that needs more room. Streamlit then hands the same figure over a second
time, which draws it a third time, because Plotly compares the lists of a figure by identity unless
it has a `datarevision`. Room that suffices and a revision made of the content avoid both; where
the room does not suffice (a legend of several lines on a phone), Plotly measures as before.

Sources: `Plots.doAutoMargin` and `Plotly.react` of Plotly.js; `layout.datarevision` in its
reference. Sizes are those of labels of 12 to 13 pixels, rounded up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

PAD, CHARACTER, NUMBER, TITLE, LINE = 14.0, 7.4, 46.0, 19.0, 18.5
LEGEND_LINE, OVER, BESIDE = 44.0, 16.0, 30.0
TITLE_BELOW = 24.0  # of a horizontal axis: its line, and what stands above and below it
USUAL_PX = 13.0  # the size of letters that `CHARACTER` is the width of
_TAG = re.compile(r"<(?!br)[^>]*>")


def with_room(fig: Any, *, revision: str) -> Any:
    """The figure, with margins that its labels and legend fit into; `revision` names its content.

    Margins that are larger already stay.
    """
    given = fig.layout.margin
    top = max(given.t or 0.0, OVER)
    needed = {"l": _left(fig), "r": BESIDE, "t": top, "b": _bottom(fig, top=top)}
    fig.update_layout(
        margin={side: max(px, getattr(given, side) or 0.0) for side, px in needed.items()},
        datarevision=revision,
    )
    fig.layout.template = None
    for trace in fig.data:
        for path, values in list(_arrays(trace.to_plotly_json())):
            trace[path] = None  # a list that equals the array would not replace it
            trace[path] = values.tolist()
    return fig


def _arrays(told: Mapping[str, Any], *, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every array of a trace with its path, such as `marker.size`."""
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _arrays(value, above=f"{above}{name}.")
        elif hasattr(value, "dtype") and value.dtype.kind in "iufb":
            yield f"{above}{name}", value


def _left(fig: Any) -> float:
    """Room for the widest label of a vertical axis, and its title; an empty one takes room, too."""
    rooms = [PAD]
    for axis in fig.select_yaxes():
        if axis.visible is False:
            continue
        words = _width(_words(fig, axis)) * (axis.tickfont.size or USUAL_PX) / USUAL_PX
        labels = 0.0 if axis.showticklabels is False else words or NUMBER
        rooms.append(PAD + labels + (TITLE if axis.title.text is not None else 0.0))
    return max(rooms)


def _bottom(fig: Any, *, top: float) -> float:
    """Room for labels and title of the lowest axis, or for a legend of one line below them."""
    room = max(
        (_below(fig, axis) for axis in fig.select_xaxes() if axis.visible is not False), default=PAD
    )
    place = fig.layout.legend.y
    if not _has_legend(fig) or place is None or place >= 0 or not fig.layout.height:
        return room
    # The legend's top stands `-place` plots below the plot, whose height is what room leaves.
    return max(room, (LEGEND_LINE - place * (fig.layout.height - top)) / (1 - place))


def _below(fig: Any, axis: Any) -> float:
    """Room for the labels of a horizontal axis, upright or of several lines, and its title."""
    title = TITLE_BELOW if axis.title.text is not None else 0.0
    words = _words(fig, axis)
    if axis.tickangle in (-90, 90):
        return PAD + _width(words) + title
    # the labels of times have the year on a second line
    usual = 2 if _is_time(fig, axis) else 1
    return PAD + LINE * max((len(lines) for lines in words), default=usual) + title


def _is_time(fig: Any, axis: Any) -> bool:
    """Whether what is drawn along an axis are times."""
    name = axis.plotly_name.replace("axis", "")
    drawn = [
        trace[name[0]]
        for trace in fig.data
        if (getattr(trace, f"{name[0]}axis", None) or name[0]) == name
        and trace[name[0]] is not None
    ]
    firsts = [next((each for each in values if each is not None), None) for values in drawn]
    return any(isinstance(each, datetime | date | np.datetime64) for each in firsts)


def _words(fig: Any, axis: Any) -> list[list[str]]:
    """The lines of each label that is a word; none on an axis of numbers or times."""
    if axis.ticktext is not None:
        labels = list(axis.ticktext)
    else:
        name = axis.plotly_name.replace("axis", "")
        labels = [
            value
            for trace in fig.data
            if (getattr(trace, f"{name[0]}axis", None) or name[0]) == name
            and trace[name[0]] is not None
            for value in trace[name[0]]
            if isinstance(value, str)
        ]
    return [_TAG.sub("", str(label)).split("<br>") for label in labels]


def _width(words: Sequence[Sequence[str]]) -> float:
    """Of the longest line."""
    return max((CHARACTER * len(line) for lines in words for line in lines), default=0.0)


def _has_legend(fig: Any) -> bool:
    """Plotly draws one for any entry of two or more traces, or for one that asks for it."""
    if fig.layout.showlegend is not None:
        return bool(fig.layout.showlegend)
    drawn = [trace for trace in fig.data if trace.visible is not False]
    wishes = [getattr(trace, "showlegend", None) for trace in drawn]
    return any(wishes) or (len(drawn) > 1 and None in wishes)
