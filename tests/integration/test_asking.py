"""Asking the provider about lost answers: what is sure is settled, what is not stays unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import CreditState, RecipientStatus, RunState
from backend.models import Attempt, Contact, Recipient
from backend.providers.base import FoundMessage
from backend.providers.twilio import sender as twilio_sender
from backend.services import asking, proofs, upkeep
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_delivery import Handed
from tests.integration.test_sending import (
    assert_true_and_nobody_twice,
    balance,
    drain,
    end_pauses,
    run_state,
    script,
    statuses,
)
from tests.makers import connect_whatsapp, make_contacts, make_run

_ALL_LOST = {"accepted_then_500_rate": 1}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves our clock so many seconds on from the real one."""
    real = clock.now

    def move(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=seconds))

    return move


def ask(limit: int = 1_000) -> int:
    return asyncio.run(asking.ask_about_unknown(limit))


def asked() -> list[datetime]:
    with reading() as session:
        return [moment for moment in session.exec(select(Attempt.asked_at)) if moment is not None]


def lose(simulator: RunningSimulator, campaign_id: int) -> None:
    """The campaign's messages arrive, and every answer is lost."""
    script(simulator, **_ALL_LOST)
    end_pauses()
    drain(campaign_id)
    script(simulator)
    assert set(statuses(campaign_id)) == {RecipientStatus.UNKNOWN}


def claim(campaign_id: int, medium: Medium = Medium.SMS) -> Handed:
    """A worker has claimed the campaign's window and not yet recorded what came of it."""
    handed = Handed.__new__(Handed)
    handed.campaign_id = campaign_id
    handed.claim(medium)
    return handed


def kill(campaign_id: int) -> None:
    """A worker claimed the campaign's window and died before anything left."""
    for each in claim(campaign_id).claims:
        with unit_of_work() as session:
            row = session.get(Recipient, each.recipient_id)
            assert row is not None
            row.lease_until = clock.now()
    upkeep.expire_stale_claims()
    assert set(statuses(campaign_id)) == {RecipientStatus.UNKNOWN}


def test_lost_answers_settle_to_what_the_provider_says(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    script(simulator, **_ALL_LOST, fail_later_rate=0.3)
    make_contacts(40)
    campaign_id = make_run()
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 40}
    assert ask() == 0, "it is too early: a message may still be on its way to the list"
    assert asked() == []

    later(45)
    assert ask() == 40

    found = statuses(campaign_id)
    assert set(found) == {RecipientStatus.DELIVERED, RecipientStatus.FAILED}
    assert (balance().reserved, balance().charged) == (0, 40), "what was taken is charged"
    assert run_state(campaign_id) is RunState.DONE
    assert_true_and_nobody_twice(simulator, campaign_id)
    with reading() as session:
        ids = session.exec(select(Attempt.provider_message_id)).all()
    assert len(set(ids)) == 40


def test_a_whatsapp_that_came_back_sends_the_sms(simulator: RunningSimulator, later: Callable[[float], None]) -> None:
    script(simulator, **_ALL_LOST, not_on_whatsapp_rate=0.5)
    connect_whatsapp()
    make_contacts(20)
    campaign_id = make_run(Channel.WHATSAPP_SMS)
    drain(campaign_id)
    script(simulator)
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 20}
    later(45)
    assert ask() == 20
    assert set(statuses(campaign_id)) == {RecipientStatus.DELIVERED, RecipientStatus.PENDING}
    assert run_state(campaign_id) is RunState.SENDING
    drain(campaign_id)
    assert set(statuses(campaign_id)) == {RecipientStatus.DELIVERED, RecipientStatus.ACCEPTED}
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_a_failure_found_by_asking_is_remembered_at_the_address(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    script(simulator, **_ALL_LOST, fail_later_rate=1, fail_later_codes=[30006])
    (contact_id,) = make_contacts(1)
    drain(make_run())
    later(45)
    assert ask() == 1
    with reading() as session:
        contact = session.get(Contact, contact_id)
        assert contact is not None
        assert contact.mobile_problem == "invalid"


def test_who_was_killed_before_the_hand_over_stays_unknown(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    make_contacts(3)
    campaign_id = make_run()
    kill(campaign_id)
    later(45)
    assert ask() == 0
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 3}
    assert balance().reserved == 3
    first = asked()
    assert len(first) == 3

    later(100)
    ask()
    assert asked() == first, "asked again only after a minute"
    later(110)
    ask()
    assert min(asked()) > max(first)
    later(25 * 3600)
    again = asked()
    ask()
    assert asked() == again, "a day later nobody asks any more"
    assert simulator.control("GET", "counts")["total"] == 0
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_two_same_texts_to_one_number_are_not_told_apart(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    make_contacts(1)
    campaigns = [make_run(), make_run()]
    for campaign_id in campaigns:
        lose(simulator, campaign_id)
    later(45)
    assert ask() == 0
    assert [statuses(i) for i in campaigns] == [{RecipientStatus.UNKNOWN: 1}] * 2
    assert len(asked()) == 2


def test_one_message_that_may_be_either_of_two_is_given_to_neither(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    make_contacts(1)
    killed, lost = make_run(), make_run()
    kill(killed)
    lose(simulator, lost)
    later(45)
    assert ask() == 0
    assert ask() == 0
    assert [statuses(i) for i in (killed, lost)] == [{RecipientStatus.UNKNOWN: 1}] * 2

    with unit_of_work() as session:  # had the first been claimed an hour before, this message could not be its own
        attempt = session.exec(select(Attempt).where(Attempt.campaign_id == killed)).one()
        attempt.claimed_at -= timedelta(hours=1)
    later(120)
    assert ask() == 1
    assert statuses(killed) == {RecipientStatus.UNKNOWN: 1}
    assert statuses(lost) == {RecipientStatus.DELIVERED: 1}


def test_another_text_to_the_same_number_is_another_message(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    make_contacts(1)
    campaigns = [make_run(), make_run(sms_text="Neilah at 18:40, {{first_name}}.")]
    for campaign_id in campaigns:
        lose(simulator, campaign_id)
    later(45)
    assert ask() == 2
    assert [statuses(i) for i in campaigns] == [{RecipientStatus.DELIVERED: 1}] * 2
    assert [proofs.recount(i) for i in campaigns] == [[], []]


def test_a_message_somebody_else_may_be_sending_waits_for_their_answer(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    make_contacts(1)
    lost, under_way = make_run(), make_run()
    lose(simulator, lost)
    handed = claim(under_way)
    later(45)
    assert ask() == 0
    handed.answer()
    later(120)
    assert ask() == 1
    assert statuses(lost) == {RecipientStatus.DELIVERED: 1}


def test_a_message_that_another_attempt_holds_is_not_ours(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    make_contacts(1)
    lost, answered = make_run(), make_run()
    lose(simulator, lost)
    drain(answered)
    later(45)
    assert ask() == 1, "of the two messages one is taken, so the other is sure"
    assert statuses(lost) == {RecipientStatus.DELIVERED: 1}
    with reading() as session:
        ids = session.exec(select(Attempt.provider_message_id)).all()
    assert len({*ids}) == 2


def test_a_round_asks_about_a_bounded_number(simulator: RunningSimulator, later: Callable[[float], None]) -> None:
    make_contacts(12)
    campaign_id = make_run()
    lose(simulator, campaign_id)
    later(45)
    assert [ask(5), ask(5), ask(5), ask(5)] == [5, 5, 2, 0]
    assert statuses(campaign_id) == {RecipientStatus.DELIVERED: 12}


def test_a_slow_pace_is_kept(
    simulator: RunningSimulator, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(20)
    campaign_id = make_run()
    lose(simulator, campaign_id)
    later(45)
    monkeypatch.setenv("SMS_RATE_PER_S", "2")
    monkeypatch.setattr(asking, "_PATIENCE_S", 1.5)
    get_settings.cache_clear()
    assert 1 <= ask() <= 4


@pytest.mark.parametrize("how", ["unreachable", "unauthorized"])
def test_a_provider_that_is_down_changes_nothing(
    simulator: RunningSimulator, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    make_contacts(5)
    campaign_id = make_run()
    lose(simulator, campaign_id)
    later(45)
    with monkeypatch.context() as down:
        if how == "unreachable":
            down.setenv("TWILIO_API_URL", "http://127.0.0.1:9")
        script(simulator, unauthorized=True)
        get_settings.cache_clear()
        assert ask() == 0
    get_settings.cache_clear()
    assert asked() == []
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 5}
    script(simulator)
    assert ask() == 5


def test_emails_are_not_asked_about(simulator: RunningSimulator, later: Callable[[float], None]) -> None:
    make_contacts(2)
    script(simulator, **_ALL_LOST)
    campaign_id = make_run(Channel.EMAIL)
    drain(campaign_id)
    later(45)
    assert ask() == 0
    assert asked() == []
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 2}


def test_what_is_settled_is_charged_once_and_not_asked_about_again(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    make_contacts(2)
    campaign_id = make_run()
    lose(simulator, campaign_id)
    later(45)
    ask()
    with reading() as session:
        rows = session.exec(select(Recipient).where(Recipient.campaign_id == campaign_id)).all()
    assert {row.credit_state for row in rows} == {CreditState.CHARGED}
    assert ask() == 0


def test_a_list_of_several_pages_is_read_to_its_end_or_not_believed(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(1)
    monkeypatch.setattr(twilio_sender, "_LIST_PAGE", 1)

    def listed() -> list[FoundMessage] | None:
        async def run() -> list[FoundMessage] | None:
            sender = twilio_sender.TwilioSender(get_settings(), Medium.SMS)
            try:
                return await sender.find_recent("+33600000077", clock.now() - timedelta(minutes=1))
            finally:
                await sender.aclose()

        return asyncio.run(run())

    for number in (1, 2, 3):
        lose(simulator, make_run())
        found = listed()
        assert found is not None
        assert len({message.provider_message_id for message in found}) == number
    lose(simulator, make_run())
    assert listed() is None
