"""What does the card of a KPI say about one period?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dashboards.wording import (
    LEVEL,
    NO_DATA,
    Change,
    amount,
    change,
    count,
    direction_note,
    is_missing,
    period_name,
    share,
)

MOST_CARDS = 6
USUAL_ORDER = (
    "revenue",
    "revenue_net",
    "orders",
    "customers",
    "average_order_value",
    "return_rate",
)
SPARK_PERIODS = {"day": 30, "week": 26, "month": 13}
COMPARISONS = {
    "previous period": ("previous_period_start", "previous_value"),
    "a year ago": ("year_ago_period_start", "year_ago_value"),
}


@dataclass(frozen=True)
class Card:
    """A KPI in one period, in words, with the values of its sparkline."""

    metric: str
    label: str
    value: str
    period: str
    when: str
    main: Change | None
    main_words: str
    other_words: str
    target_words: str
    note: str
    spark: tuple[float, ...]
    description: str
    year_words: str = ""
    rests_on: str = ""

    @property
    def about(self) -> str:
        """Its period, what it rests on, which way is good: `week of 3 Mar 2025 · up is good`."""
        return " · ".join(each for each in (self.period, self.rests_on, self.note) if each)


def ordered(kpis: pd.DataFrame) -> pd.DataFrame:
    """KPIs with a target first, then in the usual order, then the user's own, then guardrails."""
    place = {name: at for at, name in enumerate(USUAL_ORDER)}
    keys = kpis.assign(
        _target=~kpis["has_target"].astype(bool),
        _usual=kpis["metric_name"].map(place).fillna(len(place)),
        _guard=kpis["role"] != "kpi",
    )
    in_order = keys.sort_values(["_target", "_usual", "_guard", "metric_name"])
    return in_order[list(kpis.columns)].reset_index(drop=True)


def complete_periods(periods: pd.DataFrame) -> list[Any]:
    """The starts of complete periods in which anything is known, newest first."""
    known = periods[periods["is_complete"].fillna(False).astype(bool) & periods["value"].notna()]
    return sorted(known["period_start"].unique(), reverse=True)


def card(
    kpi: Any,
    periods: pd.DataFrame,
    *,
    grain: str,
    start: Any,
    comparison: str,
    is_valid: bool = True,
    to_date: Any | None = None,
    by_interval: bool = False,
    counted: str = "",
    rough: str = "",
) -> Card:
    """The card of `kpi` (a row of `queries.kpis`) for the period of this grain that starts then.

    `periods` holds that KPI's rows of `queries.kpi_periods`, `to_date` its row of
    `queries_company.year_to_date`. Only complete periods are compared or drawn in the sparkline.
    A KPI that is not valid is told, and not called better or worse. With `by_interval` a change is
    called so only where its interval (`previous_change_low`, …) excludes zero. `counted` is what a
    ratio's numerator and denominator count: `request`. A value that is approximate bears a mark and
    says why (`rough`).
    """
    if not is_valid:
        kpi = pd.Series({**kpi, "direction": None})
    stamp = pd.Timestamp(start)
    when = pd.to_datetime(periods["period_start"])
    found = periods[when == stamp]
    row = found.iloc[0] if len(found) else None
    complete = periods[periods["is_complete"].fillna(False).astype(bool) & (when <= stamp)]
    spark = complete["value"].dropna().astype(float).tail(SPARK_PERIODS[grain])
    unit, form = kpi["unit"], kpi["format"]
    # a count that is called by its unit needs none beside it: "Orders 5,660"
    shown_unit = None if str(unit).lower() == str(kpi["label"]).lower() else unit
    value = NO_DATA if row is None else amount(row["value"], shown_unit, form=form, short=True)
    first, words, other_words = None, "", ""
    if comparison in COMPARISONS:
        other = next(name for name in COMPARISONS if name != comparison)
        first, words = _compared(row, comparison, kpi, grain, by_interval=by_interval)
        # one verdict a card, by the comparison that was chosen: the other one is told as a number
        _, other_words = _compared(row, other, kpi, grain, is_judged=False)
    return Card(
        metric=str(kpi["metric_name"]),
        label=str(kpi["label"]),
        value=f"{'≈ ' if rough else ''}{value}",
        period=period_name(start, grain),
        when={"day": "on ", "week": "in the "}.get(grain, "in ") + period_name(start, grain),
        main=first,
        main_words=words,
        other_words=other_words,
        target_words=_target(row, kpi, is_valid=is_valid),
        note=direction_note(kpi["direction"]),
        spark=tuple(spark),
        description=str(kpi["description"] or ""),
        year_words=_year_to_date(to_date, kpi, grain=grain, is_valid=is_valid),
        rests_on=rough or (_rests_on(row, counted) if counted and unit == "ratio" else ""),
    )


def _rests_on(row: Any, counted: str) -> str:
    """`13 of 7,750 requests`."""
    if row is None or is_missing(row["numerator"]) or is_missing(row["denominator"]):
        return ""
    return f"{float(row['numerator']):,.0f} of {count(float(row['denominator']), counted)}"


def _compared(
    row: Any,
    comparison: str,
    kpi: Any,
    grain: str,
    *,
    is_judged: bool = True,
    by_interval: bool = False,
) -> tuple[Change | None, str]:
    start_column, value_column = COMPARISONS[comparison]
    if row is None or is_missing(row[start_column]):
        return None, f"{comparison}: nothing complete to compare with"
    before = row[value_column]
    found = change(
        row["value"], before, unit=kpi["unit"], direction=kpi["direction"], form=kpi["format"]
    )
    name = period_name(row[start_column], grain)
    said = amount(before, kpi["unit"], form=kpi["format"], short=True)
    if found is None:
        return None, f"{comparison}: no value in {name}"
    judged = f": {found.judgement}" if is_judged and found.judgement else ""
    if by_interval:
        found, judged = _by_interval(found, row, value_column.removesuffix("value"))
    a_day = _a_day(row, comparison, kpi, grain)
    return found, f"{found.words} against {name} ({said}){judged}{a_day}"


def _by_interval(found: Change, row: Any, of: str) -> tuple[Change, str]:
    """The change, judged where its interval excludes zero, and the interval in words."""
    low, high = row[f"{of}change_low"], row[f"{of}change_high"]
    if is_missing(low) or is_missing(high):
        return replace(found, is_good=None), ""
    low, high = float(low), float(high)
    ends = " to ".join(f"{100 * each:+.2f}".replace("-", "−") for each in (low, high))
    if low <= 0 <= high:
        return replace(found, is_good=None), f" [{LEVEL}: {ends}]: no difference shown"
    return found, f" [{LEVEL}: {ends}]{f': {found.judgement}' if found.judgement else ''}"


def _a_day(row: Any, comparison: str, kpi: Any, grain: str) -> str:
    """`, a day −2.1 % (31 days, not 30)` where a sum's months differ in length; else empty."""
    start_column, value_column = COMPARISONS[comparison]
    days = [pd.Timestamp(row[each]).days_in_month for each in ("period_start", start_column)]
    if grain != "month" or days[0] == days[1] or not kpi.get("adds_up", False):
        return ""
    each = [float(row[name]) / n for name, n in zip(("value", value_column), days, strict=True)]
    found = change(*each, unit=kpi["unit"], direction=None)
    return f"; a day {found.words} ({days[0]} days, not {days[1]})" if found else ""


def _target(row: Any, kpi: Any, *, is_valid: bool) -> str:
    if row is None or is_missing(row["target"]) or is_missing(row["value"]):
        return ""
    value, target = float(row["value"]), float(row["target"])
    is_met = _is_met(value, target, kpi)
    said = amount(target, kpi["unit"], form=kpi["format"], short=True)
    if not is_valid:
        return f"target {said}: not judged"
    if target == 0:
        return f"target {said}: {'met' if is_met else 'missed'}"
    reached = f"{share(value / target)} of {said}"
    if is_met:
        return f"✓ target met: {reached}"
    if kpi["unit"] == "ratio":
        return f"✕ target missed: {reached}"
    gap = amount(abs(value - target), kpi["unit"], form=kpi["format"], short=True)
    return f"✕ target missed by {gap}: {reached}"


def _year_to_date(to_date: Any | None, kpi: Any, *, grain: str, is_valid: bool) -> str:
    """`year to date ✕ 3.18 M € of 3.36 M €, 176,382 € short (95 %; 1 of 8 months on target)`."""
    if to_date is None:
        return ""
    value, target = float(to_date["value_to_date"]), float(to_date["target_to_date"])
    said = [amount(each, kpi["unit"], form=kpi["format"], short=True) for each in (value, target)]
    gap = amount(abs(value - target), kpi["unit"], form=kpi["format"], short=True)
    is_short = is_valid and value < target and kpi["direction"] != "down"
    side = "short" if is_short else "below" if value < target else "above"
    apart = f", {gap} {side}" if value != target else ""
    sign = f"{'✓' if _is_met(value, target, kpi) else '✕'} " if is_valid else ""
    told = [share(value / target)] if target else []
    told.append(_periods_of_year(to_date, grain, is_valid=is_valid))
    return f"year to date {sign}{said[0]} of {said[1]}{apart} ({'; '.join(told)})"


def _periods_of_year(to_date: Any, grain: str, *, is_valid: bool) -> str:
    """`1 of 8 months on target`; of those that are counted, and how many are not."""
    counted, all_of_them = int(to_date["n_counted"]), int(to_date["n_periods"])
    if not is_valid:
        return f"{counted} of {count(all_of_them, grain)} counted"
    said = f"{int(to_date['n_on_target'])} of {count(counted, grain)} on target"
    return f"{said}, {all_of_them - counted} not counted" if counted < all_of_them else said


def _is_met(value: float, target: float, kpi: Any) -> bool:
    return value <= target if kpi["direction"] == "down" else value >= target


def table(cards: list[Card]) -> pd.DataFrame:
    """The cards as a table; without year to date, or what they rest on, where none tells it."""
    rows = pd.DataFrame(
        [
            {
                "KPI": each.label,
                "Period": each.period,
                "Value": each.value,
                "Rests on": each.rests_on,
                "Compared": each.main_words,
                "Also": each.other_words,
                "Target": each.target_words,
                "Year to date": each.year_words,
                "Good direction": each.note,
            }
            for each in cards
        ]
    )
    told = {"Year to date": "year_words", "Rests on": "rests_on"}
    empty = [name for name, of in told.items() if not any(getattr(each, of) for each in cards)]
    return rows.drop(columns=empty, errors="ignore")
