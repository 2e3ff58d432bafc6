"""Read a file of contacts as text and rows: its encoding, its delimiter, its limits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InvalidInputError
from backend.services.contact_columns import Header, read_header

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 200_000
_DELIMITERS = ",;\t"
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_HEBREW_WORD = re.compile(rb"[\xe0-\xfa]{2,}")  # windows-1255: alef to tav
_LATIN = re.compile(rb"[A-Za-z]")
_WORDS_JUDGED = 20_000


@dataclass(frozen=True, slots=True)
class ContactFile:
    """A file of contacts: what its columns are, and its text."""

    header: Header
    delimiter: str
    text: str
    first_line: int

    def check(self) -> None:
        """Read to the end once, so that a file that cannot be used is refused before anything is written.

        Raises:
            InvalidInputError: as `rows`.
        """
        for _ in self.rows():
            pass

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Every row that is not empty, with the number of its line, the first line being 1.

        Raises:
            InvalidInputError: `too_many_rows`, `not_csv`.
        """
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
        number, line = 0, 1
        try:
            for row in reader:
                starts_at, line = line, reader.line_num + 1
                if starts_at <= self.first_line or not any(cell.strip() for cell in row):
                    continue
                number += 1
                if number > MAX_ROWS:
                    raise InvalidInputError(code="too_many_rows", field="file", most=MAX_ROWS)
                yield starts_at, row
        except csv.Error as error:
            raise InvalidInputError(str(error), code="not_csv", field="file", line=reader.line_num) from None


def open_contact_file(path: Path) -> ContactFile:
    """Read a file and recognise its columns.

    Raises:
        InvalidInputError: `file_missing`, `file_too_large`, `file_empty`, `not_csv`, or `no_address_column`
            (`details["found"]` names the columns there are).
    """
    text = decode(_content(path))
    hint, lines = 0, text.split("\n", 2)
    if lines[0].strip().lower().startswith("sep="):  # written by and for Excel
        hint, lines = 1, lines[1:]
    if not lines or not lines[0].strip():
        raise InvalidInputError("The file is empty", code="file_empty", field="file")
    header, delimiter = max(
        ((read_header(next(csv.reader([lines[0]], delimiter=d), [])), d) for d in _DELIMITERS),
        key=lambda found: (len(found[0].positions), len(found[0].unknown)),
    )
    if not header.has_address:
        names = ", ".join((*header.positions, *header.unknown))
        raise InvalidInputError(
            f"No column for an email address or a mobile number; found: {names}",
            code="no_address_column",
            field="file",
            found=names,
        )
    return ContactFile(header, delimiter, text, hint + 1)


def _content(path: Path) -> bytes:
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_BYTES:
            raise InvalidInputError(
                f"The file has {size_bytes // 1024**2} MB; at most {MAX_BYTES // 1024**2} can be imported",
                code="file_too_large",
                field="file",
                most_bytes=MAX_BYTES,
            )
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}", code="file_missing", field="file") from None


def decode(content: bytes) -> str:
    """Text of a file: UTF-8, or UTF-16 with its mark, else windows-1252 or windows-1255.

    Raises:
        InvalidInputError: `not_csv`; a spreadsheet or another binary file.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise InvalidInputError("This is no text file: save the spreadsheet as CSV", code="not_csv", field="file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1255" if _looks_hebrew(content) else "cp1252", "replace")


def _looks_hebrew(content: bytes) -> bool:
    """Hebrew words have no Latin letter in them; French ones have hardly anything else.

    A general detector needs more text than a short list of names gives it, and seconds for a long one.
    """
    hebrew = latin = 0
    for number, match in enumerate(_WORD.finditer(content)):
        word = match[0]
        if word.isascii():
            continue
        if _HEBREW_WORD.fullmatch(word):
            hebrew += 1
        elif _LATIN.search(word):
            latin += 1
        if number > _WORDS_JUDGED and hebrew != latin:
            break
    return hebrew > latin
