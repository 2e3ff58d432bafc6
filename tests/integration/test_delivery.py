"""Delivery events: whatever their order, number and delay, the same truth."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import col, select

from backend.database import reading, unit_of_work
from backend.domain.campaign_list import CampaignSelection
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import LedgerKind, RunState
from backend.domain.statuses import RecipientStatus as Status
from backend.models import Attempt, Campaign, DeliveryEvent, OptOut, Recipient
from backend.providers.base import Batch, MessageState, ProviderEvent, SendResult, Verdict
from backend.providers.references import sign_reference
from backend.repositories import campaigns, credits, opt_outs
from backend.services import deleting, delivery, proofs, recording, sending, upkeep
from backend.services.acting import OPERATOR
from backend.services.sending import DrainEnd
from backend.settings import get_settings
from tests.makers import connect_whatsapp, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

TWILIO = ("queued", "sent", "delivered")


class HeldSender:
    """A provider whose answers are recorded when the test says so."""

    batch_size = 1_000

    def __init__(self, medium: Medium) -> None:
        self.medium = medium
        self.provider = "sendgrid" if medium is Medium.EMAIL else "twilio"

    async def send(self, batch: Batch) -> list[SendResult]:
        raise NotImplementedError

    async def find(self, provider_message_id: str) -> MessageState | None:
        raise NotImplementedError

    async def aclose(self) -> None:
        return


class Handed:
    """A campaign whose window was claimed, and whose answer is still to be recorded."""

    def __init__(self, channel: Channel = Channel.SMS, contacts: int = 1, limit: int = 1_000) -> None:
        make_contacts(contacts)
        self.campaign_id = make_run(channel)
        self.claim(Medium(channel.value.split("_")[0]), limit)

    def claim(self, medium: Medium, limit: int = 1_000) -> None:
        self.sender = HeldSender(medium)
        run = sending._begin(self.campaign_id, lambda: False, 10)
        assert run is not None
        self.claims = sending._claim(run, self.sender, limit).claims

    def answer(self, verdict: Verdict = Verdict.ACCEPTED, code: str | None = None) -> None:
        results = [
            SendResult(self.reference(i), verdict, self.message_id(i) if verdict is Verdict.ACCEPTED else None, code)
            for i in range(len(self.claims))
        ]
        recording.record_results(self.campaign_id, self.sender, self.claims, results)

    def reference(self, i: int = 0) -> str:
        return sign_reference(self.claims[i].attempt_id, get_settings().signing_key)

    def message_id(self, i: int = 0) -> str:
        return f"SM{self.claims[i].attempt_id:032d}"

    def event(self, word: str, i: int = 0, *, code: str | None = None, at_s: float = 1_700_000_000) -> ProviderEvent:
        return ProviderEvent(
            provider=self.sender.provider,
            event_key=f"{self.message_id(i)}-{word}-{at_s}",
            word=word,
            medium=self.sender.medium,
            reference=self.reference(i),
            provider_message_id=self.message_id(i),
            vendor_code=code,
            occurred_at_s=at_s,
            payload="{}",
        )

    def recipient(self, i: int = 0) -> Recipient:
        with reading() as session:
            found = session.get(Recipient, self.claims[i].recipient_id)
            assert found is not None
            return found


def report(*events: ProviderEvent) -> None:
    delivery.store_events(events)
    while delivery.apply_events():
        pass


def assert_true(campaign_id: int) -> None:
    assert proofs.recount(campaign_id) == []
    assert proofs.audit_credits() == []


def campaign(campaign_id: int) -> Campaign:
    with reading() as session:
        found = session.get(Campaign, campaign_id)
        assert found is not None
        return found


@pytest.mark.parametrize("order", list(itertools.permutations((*TWILIO, "answer"))))
def test_any_order_of_answer_and_reports_ends_delivered(order: Sequence[str]) -> None:
    handed = Handed()
    for step in order:
        handed.answer() if step == "answer" else report(handed.event(step))
        assert_true(handed.campaign_id)
    assert handed.recipient().status is Status.DELIVERED
    with reading() as session:
        assert credits.get_balance(session).charged == 1


def test_a_report_told_three_times_counts_once() -> None:
    handed = Handed(contacts=3)
    handed.answer()
    events = [handed.event(word, i) for word in TWILIO for i in range(3)]
    report(*events, *reversed(events), *events)
    with reading() as session:
        assert len(session.exec(select(DeliveryEvent)).all()) == 9
    assert campaign(handed.campaign_id).delivered_count == 3
    assert_true(handed.campaign_id)


def test_reports_in_one_batch_equal_reports_one_by_one() -> None:
    handed = Handed(contacts=4)
    handed.answer()
    report(*(handed.event("sent", i) for i in range(4)), handed.event("failed", 1, code="30003"))
    report(handed.event("delivered", 0))
    assert [handed.recipient(i).status for i in range(4)] == [Status.DELIVERED, Status.FAILED, Status.SENT, Status.SENT]
    assert_true(handed.campaign_id)


@pytest.mark.parametrize("order", list(itertools.permutations(("failed", "delivered", "answer"))))
def test_an_sms_that_failed_and_then_arrived_has_arrived(order: Sequence[str]) -> None:
    handed = Handed()
    for step in order:
        handed.answer() if step == "answer" else report(handed.event(step, code="30003" if step == "failed" else None))
    assert handed.recipient().status is Status.DELIVERED
    assert_true(handed.campaign_id)


@pytest.mark.parametrize("order", list(itertools.permutations(("delivered", "bounce", "open", "answer"))))
def test_an_email_that_bounced_after_delivery_has_failed(order: Sequence[str]) -> None:
    handed = Handed(Channel.EMAIL)
    moments = {"delivered": 1_700_000_000.0, "open": 1_700_000_005.0, "bounce": 1_700_000_010.0}
    for step in order:
        handed.answer() if step == "answer" else report(handed.event(step, at_s=moments[step]))
    assert handed.recipient().status is Status.FAILED
    assert_true(handed.campaign_id)


def test_a_lost_answer_is_settled_by_a_report() -> None:
    handed = Handed()
    handed.answer(Verdict.UNKNOWN)
    assert handed.recipient().status is Status.UNKNOWN
    report(handed.event("sent"))
    assert handed.recipient().status is Status.SENT
    with reading() as session:
        assert credits.get_balance(session)[1:] == (1, 0)
    assert_true(handed.campaign_id)


def test_an_undelivered_sms_stays_charged() -> None:
    handed = Handed()
    report(handed.event("undelivered", code="30003"))
    handed.answer()
    assert handed.recipient().status is Status.FAILED
    with reading() as session:
        assert credits.get_balance(session)[1:] == (1, 0)


def test_reports_about_nothing_of_ours_change_nothing() -> None:
    handed = Handed()
    handed.answer()
    strange = handed.event("delivered")._replace(reference=None, provider_message_id="SM-of-somebody", event_key="x")
    forged = handed.event("delivered")._replace(reference="1-0000000000", provider_message_id="SM-other", event_key="y")
    elsewhere = handed.event("delivered")._replace(provider="sendgrid", event_key="z")
    report(strange, forged, elsewhere)
    assert handed.recipient().status is Status.ACCEPTED
    assert_true(handed.campaign_id)


def test_a_report_without_our_reference_is_found_by_the_message_id() -> None:
    handed = Handed()
    handed.answer()
    report(handed.event("delivered")._replace(reference=None))
    assert handed.recipient().status is Status.DELIVERED


def test_a_whole_batch_of_reports_that_name_no_attempt_is_applied() -> None:
    handed = Handed(Channel.SMS)
    handed.answer()
    mine = handed.event("delivered")._replace(reference=None)
    others = [
        mine._replace(event_key=f"other-{n}", provider_message_id=f"SM-other-{n}")
        for n in range(delivery.APPLY_BATCH - 1)
    ]
    delivery.store_events([*others, mine])
    assert delivery.apply_events() == delivery.APPLY_BATCH
    assert handed.recipient().status is Status.DELIVERED
    assert_true(handed.campaign_id)


@pytest.mark.parametrize("answer", ["before", "lost", "after"])
def test_a_report_that_brings_the_id_of_another_message_holds_nothing_up(answer: str) -> None:
    handed = Handed(contacts=2)
    if answer != "after":
        handed.answer(Verdict.ACCEPTED if answer == "before" else Verdict.UNKNOWN)
    swapped = handed.event("sent", 1)._replace(provider_message_id=handed.message_id(0))
    report(handed.event("delivered", 0), swapped)
    report(handed.event("delivered", 1, at_s=1_700_000_001))
    if answer == "after":
        handed.answer()
    assert [handed.recipient(i).status for i in range(2)] == [Status.DELIVERED] * 2
    assert_true(handed.campaign_id)


def test_reports_of_an_erased_campaign_change_nothing() -> None:
    handed = Handed()
    handed.answer()
    event = handed.event("delivered")
    with unit_of_work() as session:
        for attempt in session.exec(select(Attempt)):
            session.delete(attempt)
    report(event)
    assert handed.recipient().status is Status.ACCEPTED


@pytest.mark.parametrize("deleted", ["in mid-run", "after its end"])
def test_a_report_about_a_deleted_campaign_is_kept_and_changes_nothing_else(deleted: str) -> None:
    handed = Handed(contacts=2)
    delete(handed, deleted)
    report(handed.event("delivered"))
    assert [handed.recipient(i).status for i in range(2)] == [Status.DELIVERED, Status.ACCEPTED]
    assert_over(handed, charged=2)


@pytest.mark.parametrize("deleted", ["in mid-run", "after its end"])
def test_a_deleted_campaign_sends_no_sms_for_a_whatsapp_that_fails_later(deleted: str) -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP_SMS, contacts=2)
    delete(handed, deleted)
    report(handed.event("failed", 0, code="63003"), handed.event("delivered", 1))
    assert [handed.recipient(i).status for i in range(2)] == [Status.FAILED, Status.DELIVERED]
    assert_over(handed, charged=0)


def delete(handed: Handed, when: str) -> None:
    """Delete a campaign while its messages are under way, or after they were answered."""
    steps = [handed.answer, lambda: deleting.delete(OPERATOR, CampaignSelection(ids=[handed.campaign_id]))]
    for step in reversed(steps) if when == "in mid-run" else steps:
        step()


def assert_over(handed: Handed, *, charged: int) -> None:
    """Nobody is pending, nothing is held, the books are true, and nothing starts again."""
    found = campaign(handed.campaign_id)
    assert (found.pending_count, found.claimed_count) == (0, 0)
    assert found.run_state in {RunState.DONE, RunState.CANCELLED}
    with reading() as session:
        assert credits.get_balance(session)[1:] == (charged, 0)
    assert_true(handed.campaign_id)
    assert asyncio.run(sending.drain(handed.campaign_id, stopping=lambda: False)) is DrainEnd.STOPPED
    assert handed.recipient().attempt_count == 1


def test_a_whatsapp_refusal_reported_later_sends_the_sms_and_reopens_the_run() -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP_SMS)
    handed.answer()
    assert campaign(handed.campaign_id).run_state is RunState.DONE

    report(handed.event("undelivered", code="63003"))

    moved = handed.recipient()
    assert (moved.status, moved.medium, moved.address) == (Status.PENDING, Medium.SMS, moved.mobile_e164)
    assert campaign(handed.campaign_id).run_state is RunState.SENDING
    assert_true(handed.campaign_id)

    handed.claim(Medium.SMS)
    handed.answer()
    assert handed.recipient().status is Status.ACCEPTED
    assert campaign(handed.campaign_id).run_state is RunState.DONE
    with reading() as session:
        assert credits.get_balance(session)[1:] == (1, 0)
    assert_true(handed.campaign_id)


def test_a_whatsapp_that_arrives_after_all_keeps_the_sms_from_being_sent() -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP_SMS)
    handed.answer()
    report(handed.event("failed", code="63003"))
    report(handed.event("delivered"))
    found = handed.recipient()
    assert (found.status, found.medium) == (Status.DELIVERED, Medium.WHATSAPP)
    with reading() as session:
        assert credits.get_balance(session)[1:] == (0, 0), "the reserved SMS is released"
    assert_true(handed.campaign_id)


def test_a_whatsapp_that_arrives_releases_the_reserved_sms() -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP_SMS)
    handed.answer()
    with reading() as session:
        assert credits.get_balance(session).reserved == 1
    report(handed.event("delivered"))
    with reading() as session:
        assert credits.get_balance(session)[1:] == (0, 0)
    assert_true(handed.campaign_id)


def test_a_whatsapp_that_was_sent_and_came_back_undelivered_still_has_its_credit() -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP_SMS)
    handed.answer()
    report(handed.event("sent"))
    assert handed.recipient().credit_state == "reserved"
    report(handed.event("undelivered", code="63024"))
    assert (handed.recipient().status, handed.recipient().credit_state) == (Status.PENDING, "reserved")
    handed.claim(Medium.SMS)
    handed.answer()
    with reading() as session:
        assert credits.get_balance(session)[1:] == (1, 0)
    assert_true(handed.campaign_id)


@pytest.mark.parametrize(("left", "expected"), [(1, (Status.PENDING, None)), (0, (Status.FAILED, "no_credit"))])
def test_a_refusal_that_comes_days_later_reserves_anew_or_ends(left: int, expected: tuple[Status, str | None]) -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP_SMS)
    handed.answer()
    report(handed.event("sent"))
    with unit_of_work() as session:
        found = session.get(Campaign, handed.campaign_id)
        assert found is not None
        found.finished_at = upkeep.clock.now() - timedelta(days=2)
    assert upkeep.release_ended_reservations() == 1
    assert handed.recipient().credit_state == "released"
    with unit_of_work() as session:
        credits.move(session, LedgerKind.ADJUST, left - credits.get_balance(session).available)

    report(handed.event("undelivered", code="63024"))

    assert (handed.recipient().status, handed.recipient().reason) == expected
    assert_true(handed.campaign_id)


def test_never_both_when_the_fallback_address_is_held_by_somebody() -> None:
    connect_whatsapp()
    make_contacts(1, first=50, mobile_e164=None, email="shared@example.org")
    make_contacts(1, first=51, email="shared@example.org")
    campaign_id = make_run(Channel.WHATSAPP_SMS_EMAIL)
    handed = Handed.__new__(Handed)
    handed.campaign_id = campaign_id
    for medium in (Medium.WHATSAPP, Medium.SMS):
        handed.claim(medium)
        handed.answer(Verdict.REFUSED, "30004")
    assert handed.recipient().status is Status.SKIPPED
    assert handed.recipient().reason == "duplicate_address"
    assert_true(campaign_id)


def test_a_complaint_is_an_opt_out_and_no_failure() -> None:
    handed = Handed(Channel.EMAIL)
    handed.answer()
    report(handed.event("delivered"), handed.event("spamreport"))
    assert handed.recipient().status is Status.DELIVERED
    with reading() as session:
        assert session.get(OptOut, (Medium.EMAIL, "ruth0@example.org")) is not None


def test_invalid_numbers_reported_later_halt_a_run() -> None:
    handed = Handed(contacts=30)
    make_contacts(5, first=100)
    with unit_of_work() as session:
        found = session.get(Campaign, handed.campaign_id)
        assert found is not None
        found.run_state = RunState.SENDING
    handed.answer()
    with unit_of_work() as session:
        found = session.get(Campaign, handed.campaign_id)
        assert found is not None
        found.run_state, found.finished_at = RunState.SENDING, None
        found.pending_count, found.accepted_count = 1, found.accepted_count - 1
    report(*(handed.event("failed", i, code="30006") for i in range(12)))
    assert campaign(handed.campaign_id).run_state is RunState.HALTED


@pytest.mark.parametrize(
    ("refused", "handed_over", "halts"),
    [(9, 9, False), (10, 10, True), (10, 99, True), (10, 100, False), (11, 109, True), (11, 110, False)],
)
def test_ten_refusals_and_more_than_one_in_ten_halt_a_run(refused: int, handed_over: int, halts: bool) -> None:
    make_contacts(1)
    campaign_id = make_run()
    with unit_of_work() as session:
        found = campaigns.get(session, campaign_id)
        found.refused_count, found.handed_over_count = refused, handed_over
    with unit_of_work() as session:
        assert campaigns.halt_if_refused(session, campaign_id) is halts
    assert (campaign(campaign_id).run_state is RunState.HALTED) is halts


def test_an_answer_that_comes_after_the_lease_ran_out_is_still_believed() -> None:
    from backend.services import upkeep

    handed = Handed()
    with unit_of_work() as session:
        row = session.get(Recipient, handed.claims[0].recipient_id)
        assert row is not None
        row.lease_until = upkeep.clock.now()
    assert upkeep.expire_stale_claims() == 1
    assert handed.recipient().status is Status.UNKNOWN
    handed.answer()
    assert handed.recipient().status is Status.ACCEPTED
    assert_true(handed.campaign_id)


def test_an_answer_that_comes_after_the_lease_ran_out_is_counted_once() -> None:
    handed = Handed()
    with unit_of_work() as session:
        row = session.get(Recipient, handed.claims[0].recipient_id)
        assert row is not None
        row.lease_until = upkeep.clock.now()
    assert upkeep.expire_stale_claims() == 1
    assert campaign(handed.campaign_id).handed_over_count == 0
    handed.answer()
    handed.answer()
    assert campaign(handed.campaign_id).handed_over_count == 1


@pytest.mark.parametrize("word", ["queued", "sent", "delivered", "failed"])
def test_who_was_reported_about_is_not_put_back_by_an_answer_that_says_not_taken(word: str) -> None:
    handed = Handed()
    report(handed.event(word))
    before = handed.recipient().status
    handed.answer(Verdict.DEFERRED)
    assert handed.recipient().status is before
    with reading() as session:
        assert session.get(Attempt, handed.claims[0].attempt_id) is not None
    assert_true(handed.campaign_id)


def test_who_was_put_back_after_all_stands_as_before_the_claim() -> None:
    handed = Handed()
    with unit_of_work() as session:
        session.get_one(Recipient, handed.claims[0].recipient_id).lease_until = upkeep.clock.now()
    assert upkeep.expire_stale_claims() == 1
    for _ in range(2):
        handed.answer(Verdict.DEFERRED)
        found = handed.recipient()
        assert (found.status, found.vendor_code, found.attempt_count) == (Status.PENDING, None, 0)
    handed.claim(Medium.SMS)
    handed.answer()
    found = handed.recipient()
    assert (found.status, found.vendor_code, found.attempt_count) == (Status.ACCEPTED, None, 1)
    with reading() as session:
        assert session.exec(select(Attempt.number)).all() == [1]
    assert_true(handed.campaign_id)


def test_a_medium_that_somebody_stopped_before_its_turn_is_no_attempt() -> None:
    connect_whatsapp()
    make_contacts(1)
    handed = Handed.__new__(Handed)
    handed.campaign_id = make_run(Channel.WHATSAPP_SMS)
    with unit_of_work() as session:
        opt_outs.add(session, Medium.WHATSAPP, ["+33600000077"], "stop")
    handed.claim(Medium.WHATSAPP)
    assert handed.claims == []
    handed.claim(Medium.SMS)
    handed.answer()
    assert (handed.recipient().status, handed.recipient().attempt_count) == (Status.ACCEPTED, 1)
    with reading() as session:
        assert session.exec(select(Attempt.number)).all() == [1]
    assert_true(handed.campaign_id)


def test_an_id_that_another_message_has_already_is_not_believed() -> None:
    handed = Handed(contacts=2)
    for claim in handed.claims:  # of two windows, so that only the database can see it
        taken = SendResult("", Verdict.ACCEPTED, "SM1")
        recording.record_results(handed.campaign_id, handed.sender, [claim], [taken])
    first, second = handed.recipient(0), handed.recipient(1)
    assert (first.status, first.credit_state) == (Status.ACCEPTED, "charged")
    assert (second.status, second.vendor_code) == (Status.UNKNOWN, "repeated_message_id")
    assert second.credit_state == "reserved", "it may have been taken"
    with reading() as session:
        assert credits.get_balance(session)[1:] == (1, 1)
        assert session.exec(select(Attempt.provider_message_id).order_by(col(Attempt.id))).all() == ["SM1", None]
    assert campaign(handed.campaign_id).run_state is RunState.DONE
    assert_true(handed.campaign_id)


def test_an_unknown_recipient_is_not_claimed_again() -> None:
    handed = Handed()
    handed.answer(Verdict.UNKNOWN)
    end = asyncio.run(sending.drain(handed.campaign_id, stopping=lambda: False))
    assert end is DrainEnd.STOPPED, "nothing was pending, so the run had ended"
    assert handed.recipient().attempt_count == 1
