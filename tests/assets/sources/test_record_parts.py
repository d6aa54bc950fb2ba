"""Does a file that is read in parts give what it gives as a whole?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from assets.sources import record_parts

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

COLUMNS = "occurred_at, event, user_id, position, value, _line, _extra"
LINES = [
    json.dumps({"ts": f"2025-03-01T09:{n:02}:00Z", "event": "view", "user_id": n, "k": n % 3})
    for n in range(12)
]
LINES[4] = "half a li"
LINES[5] = ""
LINES[7] = json.dumps({"ts": "2025-03-01T09:07:00Z", "event": "purchase", "value": 1.5})
LINES[8] = json.dumps({"event": "view"})
CUT = '{"ts":"2025-03'


@pytest.mark.parametrize("lines_a_part", [1, 2, 5, 11])
def test_parts_give_the_rows_of_the_whole(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, lines_a_part: int
) -> None:
    hub.write("in/e.jsonl", "\ufeff" + "\n".join(LINES) + "\n" + CUT)
    (whole,) = hub.load("events")
    rows = hub.rows(f"SELECT {COLUMNS} FROM raw.events ORDER BY _line")
    bad = hub.quarantine()
    hub.con.execute(
        "DELETE FROM raw.events; DELETE FROM raw.loads; DELETE FROM raw.quarantine;"
        " DELETE FROM raw.files_seen"
    )
    monkeypatch.setattr(record_parts, "LINES_A_PART", lines_a_part)
    (parts,) = hub.load("events")
    assert hub.rows(f"SELECT {COLUMNS} FROM raw.events ORDER BY _line") == rows
    assert hub.quarantine() == bad
    assert (parts.records, parts.loaded, parts.blank) == (whole.records, whole.loaded, whole.blank)
    assert parts.records == 13
    assert bad == [
        (5, "malformed_json", None),
        (9, "missing_required", "occurred_at"),
        (13, "truncated", None),
    ]


def test_the_tail_of_a_file_read_in_parts_starts_at_the_line_that_was_cut(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_parts, "LINES_A_PART", 3)
    hub.write("in/e.jsonl", "\n".join(LINES) + "\n" + CUT)
    hub.load("events")
    more = [CUT + '-01T10:00:00Z","event":"hide"}'] * 7
    hub.write("in/e.jsonl", "\n".join([*LINES, *more]) + "\n")
    (tail,) = hub.load("events")
    assert (tail.records, tail.loaded) == (7, 7)
    assert hub.rows("SELECT _line FROM raw.events WHERE event = 'hide' ORDER BY _line") == [
        (line,) for line in range(13, 20)
    ]
