"""Which fields of a source's logs are new, missing or of another type than before?

A file's fields and their types are noted with its load; the next file is compared with all that
was noted before. A field that stands in some lines only is marked with `?` and may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_FIELDS = 300
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"), (int, "number"), (float, "number"), (str, "text"), (dict, "object"),
    (list, "list"),
)  # fmt: skip


def schema_of(objects: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Field -> its types (`number`, `number|text`), with `?` where some lines lack it."""
    types: dict[str, set[str]] = {}
    seen: dict[str, int] = {}
    for line in objects:
        for key, value in line.items():
            seen[key] = seen.get(key, 0) + 1
            types.setdefault(key, set())
            if value is not None:
                types[key].add(_type(value))
    return {
        key: "|".join(sorted(types[key])) + ("" if seen[key] == len(objects) else "?")
        for key in list(types)[:MOST_FIELDS]
    }


def merge_schemas(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What is known after a file: types add up, a field one of both lacks is optional."""
    if not before:
        return dict(now)
    merged = {}
    for key in list(dict.fromkeys((*before, *now)))[:MOST_FIELDS]:
        old, new = before.get(key), now.get(key)
        is_optional = old is None or new is None or "?" in old + new
        merged[key] = "|".join(sorted(_types(old or "") | _types(new or "")))
        merged[key] += "?" if is_optional else ""
    return merged


def drift_between(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, Any]:
    """`new` and `missing` fields and `retyped` ones (`number -> text`); {} without a change."""
    if not before or not now:
        return {}
    drift: dict[str, Any] = {
        "new": [key for key in now if key not in before and len(before) < MOST_FIELDS],
        "missing": [key for key, told in before.items() if key not in now and "?" not in told],
        "retyped": {
            key: f"{before[key].rstrip('?')} -> {told.rstrip('?')}"
            for key, told in now.items()
            if key in before and _is_retyped(before[key], told)
        },
    }
    return {what: fields for what, fields in drift.items() if fields}


def describe_drift(drift: Mapping[str, Any]) -> list[str]:
    """What changed, as a run tells it."""
    told = [
        f"{what} fields {', '.join(drift[what])}" for what in ("new", "missing") if what in drift
    ]
    retyped = drift.get("retyped", {})
    return told + [f"field {key} of another type ({change})" for key, change in retyped.items()]


def _is_retyped(old: str, new: str) -> bool:
    return bool(_types(old) and _types(new)) and not _types(old) & _types(new)


def _types(told: str) -> set[str]:
    return set(told.rstrip("?").split("|")) - {""}


def _type(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "other")
