"""How is a chart of the same rows drawn only once, for all readers?

Building a Plotly figure costs more than all else a page does. What is drawn depends on nothing
but what a chart is given, so a figure is kept under the content of that: a new build has other
rows and so gets another figure. What was not asked for longest is dropped.
"""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from dashboards.chart_room import with_room

MOST_KEPT = 256

Draw = TypeVar("Draw", bound=Callable[..., Any])
_figures: OrderedDict[bytes, Any] = OrderedDict()
_lock = Lock()


def kept(draw: Draw) -> Draw:
    """A chart that is drawn once for the same arguments (frames, rows, words, the theme).

    All callers get the same figure: it must not be changed. `draw.__wrapped__` draws a new one.
    """

    @wraps(draw)
    def drawn(*args: Any, **given: Any) -> Any:
        key = _key(draw, args, given)
        with _lock:
            if key in _figures:
                _figures.move_to_end(key)
                return _figures[key]
        figure = with_room(draw(*args, **given), revision=key.hex())
        with _lock:
            _figures[key] = figure
            while len(_figures) > MOST_KEPT:
                _figures.popitem(last=False)
        return figure

    return drawn  # type: ignore[return-value]


def _key(draw: Callable[..., Any], args: tuple[Any, ...], given: dict[str, Any]) -> bytes:
    """A digest of which chart it is and of all it is given: equal only for equal content."""
    name = f"{draw.__module__}.{draw.__qualname__}"
    content = pickle.dumps((name, args, sorted(given.items())), protocol=5)
    return hashlib.blake2b(content, digest_size=16).digest()
