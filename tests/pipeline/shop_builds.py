"""How does a test run the command, and get a demo shop that went through the whole pipeline?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from hub.home import HubHome

SEEDS_THROUGH_FILES = (101, 102)


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
