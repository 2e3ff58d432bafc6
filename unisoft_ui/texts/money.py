"""How amounts of money are written, from integers in the minor unit."""

from __future__ import annotations

from backend.domain.credit_packs import MINOR_DIGITS
from unisoft_ui.texts import number

_SIGNS = {"EUR": "€", "GBP": "£", "ILS": "₪", "JPY": "¥", "USD": "$"}


def money(minor: int, currency: str) -> str:
    """6200, EUR → "€62.00"; a currency without a sign of its own stands before the amount: "CHF 62.00"."""
    return _with_sign(_decimal(abs(minor), MINOR_DIGITS[currency]), currency, negative=minor < 0)


def fine_money(tenths: int, currency: str) -> str:
    """A tenth of the minor unit finer: 62, EUR → "€0.062"."""
    return _with_sign(_decimal(tenths, MINOR_DIGITS[currency] + 1), currency, negative=False)


def percent(basis_points: int) -> str:
    """2000 → "20%", 550 → "5.5%"."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%" if rest else f"{whole}%"


def _decimal(value: int, digits: int) -> str:
    whole, rest = divmod(value, 10**digits)
    return f"{number(whole)}.{rest:0{digits}}" if digits else number(whole)


def _with_sign(amount: str, currency: str, *, negative: bool) -> str:
    minus, sign = "−" if negative else "", _SIGNS.get(currency, f"{currency} ")
    return f"{minus}{sign}{amount}"
