from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.channels import Channel, Medium
from backend.domain.statuses import Reason
from backend.errors import AppError, ConflictError, ForbiddenError, InsufficientCreditError, InvalidInputError
from backend.services.validation import ValidationSummary
from unisoft_ui.texts import confirmation as texts
from unisoft_ui.view_models.confirmation import Confirmation, confirmation, done_sentence, is_typed, refusal

NOW = datetime(2026, 9, 16, 8, 24, tzinfo=UTC)
SUMMARY = ValidationSummary(
    campaign_id=7,
    title="Kol Nidre reminder",
    channel=Channel.SMS_EMAIL,
    recipients={Medium.SMS: 598, Medium.EMAIL: 38},
    left_out={Reason.NO_ADDRESS: 6, Reason.OPTED_OUT: 12, Reason.DECEASED: 0},
    credits_needed=598,
    credits_available=1250,
    scheduled_at=None,
    time_zone="Europe/Paris",
    schedule_passed=False,
    empty_fields={},
    whatsapp_connected=False,
)


def shown(**changes: object) -> Confirmation:
    return confirmation(replace(SUMMARY, **changes), NOW)


def test_recipients_stand_in_the_order_of_the_channel() -> None:
    assert [(figure.label, figure.value) for figure in shown().recipients] == [("Email", "38"), ("SMS", "598")]


def test_a_medium_without_recipients_is_shown_as_none() -> None:
    assert [figure.value for figure in shown(recipients={Medium.SMS: 5}).recipients] == ["0", "5"]


def test_who_is_left_out_and_why() -> None:
    left_out = [(figure.label, figure.value) for figure in shown().left_out]
    assert left_out == [("Unsubscribed", "12"), ("Cannot be reached: no usable address", "6")]


def test_every_reason_has_words() -> None:
    assert set(texts.REASONS) | {Reason.NO_CREDIT, Reason.CANNOT_RENDER} == set(Reason)


def test_credit_that_suffices() -> None:
    view = shown()
    assert (view.needs_credit, view.needed, view.available, view.left, view.missing, view.blocked) == (
        True, "598", "1,250", "652", "", "",
    )  # fmt: skip


def test_credit_that_is_missing_blocks() -> None:
    view = shown(credits_needed=2000)
    assert (view.left, view.missing) == ("", "750")
    assert view.blocked == "Not enough credit to validate this campaign: 750 more SMS needed."


def test_emails_need_no_credit() -> None:
    assert not shown(channel=Channel.EMAIL, recipients={Medium.EMAIL: 38}, credits_needed=0).needs_credit


def test_nobody_to_send_to_blocks() -> None:
    assert shown(recipients={}, credits_needed=0).blocked == texts.NOBODY


def test_without_a_date_it_sends_at_once() -> None:
    assert (shown().moment, shown().remaining) == ("Sends immediately", "")


@pytest.mark.parametrize(
    ("later", "remaining"),
    [
        (timedelta(hours=31, minutes=36), "Paris time, in 31 h 36 min"),
        (timedelta(minutes=5), "Paris time, in 5 min"),
        (timedelta(days=8, hours=2), "Paris time, in 8 days 2 h"),
        (timedelta(days=3), "Paris time, in 3 days"),
        (timedelta(minutes=-5), "Paris time"),
    ],
    ids=str,
)
def test_the_time_that_is_left(later: timedelta, remaining: str) -> None:
    assert shown(scheduled_at=NOW + later).remaining == remaining


def test_the_moment_is_in_the_organisations_zone() -> None:
    moment = datetime(2026, 9, 17, 22, 30, tzinfo=UTC)
    assert shown(scheduled_at=moment).moment == "Friday 18 September 2026, 00:30"
    assert shown(scheduled_at=moment, time_zone="America/New_York").moment == "Thursday 17 September 2026, 18:30"


def test_a_moment_that_has_passed_is_asked_about() -> None:
    assert shown(scheduled_at=NOW - timedelta(hours=1), schedule_passed=True).passed


@pytest.mark.parametrize(
    ("count", "warning"), [(12, "12 contacts have no first name"), (1, "1 contact has no first name"), (0, None)]
)
def test_empty_personal_fields_are_counted(count: int, warning: str | None) -> None:
    assert shown(empty_fields={"first_name": count}).warnings == ([warning] if warning else [])


@pytest.mark.parametrize(
    ("channel", "connected", "warned"),
    [
        (Channel.WHATSAPP, False, True),
        (Channel.WHATSAPP, True, False),
        (Channel.WHATSAPP_SMS, False, True),
        (Channel.SMS, False, False),
    ],
)
def test_a_missing_connection_is_said(channel: Channel, connected: bool, warned: bool) -> None:
    view = shown(channel=channel, whatsapp_connected=connected)
    assert (texts.WHATSAPP_DOWN in view.warnings) is warned
    assert view.blocked == ""


@pytest.mark.parametrize(
    ("error", "beginning"),
    [
        (ConflictError(code="already_validated"), "Somebody has validated this campaign meanwhile"),
        (ConflictError(code="changed_meanwhile"), "This campaign was changed meanwhile"),
        (InsufficientCreditError(needed=9, available=2, missing=7), "Not enough credit to validate this campaign: 7"),
        (ForbiddenError(right="campaigns.send"), "You do not have the right"),
    ],
    ids=lambda value: value.code if isinstance(value, AppError) else "",
)
def test_a_refusal_is_a_sentence(error: AppError, beginning: str) -> None:
    assert refusal(error).startswith(beginning)
    assert "{" not in refusal(error)


def test_what_happened_is_said() -> None:
    planned = replace(SUMMARY, scheduled_at=datetime(2026, 9, 17, 16, tzinfo=UTC))
    assert done_sentence(SUMMARY, send_now=False) == texts.SENT
    assert done_sentence(planned, send_now=True) == texts.SENT
    assert done_sentence(planned, send_now=False).endswith("Thursday 17 September 2026, 18:00.")


def test_a_change_since_the_save_is_told() -> None:
    assert shown(targets_saved=624, targets_now=636).warnings == ["12 contacts more than when the draft was saved."]
    assert shown(targets_saved=637, targets_now=636).warnings == ["1 contact fewer than when the draft was saved."]
    assert shown(targets_saved=636, targets_now=636).warnings == []


def test_an_unsubscribe_link_that_is_added_is_told() -> None:
    assert shown(adds_unsubscribe=True).warnings == [texts.ADDS_UNSUBSCRIBE]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, ""), (60, ""), (61, "Takes about 2 min"), (7300, "Takes about 2 h 2 min")]
)
def test_how_long_it_takes(seconds: int, words: str) -> None:
    assert shown(duration_s=seconds).lasts == words


def test_many_recipients_are_typed() -> None:
    assert shown(typed_above=635).typed_label == "To confirm, type the number of recipients: 636"
    assert shown(typed_above=636).typed_label == ""
    assert shown(typed_above=0).typed_label == "", "0 switches it off"


@pytest.mark.parametrize("entered", ["1250", "1,250", "1 250", " 1\u202f250 ", "1.250"])
def test_the_number_may_be_typed_in_any_way(entered: str) -> None:
    assert is_typed(entered, 1250)


@pytest.mark.parametrize("entered", ["", "125", "12500", "yes", "-1250", "1250x", "١٢٥٠", "9" * 30])
def test_another_number_is_not_enough(entered: str) -> None:
    assert not is_typed(entered, 1250)


def test_a_sending_that_can_be_taken_back_says_so() -> None:
    assert done_sentence(replace(SUMMARY, grace_s=30), send_now=False) == texts.GRACE.format(seconds=30)
    later = replace(SUMMARY, grace_s=30, scheduled_at=NOW + timedelta(days=1))
    assert done_sentence(later, send_now=False) != texts.GRACE.format(seconds=30)
    assert done_sentence(later, send_now=True) == texts.GRACE.format(seconds=30)


def test_an_unfinished_draft_says_what_is_missing() -> None:
    error = InvalidInputError(code="required", field="sms_text")
    assert refusal(error) == "This draft is not finished. Write the text of the SMS."
