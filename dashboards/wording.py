"""How are numbers, money, changes and verdicts said to a reader?"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import pandas as pd

from analytics import vocabulary
from analytics.vocabulary import Verdict

CURRENCY_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "PLN": "zł"}
SIGNS_BEFORE = ("$", "£", "¥")
NO_DATA = "no data"
AGAINST = "moves it, against its gain"
GOOD_SIGNS = {"up": 1, "down": -1}
# of every interval of an effect or of its money (analytics)
LEVEL = "95\N{NO-BREAK SPACE}%"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#$~|:])")
_UNIT = re.compile(r"(?<=\d) (?=[%€£]|zł)")
_MILLION = 1_000_000
_SAME = 0.0005


def plain(text: object) -> str:
    """`text` so that Markdown shows it as it is, dollar signs and brackets included.

    A number and the sign of its unit stay on one line.
    """
    return _UNIT.sub("\N{NO-BREAK SPACE}", _MARKDOWN.sub(r"\\\1", str(text)))


def prose(text: object) -> str:
    """`plain`, but what a definition has between backticks is shown as the code that it is."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return plain(text)
    return "".join(f"`{part}`" if at % 2 and part else plain(part) for at, part in enumerate(parts))


def is_missing(value: Any) -> bool:
    """Whether a cell of a frame holds nothing."""
    return value is None or bool(pd.isna(value))


def count(number: float, noun: str, plural: str | None = None) -> str:
    """`1 day`, `1,234 days`."""
    return f"{number:,.0f} {noun if number == 1 else plural or noun + 's'}"


def sign_of(currency: str) -> str:
    """The sign of a currency where it has a well-known one, else its code."""
    return CURRENCY_SIGNS.get(currency, currency)


def money(number: str, currency: str) -> str:
    """A written number with its currency as it is written: `£1,200`, `−$450`, `1,200 €`."""
    sign = sign_of(currency)
    if sign not in SIGNS_BEFORE:
        return f"{number} {sign}"
    lead = number[:1] if number[:1] in ("-", "−", "+") else ""
    return f"{lead}{sign}{number[len(lead) :]}"


def is_currency(unit: str | None) -> bool:
    """Whether a unit is a currency's three-letter code."""
    return bool(unit and re.fullmatch(r"[A-Z]{3}", unit))


def axis_unit(unit: str | None) -> str:
    """The unit after the name of an axis: ` (€)`, ` (ms)`; nothing for shares and bare counts."""
    if not unit or unit in ("ratio", "count", "value"):
        return ""
    return f" ({sign_of(unit) if is_currency(unit) else unit})"


def amount(value: Any, unit: str | None, *, form: str | None = None, short: bool = False) -> str:
    """A value with its unit: `12,300 €`, `3.42 %`, `41.2 ms`; `short` writes millions as M.

    `form` is a Python format such as `,.0f` or `.2%`; without one, digits follow the size.
    """
    if is_missing(value):
        return NO_DATA
    number = float(value)
    if not math.isfinite(number):
        return NO_DATA
    if unit == "ratio" or (form or "").endswith("%"):
        if number == 0:
            return "0 %"
        digits = form if form and form.endswith("%") else ".2%"
        return f"{number:{digits}}".replace("%", " %")
    if short and abs(number) >= _MILLION:
        text = f"{number / _MILLION:,.2f} M"
    else:
        text = f"{number:{_python_form(form, number)}}"
    if not unit or unit in ("count", "value"):
        return text
    if is_currency(unit):
        return money(text, unit)
    return f"{text} {unit.removesuffix('s') if text == '1' and len(unit) > 2 else unit}"


def share(value: float) -> str:
    """A share in whole percent: `20 %`."""
    return f"{value:.0%}".replace("%", " %")


def _python_form(form: str | None, number: float) -> str:
    if form:
        try:
            format(number, form)
        except ValueError:
            form = None
    return form or (",.0f" if abs(number) >= 100 else ",.3g")


@dataclass(frozen=True)
class Change:
    """A signed change in words, and whether it is good news (None: neither)."""

    words: str
    arrow: str
    is_good: bool | None

    @property
    def short(self) -> str:
        """The change where there is little room: percentage points as pp."""
        return self.words.replace("percentage points", "pp")

    @property
    def judgement(self) -> str:
        return {True: "better", False: "worse", None: ""}[self.is_good]


def change(
    value: Any, before: Any, *, unit: str | None, direction: str | None, form: str | None = None
) -> Change | None:
    """From `before` to `value`: percent, or percentage points for a ratio; None without both.

    Values that read the same in the metric's own digits have not changed, for better or worse.
    """
    if is_missing(value) or is_missing(before):
        return None
    if form and amount(value, unit, form=form) == amount(before, unit, form=form):
        return Change("no change", "off", None)
    difference = float(value) - float(before)
    if unit == "ratio":
        size, is_same = f"{100 * difference:+.2f} percentage points", abs(difference) < 0.00005
    elif float(before) == 0:
        size, is_same = f"{difference:+,.4g} (from zero)", difference == 0
    else:
        relative = difference / abs(float(before))
        size, is_same = f"{100 * relative:+.1f} %", abs(relative) < _SAME
    if is_same:
        return Change("no change", "off", None)
    is_good = None
    if direction in ("up", "down"):
        is_good = (difference > 0) == (direction == "up")
    return Change(size.replace("-", "−"), "up" if difference > 0 else "down", is_good)


def direction_note(direction: str | None) -> str:
    """Which way is good."""
    return {"up": "up is good", "down": "down is good"}.get(direction or "", "")


def period_name(start: Any, grain: str) -> str:
    """`March 2025`, `the week of 3 Mar 2025`, `Mon 3 Mar 2025`."""
    day = as_date(start)
    if grain == "month":
        return f"{day:%B %Y}"
    if grain == "week":
        return f"week of {day.day} {day:%b %Y}"
    return f"{day:%a} {day.day} {day:%b %Y}"


def as_date(value: Any) -> date:
    """The day of a timestamp, date or ISO text."""
    return pd.Timestamp(value).date()


def day_name(value: Any) -> str:
    """`3 Mar 2025`, or `no data`."""
    if is_missing(value):
        return NO_DATA
    day = as_date(value)
    return f"{day.day} {day:%b %Y}"


def moment(value: Any, zone: tzinfo) -> str:
    """`3 Mar 2025 14:05` on the hub's clock, or `no data`."""
    if is_missing(value):
        return NO_DATA
    stamp = pd.Timestamp(value)
    if stamp.tzinfo is None:
        stamp = stamp.tz_localize(UTC)
    local: datetime = stamp.tz_convert(zone).to_pydatetime()
    return f"{local.day} {local:%b %Y %H:%M}"


def age(span: timedelta) -> str:
    """`5 days`, `7 hours`, `12 minutes`."""
    seconds = max(span.total_seconds(), 0)
    for size, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (noun == "minute"):
            return count(seconds // size, noun)
    raise AssertionError("minutes always fit")


def rounded_money(value: Any) -> str:
    """An estimate of money to three figures, without its currency: `12,300`, `−450`."""
    number = float(value)
    if number == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(number)))
    return f"{round(number, min(digits, 0)):,.0f}".replace("-", "−")


def money_month(row: Any, *, currency: str | None = None) -> str:
    """`12,300 €/month [95 %: 8,100 to 16,400]` of a link, or that there is no estimate."""
    if is_missing(row["money_month"]):
        return "no estimate in money"
    text = (
        f"{money(rounded_money(row['money_month']), currency or str(row['currency'] or ''))}/month"
    )
    if is_missing(row["money_month_low"]) or is_missing(row["money_month_high"]):
        return text
    low, high = rounded_money(row["money_month_low"]), rounded_money(row["money_month_high"])
    return f"{text} [{LEVEL}: {low} to {high}]"


def estimate(value: Any, low: Any, high: Any, unit: str | None = None) -> str:
    """`0.42 [95 %: 0.18 to 0.66] elasticity`, or that there is no estimate."""
    if is_missing(value):
        return "no estimate"
    text = f"{float(value):.3g}"
    if not is_missing(low) and not is_missing(high):
        text += f" [{LEVEL}: {float(low):.3g} to {float(high):.3g}]"
    return f"{text} {unit}".replace("-", "−") if unit else text.replace("-", "−")


def unit_word(unit: Any) -> str:
    """The name of an effect's unit without its explanation in brackets."""
    return "" if is_missing(unit) else str(unit).split(" (")[0]


def lag(row: Any) -> str:
    """After how many days, with the set of lags that fit as well."""
    if is_missing(row["lag_days"]):
        return "not known"
    text = count(int(row["lag_days"]), "day")
    low, high = row["lag_set_low"], row["lag_set_high"]
    if not is_missing(low) and not is_missing(high) and int(low) != int(high):
        text += f" (anything from {int(low)} to {int(high)} fits)"
    return text


def metric_words(name: str) -> str:
    """A metric's name in words: `ndcg_at_10` is ndcg@10, `revenue_per_user` revenue per user."""
    return name.replace("_at_", "@").replace("_", " ")


def told_apart(words: Mapping[str, str]) -> dict[str, str]:
    """Words by name; where two names have the same, each name is added to its own."""
    taken = Counter(words.values())
    return {n: said if taken[said] == 1 else f"{said} ({n})" for n, said in words.items()}


def probability(value: Any) -> str:
    """A p- or q-value: `0.012`, `< 0.001`, `none`."""
    return "none" if is_missing(value) else vocabulary.probability(float(value))


def p_said(value: Any, name: str = "p") -> str:
    """`p = 0.012`, `p < 0.001`, `no p`."""
    return vocabulary.p_words(None if is_missing(value) else float(value), name)


@dataclass(frozen=True)
class VerdictWords:
    """How a verdict looks: a sign and a word carry it, the colour only repeats it."""

    sign: str
    word: str
    colour: str
    meaning: str


def is_against_gain(row: Any) -> bool:
    """Whether a link's KPI goes the bad way when its metric goes the good one.

    What such a link is worth is positive where the metric got worse, and then is no gain of the
    model. A metric without a good direction has no gain to go against.
    """
    metric, effect = GOOD_SIGNS.get(str(row.get("metric_direction"))), row.get("effect")
    if metric is None or is_missing(effect):
        return False
    return float(effect) * metric * GOOD_SIGNS.get(str(row.get("kpi_direction")), 1) < 0


def moves_by_gain(links: pd.DataFrame) -> pd.Series:
    """Which links move their KPI with the metric's gain, not against it."""
    against = pd.Series([is_against_gain(row) for _, row in links.iterrows()], links.index, bool)
    return (links["verdict"] == Verdict.MOVES.value) & ~against


def link_words(row: Any) -> VerdictWords:
    """`verdict_words` of a link, or of one kind of evidence with the link's directions."""
    return verdict_words(row["verdict"], gain=row["money_month"], is_against=is_against_gain(row))


def verdict_words(verdict: str, *, gain: Any = None, is_against: bool = False) -> VerdictWords:
    """The sign, word, Streamlit colour and meaning of a verdict; `gain` is its money a month.

    `is_against`: the KPI goes against the metric's gain, whatever the money's sign.
    """
    known = Verdict(verdict)
    if known is Verdict.MOVES:
        if is_against:
            return VerdictWords("⇅", AGAINST, "violet", known.meaning)
        if is_missing(gain):
            return VerdictWords("◆", "moves it", "blue", known.meaning)
        if float(gain) < 0:
            return VerdictWords("▼", "moves it, at a loss", "orange", known.meaning)
        return VerdictWords("▲", "moves it, with a gain", "blue", known.meaning)
    sign, colour = {
        Verdict.NO_EVIDENCE: ("○", "gray"),
        Verdict.NOT_ENOUGH_DATA: ("…", "gray"),
        Verdict.CONFOUNDED: ("⇄", "violet"),
        Verdict.INVALID_DATA: ("✕", "red"),
    }[known]
    return VerdictWords(sign, known.value, colour, known.meaning)


def joined(parts: list[str]) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
