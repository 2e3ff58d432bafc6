"""Validating freezes once, reserves exactly, and refuses whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.rights import Role
from backend.domain.statuses import CampaignStatus, CreditState, Reason, RecipientStatus, RunState
from backend.errors import AppError, ConflictError, ForbiddenError, InsufficientCreditError, InvalidInputError
from backend.models import Campaign, Recipient
from backend.repositories import campaigns, credits, opt_outs, organisations
from backend.services import drafts, proofs, runs, validation
from backend.services.acting import OPERATOR, ActingUser
from backend.settings import get_settings
from tests.makers import buy_credits, make_category, make_contacts, make_draft, make_household, make_run

pytestmark = pytest.mark.usefixtures("database")


def recipients_of(campaign_id: int) -> list[Recipient]:
    with reading() as session:
        query = select(Recipient).where(Recipient.campaign_id == campaign_id).order_by(Recipient.id)  # type: ignore[arg-type]
        return list(session.exec(query))


def campaign(campaign_id: int) -> Campaign:
    with reading() as session:
        found = session.get(Campaign, campaign_id)
        assert found is not None
        return found


def balance() -> credits.Balance:
    with reading() as session:
        return credits.get_balance(session)


def test_freezes_reserves_and_starts() -> None:
    make_contacts(5)
    buy_credits(100)
    campaign_id = make_draft()

    summary = validation.validate_campaign(OPERATOR, campaign_id)

    stored = campaign(campaign_id)
    assert (stored.status, stored.run_state) == (CampaignStatus.VALIDATE, RunState.SENDING)
    assert summary.recipients == {Medium.SMS: 5}
    assert [r.status for r in recipients_of(campaign_id)] == [RecipientStatus.PENDING] * 5
    assert stored.pending_count == stored.targets_count == 5
    assert balance() == (100, 0, 5)
    assert proofs.audit_credits() == []
    assert proofs.recount() == []


def test_a_draft_reserves_nothing() -> None:
    make_contacts(3)
    buy_credits(3)
    make_draft()
    assert balance().available == 3


def test_segments_are_counted_after_personal_fields() -> None:
    make_contacts(1, first_name="A" * 30)
    make_contacts(1, first=1, first_name="Ruth")
    make_contacts(1, first=2, first_name="רות")
    buy_credits(10)
    campaign_id = make_draft(sms_text="{{first_name}}" + "x" * 140)

    summary = validation.validate_campaign(OPERATOR, campaign_id)

    assert [r.segments for r in recipients_of(campaign_id)] == [2, 1, 3]
    assert summary.credits_needed == 6


def test_too_little_credit_refuses_the_whole_campaign() -> None:
    make_contacts(5)
    buy_credits(4)
    campaign_id = make_draft()

    with pytest.raises(InsufficientCreditError) as caught:
        validation.validate_campaign(OPERATOR, campaign_id)

    assert caught.value.details == {"needed": 5, "available": 4, "missing": 1}
    assert campaign(campaign_id).status is CampaignStatus.INIT
    assert recipients_of(campaign_id) == []
    assert balance() == (4, 0, 0)


def _validate(campaign_id: int) -> str:
    try:
        validation.validate_campaign(OPERATOR, campaign_id)
    except AppError as error:
        return error.code
    return "validated"


def test_validated_by_two_people_at_once_is_validated_once() -> None:
    make_contacts(50)
    buy_credits(1000)
    campaign_id = make_draft()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(_validate, [campaign_id] * 4))

    assert answers.count("validated") == 1, answers
    assert set(answers) - {"validated"} <= {"changed_meanwhile", "already_validated"}
    assert len(recipients_of(campaign_id)) == 50
    assert balance() == (1000, 0, 50)


def test_two_campaigns_cannot_share_the_last_credits() -> None:
    make_contacts(10)
    buy_credits(15)
    ids = [make_draft(), make_draft()]

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(_validate, ids))

    assert answers == ["insufficient_credit", "validated"]
    assert balance().available == 5
    assert proofs.audit_credits() == []


def test_more_than_is_available_is_not_reserved() -> None:
    make_contacts(1)
    buy_credits(2)
    campaign_id = make_draft()
    with unit_of_work() as session:
        assert not credits.reserve(session, 3, campaign_id=campaign_id, user_id=None)
    assert balance() == (2, 0, 0)


def test_leaves_out_with_a_reason() -> None:
    home = make_household()
    make_contacts(1)
    make_contacts(1, first=1, mobile_e164="+33600000077")  # the number of the first
    make_contacts(1, first=2, is_deceased=True)
    make_contacts(1, first=3, mobile_e164=None)
    make_contacts(1, first=4, mobile_problem="landline")
    make_contacts(2, first=5, household_id=home)
    make_contacts(1, first=7)
    with unit_of_work() as session:
        opt_outs.add(session, Medium.SMS, ["+33600000777"], "stop")
    buy_credits(10)
    campaign_id = make_draft(one_per_household=True)

    summary = validation.validate_campaign(OPERATOR, campaign_id)

    assert summary.left_out == {
        Reason.DUPLICATE_ADDRESS: 1,
        Reason.DECEASED: 1,
        Reason.NO_ADDRESS: 2,
        Reason.SAME_HOUSEHOLD: 1,
        Reason.OPTED_OUT: 1,
    }
    statuses = {r.reason: r.status for r in recipients_of(campaign_id) if r.reason}
    assert statuses[Reason.NO_ADDRESS] is RecipientStatus.FAILED
    assert {status for reason, status in statuses.items() if reason is not Reason.NO_ADDRESS} == {
        RecipientStatus.SKIPPED
    }
    assert summary.total == 2
    assert proofs.recount() == []


def test_whatsapp_then_sms_reserves_the_worst_case() -> None:
    make_contacts(4)
    buy_credits(10)
    campaign_id = make_draft(Channel.WHATSAPP_SMS)

    summary = validation.validate_campaign(OPERATOR, campaign_id)

    assert summary.recipients == {Medium.WHATSAPP: 4}
    assert summary.credits_needed == 4
    assert {r.credit_state for r in recipients_of(campaign_id)} == {CreditState.RESERVED}


def test_sms_or_email_prefers_the_email() -> None:
    make_contacts(2)
    make_contacts(1, first=2, email=None)
    buy_credits(10)
    summary = validation.validate_campaign(OPERATOR, make_draft(Channel.SMS_EMAIL))
    assert summary.recipients == {Medium.EMAIL: 2, Medium.SMS: 1}
    assert summary.credits_needed == 1


def test_empty_fields_are_counted() -> None:
    make_contacts(2, first_name="")
    make_contacts(1, first=2)
    summary = validation.summarise(OPERATOR, make_draft())
    assert summary.empty_fields == {"first_name": 2}


def test_categories_choose_the_contacts() -> None:
    members = make_category()
    make_contacts(3, category_id=members)
    make_contacts(4, first=3)
    summary = validation.summarise(OPERATOR, make_draft(everyone=False, category_ids=[members]))
    assert summary.total == 3


def test_nobody_to_send_to_is_refused() -> None:
    make_contacts(1, mobile_e164=None)
    with pytest.raises(InvalidInputError) as caught:
        validation.validate_campaign(OPERATOR, make_draft())
    assert caught.value.code == "no_recipients"


def test_a_channel_without_credentials_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(1)
    campaign_id = make_draft(Channel.EMAIL)
    monkeypatch.setenv("SENDGRID_API_KEY", "")
    validation.get_settings.cache_clear()
    with pytest.raises(InvalidInputError) as caught:
        validation.validate_campaign(OPERATOR, campaign_id)
    assert caught.value.details["media"] == [Medium.EMAIL]


def _scheduled(campaign_id: int, minutes: int) -> None:
    with unit_of_work() as session:
        found = session.get(Campaign, campaign_id)
        assert found is not None
        found.scheduled_at = clock.now() + timedelta(minutes=minutes)


def test_a_future_date_waits() -> None:
    make_contacts(1)
    buy_credits(1)
    campaign_id = make_draft()
    _scheduled(campaign_id, 60)
    validation.validate_campaign(OPERATOR, campaign_id)
    assert campaign(campaign_id).run_state is RunState.SCHEDULED


def test_a_date_that_passed_asks_first() -> None:
    make_contacts(1)
    buy_credits(1)
    campaign_id = make_draft()
    _scheduled(campaign_id, -1)
    assert validation.summarise(OPERATOR, campaign_id).schedule_passed
    with pytest.raises(InvalidInputError) as caught:
        validation.validate_campaign(OPERATOR, campaign_id)
    assert caught.value.code == "schedule_passed"

    validation.validate_campaign(OPERATOR, campaign_id, send_now=True)
    assert campaign(campaign_id).run_state is RunState.SENDING


def test_a_grace_lets_an_immediate_send_be_taken_back() -> None:
    make_contacts(2)
    buy_credits(2)
    campaign_id = make_draft()
    with unit_of_work() as session:
        organisations.get(session).undo_grace_s = 30

    validation.validate_campaign(OPERATOR, campaign_id)
    assert campaign(campaign_id).run_state is RunState.SCHEDULED
    runs.back_to_draft(OPERATOR, campaign_id)

    assert campaign(campaign_id).status is CampaignStatus.INIT
    assert recipients_of(campaign_id) == []
    assert balance() == (2, 0, 0)
    assert proofs.audit_credits() == []
    validation.validate_campaign(OPERATOR, campaign_id)


def test_what_began_before_its_date_was_set_anew_does_not_go_back_to_draft() -> None:
    make_contacts(1)
    campaign_id = make_run()
    with unit_of_work() as session:
        begun = campaigns.get(session, campaign_id)
        begun.run_state, begun.scheduled_at = RunState.SCHEDULED, clock.now() + timedelta(days=1)
    with pytest.raises(ConflictError) as caught:
        runs.back_to_draft(OPERATOR, campaign_id)
    assert caught.value.code == "too_late"
    assert len(recipients_of(campaign_id)) == 1
    assert campaign(campaign_id).status is CampaignStatus.VALIDATE


def test_saving_while_somebody_validates_is_refused() -> None:
    make_contacts(1)
    buy_credits(1)
    campaign_id = make_draft()
    entered, version = drafts.load_draft(OPERATOR, campaign_id)
    validation.validate_campaign(OPERATOR, campaign_id)
    with pytest.raises(ConflictError) as caught:
        drafts.save_campaign(OPERATOR, campaign_id, version, entered)
    assert caught.value.code == "already_validated"


def test_the_right_to_send_is_checked() -> None:
    make_contacts(1)
    campaign_id = make_draft()
    somebody = ActingUser(None, "levi@example.org", "Levi", Role.SECONDARY)
    for act in (
        validation.summarise,
        validation.validate_campaign,
        runs.pause_campaign,
        runs.resume_campaign,
        runs.cancel_campaign,
        runs.back_to_draft,
    ):
        with pytest.raises(ForbiddenError):
            act(somebody, campaign_id)


def test_the_summary_tells_what_changed_and_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_RATE_PER_S", "2")
    get_settings.cache_clear()
    make_contacts(2)
    campaign_id = make_draft(Channel.EMAIL)
    make_contacts(3, first=2)
    summary = validation.summarise(OPERATOR, campaign_id)
    assert (summary.targets_saved, summary.targets_now, summary.duration_s) == (2, 5, 3)
    assert summary.adds_unsubscribe
    placed = make_draft(Channel.EMAIL, email_html="<p><a href='{{mailing_unsubscribe}}'>no more</a></p>")
    assert not validation.summarise(OPERATOR, placed).adds_unsubscribe
    assert not validation.summarise(OPERATOR, make_draft(Channel.SMS)).adds_unsubscribe


def test_what_was_taken_back_has_no_date() -> None:
    make_contacts(1)
    buy_credits(5)
    with unit_of_work() as session:
        organisations.get(session).undo_grace_s = 60
    campaign_id = make_draft()
    assert validation.validate_campaign(OPERATOR, campaign_id).grace_s == 60
    runs.back_to_draft(OPERATOR, campaign_id)
    taken_back = campaign(campaign_id)
    assert (taken_back.scheduled_at, taken_back.schedule_zone) == (None, "")
    assert (balance(), proofs.audit_credits()) == ((5, 0, 0), [])


def test_a_date_somebody_chose_stays_when_it_goes_back_to_draft() -> None:
    make_contacts(1)
    buy_credits(5)
    campaign_id = make_draft(scheduled_local="2036-01-07T10:00")
    validation.validate_campaign(OPERATOR, campaign_id)
    planned = campaign(campaign_id).scheduled_at
    runs.back_to_draft(OPERATOR, campaign_id)
    assert campaign(campaign_id).scheduled_at == planned
