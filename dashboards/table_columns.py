"""How is each column of a table headed and written: unit, digits, thousands marks, sign, gap?

Numbers stay numbers, so that a table sorts by size. The texts of their cells are written here, in
tables of at most `MOST_WRITTEN_CELLS` cells; larger ones the browser writes, from a format of
`st.column_config`. It has none for a sign beside thousands marks nor for `< 0.001`, and a `step`
would make it cut digits off where they should be rounded, so none is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Literal

import pandas as pd
import streamlit as st

from analytics import vocabulary
from dashboards.wording import LEVEL, axis_unit, day_name, is_currency, is_missing, moment
from hub.freshness import has_time

GAP = "–"
"""What stands in a cell without a value: a gap is never zero, and no `None`."""
MOST_WRITTEN_CELLS = 1_000
P_FORM = "%.3f"
"""The browser's format of p- and q-values in tables that are too large to be written here."""
INFINITE = float("inf")
DAY_FORM, TIME_FORM = "D MMM YYYY", "D MMM YYYY HH:mm"
_FIGURES, _MOST_DIGITS, _WHOLE_MONEY, _LONGEST_UNIT = 4, 6, 1_000, 20
_P = re.compile(r"(^|_)[pq](_value)?(_adjusted)?$")
_POINTS = re.compile(r"_ratio_change(_low|_high)?$")
_SHARE = re.compile(
    r"_ratio$|^share_|_share$|(fail|rework)_rate$|^retention$|^certainty$|^objective$|"
    r"^budget_left$|^error_budget$|lift(_low|_high|_se)?$|^guardrail_margin$"
)
_SIGNED = re.compile(
    r"(^|_)difference$|(^|_)delta(_low|_high)?$|log_change(_low|_high)?$|^(cumulative_)?gain$|"
    r"^lift(_low|_high)?$|^interaction$|^effect_(alone|beside)$"
)
_MONEY = re.compile(r"money_month|gain_times_common_effect|^cost(_|$)")
# through when data go: midnight is the mark of a source that knows only days
_REACH = re.compile(r"^(data_through|(first|last)_at)$")
_OF_KPI = re.compile(r"^kpi_month")
# what is in the unit of the metric that the table is of
_OF_METRIC = re.compile(
    r"^((previous_|year_ago_|kpi_)?value|value_(before|now)|target|actual|expected|naive|"
    r"counterfactual|before|after|difference|(low|high)(_\d+)?)$"
)
_TIMED = re.compile(r"^(?P<what>.+?)_(?P<unit>ms|days|hours|minutes)(?P<rest>(_p\d+)?)$")
_BOUND = re.compile(r"^(?P<what>.+)_(?P<end>low|high)$")
_NUMBER_OF = re.compile(r"^n_(?P<what>.+)$")
_LEVELLED = re.compile(r"^(?P<end>low|high)_(?P<level>\d+)$")
_WORDS = {
    "lag_days": "lag (days)",
    "lag_set_low": "shortest lag that fits (days)",
    "lag_set_high": "longest lag that fits (days)",
    "p_value": "p",
    "q_value": "q",
    "p_value_adjusted": "p, adjusted",
    "k_asked": "items asked for",
    "k_served": "items served",
    "k_rendered": "items rendered",
    "k_viewed": "items viewed",
    "metric_name": "name in files",
    "inputs_build_id": "build of the inputs",
}
_PARTS = {
    "money_month": "money a month",
    "kpi_month": "KPI a month",
    "effect_month": "effect a month",
    "year_ago": "year-ago",
    "kpi": "KPI",
    "cpu": "CPU",
    "wip": "WIP",
    "se": "standard error",
    "p50": "median",
}
_PART = re.compile(rf"(?<![^_])({'|'.join(_PARTS)})(?![^_])")


@dataclass(frozen=True)
class Form:
    """How the numbers of a column are written, and the unit that its heading names."""

    kind: Literal["number", "share", "points", "p"]
    digits: int = 0
    is_signed: bool = False
    unit: str = ""

    def text(self, value: Any) -> str:
        """`408,362`, `+2,105.57`, `98.09 %`, `< 0.001`, or the sign of a gap."""
        if is_missing(value) or abs(float(value)) == INFINITE:
            return GAP
        number = float(value)
        if self.kind == "p":
            return vocabulary.probability(number)
        if self.kind == "share":
            return vocabulary.percent(number, digits=self.digits, signed=self.is_signed)
        size = 100 * number if self.kind == "points" else number
        rounded = round(size, self.digits) + 0.0  # no sign before nothing
        return f"{rounded:{'+' if self.is_signed else ''},.{self.digits}f}".replace("-", "−")

    def column(self, label: str, *, by_browser: bool = True) -> Any:
        """The column as Streamlit shows it; without `by_browser` its cells come as text."""
        if not by_browser:
            return st.column_config.NumberColumn(label)
        if self.kind == "p":
            return st.column_config.NumberColumn(label, format=P_FORM)
        if self.kind in ("share", "points"):
            return st.column_config.NumberColumn(label, format="percent")
        if self.is_signed:
            return st.column_config.NumberColumn(label, format=f"%+.{self.digits}f")
        form = f"%.{self.digits}f" if self.digits else "localized"
        return st.column_config.NumberColumn(label, format=form)


def columns(
    table: pd.DataFrame, *, unit: str | None, currency: str, zone: tzinfo = UTC
) -> dict[str, Any]:
    """How Streamlit shows each column of `table`.

    `unit` is that of the metric which the table is of; `currency` that of money where the table
    does not name one.
    """
    known = forms(table, unit=unit, currency=currency)
    written = _fits(table)
    found: dict[str, Any] = {}
    for name in map(str, table.columns):
        form, kind = known.get(name), table[name].dtype
        label = heading(name, form)
        if form is not None:
            found[name] = form.column(label, by_browser=not written)
        elif pd.api.types.is_integer_dtype(kind):
            found[name] = st.column_config.NumberColumn(label, format="localized")
        elif written and _marks_days(name, table[name], zone):
            found[name] = st.column_config.DatetimeColumn(label)
        elif _is_moment(table[name]):
            found[name] = st.column_config.DatetimeColumn(label, format=TIME_FORM)
        elif pd.api.types.is_datetime64_any_dtype(kind):
            found[name] = st.column_config.DateColumn(label, format=DAY_FORM)
        else:
            found[name] = st.column_config.Column(label)
    return found


def shown(table: pd.DataFrame, *, unit: str | None, currency: str, zone: tzinfo = UTC) -> Any:
    """The table with times on the hub's clock, and what only the house can write as text."""
    aware = [each for each in table.columns if isinstance(table[each].dtype, pd.DatetimeTZDtype)]
    local = table.assign(**{each: table[each].dt.tz_convert(zone) for each in aware})
    known = forms(table, unit=unit, currency=currency) if _fits(table) else {}
    written: dict[Any, Any] = {name: form.text for name, form in known.items()}
    if _fits(table):
        days = [each for each in aware if _marks_days(str(each), table[each], zone)]
        written |= {each: lambda mark: _mark_words(mark, zone) for each in days}
    if not written:
        return local
    return local.style.format(written, subset=list(written))


def forms(table: pd.DataFrame, *, unit: str | None, currency: str) -> dict[str, Form]:
    """The form of each column of numbers with a fraction, by its name and the size of its values.

    Whole numbers need none but thousands marks and are left out, unless a sign or a share is told.
    """
    unit = unit or _same(table, "unit")
    money = _same(table, "currency") or currency
    of_kpi = _same(table, "kpi_unit") or money
    found = {}
    for name in map(str, table.columns):
        column = table[name]
        if not _is_number(column):
            continue
        of = unit if unit and _OF_METRIC.search(name) else None
        if _MONEY.search(name) or _OF_KPI.search(name):
            of = money if _MONEY.search(name) else of_kpi
        is_whole = pd.api.types.is_integer_dtype(column.dtype)
        if not is_whole or of or _SIGNED.search(name):
            largest = max(_largest(table[each]) for each in _bounded(table, name))
            found[name] = _form(name, column, of, largest)
    return found


def _bounded(table: pd.DataFrame, name: str) -> list[str]:
    """An estimate and the ends of its interval, which have the same digits."""
    what = re.sub(r"_(low|high)$", "", name)
    return [each for each in (what, f"{what}_low", f"{what}_high") if each in table.columns]


def heading(name: str, form: Form | None = None) -> str:
    """The name of a column in words with its unit: `money a month, 95 % low (€)`."""
    unit = axis_unit(form.unit) if form else ""
    if form and form.kind == "points":
        unit = " (percentage points)"
    return f"{_words(name, is_number=form is not None)}{unit}"


def _words(name: str, *, is_number: bool) -> str:
    if name in _WORDS:
        return _WORDS[name]
    if levelled := _LEVELLED.match(name):
        return f"{levelled['level']}\N{NO-BREAK SPACE}% {levelled['end']}"
    if bound := _BOUND.match(name):
        return f"{_words(bound['what'], is_number=is_number)}, {LEVEL} {bound['end']}"
    if number := _NUMBER_OF.match(name):
        return f"{_spelled(number['what'])} (number)"
    if is_number and (timed := _TIMED.match(name)):
        return _spelled(f"{timed['what']}{timed['rest']}") + f" ({timed['unit']})"
    return _spelled(name)


def _spelled(name: str) -> str:
    return _PART.sub(lambda part: _PARTS[part[0]], name).replace("_", " ")


def _form(name: str, column: pd.Series[Any], of: str | None, largest: float) -> Form:
    """The form of one column of numbers; `of` is the unit that is known of it."""
    is_signed = bool(_SIGNED.search(name))
    if _P.search(name):
        return Form("p")
    if _POINTS.search(name) or (of == "ratio" and is_signed):
        return Form("points", _share_digits(largest), is_signed=True)
    if _SHARE.search(name) or of == "ratio":
        return Form("share", _share_digits(largest, column), is_signed=is_signed)
    if of and is_currency(of):
        return Form("number", 0 if largest >= _WHOLE_MONEY else 2, is_signed, of)
    told = of if of and len(of) <= _LONGEST_UNIT else ""
    return Form("number", _digits(column, largest, name), is_signed, told)


def _digits(column: pd.Series[Any], largest: float, name: str) -> int:
    """So many that the largest value has four figures; whole numbers stay whole."""
    known = column.dropna()
    if largest == 0 or bool((known % 1 == 0).all()):
        return 0
    if re.search(r"(^|_)(days|hours|minutes)(_|$)", name):
        return 1
    power = int(f"{largest:e}".partition("e")[2])
    return min(max(_FIGURES - 1 - power, 0), _MOST_DIGITS)


def _share_digits(largest: float, column: pd.Series[Any] | None = None) -> int:
    """Two decimals of a percentage, more where all are tiny, none where all are whole."""
    if column is not None and bool(((100 * column.dropna()).round(6) % 1 == 0).all()):
        return 0
    if largest >= 0.001:
        return 2
    return 4 if largest < 0.0001 else 3


def _largest(column: pd.Series[Any]) -> float:
    """The size of the largest finite value; 0 without one."""
    sizes = pd.to_numeric(column, errors="coerce").abs().astype("Float64").dropna()
    finite = sizes[sizes < INFINITE]
    return float(finite.max()) if len(finite) else 0.0


def _is_number(column: pd.Series[Any]) -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))


def _is_moment(column: pd.Series[Any]) -> bool:
    """Whether a column holds times, not whole days."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return True
    if not pd.api.types.is_datetime64_dtype(column):
        return False
    known = column.dropna()
    return bool((known != known.dt.normalize()).any())


def _marks_days(name: str, column: pd.Series[Any], zone: tzinfo) -> bool:
    """Whether a column tells how far data reach, of some sources by the day alone."""
    if not _REACH.match(name) or not isinstance(column.dtype, pd.DatetimeTZDtype):
        return False
    known = column.dropna()
    clocks = [known.dt.tz_convert(each) for each in (UTC, zone)]
    return any(bool((clock == clock.dt.normalize()).any()) for clock in clocks)


def _mark_words(mark: Any, zone: tzinfo) -> str:
    """A moment, or the day of a mark that tells no time; a gap has its sign."""
    if is_missing(mark):
        return GAP
    return moment(mark, zone) if has_time(mark.to_pydatetime(), zone) else day_name(mark)


def _same(table: pd.DataFrame, name: str) -> str | None:
    """What all rows of a text column have in common."""
    if name not in table.columns:
        return None
    known = table[name].dropna().unique()
    return str(known[0]) if len(known) == 1 else None


def _fits(table: pd.DataFrame) -> bool:
    return table.size <= MOST_WRITTEN_CELLS and bool(table.index.is_unique)
