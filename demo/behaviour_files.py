"""What does the shop's tracking write: a sample of sessions, and of the lists that people saw?"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from demo.orders import COUNTRIES, COUNTRY_SHARES, N_PRODUCTS
from demo.plan import time_of_day
from demo.shop import Shop, last_day_share
from demo.tally import FileCount, write_bytes
from demo.traffic import K_RENDERED_AFTER_CUT, PLATFORMS

EVENTS = "exports/events"
EXPOSURE = "exports/exposure/recommendations.jsonl.gz"
CONVERSION = 0.03
LISTS_A_DAY = 4
EXPOSURE_DAYS_BEFORE_CUT = 60
K_SERVED = 10
_HEADER = "ts,event,session_id,user_id,item_id,platform,country"


def write_events(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes a sample of sessions with what happened in each, a file a month.

    A session starts, views a few goods, may click a recommendation, and buys with `CONVERSION`.
    """
    rng = shop.plan.rng("events")
    sessions = max(1, round(shop.plan.orders_per_day / 13))
    months: dict[str, list[str]] = {}
    for day in range(shop.plan.n_days):
        start, end = shop.clock.starts[day], shop.clock.starts[day + 1]
        share = last_day_share(shop.plan, shop.moments) if day == shop.plan.n_days - 1 else 1.0
        passed = time_of_day(rng.random(rng.poisson(sessions)) * share * 0.98)
        lines = months.setdefault(f"{shop.plan.day(day):%Y-%m}", [])
        for number, at in enumerate(sorted(start + passed * (end - start))):
            lines += _session(rng, f"s{day:03d}{number:03d}", float(at))
    counts = []
    for month, lines in months.items():
        name = f"{EVENTS}/events-{month}.csv.gz"
        text = "\n".join([_HEADER, *lines, ""])
        write_bytes(folder, name, gzip.compress(text.encode(), compresslevel=4, mtime=0))
        counts.append(FileCount("events", name, len(lines)))
    return counts


def _session(rng: np.random.Generator, session: str, at: float) -> list[str]:
    user = f"K{int(rng.integers(200_000, 260_000))}"
    platform = PLATFORMS[int(rng.choice(len(PLATFORMS), p=[0.52, 0.27, 0.21]))]
    country = COUNTRIES[int(rng.choice(len(COUNTRIES), p=COUNTRY_SHARES))]
    item = f"LL-{int(rng.integers(N_PRODUCTS)):04d}"
    names = ["session_start", *["view"] * int(rng.integers(1, 4))]
    draw = float(rng.random())
    names += ["click"] * (draw < 0.2) + ["hide"] * (draw > 0.99)
    names += ["purchase"] * (rng.random() < CONVERSION)
    lines = []
    for place, name in enumerate(names):
        about = "" if name == "session_start" else item
        moment = np.datetime64(int((at + 9 * place) * 1000), "ms")
        lines.append(f"{moment}Z,{name},{session},{user},{about},{platform},{country}")
    return lines


def write_exposure(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes a sample of recommended lists, a line a list: served, rendered and viewed items.

    From the moment of the cut on, the page draws the first five of ten.
    """
    rng = shop.plan.rng("exposure")
    lines, positions = [], 0
    cut_at = shop.moments.rendered_cut_at.timestamp()
    first = shop.moments.rendered_cut_day - EXPOSURE_DAYS_BEFORE_CUT
    for day in range(first, shop.plan.n_days - 1):
        passed = np.sort(time_of_day(rng.random(LISTS_A_DAY)))
        span = shop.clock.starts[day + 1] - shop.clock.starts[day]
        for at in (shop.clock.starts[day] + passed * span).tolist():
            items = [f"LL-{item:04d}" for item in rng.choice(N_PRODUCTS, K_SERVED, replace=False)]
            rendered = items if at < cut_at else items[:K_RENDERED_AFTER_CUT]
            viewed = rendered[: int(rng.binomial(len(rendered), 0.55))]
            line = {
                "ts": f"{np.datetime64(int(at * 1000), 'ms')}Z",
                "request_id": f"{day:03d}-{rng.integers(1 << 32):08x}",
                "surface": "recommendations",
                "model": "recommender",
                "items": items,
                "rendered": rendered,
                "viewed": viewed,
            }
            lines.append(json.dumps(line))
            positions += len(items)
    text = "\n".join([*lines, ""])
    write_bytes(folder, EXPOSURE, gzip.compress(text.encode(), compresslevel=4, mtime=0))
    return [FileCount("exposure", EXPOSURE, positions)]
