"""Which column of a file holds what, by the names people give their columns in English, French and Hebrew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.search import fold


class Column(StrEnum):
    """What a column can hold."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    HEBREW_FIRST_NAME = "hebrew_first_name"
    EMAIL = "email"
    MOBILE = "mobile"
    CATEGORIES = "categories"
    HOUSEHOLD = "household"
    LANGUAGE = "language"
    BIRTH_DATE = "birth_date"
    DECEASED = "deceased"


# Compared without case, accents, spaces, dots, dashes, underscores and quotes.
_NAMES: dict[Column, str] = {
    Column.FIRST_NAME: "first name, firstname, given name, prénom, שם פרטי",
    Column.LAST_NAME: "last name, lastname, surname, family name, nom, nom de famille, שם משפחה",
    Column.HEBREW_FIRST_NAME: "hebrew first name, hebrew name, prenomHE, prénom hébreu, prénom hébraïque, שם עברי",
    Column.EMAIL: "email, e-mail, mail, email address, courriel, adresse email, adresse mail, דואל, אימייל, מייל",
    Column.MOBILE: "mobile, mobile e164, mobile phone, mobile number, cell, phone, phone number, téléphone, "
    "téléphone mobile, téléphone portable, tél, portable, gsm, נייד, טלפון נייד, מספר נייד, טלפון",
    Column.CATEGORIES: "categories, category, catégories, catégorie, groups, groupes, קטגוריות, קטגוריה, קבוצות",
    Column.HOUSEHOLD: "household, foyer, famille, משק בית",
    Column.LANGUAGE: "language, langue, שפה",
    Column.BIRTH_DATE: "birth date, birthday, date of birth, date de naissance, né le, naissance, תאריך לידה",
    Column.DECEASED: "deceased, is deceased, décédé, décédée, décès, נפטר, נפטרה",
}
_IGNORED = re.compile(r"[\W_]+")


def _bare(name: str) -> str:
    return _IGNORED.sub("", fold(name))


_COLUMN_OF = {_bare(name): column for column, names in _NAMES.items() for name in names.split(",")}


@dataclass(frozen=True, slots=True)
class Header:
    """Where each known column is, and the names of the others. The first of two alike counts."""

    positions: dict[Column, int]
    unknown: tuple[str, ...]

    @property
    def has_address(self) -> bool:
        """Without an address nobody can be written to, nor found again."""
        return Column.EMAIL in self.positions or Column.MOBILE in self.positions


def read_header(names: Sequence[str]) -> Header:
    """Recognise the columns of a file."""
    positions: dict[Column, int] = {}
    unknown: list[str] = []
    for position, name in enumerate(names):
        column = _COLUMN_OF.get(_bare(name))
        if column and column not in positions:
            positions[column] = position
        elif name.strip():
            unknown.append(name.strip()[:80])
    return Header(positions, tuple(unknown))
