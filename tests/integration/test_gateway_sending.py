"""Runs by WhatsApp through the gateway's phone: it may be away, drop, or be refused; nobody gets anything twice."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from backend import clock
from backend.database import reading
from backend.domain.channels import Channel, ConnectionState, Medium
from backend.domain.hold_ups import HoldUpCode
from backend.domain.statuses import CreditState, RunState
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.vendors.whatsapp import NUMBER_UNANSWERED
from backend.models import Attempt, Contact, DeliveryEvent, Recipient
from backend.providers.base import ProviderEvent, SendResult, Verdict
from backend.providers.whatsapp.answers import code_of
from backend.repositories import campaigns, credits, organisations
from backend.services import asking, delivery, early_reports, proofs, recording, sending, upkeep
from backend.services.sending import DrainEnd
from backend.services.unanswered_numbers import TRIES
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_delivery import Handed, HeldSender
from tests.integration.test_report_orders import crashing
from tests.integration.test_sending import end_pauses
from tests.makers import connect_whatsapp, make_category, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")
_NUMBERS = itertools.count(1_000)


def drain(campaign_id: int, slice_s: float = 8, *, stopping: Callable[[], bool] = lambda: False) -> DrainEnd:
    return asyncio.run(sending.drain(campaign_id, stopping=stopping, slice_s=slice_s))


def script(simulator: RunningSimulator, **values: object) -> None:
    simulator.control("PUT", "script", {"callbacks": "off", **values})


def do(simulator: RunningSimulator, action: str) -> None:
    simulator.control("POST", "whatsapp/phone", {"do": action})


def rows(campaign_id: int) -> list[Recipient]:
    with reading() as session:
        return list(session.exec(select(Recipient).where(Recipient.campaign_id == campaign_id)))


def statuses(campaign_id: int) -> dict[str, int]:
    return dict(Counter(row.status for row in rows(campaign_id)))


def run_state(campaign_id: int) -> RunState:
    with reading() as session:
        return campaigns.get(session, campaign_id).run_state


def stored_state() -> ConnectionState:
    with reading() as session:
        return organisations.get(session).whatsapp_state


def taken(simulator: RunningSimulator) -> dict[str, int]:
    counts = simulator.control("GET", "counts")
    assert counts["by_address_max"] <= 1, counts["duplicates"]
    assert proofs.recount(repair=False) == []
    assert proofs.audit_credits() == []
    return counts["by_medium"]


def providers(campaign_id: int) -> dict[str, int]:
    with reading() as session:
        return dict(Counter(session.exec(select(Attempt.provider).where(Attempt.campaign_id == campaign_id))))


def test_the_gateway_carries_whatsapp_when_it_is_set(gateway: RunningSimulator) -> None:
    connect_whatsapp()
    make_contacts(30)
    campaign_id = make_run(Channel.WHATSAPP)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert (statuses(campaign_id), providers(campaign_id)) == ({Status.ACCEPTED: 30}, {"whatsapp": 30})
    assert taken(gateway)["whatsapp"] == 30


@pytest.mark.parametrize("lost", ["unlink", "away"])
def test_a_phone_that_is_away_puts_nobody_in_error_and_the_run_goes_on_by_itself(
    gateway: RunningSimulator, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    connect_whatsapp()  # as far as we know
    make_contacts(10)
    campaign_id = make_run(Channel.WHATSAPP_SMS)
    if lost == "unlink":
        do(gateway, "unlink")
    else:
        monkeypatch.setenv("WHATSAPP_GATEWAY_URL", "http://127.0.0.1:9")
        get_settings.cache_clear()
    drain(campaign_id)
    assert run_state(campaign_id) is RunState.WAITING_CONNECTION
    assert statuses(campaign_id) == {Status.PENDING: 10}
    assert stored_state() is (ConnectionState.DISCONNECTED if lost == "unlink" else ConnectionState.UNREACHABLE)
    with reading() as session:
        balance = credits.get_balance(session)
    assert (balance.reserved, balance.charged) == (10, 0)
    assert taken(gateway) == {"sms": 0, "whatsapp": 0, "email": 0}, "and above all no SMS"

    monkeypatch.setenv("WHATSAPP_GATEWAY_URL", gateway.origin)
    get_settings.cache_clear()
    do(gateway, "connect")
    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)  # the scheduler asks every few seconds
    assert run_state(campaign_id) is RunState.SENDING
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert taken(gateway)["whatsapp"] == 10


def test_a_drop_in_the_middle_stops_claiming_at_once_and_goes_on_later(gateway: RunningSimulator) -> None:
    connect_whatsapp()
    make_contacts(40)
    campaign_id = make_run(Channel.WHATSAPP)
    script(gateway, phone_drops_after=13)
    drain(campaign_id)
    assert statuses(campaign_id) == {Status.ACCEPTED: 13, Status.PENDING: 27}
    assert run_state(campaign_id) is RunState.WAITING_CONNECTION
    assert providers(campaign_id) == {"whatsapp": 13}, "what never left leaves no trace"
    script(gateway)
    do(gateway, "connect")
    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert taken(gateway)["whatsapp"] == 40


def test_a_worker_that_was_not_told_claims_nothing_once_the_phone_is_gone(gateway: RunningSimulator) -> None:
    del gateway
    connect_whatsapp()
    make_contacts(3)
    campaign_id = make_run(Channel.WHATSAPP)
    run = sending._begin(campaign_id, lambda: False, 10)
    assert run is not None
    upkeep.note_whatsapp_state(ConnectionState.DISCONNECTED)
    sender = HeldSender(Medium.WHATSAPP)
    sender.provider = "whatsapp"
    assert sending._claim(run, sender, 8).claims == []
    assert statuses(campaign_id) == {Status.PENDING: 3}


def test_who_is_not_on_whatsapp_gets_the_sms_at_once_and_only_that_is_charged(gateway: RunningSimulator) -> None:
    connect_whatsapp()
    make_contacts(1, mobile_e164="+33612340003")
    make_contacts(2, first=1)
    campaign_id = make_run(Channel.WHATSAPP_SMS)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    moved = next(row for row in rows(campaign_id) if row.address == "+33612340003")
    assert (moved.status, moved.medium, moved.credit_state) == (Status.ACCEPTED, Medium.SMS, CreditState.CHARGED)
    assert {row.credit_state for row in rows(campaign_id) if row is not moved and row.id != moved.id} == {
        CreditState.RESERVED
    }
    assert taken(gateway) == {"sms": 1, "whatsapp": 2, "email": 0}
    with reading() as session:
        assert session.exec(select(Contact.mobile_problem).where(Contact.mobile_e164 == "+33612340003")).one() is None


UNANSWERED = "+33612340000"


def drain_a_window(campaign_id: int) -> None:
    """One more window, as if the pause that the last one asked for were over."""
    send_window, sent = sending._send_window, []

    async def send_one(*arguments: Any) -> bool:
        rests = await send_window(*arguments)
        sent.append(rests)
        return rests

    end_pauses()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "_send_window", send_one)
        end = drain(campaign_id, stopping=lambda: bool(sent))
    assert (end, sent) == (DrainEnd.TIME_IS_UP, [True]), "it rests, because somebody got no answer"


def drain_the_rest(campaign_id: int) -> None:
    """All that is left, as if the pause that the last window asked for were over."""
    end_pauses()
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT


@pytest.mark.parametrize("channel", [Channel.WHATSAPP_SMS, Channel.WHATSAPP])
def test_a_number_that_is_never_answered_about_is_given_up_after_some_tries(
    gateway: RunningSimulator, channel: Channel
) -> None:
    connect_whatsapp()
    make_contacts(1, mobile_e164=UNANSWERED)
    make_contacts(3, first=1)
    campaign_id = make_run(channel)
    for _ in range(TRIES - 1):
        drain_a_window(campaign_id)
        assert statuses(campaign_id) == {Status.PENDING: 1, Status.ACCEPTED: 3}
    drain_the_rest(campaign_id)
    given_up = next(row for row in rows(campaign_id) if row.mobile_e164 == UNANSWERED)
    with reading() as session:
        attempts = session.exec(select(Attempt).where(Attempt.recipient_id == given_up.id).order_by(col(Attempt.id)))
        made = [(attempt.medium, attempt.status, attempt.vendor_code) for attempt in attempts]
        assert session.exec(select(Contact.mobile_problem).where(Contact.mobile_e164 == UNANSWERED)).one() is None
    by_whatsapp = (Medium.WHATSAPP, Status.FAILED, NUMBER_UNANSWERED)
    if channel is Channel.WHATSAPP_SMS:
        assert made == [by_whatsapp, (Medium.SMS, Status.ACCEPTED, None)]
        assert (given_up.status, given_up.credit_state) == (Status.ACCEPTED, CreditState.CHARGED)
    else:
        assert (made, given_up.status, given_up.vendor_code) == ([by_whatsapp], Status.FAILED, NUMBER_UNANSWERED)
    assert taken(gateway) == {"sms": int(channel is Channel.WHATSAPP_SMS), "whatsapp": 3, "email": 0}


def test_a_gateway_that_answers_about_nobody_is_waited_for(gateway: RunningSimulator) -> None:
    connect_whatsapp()
    make_contacts(3)
    campaign_id = make_run(Channel.WHATSAPP_SMS)
    script(gateway, checks_fail=True)
    for _ in range(TRIES + 1):
        drain_a_window(campaign_id)
    assert (statuses(campaign_id), run_state(campaign_id)) == ({Status.PENDING: 3}, RunState.SENDING)
    script(gateway)
    drain_the_rest(campaign_id)
    assert taken(gateway) == {"sms": 0, "whatsapp": 3, "email": 0}


def test_what_was_taken_and_answered_with_an_error_is_found_in_the_chat(
    gateway: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_whatsapp()
    make_contacts(3)
    campaign_id = make_run(Channel.WHATSAPP)
    script(gateway, accepted_then_500_rate=1)
    for _ in range(3):
        drain(campaign_id, slice_s=3)
    assert statuses(campaign_id) == {Status.UNKNOWN: 3}
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=2))
    assert asyncio.run(asking.ask_about_unknown()) == 3
    assert statuses(campaign_id) == {Status.DELIVERED: 3}
    assert taken(gateway)["whatsapp"] == 3


def test_what_the_number_may_send_in_a_day_is_kept_and_told(
    gateway: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHATSAPP_GATEWAY_DAILY_CAP", "5")
    get_settings.cache_clear()
    connect_whatsapp()
    make_contacts(8)
    campaign_id = make_run(Channel.WHATSAPP)
    drain(campaign_id, slice_s=1)
    drain(campaign_id, slice_s=1)
    assert statuses(campaign_id) == {Status.ACCEPTED: 5, Status.PENDING: 3}
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        assert (campaign.run_state, campaign.held_up_code) == (RunState.SENDING, HoldUpCode.DAILY_CAP)
        assert campaign.held_up_medium is Medium.WHATSAPP
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(days=1))
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert taken(gateway)["whatsapp"] == 8
    with reading() as session:
        assert campaigns.get(session, campaign_id).held_up_code is None


# --- Acknowledgements.


class HandedToPhone(Handed):
    """A campaign in the gateway's hands, whose answer is still to be recorded."""

    def __init__(self, channel: Channel = Channel.WHATSAPP) -> None:  # a person of its own
        connect_whatsapp()
        number = next(_NUMBERS)
        category_id = make_category(f"Play {number}")
        make_contacts(1, first=number, category_id=category_id)
        self.campaign_id = make_run(channel, everyone=False, category_ids=(category_id,))
        self.claim(Medium.WHATSAPP)

    def claim(self, medium: Medium, limit: int = 1_000) -> None:
        self.sender = HeldSender(medium)
        self.sender.provider = "whatsapp" if medium is Medium.WHATSAPP else self.sender.provider
        run = sending._begin(self.campaign_id, lambda: False, 10)
        assert run is not None
        self.claims = sending._claim(run, self.sender, limit).claims

    def take(self) -> None:
        results = [SendResult("", Verdict.ACCEPTED, message_id(claim.attempt_id)) for claim in self.claims]
        recording.record_results(self.campaign_id, self.sender, self.claims, results)


def message_id(attempt_id: int) -> str:
    return f"3EB0{attempt_id:08X}"


def ack(attempt_id: int, word: str) -> ProviderEvent:
    own = message_id(attempt_id)
    return ProviderEvent(
        "whatsapp", f"{own}-{word}", word, Medium.WHATSAPP, None, own, code_of(word), 1_741_249_702.0, "{}"
    )


def apply_all() -> None:
    while delivery.apply_events():
        pass


def attempt_status(attempt_id: int) -> Status:
    with reading() as session:
        return session.get_one(Attempt, attempt_id).status


def test_acknowledgements_that_cannot_be_adopted_do_not_have_their_answers_recorded_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handed = HandedToPhone()

    def locked(_within: timedelta) -> int:
        raise OperationalError("UPDATE delivery_event", {}, Exception("database is locked"))

    not_taken = [SendResult("", Verdict.DEFERRED, None, "20429")]
    with monkeypatch.context() as patch:
        patch.setattr(recording, "adopt_early_reports", locked)
        # Recorded again it would put back whoever has that attempt's id by now, on SQLite: somebody just being sent to.
        recording.record_results(handed.campaign_id, handed.sender, handed.claims, not_taken)
    assert statuses(handed.campaign_id) == {Status.PENDING: 1}
    handed.claim(Medium.WHATSAPP)
    assert len(handed.claims) == 1
    handed.take()
    assert statuses(handed.campaign_id) == {Status.ACCEPTED: 1}


@pytest.mark.parametrize("applied_first", [True, False])
def test_an_acknowledgement_that_overtakes_the_answer_waits_for_it(applied_first: bool) -> None:
    handed = HandedToPhone()
    [claim] = handed.claims
    delivery.store_events([ack(claim.attempt_id, "DEVICE")])
    if applied_first:
        apply_all()
        assert attempt_status(claim.attempt_id) is Status.CLAIMED, "nobody knows whose it is"
    handed.take()
    apply_all()
    assert attempt_status(claim.attempt_id) is Status.DELIVERED
    assert statuses(handed.campaign_id) == {Status.DELIVERED: 1}


def test_an_acknowledgement_whose_worker_died_after_recording_is_found_by_the_scheduler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handed = HandedToPhone()
    [claim] = handed.claims
    delivery.store_events([ack(claim.attempt_id, "READ"), ack(999_999, "READ")])
    apply_all()
    with monkeypatch.context() as patch:
        patch.setattr(recording, "adopt_early_reports", lambda _within: 0)
        handed.take()
    apply_all()
    assert attempt_status(claim.attempt_id) is Status.ACCEPTED
    assert (early_reports.adopt_early_reports(), early_reports.adopt_early_reports()) == (1, 0)
    apply_all()
    assert attempt_status(claim.attempt_id) is Status.READ
    assert early_reports.adopt_early_reports() == 0
    with reading() as session:  # what somebody wrote on the phone itself
        assert (
            session.exec(
                select(DeliveryEvent.attempt_id).where(DeliveryEvent.provider_message_id == message_id(999_999))
            ).one()
            is None
        )


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_acknowledgements_end_in_one_state_whatever_their_order(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(["ERROR", "PENDING", "SERVER", "DEVICE", "READ", "PLAYED"]), max_size=6))
    handed = HandedToPhone()
    [claim] = handed.claims
    steps: list[Callable[[], Any]] = [handed.take, delivery.apply_events]
    steps += [lambda word=word: delivery.store_events([ack(claim.attempt_id, word)]) for word in words]
    for step in data.draw(st.permutations(steps)):
        moment = data.draw(st.sampled_from(["", "", "before_commit", "after_commit"]))
        if moment:
            with crashing(moment):
                step()
        step()
    early_reports.adopt_early_reports()  # the scheduler comes by
    apply_all()
    reached = {"ERROR": Status.FAILED, "SERVER": Status.SENT, "DEVICE": Status.DELIVERED}
    reached |= {"READ": Status.READ, "PLAYED": Status.READ}
    order = [Status.ACCEPTED, Status.SENT, Status.FAILED, Status.DELIVERED, Status.READ]
    expected = max([Status.ACCEPTED, *(reached[word] for word in words if word in reached)], key=order.index)
    assert statuses(handed.campaign_id) == {expected: 1}
    assert proofs.recount(repair=False) == []


@pytest.mark.parametrize("late", [("ERROR",), ("SERVER", "ERROR"), ("DEVICE",)])
def test_what_is_told_of_the_first_medium_after_a_fallback_fails_nobody(late: tuple[str, ...]) -> None:
    handed = HandedToPhone(Channel.WHATSAPP_SMS)
    [first] = handed.claims
    handed.take()
    delivery.store_events([ack(first.attempt_id, "ERROR")])
    apply_all()
    handed.claim(Medium.SMS)
    results = [SendResult("", Verdict.ACCEPTED, f"SM{claim.attempt_id}") for claim in handed.claims]
    recording.record_results(handed.campaign_id, handed.sender, handed.claims, results)
    assert [(row.status, row.credit_state) for row in rows(handed.campaign_id)] == [
        (Status.ACCEPTED, CreditState.CHARGED)
    ]
    delivery.store_events([ack(first.attempt_id, word) for word in late])
    apply_all()
    [row] = rows(handed.campaign_id)
    assert row.status is (Status.DELIVERED if "DEVICE" in late else Status.ACCEPTED)
    assert row.credit_state is CreditState.CHARGED
    with reading() as session:
        told = session.exec(select(DeliveryEvent.word).where(DeliveryEvent.attempt_id == first.attempt_id))
        assert set(told) == {"ERROR", *late}, "all of it is kept"
