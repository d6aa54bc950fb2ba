"""What do the shop's operations write: incidents, the cost of a day, and the page's settings?"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from demo.shop import Shop
from demo.tally import FileCount, write_bytes
from demo.traffic import K_RENDERED_AFTER_CUT, SERVICES

INCIDENTS = "exports/incidents/incidents.csv"
COST = "exports/cost"
SETTINGS = "exports/settings"
FIRST_INCIDENT = 96
_TITLES = (
    "Latency above 400 ms for 15 minutes",
    "Error ratio above 2 % for 10 minutes",
    "No answers from the feature store",
    "Disk of a search node is full",
)
_EUR_A_DAY = {"compute": 41.0, "storage": 6.5}
N_OTHER_INCIDENTS = 17


def write_incidents(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes one row an incident; one of them names the bad deploy as its cause."""
    rng = shop.plan.rng("incidents")
    rows = [_bad_deploy(shop)]
    for day in sorted(rng.choice(shop.plan.n_days - 30, N_OTHER_INCIDENTS, replace=False)):
        start = datetime.fromtimestamp(
            int(shop.clock.starts[day]) + int(rng.integers(80_000)), shop.plan.zone
        )
        service = SERVICES[int(rng.integers(len(SERVICES)))].name
        title = _TITLES[int(rng.integers(len(_TITLES)))]
        severity = ("low", "high")[int(rng.random() < 0.3)]
        seen, ended = sorted(start + timedelta(minutes=int(m)) for m in rng.integers(3, 200, 2))
        rows.append((start, service, title, severity, seen, ended, ""))
    lines = ["id,service,title,severity,status,started_at,acknowledged_at,resolved_at,version"]
    for number, row in enumerate(sorted(rows), start=FIRST_INCIDENT):
        start, service, title, severity, seen, ended, version = row
        times = ",".join(at.isoformat(timespec="seconds") for at in (start, seen, ended))
        lines.append(f"INC-{number:04d},{service},{title},{severity},resolved,{times},{version}")
    write_bytes(folder, INCIDENTS, "\n".join([*lines, ""]).encode())
    return [FileCount("incidents", INCIDENTS, len(rows))]


def _bad_deploy(shop: Shop) -> tuple[datetime, str, str, str, datetime, datetime, str]:
    when, releases = shop.moments, shop.releases
    live = releases[releases["model"] == "recommender-api"]
    version = [
        v
        for v, at in zip(live["version"], live["released_at"], strict=True)
        if at.timestamp() <= when.bad_deploy_at.timestamp()
    ][-1]
    start = when.bad_deploy_at + timedelta(minutes=11)
    return (
        start, "recommender-api", "Error ratio above 30 %", "high",
        start + timedelta(minutes=6), when.rollback_at + timedelta(minutes=9), str(version),
    )  # fmt: skip


def write_cost(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes what each service cost on each whole day, a file a month."""
    rng = shop.plan.rng("cost")
    months: dict[str, list[str]] = {}
    for number in range(shop.plan.n_days - 1):
        day = shop.plan.day(number)
        lines = months.setdefault(f"{day:%Y-%m}", [])
        for service in SERVICES:
            for category, euros in _EUR_A_DAY.items():
                growth = 1 + 0.25 * number / shop.plan.n_days
                cost = euros * service.share * 4 * growth * float(rng.uniform(0.96, 1.04))
                lines.append(f"{day},{service.name},{category},{cost:.2f},EUR")
    counts = []
    for month, lines in months.items():
        name = f"{COST}/cost-{month}.csv"
        text = "\n".join(["day,service,category,cost,currency", *lines, ""])
        write_bytes(folder, name, text.encode())
        counts.append(FileCount("cost", name, len(lines)))
    return counts


def write_settings(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes snapshots of the page's settings: the first, one as before, one with the cut."""
    plan, when = shop.plan, shop.moments
    before: dict[str, dict[str, int | str | bool]] = {
        "recommendations": {"max_items": 10, "title": "You may also like", "lazy_load": False},
        "search": {"suggest": True, "page_size": 24},
        "checkout": {"guest_orders": True},
    }
    after = {
        **before,
        "recommendations": {
            **before["recommendations"],
            "max_items": K_RENDERED_AFTER_CUT,
            "lazy_load": True,
        },
    }
    n_settings = sum(len(part) for part in before.values())
    counts = []
    for number, tree in ((0, before), (when.rendered_cut_day - 30, before), (None, after)):
        at = (
            when.rendered_cut_at if number is None else plan.at(number, when.rendered_cut_at.time())
        )
        name = f"{SETTINGS}/shop-frontend-{at:%Y-%m-%dT%H%M}.json"
        write_bytes(folder, name, (json.dumps(tree, indent=1) + "\n").encode())
        is_new = number == 0 or number is None
        counts.append(
            FileCount(
                "settings", name, n_settings if is_new else 0, blank=0 if is_new else n_settings
            )
        )
    return counts
