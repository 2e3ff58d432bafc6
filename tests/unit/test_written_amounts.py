from __future__ import annotations

import pytest

from backend.domain.written_amounts import fine_money, money, number, percent
from unisoft_ui import texts
from unisoft_ui.texts import money as amounts

NARROW, FIXED = "\u202f", "\u00a0"


def test_numbers_are_grouped_as_the_language_does() -> None:
    assert [number(1_250, language) for language in ("en", "fr", "fr-FR", "he")] == [
        "1,250",
        f"1{NARROW}250",
        f"1{NARROW}250",
        "1,250",
    ]
    assert (number(-1_234_567, "fr"), number(999, "fr")) == (f"-1{NARROW}234{NARROW}567", "999")


@pytest.mark.parametrize(
    ("minor", "currency", "english", "french"),
    [
        (225_000, "EUR", "€2,250.00", f"2{NARROW}250,00{FIXED}€"),
        (5, "CHF", "CHF 0.05", f"0,05{FIXED}CHF"),
        (5_000, "JPY", "¥5,000", f"5{NARROW}000{FIXED}¥"),
        (-99, "EUR", "−€0.99", f"−0,99{FIXED}€"),
    ],
)
def test_money_is_written_as_the_language_does(minor: int, currency: str, english: str, french: str) -> None:
    assert (money(minor, currency, "en"), money(minor, currency, "fr")) == (english, french)


def test_rates_and_what_one_sms_costs() -> None:
    assert (fine_money(62, "EUR", "en"), fine_money(62, "EUR", "fr")) == ("€0.062", f"0,062{FIXED}€")
    assert [percent(550, language) for language in ("en", "fr")] == ["5.5%", f"5,5{NARROW}%"]


def test_the_pages_write_as_their_language_does_unless_told_otherwise() -> None:
    assert (texts.number(1_250), texts.number(1_250, "fr")) == ("1,250", f"1{NARROW}250")
    assert (amounts.money(6200, "EUR"), amounts.money(6200, "EUR", "fr")) == ("€62.00", f"62,00{FIXED}€")
