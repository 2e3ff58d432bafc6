"""The list of packs as an operator writes it. It stands below the settings, which check it when they are read."""

from __future__ import annotations

from dataclasses import dataclass

MINOR_DIGITS = {"AUD": 2, "CAD": 2, "CHF": 2, "EUR": 2, "GBP": 2, "ILS": 2, "JPY": 0, "USD": 2}
"""ISO 4217: how many digits the minor unit of a currency has. The currencies that credits can be sold in."""

_MOST_PACKS = 8
_MOST_CREDITS = 10_000_000
_HIGHEST_PRICE_MINOR = 99_999_999  # the most that Stripe takes in one payment


@dataclass(frozen=True, slots=True)
class Pack:
    """Credits sold together. `net_minor`: without VAT."""

    credits: int
    net_minor: int
    is_most_chosen: bool = False


def parse_packs(text: str) -> tuple[Pack, ...]:
    """`"500:3500,1000:6200*"` → packs, the smallest first; `*` marks the one that is offered first.

    Raises:
        ValueError: a sentence without the name of the variable.
    """
    packs = sorted((_pack(part.strip()) for part in text.split(",")), key=lambda pack: pack.credits)
    if len({pack.credits for pack in packs}) != len(packs):
        raise ValueError("two packs have the same number of credits")
    if len(packs) > _MOST_PACKS:
        raise ValueError(f"at most {_MOST_PACKS} packs can be offered")
    if sum(pack.is_most_chosen for pack in packs) > 1:
        raise ValueError("only one pack can be marked with *")
    return tuple(packs)


def _pack(part: str) -> Pack:
    credits, colon, price = part.removesuffix("*").partition(":")
    if not (colon and _is_count(credits) and _is_count(price)):
        raise ValueError(f'"{part[:40]}" is not credits:price in the minor unit, such as 1000:6200')
    pack = Pack(int(credits), int(price), part.endswith("*"))
    if not (0 < pack.credits <= _MOST_CREDITS and 0 < pack.net_minor <= _HIGHEST_PRICE_MINOR):
        raise ValueError(f'"{part[:40]}": credits from 1 to {_MOST_CREDITS}, a price from 1 to {_HIGHEST_PRICE_MINOR}')
    return pack


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
