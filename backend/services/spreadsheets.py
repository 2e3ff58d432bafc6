"""Files for spreadsheets, a piece at a time: nothing of them is kept, on disk or in memory.

XLSX is written here and not by a library: see `docs/decisions/0011-a-spreadsheet-is-streamed.md`. Source: ECMA-376,
parts 1 (18.3, SpreadsheetML; 22.9.2.19, escapes) and 2 (packages); times as days since 1899-12-30.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

from backend.domain.exports import Cell, ExportFormat, csv_text, printable

ROWS_A_SHEET = 1_048_576
# An archive that nobody can go back in holds files below 2 GiB; one chunk of rows is far below the other half.
BYTES_A_SHEET = 1024**3
_LONGEST_CELL = 32_767  # in UTF-16 units
_LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_BOM = "\ufeff"
_COMPRESSION = 1  # a higher one halves the rows a second and saves a tenth
_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock, as the cells are
_SECONDS_A_DAY = 86_400
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Cell formats by index: plain, a moment, a heading. 22 is Excel's own "date and time", which follows its language.
_MOMENT, _HEADING = 1, 2
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="22" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class Writer(Protocol):
    """Takes rows, and gives the bytes of the file that they make, in order."""

    def begin(self) -> bytes:
        """The start of the file."""
        ...

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Some more rows."""
        ...

    def end(self) -> bytes:
        """What comes after the last row."""
        ...


def writer_of(form: ExportFormat, headings: Sequence[str], sheet: str) -> Writer:
    """The writer of a kind of file. `sheet` names the sheets of a workbook, at most 20 characters."""
    if form is ExportFormat.XLSX:
        return _XlsxWriter(headings, sheet)
    return _CsvWriter(headings, form.separator)


class _CsvWriter:
    """UTF-8 with a byte order mark, without which Excel reads accents wrongly; lines as RFC 4180 ends them."""

    def __init__(self, headings: Sequence[str], separator: str) -> None:
        self._headings, self._separator = headings, separator

    def begin(self) -> bytes:
        return _BOM.encode() + self.rows([self._headings])

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._separator, lineterminator="\r\n")
        writer.writerows([csv_text(cell) for cell in row] for row in rows)
        return text.getvalue().encode()

    def end(self) -> bytes:
        return b""


class _Pipe(io.RawIOBase):
    """What is written can be taken away; nothing can be gone back to, so that the archive says sizes after contents."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, piece: object, /) -> int:
        content = bytes(piece)  # pyright: ignore[reportArgumentType]
        self._pieces.append(content)
        return len(content)

    def take(self) -> bytes:
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content


class _XlsxWriter:
    """A workbook whose texts stand in their cells. What a sheet has no room for goes on on another one."""

    def __init__(
        self,
        headings: Sequence[str],
        sheet: str,
        rows_a_sheet: int = ROWS_A_SHEET,
        bytes_a_sheet: int = BYTES_A_SHEET,
    ) -> None:
        self._headings, self._name, self._most, self._most_bytes = headings, sheet, rows_a_sheet, bytes_a_sheet
        self._pipe = _Pipe()
        self._archive = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)
        self._sheets = 0
        self._row = self._bytes = 0
        self._columns = [_column_name(place) for place in range(len(headings))]
        self._open = self._open_sheet()

    def begin(self) -> bytes:
        return self._pipe.take()

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        start = 0
        while start < len(rows):
            if self._row == self._most or self._bytes >= self._most_bytes:
                self._close_sheet()
                self._open = self._open_sheet()
            part = rows[start : start + self._most - self._row]
            self._bytes += self._open.write("".join(self._lines(part)).encode())
            start += len(part)
        return self._pipe.take()

    def end(self) -> bytes:
        self._close_sheet()
        sheets = range(1, self._sheets + 1)
        for name, content in {
            "xl/styles.xml": _STYLES,
            "xl/workbook.xml": self._workbook(sheets),
            "xl/_rels/workbook.xml.rels": _relations(
                [("worksheet", f"worksheets/sheet{n}.xml") for n in sheets] + [("styles", "styles.xml")]
            ),
            "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
            "[Content_Types].xml": _content_types(sheets),
        }.items():
            self._archive.writestr(name, content)
        self._archive.close()
        return self._pipe.take()

    def _open_sheet(self) -> zipfile._ZipWriteFile:  # type: ignore[name-defined]
        self._sheets, self._row, self._bytes = self._sheets + 1, 0, 0
        sheet = self._archive.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        sheet.write(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{frozen}</sheetView>'
            f'</sheetViews><cols><col min="1" max="{len(self._headings)}" width="22" customWidth="1"/></cols>'
            "<sheetData>".encode()
        )
        sheet.write("".join(self._lines([self._headings], _HEADING)).encode())
        return sheet

    def _close_sheet(self) -> None:
        self._open.write(b"</sheetData></worksheet>")
        self._open.close()

    def _lines(self, rows: Sequence[Sequence[Cell]], style: int = 0) -> Iterator[str]:
        for row in rows:
            self._row += 1
            cells = [
                _cell(f"{column}{self._row}", cell, style) for column, cell in zip(self._columns, row, strict=True)
            ]
            yield f'<row r="{self._row}">{"".join(cells)}</row>'

    def _workbook(self, numbers: Sequence[int]) -> str:
        names = [self._name if number == 1 else f"{self._name} {number}" for number in numbers]
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, names, strict=True)
        )
        return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'


def _cell(place: str, cell: Cell, style: int) -> str:
    if isinstance(cell, datetime):
        moment = cell - _DAY_0
        return f'<c r="{place}" s="{_MOMENT}"><v>{moment.days + moment.seconds / _SECONDS_A_DAY:.9f}</v></c>'
    if isinstance(cell, int):
        return f'<c r="{place}"><v>{cell}</v></c>'
    if not cell:
        return ""
    # Excel reads "_x0041_" as "A".
    text = escape(_LIKE_AN_ESCAPE.sub("_x005F_", _cut(printable(cell))))
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    styled = f' s="{style}"' if style else ""
    return f'<c r="{place}"{styled} t="inlineStr"><is><t{kept}>{text}</t></is></c>'


def _cut(text: str) -> str:
    """What a cell has room for, without half a character."""
    if len(text) * 2 <= _LONGEST_CELL:
        return text
    return text.encode("utf-16-le")[: _LONGEST_CELL * 2].decode("utf-16-le", "ignore")


def _column_name(place: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _relations(parts: Sequence[tuple[str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}">{told}</Relationships>'


def _content_types(sheets: Sequence[int]) -> str:
    parts = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    parts += [(f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in sheets]
    told = "".join(f'<Override PartName="{name}" ContentType="{_KIND}.{kind}+xml"/>' for name, kind in parts)
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return f'{_HEAD}<Types xmlns="{_TYPES}">{defaults}{told}</Types>'
