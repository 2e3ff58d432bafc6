"""The words of one recipient: what happened, and what can be done about it."""

from __future__ import annotations

from backend.domain.channels import Medium
from backend.domain.keywords import Keyword
from backend.domain.refusals import Meaning
from backend.domain.statuses import Reason, RecipientStatus
from unisoft_ui.texts import campaigns, number

LOADING = "Loading the recipient"
DESCRIPTION = "What was sent to this contact, and what came of it"
HISTORY = "What happened"
MESSAGE = "Message prepared for this contact"
NO_MESSAGE = "The campaign has no message for this medium."
NO_SUBJECT = "No subject"
FRAME = "The email as it was prepared"
OTHERS = "Other messages to this contact"
NO_OTHERS = "No other message was prepared for this contact."
MORE_OTHERS = "Show more"
REPLIES = "Replies"
NO_REPLIES = "This contact has not answered."
NO_TEXT = "A message without text"
OLDER_REPLIES = "Older replies are not shown."
SHOW_RAW = "Show what the provider sent"
HIDE_RAW = "Hide what the provider sent"
DELETED_CAMPAIGN = "deleted"
MISSING_TITLE = "This recipient was not found"
MISSING_TEXT = "It may belong to another campaign, or the address is not complete."
ERROR_TITLE = "This recipient could not be loaded"
RETRY = "Try again"
ACTIONS = "What can be done"

ADVICE = {
    Reason.OPTED_OUT: "This contact asked not to be written to on this medium. Only the contact can change that.",
    Reason.DUPLICATE_ADDRESS: "Another recipient with the same address gets the message. Nothing has to be done.",
    Reason.SAME_HOUSEHOLD: "Somebody of the same household gets the message. Nothing has to be done.",
    Reason.DECEASED: "The contact is marked as deceased. If that is wrong, correct the contact.",
    Reason.DELETED: "The contact was deleted before the message left.",
    Reason.NO_ADDRESS: "Give the contact an email or a mobile number that can be reached, then retry.",
    Reason.NO_CREDIT: "Buy SMS credit, then retry.",
    Reason.CANNOT_RENDER: "Correct the names of the contact, then retry.",
}
MEANING_ADVICE = {
    Meaning.OPTED_OUT: "This contact asked the provider for no more messages. Only the contact can change that.",
    Meaning.BAD_ADDRESS: "The provider answered that this address takes nothing. Correct the contact, then retry.",
    Meaning.NOT_ON_MEDIUM: "This number has no WhatsApp. Reach the contact on another medium.",
    Meaning.RETRIABLE: "The contact was out of reach this time. Retry later.",
    Meaning.BLOCKED: "An operator or a filter stopped the message. Another medium is more likely to arrive.",
    Meaning.OTHER: "The provider gave no reason that is known here. Retry once; the code helps its support.",
}
LOST_TITLE = "The answer was lost"
LOST_ADVICE = (
    "The message was handed over, and nobody knows whether it arrived. It is never sent again by itself, "
    "so that nobody gets it twice."
)
CANCELLED_TITLE = "Not sent"
CANCELLED_ADVICE = "The sending was cancelled before this message left. Its credit was released."

TARGETED = "Added to the targets"
TARGETED_DETAIL = "When the campaign was validated"
NO_ANSWER = "No answer from the provider"
NO_ANSWER_DETAIL = "The message may have arrived: it is not sent again by itself"
ASSUMED = "Taken for delivered"
ASSUMED_DETAIL = "Somebody decided so, as the answer was lost"
REFUNDED = "SMS credit given back"
REFUNDED_DETAIL = "The provider did not bill this message"
HANDED_OVER_DETAIL = "Handed to the provider"
REPORTED = {
    RecipientStatus.ACCEPTED: "under way",
    RecipientStatus.SENT: "sent",
    RecipientStatus.DELIVERED: "delivered",
    RecipientStatus.READ: "read",
    RecipientStatus.FAILED: "failed",
    RecipientStatus.SKIPPED: "refused",
    RecipientStatus.CANCELLED: "cancelled",
}
# Where the provider's word says more than the status.
WORDS = {
    "open": "Email opened",
    "machine_open": "Email fetched by a program",
    "click": "Link in the email clicked",
    "deferred": "Email not taken yet",
    "bounce": "Email bounced",
    "dropped": "Email not sent by the provider",
    "spamreport": "Reported as unwanted",
    "unsubscribe": "Unsubscribed",
    "group_unsubscribe": "Unsubscribed",
}
WORD_DETAILS = {
    "machine_open": "Does not count as read",
    "deferred": "The receiving server asks to try again; the provider does",
    "spamreport": "No more emails to this address",
    "unsubscribe": "No more emails to this address",
    "group_unsubscribe": "No more emails to this address",
}
KEYWORDS = {
    Keyword.STOP: "Asked to stop",
    Keyword.START: "Asked to receive again",
}
ENDED = {
    RecipientStatus.SKIPPED: "Left out",
    RecipientStatus.FAILED: "Could not be reached",
    RecipientStatus.CANCELLED: "Cancelled",
}


def attempt(medium: Medium, count: int) -> str:
    """As "SMS: attempt 2"."""
    return f"{campaigns.MEDIA[medium]}: attempt {count}"


def taken(medium: Medium) -> str:
    return f"{campaigns.MEDIA[medium]} taken by the provider"


def refused(medium: Medium) -> str:
    return f"{campaigns.MEDIA[medium]} refused"


def reported(medium: Medium, status: RecipientStatus) -> str:
    """As "SMS delivered"."""
    return f"{campaigns.MEDIA[medium]} {REPORTED[status]}"


def other_word(medium: Medium, word: str) -> str:
    """A word of the provider that changes nothing here."""
    return f"{campaigns.MEDIA[medium]}: “{word}”"


def said(word: str) -> str:
    return f"The provider reported “{word}”"


def fallback(medium: Medium) -> str:
    return f"Goes on by {campaigns.MEDIA[medium]}"


def retried(medium: Medium) -> str:
    return f"Tried again by {campaigns.MEDIA[medium]}"


def opened(label: str) -> str:
    return f"Opened “{label}”"


def opened_often(count: int) -> str:
    return f"{number(count)} times in all, this was the last"


def message_id(given: str) -> str:
    return f"Message {given}"


def more(count: int) -> str:
    """Reports that are not shown, counted up to 5,000 in all."""
    return "1 older report is not shown." if count == 1 else f"{number(count)} older reports are not shown."
