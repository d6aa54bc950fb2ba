"""How does the command speak? Answers on standard output, progress and errors on the other."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec

from rich.console import Console
from rich.table import Table

from hub.config import ConfigError
from hub.warehouse import NothingPublished

P = ParamSpec("P")


def say(text: str = "") -> None:
    """A line of progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def fail(text: str) -> int:
    """A clear error on standard error; returns the exit code 1."""
    say(f"error: {text}")
    return 1


def print_json(value: Any) -> None:
    """JSON on standard output; dates and decimals as text."""
    print(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str | None = None,
    right: Sequence[str] = (),
) -> None:
    """A table on standard output; as wide as needed where the output is not a terminal."""
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(table)


def told_clearly(command: Callable[P, int]) -> Callable[P, int]:
    """A command whose expected errors are one clear message, not a traceback."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except (ConfigError, NothingPublished) as error:
            return fail(str(error))

    return wrapped
