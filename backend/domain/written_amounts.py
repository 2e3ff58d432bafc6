"""How numbers and amounts of money are written in a language. Amounts are integers in the minor unit; never floats."""

from __future__ import annotations

from typing import NamedTuple

from backend.price_list import MINOR_DIGITS

_SIGNS = {"EUR": "€", "GBP": "£", "ILS": "₪", "JPY": "¥", "USD": "$"}


class _Marks(NamedTuple):
    """As the Unicode Common Locale Data Repository has them."""

    thousands: str
    decimal: str
    is_sign_last: bool
    before_percent: str


_ENGLISH = _Marks(",", ".", is_sign_last=False, before_percent="")
_MARKS = {"en": _ENGLISH, "fr": _Marks("\u202f", ",", is_sign_last=True, before_percent="\u202f")}


def number(value: int, language: str) -> str:
    """1250 → "1,250" in English, "1 250" in French, with a narrow space that does not break."""
    return f"{value:,}".replace(",", _marks(language).thousands)


def money(minor: int, currency: str, language: str) -> str:
    """6200, EUR → "€62.00" or "62,00 €"; a currency without a sign of its own: "CHF 62.00" or "62,00 CHF"."""
    return _with_sign(_decimal(abs(minor), MINOR_DIGITS[currency], language), currency, language, negative=minor < 0)


def fine_money(tenths: int, currency: str, language: str) -> str:
    """A tenth of the minor unit finer: 62, EUR → "€0.062" or "0,062 €"."""
    return _with_sign(_decimal(tenths, MINOR_DIGITS[currency] + 1, language), currency, language, negative=False)


def percent(basis_points: int, language: str) -> str:
    """2000 → "20%" or "20 %", 550 → "5.5%" or "5,5 %"."""
    whole, rest = divmod(basis_points, 100)
    marks = _marks(language)
    fraction = f"{marks.decimal}{rest:02}".rstrip("0") if rest else ""
    return f"{whole}{fraction}{marks.before_percent}%"


def _decimal(value: int, digits: int, language: str) -> str:
    whole, rest = divmod(value, 10**digits)
    written = number(whole, language)
    return f"{written}{_marks(language).decimal}{rest:0{digits}}" if digits else written


def _with_sign(amount: str, currency: str, language: str, *, negative: bool) -> str:
    minus = "−" if negative else ""
    if _marks(language).is_sign_last:
        return f"{minus}{amount}\u00a0{_SIGNS.get(currency, currency)}"
    return f"{minus}{_SIGNS.get(currency, f'{currency} ')}{amount}"


def _marks(language: str) -> _Marks:
    return _MARKS.get(language.partition("-")[0], _ENGLISH)
