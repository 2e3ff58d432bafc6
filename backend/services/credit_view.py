"""What a page may show of the SMS credits."""

from __future__ import annotations

from dataclasses import dataclass

from backend.database import reading
from backend.domain.rights import Right
from backend.errors import ForbiddenError
from backend.repositories import credits, ledger, organisations
from backend.repositories.ledger import LedgerLine, Reservation
from backend.services.acting import ActingUser

__all__ = ["CreditView", "LedgerLine", "Reservation", "available_credit", "credit_overview"]

_LATEST = 10
_MOST_CAMPAIGNS = 5


@dataclass(frozen=True, slots=True)
class CreditView:
    """Sums in SMS segments. `held` are the campaigns that hold most of what is reserved, `held_by_others` the rest.

    `movements` are the latest, newest first; None for a user who may not see them. `time_zone` is the
    organisation's.
    """

    available: int
    bought: int
    charged: int
    reserved: int
    held: tuple[Reservation, ...]
    held_by_others: int
    movements: tuple[LedgerLine, ...] | None
    time_zone: str


def available_credit(actor: ActingUser) -> int | None:
    """SMS segments that can still be used; None for a user who may see neither credits nor campaigns."""
    if not _may_see(actor):
        return None
    with reading() as session:
        return credits.get_balance(session).available


def credit_overview(actor: ActingUser) -> CreditView:
    """The balance, what holds it, and with the right `credits.view` the last ten movements. Five statements.

    Raises:
        ForbiddenError: with neither `credits.view` nor `campaigns.view`.
    """
    if not _may_see(actor):
        raise ForbiddenError(right=Right.CREDITS_VIEW.value)
    with reading() as session:
        balance = credits.get_balance(session)
        held = tuple(ledger.held_by_campaigns(session, _MOST_CAMPAIGNS)) if balance.reserved else ()
        movements = tuple(ledger.latest(session, _LATEST)) if actor.may(Right.CREDITS_VIEW) else None
        zone = organisations.get(session).time_zone
    return CreditView(
        available=balance.available,
        bought=balance.bought,
        charged=balance.charged,
        reserved=balance.reserved,
        held=held,
        held_by_others=max(balance.reserved - sum(each.segments for each in held), 0),
        movements=movements,
        time_zone=zone,
    )


def _may_see(actor: ActingUser) -> bool:
    return actor.may(Right.CREDITS_VIEW) or actor.may(Right.CAMPAIGNS_VIEW)
