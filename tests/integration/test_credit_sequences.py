"""Whatever comes in whatever order, and however often: the books add up, and nobody is credited twice."""

from __future__ import annotations

import random

import pytest

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.credit_orders import OrderStatus
from backend.domain.statuses import LedgerKind
from backend.models import CreditOrder
from backend.providers.payments import PaymentEvent, PaymentEventKind
from backend.repositories import credits
from backend.services import payments, proofs

pytestmark = pytest.mark.usefixtures("database")

_ORDERS, _REPORTS = 6, 40
_TOTAL, _CREDITS = 7440, 1000


def make_order(number: int) -> str:
    reference = f"UNI-{number}"
    with unit_of_work() as session:
        session.add(
            CreditOrder(
                reference=reference,
                status=OrderStatus.PENDING,
                credits=_CREDITS,
                net_minor=6200,
                vat_minor=1240,
                total_minor=_TOTAL,
                vat_basis_points=2000,
                currency="EUR",
                asked_at=clock.now(),
            )
        )
    return reference


def some_reports(dice: random.Random, references: list[str]) -> list[PaymentEvent]:
    """Reports about each order, some twice, in any order."""
    kinds = list(PaymentEventKind)
    reports = [
        PaymentEvent(
            event_id=f"evt_{number}",
            word="test",
            kind=(kind := dice.choice(kinds)),
            reference=(reference := dice.choice(references)),
            payment_id=f"pi_{reference}",
            amount_minor=_TOTAL if kind is PaymentEventKind.PAID else dice.randint(0, _TOTAL),
            currency="EUR",
            dispute=dice.choice(["open", "won", "lost"]) if kind is PaymentEventKind.DISPUTED else "",
        )
        for number in range(_REPORTS)
    ]
    repeated = [*reports, *dice.sample(reports, _REPORTS // 2)]
    dice.shuffle(repeated)
    return repeated


def spend(dice: random.Random) -> None:
    with unit_of_work() as session:
        available = credits.lock(session).available
        amount = dice.randint(0, available)
        credits.move(session, LedgerKind.RESERVE, amount)
        credits.move(session, LedgerKind.CHARGE, amount)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_sequence_of_reports_adds_up(seed: int) -> None:
    dice = random.Random(seed)
    references = [make_order(number) for number in range(_ORDERS)]
    reports = some_reports(dice, references)
    for number, report in enumerate(reports):
        if number % 15 == 0:
            spend(dice)
        payments.take_event(report)
    paid = {report.reference for report in reports if report.kind is PaymentEventKind.PAID}
    with reading() as session:
        orders = [session.get_one(CreditOrder, number + 1) for number in range(_ORDERS)]
        balance = credits.get_balance(session)
    assert {order.reference for order in orders if order.paid_at} == paid
    assert sorted(order.receipt_number for order in orders if order.receipt_number) == list(range(1, len(paid) + 1))
    assert balance.bought == len(paid) * _CREDITS - sum(order.returned_credits for order in orders)
    assert balance.available >= 0
    for order in orders:
        assert 0 <= order.returned_credits + order.owed_credits <= _CREDITS
        assert order.paid_at or not order.returned_credits
    assert proofs.audit_credits() == []
