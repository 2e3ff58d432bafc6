"""How amounts of money are written on the pages, from integers in the minor unit."""

from __future__ import annotations

from backend.domain import written_amounts
from unisoft_ui.texts import LANGUAGE


def money(minor: int, currency: str, language: str = LANGUAGE) -> str:
    """6200, EUR → "€62.00"; a currency without a sign of its own stands before the amount: "CHF 62.00"."""
    return written_amounts.money(minor, currency, language)


def fine_money(tenths: int, currency: str, language: str = LANGUAGE) -> str:
    """A tenth of the minor unit finer: 62, EUR → "€0.062"."""
    return written_amounts.fine_money(tenths, currency, language)


def percent(basis_points: int, language: str = LANGUAGE) -> str:
    """2000 → "20%", 550 → "5.5%"."""
    return written_amounts.percent(basis_points, language)
