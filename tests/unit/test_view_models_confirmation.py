from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.channels import Channel, Medium
from backend.domain.statuses import Reason
from backend.errors import AppError, ConflictError, ForbiddenError, InsufficientCreditError
from backend.services.validation import ValidationSummary
from unisoft_ui.texts import confirmation as texts
from unisoft_ui.view_models.confirmation import Confirmation, confirmation, done_sentence, refusal

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
