from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import select, text

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.rights import Right, Role
from backend.domain.statuses import SampleStatus
from backend.errors import ForbiddenError, InsufficientCreditError, InvalidInputError
from backend.models import Contact, SampleSend, User, table_of
from backend.processes.ports import free_port
from backend.providers.base import Batch, MessageSender, SendResult, Verdict
from backend.repositories import credits
from backend.services import proofs, samples, sending
from backend.services.acting import ActingUser
from backend.services.draft_input import DraftInput
from backend.services.previewing import preview_draft
from backend.services.whatsapp_overview import messages_today
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.makers import buy_credits, connect_whatsapp, make_category, make_contacts, make_draft, make_run

pytestmark = pytest.mark.usefixtures("database")

EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.CAMPAIGNS_EDIT}))
OTHER = ActingUser(None, "other@example.org", "Other", Role.SECONDARY, frozenset(set(Right) - {Right.CAMPAIGNS_EDIT}))
PHONE = "06 39 98 12 34"
DRAFT = DraftInput(
    title="Kol Nidre",
    channel="whatsapp_sms_email",
    subject="Times for {{first_name}}",
    sms_text="Shalom {{first_name}}",
    whatsapp_text="Hello {{last_name}}",
    email_html="<p>Dear {{first_name}}</p>",
    everyone=True,
)


def all_samples() -> list[Any]:
    with reading() as session:
        return list(session.execute(select(table_of(SampleSend)).order_by(table_of(SampleSend).c.id)))


def balance() -> credits.Balance:
    with reading() as session:
        return credits.get_balance(session)


class Answering:
    """A provider that gives one answer to everything."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.batches: list[Batch] = []

    def __call__(self, *_: object) -> MessageSender:
        return self  # pyright: ignore[reportReturnType]

    async def send(self, batch: Batch) -> list[SendResult]:
        self.batches.append(batch)
        return [SendResult(message.reference, self.verdict, "SM1", "21211") for message in batch.messages]

    async def aclose(self) -> None: ...


@pytest.fixture
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Answering:
    answering = Answering(getattr(request, "param", Verdict.ACCEPTED))
    monkeypatch.setattr(samples, "open_sender", answering)
    return answering


@pytest.mark.parametrize("medium", Medium)
def test_a_test_reaches_the_phone_once_and_is_paid(simulator: RunningSimulator, medium: Medium) -> None:
    buy_credits(5)
    to = "try@example.org" if medium is Medium.EMAIL else PHONE
    outcome = samples.send_sample(EDITOR, DRAFT, medium.value, to)
    assert outcome.status is SampleStatus.ACCEPTED
    assert len(simulator.control("GET", "messages")["messages"]) == 1
    assert balance() == (5, 1 if medium is Medium.SMS else 0, 0)
    assert proofs.audit_credits() == []


def to_phone() -> samples.SampleOutcome:
    return samples.send_sample(EDITOR, DRAFT, "whatsapp", PHONE)


def test_a_test_by_a_phone_is_one_of_its_messages_of_the_day(
    gateway: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHATSAPP_GATEWAY_DAILY_CAP", "2")
    get_settings.cache_clear()
    assert messages_today(OTHER) == 0
    assert to_phone().status is SampleStatus.ACCEPTED
    assert messages_today(OTHER) == 1
    gateway.control("PUT", "script", {"callbacks": "off", "throttled": True})
    assert to_phone().status is SampleStatus.REFUSED
    assert messages_today(OTHER) == 1, "the gateway did not take it"
    gateway.control("PUT", "script", {"callbacks": "off"})
    connect_whatsapp()
    make_contacts(2)
    campaign_id = make_run(Channel.WHATSAPP)
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False))
    assert messages_today(OTHER) == 2
    full = to_phone()
    assert (full.status, full.vendor_code) == (SampleStatus.REFUSED, samples.DAILY_CAP)
    assert len(gateway.control("GET", "messages")["messages"]) == 2


def test_a_test_by_a_phone_waits_for_its_turn_a_while(
    gateway: RunningSimulator, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_PATIENCE_S", 0.05)
    with redis.Redis.from_url(redis_url) as client:
        client.set("rate:whatsapp:until", clock.now().timestamp() + 60)
        busy = to_phone()
        assert (busy.status, busy.vendor_code) == (SampleStatus.REFUSED, samples.NO_TURN)
        assert gateway.control("GET", "messages")["messages"] == []
        client.delete("rate:whatsapp:until")
        monkeypatch.setenv("WHATSAPP_GATEWAY_PAUSE_S", "30")
        get_settings.cache_clear()
        assert to_phone().status is SampleStatus.ACCEPTED
        assert to_phone().vendor_code == samples.NO_TURN, "a phone never sends two at once"


@pytest.mark.usefixtures("gateway")
def test_without_the_shared_pace_a_phone_sends_no_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    get_settings.cache_clear()
    assert to_phone().vendor_code == samples.NO_TURN
    assert messages_today(OTHER) is None


def test_a_test_is_marked_and_filled_in(provider: Answering) -> None:
    buy_credits(5)
    [contact_id] = make_contacts(1, first_name="Ruth", last_name="Azoulay")
    for medium, to in (("sms", PHONE), ("whatsapp", PHONE), ("email", "try@example.org")):
        samples.send_sample(EDITOR, DRAFT, medium, to, contact_id=contact_id)
    sms, whatsapp, email = provider.batches
    assert (sms.messages[0].text, whatsapp.messages[0].text) == ("[TEST] Shalom Ruth", "[TEST] Hello Azoulay")
    assert email.email is not None
    assert email.email.subject == "[TEST] Times for Ruth"
    assert "Dear Ruth" in email.email.html
    assert "%%" not in email.email.html + email.email.text


@pytest.mark.parametrize(
    ("provider", "status", "charged"),
    [
        (Verdict.ACCEPTED, SampleStatus.ACCEPTED, 1),
        (Verdict.UNKNOWN, SampleStatus.UNKNOWN, 1),
        (Verdict.REFUSED, SampleStatus.REFUSED, 0),
        (Verdict.DEFERRED, SampleStatus.REFUSED, 0),
        (Verdict.MISCONFIGURED, SampleStatus.REFUSED, 0),
    ],
    indirect=["provider"],
)
def test_credits_follow_the_answer(provider: Answering, status: SampleStatus, charged: int) -> None:
    buy_credits(2)
    outcome = samples.send_sample(EDITOR, DRAFT, "sms", PHONE)
    assert (outcome.status, outcome.segments, balance()) == (status, charged, (2, charged, 0))
    assert len(provider.batches) == 1
    assert proofs.audit_credits() == []


def test_a_crash_in_between_is_never_sent_again_and_is_paid(
    provider: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy_credits(2)
    monkeypatch.setattr(samples, "_write_down", lambda *_: None)
    samples.send_sample(EDITOR, DRAFT, "sms", PHONE)
    monkeypatch.undo()
    assert (samples.settle_lost_samples(), balance()) == (0, (2, 0, 1))
    with unit_of_work() as session:
        session.execute(table_of(SampleSend).update().values(created_at=clock.now() - timedelta(minutes=6)))
    assert (samples.settle_lost_samples(), samples.settle_lost_samples()) == (1, 0)
    assert (balance(), all_samples()[0].status, len(provider.batches)) == ((2, 1, 0), SampleStatus.UNKNOWN, 1)


def test_without_credit_nothing_leaves(provider: Answering) -> None:
    with pytest.raises(InsufficientCreditError) as caught:
        samples.send_sample(EDITOR, DRAFT, "sms", PHONE)
    assert (caught.value.details["missing"], provider.batches, all_samples()) == (1, [], [])


@pytest.mark.parametrize(
    ("draft", "medium", "to", "code", "field"),
    [
        (DRAFT, "sms", "01 42 68 53 00", "no_mobile", "test"),
        (DRAFT, "sms", "", "no_mobile", "test"),
        (DRAFT, "email", "nobody", "no_email", "test"),
        (DRAFT, "pigeon", PHONE, "unknown_medium", "test"),
        (replace(DRAFT, channel="email"), "sms", PHONE, "unknown_medium", "test"),
        (replace(DRAFT, sms_text=""), "sms", PHONE, "nothing_to_send", "test"),
        (replace(DRAFT, sms_text="{{age}}"), "sms", PHONE, "unknown_field", "sms_text"),
    ],
    ids=["landline", "no number", "no address", "no medium", "another channel", "empty", "unknown field"],
)
def test_what_cannot_be_tried_says_why(
    provider: Answering, draft: DraftInput, medium: str, to: str, code: str, field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        samples.send_sample(EDITOR, draft, medium, to)
    assert (caught.value.code, caught.value.details["field"], provider.batches) == (code, field, [])


def test_tests_are_bounded(provider: Answering) -> None:
    buy_credits(100)
    with unit_of_work() as session:
        session.add_all(SampleSend(medium=Medium.SMS, address="+33639981234") for _ in range(30))
    with pytest.raises(InvalidInputError, match="too_many_tests"):
        samples.send_sample(EDITOR, DRAFT, "sms", PHONE)
    assert provider.batches == []


def test_a_test_is_no_recipient_and_needs_the_right(provider: Answering) -> None:
    buy_credits(3)
    campaign_id = make_draft()
    samples.send_sample(EDITOR, DRAFT, "sms", PHONE, campaign_id=campaign_id)
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM recipient")).scalar_one() == 0
    with pytest.raises(ForbiddenError):
        samples.send_sample(OTHER, DRAFT, "sms", PHONE)
    with pytest.raises(ForbiddenError):
        preview_draft(OTHER, DRAFT)
    assert len(provider.batches) == 1


def test_the_last_address_is_remembered_for_each_user(provider: Answering) -> None:
    buy_credits(3)
    with unit_of_work() as session:
        user = User(email="ilana@example.org", password_hash="x")
        session.add(user)
        session.flush()
        user_id = user.id
    ilana = replace(EDITOR, id=user_id, email="ilana@example.org")
    assert samples.last_addresses(ilana) == {Medium.EMAIL: "ilana@example.org", Medium.SMS: "", Medium.WHATSAPP: ""}
    samples.send_sample(ilana, DRAFT, "sms", PHONE)
    assert samples.last_addresses(ilana)[Medium.SMS] == "+33639981234"
    assert samples.last_addresses(EDITOR)[Medium.SMS] == ""
    assert len(provider.batches) == 1


def test_the_preview_is_for_a_real_contact_of_the_targets() -> None:
    members = make_category()
    make_contacts(2)
    chosen = make_contacts(2, first=2, category_id=members)
    draft = replace(DRAFT, everyone=False, category_ids=(members,))
    preview = preview_draft(EDITOR, draft)
    assert [one.id for one in preview.contacts] == chosen
    assert preview.rendered.sms == "Shalom Ruth2"
    second = preview_draft(EDITOR, draft, contact_id=chosen[1])
    assert (second.shown_for, second.rendered.sms) == (second.contacts[1], "Shalom Ruth3")
    assert preview_draft(EDITOR, draft, contact_id=4711).rendered.sms == "Shalom Ruth2"


def test_a_preview_without_targets_or_contacts_is_still_one() -> None:
    nobody = replace(DRAFT, everyone=False)
    assert preview_draft(EDITOR, nobody).rendered.sms == "Shalom "
    make_contacts(1)
    assert preview_draft(EDITOR, nobody).rendered.sms == "Shalom Ruth0"


def test_a_name_is_never_markup_in_a_preview() -> None:
    with unit_of_work() as session:
        session.add(Contact(first_name="<img src=x onerror=alert(1)>", email="a@example.org"))
    email = preview_draft(
        EDITOR, replace(DRAFT, email_html="<p>{{first_name}}<script>alert(2)</script></p>")
    ).rendered.email
    assert email is not None
    assert "<img" not in email.html
    assert "<script" not in email.html
    assert "&lt;img" in email.html
