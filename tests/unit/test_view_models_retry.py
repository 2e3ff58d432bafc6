from __future__ import annotations

from backend.domain.channels import Channel, Medium
from backend.domain.retrying import WhyNot
from backend.domain.statuses import RunState
from backend.errors import ConflictError, InsufficientCreditError
from backend.services.recipient_actions import RecipientActions
from backend.services.retrying import RetryOverview, RetryPlan, RetrySummary
from unisoft_ui.texts import retry as texts
from unisoft_ui.view_models.retry import actions, attention, button, field_errors, plans, read_way, refusal


def summary(*planned: RetryPlan, state: RunState = RunState.DONE) -> RetrySummary:
    return RetrySummary(1, "Kol Nidre", Channel.WHATSAPP_SMS, state, planned, whatsapp_connected=False)


def test_the_button_counts_whom_it_has_looked_at() -> None:
    assert button(RetryOverview()) == ""
    assert button(RetryOverview(13)) == "Retry failed (13)"
    assert button(RetryOverview(1_300, is_more=True)) == "Retry failed (1,300+)"
    assert button(RetryOverview(0, is_more=True)) == "Retry failed", "there may be some among the others"


def test_lost_answers_of_emails_cannot_be_asked_about() -> None:
    assert attention(RetryOverview()).text == ""
    by_phone = attention(RetryOverview(unknown=2, askable=2))
    assert (by_phone.may_ask, by_phone.note) == (True, "")
    emails = attention(RetryOverview(unknown=1))
    assert (emails.may_ask, emails.note) == (False, texts.ONLY_REPORTS)
    assert "1 message was" in emails.text


def test_a_plan_in_words() -> None:
    plan = RetryPlan(None, {Medium.WHATSAPP: 2, Medium.SMS: 1}, {WhyNot.REFUSED: 1, WhyNot.DELETED: 3}, 4, 0, 1, 10)
    (shown,) = plans(summary(plan), is_unknown=False)
    assert shown.label == "As in the campaign (WhatsApp / SMS)"
    assert [(figure.label, figure.value) for figure in shown.tried] == [("WhatsApp", "2"), ("SMS", "1")]
    assert [figure.value for figure in shown.not_tried] == ["3", "1"]
    assert (shown.needed, shown.left, shown.missing, shown.confirm) == ("4", "6", "", "Retry (3)")
    assert texts.WHATSAPP_DOWN in shown.notes
    assert plans(summary(plan), is_unknown=True)[0].confirm == "Send again (3)"


def test_what_keeps_it_from_being_done() -> None:
    some = RetryPlan(Medium.SMS, {Medium.SMS: 3}, {}, 3, 0, 0, 1)
    assert plans(summary(some), is_unknown=False)[0].blocked == "Not enough credit to retry: 2 more SMS needed."
    nobody = RetryPlan(None, {}, {WhyNot.REFUSED: 1})
    assert plans(summary(nobody), is_unknown=False)[0].blocked == texts.NOBODY
    assert plans(summary(some, state=RunState.HALTED), is_unknown=False)[0].blocked == texts.STOPPED["halted"]


def test_the_buttons_of_one_recipient() -> None:
    failed = RecipientActions(7, "Ruth", Medium.SMS, (None, Medium.EMAIL), Medium.SMS, may_repair=True)
    shown = actions(failed)
    assert [(way.way, way.label, way.is_first) for way in shown.ways] == [
        ("channel", "Retry", True),
        ("email", "Retry by email", False),
    ]
    elsewhere = actions(RecipientActions(7, "Ruth", Medium.SMS, (None,), Medium.EMAIL))
    assert [way.label for way in elsewhere.ways] == ["Retry by email"], "its own way leads to another medium now"
    lost = actions(RecipientActions(7, "Ruth", Medium.SMS, (None,), Medium.SMS, needs_attention=True, may_ask=True))
    assert (lost.ways, lost.needs_attention) == ([], True)
    stuck = actions(RecipientActions(7, "Ruth", Medium.SMS, why_not=WhyNot.NO_ADDRESS, may_repair=True))
    assert (stuck.any, stuck.why_not) == (True, texts.WHY_NOT[WhyNot.NO_ADDRESS])
    assert not actions(RecipientActions(7)).any


def test_what_a_page_sends_is_not_trusted() -> None:
    assert read_way("email") is Medium.EMAIL
    assert [read_way(value) for value in ("channel", "fax", 3, None, ["sms"])] == [None] * 5


def test_refusals_are_sentences() -> None:
    assert refusal(InsufficientCreditError(missing=3)) == "Not enough credit to retry: 3 more SMS needed."
    assert refusal(ConflictError(code="retry_stopped")) == texts.ERRORS["retry_stopped"]
    assert field_errors("mobile_landline", {"field": "mobile"}) == {"mobile": texts.FIELD_ERRORS["mobile_landline"]}
    assert field_errors("not_configured", {"field": "channel"}) == {}
