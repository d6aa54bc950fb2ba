"""On target, what changed, what moved it, what are gains worth? In sentences with their numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards import forecast_words, gain_words
from dashboards.charts_kpi import signed
from dashboards.kpi_cards import Card
from dashboards.queries import TOTAL
from dashboards.view import Grain, grain_end
from dashboards.wording import (
    amount,
    as_date,
    count,
    is_missing,
    joined,
    money_month,
    period_name,
)

MOST_NAMED = 2
DRIVER_NAMES = {
    "products": (
        ("volume_effect", "more pieces", "fewer pieces"),
        ("price_effect", "higher prices", "lower prices"),
        ("mix_effect", "dearer products in the mix", "cheaper products in the mix"),
    ),
    "orders": (
        ("volume_effect", "more orders", "fewer orders"),
        ("price_effect", "a higher value of an order", "a lower value of an order"),
    ),
}
METHODS = {
    "products": (
        "Volume: change of all pieces × the average price before. Price: pieces now × change of "
        "each product's price. Mix: what the shares of dear and cheap products add. These are the "
        "sales-quantity, selling-price and sales-mix variances of Horngren, Datar and Rajan (Cost "
        "Accounting), with the period before as the budget. A new product has no price before and "
        "counts at its own, so it moves volume and mix."
    ),
    "orders": (
        "Volume: change of the number of orders × the value of an order before. Value: orders now "
        "× its change. By products it takes lines that name a product and its pieces, and the "
        "grain week or month."
    ),
}


def on_target(card: Card) -> str:
    """Whether the KPI met its target, in the period and in its year so far."""
    said = f"{card.label} was {card.value} {card.when}"
    if card.target_words:
        said += f": {card.target_words}"
    told = [
        f"{said}.",
        "" if card.target_words else "No target is set for it in this period, grain and segment.",
        f"{card.year_words[:1].upper()}{card.year_words[1:]}." if card.year_words else "",
    ]
    return " ".join(each for each in told if each)


def what_is_expected(forecast: Any | None) -> str:
    """Where the period that is filling will end, and how sure its target is; empty if unknown."""
    if forecast is None or not forecast_words.is_known(forecast):
        return ""
    expected = amount(forecast["expected"], forecast["unit"], form=forecast["format"], short=True)
    filling = period_name(forecast["period_start"], forecast["grain"])
    said = f"{filling}, not complete yet, is expected to end at {expected}"
    doubt = forecast_words.faith(forecast)
    return f"{said}; {doubt}." if doubt else f"{said}."


def what_changed(card: Card) -> str:
    """The first KPI's change; the cards tell those of the others."""
    if card.main:
        return f"{card.label} {card.main_words}."
    if not card.main_words:
        return "Nothing is compared: choose a comparison above."
    return f"{card.label}, {card.main_words}."


def beside(calendar: pd.DataFrame, *, now: Any, before: Any, grain: Grain) -> str:
    """What of the calendar sets two periods apart, in days; empty without a calendar.

    `calendar` as of `queries.calendar`, `now` and `before` the first days of the periods. It
    stands beside the change: how much of it comes of that is not said.
    """
    if calendar.empty:
        return ""
    day = pd.to_datetime(calendar["day"])
    first = [pd.Timestamp(each) for each in (before, now)]
    last = [pd.Timestamp(grain_end(as_date(each), grain)) for each in (before, now)]
    told = []
    for kind in dict.fromkeys(calendar["kind"]):
        rows = [
            calendar[(calendar["kind"] == kind) & day.between(start, end)]
            for start, end in zip(first, last, strict=True)
        ]
        days = [each["day"].nunique() for each in rows]
        if days[0] != days[1]:
            names = [str(name) for name in dict.fromkeys(pd.concat(rows)["name"])]
            rest = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
            named = joined([*names[:MOST_NAMED], *rest])
            told.append(f"{kind} ({named}) {_on_days(days, (before, now), grain)}")
    if not told:
        return "The calendar tells of nothing that sets the two apart."
    return (
        f"The calendar sets the two apart: {'; '.join(told)}. How much of the change comes of it "
        "is not known."
    )


def _on_days(days: list[int], starts: tuple[Any, Any], grain: Grain) -> str:
    """`on 2 days of January 2025 and on none of February 2025`."""
    names = [period_name(start, grain) for start in starts]
    if grain == "day":
        return f"on {names[0] if days[0] else names[1]} alone"
    the = "the " if grain == "week" else ""
    parts = [
        f"on {count(number, 'day') if number else 'none'} of {the}{name}"
        for number, name in zip(days, names, strict=True)
    ]
    return joined(parts)


def largest_part(by: str, part: Any, change: float, *, unit: str, form: str | None) -> str:
    """Which part of a cut changed most, and whether with the whole change or against it.

    `part` has segment and difference; `change` is the one of the whole.
    """
    difference = float(part["difference"])
    said = signed(difference, unit, form)
    if change * difference <= 0:
        against = ", against it" if change * difference < 0 else ""
        return f"By {by}, {part['segment']} changed most{against}: {said}."
    beyond = (
        ", more than the whole: others went against it" if abs(difference) > abs(change) else ""
    )
    return f"The same change by {by}: {part['segment']} {said}, the largest part{beyond}."


def added_most(
    by: str, part: Any, change: float, *, unit: str, form: str | None, of: str = ""
) -> str:
    """`By country, DE added most: 1,200 €.`, or that the largest went against the change.

    `part` and `change` as of `largest_part`, `of` as of `of_whole`.
    """
    difference = float(part["difference"])
    if change * difference < 0:
        said = f"changed most, against the whole: {signed(difference, unit, form)}"
    else:
        verb = "added" if difference > 0 else "took away"
        said = f"{verb} most: {amount(abs(difference), unit, form=form)}"
    return f"By {by}{of}, {part['segment']} {said}."


def of_whole(segment: str) -> str:
    """What is said of figures of the whole company below a chosen segment; else nothing."""
    return "" if segment == TOTAL else " of the whole company"


def what_moved(drivers: pd.DataFrame, part: str, kpi: Any) -> str:
    """What the change consists of, and where most of it was.

    `part` says which segment changed most and by how much (`largest_part`), or is empty.
    """
    told = []
    if len(drivers):
        row = drivers.iloc[0]
        unit, form = str(kpi["unit"] or ""), kpi["format"]
        change = signed(float(row["revenue_now"]) - float(row["revenue_before"]), unit, form)
        told.append(f"{change} = {joined(driver_words(row, unit=unit, form=form))}.")
    if part:
        told.append(part)
    return " ".join(told) or "The change is not taken apart for what is chosen above."


def what_gains_are_worth(links: pd.DataFrame, kpi: Any, *, of: str = "") -> str:
    """Which model gains move the KPI, and the worth of the first; no part of a period's change.

    `of` as of `of_whole`: links are estimated for the whole company.
    """
    heads = gain_words.headlines(links, str(kpi["metric_name"]))
    if heads.empty:
        return f"No model gain is shown to move {kpi['label']}{of}."
    top = heads.iloc[0]
    said = (
        f"Apart from this change: without {gain_words.releases_of(top)}, an estimated "
        f"{money_month(top)} of today's {kpi['label']}{of} would not be there "
        f"({gain_words.measured_by(top)})."
    )
    rest = [str(entity) for entity in heads["entity"].iloc[1:]]
    return f"{said} Gains of {joined(rest)} move it, too." if rest else said


def driver_words(row: Any, *, unit: str, form: str | None) -> list[str]:
    """`+12,000 € from more pieces`, largest first; what is nothing is left out."""
    parts = [
        (float(row[column]), more if float(row[column]) > 0 else fewer)
        for column, more, fewer in DRIVER_NAMES[str(row["basis"])]
        if not is_missing(row[column]) and round(float(row[column]), 2)
    ]
    parts.sort(key=lambda part: -abs(part[0]))
    return [f"{signed(value, unit, form)} from {why}" for value, why in parts]


def driver_table(row: Any) -> pd.DataFrame:
    """The drivers in the form of `contributions`: segment, value, before, difference."""
    names = {
        "products": {"volume_effect": "Pieces", "price_effect": "Prices", "mix_effect": "Mix"},
        "orders": {"volume_effect": "Orders", "price_effect": "Value of an order"},
    }[str(row["basis"])]
    steps = [(name, float(row[column])) for column, name in names.items()]
    return pd.DataFrame(steps, columns=["segment", "difference"])


def products_words(row: Any, *, unit: str, form: str | None) -> str:
    """What new and vanished products are worth in the mix; empty without any."""
    parts = [
        f"{signed(float(row[column]), unit, form)} from {why}"
        for column, why in (
            ("mix_of_new_products", "products not sold before"),
            ("mix_of_vanished_products", "products no longer sold"),
        )
        if not is_missing(row[column]) and round(float(row[column]), 2)
    ]
    return f"Of the mix: {joined(parts)}." if parts else ""


def cohorts_sentence(cells: pd.DataFrame) -> str:
    """Of the newest month's first customers who could come back: how many did a month later."""
    over = cells[(cells["months_since"] == 1) & cells["retention"].notna()]
    newest = over.sort_values("cohort_month").iloc[-1]
    month = period_name(newest["cohort_month"], "month")
    return (
        f"Of {count(newest['cohort_customers'], 'customer')} with their first order in {month}, "
        f"{newest['active_customers']:,.0f} ordered in the month after "
        f"({amount(newest['retention'], 'ratio', form='.1%')})."
    )
