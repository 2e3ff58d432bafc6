"""The words of the dialog that validates a campaign."""

from __future__ import annotations

from backend.domain.channels import Medium
from backend.domain.statuses import Reason
from unisoft_ui.texts import number

TITLE = "Validate and send this campaign?"
TEXT = "Once validated, it can no longer be modified."
COMPUTING = "Computing recipients and credit…"
CAMPAIGN = "Campaign"
RECIPIENTS = "Recipients"
LEFT_OUT = "Left out"
CREDIT = "SMS credit"
SCHEDULE = "Schedule"
WARNINGS = "Please note"
NEEDED = "Needed"
AVAILABLE = "Available"
LEFT = "Left after sending"
MISSING = "Missing"
NO_CREDIT_NEEDED = "None needed"
IMMEDIATELY = "Sends immediately"
ADDS_UNSUBSCRIBE = "The email has no unsubscribe link of its own: one is added below it."
TYPED_LABEL = "To confirm, type the number of recipients: {total}"
TYPED_WRONG = "Type {total} to confirm that so many people get this campaign."
UNDO = "Undo"
UNFINISHED = "This draft is not finished. {sentence}"
BACK = "Back"
BACK_TO_EDITING = "Back to editing"
CONFIRM = "Validate and send"
SEND_NOW = "Send now"
CHANGE_DATE = "Change the date"

NOBODY = "Nobody would receive this campaign: choose other targets."
PASSED = "The planned moment has passed. Send it now, or go back and choose another date."
WHATSAPP_DOWN = (
    "WhatsApp is not connected. You can validate all the same: the sending waits, "
    "and goes on by itself once WhatsApp is connected again."
)

REASONS = {
    Reason.OPTED_OUT: "Unsubscribed",
    Reason.DUPLICATE_ADDRESS: "Same address as another recipient",
    Reason.SAME_HOUSEHOLD: "Same household as another recipient",
    Reason.DECEASED: "Deceased",
    Reason.DELETED: "Deleted",
    Reason.NO_ADDRESS: "Cannot be reached: no usable address",
}
MEDIA = {Medium.EMAIL: "Email", Medium.SMS: "SMS", Medium.WHATSAPP: "WhatsApp"}
_FIELDS = {
    "first_name": "first name",
    "last_name": "last name",
    "hebrew_first_name": "Hebrew first name",
    "full_name": "name",
}

SENT = "Campaign validated. The sending has started."
GRACE = "Campaign validated. It leaves in {seconds} seconds."
PLANNED = "Campaign validated. It will be sent on {moment}."

ERRORS = {
    "already_validated": "Somebody has validated this campaign meanwhile. It is not sent a second time.",
    "changed_meanwhile": "This campaign was changed meanwhile. Close this window and check it again.",
    "schedule_passed": PASSED,
    "no_recipients": NOBODY,
    "not_configured": "A sender of this channel is not set up. An administrator can complete it in the settings.",
    "insufficient_credit": "Not enough credit to validate this campaign: {missing} more SMS needed.",
}


def more_targets(difference: int) -> str:
    """As "12 more contacts are reached than when the draft was saved."."""
    many, less = abs(difference), difference < 0
    who = "1 contact" if many == 1 else f"{number(many)} contacts"
    return f"{who} {'fewer' if less else 'more'} than when the draft was saved."


def lasts(duration: str) -> str:
    """As "Takes about 12 min"."""
    return f"Takes about {duration}"


def missing_credit(missing: int) -> str:
    return f"Not enough credit to validate this campaign: {number(missing)} more SMS needed."


def empty_field(field: str, count: int) -> str:
    """As "12 contacts have no first name": its place stays empty in their message."""
    who = "1 contact has" if count == 1 else f"{number(count)} contacts have"
    return f"{who} no {_FIELDS.get(field, field)}"


def remaining(zone: str, duration: str) -> str:
    return f"{zone}, in {duration}"
