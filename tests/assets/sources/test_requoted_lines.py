"""Does a line that a spreadsheet quoted as a whole become the record it was?"""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.sources.csv_table import CsvTable, read_table

HEADER = "Summary,Issue key,Status,Created,Labels"
ROW = '"Search, ""faster""",A-1,Open,2025-03-01,'
CELLS = ['Search, "faster"', "A-1", "Open", "2025-03-01", ""]


def quoted(line: str) -> str:
    return '"' + line.replace('"', '""') + '"'


def read(*lines: str) -> CsvTable:
    return read_table("\n".join(lines).encode(), wanted=["Issue key", "Status"])


def test_a_single_wrapped_line_among_whole_ones_is_a_record() -> None:
    table = read(HEADER, ROW, quoted(ROW), ROW)
    assert [record.cells for record in table.records] == [CELLS] * 3
    assert table.repaired == [3]
    assert table.rejected == []


def test_delimiters_behind_a_wrapped_line_do_not_hide_it() -> None:
    table = read(HEADER, quoted(ROW) + ",,,,", ROW)
    assert [record.cells for record in table.records] == [CELLS] * 2
    assert table.repaired == [2]


@pytest.mark.parametrize("behind", ["", ";;;;", ",,,,"])
def test_a_file_wrapped_with_its_header_is_read(behind: str) -> None:
    table = read(quoted(HEADER) + behind, quoted(ROW) + behind, quoted(ROW) + behind)
    assert table.header == HEADER.split(",")
    assert [record.cells for record in table.records] == [CELLS] * 2


def test_a_record_of_several_lines_is_put_together_again() -> None:
    lines = ['"first line', "", 'third, line",A-1,Open,2025-03-01,x']
    table = read(HEADER, *(quoted(line) if line else "" for line in lines), ROW)
    assert [record.cells[0] for record in table.records] == [
        "first line\n\nthird, line",
        'Search, "faster"',
    ]
    assert (table.blank, table.rejected) == (0, [])


def test_a_wrapped_line_that_fits_no_header_is_set_aside_alone() -> None:
    table = read(HEADER, quoted('"open,A-1,Open'), ROW, quoted("a,b"), ROW)
    assert len(table.records) == 2
    assert [row.line for row in table.rejected] == [2, 4]
    assert {row.reason for row in table.rejected} == {"wrong_column_count"}


def test_a_filled_first_cell_alone_is_no_wrapped_line() -> None:
    table = read(HEADER, '"Search, faster, now",,,,')
    assert table.records[0].cells[0] == "Search, faster, now"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.text('a,"\n', max_size=5), min_size=6, max_size=6), max_size=4))
def test_wrapping_every_line_loses_nothing(rows: list[list[str]]) -> None:
    rows = [["k", *row] for row in rows]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([list("bcdefgh"), *rows])
    wrapped = "\n".join(quoted(line) if line else "" for line in out.getvalue().split("\n"))
    table = read_table(wrapped.encode(), delimiter=",")
    assert [record.cells for record in table.records] == rows
