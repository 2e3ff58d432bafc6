from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.channels import Medium
from backend.domain.recipient_history import RecipientHistory, Step, StepKind
from backend.domain.refusals import Meaning
from backend.domain.statuses import Reason, RecipientStatus
from backend.domain.tracking import RecipientRow
from unisoft_ui.view_models.recipient import STEP_ICONS, RecipientShown, recipient_shown

AT = datetime(2026, 9, 1, 22, 30, tzinfo=UTC)
ROW = RecipientRow(
    id=5, contact_id=8, first_name="Ruth", last_name="Lévy", hebrew_first_name="רות", medium=Medium.EMAIL,
    address="ruth@example.org", status=RecipientStatus.DELIVERED, reason=None, vendor_code=None, meaning=None,
    segments=0, updated_at=AT,
)  # fmt: skip


def shown(*steps: Step, may_see_raw: bool = True, row: RecipientRow = ROW) -> RecipientShown:
    return recipient_shown(RecipientHistory(3, row, steps, 0, "Europe/Paris", may_see_raw), AT)


def words(step: Step) -> tuple[str, str]:
    [line] = shown(step).steps
    return line.title, line.detail


@pytest.mark.parametrize("kind", StepKind)
def test_every_kind_of_step_has_words_and_an_icon(kind):
    step = Step(kind, AT, Medium.SMS, 2, "twilio", "sent", RecipientStatus.FAILED, vendor_code="30005")
    [line] = shown(step).steps
    assert line.title
    assert line.icon in STEP_ICONS


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Step(StepKind.HANDED_OVER, AT, Medium.SMS, 2), ("SMS: attempt 2", "Handed to the provider")),
        (
            Step(StepKind.REPORTED, AT, Medium.SMS, word="delivered", status=RecipientStatus.DELIVERED),
            ("SMS delivered", "The provider reported “delivered”"),
        ),
        (
            Step(StepKind.REPORTED, AT, Medium.EMAIL, word="click", label="https://example.org/kiddush"),
            ("Link in the email clicked", "https://example.org/kiddush"),
        ),
        (
            Step(StepKind.REPORTED, AT, Medium.EMAIL, word="machine_open"),
            ("Email fetched by a program", "Does not count as read"),
        ),
        (Step(StepKind.REPORTED, AT, Medium.SMS, word="queued"), ("SMS: “queued”", "")),
        (
            Step(StepKind.OPENED, AT, Medium.SMS, label="Programme", count=3),
            ("Opened “Programme”", "3 times in all, this was the last"),
        ),
        (Step(StepKind.FALLBACK, AT, Medium.SMS), ("Goes on by SMS", "")),
        (Step(StepKind.REFUNDED, AT, Medium.SMS), ("SMS credit given back", "The provider did not bill this message")),
    ],
)
def test_a_step_is_told_in_words(step, told):
    assert words(step) == told


def test_a_refusal_tells_why_with_the_code_of_the_provider():
    step = Step(
        StepKind.REPORTED, AT, Medium.SMS, word="undelivered", status=RecipientStatus.FAILED,
        vendor_code="30005", meaning=Meaning.BAD_ADDRESS,
    )  # fmt: skip
    title, detail = words(step)
    assert title == "SMS failed"
    assert "30005" in detail


def test_moments_are_of_the_organisation_and_the_day_is_told_when_it_is_not_today():
    earlier, today = Step(StepKind.TARGETED, AT - timedelta(days=2)), Step(StepKind.TARGETED, AT)
    [first, second] = shown(today, earlier).steps
    assert first.when == "00:30"
    assert "31 Aug" in second.when
    assert second.moment.startswith("Monday 31 August 2026")


def test_raw_reports_are_offered_to_administrators_only():
    step = Step(StepKind.REPORTED, AT, Medium.SMS, word="sent", status=RecipientStatus.SENT, event_id=9)
    assert [shown(step, may_see_raw=allowed).steps[0].event_id for allowed in (True, False)] == [9, 0]


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({"status": RecipientStatus.UNKNOWN}, "orange"),
        ({"status": RecipientStatus.CANCELLED}, "gray"),
        ({"status": RecipientStatus.SKIPPED, "reason": Reason.OPTED_OUT}, "gray"),
        ({"status": RecipientStatus.FAILED, "reason": Reason.NO_ADDRESS}, "red"),
        ({"status": RecipientStatus.FAILED, "vendor_code": "30005", "meaning": Meaning.BAD_ADDRESS}, "red"),
    ],
)
def test_whoever_was_not_reached_is_told_why_and_what_to_do(changes, tone):
    told = shown(row=replace(ROW, **changes))
    assert told.box_tone == tone
    assert told.box_title
    assert told.box_text


def test_nothing_is_asked_for_those_who_were_reached():
    told = shown()
    assert (told.box_title, told.name, told.hebrew_name) == ("", "Ruth Lévy", "רות")
