"""Does the ingest benchmark compare like with like?"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import ingest

LINES = 4_000


@pytest.mark.parametrize(
    ("form", "bad"), [("clean", range(1)), ("unknown", range(1)), ("dirty", range(10, 41))]
)
def test_the_hub_loads_every_good_line_that_it_is_measured_with(
    tmp_path: Path, form: str, bad: range
) -> None:
    file = ingest.write_file(tmp_path / f"{form}.jsonl", form, LINES)
    ingest.hub_load(file, tmp_path)
    with duckdb.connect(str(tmp_path / "var" / "warehouse.duckdb")) as con:
        ((records, loaded, quarantined),) = con.execute(
            "SELECT records, loaded, quarantined FROM raw.loads"
        ).fetchall()
        extra = con.execute("SELECT count(_extra) FROM raw.service_logs").fetchall()[0][0]
    assert records == LINES == loaded + quarantined
    assert quarantined in bad
    assert extra == (LINES if form == "unknown" else 0)


def test_the_bare_read_reads_the_same_lines(tmp_path: Path) -> None:
    file = ingest.write_file(tmp_path / "clean.jsonl", "clean", LINES)
    ingest.bare_read(file, tmp_path)
    with duckdb.connect(str(tmp_path / "bare.duckdb")) as con:
        counted = con.execute("SELECT count(ts), count(fallback), count(*) FROM lines").fetchall()
    assert counted == [(LINES, LINES, LINES)]


def test_a_figure_says_whether_it_reaches_its_target() -> None:
    assert "reached" in str(ingest.Figure("a", 1.2, 1.3))
    assert "MISSED" in str(ingest.Figure("a", 1.4, 1.3))
    assert "MISSED" in str(ingest.Figure("a", 4, 5, at_most=False))
