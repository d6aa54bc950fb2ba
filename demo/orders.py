"""Which order lines and returns add up to each day's revenue?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo.plan import ShopPlan, time_of_day
from demo.shop import Shop, last_day_share

Ints = npt.NDArray[np.int64]

COUNTRIES = ("DE", "AT", "NL", "FR", "BE")
COUNTRY_SHARES = (0.66, 0.12, 0.10, 0.08, 0.04)
CHANNELS = ("web", "ios", "android", "marketplace")
N_PRODUCTS = 120
MEAN_PRICE = 27.0
FILL_LINES = 6
RETURN_SHARE = 0.04
GUEST_SHARE = 0.02
FIRST_ORDER_ID = 4_100_001


@dataclass(frozen=True)
class PriceList:
    """Prices in cents, ascending, and how often each product is picked."""

    cents: Ints
    popularity: npt.NDArray[np.float64]

    @classmethod
    def of(cls, plan: ShopPlan) -> Self:
        rng = plan.rng("orders/prices")
        euros = np.concatenate([[1.9, 2.9], rng.lognormal(np.log(21.0), 0.75, N_PRODUCTS - 2)])
        euros = np.clip(np.floor(euros), 1, 190) + 0.9
        popularity = rng.permutation(1.0 / np.arange(3, N_PRODUCTS + 3))
        popularity /= popularity.sum()
        euros *= MEAN_PRICE / float(popularity @ euros)
        cents = np.sort(np.round(euros * plan.price_scale, 1) * 100).astype(np.int64)
        return cls(cents, popularity)


def order_lines(shop: Shop) -> pd.DataFrame:
    """Every line of every order and return, by time.

    Columns: `at` (seconds since 1970), `day`, `order_id` (int), `is_return`, `line`, `customer`
    (-1: a guest), `product` (position in the price list), `quantity` (negative when returned),
    `cents` (unit price), `country` and `channel` (positions in the lists above).
    Whole orders are drawn until the next one would pass the day's revenue; the rest is filled by
    one order of the dearest goods that still fit, so a day misses by less than the cheapest good.
    """
    prices = PriceList.of(shop.plan)
    target = np.round(shop.daily["revenue"].to_numpy() * 100).astype(np.int64)
    drawn = _drawn_orders(shop.plan, prices, target)
    rest = target - np.bincount(
        drawn["day"], weights=drawn["cents"] * drawn["quantity"], minlength=len(target)
    ).astype(np.int64)
    filled = _filling_orders(prices, rest, first_order=int(drawn["order"].max()) + 1)
    lines = pd.concat([drawn, filled], ignore_index=True)
    lines = _with_order_facts(shop, lines)
    returned = _returned(shop, lines)
    everything = pd.concat([lines, returned], ignore_index=True)
    return everything.sort_values(["at", "order_id", "is_return", "line"], ignore_index=True)


def _drawn_orders(plan: ShopPlan, prices: PriceList, target: Ints) -> pd.DataFrame:
    """Lines of random orders, day by day, as many as stay within the target (cents)."""
    rng = plan.rng("orders/baskets")
    typical = 2.0 * 1.3 * MEAN_PRICE * 100 * plan.price_scale
    per_day = np.ceil(1.3 * target / typical + 12).astype(np.int64)
    order_day = np.repeat(np.arange(len(target)), per_day)
    sizes = np.minimum(1 + rng.poisson(1.0, len(order_day)), 6)
    order = np.repeat(np.arange(len(order_day)), sizes)
    product = rng.choice(N_PRODUCTS, len(order), p=prices.popularity)
    quantity = rng.choice([1, 2, 3], len(order), p=[0.77, 0.17, 0.06])
    worth = np.bincount(order, weights=prices.cents[product] * quantity).astype(np.int64)
    running = np.cumsum(worth)
    before_day = np.concatenate([[0], running[np.cumsum(per_day) - 1][:-1]])
    kept = running - before_day[order_day] <= target[order_day]
    frame = pd.DataFrame(
        {
            "day": order_day[order],
            "order": order,
            "line": _position_in_group(order),
            "product": product,
            "quantity": quantity,
            "cents": prices.cents[product],
        }
    )
    return frame[kept[order]]


def _filling_orders(prices: PriceList, rest: Ints, *, first_order: int) -> pd.DataFrame:
    """One order a day of the dearest goods that fit into what is left of the day's revenue."""
    left = rest.copy()
    days = np.arange(len(rest))
    parts = []
    for line in range(1, FILL_LINES + 1):
        product = np.searchsorted(prices.cents, left, side="right") - 1
        fits = product >= 0
        cents = prices.cents[np.maximum(product, 0)]
        quantity = np.where(fits, left // cents, 0).astype(np.int64)
        left -= quantity * cents
        part = {"day": days, "order": first_order + days, "line": line, "product": product}
        parts.append(pd.DataFrame({**part, "quantity": quantity, "cents": cents})[fits])
    return pd.concat(parts, ignore_index=True)


def _position_in_group(group: Ints) -> Ints:
    """1, 2, 3 … within each run of equal, ascending numbers."""
    first = np.searchsorted(group, group, side="left")
    return np.arange(len(group)) - first + 1


def _with_order_facts(shop: Shop, lines: pd.DataFrame) -> pd.DataFrame:
    """Adds what belongs to an order: time, number in order of time, customer, country, channel."""
    rng = shop.plan.rng("orders/facts")
    orders = lines.groupby("order", sort=True)["day"].first()
    day = orders.to_numpy()
    quantile = rng.random(len(day))
    quantile[day == shop.plan.n_days - 1] *= last_day_share(shop.plan, shop.moments)
    at = np.floor(shop.clock.moment(day, time_of_day(quantile))).astype(np.int64)
    sequence = np.argsort(at, kind="stable")
    number = np.empty(len(at), dtype=np.int64)
    number[sequence] = np.arange(len(at))
    grown = np.linspace(0, 1, len(at))[number]
    channel = _pick_channel(rng.random(len(at)), grown)
    facts = pd.DataFrame(
        {
            "at": at,
            "order_id": FIRST_ORDER_ID + number,
            "customer": _customers(rng, len(at))[number],
            "country": rng.choice(len(COUNTRIES), len(at), p=COUNTRY_SHARES),
            "channel": channel,
            "is_return": False,
        },
        index=orders.index,
    )
    return lines.join(facts, on="order").drop(columns="order")


def _pick_channel(draw: npt.NDArray[np.float64], grown: npt.NDArray[np.float64]) -> Ints:
    """Channel of each order: ios grows from 18 to 27 % at the expense of the web."""
    ios = 0.18 + 0.09 * grown
    limits = np.cumsum([0.58 - 0.09 * grown, ios, np.full(len(grown), 0.17)], axis=0)
    return np.asarray((draw[None, :] >= limits).sum(axis=0), dtype=np.int64)


def _customers(rng: np.random.Generator, count: int) -> Ints:
    """Customer of each order in order of time; some are new, some come back, some are guests."""
    new_share = np.linspace(0.75, 0.38, count)
    is_new = rng.random(count) < new_share
    is_new[0] = True
    known = np.cumsum(is_new)
    returning = np.floor(known * rng.random(count) ** 0.8).astype(np.int64)
    customer = np.where(is_new, known - 1, np.minimum(returning, known - 1))
    customer[rng.random(count) < GUEST_SHARE] = -1
    return customer


def _returned(shop: Shop, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines that come back 3 to 25 days later, before the data ends."""
    rng = shop.plan.rng("orders/returns")
    back = lines[rng.random(len(lines)) < RETURN_SHARE].copy()
    day = back["day"].to_numpy() + rng.integers(3, 26, len(back))
    quantile = rng.random(len(back))
    inside = day < shop.plan.n_days
    back, day, quantile = back[inside].copy(), day[inside], quantile[inside]
    at = np.floor(shop.clock.moment(day, time_of_day(quantile))).astype(np.int64)
    back["day"], back["at"] = day, at
    back["quantity"] = -back["quantity"]
    back["is_return"] = True
    return back[at < shop.moments.data_ends_at.timestamp()]
