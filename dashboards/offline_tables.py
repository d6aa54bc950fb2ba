"""How does a table of a page read as HTML: every row, written as the page writes it?

Cells keep their full value beside the written one where the two differ, so that the file's own
CSV button gives what the page's gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd

from analytics import vocabulary
from dashboards.offline_words import attribute
from dashboards.table_columns import DAY_FORM, GAP, P_FORM, TIME_FORM
from dashboards.wording import is_missing

MOST_PRINTED_ROWS = 25
MOST_PRINTED_COLUMNS = 10
LONG_TEXT, LONG_WORD = 24, 20
_MOMENT = {
    "YYYY": "%Y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "DD": "%d",
    "D": "%-d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}
_MOMENT_PART = re.compile("|".join(_MOMENT))
_PRINTF = re.compile(r"%[-+ 0#']*\d*(?:\.\d+)?[dfeg]")
_SIGNED_FORM = re.compile(r"%\+\.(\d+)f")
_NUMBER = ' class="number"'
# a number with its sign and unit, which no line may break
_AMOUNT = re.compile(r"[+−-]?[£$¥]?\d[\d.,]*( M)?( \S{1,3})?")
_SIGNS = {"euro": "€", "dollar": "$", "yen": "¥"}

Write = Callable[[Any], str]


class ColumnUnknown(Exception):
    """A column of a kind that the file cannot show; the message names it."""


def table_html(
    frame: pd.DataFrame, columns: str, *, name: str, written: pd.DataFrame | None = None
) -> str:
    """The whole frame as a table; `columns` is Streamlit's JSON of how each is shown.

    `written` holds, cell by cell, what the page itself has written of columns without a format.
    """
    config: dict[str, Any] = json.loads(columns or "{}")
    shown = [
        each
        for at, each in enumerate(frame.columns)
        if not _of(config, each, at).get("hidden", False)
    ]
    ways = {each: _of(config, each, frame.columns.get_loc(each)) for each in shown}
    by_page = {
        each: written[each]
        for each in shown
        if written is not None
        and (_is_number(frame[each]) or pd.api.types.is_datetime64_any_dtype(frame[each]))
        and not (ways[each].get("type_config") or {}).get("format")
    }
    heads = "".join(
        f'<th scope="col"{_NUMBER if _is_number(frame[each]) else ""} '
        f'data-name="{attribute(each)}">{escape(_label(config, each))}</th>'
        for each in shown
    )
    cells = [_cells(frame[each], ways[each], by_page.get(each)) for each in shown]
    rows = zip(*cells, strict=True)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    size = f"{len(frame):,} {'row' if len(frame) == 1 else 'rows'}"
    is_long, is_wide = len(frame) > MOST_PRINTED_ROWS, len(shown) > MOST_PRINTED_COLUMNS
    size_class = " long" if is_long else " wide" if is_wide else ""
    return (
        f'<div class="table{size_class}"><div class="scroll" tabindex="0" '
        f'role="region" aria-label="Table {attribute(name)}">'
        f"<table><thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
        f'<p class="size"><span>{size}</span> <button type="button" class="csv" '
        f'data-name="{attribute(name)}">Download CSV</button></p>'
        f'<p class="unprinted">Table of {size} and {len(shown)} columns: all of it is in the HTML '
        "file.</p>"
        "</div>"
    )


def _of(config: dict[str, Any], column: Any, at: Any) -> dict[str, Any]:
    """How one column is shown: named by name or by place."""
    found = config.get(str(column)) or config.get(f"_pos:{at}") or {}
    return dict(found)


def _label(config: dict[str, Any], column: Any) -> str:
    return str(_of(config, column, None).get("label") or column)


def _cells(
    column: pd.Series[Any], way: dict[str, Any], by_page: pd.Series[Any] | None
) -> list[str]:
    """The cells of one column, as the page wrote them or as `way` says."""
    is_moment = pd.api.types.is_datetime64_any_dtype(column)
    kind = _NUMBER if _is_number(column) else ' class="moment"' if is_moment else ""
    if by_page is not None:
        texts = iter(by_page)
        return [_cell(value, lambda _: str(next(texts)), kind) for value in column]
    write = _writer(column, way)
    return [_cell(value, write, kind) for value in column]


def _is_number(column: pd.Series[Any]) -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))


def _cell(value: Any, write: Write, kind: str) -> str:
    if is_missing(value) if _is_scalar(value) else len(value) == 0:
        return f'<td{kind} data-value="">{GAP}</td>'
    written, full = write(value), _full(value)
    raw = "" if written == full else f' data-value="{attribute(full)}"'
    kind = kind or _kind_of_text(written)
    return f"<td{kind}{raw}>{escape(written)}</td>"


def _kind_of_text(written: str) -> str:
    """An amount stays on one line, a long text has room, and only a long word may be broken."""
    if _AMOUNT.fullmatch(written):
        return ' class="amount"'
    names = [
        name
        for name, is_so in (
            ("text", len(written) > LONG_TEXT),
            ("broken", max(map(len, written.split()), default=0) > LONG_WORD),
        )
        if is_so
    ]
    return f' class="{" ".join(names)}"' if names else ""


def _is_scalar(value: Any) -> bool:
    return not hasattr(value, "__len__") or isinstance(value, str)


def _full(value: Any) -> str:
    """A value as CSV writes it."""
    if isinstance(value, pd.Timestamp):
        at_midnight = value.tz is None and value == value.normalize()
        return f"{value:%Y-%m-%d}" if at_midnight else str(value)
    return str(value)


def _writer(column: pd.Series[Any], config: dict[str, Any]) -> Write:
    """How the cells of one column are written. Raises `ColumnUnknown`."""
    kind = config.get("type_config") or {}
    form = kind.get("format")
    match kind.get("type"):
        case "number" | "progress":
            step = kind.get("step")
            return lambda value: number(value, form, step=step)
        case "date":
            return lambda value: moment_words(value, form or DAY_FORM)
        case "datetime":
            return lambda value: moment_words(value, form or TIME_FORM)
        case "checkbox":
            return _yes_or_no
        case "list" | "multiselect":
            return lambda value: ", ".join(str(each) for each in value)
        case None | "text" | "link" | "selectbox":
            return _by_type(column)
        case other:
            raise ColumnUnknown(
                f"column {column.name!r} is of kind {other!r}, which an exported page cannot show; "
                "give it another kind of st.column_config"
            )


def _by_type(column: pd.Series[Any]) -> Write:
    """What a column is written like whose page says nothing of it."""
    if pd.api.types.is_bool_dtype(column):
        return _yes_or_no
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return lambda value: moment_words(value, TIME_FORM)
    if pd.api.types.is_datetime64_dtype(column):
        return lambda value: moment_words(value, DAY_FORM)
    return _any


def _any(value: Any) -> str:
    if isinstance(value, bool):
        return _yes_or_no(value)
    if isinstance(value, float):
        return number(value, None)
    if not _is_scalar(value):
        return ", ".join(str(each) for each in value)
    return str(value)


def _yes_or_no(value: Any) -> str:
    return "yes" if value else "no"


def number(value: Any, form: str | None, *, step: float | None = None) -> str:
    """A number as the page writes it: `form` is one of Streamlit's names or a printf format.

    `step` says how many decimals there are of a form with a name.
    """
    if form is None or form == "plain":
        return _short(float(value)) if isinstance(value, float) else str(value)
    digits = None if step is None else len(f"{step % 1:f}".rstrip("0").partition(".")[2])
    if form == "percent":
        if digits is None:
            return _minus(f"{_short(round(float(value) * 100, 2))}\N{NO-BREAK SPACE}%")
        return vocabulary.percent(float(value), digits=max(digits - 2, 0))
    if form == "localized":
        return _minus(_marked(value, digits))
    if form == P_FORM:
        return vocabulary.probability(float(value))
    if form in _SIGNS:
        return f"{_SIGNS[form]}{float(value):,.2f}"
    if signed := _SIGNED_FORM.fullmatch(form):
        return _minus(f"{float(value):+,.{signed[1]}f}")
    if _PRINTF.search(form):
        return str(form % value)
    raise ColumnUnknown(f"numbers in the form {form!r} cannot be exported; use a printf format")


def _marked(value: Any, digits: int | None) -> str:
    """A number with thousands marks and so many decimals, or as many as it has, three at most."""
    if digits is not None:
        return f"{round(float(value), digits) + 0.0:,.{digits}f}"
    return f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def _minus(written: str) -> str:
    return written.replace("-", "−")


def _short(value: float) -> str:
    """Up to four decimals; a smaller number keeps its first four digits."""
    if value and abs(value) < 0.001:
        return f"{value:.4g}"
    return f"{value:.4f}".rstrip("0").rstrip(".")


def moment_words(value: Any, form: str) -> str:
    """A day or a time in a Moment.js format, as Streamlit's columns name theirs."""
    when = pd.Timestamp(value)
    return when.strftime(_MOMENT_PART.sub(lambda part: _MOMENT[part[0]], form))
