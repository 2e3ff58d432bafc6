"""Files for spreadsheets: kinds, cells, and what makes a cell harmless."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

Cell = str | int | datetime
"""Text, a whole number, or a moment on the wall clock of the organisation (without a zone)."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class ExportFormat(StrEnum):
    """The kinds of file. Excel splits CSV at what its language separates lists with: in French a semicolon."""

    CSV = "csv"
    CSV_SEMICOLON = "csv-semicolon"
    XLSX = "xlsx"

    @property
    def extension(self) -> str:
        """The end of a file's name."""
        return "xlsx" if self is ExportFormat.XLSX else "csv"

    @property
    def separator(self) -> str:
        """Of CSV."""
        return ";" if self is ExportFormat.CSV_SEMICOLON else ","


def csv_text(cell: Cell) -> str:
    """A cell as CSV has it, before it is quoted.

    What a spreadsheet would take for a formula gets an apostrophe, phone numbers too: they stay readable, and the
    import of contacts takes it off again. Source: OWASP, "CSV Injection".
    """
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, int):
        return str(cell)
    text = printable(cell)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def printable(text: str) -> str:
    """Without characters that no file may hold."""
    return _CONTROLS.sub("", text)
