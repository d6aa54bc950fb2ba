"""Do the sampled sessions and lists say of the shop what is true of it?"""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from demo.behaviour_files import EXPOSURE

Read = Callable[[str], bytes]


def test_people_draw_ten_items_before_the_cut_and_five_after(
    truth: dict[str, Any], content: Read
) -> None:
    cut_at = datetime.fromisoformat(truth["truths"]["frontend_cuts_the_list"]["since"])
    drawn: Counter[tuple[bool, int, int]] = Counter()
    for line in content(EXPOSURE).splitlines():
        shown = json.loads(line)
        assert shown["viewed"] == shown["rendered"][: len(shown["viewed"])]
        is_after = datetime.fromisoformat(shown["ts"]) >= cut_at
        drawn[is_after, len(shown["items"]), len(shown["rendered"])] += 1
    assert set(drawn) == {(False, 10, 10), (True, 10, 5)}


def test_sessions_start_view_and_sometimes_buy(truth: dict[str, Any], content: Read) -> None:
    events: Counter[str] = Counter()
    last = ""
    for file in truth["files"]:
        if file["source"] == "events":
            rows = list(csv.DictReader(io.StringIO(content(file["file"]).decode())))
            events.update(row["event"] for row in rows)
            last = max(last, *(row["ts"] for row in rows))
    assert set(events) >= {"session_start", "view", "click"}
    assert events["view"] > events["session_start"] > 5 * events["purchase"]
    assert datetime.fromisoformat(last) <= datetime.fromisoformat(truth["data_ends_at"])


def test_settings_change_with_the_cut_only(truth: dict[str, Any], content: Read) -> None:
    files = [f for f in truth["files"] if f["source"] == "settings"]
    assert [f["loaded"] > 0 for f in files] == [True, False, True]
    items = [json.loads(content(f["file"]))["recommendations"]["max_items"] for f in files]
    assert items == [10, 10, 5]


def test_one_incident_names_the_bad_deploy(truth: dict[str, Any], home: Path) -> None:
    planted = truth["truths"]["bad_deploy"]
    text = (home / "exports/incidents/incidents.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    (named,) = [row for row in rows if row["version"]]
    assert (named["service"], named["version"]) == (planted["service"], planted["version"])
    start, end = (datetime.fromisoformat(named[c]) for c in ("started_at", "resolved_at"))
    assert datetime.fromisoformat(planted["from"]) < start < end
    assert len({row["id"] for row in rows}) == len(rows)
