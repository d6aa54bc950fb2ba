"""How do measured figures read on a terminal and in a file?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.figures import OURS, Figure

NAME_WIDTH = 68
CELL_WIDTH = 17


def target_lines(figures: Sequence[Figure]) -> Iterator[str]:
    """The engine's figures, one a line: measured, 95 % band, target, whether reached, worlds."""
    for figure in figures:
        if figure.method == OURS:
            yield str(figure)


def beside_lines(figures: Sequence[Figure]) -> Iterator[str]:
    """The same figures of every method beside one another; `-` where a method has none.

    A number after a slash is how many worlds stand behind a figure when it is fewer than behind
    the engine's.
    """
    methods = list(dict.fromkeys(figure.method for figure in figures))
    if len(methods) < 2:
        return
    found = {(figure.name, figure.method): figure for figure in figures}
    yield " " * NAME_WIDTH + "".join(
        f"{method[: CELL_WIDTH - 2]:>{CELL_WIDTH}}" for method in methods
    )
    for name in dict.fromkeys(figure.name for figure in figures):
        ours = found.get((name, OURS))
        cells = [_cell(found.get((name, method)), ours) for method in methods]
        yield f"{name:<{NAME_WIDTH}}" + "".join(f"{cell:>{CELL_WIDTH}}" for cell in cells)


def write_json(
    path: Path, figures: Mapping[str, Sequence[Figure]], about: Mapping[str, object]
) -> None:
    """All figures by section, and how they were made, as JSON."""
    rows = {section: [figure.as_row() for figure in some] for section, some in figures.items()}
    text = json.dumps({"about": dict(about), "figures": rows}, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _cell(figure: Figure | None, ours: Figure | None) -> str:
    if figure is None:
        return "-"
    fewer = ours is not None and figure.n < ours.n and "when moves" not in figure.name
    return f"{figure.measured:.3f}" + (f" /{figure.n}" if fewer else "")
