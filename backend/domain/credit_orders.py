"""How far an order of credits got, and how many of its credits a refund or a dispute takes back."""

from __future__ import annotations

from enum import StrEnum


class OrderStatus(StrEnum):
    """`created`: our row, no checkout known yet; `pending`: the checkout is open.

    `failed` and `expired` are not the end: a payment that the provider confirms is always credited.
    """

    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    EXPIRED = "expired"
    FAILED = "failed"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class DisputeState(StrEnum):
    """What became of a payment that the buyer's bank took back. `won` and `lost` are final."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


OPEN_ORDERS = frozenset({OrderStatus.CREATED, OrderStatus.PENDING})
PAYABLE_ORDERS = frozenset({*OPEN_ORDERS, OrderStatus.EXPIRED, OrderStatus.FAILED})
"""Orders that a confirmed payment still makes paid."""


def credits_due_back(credits: int, total_minor: int, returned_minor: int) -> int:
    """Credits that go with the money that went back, rounded down; all of them when all of it did."""
    returned = min(max(returned_minor, 0), total_minor)
    return credits * returned // total_minor


def status_of_paid(total_minor: int, refunded_minor: int, dispute: DisputeState | None) -> OrderStatus:
    """Status of an order that was paid, by what happened to its money since."""
    if dispute in {DisputeState.OPEN, DisputeState.LOST}:
        return OrderStatus.DISPUTED
    return OrderStatus.REFUNDED if refunded_minor >= total_minor else OrderStatus.PAID


def later_dispute(before: DisputeState | None, told: DisputeState) -> DisputeState:
    """What is known after a report: reports come in any order, and the end of a dispute is the end."""
    return told if before is None or before is DisputeState.OPEN else before
