"""How are the releases and the calendar written down?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from demo.shop import Shop
from demo.tally import FileCount, write_bytes

RELEASES = "exports/releases/releases.csv"
CALENDAR = "exports/calendar/calendar.csv"


def write_releases(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes releases of models (with their run) and of services (without)."""
    releases = shop.releases
    frame = pd.DataFrame(
        {
            "model": releases["model"],
            "version": releases["version"],
            "released_at": [at.isoformat() for at in releases["released_at"]],
            "environment": releases["environment"],
            "run_id": releases["run_id"],
            "note": releases["note"],
        }
    )
    write_bytes(folder, RELEASES, frame.to_csv(index=False).encode())
    return [FileCount("releases", RELEASES, len(frame))]


def write_calendar(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes one row per day of each promotion and holiday."""
    rows = [(e.day.isoformat(), e.kind, e.name, e.country) for e in shop.calendar]
    frame = pd.DataFrame(rows, columns=["day", "kind", "name", "country"])
    write_bytes(folder, CALENDAR, frame.to_csv(index=False).encode())
    return [FileCount("calendar", CALENDAR, len(frame))]
