"""What a page may show of the SMS credits."""

from __future__ import annotations

from dataclasses import dataclass

from backend.database import reading
from backend.domain.rights import Right
from backend.repositories import credits, ledger
from backend.repositories.ledger import LedgerLine
from backend.services.acting import ActingUser

__all__ = ["CreditView", "LedgerLine", "available_credit", "credit_overview"]

_LATEST = 10


@dataclass(frozen=True, slots=True)
class CreditView:
    """Sums in SMS segments, and the latest movements, newest first."""

    available: int
    bought: int
    charged: int
    reserved: int
    movements: tuple[LedgerLine, ...]


def available_credit(actor: ActingUser) -> int | None:
    """SMS segments that can still be used; None for a user who may see neither credits nor campaigns."""
    if not (actor.may(Right.CREDITS_VIEW) or actor.may(Right.CAMPAIGNS_VIEW)):
        return None
    with reading() as session:
        return credits.get_balance(session).available


def credit_overview(actor: ActingUser) -> CreditView:
    """The balance and the last ten movements.

    Raises:
        ForbiddenError: without the right `credits.view`.
    """
    actor.require(Right.CREDITS_VIEW)
    with reading() as session:
        balance = credits.get_balance(session)
        movements = tuple(ledger.latest(session, _LATEST))
    return CreditView(balance.available, balance.bought, balance.charged, balance.reserved, movements)
