"""Buy credits. Our order comes first, with its amount; the provider's page, and its word, come after.

Nothing here credits anything: `payments` does, when the provider confirms.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.credit_orders import OPEN_ORDERS, OrderStatus
from backend.domain.credit_packs import Pack, price_of
from backend.domain.rights import Right
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from backend.logs import get_logger
from backend.models import CreditOrder
from backend.providers.payments import Checkout, CheckoutRequest, PaymentRefusedError, PaymentUnavailableError
from backend.repositories import audit, credit_orders, credits
from backend.services.acting import ActingUser
from backend.settings import Settings, get_settings

log = get_logger(__name__)

RETURN_PATH = "/app/settings/credits/payment"
"""Where the provider's page leads back to, with `order` and `back` (1: without paying)."""
_CHECKOUT_OPEN = timedelta(minutes=60)
_ASK_AGAIN_WITHIN = timedelta(minutes=20)  # Stripe takes no checkout that ends in less than half an hour
_MOST_AN_HOUR = 20


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its buyer may see it. Amounts in the minor unit of `currency`; `checkout_url`: while payable."""

    reference: str
    status: OrderStatus
    credits: int
    total_minor: int
    currency: str
    checkout_url: str
    receipt_number: int | None
    available: int


def begin_purchase(actor: ActingUser, pack_credits: int, total_minor: int) -> str:
    """Order a pack and open its checkout; gives the address of the page where it is paid. Blocks on the provider.

    `total_minor` is what the buyer was shown: a price that changed meanwhile is refused, never charged.
    An order of before whose answer was lost is asked for again: the provider knows it by its reference.

    Raises:
        ForbiddenError: without the right `credits.purchase`.
        ConflictError: no provider is configured, or the price is another one now.
        InvalidInputError: there is no such pack, or too many orders in an hour.
        PaymentUnavailableError: no answer; try again.
        PaymentRefusedError: the provider does not want this; nothing was charged.
    """
    actor.require(Right.CREDITS_PURCHASE)
    settings = get_settings()
    if not settings.stripe_secret_key:
        raise ConflictError(code="no_payment_provider")
    pack = next((each for each in settings.packs if each.credits == pack_credits), None)
    if pack is None:
        raise InvalidInputError(code="unknown_pack")
    if price_of(pack.net_minor, settings.vat_basis_points).total_minor != total_minor:
        raise ConflictError(code="price_changed")
    order = _order(actor, settings, pack)
    return open_order(settings, order).url


def _order(actor: ActingUser, settings: Settings, pack: Pack) -> CreditOrder:
    price, now = price_of(pack.net_minor, settings.vat_basis_points), clock.now()
    with unit_of_work() as session:
        lost = credit_orders.find_unasked(session, actor.id, pack.credits, price.total_minor, now - _ASK_AGAIN_WITHIN)
        found = credit_orders.find(session, lost) if lost else None
        if found is not None:
            return found
        if credit_orders.count_since(session, actor.id, now - timedelta(hours=1)) >= _MOST_AN_HOUR:
            raise InvalidInputError(code="too_many_orders", most=_MOST_AN_HOUR)
        order = CreditOrder(
            reference=f"UNI-{secrets.token_hex(12)}",
            credits=pack.credits,
            net_minor=price.net_minor,
            vat_minor=price.vat_minor,
            total_minor=price.total_minor,
            vat_basis_points=settings.vat_basis_points,
            currency=settings.credit_currency,
            user_id=actor.id,
            buyer=actor.email,
        )
        session.add(order)
        session.flush()
        audit.record(session, "order", "credits", order.id, user_id=actor.id, actor=actor.email, credits=order.credits)
        return order


def open_order(settings: Settings, order: CreditOrder) -> Checkout:
    """Ask for the checkout of an order and note it. Safe to repeat: the order is the provider's key.

    Raises as `begin_purchase`; an order that was refused has failed.
    """
    from backend.providers.stripe.checkouts import open_checkout  # the vendor's library takes a second

    back = f"{settings.origin}{RETURN_PATH}?order={order.reference}"
    request = CheckoutRequest(
        reference=order.reference,
        product=f"{order.credits:,} SMS",
        total_minor=order.total_minor,
        currency=order.currency,
        expires_at=order.created_at + _CHECKOUT_OPEN,
        success_url=back,
        cancel_url=f"{back}&back=1",
        email=order.buyer if "@" in order.buyer else "",
    )
    try:
        checkout = open_checkout(settings, request)
    except PaymentUnavailableError:
        with unit_of_work() as session:
            credit_orders.touch(session, order.reference)
        raise
    except PaymentRefusedError as error:
        log.error("checkout_refused", order=order.reference, status=str(error), vendor_code=error.details)  # noqa: TRY400
        with unit_of_work() as session:
            credit_orders.move(session, order.reference, OrderStatus.FAILED, among=frozenset({OrderStatus.CREATED}))
        raise
    with unit_of_work() as session:
        # A payment may have been reported meanwhile: then the order has moved on, and stays there.
        credit_orders.move(
            session,
            order.reference,
            OrderStatus.PENDING,
            among=frozenset({OrderStatus.CREATED}),
            checkout_id=checkout.id,
            checkout_url=checkout.url,
            asked_at=clock.now(),
        )
    return checkout


def show_order(actor: ActingUser, reference: str) -> OrderView:
    """An order, for its buyer or whoever sees the ledger.

    Raises:
        NotFoundError: no such order, or somebody else's.
    """
    with reading() as session:
        order = credit_orders.find(session, reference[:40])
        if order is None or not _may_see(actor, order):
            raise NotFoundError(what="order")
        available = credits.get_balance(session).available
    can_be_paid = order.status in OPEN_ORDERS and actor.may(Right.CREDITS_PURCHASE)
    return OrderView(
        reference=order.reference,
        status=order.status,
        credits=order.credits,
        total_minor=order.total_minor,
        currency=order.currency,
        checkout_url=order.checkout_url if can_be_paid else "",
        receipt_number=order.receipt_number,
        available=available,
    )


def _may_see(actor: ActingUser, order: CreditOrder) -> bool:
    return actor.may(Right.CREDITS_VIEW) or (actor.may(Right.CREDITS_PURCHASE) and actor.id == order.user_id)
