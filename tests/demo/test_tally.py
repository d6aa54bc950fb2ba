"""Does truth.json count every record of every file? Counted again here, line by line."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from demo.tally import FileCount

Read = Callable[[str], bytes]


def judge_log_line(line: bytes, *, is_cut_off: bool) -> str:
    """`loaded`, `blank` or the reason for which a log line must be refused."""
    if not line.strip():
        return "blank"
    if is_cut_off:
        return "truncated"
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "encoding"
    try:
        record = json.loads(text)
    except json.JSONDecodeError:
        return "malformed_json"
    if not record.get("ts") or not record.get("service"):
        return "missing_required"
    try:
        datetime.fromisoformat(record["ts"])
    except ValueError:
        return "bad_timestamp"
    if not isinstance(record["status"], int):
        return "bad_status"
    return "loaded" if isinstance(record["latency_ms"], float) else "bad_number"


def count_log(data: bytes) -> Counter[str]:
    lines = data.split(b"\n")
    cut_off = lines.pop()
    found = Counter(judge_log_line(line, is_cut_off=False) for line in lines)
    if cut_off:
        found[judge_log_line(cut_off, is_cut_off=True)] += 1
    return found


def judge_sales_row(row: dict[str, str]) -> str:
    if not row["order_id"]:
        return "missing_required"
    try:
        float(row["quantity"]), float(row["unit_price"])
    except ValueError:
        return "bad_number"
    datetime.strptime(row["order_date"], "%Y-%m-%d %H:%M:%S")
    return "loaded" if row["currency"] == "EUR" else "unknown_currency"


def count_sales(data: bytes) -> Counter[str]:
    return Counter(judge_sales_row(row) for row in csv.DictReader(io.StringIO(data.decode())))


def count_jira(data: bytes) -> Counter[str]:
    """The issues or sprints of an answer of the tracker, or the rows of its CSV."""
    if data.startswith(b"{"):
        page = json.loads(data)
        return Counter("loaded" for _ in page.get("issues", page.get("values")))
    header, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    key = header.index("Issue key")
    assert {len(row) for row in rows} == {len(header)}
    return Counter(
        "blank" if not any(row) else "loaded" if row[key] else "missing_required" for row in rows
    )


def count_table(data: bytes) -> Counter[str]:
    return Counter("loaded" for _ in csv.DictReader(io.StringIO(data.decode())))


def count_lists(data: bytes) -> Counter[str]:
    return Counter("loaded" for line in data.splitlines() for _ in json.loads(line)["items"])


def count_settings(data: bytes) -> Counter[str]:
    """The settings of a snapshot, whether they say anything new or not."""
    tree = json.loads(data)
    return Counter("leaf" for part in tree.values() for _ in part)


COUNTERS = {
    "service_logs": count_log,
    "shop_orders": count_sales,
    "jira": count_jira,
    "releases": count_table,
    "experiments": count_table,
    "calendar": count_table,
    "events": count_table,
    "incidents": count_table,
    "cost": count_table,
    "exposure": count_lists,
    "settings": count_settings,
}


@pytest.mark.parametrize("source", COUNTERS)
def test_every_file_holds_what_truth_says(
    source: str, truth: dict[str, Any], content: Read
) -> None:
    files = [f for f in truth["files"] if f["source"] == source and f["status"] == "loaded"]
    assert files
    for file in files:
        expected = Counter({"loaded": file["loaded"], "blank": file["blank"]})
        if source == "settings":  # as many leaves whether they say anything new or not
            expected = Counter({"leaf": file["records"]})
        expected.update(file["quarantined"])
        assert COUNTERS[source](content(file["file"])) == +expected, file["file"]


def test_runs_hold_as_many_records_as_truth_says(truth: dict[str, Any], home: Path) -> None:
    directories = [f for f in truth["files"] if f["source"] == "mlflow"]
    for directory in directories:
        run = home / directory["file"]
        params, tags = (len(list((run / part).iterdir())) for part in ("params", "tags"))
        points = sum(len(p.read_text().splitlines()) for p in (run / "metrics").iterdir())
        assert directory["records"] == directory["loaded"] == 1 + params + tags + points


def test_records_are_loaded_quarantined_or_blank(truth: dict[str, Any]) -> None:
    for file in truth["files"]:
        assert file["records"] == file["loaded"] + sum(file["quarantined"].values()) + file["blank"]


def test_truth_lists_every_exported_file_once(truth: dict[str, Any], home: Path) -> None:
    listed = [f["file"] for f in truth["files"]]
    files = [p.relative_to(home) for p in (home / "exports").rglob("*") if p.is_file()]
    written = {p.as_posix() for p in files if "mlruns" not in p.parts}
    written |= {p.parent.as_posix() for p in files if p.name == "meta.yaml" and len(p.parts) == 5}
    assert len(set(listed)) == len(listed)
    assert set(listed) == written


def test_damage_of_every_planted_kind_is_there(truth: dict[str, Any]) -> None:
    found = {reason for f in truth["files"] for reason in f["quarantined"]}
    assert found == {
        "malformed_json", "missing_required", "bad_timestamp", "bad_status", "bad_number",
        "encoding", "truncated", "unknown_currency",
    }  # fmt: skip


def test_totals_add_up_over_the_files(truth: dict[str, Any]) -> None:
    for source, total in truth["totals"].items():
        files = [f for f in truth["files"] if f["source"] == source]
        assert total["files"] == len(files)
        assert total["records"] == sum(f["records"] for f in files)
        assert total["loaded"] == sum(f["loaded"] for f in files)


def test_repeated_delivery_counts_nothing() -> None:
    count = FileCount("logs", "b.jsonl", 0, duplicate_of="a.jsonl")
    assert count.records == 0
    assert count.as_record()["status"] == "duplicate"
