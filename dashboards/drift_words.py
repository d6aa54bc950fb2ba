"""How is a change of a file's fields said?"""

from __future__ import annotations

import json


def described(drift: str) -> str:
    """`new fields a, b; missing field c; d was number, is text` of a load's drift (JSON)."""
    told = json.loads(drift)
    said = [
        f"{what} field{'' if len(names) == 1 else 's'} {', '.join(names)}"
        for what in ("new", "missing")
        if (names := told.get(what))
    ]
    for name, change in (told.get("retyped") or {}).items():
        before, _, now = str(change).partition(" -> ")
        said.append(f"{name} was {before}, is {now}")
    return "; ".join(said)
