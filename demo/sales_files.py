"""How does the shop's order system write its monthly CSV files, good lines and bad ones?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from demo.orders import CHANNELS, COUNTRIES, order_lines
from demo.plan import TIME_ZONE
from demo.shop import Shop
from demo.tally import FileCount, count_reasons, write_bytes

HEADER = "order_id,line,order_date,customer,sku,quantity,unit_price,currency,country,channel"
BAD_LINES = {
    5: (
        ("missing_required", ",1,{day} 10:12:44,K200011,LL-0017,1,24.90,EUR,DE,web"),
        ("bad_number", "3900001,1,{day} 11:40:02,K200012,LL-0044,two,18.90,EUR,AT,ios"),
    ),
    11: (
        ("bad_number", "3900002,1,{day} 09:03:31,,LL-0090,1 pc,41.90,EUR,DE,marketplace"),
        ("unknown_currency", "3900003,1,{day} 14:21:09,K200013,LL-0101,1,66.00,CHF,CH,marketplace"),
        ("unknown_currency", "3900003,2,{day} 14:21:09,K200013,LL-0031,2,17.50,CHF,CH,marketplace"),
    ),
    19: (
        ("missing_required", ",2,{day} 16:55:10,K200014,LL-0008,1,9.90,EUR,NL,web"),
        ("bad_number", "3900004,1,{day} 20:11:59,K200015,LL-0063,n/a,29.90,EUR,FR,android"),
        ("missing_required", ",1,{day} 21:30:00,,LL-0002,3,2.90,EUR,DE,web"),
    ),
}
"""Bad lines by number of the month: reason for refusing and text. They add to the good ones."""


def write_sales(shop: Shop, folder: Path) -> tuple[list[FileCount], pd.DataFrame]:
    """Writes one file a month; returns their counts and the totals written per local day.

    The totals have one row per day: `day`, `gross` (positive lines), `returns` (their value, a
    positive number), both in EUR and exact to the cent, `orders` and `lines`.
    """
    lines = order_lines(shop)
    months = pd.PeriodIndex(shop.daily["day"].dt.to_period("M"))[lines["day"].to_numpy()]
    text = _texts(lines)
    counts = []
    for number, (month, rows) in enumerate(_groups(months)):
        name = f"exports/sales/orders-{month}.csv"
        bad = [(why, line.format(day=f"{month}-17")) for why, line in BAD_LINES.get(number, ())]
        written = [text[i] for i in range(rows.start, rows.stop)]
        for place, (_, line) in enumerate(bad, start=1):
            written.insert(place * len(written) // (len(bad) + 1), line)
        write_bytes(folder, name, "\n".join([HEADER, *written, ""]).encode())
        reasons = count_reasons([why for why, _ in bad])
        counts.append(FileCount("shop_orders", name, rows.stop - rows.start, reasons))
    return counts, daily_totals(shop, lines)


def daily_totals(shop: Shop, lines: pd.DataFrame) -> pd.DataFrame:
    """Gross revenue, returns, orders and lines per local day, of the good lines."""
    n = shop.plan.n_days
    cents = (lines["cents"] * lines["quantity"]).to_numpy()
    day = lines["day"].to_numpy()
    sold = cents > 0
    first_lines = sold & (lines["line"] == 1).to_numpy()
    return pd.DataFrame(
        {
            "day": shop.daily["day"],
            "gross": np.bincount(day[sold], weights=cents[sold], minlength=n).round() / 100,
            "returns": -np.bincount(day[~sold], weights=cents[~sold], minlength=n).round() / 100,
            "orders": np.bincount(day[first_lines], minlength=n),
            "lines": np.bincount(day, minlength=n),
        }
    )


def _groups(months: pd.PeriodIndex) -> Iterator[tuple[str, range]]:
    """Runs of equal months; the lines are in order of time."""
    codes = months.asi8
    edges = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]])
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield str(months[start]), range(start, stop)


def _texts(lines: pd.DataFrame) -> list[str]:
    local = pd.DatetimeIndex(lines["at"].to_numpy().astype("datetime64[s]"), tz="UTC")
    times = np.datetime_as_string(
        local.tz_convert(TIME_ZONE).tz_localize(None).to_numpy().astype("datetime64[s]"), unit="s"
    )
    columns = zip(
        np.where(lines["is_return"], "C", "").tolist(),
        lines["order_id"].tolist(),
        lines["line"].tolist(),
        times.tolist(),
        lines["customer"].tolist(),
        lines["product"].tolist(),
        lines["quantity"].tolist(),
        lines["cents"].tolist(),
        lines["country"].tolist(),
        lines["channel"].tolist(),
        strict=True,
    )
    return [
        f"{sign}{order},{line},{at[:10]} {at[11:]},{f'K{200100 + who}' if who >= 0 else ''},"
        f"LL-{product:04d},{quantity},{cents // 100}.{cents % 100:02d},EUR,"
        f"{COUNTRIES[country]},{CHANNELS[channel]}"
        for sign, order, line, at, who, product, quantity, cents, country, channel in columns
    ]
