"""Is a CSV's table found whole, whatever program wrote it?"""

from __future__ import annotations

import pytest

from assets.sources.csv_table import CsvTable, read_table


def _cells(table: CsvTable) -> list[list[str]]:
    return [record.cells for record in table.records]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(mark: str) -> None:
    text = f"id{mark}name{mark}price\n1{mark}a{mark}2.5\n2{mark}b{mark}3.5\n"
    table = read_table(text.encode())
    assert table.delimiter == mark
    assert table.header == ["id", "name", "price"]


def test_decimal_commas_do_not_pass_for_delimiters() -> None:
    table = read_table(b"name;price;tax\na;1,50;0,10\nb;2,50;0,20\n")
    assert _cells(table) == [["a", "1,50", "0,10"], ["b", "2,50", "0,20"]]


def test_known_headers_decide_between_delimiters() -> None:
    table = read_table(b"a,b,c;sku;price\nx,y,z;1;2\n", wanted=["sku", "price"])
    assert table.header == ["a,b,c", "sku", "price"]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_found(encoding: str, told: str, end: str) -> None:
    text = end.join(["name;city", "Käthe;Köln", "Zoë;Łódź" if encoding != "cp1252" else "a;b", ""])
    table = read_table(text.encode(encoding))
    assert table.encoding == told
    assert table.records[0].cells == ["Käthe", "Köln"]
    assert [record.line for record in table.records] == [2, 3]


def test_one_broken_character_does_not_turn_a_file_into_another_encoding() -> None:
    table = read_table("name\nKäthe\nZo".encode() + b"\xeb\n")
    assert table.encoding == "utf-8"
    assert _cells(table) == [["Käthe"]]
    assert [(row.line, row.reason) for row in table.rejected] == [(3, "encoding")]


def test_cells_over_several_lines_keep_their_first_line_and_text() -> None:
    table = read_table(b'id,text,n\n1,"two\r\nlines, ""quoted""",2\n3,x,4\n')
    assert _cells(table) == [["1", 'two\r\nlines, "quoted"', "2"], ["3", "x", "4"]]
    assert [record.line for record in table.records] == [2, 4]
    assert table.records[0].raw == '1,"two\r\nlines, ""quoted""",2'


def test_repeated_column_names_are_all_kept() -> None:
    table = read_table(b"key,Sprint,Sprint,Comment,Sprint\nA-1,one,two,,three\n")
    assert table.places("sprint") == [1, 2, 4]


def test_rows_of_nothing_but_delimiters_are_blank() -> None:
    table = read_table(b"a,b\n1,2\n,\n\n , \n3,4\n")
    assert (len(table.records), table.blank, table.count) == (2, 3, 5)


def test_rows_of_another_width_and_repeated_headers_are_set_aside() -> None:
    table = read_table(b"a,b\n1,2\n3\n4,5,6\na,b\n7,8,\n")
    assert [(row.line, row.reason) for row in table.rejected] == [
        (3, "wrong_column_count"), (4, "wrong_column_count"), (5, "repeated_header"),
    ]  # fmt: skip
    assert _cells(table) == [["1", "2"], ["7", "8", ""]]


def test_a_quote_that_is_not_closed_costs_one_line() -> None:
    table = read_table(b'a,b\n1,2\n"3,4\n5,6\n7,8\n')
    assert [(row.line, row.reason, row.raw_text) for row in table.rejected] == [
        (3, "unclosed_quote", '"3,4')
    ]
    assert _cells(table) == [["1", "2"], ["5", "6"], ["7", "8"]]


def test_a_stray_quote_closed_far_below_costs_one_line() -> None:
    table = read_table(b'a,b,c\n"1,2,3\n4,5,6\n7,8"x,9\n1,1,1\n')
    assert table.rejected[0].line == 2
    assert ["4", "5", "6"] in _cells(table)
    assert ["1", "1", "1"] in _cells(table)


def test_a_spreadsheets_separator_line_is_understood() -> None:
    table = read_table(b"sep=;\r\na;b\r\n1;2\r\n")
    assert table.header == ["a", "b"]
    assert table.records[0].line == 3


def test_records_loaded_before_are_left_out() -> None:
    data = b'a,b\n1,"x\ny"\n2,z\n3,w\n'
    table = read_table(data, skip_bytes=len(b'a,b\n1,"x\ny"\n2,z\n'))
    assert [(record.line, record.cells) for record in table.records] == [(5, ["3", "w"])]
    assert table.count == 1
