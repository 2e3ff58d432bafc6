"""Buying credits: nothing twice, nothing lost, and nothing for a payment that is not the order's."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.credit_orders import OrderStatus
from backend.domain.rights import Right, Role
from backend.domain.statuses import LedgerKind
from backend.errors import AppError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from backend.http.webhooks import Webhooks
from backend.models import AuditEntry, CreditOrder, LedgerEntry, PaymentReport, table_of
from backend.providers.payments import PaymentRefusedError, PaymentUnavailableError
from backend.repositories import credits
from backend.services import payments, proofs, purchasing
from backend.services.acting import OPERATOR, ActingUser
from backend.services.adjusting import adjust_credits
from backend.services.credit_view import credit_overview
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from backend.simulator.signatures import stripe_signature
from tests.integration.test_credit_races import all_at_once

STRANGER = ActingUser(None, "stranger@example.org", "Stranger", Role.SECONDARY, frozenset({Right.CREDITS_VIEW}))
BUYER = replace(STRANGER, rights=frozenset({Right.CREDITS_PURCHASE}))
CREDITS, TOTAL = 1000, 7440


@pytest.fixture(autouse=True)
def shop(simulator: RunningSimulator) -> RunningSimulator:
    steer(simulator, fault="")
    steer(simulator, do="hold")  # reports are the tests' own
    return simulator


def steer(simulator: RunningSimulator, **values: Any) -> list[dict[str, Any]]:
    return simulator.control("PUT", "stripe", values)["sessions"]


def buy(actor: ActingUser = OPERATOR) -> CreditOrder:
    """An order whose checkout is open."""
    before = {order.reference for order in orders()}
    purchasing.begin_purchase(actor, CREDITS, TOTAL)
    [order] = [order for order in orders() if order.reference not in before]
    return order


def orders() -> list[CreditOrder]:
    with reading() as session:
        return list(session.execute(select(CreditOrder).order_by(table_of(CreditOrder).c.id)).scalars())


def order_now(order: CreditOrder) -> CreditOrder:
    return next(each for each in orders() if each.id == order.id)


def balance() -> credits.Balance:
    with reading() as session:
        return credits.get_balance(session)


def spend(number: int) -> None:
    with unit_of_work() as session:
        credits.move(session, LedgerKind.RESERVE, number)
        credits.move(session, LedgerKind.CHARGE, number)


def paid(order: CreditOrder, **values: Any) -> dict[str, Any]:
    return {
        "id": order.checkout_id,
        "client_reference_id": order.reference,
        "payment_intent": f"pi_{order.id}",
        "payment_status": "paid",
        "amount_total": order.total_minor,
        "currency": "eur",
        **values,
    }


def refunded(order: CreditOrder, amount: int, **values: Any) -> dict[str, Any]:
    found = {"payment_intent": f"pi_{order.id}", "amount_refunded": amount, "currency": "eur"}
    return {**found, "metadata": {"order": order.reference}, **values}


def disputed(order: CreditOrder, status: str) -> dict[str, Any]:
    return {"payment_intent": f"pi_{order.id}", "amount": order.total_minor, "currency": "eur", "status": status}


def report(word: str, thing: dict[str, Any], event_id: str = "", **headers: str) -> int:
    """Post an event as Stripe posts it, unless the headers say otherwise; gives the status."""
    event = {"id": event_id or f"evt_{secrets.token_hex(8)}", "object": "event", "type": word}
    body = json.dumps({**event, "data": {"object": thing}}).encode()
    signature = stripe_signature(get_settings().stripe_webhook_secret, int(time.time()), body)

    async def post() -> int:
        transport = httpx.ASGITransport(Webhooks())
        async with httpx.AsyncClient(transport=transport, base_url=get_settings().origin) as client:
            answer = await client.post(
                "/webhooks/stripe", content=body, headers={"Stripe-Signature": signature, **headers}
            )
            return answer.status_code

    return asyncio.run(post())


COMPLETED, REFUND, DISPUTE = "checkout.session.completed", "charge.refunded", "charge.dispute.updated"


def assert_books() -> None:
    assert proofs.audit_credits() == []
    assert balance().available >= 0


# --- From the click to the provider's page.


def test_the_order_comes_first_with_the_price_of_the_server(shop: RunningSimulator) -> None:
    url = purchasing.begin_purchase(BUYER, CREDITS, TOTAL)
    [order] = orders()
    assert (order.net_minor, order.vat_minor, order.total_minor, order.currency) == (6200, 1240, TOTAL, "EUR")
    assert (order.status, order.checkout_url, order.paid_at) == (OrderStatus.PENDING, url, None)
    [session] = [each for each in steer(shop, do="hold") if each["id"] == order.checkout_id]
    assert (session["amount_total"], session["currency"]) == (TOTAL, "eur")
    assert session["client_reference_id"] == session["metadata"]["order"] == order.reference
    assert "EUR 74.40" in httpx.get(url).text
    assert balance().bought == 0


@pytest.mark.parametrize(
    ("actor", "number", "total", "error"),
    [
        (STRANGER, CREDITS, TOTAL, ForbiddenError),
        (BUYER, 999, TOTAL, InvalidInputError),
        (BUYER, CREDITS, TOTAL - 1, ConflictError),
        (BUYER, CREDITS, 0, ConflictError),
        (BUYER, -1, TOTAL, InvalidInputError),
    ],
)
def test_what_is_not_sold_is_refused(actor: ActingUser, number: int, total: int, error: type[AppError]) -> None:
    with pytest.raises(error):
        purchasing.begin_purchase(actor, number, total)
    assert orders() == []


def test_without_a_provider_nothing_is_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")
    get_settings.cache_clear()
    with pytest.raises(ConflictError, match="no_payment_provider"):
        purchasing.begin_purchase(OPERATOR, CREDITS, TOTAL)
    assert orders() == []


@pytest.mark.parametrize("fault", ["lost_before", "lost_after"])
def test_a_lost_answer_is_asked_for_again_with_the_same_order(shop: RunningSimulator, fault: str) -> None:
    steer(shop, fault=fault)
    with pytest.raises(PaymentUnavailableError):
        purchasing.begin_purchase(OPERATOR, CREDITS, TOTAL)
    [lost] = orders()
    assert (lost.status, lost.checkout_id) == (OrderStatus.CREATED, None)
    made = [each["id"] for each in steer(shop, fault="") if each["client_reference_id"] == lost.reference]
    purchasing.begin_purchase(OPERATOR, CREDITS, TOTAL)
    [order] = orders()
    assert order.status is OrderStatus.PENDING
    assert not made or made == [order.checkout_id]


def test_nobody_listening_is_a_sentence_and_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, shop: RunningSimulator
) -> None:
    with monkeypatch.context() as away:
        away.setenv("STRIPE_API_URL", "http://127.0.0.1:9")
        get_settings.cache_clear()
        with pytest.raises(PaymentUnavailableError):
            purchasing.begin_purchase(OPERATOR, CREDITS, TOTAL)
    get_settings.cache_clear()
    assert purchasing.begin_purchase(OPERATOR, CREDITS, TOTAL).startswith(shop.origin)
    assert [order.status for order in orders()] == [OrderStatus.PENDING]


def test_an_order_that_the_provider_does_not_want_has_failed(shop: RunningSimulator) -> None:
    steer(shop, fault="refused")
    with pytest.raises(PaymentRefusedError):
        purchasing.begin_purchase(OPERATOR, CREDITS, TOTAL)
    assert [order.status for order in orders()] == [OrderStatus.FAILED]


def test_a_payment_for_an_order_whose_answer_was_lost_is_credited(shop: RunningSimulator) -> None:
    steer(shop, fault="lost_after")
    with pytest.raises(PaymentUnavailableError):
        purchasing.begin_purchase(OPERATOR, CREDITS, TOTAL)
    [lost] = orders()
    assert report(COMPLETED, paid(lost, id="cs_later")) == 204
    assert (order_now(lost).status, order_now(lost).checkout_id) == (OrderStatus.PAID, "cs_later")
    assert balance().bought == CREDITS


def test_an_order_is_shown_to_its_buyer_and_to_who_sees_the_ledger() -> None:
    order = buy()
    assert purchasing.show_order(OPERATOR, order.reference).checkout_url == order.checkout_url
    assert purchasing.show_order(STRANGER, order.reference).checkout_url == ""
    nobody = replace(STRANGER, id=77, rights=frozenset({Right.CREDITS_PURCHASE}))
    for reference in (order.reference, "UNI-none", ""):
        with pytest.raises(NotFoundError):
            purchasing.show_order(nobody, reference)


# --- From the provider's word to the credits.


def test_a_confirmed_payment_is_credited_once_with_a_receipt() -> None:
    order = buy()
    assert [report(COMPLETED, paid(order), "evt_same") for _ in range(2)] == [204, 204]
    assert report(COMPLETED, paid(order), "evt_other") == 204
    found = order_now(order)
    assert (found.status, found.receipt_number, found.billed_to) == (OrderStatus.PAID, 1, "My community")
    assert balance() == (CREDITS, 0, 0)
    assert_books()


def test_a_signature_that_is_wrong_credits_nothing() -> None:
    order = buy()
    other = stripe_signature("whsec_other", int(time.time()), b"{}")
    assert report(COMPLETED, paid(order), **{"Stripe-Signature": other}) == 403
    assert report(COMPLETED, paid(order), **{"Stripe-Signature": ""}) == 403
    assert order_now(order).status is OrderStatus.PENDING


@pytest.mark.parametrize("other", [{"amount_total": TOTAL - 1}, {"amount_total": 99_999}, {"currency": "usd"}])
def test_a_payment_that_is_not_the_order_s_credits_nothing(other: dict[str, Any]) -> None:
    order = buy()
    assert report(COMPLETED, paid(order, **other)) == 204
    assert (order_now(order).status, balance().bought) == (OrderStatus.PENDING, 0)
    with reading() as session:
        [outcome] = session.execute(select(table_of(PaymentReport).c.outcome)).scalars()
    assert outcome.startswith("other_")


def test_a_payment_of_nobody_s_order_is_taken_and_noted() -> None:
    order = buy()
    assert report(COMPLETED, paid(order, client_reference_id="UNI-unknown")) == 204
    assert report(REFUND, {"payment_intent": "pi_x", "amount_refunded": 5, "currency": "eur"}) == 204
    assert report("customer.created", {"id": "cus_1"}) == 204
    assert balance().bought == 0
    with reading() as session:
        assert set(session.execute(select(table_of(PaymentReport).c.outcome)).scalars()) == {"unknown_order"}


def test_payments_reported_at_once_are_credited_once_each_without_a_gap() -> None:
    bought = [buy() for _ in range(3)]
    assert len({order.checkout_id for order in bought}) == 3, "two tabs, two checkouts"
    answers = all_at_once([lambda one=one: report(COMPLETED, paid(one)) for one in bought for _ in range(2)])
    assert answers == [204] * 6
    assert balance().bought == 3 * CREDITS
    assert sorted(order.receipt_number or 0 for order in orders()) == [1, 2, 3]
    assert_books()


@pytest.mark.parametrize("end", ["checkout.session.expired", "checkout.session.async_payment_failed"])
def test_an_end_without_payment_and_a_payment_after_all(end: str) -> None:
    order = buy()
    assert report(end, paid(order, payment_status="unpaid")) == 204
    assert order_now(order).status in {OrderStatus.EXPIRED, OrderStatus.FAILED}
    assert report(COMPLETED, paid(order)) == 204
    assert (order_now(order).status, balance().bought) == (OrderStatus.PAID, CREDITS)
    assert report(end, paid(order, payment_status="unpaid")) == 204
    assert order_now(order).status is OrderStatus.PAID


def test_what_cannot_be_stored_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def lost(*_arguments: object, **_values: object) -> bool:
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    order = buy()
    with monkeypatch.context() as full:
        full.setattr(credits, "move_once", lost)
        assert report(COMPLETED, paid(order), "evt_1") == 503
    assert (order_now(order).status, balance().bought) == (OrderStatus.PENDING, 0)
    assert report(COMPLETED, paid(order), "evt_1") == 204
    assert balance().bought == CREDITS


# --- Money that goes back.


def test_refunds_take_back_their_share_whatever_is_repeated_or_comes_late() -> None:
    order = buy()
    report(COMPLETED, paid(order))
    for amount in (TOTAL // 2, TOTAL // 2, TOTAL // 4):
        assert report(REFUND, refunded(order, amount)) == 204
    assert (order_now(order).status, balance().available) == (OrderStatus.PAID, CREDITS // 2)
    report(REFUND, refunded(order, TOTAL))
    assert (order_now(order).status, balance().available) == (OrderStatus.REFUNDED, 0)
    assert_books()


def test_a_refund_that_overtakes_its_payment() -> None:
    order = buy()
    report(REFUND, refunded(order, TOTAL))
    assert (order_now(order).status, balance().bought) == (OrderStatus.PENDING, 0)
    report(COMPLETED, paid(order))
    assert (order_now(order).status, balance().available) == (OrderStatus.REFUNDED, 0)


def test_what_was_used_cannot_be_taken_back_and_is_noted() -> None:
    order = buy()
    report(COMPLETED, paid(order))
    spend(700)
    report(REFUND, refunded(order, TOTAL))
    found = order_now(order)
    assert (balance().available, found.returned_credits, found.owed_credits) == (0, 300, 700)
    assert_books()


def test_a_dispute_takes_back_and_one_that_is_won_gives_back() -> None:
    order = buy()
    report(COMPLETED, paid(order))
    spend(400)
    report(DISPUTE, disputed(order, "needs_response"))
    assert (order_now(order).status, balance().available) == (OrderStatus.DISPUTED, 0)
    assert order_now(order).owed_credits == 400
    report(DISPUTE, disputed(order, "won"))
    report(DISPUTE, disputed(order, "needs_response"))
    found = order_now(order)
    assert (found.status, found.owed_credits, balance().available) == (OrderStatus.PAID, 0, 600)
    assert_books()


def test_a_lost_dispute_stays() -> None:
    order = buy()
    report(COMPLETED, paid(order))
    for status in ("needs_response", "lost"):
        report(DISPUTE, disputed(order, status))
    assert (order_now(order).status, balance().available) == (OrderStatus.DISPUTED, 0)


def test_a_refund_and_a_campaign_race_for_the_last_credits() -> None:
    order = buy()
    report(COMPLETED, paid(order))

    def reserve() -> bool:
        with unit_of_work() as session:
            return credits.reserve(session, 600, campaign_id=None, user_id=None)

    acts: list[Callable[[], Any]] = [reserve, lambda: report(REFUND, refunded(order, TOTAL))]
    got, answered = all_at_once(acts)
    found = order_now(order)
    assert answered == 204
    assert (found.returned_credits, found.owed_credits) == ((400, 600) if got else (1000, 0))
    assert_books()


# --- What is owed.


def owing(used: int = 700) -> CreditOrder:
    """An order whose payment went back after so many of its credits had been used."""
    order = buy()
    report(COMPLETED, paid(order))
    spend(used)
    report(REFUND, refunded(order, TOTAL))
    assert (order_now(order).owed_credits, balance().available) == (used, 0)
    return order


def test_the_next_purchase_makes_up_for_what_is_owed() -> None:
    order, second = owing(), buy()
    assert credit_overview(OPERATOR).owed == 700
    assert [report(COMPLETED, paid(second)) for _ in range(2)] == [204, 204]
    found = order_now(order)
    assert (found.returned_credits, found.owed_credits, balance().available) == (CREDITS, 0, 300)
    assert credit_overview(OPERATOR).owed == 0
    with reading() as session:
        entry, audited = table_of(LedgerEntry).c, table_of(AuditEntry).c
        moved = session.execute(select(entry.amount).where(entry.order_id == order.id).order_by(entry.id))
        assert list(moved.scalars()) == [CREDITS, -300, -700]
        told = session.execute(select(audited.details).where(audited.action == "payment_returned").order_by(audited.id))
        assert [json.loads(details) for details in told.scalars()] == [
            {"credits": 300, "owed": 700},
            {"credits": 700, "owed": 0},
        ]
    assert_books()


def test_an_adjustment_makes_up_for_the_oldest_first() -> None:
    both = [buy(), buy()]
    for order in both:
        report(COMPLETED, paid(order))
    spend(2 * CREDITS - 200)
    for order in both:
        report(REFUND, refunded(order, TOTAL))
    adjust_credits(OPERATOR, 900, "Bank transfer", "form")
    assert [order_now(each).owed_credits for each in both] == [0, 900]
    assert balance().available == 0
    assert_books()


def test_credits_that_come_back_are_taken_by_the_scheduler_once(monkeypatch: pytest.MonkeyPatch) -> None:
    order = owing()
    assert payments.collect_owed() == 0
    with unit_of_work() as session:
        credits.move(session, LedgerKind.REFUND, 250)
    with monkeypatch.context() as crashing:
        crashing.setattr(payments, "_audit", lost_power)
        with pytest.raises(SystemError):
            payments.collect_owed()
    assert (order_now(order).owed_credits, balance().available) == (700, 250)
    assert sum(all_at_once([payments.collect_owed] * 3)) == 250
    assert (order_now(order).owed_credits, balance().available) == (450, 0)
    assert_books()


def lost_power(*_arguments: object, **_values: object) -> None:
    raise SystemError


def test_a_dispute_that_is_won_after_all_gives_back_what_was_collected() -> None:
    order = buy()
    report(COMPLETED, paid(order))
    spend(700)
    report(DISPUTE, disputed(order, "needs_response"))
    adjust_credits(OPERATOR, 1000, "Bank transfer", "form")
    assert (order_now(order).returned_credits, balance().available) == (CREDITS, 300)
    report(DISPUTE, disputed(order, "won"))
    assert (order_now(order).returned_credits, balance().available) == (0, 1300)
    assert_books()


def test_an_order_that_did_not_move_what_it_brought_is_named() -> None:
    order = buy()
    report(COMPLETED, paid(order))
    with unit_of_work() as session:
        found = session.get_one(CreditOrder, order.id)
        found.returned_credits = 5
    assert [drift.what for drift in proofs.audit_credits()] == [f"order {order.id} credits"]


# --- Reports that never come.


def wait(order: CreditOrder, minutes: int) -> None:
    with unit_of_work() as session:
        found = session.get(CreditOrder, order.id)
        assert found is not None
        found.asked_at = found.created_at = clock.now() - timedelta(minutes=minutes)


def test_a_payment_nobody_reported_is_found_by_asking(shop: RunningSimulator) -> None:
    order = buy()
    steer(shop, do="pay", session=order.checkout_id)
    assert payments.ask_about_open_orders() == 0
    wait(order, 3)
    assert payments.ask_about_open_orders() == 1
    assert (order_now(order).status, balance().bought) == (OrderStatus.PAID, CREDITS)
    report(COMPLETED, paid(order))
    assert balance().bought == CREDITS


def test_an_abandoned_order_ends(shop: RunningSimulator) -> None:
    known, unknown = buy(), buy()
    steer(shop, do="expire", session=known.checkout_id)
    with unit_of_work() as session:
        found = session.get(CreditOrder, unknown.id)
        assert found is not None
        found.status, found.checkout_id = OrderStatus.CREATED, None
    wait(known, 3)
    wait(unknown, 3)
    payments.ask_about_open_orders()
    assert [order.status for order in orders()] == [OrderStatus.EXPIRED, OrderStatus.CREATED]
    wait(unknown, 200)
    payments.ask_about_open_orders()
    assert order_now(unknown).status is OrderStatus.EXPIRED


def test_a_movement_with_a_key_is_made_once() -> None:
    def purchase() -> bool:
        with unit_of_work() as session:
            return credits.move_once(session, "order:1", LedgerKind.PURCHASE, 10)

    assert sum(all_at_once([purchase] * 6)) == 1
    assert balance().bought == 10
    with reading() as session:
        assert len(session.execute(select(LedgerEntry)).all()) == 1
    assert_books()
