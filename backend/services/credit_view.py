"""What a page may show of the SMS credits."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.database import reading
from backend.domain.credit_packs import Pack
from backend.domain.rights import Right
from backend.errors import ForbiddenError
from backend.repositories import credit_orders, credits, ledger, organisations
from backend.repositories.ledger import LedgerLine, Reservation
from backend.services.acting import ActingUser
from backend.settings import get_settings

__all__ = [
    "CreditView",
    "LedgerLine",
    "Pack",
    "Reservation",
    "Shop",
    "available_credit",
    "credit_overview",
]

_LATEST = 10
_MOST_CAMPAIGNS = 5


@dataclass(frozen=True, slots=True)
class Shop:
    """What is sold. `can_pay`: a payment provider is configured; otherwise `request_email` is where to ask, if set.

    VAT in hundredths of a percent. `may_buy`: this user has the right `credits.purchase`.
    """

    packs: tuple[Pack, ...] = ()
    currency: str = "EUR"
    vat_basis_points: int = 0
    can_pay: bool = False
    may_buy: bool = False
    request_email: str = ""


@dataclass(frozen=True, slots=True)
class CreditView:
    """Sums in SMS segments. `held` are the campaigns that hold most of what is reserved, `held_by_others` the rest.

    `movements` are the latest, newest first; None for a user who may not see them. `time_zone` is the
    organisation's. `owed`: used before their payment went back; the next credits make up for them.
    """

    available: int
    bought: int
    charged: int
    reserved: int
    held: tuple[Reservation, ...]
    held_by_others: int
    movements: tuple[LedgerLine, ...] | None
    time_zone: str
    organisation: str = ""
    shop: Shop = field(default_factory=Shop)
    owed: int = 0


def available_credit(actor: ActingUser) -> int | None:
    """SMS segments that can still be used; None for a user who may see neither credits nor campaigns."""
    if not _may_see(actor):
        return None
    with reading() as session:
        return credits.get_balance(session).available


def credit_overview(actor: ActingUser) -> CreditView:
    """The balance, what holds it, and with the right `credits.view` the last ten movements. Seven statements.

    Raises:
        ForbiddenError: with neither `credits.view` nor `campaigns.view`.
    """
    if not _may_see(actor):
        raise ForbiddenError(right=Right.CREDITS_VIEW.value)
    with reading() as session:
        balance = credits.get_balance(session)
        held = tuple(ledger.held_by_campaigns(session, _MOST_CAMPAIGNS)) if balance.reserved else ()
        movements = tuple(ledger.latest(session, _LATEST)) if actor.may(Right.CREDITS_VIEW) else None
        organisation = organisations.get(session)
        owed = credit_orders.owed_credits(session)
    return CreditView(
        available=balance.available,
        bought=balance.bought,
        charged=balance.charged,
        reserved=balance.reserved,
        held=held,
        held_by_others=max(balance.reserved - sum(each.segments for each in held), 0),
        movements=movements,
        time_zone=organisation.time_zone,
        organisation=organisation.name,
        shop=_shop(actor),
        owed=owed,
    )


def _shop(actor: ActingUser) -> Shop:
    settings = get_settings()
    return Shop(
        packs=settings.packs,
        currency=settings.credit_currency,
        vat_basis_points=settings.vat_basis_points,
        can_pay=bool(settings.stripe_secret_key),
        may_buy=actor.may(Right.CREDITS_PURCHASE),
        request_email=settings.credit_request_email,
    )


def _may_see(actor: ActingUser) -> bool:
    return actor.may(Right.CREDITS_VIEW) or actor.may(Right.CAMPAIGNS_VIEW)
