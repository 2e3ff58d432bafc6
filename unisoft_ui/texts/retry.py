"""The words of retrying, of what needs attention, and of repairing an address."""

from __future__ import annotations

from backend.domain.channels import Medium
from backend.domain.retrying import WhyNot
from unisoft_ui.texts import confirmation, number

RETRY = "Retry"
RETRY_FAILED = "Retry failed"
TITLE = "Retry the failed recipients?"
TITLE_UNKNOWN = "Send again although the answer was lost?"
TEXT = "They get the message as a new attempt. Nobody who was reached gets it again."
TEXT_UNKNOWN = "The message may have arrived. Whoever got it gets it twice."
COMPUTING = "Looking at who may be tried again…"
WAY = "How to retry"
THE_SAME_WAY = "As in the campaign"
TRIED_AGAIN = "Tried again"
NOT_TRIED = "Not tried again"
CREDIT = confirmation.CREDIT
BACK = "Back"
NOBODY = "Nobody can be tried again this way."
PART = "These are as many as one retry takes. The others can be retried afterwards."
WHATSAPP_DOWN = "WhatsApp is not connected: its messages wait until it is connected again."
STOPPED = {
    "halted": "This campaign was halted. Resume it first, then retry.",
    "cancelled": "This campaign was cancelled: nothing is sent for it any more.",
    "idle": "This campaign is a draft again.",
}
WHY_NOT = {
    WhyNot.REFUSED: "Refused for good: the same again would not help",
    WhyNot.SAME_ADDRESS: "The address does not work: correct the contact first",
    WhyNot.NO_ADDRESS: "No usable address: correct the contact first",
    WhyNot.ADDRESS_TAKEN: "Same address as another recipient",
    WhyNot.OPTED_OUT: "Unsubscribed",
    WhyNot.DECEASED: "Deceased",
    WhyNot.DELETED: "Deleted",
}
_WAYS = {Medium.EMAIL: "By email", Medium.SMS: "By SMS", Medium.WHATSAPP: "By WhatsApp"}
_RETRY_BY = {Medium.EMAIL: "Retry by email", Medium.SMS: "Retry by SMS", Medium.WHATSAPP: "Retry by WhatsApp"}

NEEDS_ATTENTION = "Needs attention"
ASK_AGAIN = "Ask the provider again"
SEND_AGAIN = "Send again"
ASSUME_DELIVERED = "Assume delivered"
ONLY_REPORTS = "An email provider cannot be asked: only its reports can tell."
SOME_ONLY_REPORTS = "Of the emails only the provider's reports can tell."
ASSUME_TITLE = "Assume that these messages were delivered?"
ASSUME_TEXT = "They count as delivered, and their SMS credit as spent. What the provider reports later counts instead."
NOTHING_TO_ASK = "Nothing was waiting for an answer any more."

EDIT_CONTACT = "Edit contact"
REPAIR_TITLE = "Correct the contact's addresses"
REPAIR_TEXT = "They are the contact's from now on, in every campaign. Then the recipient can be retried."
EMAIL = "Email"
MOBILE = "Mobile"
SAVE = "Save"
CANCEL = "Cancel"
REPAIRED = "The contact is corrected. The recipient can be retried now."
FIELD_ERRORS = {
    "email_invalid": "This is not an email address.",
    "mobile_invalid": "This is not a mobile number.",
    "mobile_landline": "This is a landline: no SMS reaches it.",
    "address_unchanged": "This is the address that failed. Enter another one.",
}
ERRORS = {
    "retry_stopped": "This campaign was halted or cancelled meanwhile: nobody was tried again.",
    "insufficient_credit": "Not enough credit to retry: {missing} more SMS needed.",
    "not_configured": confirmation.ERRORS["not_configured"],
    "not_failed": "This recipient has not failed any more: nothing was changed.",
}


def way(medium: Medium | None, channel: str) -> str:
    """As "By email"; the channel's own order as "As in the campaign (SMS / Email)"."""
    return _WAYS[medium] if medium else f"{THE_SAME_WAY} ({channel})"


def retry_by(medium: Medium | None) -> str:
    return _RETRY_BY[medium] if medium else RETRY


def retry_failed(count: int, *, is_more: bool) -> str:
    """As "Retry failed (13)"; "" when there is nobody, and no number where nobody has counted."""
    if not count:
        return RETRY_FAILED if is_more else ""
    return f"{RETRY_FAILED} ({number(count)}{'+' if is_more else ''})"


def retry(count: int) -> str:
    return f"{RETRY} ({number(count)})" if count else RETRY


def lost(count: int) -> str:
    who = "1 message was" if count == 1 else f"{number(count)} messages were"
    return f"{who} handed over, but the answer was lost. Nothing is sent again by itself, so that nobody gets it twice."


def spent(segments: int) -> str:
    """Credits of messages without an answer."""
    what = "1 SMS" if segments == 1 else f"{number(segments)} SMS"
    return (
        f"{what} of the first attempt is charged, for the provider may bill it."
        if segments == 1
        else (f"{what} of the first attempt are charged, for the provider may bill them.")
    )


def missing_credit(missing: int) -> str:
    return f"Not enough credit to retry: {number(missing)} more SMS needed."


def retried(count: int) -> str:
    if not count:
        return "Nobody was left to try again."
    return "1 recipient is tried again." if count == 1 else f"{number(count)} recipients are tried again."


def asked(count: int, only_reports: int) -> str:
    if not count:
        return ONLY_REPORTS if only_reports else NOTHING_TO_ASK
    what = "1 message" if count == 1 else f"{number(count)} messages"
    told = f"The provider is asked about {what} now."
    return f"{told} {SOME_ONLY_REPORTS}" if only_reports else told


def assumed(count: int) -> str:
    if not count:
        return NOTHING_TO_ASK
    return "1 message counts as delivered." if count == 1 else f"{number(count)} messages count as delivered."
