"""Whatever comes in whatever order, and however often: the books add up, and nobody is credited twice."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.credit_orders import OrderStatus
from backend.domain.statuses import LedgerKind
from backend.errors import AppError
from backend.models import CreditOrder, LedgerEntry, Recipient, table_of
from backend.providers.base import SendResult, Verdict
from backend.providers.payments import PaymentEvent, PaymentEventKind
from backend.repositories import credit_orders, credits
from backend.services import (
    attention,
    delivery,
    payments,
    proofs,
    recording,
    refunding,
    retrying,
    runs,
    sending,
    settling,
    upkeep,
    validation,
)
from backend.services.acting import OPERATOR
from backend.services.adjusting import adjust_credits
from backend.settings import get_settings
from tests.integration.test_delivery import Handed
from tests.makers import buy_credits, connect_whatsapp, make_contacts, make_draft

pytestmark = pytest.mark.usefixtures("database")

_ORDERS, _REPORTS = 6, 40
_TOTAL, _CREDITS = 7440, 1000
_VERDICTS = (Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REFUSED, Verdict.UNKNOWN, Verdict.DEFERRED)


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
            payments.collect_owed()
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
    assert adjust_credits(OPERATOR, _ORDERS * _CREDITS, "Bank transfer", "form")
    with reading() as session:
        assert credit_orders.owed_credits(session) == 0
    assert proofs.audit_credits() == []


class _Died(Exception):  # noqa: N818 - nobody may mistake it for an error of the product
    """A process that is gone."""


class Course:
    """A few people, campaigns to them, and whatever can happen: each step is one act at random."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._windows: list[Handed] = []
        self._answers: dict[int, list[Verdict]] = {}
        self._campaigns: list[int] = []
        self._channels: dict[int, Channel] = {}
        make_contacts(4)
        connect_whatsapp()
        buy_credits(60)

    def step(self) -> None:
        acts = [self.validate, self.claim, self.claim, self.answer, self.answer, self.report, self.report, self.crash]
        acts += [self.cancel, self.retry, self.retry_lost, self.go_back, self.refund, self.refund_dies]
        with suppress(AppError):  # no credits left, nothing to retry, too late
            self._dice.choice(acts)()

    def validate(self) -> None:
        channel = self._dice.choice([Channel.SMS, Channel.SMS_EMAIL, Channel.WHATSAPP_SMS, Channel.WHATSAPP_SMS_EMAIL])
        campaign_id = make_draft(channel)
        validation.validate_campaign(OPERATOR, campaign_id)
        self._campaigns.append(campaign_id)
        self._channels[campaign_id] = channel

    def claim(self) -> None:
        if not self._campaigns:
            return
        window = Handed.__new__(Handed)
        window.campaign_id = self._dice.choice(self._campaigns)
        if sending._begin(window.campaign_id, lambda: False, 10) is None:
            return
        window.claim(self._dice.choice(media_of(self._channels[window.campaign_id])))
        if window.claims:
            self._windows.append(window)

    def answer(self) -> None:
        """Perhaps a second time, or after the claim was given up."""
        if window := self._any_window():
            answers = self._answers.setdefault(id(window), [self._dice.choice(_VERDICTS) for _ in window.claims])
            results = [
                SendResult(window.reference(i), verdict, window.message_id(i) if verdict is Verdict.ACCEPTED else None)
                for i, verdict in enumerate(answers)
            ]
            recording.record_results(window.campaign_id, window.sender, window.claims, results)

    def report(self) -> None:
        window = self._any_window()
        if window and window.sender.medium is not Medium.EMAIL:
            word = self._dice.choice(["sent", "delivered", "undelivered", "failed"])
            code = {"undelivered": "63024", "failed": "30008"}.get(word)
            delivery.store_events([window.event(word, self._dice.randrange(len(window.claims)), code=code)])
            delivery.apply_events()

    def crash(self) -> None:
        """Whoever held claims is gone, and the scheduler gives them up."""
        with unit_of_work() as session:
            long_ago = clock.now() - timedelta(hours=1)
            claimed = table_of(Recipient).c.lease_until.is_not(None)
            session.execute(update(Recipient).where(claimed).values(lease_until=long_ago))
        upkeep.expire_stale_claims()

    def refund(self) -> None:
        refunding.refund_unbilled(self._dice.choice([1, 1_000]))

    def refund_dies(self) -> None:
        """The scheduler does before its commit."""

        def die(*_: object) -> None:
            raise _Died

        with pytest.MonkeyPatch.context() as patch, suppress(_Died):
            patch.setattr(settling, "close_books", die)
            refunding.refund_unbilled()

    def cancel(self) -> None:
        if self._campaigns and self._dice.random() < 0.2:
            runs.cancel_campaign(OPERATOR, self._dice.choice(self._campaigns))

    def retry(self) -> None:
        if self._campaigns:
            retrying.retry_failed(OPERATOR, self._dice.choice(self._campaigns))

    def retry_lost(self) -> None:
        if self._campaigns:
            act = self._dice.choice([attention.retry_unknown, attention.assume_delivered])
            act(OPERATOR, self._dice.choice(self._campaigns))

    def go_back(self) -> None:
        """An order whose payment goes back, perhaps after its credits were used."""
        reference = make_order(self._dice.randrange(10**6))
        for kind in (PaymentEventKind.PAID, PaymentEventKind.REFUNDED):
            payments.take_event(
                PaymentEvent(
                    event_id=f"{reference}-{kind}",
                    word="test",
                    kind=kind,
                    reference=reference,
                    payment_id=f"pi_{reference}",
                    amount_minor=_TOTAL,
                    currency="EUR",
                )
            )

    def _any_window(self) -> Handed | None:
        return self._dice.choice(self._windows[-4:]) if self._windows else None


class CourseBySms(Course):
    """One campaign by SMS, whose messages are tried, come to nothing and are given back again and again."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        campaign_id = make_draft(Channel.SMS)
        validation.validate_campaign(OPERATOR, campaign_id)
        self._campaigns, self._channels = [campaign_id], {campaign_id: Channel.SMS}

    def step(self) -> None:
        acts = [self.claim, self.answer, self.answer, self.report, self.report, self.report, self.crash, self.retry]
        acts += [self.retry, self.retry_lost, self.refund, self.refund, self.refund_dies]
        with suppress(AppError):
            self._dice.choice(acts)()


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a later report, and nothing that failed is billed."""
    monkeypatch.setenv("SMS_UNBILLED_OUTCOMES", "failed,undelivered")
    monkeypatch.setenv("SMS_REFUND_AFTER_S", "0")
    get_settings.cache_clear()


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", [Course, CourseBySms])
def test_whatever_happens_to_campaigns_the_ledger_agrees_with_their_attempts(kind: type[Course], seed: int) -> None:
    dice = random.Random(seed)
    course = kind(dice)
    for number in range(80):
        course.step()
        if number % 5 == 4:
            assert proofs.audit_credits() == []
            assert proofs.recount(repair=False) == []
    with reading() as session:
        moved = {kind for (kind,) in session.execute(select(table_of(LedgerEntry).c.kind).distinct())}
    assert {LedgerKind.RESERVE, LedgerKind.CHARGE, LedgerKind.REFUND} <= moved
