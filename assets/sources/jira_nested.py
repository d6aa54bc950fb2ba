"""Which objects of the REST interface stand in a column of a CSV, as tools that fetch them store?

The other columns of a row say what the object itself does not: to which issue an entry of a
history belongs (an address, or an object with the issue's id), and which page it came from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb

from assets.sources.csv_table import CsvRecord, CsvTable
from assets.sources.jira_gathering import Gathering
from assets.sources.jira_headers import field_of
from assets.sources.jira_items import (
    HISTORY,
    HISTORY_PAGE,
    UNKNOWN,
    Item,
    Place,
    find_items,
    issue_in_url,
    issue_of,
)
from assets.sources.quarantine import MALFORMED_JSON
from assets.sources.reading import Context, Delivery, Outcome

FORM = "jira_json_in_csv"
_LOOKED_AT = 50
_PAGE = ("startAt", "maxResults")
Parts = dict[tuple[str | None, str | None, str], list[Item]]


def read_nested(
    con: duckdb.DuckDBPyConnection, table: CsvTable, delivery: Delivery, context: Context
) -> Outcome | None:
    """Load a CSV whose rows hold objects; None when no column does."""
    place = _column(table)
    if place is None:
        return None
    gathering = Gathering(delivery, context, form=FORM)
    gathering.detected |= {
        "encoding": table.encoding, "delimiter": table.delimiter,
        "json_column": table.header[place],
    }  # fmt: skip
    gathering.rejected += table.rejected
    gathering.blank = table.blank
    parts: Parts = {}
    for record in table.records:
        try:
            value = json.loads(record.cells[place])
        except (ValueError, RecursionError):
            gathering.reject(record.line, MALFORMED_JSON, table.header[place],
                             None, "a JSON object", record.raw)  # fmt: skip
            continue
        around, url = _around(table, record, place)
        for item in find_items(value, around):
            gathering.add(item)
            if item.kind == HISTORY and not item.place.page.get("found"):
                key = (item.place.issue_key, item.place.issue_id, url)
                parts.setdefault(key, []).append(item)
    _add_pages(gathering, parts)
    return gathering.write(con)


def _add_pages(gathering: Gathering, parts: Parts) -> None:
    """Entries that came with one address are one page of their issue's history."""
    for (_, _, url), items in parts.items():
        asked = parse_qs(urlsplit(url).query) if url else {}
        page: dict[str, Any] = {"found": len(items)}
        for name in _PAGE:
            if (told := asked.get(name, [""])[0]).isdigit():
                page[name] = int(told)
        gathering.add(Item(HISTORY_PAGE, page, items[0].place))


def _column(table: CsvTable) -> int | None:
    """The column in which most of the first rows hold something known."""
    if any(field_of(title) == "created_at" for title in table.header):
        return None
    looked = table.records[:_LOOKED_AT]
    counts = [
        (sum(_is_known(record.cells[place]) for record in looked), -place)
        for place, title in enumerate(table.header)
        if title
    ]
    best, place = max(counts, default=(0, 0))
    return -place if best and best * 2 >= len(looked) else None


def _is_known(cell: str) -> bool:
    if cell.strip()[:1] not in ("{", "["):
        return False
    try:
        found = find_items(json.loads(cell), Place())
    except (ValueError, RecursionError):
        return False
    return any(item.kind != UNKNOWN for item in found)


def _around(table: CsvTable, record: CsvRecord, payload: int) -> tuple[Place, str]:
    """What the other cells of a row say: its issue, and the address it came from."""
    place, url = Place(record.line), ""
    for number, (title, cell) in enumerate(zip(table.header, record.cells, strict=False)):
        text = cell.strip()
        if number == payload or not text:
            continue
        if text.startswith("{"):
            place = issue_of(_object(text), place)
        elif "://" in text:
            url = text
            place = place.of(issue_in_url(text))
        else:
            place = issue_of({title.strip().lower(): text}, place)
    return place, url


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
