"""Retrying: tried anew once, never after a success, with credits that add up whatever comes late."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.retrying import WhyNot
from backend.domain.rights import Right, Role
from backend.domain.statuses import CreditState, LedgerKind, Reason, RunState
from backend.domain.statuses import RecipientStatus as Status
from backend.errors import AppError, ConflictError, ForbiddenError, InsufficientCreditError, InvalidInputError
from backend.models import Attempt, AuditEntry, Contact, Recipient
from backend.providers.base import SendResult, Verdict
from backend.repositories import attempts, credits, opt_outs
from backend.services import attention, delivery, proofs, recording, repairing, retrying, runs, upkeep
from backend.services.acting import OPERATOR, ActingUser
from backend.services.recipient_actions import recipient_actions_for
from tests.integration.test_delivery import Handed, assert_true, campaign, report
from tests.makers import connect_whatsapp, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

_OUT_OF_REACH, _NOT_IN_SERVICE, _BLOCKED = "30003", "30005", "30007"


def failed(code: str = _OUT_OF_REACH, channel: Channel = Channel.SMS, contacts: int = 1) -> Handed:
    """A campaign whose messages were taken, and then came back."""
    handed = Handed(channel, contacts)
    handed.answer()
    word = "bounce" if handed.sender.medium is Medium.EMAIL else "undelivered"
    report(*(handed.event(word, i, code=code) for i in range(contacts)))
    return handed


def again(handed: Handed, medium: Medium = Medium.SMS) -> Handed:
    """The next window of the same campaign, claimed."""
    following = Handed.__new__(Handed)
    following.campaign_id = handed.campaign_id
    following.claim(medium)
    return following


def balance() -> credits.Balance:
    with reading() as session:
        return credits.get_balance(session)


def edit_contact(handed: Handed, **values: object) -> None:
    with unit_of_work() as session:
        contact = session.get_one(Contact, handed.recipient().contact_id)
        for name, value in values.items():
            setattr(contact, name, value)


def why_not(handed: Handed) -> dict[WhyNot, int]:
    return dict(retrying.summarise_retry(OPERATOR, handed.campaign_id).plans[0].not_retried)


def test_out_of_reach_is_tried_anew_and_charged_again() -> None:
    handed = failed(contacts=2)
    summary = retrying.summarise_retry(OPERATOR, handed.campaign_id)
    assert [(plan.way, plan.total, plan.credits_needed) for plan in summary.plans] == [(None, 2, 2)]
    assert retrying.retry_overview(OPERATOR, handed.campaign_id).retriable == 2

    assert retrying.retry_failed(OPERATOR, handed.campaign_id) == retrying.Retried(2, 2)
    assert campaign(handed.campaign_id).run_state is RunState.SENDING
    assert (balance().charged, balance().reserved) == (2, 2)
    assert_true(handed.campaign_id)
    assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 0, "a second click finds nobody"

    second = again(handed)
    second.answer()
    report(*(second.event("delivered", i) for i in range(2)))
    recipient = handed.recipient()
    assert (recipient.status, recipient.first_attempt, recipient.segments_before) == (Status.DELIVERED, 2, 1)
    assert (balance().charged, balance().reserved) == (4, 0)
    assert campaign(handed.campaign_id).run_state is RunState.DONE
    assert_true(handed.campaign_id)
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "retry")).one()
        assert (entry.subject_id, entry.actor) == (handed.campaign_id, "operator")
        assert '"recipients": 2' in entry.details


def test_a_third_try_follows_a_second() -> None:
    handed = failed()
    for _ in range(2):
        retrying.retry_failed(OPERATOR, handed.campaign_id)
        next_ = again(handed)
        next_.answer()
        report(next_.event("undelivered", code=_OUT_OF_REACH))
        assert_true(handed.campaign_id)
    assert handed.recipient().status is Status.FAILED
    assert (handed.recipient().segments_before, balance().charged) == (2, 3)


@pytest.mark.parametrize("code", [_BLOCKED, _NOT_IN_SERVICE, "21610"])
def test_refused_for_good_is_not_tried_by_the_same_way(code: str) -> None:
    handed = failed(code)
    assert retrying.retry_overview(OPERATOR, handed.campaign_id).retriable == 0
    assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 0
    assert handed.recipient().attempt_count == 1


def test_two_at_the_same_time_try_once() -> None:
    handed = failed(contacts=5)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: retrying.retry_failed(OPERATOR, handed.campaign_id).recipients, range(4)))
    assert sorted(done) == [0, 0, 0, 5]
    assert balance().reserved == 5
    assert_true(handed.campaign_id)


@pytest.mark.parametrize("when", ["pending", "claimed", "answered"])
def test_the_first_message_arrives_after_all(when: str) -> None:
    handed = failed()
    retrying.retry_failed(OPERATOR, handed.campaign_id)
    second = again(handed) if when != "pending" else None
    if second and when == "answered":
        second.answer()
    report(handed.event("delivered"))
    assert_true(handed.campaign_id)
    assert handed.recipient().status is Status.DELIVERED
    if second is None:
        assert campaign(handed.campaign_id).run_state is RunState.DONE, "nobody gets it twice"
        assert (balance().charged, balance().reserved) == (1, 0)
    elif when == "claimed":
        second.answer()
    assert handed.recipient().status is Status.DELIVERED
    assert_true(handed.campaign_id)
    assert balance().charged == (1 if second is None else 2)


@pytest.mark.parametrize("when", ["pending", "claimed", "answered", "delivered"])
def test_another_failure_of_the_first_message_changes_nothing(when: str) -> None:
    handed = failed()
    retrying.retry_failed(OPERATOR, handed.campaign_id)
    second = again(handed) if when != "pending" else None
    if second and when in {"answered", "delivered"}:
        second.answer()
    if second and when == "delivered":
        report(second.event("delivered"))
    before = handed.recipient()
    report(handed.event("failed", code="30008"))
    after = handed.recipient()
    assert (after.status, after.lease_until, after.credit_state) == (
        before.status,
        before.lease_until,
        before.credit_state,
    )
    assert_true(handed.campaign_id)


def test_the_cascade_goes_on_in_the_second_try() -> None:
    connect_whatsapp()
    handed = failed("63024", Channel.WHATSAPP_SMS)
    by_sms = again(handed)
    by_sms.answer()
    report(by_sms.event("undelivered", code=_OUT_OF_REACH))
    assert retrying.retry_failed(OPERATOR, handed.campaign_id) == retrying.Retried(1, 1)
    assert handed.recipient().medium is Medium.WHATSAPP
    second = again(handed, Medium.WHATSAPP)
    second.answer()
    report(second.event("undelivered", code="63024"))
    assert (handed.recipient().status, handed.recipient().medium) == (Status.PENDING, Medium.SMS)
    report(by_sms.event("failed", code="30008"))
    assert handed.recipient().status is Status.PENDING, "the first try does not end the second"
    last = again(handed)
    last.answer()
    report(last.event("delivered"))
    assert handed.recipient().status is Status.DELIVERED
    assert (balance().charged, balance().reserved) == (2, 0)
    assert_true(handed.campaign_id)


def test_by_another_medium() -> None:
    make_contacts(1, first=50)
    campaign_id = make_run(Channel.SMS_EMAIL)
    emailed = Handed.__new__(Handed)
    emailed.campaign_id = campaign_id
    emailed.claim(Medium.EMAIL)
    emailed.answer()
    report(emailed.event("blocked", code="5.7.1"))
    assert emailed.recipient().status is Status.FAILED
    plans = {plan.way: plan for plan in retrying.summarise_retry(OPERATOR, campaign_id).plans}
    assert {way: plan.total for way, plan in plans.items()} == {None: 0, Medium.EMAIL: 0, Medium.SMS: 1}
    assert plans[Medium.SMS].credits_needed == 1
    actions = recipient_actions_for(OPERATOR, campaign_id, emailed.claims[0].recipient_id)
    assert actions.ways == [Medium.SMS]

    assert retrying.retry_failed(OPERATOR, campaign_id, Medium.SMS) == retrying.Retried(1, 1)
    recipient = emailed.recipient()
    assert (recipient.medium, recipient.address) == (Medium.SMS, recipient.mobile_e164)
    second = again(emailed)
    second.answer()
    report(second.event("delivered"))
    assert emailed.recipient().status is Status.DELIVERED
    assert_true(campaign_id)
    with pytest.raises(InvalidInputError):
        retrying.retry_failed(OPERATOR, campaign_id, Medium.WHATSAPP)


@pytest.mark.parametrize("state", [RunState.SENDING, RunState.PAUSED, RunState.CANCELLED, RunState.HALTED])
def test_what_becomes_of_the_run(state: RunState) -> None:
    handed = failed(contacts=1)
    with unit_of_work() as session:
        found = session.get_one(type(campaign(handed.campaign_id)), handed.campaign_id)
        found.run_state = state
    if state in {RunState.SENDING, RunState.PAUSED}:
        assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 1
        assert campaign(handed.campaign_id).run_state is state
        if state is RunState.PAUSED:
            runs.cancel_campaign(OPERATOR, handed.campaign_id)
            assert handed.recipient().status is Status.CANCELLED
            report(handed.event("failed", code="30008"))
            assert handed.recipient().status is Status.CANCELLED
            assert balance().reserved == 0
    else:
        with pytest.raises(ConflictError) as error:
            retrying.retry_failed(OPERATOR, handed.campaign_id)
        assert error.value.code == "retry_stopped"
        assert retrying.summarise_retry(OPERATOR, handed.campaign_id).stopped
        assert handed.recipient().status is Status.FAILED
    assert_true(handed.campaign_id)


def test_without_credits_nobody_is_tried() -> None:
    handed = failed(contacts=3)
    with unit_of_work() as session:
        credits.move(session, LedgerKind.ADJUST, 2 - credits.get_balance(session).available)
    assert retrying.summarise_retry(OPERATOR, handed.campaign_id).plans[0].credits_missing == 1
    with pytest.raises(InsufficientCreditError) as error:
        retrying.retry_failed(OPERATOR, handed.campaign_id)
    assert error.value.details == {"needed": 3, "available": 2, "missing": 1}
    assert {handed.recipient(i).status for i in range(3)} == {Status.FAILED}
    assert campaign(handed.campaign_id).run_state is RunState.DONE
    assert_true(handed.campaign_id)


def test_a_repaired_address_is_taken_up() -> None:
    handed = failed(_NOT_IN_SERVICE)
    old = handed.recipient().mobile_e164
    assert why_not(handed) == {WhyNot.NO_ADDRESS: 1}, "the number was flagged"
    with pytest.raises(InvalidInputError) as error:
        repairing.repair_address(
            OPERATOR, handed.campaign_id, handed.recipient().id or 0, email="", mobile="01 42 68 53 00"
        )
    assert (error.value.code, error.value.details["field"]) == ("mobile_landline", "mobile")
    with pytest.raises(InvalidInputError) as error:
        repairing.repair_address(
            OPERATOR, handed.campaign_id, handed.recipient().id or 0, email="ruth0@example.org", mobile=old or ""
        )
    assert error.value.code == "address_unchanged"

    repairing.repair_address(
        OPERATOR, handed.campaign_id, handed.recipient().id or 0, email="ruth0@example.org", mobile="06 39 98 12 34"
    )
    retrying.retry_failed(OPERATOR, handed.campaign_id)
    recipient = handed.recipient()
    assert recipient.address == recipient.mobile_e164 == "+33639981234"
    report(handed.event("failed", code="30006"))
    with reading() as session:
        contact = session.get_one(Contact, recipient.contact_id)
        assert (contact.mobile_e164, contact.mobile_problem) == ("+33639981234", None), "it spoke of the old number"
        assert session.exec(select(Attempt.sent_to)).one() == old
        details = session.exec(select(AuditEntry.details).where(AuditEntry.action == "repair_address")).one()
        assert "+33" not in details
    second = again(handed)
    assert [claim.address for claim in second.claims] == ["+33639981234"]
    second.answer()
    assert_true(handed.campaign_id)


def test_an_address_that_somebody_else_holds_is_left_alone() -> None:
    handed = failed(_NOT_IN_SERVICE, contacts=2)
    repaired = "+33639981234"
    for i in range(2):
        repairing.repair_address(OPERATOR, handed.campaign_id, handed.claims[i].recipient_id, email="", mobile=repaired)
    plan = retrying.summarise_retry(OPERATOR, handed.campaign_id).plans[0]
    assert (plan.total, dict(plan.not_retried)) == (1, {WhyNot.ADDRESS_TAKEN: 1})
    assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 1
    assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 0
    assert_true(handed.campaign_id)


@pytest.mark.parametrize("why", [WhyNot.DELETED, WhyNot.DECEASED, WhyNot.OPTED_OUT])
def test_who_wants_no_message_is_not_tried(why: WhyNot) -> None:
    handed = failed()
    if why is WhyNot.OPTED_OUT:
        with unit_of_work() as session:
            opt_outs.add(session, Medium.SMS, [handed.recipient().address or ""], "stop")
    else:
        edit_contact(handed, **({"deleted_at": clock.now()} if why is WhyNot.DELETED else {"is_deceased": True}))
    assert why_not(handed) == {why: 1}
    assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 0


def test_no_credit_for_the_second_medium_is_tried_when_there_is_some() -> None:
    handed = failed(_NOT_IN_SERVICE)
    with unit_of_work() as session:
        recipient = session.get_one(Recipient, handed.claims[0].recipient_id)
        recipient.reason, recipient.vendor_code = Reason.NO_CREDIT, None
    edit_contact(handed, mobile_problem=None)
    assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 1
    assert handed.recipient().reason is None


def lost(channel: Channel = Channel.SMS, contacts: int = 1) -> Handed:
    handed = Handed(channel, contacts)
    handed.answer(Verdict.UNKNOWN, "timeout")
    return handed


def test_a_lost_answer_is_sent_again_only_by_choice_and_charged() -> None:
    handed = lost()
    assert retrying.retry_failed(OPERATOR, handed.campaign_id).recipients == 0
    overview = retrying.retry_overview(OPERATOR, handed.campaign_id)
    assert (overview.retriable, overview.unknown, overview.askable) == (0, 1, 1)
    plan = attention.summarise_unknown(OPERATOR, handed.campaign_id).plans[0]
    assert (plan.total, plan.credits_needed, plan.credits_spent) == (1, 1, 1)
    assert attention.retry_unknown(OPERATOR, handed.campaign_id) == retrying.Retried(1, 1)
    assert (balance().charged, balance().reserved) == (1, 1)
    assert_true(handed.campaign_id)
    second = again(handed)
    deferred = [SendResult(handed.reference(), Verdict.DEFERRED, None, "429")]
    recording.record_results(handed.campaign_id, handed.sender, handed.claims, deferred)
    assert handed.recipient().status is Status.CLAIMED, "an answer about the first message frees nobody"
    second.answer()
    report(second.event("delivered"))
    assert (balance().charged, balance().reserved) == (2, 0)
    assert_true(handed.campaign_id)


def test_a_lost_answer_found_before_the_second_try_ends_it() -> None:
    handed = lost()
    attention.retry_unknown(OPERATOR, handed.campaign_id)
    report(handed.event("sent"))
    assert handed.recipient().status is Status.SENT
    assert (balance().charged, balance().reserved) == (1, 0)
    assert campaign(handed.campaign_id).run_state is RunState.DONE
    report(handed.event("delivered"))
    assert handed.recipient().status is Status.DELIVERED
    assert_true(handed.campaign_id)


@pytest.mark.parametrize("learnt", [None, "delivered", "undelivered"])
def test_assumed_delivered_until_something_is_learnt(learnt: str | None) -> None:
    handed = lost(contacts=2)
    assert attention.assume_delivered(OPERATOR, handed.campaign_id, handed.claims[0].recipient_id) == 1
    assert [handed.recipient(i).status for i in range(2)] == [Status.DELIVERED, Status.UNKNOWN]
    assert attention.assume_delivered(OPERATOR, handed.campaign_id) == 1
    assert attention.assume_delivered(OPERATOR, handed.campaign_id) == 0
    assert (balance().charged, balance().reserved) == (2, 0)
    assert_true(handed.campaign_id)
    if learnt:
        report(handed.event(learnt, code=_OUT_OF_REACH if learnt == "undelivered" else None))
        assert handed.recipient().status is (Status.FAILED if learnt == "undelivered" else Status.DELIVERED)
        assert handed.recipient(1).status is Status.DELIVERED
        assert_true(handed.campaign_id)


def test_a_whatsapp_that_is_assumed_delivered_gives_its_sms_back() -> None:
    connect_whatsapp()
    handed = lost(Channel.WHATSAPP_SMS)
    attention.assume_delivered(OPERATOR, handed.campaign_id)
    assert (balance().charged, balance().reserved) == (0, 0)
    assert handed.recipient().credit_state is CreditState.RELEASED
    assert_true(handed.campaign_id)


def test_the_provider_is_asked_about_what_was_given_up() -> None:
    handed = lost()
    day = timedelta(days=1)

    def due() -> list[int]:
        now = clock.now()
        with reading() as session:
            found = attempts.list_to_ask(
                session, ("twilio",), claimed_between=(now - day, now), asked_before=now - timedelta(minutes=1), limit=9
            )
        return [question.attempt_id for question in found]

    with unit_of_work() as session:
        attempt = session.get_one(Attempt, handed.claims[0].attempt_id)
        attempt.claimed_at -= 2 * day
        attempt.asked_at = clock.now()
    assert due() == []
    assert attention.ask_again(OPERATOR, handed.campaign_id) == attention.Asked(1, 0)
    assert due() == [handed.claims[0].attempt_id]


def test_nobody_can_be_asked_about_an_email() -> None:
    handed = lost(Channel.EMAIL)
    assert attention.ask_again(OPERATOR, handed.campaign_id) == attention.Asked(0, 1)
    assert retrying.retry_overview(OPERATOR, handed.campaign_id).askable == 0


def test_each_act_needs_its_right() -> None:
    handed = failed()
    viewer = ActingUser(None, "v@example.org", "V", Role.SECONDARY, frozenset({Right.CAMPAIGNS_VIEW}))
    recipient_id = handed.claims[0].recipient_id
    for act in (retrying.summarise_retry, retrying.retry_failed, attention.ask_again, attention.assume_delivered):
        with pytest.raises(ForbiddenError):
            act(viewer, handed.campaign_id)
    with pytest.raises(ForbiddenError):
        repairing.repair_address(viewer, handed.campaign_id, recipient_id, email="", mobile="")
    assert retrying.retry_overview(viewer, handed.campaign_id) == retrying.RetryOverview()
    actions = recipient_actions_for(viewer, handed.campaign_id, recipient_id)
    assert not actions.any
    assert (actions.email, actions.mobile) == ("", "")
    other = make_run()
    with pytest.raises(AppError):
        recipient_actions_for(OPERATOR, other, recipient_id)


_REPORTS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([("sent", None), ("delivered", None), ("undelivered", "30003"), ("failed", "30008")]),
    ),
    max_size=5,
)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(reports=_REPORTS, answered=st.booleans(), expires=st.booleans())
def test_reports_of_two_tries_in_any_order(
    reports: Sequence[tuple[int, tuple[str, str | None]]], answered: bool, expires: bool
) -> None:
    """Reached once is reached, nobody is pending who was, and the ledger adds up after each step."""
    first = next(_NUMBERS)
    make_contacts(1, first=first)
    handed = Handed.__new__(Handed)
    handed.campaign_id = make_run()
    handed.claim(Medium.SMS)
    handed.answer()
    report(*(handed.event("undelivered", i, code=_OUT_OF_REACH) for i in range(len(handed.claims))))
    retrying.retry_failed(OPERATOR, handed.campaign_id)
    tries = [handed, again(handed)]
    if expires:
        with unit_of_work() as session:
            for claim in tries[1].claims:
                session.get_one(Recipient, claim.recipient_id).lease_until = clock.now() - timedelta(seconds=1)
        upkeep.expire_stale_claims()
    if answered:
        tries[1].answer()
    reached = False
    for number, (word, code) in reports:
        report(tries[number].event(word, code=code))
        recipient = handed.recipient()
        reached = reached or word == "delivered"
        assert not (reached and recipient.status is not Status.DELIVERED)
        assert recipient.status is not Status.PENDING
        assert recipient.attempt_count == 2
        assert proofs.audit_credits() == []
    while delivery.apply_events():
        pass
    assert_true(handed.campaign_id)


_NUMBERS = iter(range(100, 1_000))
