"""Files for spreadsheets: harmless cells, and workbooks that others can read."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook

from backend.domain.exports import Cell, ExportFormat, csv_text
from backend.services.exporting import file_name
from backend.services.spreadsheets import _column_name, _XlsxWriter, writer_of

MOMENT = datetime(2026, 9, 16, 10, 24, 5)  # noqa: DTZ001 - a wall clock
HEADINGS = ("Name", "Address", "Parts", "Updated")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"), ("+33612345678", "'+33612345678"), ("-2", "'-2"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("  =1", "'  =1"), ("＝1", "'＝1"), ("Ruth", "Ruth"), ("", ""),
        ("a=1", "a=1"), ("a\x00b\ud800", "ab"), (-3, "-3"), (12, "12"), (MOMENT, "2026-09-16 10:24:05"),
    ],
)  # fmt: skip
def test_a_cell_is_no_formula(cell: Cell, text: str) -> None:
    assert csv_text(cell) == text


def file_of(form: ExportFormat, *chunks: list[list[Cell]]) -> bytes:
    writer = writer_of(form, HEADINGS, "Recipients")
    return writer.begin() + b"".join(writer.rows(rows) for rows in chunks) + writer.end()


ROWS: list[list[Cell]] = [
    ['Ruth "Zoé"; Azoulay', "+33612345678", 2, MOMENT],
    ["רות\nשנייה, שורה", "a@example.org", 0, MOMENT],
]


@pytest.mark.parametrize(("form", "separator"), [(ExportFormat.CSV, ","), (ExportFormat.CSV_SEMICOLON, ";")])
def test_csv_is_read_again_as_it_was_written(form: ExportFormat, separator: str) -> None:
    content = file_of(form, ROWS[:1], ROWS[1:])
    assert content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))
    assert read[0] == list(HEADINGS)
    assert read[1] == ['Ruth "Zoé"; Azoulay', "'+33612345678", "2", "2026-09-16 10:24:05"]
    assert read[2][:2] == ["רות\nשנייה, שורה", "a@example.org"]


def test_a_workbook_has_texts_numbers_and_moments() -> None:
    rows = [*ROWS, ["=1+1 <&> ", "", 5, MOMENT]]
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(file_of(ExportFormat.XLSX, rows[:2], rows[2:])))
    assert workbook.sheet_names == ["Recipients"]
    read = workbook.get_sheet_by_index(0).to_python()
    assert read[0] == list(HEADINGS)
    assert read[1] == ['Ruth "Zoé"; Azoulay', "+33612345678", 2, MOMENT]
    assert read[2][0] == "רות\nשנייה, שורה"
    assert read[3][:3] == ["=1+1 <&> ", "", 5]


ODD = (
    "שלום, זוהי בדיקה", "😀 👨‍👩‍👧‍👦", "=1+1", "+33612345678", "-2", "@SUM(A1)", " before and after ", "two\nlines",
    "<b>&amp;\"'</b> ]]>", "_x0041_ and _x000D_", "_x_ _x12_ _xzzzz_", "0012345678901234567890", "TRUE", "2026-01-01",
    "'quoted", "\u202eturned", "\u2028", "\x7f\x85", " ", "\n",
)  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_a_text_stays_the_text_it_was(text: str) -> None:
    assert in_workbook(text) == text


@pytest.mark.parametrize("text", ["a\x00b\x01\x08c\x0b\x0c\x1fd", "ab\ud800c\udfffd", "\ufffea\uffffbcd"])
def test_what_xml_may_not_hold_is_left_out(text: str) -> None:
    assert in_workbook(text) == "abcd"


@pytest.mark.parametrize(
    ("text", "kept"), [("x" * 40_000, "x" * 32_767), ("😀" * 20_000, "😀" * 16_383), ("x" * 32_767, "x" * 32_767)]
)
def test_a_text_is_cut_where_a_cell_ends(text: str, kept: str) -> None:
    """Excel counts a character beyond U+FFFF as two, and takes a file with one too many for damaged."""
    assert in_workbook(text) == kept


def in_workbook(text: str) -> object:
    writer = writer_of(ExportFormat.XLSX, ["Text"], "Texts")
    content = writer.begin() + writer.rows([[text], ["below"]]) + writer.end()
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[1][0]


def test_a_sheet_that_becomes_too_large_goes_on_on_the_next() -> None:
    """The archive could not be finished: its parts are below 2 GiB where nothing can be gone back to."""
    writer = _XlsxWriter(["Text"], "Rows", bytes_a_sheet=1_000)
    content = writer.begin() + b"".join(writer.rows([["x" * 400], ["y" * 400]]) for _ in range(3)) + writer.end()
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert [len(workbook.get_sheet_by_name(name).to_python()) for name in workbook.sheet_names] == [5, 3]


def test_what_a_sheet_has_no_room_for_goes_on_on_the_next() -> None:
    writer = _XlsxWriter(["Number"], "Rows", rows_a_sheet=4)
    content = writer.begin() + writer.rows([[n] for n in range(5)]) + writer.rows([[n] for n in range(5, 8)])
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content + writer.end()))
    assert workbook.sheet_names == ["Rows", "Rows 2", "Rows 3"]
    read = [workbook.get_sheet_by_index(place).to_python() for place in range(3)]
    assert all(sheet[0] == ["Number"] for sheet in read)
    assert [row[0] for sheet in read for row in sheet[1:]] == list(range(8))


def test_a_workbook_of_nobody_has_its_headings() -> None:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(file_of(ExportFormat.XLSX)))
    assert workbook.get_sheet_by_index(0).to_python() == [list(HEADINGS)]


@pytest.mark.parametrize(("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_the_names_of_spreadsheets(place: int, name: str) -> None:
    assert _column_name(place) == name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Kol Nidre", "Kol Nidre 2026-09-16.csv"), ('a/b\\c:"d"\r\nX', "a b c d X 2026-09-16.csv"),
        ("..", "recipients 2026-09-16.csv"), ("תפילת כל נדרי", "תפילת כל נדרי 2026-09-16.csv"),
        ("x" * 200, f"{'x' * 80} 2026-09-16.csv"),
    ],
)  # fmt: skip
def test_a_file_has_the_title_and_the_day(title: str, name: str) -> None:
    assert file_name(title, ExportFormat.CSV, MOMENT) == name
