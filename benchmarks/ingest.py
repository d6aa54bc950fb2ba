"""What does it cost to lose nothing? Ingestion beside a bare read of the same file.

    python -m benchmarks.ingest [--lines 1000000 10000000] [--runs 3] [--folder DIR] [--profile]

Every figure is a ratio of CPU time (user and system, threads and children included), each side the
median of at least three runs, taken in turns within one run of this command, so that a busy machine
burdens both. Each work runs in a process of its own; what it takes to start Python is left out of
times and is part of peaks of memory.

| work | against |
|---|---|
| a clean file, and one with 0.5 % bad lines: hash, ledger, quarantine, one transaction | a bare typed `read_json` into a database of its own |
| fields that nobody declared, kept in `_extra` | the same bare read of the declared ones |
| a clean file | pandas `read_json(lines=True)` |
| an access log in combined form | goaccess, writing its JSON report |
"""  # noqa: E501

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

INSTALL_GOACCESS = "goaccess is not installed: `apt-get install -y goaccess` (Debian, Ubuntu)"
TYPED = {
    "ts": "TIMESTAMPTZ", "service": "VARCHAR", "endpoint": "VARCHAR", "method": "VARCHAR",
    "status": "INTEGER", "latency_ms": "DOUBLE", "version": "VARCHAR", "request_id": "VARCHAR",
    "caller": "VARCHAR", "platform": "VARCHAR", "model": "VARCHAR", "model_version": "VARCHAR",
    "k": "INTEGER", "served": "INTEGER", "fallback": "BOOLEAN",
}  # fmt: skip
_AT = "TIMESTAMPTZ '2025-03-01 00:00:00+00' + to_milliseconds(i * 37)"
_LINE = f"""
    '{{"ts":"' || strftime({_AT}, '%Y-%m-%dT%H:%M:%S.%g') || 'Z","service":"recommender-api",'
    || '"endpoint":"/v1/recommendations/' || hash(i) % 40 || '","method":"GET","status":'
    || CASE WHEN hash(i, 1) % 97 = 0 THEN 503 ELSE 200 END || ',"latency_ms":'
    || round(5 + (hash(i, 2) % 100000) / 700.0, 1) || ',"version":"2.14.' || i // 400000
    || '","request_id":"' || printf('%016x', hash(i, 3)) || '","caller":"web","platform":"'
    || ['ios', 'android', 'web'][1 + (hash(i, 4) % 3)::INT] || '","model":"recommender",'
    || '"model_version":"1.7.0","k":10,"served":' || 10 - (hash(i, 5) % 20)::INT // 19
    || ',"fallback":' || CASE WHEN hash(i, 6) % 50 = 0 THEN 'true' ELSE 'false' END
"""
_UNKNOWN = """
    || ',"region":"eu-' || hash(i, 7) % 4 || '","bytes_out":' || hash(i, 8) % 90000
    || ',"cache":{"hit":' || CASE WHEN hash(i, 9) % 3 = 0 THEN 'true' ELSE 'false' END || '}'
"""
_DIRTY = f"""CASE
    WHEN hash(i, 10) % 400 = 0 THEN {_LINE}
    WHEN hash(i, 10) % 400 = 1 THEN replace({_LINE}, '"ts":"2025', '"ts":"on 2025') || '}}'
    ELSE {_LINE} || '}}' END"""
_ACCESS = f"""
    '10.0.' || hash(i) % 200 || '.' || hash(i, 1) % 250 || ' - - ['
    || strftime({_AT}, '%d/%b/%Y:%H:%M:%S +0000') || '] "GET /product/' || hash(i, 2) % 5000
    || '?ref=' || hash(i, 3) % 9 || ' HTTP/1.1" '
    || [200, 200, 200, 304, 404][1 + (hash(i, 4) % 5)::INT] || ' ' || hash(i, 5) % 90000
    || ' "https://shop.example/list/' || hash(i, 6) % 300
    || '" "Mozilla/5.0 (X11; Linux x86_64; rv:' || 90 + hash(i, 7) % 30 || '.0) Gecko/20100101"'
"""
FILES = {
    "clean": f"{_LINE} || '}}'",
    "dirty": _DIRTY,
    "unknown": f"{_LINE} {_UNKNOWN} || '}}'",
    "access": _ACCESS,
}


@dataclass(frozen=True)
class Cost:
    """What one run of a work took."""

    cpu_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Figure:
    """A ratio beside its target; `at_most` says which side is good."""

    name: str
    measured: float
    target: float
    at_most: bool = True

    def __str__(self) -> str:
        reached = self.measured <= self.target if self.at_most else self.measured >= self.target
        sign = "<=" if self.at_most else ">="
        mark = "reached" if reached else "MISSED"
        return f"{self.name:<66} {self.measured:7.2f}x {sign} {self.target:<5g} {mark}"


def write_file(path: Path, form: str, lines: int) -> Path:
    """A file of one of `FILES`, the same for the same number of lines."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(
            f"COPY (SELECT {FILES[form]} FROM range({lines}) AS numbers(i)) TO '{path}'"
            " (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
        )
    return path


# --- the works; each runs alone in a process -----------------------------------------------------


def bare_read(file: Path, folder: Path) -> None:
    """DuckDB's own typed read into a table of a database file."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPED.items())
    with duckdb.connect(str(folder / "bare.duckdb")) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(
            f"CREATE TABLE lines AS SELECT * FROM read_json('{file}', columns = {{{columns}}},"
            " format = 'newline_delimited', ignore_errors = true)"
        )


def hub_load(file: Path, folder: Path, *, watch: Callable[[Any], Any] = lambda con: con) -> None:
    """The hub's load of one file into a new warehouse."""
    load_as(file, folder, {}, watch=watch)


def hub_load_keeping_all(file: Path, folder: Path) -> None:
    """The same, looking into every line for fields that nobody declared."""
    load_as(file, folder, {"keep_unknown": "always"})


def load_as(
    file: Path,
    folder: Path,
    options: dict[str, Any],
    *,
    watch: Callable[[Any], Any] = lambda con: con,
) -> None:
    """Load with options of the source; checks that every line is accounted for."""
    from assets.sources import create_raw_tables, load_source
    from hub.config import HubConfig
    from hub.home import HubHome

    source = {"name": "logs", "kind": "service_logs", "path": str(file)} | options
    config = HubConfig.model_validate(
        {"company": "L", "time_zone": "UTC", "currency": "EUR", "sources": [source]}
    )
    home = HubHome(folder)
    home.make_var()
    with duckdb.connect(str(home.warehouse)) as con:
        create_raw_tables(con)
        (result,) = load_source(
            watch(con), config.sources[0], home=home, config=config, now=datetime.now(UTC)
        )
    if not result.loaded or result.loaded + result.quarantined + result.blank != result.records:
        raise RuntimeError(f"{result}: not every line is accounted for")


def pandas_read(file: Path, folder: Path) -> None:
    """What a notebook would do."""
    import pandas as pd

    frame = pd.read_json(file, lines=True)
    if frame.empty:
        raise RuntimeError("nothing read")


WORKS: dict[str, Callable[[Path, Path], None]] = {
    "bare_read": bare_read,
    "hub_load": hub_load,
    "hub_load_keeping_all": hub_load_keeping_all,
    "pandas_read": pandas_read,
}
# imported before the clock starts, for both sides of every ratio (pyarrow's tables import pandas)
IMPORTS = {"pandas_read": ("pandas",), "bare_read": ("assets.sources",)}


def _cpu_seconds() -> float:
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def run_alone(work: str, file: Path) -> None:
    """Do one work and print what it took (the child's side)."""
    for name in IMPORTS.get(work, ("assets.sources", "pandas")):
        __import__(name)
    with tempfile.TemporaryDirectory(dir=file.parent) as name:
        before = _cpu_seconds()
        WORKS[work](file, Path(name))
        spent = _cpu_seconds() - before
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_seconds": spent, "peak_mib": peak_mib}))


def measure(work: str, file: Path) -> Cost:
    """Run one work in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ingest", "--work", work, "--file", str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    return Cost(**json.loads(done.stdout))


def measure_goaccess(file: Path) -> Cost:
    """goaccess over the file, into a JSON report."""
    program = shutil.which("goaccess")
    if program is None:
        raise FileNotFoundError(INSTALL_GOACCESS)
    report = file.with_suffix(".report.json")
    arguments = ["--log-format=COMBINED", "--no-global-config", "--no-progress", "-o", str(report)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, str(file), *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(spent, after.ru_maxrss / 1024)


# --- the table -----------------------------------------------------------------------------------


def medians(measures: Sequence[Callable[[], Cost]], runs: int) -> list[Cost]:
    """Each work's median, the works taken in turns."""
    taken = [[measure() for measure in measures] for _ in range(runs)]
    return [
        Cost(
            statistics.median(cost.cpu_seconds for cost in of_work),
            statistics.median(cost.peak_mib for cost in of_work),
        )
        for of_work in zip(*taken, strict=True)
    ]


def compare(folder: Path, lines: int, runs: int) -> Iterator[Figure | str]:
    """Every row of the table at one number of lines."""
    size = f"{lines:,} lines"
    for form, target in (("clean", 1.3), ("dirty", 2.2)):
        file = write_file(folder / f"{form}.jsonl", form, lines)
        with_pandas = form == "clean" and _pandas_fits(lines)
        works = ["bare_read", "hub_load", *(["pandas_read"] if with_pandas else [])]
        costs = medians([lambda w=work, f=file: measure(w, f) for work in works], runs)  # type: ignore[misc]
        yield _spent(f"{size}, {form}", works, costs)
        yield Figure(
            f"{size}, {form}: ingest against a bare read",
            costs[1].cpu_seconds / costs[0].cpu_seconds,
            target,
        )
        if with_pandas:
            yield from _against_pandas(size, hub=costs[1], pandas=costs[2])
        elif form == "clean":
            yield f"  not measured: pandas at {size}, which would not fit into memory"
        file.unlink()
    yield from _unknown_fields(folder, lines, runs)
    yield from _access_logs(folder, lines, runs)


def _pandas_fits(lines: int) -> bool:
    """Whether so many lines, at the bytes a line that a million took, fit into memory."""
    return lines * 3_600 < 0.7 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _against_pandas(size: str, *, hub: Cost, pandas: Cost) -> Iterator[Figure]:
    yield Figure(
        f"{size}, clean: pandas against ingest, CPU time",
        pandas.cpu_seconds / hub.cpu_seconds,
        5,
        at_most=False,
    )
    yield Figure(
        f"{size}, clean: pandas against ingest, peak memory",
        pandas.peak_mib / hub.peak_mib,
        8,
        at_most=False,
    )


def _unknown_fields(folder: Path, lines: int, runs: int) -> Iterator[Figure | str]:
    from hub.source_settings import ServiceLogsSource

    file = write_file(folder / "unknown.jsonl", "unknown", lines)
    works = ["bare_read", "hub_load"]
    if "keep_unknown" in ServiceLogsSource.model_fields:
        works.append("hub_load_keeping_all")
    costs = medians([lambda w=work: measure(w, file) for work in works], runs)  # type: ignore[misc]
    file.unlink()
    yield _spent(f"{lines:,} lines, unknown fields", works, costs)
    for work, cost, target in zip(works[1:], costs[1:], (1.3, 1.7), strict=False):
        how = "always" if work.endswith("all") else "sampled"
        name = f"{lines:,} lines, undeclared fields kept, {how}: against a bare read"
        yield Figure(name, cost.cpu_seconds / costs[0].cpu_seconds, target)
    if len(works) == 2:
        yield "  not measured: `keep_unknown: always` (the source has no such setting)"


def _access_logs(folder: Path, lines: int, runs: int) -> Iterator[Figure | str]:
    if shutil.which("goaccess") is None:
        yield f"  not measured: access logs. {INSTALL_GOACCESS}"
        return
    file = write_file(folder / "access.log", "access", lines)
    try:
        works = [lambda: measure("hub_load", file), lambda: measure_goaccess(file)]
        costs = medians(works, runs)
    except subprocess.CalledProcessError as error:
        yield f"  not measured: access logs. {error.stderr.strip().splitlines()[-1][:300]}"
        return
    finally:
        file.unlink()
    yield _spent(f"{lines:,} lines, access log", ["hub_load", "goaccess"], costs)
    ratio = costs[1].cpu_seconds / costs[0].cpu_seconds
    yield Figure(f"{lines:,} lines, access log: goaccess against ingest", ratio, 25, at_most=False)


def _spent(title: str, works: Sequence[str], costs: Sequence[Cost]) -> str:
    parts = [
        f"{work} {cost.cpu_seconds:.2f} s, {cost.peak_mib:,.0f} MiB"
        for work, cost in zip(works, costs, strict=True)
    ]
    return f"  {title}: " + "; ".join(parts)


class Watched:
    """A connection that adds up the CPU time of each kind of statement."""

    def __init__(self, con: Any, spent: dict[str, float]) -> None:
        self._con = con
        self._spent = spent

    def execute(self, statement: str, *arguments: Any) -> Any:
        """As of the connection."""
        before = _cpu_seconds()
        done = self._con.execute(statement, *arguments)
        title = " ".join(statement.split()[:3])
        self._spent[title] = self._spent.get(title, 0.0) + _cpu_seconds() - before
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def profile(file: Path) -> Iterator[str]:
    """Where the time of one load goes: statements by their first words, and what is outside."""
    from assets.sources.content import inspect_file

    spent: dict[str, float] = {}
    before = _cpu_seconds()
    inspect_file(file)
    spent["hash, lines and samples (first pass)"] = _cpu_seconds() - before
    with tempfile.TemporaryDirectory(dir=file.parent) as name:
        before = _cpu_seconds()
        hub_load(file, Path(name), watch=lambda con: Watched(con, spent))
        total = _cpu_seconds() - before
    spent["the rest (closing the database, Python)"] = total - sum(spent.values())
    for title, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        if seconds >= 0.005 * total:
            yield f"    {seconds:7.2f} s  {seconds / total:5.1%}  {title}"
    yield f"    {total:7.2f} s  in all"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts")
    parser.add_argument("--folder", type=Path, help="for the generated files; else a temporary one")
    parser.add_argument("--profile", action="store_true", help="say where a load's time goes")
    parser.add_argument("--work", choices=WORKS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        run_alone(asked.work, asked.file)
        return
    if asked.runs < 3 and not asked.profile:
        parser.error("a median needs at least 3 runs")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="ingest-") as name:
        for lines in asked.lines:
            for row in _rows(asked, Path(name), lines):
                print(row, flush=True)
    print(f"{asked.runs} runs each, {os.cpu_count()} processors, {time.monotonic() - began:.0f} s")


def _rows(asked: argparse.Namespace, folder: Path, lines: int) -> Iterator[Figure | str]:
    if not asked.profile:
        yield from compare(folder, lines, asked.runs)
        return
    for form in ("clean", "dirty", "unknown"):
        file = write_file(folder / f"{form}.jsonl", form, lines)
        yield f"  {lines:,} lines, {form} ({file.stat().st_size / 2**20:,.0f} MiB):"
        yield from profile(file)
        file.unlink()


if __name__ == "__main__":
    main()
