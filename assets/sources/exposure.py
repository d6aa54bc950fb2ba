"""How is exposure read? Which items were served, rendered and viewed at which position.

Three forms: a row a position; a row a position and stage (`served`, `rendered`, `viewed`,
`clicked`); or a row a request with its lists, which becomes one row a position. A request whose
lists are all empty stays as a row without an item: an empty answer is an answer. What a file does
not tell is unknown, not false.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb

from assets.sources import quarantine
from assets.sources.csv_table import fold
from assets.sources.mapped_table import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TIME,
    MappedTable,
    TableSettings,
    Wanted,
    load_mapped,
    map_table,
)
from assets.sources.problem import known_columns
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_parts import joined, part_of, read_parts
from assets.sources.record_table import RecordTable, json_settings

STAGES = ("served", "rendered", "viewed", "clicked")
_BASE = (
    Wanted(
        "exposed_at", TIME,
        ("ts", "timestamp", "@timestamp", "time", "event_time", "served_at", "created_at",
         "occurred_at", "date", "datetime"),
        is_required=True, is_filled=True,
    ),
    Wanted("request_id", headers=("requestId", "impression_id", "list_id", "response_id")),
    Wanted("session_id", headers=("session", "sessionId", "visit_id")),
    Wanted("user_id", headers=("user", "userId", "customer_id", "customer", "visitor_id")),
    Wanted("surface", headers=("widget", "placement", "endpoint", "page", "list")),
    Wanted("model", headers=("model_name",)),
    Wanted("model_version", headers=("modelVersion",)),
    Wanted("variant", headers=("arm", "policy", "experiment_variant")),
    Wanted("platform", headers=("device",)),
    Wanted("country"),
    Wanted("position", INTEGER, ("rank", "slot")),
    Wanted("propensity", NUMBER, ("propensity_score", "pscore", "action_prob")),
)  # fmt: skip
_ITEM = Wanted("item_id", headers=("item", "itemId", "product_id", "sku", "action"))
_STAGE = Wanted("stage", headers=("event", "event_type"))
_FLAGS = tuple(
    Wanted(f"is_{stage}", BOOLEAN, headers)
    for stage, headers in zip(
        STAGES,
        (("served",), ("rendered",), ("viewed", "seen"), ("clicked", "click")),
        strict=True,
    )
)
_LISTS = tuple(
    Wanted(f"{stage}_items", headers=headers)
    for stage, headers in zip(
        STAGES,
        (
            ("served", "items", "item_ids", "results", "recommendations", "list"),
            ("rendered",), ("viewed", "seen"), ("clicked", "clicks"),
        ),
        strict=True,
    )
)  # fmt: skip
LIST_KEYS = ("exposures", "impressions", "data", "records")
_STAGE_WORDS = {
    "served": "served", "serve": "served", "returned": "served", "impression": "rendered",
    "rendered": "rendered", "render": "rendered", "shown": "rendered", "viewed": "viewed",
    "view": "viewed", "seen": "viewed", "clicked": "clicked", "click": "clicked",
}  # fmt: skip


_COUNT = re.compile(r"\d{1,3}$", re.ASCII)


class _NoList(Exception):
    """A cell is no list; the text is the cell."""


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of exposure, or the tail of a grown one. See `reading.Reader`."""
    source = context.source
    settings = TableSettings(
        columns=source.columns, delimiter=source.delimiter, date_format=source.date_format
    )
    outcomes: list[Outcome] = []
    every = (*_BASE, _ITEM, *_LISTS)
    for found in read_parts(delivery, context, every, settings, list_keys=LIST_KEYS):
        part = part_of(delivery, outcomes)
        mapped = _rows(found, part, context, json_settings(settings, found))
        outcomes.append(
            load_mapped(
                con, "exposure", mapped, part, context, form=found.form, times=("exposed_at",),
                resume=(found.resume_byte, found.resume_line),
            )
        )  # fmt: skip
    return joined(outcomes)


def _rows(
    found: RecordTable, delivery: Delivery, context: Context, settings: TableSettings
) -> MappedTable:
    """A row a position, whichever form the table has."""
    has_item = any(found.table.places(name) for name in (_ITEM.name, *_ITEM.headers))
    has_item = has_item or "item_id" in settings.columns
    has_lists = any(f"{stage}_items" in settings.columns for stage in STAGES)
    by_request = has_lists or not has_item
    wanted = (*_BASE, *_LISTS) if by_request else (*_BASE, _ITEM, _STAGE, *_FLAGS)
    mapped = map_table(found.table, delivery, context, wanted, settings)
    if mapped.columns and not by_request:
        _read_stages(mapped)
    elif mapped.columns:
        _check_has_list(mapped, delivery, context)
        _explode(mapped)
    mapped.detected["rows"] = "a request" if by_request else "a position"
    return mapped


def _check_has_list(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    named = mapped.detected.get("columns", {})
    if not any(f"{stage}_items" in named for stage in STAGES):
        header = ", ".join(title for title in mapped.table.header if title)
        raise context.refuse(
            delivery.file,
            line=mapped.table.header_line,
            column="item_id",
            found=f"the columns {header[:500]}",
            published_found=known_columns(
                mapped.table.header, mapped.detected.get("columns", {}).values()
            ),
            expected="an item a row, or lists of the items served, rendered or viewed",
            remedy="Map them in hub.yml: `columns: {item_id: …}` or `columns: {served_items: …}`.",
        )


def _read_stages(mapped: MappedTable) -> None:
    """A column of stages says which one of the four flags a row carries; others stay unknown."""
    words = mapped.columns.pop("stage")
    problems = {}
    for row, word in enumerate(words):
        stage = _STAGE_WORDS.get(fold(word)) if word else None
        if stage:
            mapped.columns[f"is_{stage}"][row] = True
        elif word:
            problems[row] = mapped.rejection(
                row, quarantine.BAD_VALUE, "stage", word, "served, rendered, viewed or clicked"
            )
        item, place = mapped.columns["item_id"][row], mapped.columns["position"][row]
        if item is None and place is not None:
            problems[row] = mapped.rejection(
                row, quarantine.MISSING_REQUIRED, "item_id", None, "the item at the position"
            )
    mapped.reject(problems)


def _explode(mapped: MappedTable) -> None:
    """One row a request and position, in place of one row a request with lists."""
    problems = {}
    exploded: list[tuple[int, _Position]] = []
    first = next(s for s in STAGES if any(mapped.columns[f"{s}_items"]) or s == STAGES[-1])
    is_counted = _all_counts(mapped.columns[f"{first}_items"])
    for row in range(len(mapped.records)):
        try:
            lists = {s: _list(mapped.columns[f"{s}_items"][row]) for s in STAGES}
            if all(found is None for found in lists.values()):
                problems[row] = mapped.rejection(
                    row, quarantine.MISSING_REQUIRED, f"{first}_items", None, "a list of items"
                )
                continue
            if is_counted and lists[first]:
                raise _NoList("a count of items")
        except _NoList as error:
            problems[row] = mapped.rejection(
                row, quarantine.BAD_VALUE, f"{first}_items", str(error)[:200], "a list of items"
            )
            continue
        exploded += [(row, position) for position in _positions(lists)]
    mapped.rejected.extend(problems[row] for row in sorted(problems))
    lists_of = {f"{s}_items" for s in STAGES}
    columns: dict[str, list[Any]] = {
        name: [cells[row] for row, _ in exploded]
        for name, cells in mapped.columns.items()
        if name not in lists_of
    }
    columns["position"] = [position.place for _, position in exploded]
    columns["item_id"] = [position.item for _, position in exploded]
    for stage in STAGES:
        columns[f"is_{stage}"] = [position.flags[stage] for _, position in exploded]
    mapped.extra = [mapped.extra[row] for row, _ in exploded]
    mapped.records = [mapped.records[row] for row, _ in exploded]
    mapped.columns = columns


def _all_counts(cells: Sequence[str | None]) -> bool:
    """Whether a column holds numbers of items where lists are expected."""
    filled = [cell for cell in cells if cell is not None]
    return bool(filled) and all(_COUNT.match(cell) for cell in filled)


class _Position(NamedTuple):
    place: int | None
    item: str | None
    flags: dict[str, bool | None]


def _positions(lists: Mapping[str, list[str] | None]) -> Iterator[_Position]:
    """Position (from 1), item and flags of every item of a request's lists.

    A number in place of a later list says how many of the first positions it holds.
    """
    order = next((found for stage in STAGES if (found := lists[stage]) is not None), [])
    counts = {s: count for s in STAGES if (count := _count_of(lists[s], order)) is not None}
    items = list(order)
    for stage in STAGES:
        later = lists[stage] or [] if stage not in counts else []
        items += [item for item in dict.fromkeys(later) if item not in items]
    if not items:
        yield _Position(None, None, {s: None if lists[s] is None else False for s in STAGES})
    for place, item in enumerate(items, start=1):
        flags: dict[str, bool | None] = {}
        for stage in STAGES:
            found = lists[stage]
            is_there = place <= counts[stage] if stage in counts else item in (found or [])
            flags[stage] = None if found is None else is_there
        yield _Position(place if place <= len(order) else None, item, flags)


def _count_of(found: list[str] | None, order: list[str]) -> int | None:
    """The count that stands in place of a later list; None for a list."""
    if found is None or found is order or len(found) != 1 or found[0] in order:
        return None
    return int(found[0]) if _COUNT.match(found[0]) and int(found[0]) <= len(order) else None


def _list(cell: str | None) -> list[str] | None:
    """A cell as a list of items: JSON, or separated by `|`, `;` or `,`."""
    if cell is None:
        return None
    text = cell.strip()
    if text[:1] in ("[", "{"):
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            raise _NoList(cell) from None
        if not isinstance(read, list):
            raise _NoList(cell)
        return [_item(entry) for entry in read]
    mark = next((mark for mark in "|;," if mark in text), None)
    return [part.strip() for part in (text.split(mark) if mark else [text]) if part.strip()]


def _item(entry: Any) -> str:
    """The id of an entry: itself, or the id that its object names."""
    if isinstance(entry, dict):
        for name in ("item_id", "id", "itemId", "item", "product_id", "sku"):
            if entry.get(name) is not None:
                return str(entry[name])
    if entry is None or isinstance(entry, dict | list):
        raise _NoList(json.dumps(entry))
    return str(entry)
