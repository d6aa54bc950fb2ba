"""What are the company's metrics, worked out from the demo's files and nothing else?

Written apart from the hub: `csv` and exact arithmetic on the text of the files, no SQL, no reader
of the hub. Money and counts are `Decimal`, ratios keep both sides.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from tests.pipeline.published_numbers import SIDES, numbers

ZONE = ZoneInfo("Europe/Berlin")
HUB_CURRENCY = "EUR"
HUNDREDTH_OF_A_CENT = Decimal("0.0001")
ALL, UNKNOWN = "__all__", "__null__"
GRAINS = ("day", "week", "month")


class Key(NamedTuple):
    """What one number is of."""

    metric: str
    segment: str
    value: str
    grain: str
    start: date


class Number(NamedTuple):
    """A value as numerator and denominator; what is no ratio has the denominator 1."""

    numerator: Decimal
    denominator: Decimal = Decimal(1)
    is_ratio: bool = False


Row = tuple[str, date, dict[str, str], Decimal]


@dataclass(frozen=True)
class Line:
    """One line of an order that counts."""

    order: str
    at: datetime
    customer: str
    product: str
    quantity: Decimal
    amount: Decimal
    country: str
    channel: str

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def is_return(self) -> bool:
        return self.quantity < 0 or self.amount < 0


@dataclass(frozen=True)
class Session:
    """One session with an id."""

    day: date
    country: str
    platform: str
    kinds: Counter[str]

    @property
    def has_order(self) -> bool:
        return self.kinds["purchase"] > 0


def rates(home: Path) -> dict[str, list[tuple[date, Decimal]]]:
    """What a currency is worth from which day on; the hub's own is always worth 1."""
    found: dict[str, list[tuple[date, Decimal]]] = {}
    for file in sorted((home / "exports" / "rates").glob("*.csv")):
        for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))):
            told = date.fromisoformat(row["day"]), Decimal(row["rate"])
            found.setdefault(row["currency"], []).append(told)
    return found | {HUB_CURRENCY: [(date.min, Decimal(1))]}


def _rate_on(day: date, told: list[tuple[date, Decimal]]) -> Decimal | None:
    """The last rate told up to the day; one older than a month is not known any more."""
    last = max((each for each in told if each[0] <= day), default=None)
    is_known = last and (last[0] == date.min or (day - last[0]).days < 31)
    return last[1] if last and is_known else None


@cache
def sales_lines(home: Path) -> list[Line]:
    """Every line that counts: it has an order, numbers, and a currency of known worth."""
    lines, worth = [], rates(home)
    for file in sorted((home / "exports" / "sales").glob("*.csv")):
        for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))):
            try:
                quantity, price = Decimal(row["quantity"]), Decimal(row["unit_price"])
            except InvalidOperation:
                continue
            at = datetime.strptime(row["order_date"], "%Y-%m-%d %H:%M:%S")
            rate = _rate_on(at.date(), worth.get(row["currency"], []))
            if not row["order_id"] or rate is None:
                continue
            lines.append(
                Line(
                    row["order_id"],
                    at,
                    row["customer"],
                    row["sku"] or UNKNOWN,
                    quantity,
                    (quantity * price * rate).quantize(HUNDREDTH_OF_A_CENT, ROUND_HALF_UP),
                    row["country"] or UNKNOWN,
                    row["channel"] or UNKNOWN,
                )
            )
    return lines


@cache
def sessions(home: Path) -> tuple[list[Session], datetime]:
    """Sessions by the local day on which they begin, and the moment of the last event (UTC)."""
    started: dict[str, datetime] = {}
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    last = datetime.min.replace(tzinfo=UTC)
    for file in sorted((home / "exports" / "events").glob("*.csv.gz")):
        for row in csv.DictReader(io.StringIO(gzip.decompress(file.read_bytes()).decode())):
            at, name = datetime.fromisoformat(row["ts"]), row["session_id"]
            started[name] = min(at, started.get(name, at))
            places[name].append((row["country"], row["platform"].lower()))
            kinds[name][row["event"]] += 1
            last = max(last, at)
    found = [
        Session(
            at.astimezone(ZONE).date(),
            min(country for country, _ in places[name]),
            min(platform for _, platform in places[name]),
            kinds[name],
        )
        for name, at in started.items()
    ]
    return found, last


def start_of(day: date, grain: str) -> date:
    """The first day of the period that holds the day; weeks begin on Monday."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def month_later(start: date, months: int) -> date:
    count = start.year * 12 + start.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def end_of(start: date, grain: str) -> date:
    """The first day after the period."""
    if grain == "month":
        return month_later(start, 1)
    return start + timedelta(days=7 if grain == "week" else 1)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE).astimezone(UTC)


def is_complete(start: date, grain: str, first: date, through: datetime) -> bool:
    return start >= first and midnight(end_of(start, grain)) <= through


def _sums(rows: Iterable[Row]) -> dict[Key, Decimal]:
    """Sums of (metric, day, segments, amount) by period and segment."""
    days: dict[tuple[str, str, str, date], Decimal] = defaultdict(Decimal)
    for metric, day, segments, amount in rows:
        for segment, value in ((ALL, ALL), *segments.items()):
            days[metric, segment, value, day] += amount
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for (metric, segment, value, day), amount in days.items():
        for grain in GRAINS:
            sums[Key(metric, segment, value, grain, start_of(day, grain))] += amount
    return sums


def _customer_counts(lines: list[Line]) -> dict[Key, Decimal]:
    """Different customers of every period and segment, also where there are none."""
    orders: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        orders[line.order].append(line)
    first = first_days(lines)
    people: dict[Key, set[str]] = defaultdict(set)
    for order in orders.values():
        day, one = min(line.day for line in order), order[0]
        is_order = any(not line.is_return for line in order) and one.customer
        kind = "new" if is_order and first[one.customer] == day else "returning"
        for grain in GRAINS:
            for segment, value in ((ALL, ALL), ("country", one.country), ("channel", one.channel)):
                for metric in ("customers", "new_customers", "returning_customers"):
                    key = Key(metric, segment, value, grain, start_of(day, grain))
                    counts = is_order and metric in ("customers", f"{kind}_customers")
                    people[key].update({one.customer} if counts else ())
    return {key: Decimal(len(who)) for key, who in people.items()}


def first_days(lines: list[Line]) -> dict[str, date]:
    """The day of each known customer's first order."""
    first: dict[str, date] = {}
    for line in lines:
        if line.customer and not line.is_return:
            first[line.customer] = min(line.day, first.get(line.customer, line.day))
    return first


def _sales_rows(lines: list[Line]) -> Iterator[Row]:
    seen: set[str] = set()
    for line in sorted(lines, key=lambda each: each.at):
        where = (line.day, {"country": line.country, "channel": line.channel})
        sold = Decimal(0) if line.is_return else line.amount
        yield ("revenue", *where, sold)
        yield ("returns_value", *where, sold - line.amount)
        yield ("revenue_net", *where, line.amount)
        yield ("units", *where, Decimal(0) if line.is_return else line.quantity)
        is_first = not line.is_return and line.order not in seen
        yield ("orders", *where, Decimal(is_first))
        seen.update({line.order} if is_first else ())


def _session_rows(every: list[Session]) -> Iterator[Row]:
    for each in every:
        segments = {"country": each.country, "channel": UNKNOWN}
        yield ("sessions", each.day, segments, Decimal(1))
        yield ("sessions_with_order", each.day, segments, Decimal(each.has_order))
        segments = {**segments, "platform": each.platform}
        for kind in ("view", "click", "hide"):
            yield (f"session_{kind}s", each.day, segments, Decimal(each.kinds[kind]))


RATIOS = {
    "average_order_value": ("revenue", "orders"),
    "return_rate": ("returns_value", "revenue"),
    "repeat_rate": ("returning_customers", "customers"),
    "conversion_rate": ("sessions_with_order", "sessions"),
}


def by_segment(lines: list[Line], every: list[Session]) -> dict[Key, Number]:
    """Every metric at day, week and month, of the whole and by country and channel."""
    plain = _sums(_sales_rows(lines)) | _customer_counts(lines) | _sums(_session_rows(every))
    numbers = {key: Number(amount) for key, amount in plain.items()}
    for ratio, (above, below) in RATIOS.items():
        for key, base in plain.items():
            if key.metric == below and base > 0:
                top = plain.get(key._replace(metric=above), Decimal(0))
                numbers[key._replace(metric=ratio)] = Number(top, base, is_ratio=True)
    numbers |= dict.fromkeys(_nothing_told_of(plain), Number(Decimal(0)))
    return {key: each for key, each in numbers.items() if key.metric != "sessions_with_order"}


def _nothing_told_of(counts: dict[Key, Decimal]) -> Iterator[Key]:
    """Segments that had nothing in a period of the whole, though something before and after."""
    starts: dict[Key, set[date]] = defaultdict(set)
    for key in counts:
        starts[key._replace(start=date.min)].add(key.start)
    for series, told in starts.items():
        for start in starts[series._replace(segment=ALL, value=ALL)] - told:
            if min(told) < start < max(told):
                yield series._replace(start=start)


def company(lines: list[Line], every: list[Session], sales_through: datetime) -> dict[Key, Number]:
    """Every number of the company."""
    return by_segment(lines, every) | by_product(lines) | by_cohort(lines, sales_through)


@cache
def company_of(home: Path) -> dict[Key, Number]:
    """Every number of the company, by the files of a home."""
    lines, (every, _) = sales_lines(home), sessions(home)
    return company(lines, every, sales_end(lines))


def as_table(wanted: dict[Key, Number]) -> pd.DataFrame:
    """The numbers as the table that the other layers' references make."""
    rows = [
        (
            *key,
            float(number.numerator / number.denominator),
            *((number.numerator, number.denominator) if number.is_ratio else (None, None)),
        )
        for key, number in wanted.items()
    ]
    names = ["metric_name", "segment_name", "segment_value", "grain", "period_start", *SIDES]
    table = pd.DataFrame(rows, columns=names).assign(entity="company")
    return numbers(table.astype(dict.fromkeys(SIDES, float)))


def sales_end(lines: list[Line]) -> datetime:
    """The moment of the last line."""
    return max(line.at for line in lines).replace(tzinfo=ZONE).astimezone(UTC)


def by_product(lines: list[Line]) -> dict[Key, Number]:
    """Revenue and units by product, week and month; customers by product and month."""
    first = first_days(lines)
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    people: dict[Key, set[str]] = defaultdict(set)
    for line in lines:
        month = Key("", "product", line.product, "month", start_of(line.day, "month"))
        for grain in ("week", "month"):
            key = month._replace(grain=grain, start=start_of(line.day, grain))
            sold = not line.is_return
            sums[key._replace(metric="product_revenue")] += line.amount if sold else 0
            sums[key._replace(metric="product_units")] += line.quantity if sold else 0
        if line.customer and not line.is_return:
            is_new = line.day == first[line.customer]
            people[month._replace(metric="product_new_customers")].update(
                {line.customer} if is_new else ()
            )
            people[month._replace(metric="product_returning_customers")].update(
                () if is_new else {line.customer}
            )
    counts = {key: Decimal(len(who)) for key, who in people.items()}
    return {key: Number(amount) for key, amount in (sums | counts).items()}


def by_cohort(lines: list[Line], through: datetime) -> dict[Key, Number]:
    """Who of a month's first customers ordered so many months later; months that are over."""
    first = first_days(lines)
    active: dict[date, set[str]] = defaultdict(set)
    cohorts: dict[date, set[str]] = defaultdict(set)
    for line in lines:
        if line.customer and not line.is_return:
            active[start_of(line.day, "month")].add(line.customer)
            cohorts[start_of(first[line.customer], "month")].add(line.customer)
    cells = {}
    for cohort, who in cohorts.items():
        for month, there in active.items():
            if cohort <= month and midnight(end_of(month, "month")) <= through:
                since = (month.year - cohort.year) * 12 + month.month - cohort.month
                key = Key("cohort_retention", "months_since", str(since), "month", cohort)
                cells[key] = Number(Decimal(len(who & there)), Decimal(len(who)), is_ratio=True)
    return cells


def drivers(lines: list[Line], grain: str, now: date, before: date) -> dict[str, Decimal]:
    """Volume, price and mix of one period against another, product by product.

    The mix is worked out by itself here, as a sum over products, and not as what is left over.
    """
    revenue, units = _product_sides(lines, grain, (now, before))
    total = {start: sum(units[start].values(), Decimal(0)) for start in (now, before)}
    average = sum(revenue[before].values(), Decimal(0)) / total[before]
    price, mix = Decimal(0), Decimal(0)
    for product in units[now].keys() | units[before].keys():
        sold, sold_before = units[now][product], units[before][product]
        worth = (
            revenue[before][product] / sold_before if sold_before else revenue[now][product] / sold
        )
        price += revenue[now][product] - sold * worth
        mix += (sold - total[now] * sold_before / total[before]) * (worth - average)
    volume = (total[now] - total[before]) * average
    return {"volume": volume, "price": price, "mix": mix}


def _product_sides(
    lines: list[Line], grain: str, starts: tuple[date, ...]
) -> tuple[dict[date, dict[str, Decimal]], dict[date, dict[str, Decimal]]]:
    new: Callable[[], dict[str, Decimal]] = lambda: defaultdict(Decimal)  # noqa: E731
    revenue, units = {start: new() for start in starts}, {start: new() for start in starts}
    for line in lines:
        start = start_of(line.day, grain)
        if start in units and not line.is_return:
            revenue[start][line.product] += line.amount
            units[start][line.product] += line.quantity
    return revenue, units
