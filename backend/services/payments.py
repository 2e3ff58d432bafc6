"""What a confirmed payment, a refund or a dispute does to an order and to the credits.

Every effect hangs on the order row, held while it changes, and on a key in the ledger: reports may be repeated, come in
any order, and two at once. Locks: the report, the order, then orders that owe something by id, then the balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.credit_orders import (
    OPEN_ORDERS,
    PAYABLE_ORDERS,
    DisputeState,
    OrderStatus,
    credits_due_back,
    later_dispute,
    status_of_paid,
)
from backend.domain.statuses import LedgerKind
from backend.errors import AppError
from backend.logs import get_logger
from backend.models import CreditOrder
from backend.providers.payments import Checkout, PaymentEvent, PaymentEventKind, PaymentRefusedError
from backend.repositories import audit, credit_orders, credits, organisations
from backend.settings import get_settings

log = get_logger(__name__)

_ACTOR = "stripe"
_ASK_AFTER = timedelta(minutes=2)
_GIVE_UP_AFTER = timedelta(hours=2)  # a checkout is open for one
_ASKED_A_ROUND = 2


def take_event(event: PaymentEvent) -> str:
    """Apply one report, once; gives what became of it: `repeated`, `unknown_order`, or what it did."""
    with unit_of_work() as session:
        if not credit_orders.note_report(session, event.event_id, event.word):
            return "repeated"
        order = credit_orders.lock_reported(session, event.reference, event.payment_id)
        outcome = "unknown_order" if order is None else _apply(session, order, event)
        credit_orders.end_report(session, event.event_id, order.id if order else None, outcome)
    log.info("payment_reported", word=event.word, outcome=outcome, order=event.reference)
    return outcome


def _apply(session: Session, order: CreditOrder, event: PaymentEvent) -> str:
    if event.currency != order.currency:
        return _refuse(session, order, "other_currency", event.amount_minor)
    if event.kind is PaymentEventKind.PAID:
        if event.amount_minor != order.total_minor:
            return _refuse(session, order, "other_amount", event.amount_minor)
        return _pay(session, order, event.payment_id, event.checkout_id)
    if event.kind in {PaymentEventKind.EXPIRED, PaymentEventKind.FAILED}:
        return _close(session, order, OrderStatus(event.kind.value))
    if event.kind is PaymentEventKind.REFUNDED:
        order.refunded_minor = min(max(order.refunded_minor, event.amount_minor), order.total_minor)
    else:
        order.dispute = later_dispute(order.dispute, DisputeState(event.dispute))
        order.disputed_minor = 0 if order.dispute is DisputeState.WON else min(event.amount_minor, order.total_minor)
    order.payment_id = order.payment_id or event.payment_id
    return _settle(session, order)


def _refuse(session: Session, order: CreditOrder, outcome: str, amount_minor: int) -> str:
    """Nothing is credited for what is not what was ordered; people have to look."""
    log.error("payment_differs", order=order.reference, outcome=outcome, amount_minor=amount_minor)
    _audit(session, order, outcome, amount_minor=amount_minor)
    return outcome


def _pay(session: Session, order: CreditOrder, payment_id: str | None, checkout_id: str | None) -> str:
    if order.paid_at is not None or order.status not in PAYABLE_ORDERS:
        return "paid_before"
    owed = credit_orders.lock_owed(session)
    credits.lock(session)  # and with it the sequence of the receipts
    credits.move_once(
        session,
        f"order:{order.reference}",
        LedgerKind.PURCHASE,
        order.credits,
        user_id=order.user_id,
        note=f"Order {order.reference}",
        order_id=order.id,
    )
    organisation = organisations.get(session)
    order.receipt_number = credit_orders.next_receipt_number(session)
    order.billed_to = ", ".join(part for part in (organisation.name, organisation.city) if part)
    order.sold_by = "\n".join(get_settings().seller)
    order.paid_at, order.payment_id = clock.now(), payment_id or order.payment_id
    order.checkout_id, order.checkout_url = order.checkout_id or checkout_id, ""
    _audit(session, order, "paid", credits=order.credits)
    _settle(session, order)
    take_owed(session, owed)
    return "paid"


def _close(session: Session, order: CreditOrder, status: OrderStatus) -> str:
    if order.status not in OPEN_ORDERS:
        return "closed_before"
    order.status, order.checkout_url = status, ""
    session.add(order)
    after_commit(session, realtime.signal_credit)
    return status.value


def _settle(session: Session, order: CreditOrder) -> str:
    """Bring status and credits in line with the money that went back. An order not paid yet waits for its payment."""
    session.add(order)
    if order.paid_at is None:
        return "noted"
    order.status = status_of_paid(order.total_minor, order.refunded_minor, order.dispute)
    taken = _take_back(session, order, _due_back(order))
    after_commit(session, realtime.signal_credit)
    return f"{order.status.value}:{taken}" if taken else order.status.value


def _due_back(order: CreditOrder) -> int:
    return credits_due_back(order.credits, order.total_minor, order.refunded_minor + order.disputed_minor)


def _take_back(session: Session, order: CreditOrder, due: int) -> int:
    """Take back what is available of what is due, and give back what no longer is; the rest is owed, and told."""
    missing = due - order.returned_credits
    if missing == 0:
        order.owed_credits = 0
        return 0
    # What was taken is taken to the last credit: a dispute that was won gives back exactly that.
    taken = min(missing, credits.lock(session).available) if missing > 0 else missing
    order.returned_credits += taken
    order.owed_credits = due - order.returned_credits
    if taken:
        session.flush()
        credits.move_once(
            session,
            f"order:{order.reference}:{credit_orders.count_movements(session, order.id)}",
            LedgerKind.ADJUST,
            -taken,
            user_id=order.user_id,
            note=f"{'Payment returned' if taken > 0 else 'Dispute won'}: order {order.reference}",
            order_id=order.id,
        )
    _audit(session, order, "payment_returned", credits=taken, owed=order.owed_credits)
    if order.owed_credits:
        log.warning("credits_not_taken_back", order=order.reference, credits=order.owed_credits)
    return taken


def take_owed(session: Session, owed: Sequence[CreditOrder]) -> int:
    """Take from what is available now what locked orders owe, the oldest first; gives how many credits."""
    taken = 0
    for order in owed:
        if credits.lock(session).available <= 0:
            break
        taken += _take_back(session, order, _due_back(order))
    if taken:
        after_commit(session, realtime.signal_credit)
    return taken


def collect_owed() -> int:
    """Take what is owed, should credits have become available in another way than by a purchase; gives how many."""
    with reading() as session:
        if not credit_orders.owed_credits(session) or credits.get_balance(session).available <= 0:
            return 0
    with unit_of_work() as session:
        return take_owed(session, credit_orders.lock_owed(session))


def _audit(session: Session, order: CreditOrder, action: str, **details: object) -> None:
    audit.record(session, action, "credits", order.id, user_id=None, actor=_ACTOR, **details)


# --- Asking, when nothing was reported.


def ask_about_open_orders() -> int:
    """Ask about orders whose report has not come, two a round; gives how many. Nobody there ends the round."""
    settings, now = get_settings(), clock.now()
    if not settings.stripe_secret_key:
        return 0
    with reading() as session:
        waiting = credit_orders.list_open(session, now - _ASK_AFTER, _ASKED_A_ROUND)
    for reference, checkout_id, created_at in waiting:
        with unit_of_work() as session:
            credit_orders.touch(session, reference)
        try:
            _ask(reference, checkout_id, is_old=now - created_at > _GIVE_UP_AFTER)
        except AppError as error:
            log.warning("order_not_asked", order=reference, error=error.code)
            break
    return len(waiting)


def _ask(reference: str, checkout_id: str | None, *, is_old: bool) -> None:
    from backend.providers.stripe.checkouts import find_checkout

    try:
        checkout = find_checkout(get_settings(), checkout_id) if checkout_id else None
    except PaymentRefusedError:  # it is not known there
        checkout = None
    with unit_of_work() as session:
        order = credit_orders.lock_reported(session, reference, None)
        if order is None or order.paid_at is not None:
            return
        if checkout is not None and checkout.is_paid:
            _take_checkout(session, order, checkout)
        elif is_old or (checkout is not None and checkout.is_expired):
            # Nobody was ever led to a checkout that we do not know: nobody can have paid there.
            _close(session, order, OrderStatus.EXPIRED)


def _take_checkout(session: Session, order: CreditOrder, checkout: Checkout) -> None:
    if (checkout.reference, checkout.total_minor, checkout.currency) != (
        order.reference,
        order.total_minor,
        order.currency,
    ):
        _refuse(session, order, "other_amount", checkout.total_minor)
    else:
        _pay(session, order, checkout.payment_id, checkout.id)
