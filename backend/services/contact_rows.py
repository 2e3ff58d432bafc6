"""What one row of a file says about a contact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from backend.domain.addresses import normalise_email, normalise_mobile
from backend.domain.search import fold
from backend.services.contact_columns import Column, Header

_LONGEST_NAME = 80
_LONGEST_HOUSEHOLD = 160
_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")
_EXPORTED_FORMULA = re.compile(r"'(?=[=+\-@\t\r])")
_YES = {
    fold(word)
    for word in ("1", "x", "yes", "y", "true", "oui", "o", "vrai", "décédé", "décédée", "כן", "נפטר", "נפטרה")
}
_NO = {fold(word) for word in ("0", "no", "n", "false", "non", "faux", "לא")}
_LANGUAGES = {
    **dict.fromkeys(map(fold, ("fr", "french", "français", "française", "צרפתית")), "fr"),
    **dict.fromkeys(map(fold, ("en", "english", "anglais", "anglaise", "אנגלית")), "en"),
    **dict.fromkeys(map(fold, ("he", "iw", "hebrew", "hébreu", "עברית")), "he"),
}  # fmt: skip


@dataclass(slots=True)
class ContactRow:
    """The values a row gives; what it leaves empty is not in `values`. Keys are columns of `contact`.

    `refusal` says why the row cannot be used at all, `warnings` what of it was left out or is not usable.
    """

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    household: str = ""
    refusal: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def email(self) -> str | None:
        return self.values.get("email")

    @property
    def mobile(self) -> str | None:
        return self.values.get("mobile_e164")


def read_row(line: int, cells: Sequence[str], header: Header, region: str) -> ContactRow:
    """Read a row; numbers without a country belong to `region`."""
    row = ContactRow(line)
    for column, position in header.positions.items():
        cell = _plain(cells[position]) if position < len(cells) else ""
        if cell:
            _READERS[column](row, cell, region)
    if not row.refusal and not (row.email or row.mobile):
        row.refusal = "no_address"
    return row


def _plain(cell: str) -> str:
    """One line of visible text, without the quote that keeps a spreadsheet from calculating an exported cell."""
    if cell.startswith("'"):
        cell = _EXPORTED_FORMULA.sub("", cell, count=1)
    if cell.isascii() and cell.isprintable():
        return cell.strip()
    cell = unicodedata.normalize("NFC", cell)
    kept = (c if c.isprintable() else " " for c in cell if unicodedata.category(c) != "Cf")
    return " ".join("".join(kept).split())


def _name(key: str) -> Callable[[ContactRow, str, str], None]:
    def read(row: ContactRow, cell: str, _region: str) -> None:
        if "\ufffd" in cell:
            row.refusal = "unreadable_characters"
        elif len(cell) > _LONGEST_NAME:
            row.refusal = f"{key}_too_long"
        else:
            row.values[key] = cell

    return read


def _email(row: ContactRow, cell: str, _region: str) -> None:
    email, problem = normalise_email(cell)
    if email:
        row.values |= {"email": email, "email_problem": problem}
    if problem:
        row.warnings.append(f"email_{problem}")


def _mobile(row: ContactRow, cell: str, region: str) -> None:
    mobile, problem = normalise_mobile(cell, region)
    if mobile:
        row.values |= {"mobile_e164": mobile, "mobile_problem": problem}
    if problem:
        row.warnings.append(f"mobile_{problem}")


def _categories(row: ContactRow, cell: str, _region: str) -> None:
    names = [name.strip() for name in re.split(r"[|;]", cell)]
    row.categories = tuple(dict.fromkeys(name for name in names if name and len(name) <= _LONGEST_NAME))


def _household(row: ContactRow, cell: str, _region: str) -> None:
    row.household = cell[:_LONGEST_HOUSEHOLD]


def _language(row: ContactRow, cell: str, _region: str) -> None:
    language = _LANGUAGES.get(fold(cell)) or _LANGUAGES.get(fold(re.split(r"[-_]", cell)[0]))
    if language:
        row.values["language"] = language
    else:
        row.warnings.append("language_unknown")


def _birth_date(row: ContactRow, cell: str, _region: str) -> None:
    born = _date(cell)
    if born:
        row.values["birth_date"] = born
    else:
        row.warnings.append("birth_date_invalid")


def _date(cell: str) -> date | None:
    for form in _DATE_FORMATS:
        try:
            born = datetime.strptime(cell, form).date()  # noqa: DTZ007 - a birthday has no zone
        except ValueError:
            continue
        return born if born.year >= 1900 else None
    return None


def _deceased(row: ContactRow, cell: str, _region: str) -> None:
    word = fold(cell)
    if word in _YES or word in _NO:
        row.values["is_deceased"] = word in _YES
    else:
        row.warnings.append("deceased_unclear")


_READERS: dict[Column, Callable[[ContactRow, str, str], None]] = {
    Column.FIRST_NAME: _name("first_name"),
    Column.LAST_NAME: _name("last_name"),
    Column.HEBREW_FIRST_NAME: _name("hebrew_first_name"),
    Column.EMAIL: _email,
    Column.MOBILE: _mobile,
    Column.CATEGORIES: _categories,
    Column.HOUSEHOLD: _household,
    Column.LANGUAGE: _language,
    Column.BIRTH_DATE: _birth_date,
    Column.DECEASED: _deceased,
}
