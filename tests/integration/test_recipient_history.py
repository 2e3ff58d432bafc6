"""One recipient: its story, its message, the contact's other messages, and who may see what."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.database import unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.reactions import ClickedKind
from backend.domain.recipient_history import RecipientHistory, StepKind
from backend.domain.refusals import Meaning
from backend.domain.statuses import Reason
from backend.domain.statuses import RecipientStatus as Status
from backend.errors import ForbiddenError, NotFoundError
from backend.models import Campaign, CampaignLink, InboundMessage, LinkClick
from backend.services import recipient_history as service
from backend.services.acting import ActingUser
from backend.services.recipient_history import other_messages, prepared_message, raw_event, recipient_history
from tests.integration.recipients import (
    ADMIN,
    START,
    STRANGER,
    VIEWER,
    add_attempt,
    add_campaign,
    add_recipients,
    add_report,
)
from tests.makers import make_contacts

pytestmark = pytest.mark.usefixtures("database")


def told(history: RecipientHistory) -> list[tuple[str, str]]:
    """The steps from the oldest, each with what it is about."""
    return [(step.kind.value, step.word or (step.medium or "")) for step in history.steps][::-1]


@pytest.mark.parametrize(
    "ask",
    [
        recipient_history,
        prepared_message,
        other_messages,
        lambda actor, campaign_id, one: raw_event(actor, campaign_id, one, 1),
    ],
)
def test_the_right_to_view_and_a_recipient_of_that_campaign_are_needed(ask: Callable[..., Any]) -> None:
    campaign_id, other, deleted = add_campaign(), add_campaign(), add_campaign(deleted_at=START)
    [mine] = add_recipients(campaign_id, {})
    [gone] = add_recipients(deleted, {})
    with pytest.raises(ForbiddenError):
        ask(STRANGER, campaign_id, mine)
    for place in ((other, mine), (campaign_id, gone), (deleted, gone), (campaign_id, 2**31 - 1)):
        with pytest.raises(NotFoundError):
            ask(ADMIN, *place)


def test_the_whole_story_is_told_in_its_order() -> None:
    campaign_id = add_campaign(channel=Channel.WHATSAPP_SMS)
    [recipient_id] = add_recipients(campaign_id, {"status": Status.FAILED, "vendor_code": "30005"})
    first = add_attempt(campaign_id, recipient_id, 1, medium=Medium.WHATSAPP, status=Status.FAILED, vendor_code="63024")
    second = add_attempt(campaign_id, recipient_id, 3, status=Status.FAILED, vendor_code="30005")
    add_report(first, "undelivered", medium=Medium.WHATSAPP, vendor_code="63024")
    add_report(second, "undelivered", vendor_code="30005", occurred_at=START + timedelta(minutes=5))
    add_report(second, "sent", occurred_at=START + timedelta(minutes=4))
    with unit_of_work() as session:
        link = CampaignLink(campaign_id=campaign_id, url="https://example.org/a", title="Programme")
        session.add(link)
        session.flush()
        session.add(
            LinkClick(
                campaign_id=campaign_id, kind=ClickedKind.LINK, item_id=link.id or 0, recipient_id=recipient_id,
                count=3,                 first_at=START + timedelta(minutes=6), last_at=START + timedelta(minutes=9),
            )
        )  # fmt: skip
    history = recipient_history(VIEWER, campaign_id, recipient_id)
    assert told(history) == [
        ("targeted", ""),
        ("handed_over", "whatsapp"),
        ("taken", "whatsapp"),
        ("reported", "undelivered"),
        ("fallback", "sms"),
        ("handed_over", "sms"),
        ("taken", "sms"),
        ("reported", "sent"),
        ("reported", "undelivered"),
        ("opened", ""),
        ("opened", ""),
    ]
    last, opened, failed = history.steps[0], history.steps[1], history.steps[2]
    assert (last.label, last.count, opened.count, last.at) == ("Programme", 3, 1, START + timedelta(minutes=9))
    assert (failed.status, failed.vendor_code, failed.meaning) == (Status.FAILED, "30005", Meaning.BAD_ADDRESS)
    assert (history.more, history.may_see_raw) == (0, False)


def test_what_was_refused_or_lost_at_the_hand_over_is_told_as_such() -> None:
    campaign_id = add_campaign()
    refused, lost, left_out = add_recipients(
        campaign_id,
        {"status": Status.FAILED, "vendor_code": "21211"},
        {"status": Status.UNKNOWN},
        {"status": Status.SKIPPED, "reason": Reason.OPTED_OUT},
    )
    add_attempt(campaign_id, refused, status=Status.FAILED, vendor_code="21211", provider_message_id=None)
    add_attempt(campaign_id, lost, status=Status.UNKNOWN, provider_message_id=None)
    kinds = [told(recipient_history(VIEWER, campaign_id, one))[-1][0] for one in (refused, lost, left_out)]
    assert kinds == [StepKind.REFUSED, StepKind.NO_ANSWER, StepKind.ENDED]


def test_a_click_in_an_email_is_told_with_its_address() -> None:
    campaign_id = add_campaign(channel=Channel.EMAIL)
    [recipient_id] = add_recipients(campaign_id, {"status": Status.READ, "medium": Medium.EMAIL, "address": "a@b.fr"})
    attempt = add_attempt(campaign_id, recipient_id, medium=Medium.EMAIL, provider="sendgrid", status=Status.READ)
    by_email = {"provider": "sendgrid", "medium": Medium.EMAIL}
    add_report(attempt, "click", payload=json.dumps({"url": "https://example.org/kiddush"}), **by_email)
    add_report(attempt, "open", payload="no JSON", **by_email)
    steps = recipient_history(ADMIN, campaign_id, recipient_id).steps
    assert {step.word: step.label for step in steps if step.word} == {
        "click": "https://example.org/kiddush",
        "open": "",
    }


def test_at_most_two_hundred_reports_are_told_the_newest_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_REPORTS", 3)
    campaign_id = add_campaign()
    [recipient_id] = add_recipients(campaign_id, {})
    attempt_id = add_attempt(campaign_id, recipient_id)
    for number in range(5):
        add_report(attempt_id, "read", event_key=f"e{number}", occurred_at=START + timedelta(minutes=2 + number))
    history = recipient_history(ADMIN, campaign_id, recipient_id)
    reports = [step for step in history.steps if step.kind is StepKind.REPORTED]
    assert (len(reports), history.more, reports[0].at) == (3, 2, START + timedelta(minutes=6))
    assert history.may_see_raw


def test_raw_reports_are_for_administrators_without_secrets_and_bounded() -> None:
    campaign_id = add_campaign()
    mine, other = add_recipients(campaign_id, {}, {})
    payload = {"MessageStatus": "sent", "attempt": "12.signature", "auth_token": "s", "more": [{"ApiKey": "k"}]}
    event_id = add_report(add_attempt(campaign_id, mine), "sent", payload=json.dumps(payload))
    long_id = add_report(add_attempt(campaign_id, other), "sent", payload=json.dumps({"a": "x" * 20_000}))
    raw = raw_event(ADMIN, campaign_id, mine, event_id)
    assert json.loads(raw) == {"MessageStatus": "sent", "attempt": "…", "auth_token": "…", "more": [{"ApiKey": "…"}]}
    assert len(raw_event(ADMIN, campaign_id, other, long_id)) == service.LONGEST_RAW + 1
    with pytest.raises(ForbiddenError):
        raw_event(VIEWER, campaign_id, mine, event_id)
    with pytest.raises(NotFoundError):
        raw_event(ADMIN, campaign_id, other, event_id)


def test_the_message_has_the_fields_of_the_day_it_was_frozen() -> None:
    campaign_id = add_campaign(
        channel=Channel.SMS_EMAIL, subject="To {{first_name}}", email_html="<p>Shalom {{first_name}}</p>"
    )
    fields = json.dumps({"first_name": "<Zoé>"})
    sms, email, nowhere = add_recipients(
        campaign_id,
        {"first_name": "Renamed", "fields": fields},
        {"fields": fields, "medium": Medium.EMAIL, "address": "z@example.org"},
        {"status": Status.FAILED, "reason": Reason.NO_ADDRESS, "medium": None, "address": None, "fields": "broken"},
    )
    assert prepared_message(VIEWER, campaign_id, sms).text == "Shalom <Zoé>"
    message = prepared_message(VIEWER, campaign_id, email)
    assert (message.medium, message.subject) == (Medium.EMAIL, "To <Zoé>")
    assert "Shalom &lt;Zoé&gt;" in message.html
    assert "%%" not in message.html
    assert prepared_message(VIEWER, campaign_id, nowhere).medium is Medium.EMAIL


def test_a_contacts_other_messages_are_shown_newest_first_with_those_of_deleted_campaigns() -> None:
    campaigns = [add_campaign(title=f"Number {number}") for number in range(13)]
    [first] = add_recipients(campaigns[0], {})
    contact_id = recipient_history(VIEWER, campaigns[0], first).recipient.contact_id
    for campaign_id in campaigns[1:]:
        add_recipients(campaign_id, {"status": Status.FAILED, "vendor_code": "30005"}, contact_ids=[contact_id])
        add_recipients(campaign_id, {})
    with unit_of_work() as session:
        session.get_one(Campaign, campaigns[12]).deleted_at = START
    found = other_messages(VIEWER, campaigns[0], first)
    assert [message.title for message in found.messages] == [f"Number {number}" for number in range(12, 2, -1)]
    assert [message.is_deleted for message in found.messages] == [True] + [False] * 9
    assert (found.messages[0].status, found.messages[0].meaning) == (Status.FAILED, Meaning.BAD_ADDRESS)
    rest = other_messages(VIEWER, campaigns[0], first, found.next_before)
    assert ([message.title for message in rest.messages], rest.next_before) == (["Number 2", "Number 1"], None)


def test_nobody_else_sees_raw_reports_by_a_right() -> None:
    campaign_id = add_campaign()
    [recipient_id] = add_recipients(campaign_id, {})
    event_id = add_report(add_attempt(campaign_id, recipient_id), "sent")
    everything = ActingUser(None, "e@example.org", "E", VIEWER.role, frozenset(service.Right))
    with pytest.raises(ForbiddenError):
        raw_event(everything, campaign_id, recipient_id, event_id)


def add_replies(*rows: tuple[int | None, str, str]) -> None:
    """Each a minute after the one before: whose, from where, what."""
    with unit_of_work() as session:
        for number, (contact_id, address, text) in enumerate(rows):
            session.add(
                InboundMessage(
                    contact_id=contact_id, medium=Medium.SMS, provider="twilio", provider_message_id=f"SM{number}",
                    address=address, text=text, received_at=START + timedelta(minutes=number),
                )
            )  # fmt: skip


def test_the_last_replies_of_the_contact_are_told_the_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "REPLIES_SHOWN", 3)
    campaign_id = add_campaign()
    [contact_id, same_number] = make_contacts(2, mobile_e164="+33639800000")
    mine, other = add_recipients(
        campaign_id,
        {"mobile_e164": "+33639800009"},  # as it was when the campaign was frozen
        {"address": "+33639800001"},
        contact_ids=[contact_id, same_number],
    )
    add_replies(
        (contact_id, "+33639800005", "mine, from long ago"),
        (None, "+33639800000", "of either of two"),
        (None, "+33639800009", "from the number of that day"),
        (same_number, "+33639800000", "the other's own"),
        (None, "+33639800007", "nobody's"),
        (contact_id, "+33639800000", "mine"),
    )
    history = recipient_history(VIEWER, campaign_id, mine)
    assert [reply.text for reply in history.replies] == ["mine", "from the number of that day", "of either of two"]
    assert history.has_older_replies
    history = recipient_history(VIEWER, campaign_id, other)
    assert [reply.text for reply in history.replies] == ["the other's own", "of either of two"]
    assert not history.has_older_replies
