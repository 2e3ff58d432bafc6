"""What credits cost. Every amount is an integer in the minor unit of its currency; nothing here is a float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.price_list import MINOR_DIGITS, Pack

__all__ = ["MINOR_DIGITS", "Pack", "Price", "price_of", "saving_percent", "tenths_a_credit"]

_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a pack costs with VAT."""

    net_minor: int
    vat_minor: int

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.vat_minor


def price_of(net_minor: int, vat_basis_points: int) -> Price:
    """VAT is rounded to the minor unit, halves up."""
    return Price(net_minor, (net_minor * vat_basis_points + _BASIS_POINTS // 2) // _BASIS_POINTS)


def tenths_a_credit(pack: Pack) -> int:
    """Price of one credit in tenths of the minor unit, rounded halves up: 62.00 for 1,000 → 62."""
    return (pack.net_minor * 20 + pack.credits) // (pack.credits * 2)


def saving_percent(pack: Pack, packs: Sequence[Pack]) -> int:
    """How much cheaper a credit is than in the smallest pack, rounded down; 0 when it is not."""
    smallest = min(packs, key=lambda each: each.credits)
    full = smallest.net_minor * pack.credits
    return max((full - pack.net_minor * smallest.credits) * 100 // full, 0)
