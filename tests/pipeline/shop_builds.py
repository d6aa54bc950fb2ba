"""How does a test run the command, and get a demo shop that went through the whole pipeline?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from cli.main import app
from hub.home import PROJECT_ROOT, HubHome

SEEDS_THROUGH_FILES = (101, 102)
OWN_RATIO = PROJECT_ROOT / "docs" / "examples" / "own-ratio" / "recommended.yml"
COUNTRIES = ("DE", "AT")
CHANNELS = ("web", "app", "marketplace")


@dataclass(frozen=True)
class Told:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def bellwether(
    *arguments: str, cwd: Path | None = None, extra: dict[str, str] | None = None
) -> Told:
    """Run the command as a person would, in a process of its own."""
    program = Path(sys.executable).with_name("bellwether")
    done = subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        env=os.environ | (extra or {}),
        timeout=280,
    )
    return Told(done.returncode, done.stdout, done.stderr)


def bellwether_here(*arguments: str) -> Told:
    """The command in this process, as a process of its own would spend most time on imports."""
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return Told(done.exit_code, done.stdout, done.stderr)


def build_shop(folder: Path, seed: int) -> HubHome:
    """A small shop with that seed, built once however many workers ask for it."""
    home = folder / f"shop-{seed}"
    done = folder / f"shop-{seed}.done"
    with FileLock(folder / f"shop-{seed}.lock"):
        if not done.exists():
            told = bellwether(
                "demo", "--small", "--no-serve", "--seed", str(seed), "--home", str(home)
            )
            assert told.code == 0, told.err + told.out
            done.write_text(told.out)
    return HubHome(home)


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of one test run share."""
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def write_corner_shop(folder: Path) -> HubHome:
    """A home with a few hundred orders, returns and a calendar: what a test of running needs."""
    home = HubHome(folder)
    (home.exports / "calendar").mkdir(parents=True)
    home.metrics.mkdir()
    home.hub_yml.write_text(
        "company: Corner shop\ntime_zone: Europe/Berlin\ncurrency: EUR\nsources:\n"
        "  - {name: orders, kind: sales, path: 'exports/orders*.csv'}\n"
        "  - {name: calendar, kind: calendar, path: 'exports/calendar/*.csv'}\n"
    )
    lines = ["order_id,order_date,customer,sku,quantity,unit_price,country,channel"]
    for number in range(400):
        day, hour = divmod(number, 5)
        at = f"2026-{5 + day // 28:02}-{1 + day % 28:02} {8 + 2 * hour:02}:15:00"
        who, where = f"c{number % 60},s{number % 7}", f"{COUNTRIES[number % 2]},{CHANNELS[day % 3]}"
        lines.append(f"{number},{at},{who},{1 + number % 3},9.50,{where}")
        if number % 40 == 0:
            lines.append(f"R{number},{at},{who},-1,{9 + day % 4}.50,{where}")
    (home.exports / "orders.csv").write_text("\n".join(lines) + "\n")
    (home.exports / "calendar" / "calendar.csv").write_text(
        "day,kind,name,country\n2026-05-01,holiday,Labour Day,DE\n"
    )
    return home
