"""Sending by SMS those who wait for WhatsApp: all of them or nobody, once, and no credit more or less."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from backend.database import get_engine, reading, unit_of_work
from backend.domain.channels import Channel, ConnectionState, Medium
from backend.domain.rights import Right, Role
from backend.domain.statuses import CreditState, Reason, RecipientStatus, RunState
from backend.errors import AppError, ForbiddenError, InvalidInputError
from backend.models import AuditEntry, Campaign, Recipient
from backend.providers.base import SendResult, Verdict
from backend.providers.references import sign_reference
from backend.repositories import audit, credits, opt_outs
from backend.repositories.claims import Claim
from backend.services import proofs, recording, runs, sending, upkeep
from backend.services.acting import OPERATOR, ActingUser
from backend.services.sending_by_sms import SmsPlan, find_sms_plan, send_by_sms_now
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_credit_races import all_at_once, told
from tests.integration.test_delivery import HeldSender
from tests.makers import connect_whatsapp, leave_waiting, make_contacts, make_run

VIEWER = ActingUser(None, "vera@example.org", "Vera", Role.SECONDARY, frozenset({Right.CAMPAIGNS_VIEW}))
SENDER = replace(VIEWER, rights=frozenset({Right.CAMPAIGNS_SEND}))
PENDING = RecipientStatus.PENDING


def make_waiting(channel: Channel = Channel.WHATSAPP_SMS, contacts: int = 3) -> int:
    connect_whatsapp()
    make_contacts(contacts)
    return leave_waiting(make_run(channel))


def rows(campaign_id: int) -> list[Recipient]:
    with reading() as session:
        query = select(Recipient).where(Recipient.campaign_id == campaign_id).order_by(Recipient.contact_id)  # pyright: ignore[reportArgumentType]
        return list(session.exec(query))


def run_state(campaign_id: int) -> RunState:
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign is not None
        return campaign.run_state


def acts_told() -> list[dict[str, Any]]:
    with reading() as session:
        found = session.exec(select(AuditEntry).where(AuditEntry.action == "send_by_sms"))
        return [json.loads(entry.details) for entry in found]


def reserved() -> int:
    with reading() as session:
        return credits.get_balance(session).reserved


def assert_true(campaign_id: int) -> None:
    assert proofs.recount(campaign_id, repair=False) == []
    assert proofs.audit_credits() == []


def make_mixed() -> int:
    """Three who get the SMS, and five who must not: their numbers want none."""
    connect_whatsapp()
    make_contacts(3)
    make_contacts(1, first=3, email="rivka@example.org")
    make_contacts(2, first=4, email="both@example.org")
    make_contacts(1, first=6, email=None)
    with unit_of_work() as session:
        opt_outs.add(session, Medium.SMS, [f"+336{i:06d}77" for i in range(3, 7)], "stop")
    return leave_waiting(make_run(Channel.WHATSAPP_SMS_EMAIL))


@pytest.mark.usefixtures("database")
def test_each_goes_to_the_next_medium_that_has_an_address() -> None:
    campaign_id = make_mixed()
    before = reserved()
    plan = find_sms_plan(OPERATOR, campaign_id)
    assert plan is not None
    expected = (plan.by_sms, plan.by_email, plan.duplicates, plan.without_address, plan.credits, plan.total)
    assert expected == (3, 2, 1, 1, before, 7)

    assert send_by_sms_now(OPERATOR, campaign_id) == plan

    found = rows(campaign_id)
    assert [(row.status, row.medium, row.reason) for row in found] == [
        *[(PENDING, Medium.SMS, None)] * 3,
        (PENDING, Medium.EMAIL, None),
        (PENDING, Medium.EMAIL, None),
        (RecipientStatus.SKIPPED, Medium.WHATSAPP, Reason.DUPLICATE_ADDRESS),
        (RecipientStatus.FAILED, Medium.WHATSAPP, Reason.NO_ADDRESS),
    ]
    assert [row.address for row in found[:5]] == [
        *(row.mobile_e164 for row in found[:3]),
        "rivka@example.org",
        "both@example.org",
    ]
    assert {row.credit_state for row in found[:3]} == {CreditState.RESERVED}
    assert reserved() == before
    assert run_state(campaign_id) is RunState.SENDING
    counts = {"recipients": 3, "credits": before, "by_email": 2, "duplicates": 1, "without_address": 1}
    assert acts_told() == [counts]
    assert_true(campaign_id)
    assert find_sms_plan(OPERATOR, campaign_id) is None


@pytest.mark.usefixtures("database")
def test_without_email_in_the_channel_who_has_no_number_has_failed_and_the_run_ends() -> None:
    connect_whatsapp()
    make_contacts(2)
    with unit_of_work() as session:
        opt_outs.add(session, Medium.SMS, [f"+336{i:06d}77" for i in range(2)], "stop")
    campaign_id = leave_waiting(make_run(Channel.WHATSAPP_SMS))
    assert send_by_sms_now(OPERATOR, campaign_id).without_address == 2
    assert {(row.status, row.reason) for row in rows(campaign_id)} == {(RecipientStatus.FAILED, Reason.NO_ADDRESS)}
    assert run_state(campaign_id) is RunState.DONE
    assert_true(campaign_id)


def test_everybody_gets_one_sms_which_is_charged_once(simulator: RunningSimulator) -> None:
    campaign_id = make_waiting(contacts=80)
    before = reserved()
    send_by_sms_now(OPERATOR, campaign_id)
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=8))
    counts = simulator.control("GET", "counts")
    assert (counts["by_medium"], counts["by_address_max"]) == ({"sms": 80, "whatsapp": 0, "email": 0}, 1)
    assert {row.credit_state for row in rows(campaign_id)} == {CreditState.CHARGED}
    with reading() as session:
        assert (credits.get_balance(session).charged, reserved()) == (before, 0)
    assert run_state(campaign_id) is RunState.DONE
    assert_true(campaign_id)


@pytest.mark.usefixtures("database")
def test_what_was_claimed_or_handed_over_stays_by_whatsapp() -> None:
    connect_whatsapp()
    make_contacts(4)
    campaign_id, sender = make_run(Channel.WHATSAPP_SMS), HeldSender(Medium.WHATSAPP)

    def claim_one() -> list[Claim]:
        run = sending._begin(campaign_id, lambda: False, 10)
        assert run is not None
        return sending._claim(run, sender, 1).claims

    def answer(claims: list[Claim]) -> None:
        results = [
            SendResult(
                sign_reference(one.attempt_id, get_settings().signing_key),
                Verdict.ACCEPTED,
                f"SM{one.attempt_id}",
                None,
            )
            for one in claims
        ]
        recording.record_results(campaign_id, sender, claims, results)

    answer(claim_one())
    on_its_way = claim_one()
    leave_waiting(campaign_id)
    assert send_by_sms_now(OPERATOR, campaign_id).by_sms == 2
    assert Counter((row.status, row.medium) for row in rows(campaign_id)) == {
        (RecipientStatus.ACCEPTED, Medium.WHATSAPP): 1,
        (RecipientStatus.CLAIMED, Medium.WHATSAPP): 1,
        (PENDING, Medium.SMS): 2,
    }
    answer(on_its_way)
    assert_true(campaign_id)


@pytest.mark.usefixtures("database")
def test_two_at_once_and_a_cancellation() -> None:
    campaign_id = make_waiting(contacts=50)
    answers = all_at_once([lambda: told(send_by_sms_now, OPERATOR, campaign_id)] * 2)
    assert sorted(answers) == ["done", "not_waiting"]
    assert len(acts_told()) == 1
    assert_true(campaign_id)

    other = make_waiting(contacts=0)
    all_at_once([lambda: told(send_by_sms_now, OPERATOR, other), lambda: told(runs.cancel_campaign, OPERATOR, other)])
    assert run_state(other) is RunState.CANCELLED
    assert {row.status for row in rows(other)} == {RecipientStatus.CANCELLED}
    assert_true(other)


@pytest.mark.usefixtures("database")
def test_a_connection_that_is_back_in_the_same_moment_moves_all_or_nobody() -> None:
    campaign_id = make_waiting(contacts=50)
    answer, _ = all_at_once(
        [
            lambda: told(send_by_sms_now, OPERATOR, campaign_id),
            lambda: upkeep.note_whatsapp_state(ConnectionState.CONNECTED),
        ]
    )
    medium = Medium.SMS if answer == "done" else Medium.WHATSAPP
    assert {(row.status, row.medium) for row in rows(campaign_id)} == {(PENDING, medium)}
    assert (answer, run_state(campaign_id)) in {("done", RunState.SENDING), ("not_waiting", RunState.SENDING)}
    assert_true(campaign_id)


@pytest.mark.usefixtures("database")
def test_a_crash_leaves_it_as_it_was_and_repeating_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = make_waiting()

    def crash(*_: object, **__: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", crash)
        with pytest.raises(OSError):
            send_by_sms_now(OPERATOR, campaign_id)
    assert {row.medium for row in rows(campaign_id)} == {Medium.WHATSAPP}
    assert run_state(campaign_id) is RunState.WAITING_CONNECTION
    assert send_by_sms_now(OPERATOR, campaign_id).by_sms == 3
    assert_true(campaign_id)


@pytest.mark.usefixtures("database")
def test_who_may_and_what_waits() -> None:
    campaign_id = make_waiting()
    with pytest.raises(ForbiddenError):
        send_by_sms_now(VIEWER, campaign_id)
    assert find_sms_plan(VIEWER, campaign_id) is None
    only_whatsapp = make_waiting(Channel.WHATSAPP, contacts=0)
    assert find_sms_plan(OPERATOR, only_whatsapp) is None
    with pytest.raises(InvalidInputError):
        send_by_sms_now(OPERATOR, only_whatsapp)
    runs.pause_campaign(OPERATOR, campaign_id)
    assert find_sms_plan(OPERATOR, campaign_id) is None
    with pytest.raises(AppError, match="not_waiting"):
        send_by_sms_now(SENDER, campaign_id)


@contextmanager
def statements() -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(get_engine(), "before_cursor_execute", note)
    yield found
    event.remove(get_engine(), "before_cursor_execute", note)


@pytest.mark.usefixtures("database")
def test_the_number_of_statements_is_fixed() -> None:
    numbers: list[int] = []
    for contacts in (1, 40):
        campaign_id = make_waiting(contacts=contacts)
        with statements() as found:
            plan = send_by_sms_now(OPERATOR, campaign_id)
        assert isinstance(plan, SmsPlan)
        numbers.append(len(found))
    assert numbers[0] == numbers[1] < 25
