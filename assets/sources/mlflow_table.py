"""How are runs and metrics read from text? Tables of runs, tables of metrics, and result lines.

- a row a value: run, metric, value, and what else is known of the run;
- a row a run, as `mlflow.search_runs().to_csv()` writes it: `metrics.auc`, `params.model`,
  `tags.…` beside `run_id`, `status`, `start_time`;
- result lines of benchmarks: a time, then cells with their key in brackets (`[val] AUC: 0.81`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

from assets.sources.csv_table import CsvTable, read_table
from assets.sources.mapped_table import (
    INTEGER,
    TIME,
    MappedTable,
    TableSettings,
    Wanted,
    map_table,
    parse_content,
    parse_csv,
)
from assets.sources.mlflow_insert import insert_points, insert_run_rows, known_times
from assets.sources.mlflow_store import MetricPoint, status_of
from assets.sources.quarantine import BAD_NUMBER, BAD_STATUS, MALFORMED_LINE, Rejected
from assets.sources.reading import Context, Delivery, Outcome

RUN = (
    Wanted("run_id", headers=("run", "run_uuid", "exp_id"), is_required=True, is_filled=True),
    Wanted("experiment_id"),
    Wanted("experiment_name", headers=("experiment",)),
    Wanted("run_name", headers=("name", "tags.mlflow.runName")),
    Wanted("status", headers=("state",)),
    Wanted("started_at", TIME, ("start_time", "start", "date")),
    Wanted("ended_at", TIME, ("end_time", "end")),
)
VALUE = (
    Wanted("metric", headers=("metric_key", "key", "metric_name"), is_required=True,
           is_filled=True),
    Wanted("value", headers=("metric_value", "score"), is_required=True, is_filled=True),
    Wanted("step", INTEGER, ("epoch",)),
    Wanted("logged_at", TIME, ("timestamp", "time")),
    Wanted("model", headers=("model_name",)),
    Wanted("dataset", headers=("eval_dataset", "data_set")),
)  # fmt: skip
_PREFIXED = re.compile(r"(metrics|params|tags)\.(.+)")
_BRACKET = re.compile(r"\[([a-z_]+)\]\s*(.*)", re.DOTALL)
_STAMP = re.compile(r"\d{8}-\d{6}")
_SCORE = re.compile(r"([A-Za-z][\w@() ]*?): ([-+]?(?:\d[\d.]*(?:[eE][-+]?\d+)?|nan|inf))\s*(?:-|$)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?|nan|inf|infinity)", re.ASCII)


@dataclass
class _Found:
    """Runs by id, their points and the lines of each; the count of lines that were taken."""

    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    points: list[tuple[str, MetricPoint]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    loaded: int = 0

    def run(self, run_id: str, line: int | None) -> dict[str, Any]:
        """The row of a run, made when it is first named; FINISHED unless something else is said."""
        return self.runs.setdefault(
            run_id,
            {"run_id": run_id, "experiment_id": None, "experiment_name": None, "run_name": None,
             "status": "FINISHED", "started_at": None, "ended_at": None, "params": {},
             "tags": {}, "line": line},
        )  # fmt: skip


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one table. A record is a line. See `reading.Reader`."""
    if _has_result_lines(delivery):
        return _insert(con, *_result_lines(delivery, context), delivery, context, "result_lines")
    settings = TableSettings(columns=context.source.columns)
    table = parse_csv(delivery, context, (*RUN, *VALUE), settings)
    if any(
        (match := _PREFIXED.fullmatch(title)) and match[1] == "metrics" for title in table.header
    ):
        mapped = map_table(table, delivery, context, RUN, settings)
        return _insert(con, mapped.table, _wide(mapped), delivery, context, "run_table")
    mapped = map_table(table, delivery, context, (*RUN, *VALUE), settings)
    return _insert(con, mapped.table, _long(mapped), delivery, context, "metric_table")


def _insert(
    con: duckdb.DuckDBPyConnection,
    table: CsvTable,
    found: _Found,
    delivery: Delivery,
    context: Context,
    form: str,
) -> Outcome:
    runs = [{k: v for k, v in row.items() if k != "line"} for row in found.runs.values()]
    lines = [row["line"] for row in found.runs.values()]
    insert_run_rows(con, runs, delivery, context, lines=lines)
    insert_points(con, found.points, delivery, context)
    times = known_times(
        [*(row[name] for row in runs for name in ("started_at", "ended_at")),
         *(point[5] for _, point in found.points)]
    )  # fmt: skip
    detected = {"encoding": table.encoding, "runs": len(runs), "values": len(found.points)}
    return Outcome(
        found.loaded + len(found.rejected) + table.blank, found.loaded, table.blank,
        found.rejected, form, detected, min(times, default=None), max(times, default=None),
    )  # fmt: skip


def parse_value(text: str) -> float | None:
    """A metric's value as programs write it; NaN and infinity are values too."""
    return float(text) if _NUMBER.fullmatch(text.strip().lower()) else None


def _long(mapped: MappedTable) -> _Found:
    """A row a value."""
    found = _Found(rejected=mapped.rejected)
    for row, record in enumerate(mapped.records):
        cells = {name: column[row] for name, column in mapped.columns.items()}
        value = parse_value(cells["value"])
        if value is None:
            found.rejected.append(
                mapped.rejection(row, BAD_NUMBER, "value", cells["value"], "a number")
            )
            continue
        if not _take_run(found, mapped, row, cells):
            continue
        params = found.runs[cells["run_id"]]["params"]
        params |= {name: cells[name] for name in ("model", "dataset") if cells[name]}
        point = (cells["metric"], "", record.line, value, cells["step"],
                 cells["logged_at"] or cells["ended_at"] or cells["started_at"])  # fmt: skip
        found.points.append((cells["run_id"], point))
        found.loaded += 1
    return found


def _take_run(found: _Found, mapped: MappedTable, row: int, cells: Mapping[str, Any]) -> bool:
    """Note a row's run; False when its status is none."""
    status = status_of({"status": cells["status"]}) if cells["status"] else None
    if cells["status"] and status is None:
        found.rejected.append(
            mapped.rejection(row, BAD_STATUS, "status", cells["status"], "a status of a run")
        )
        return False
    run = found.run(cells["run_id"], mapped.records[row].line)
    told = {name: cells[name] for name in RUN_COLUMNS if cells.get(name) is not None}
    run.update(told | ({"status": status} if status else {}))
    return True


RUN_COLUMNS = ("experiment_id", "experiment_name", "run_name", "started_at", "ended_at")


def _wide(mapped: MappedTable) -> _Found:
    """A row a run."""
    found = _Found(rejected=mapped.rejected)
    titled = [(place, match[1], match[2]) for place, title in enumerate(mapped.table.header)
              if (match := _PREFIXED.fullmatch(title))]  # fmt: skip
    for row, record in enumerate(mapped.records):
        cells = {name: column[row] for name, column in mapped.columns.items()}
        filled = [(part, key, record.cells[place].strip()) for place, part, key in titled]
        values = {key: text for part, key, text in filled if part == "metrics" and text}
        bad = next(((k, t) for k, t in values.items() if parse_value(t) is None), None)
        if bad is not None:
            found.rejected.append(mapped.rejection(row, BAD_NUMBER, f"metrics.{bad[0]}", bad[1],
                                                   "a number"))  # fmt: skip
            continue
        if not _take_run(found, mapped, row, cells):
            continue
        run = found.runs[cells["run_id"]]
        for part in ("params", "tags"):
            run[part] |= {key: text for p, key, text in filled if p == part and text}
        when = cells["ended_at"] or cells["started_at"]
        found.points += [
            (cells["run_id"], (key, "", record.line, parse_value(text) or 0.0, None, when))
            for key, text in values.items()
        ]
        found.loaded += 1
    return found


def _has_result_lines(delivery: Delivery) -> bool:
    line = next(iter(delivery.content.samples), b"").decode("utf-8", "replace")
    return "[exp_id]" in line and _STAMP.search(line) is not None


def _result_lines(delivery: Delivery, context: Context) -> tuple[CsvTable, _Found]:
    table = parse_content(
        delivery, context, TableSettings(),
        lambda data: read_table(data, delimiter=",", has_header=False),
    )  # fmt: skip
    found = _Found(rejected=list(table.rejected))
    for record in table.records:
        cells = {m[1]: m[2].strip() for c in record.cells if (m := _BRACKET.match(c.strip()))}
        stamp = _STAMP.search(record.raw)
        if not stamp or not cells.get("exp_id"):
            found.rejected.append(
                Rejected(record.line, MALFORMED_LINE, "exp_id", None, "a time and [exp_id]",
                         record.raw)
            )  # fmt: skip
            continue
        when = datetime.strptime(stamp[0], "%Y%m%d-%H%M%S").replace(tzinfo=context.zone)
        _take_result(found, record.line, cells, when.astimezone(UTC), record.cells)
    return table, found


def _take_result(
    found: _Found, line: int, cells: Mapping[str, str], when: datetime, all_cells: Sequence[str]
) -> None:
    """One line of results is one run: an id may come again with another seed."""
    before = all_cells[0].strip()
    run_id = f"{cells['exp_id']} {before if '=' in before else ''} {when:%Y%m%d-%H%M%S}"
    run = found.run(" ".join(run_id.split()), line)
    run["run_name"], run["started_at"], run["ended_at"] = cells["exp_id"], when, when
    run["params"] = {"dataset": cells.get("dataset_id", ""), "model": cells["exp_id"].split("_")[0]}
    for part in ("train", "val", "test"):
        for match in _SCORE.finditer(cells.get(part, "")):
            value = parse_value(match[2])
            if value is not None:
                point = (f"{part} {match[1].strip()}", "", line, value, None, when)
                found.points.append((str(run["run_id"]), point))
    found.loaded += 1
