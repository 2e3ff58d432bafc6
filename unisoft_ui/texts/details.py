"""The words of the page of one campaign."""

from __future__ import annotations

from backend.domain.refusals import Meaning
from backend.domain.statuses import Reason, RecipientStatus
from backend.domain.tracking import RecipientTab
from unisoft_ui.texts import confirmation, number

TITLE = "Send details"
BACK_TO_LIST = "Back to Message Campaigns"
LOADING = "Loading the details"
PROGRESS = "Progress"
PROCESSED = "Processed:"
SUMMARY = "How it went"

PAUSE = "Pause"
RESUME = "Resume"
CANCEL_SENDING = "Cancel sending"
BACK_TO_DRAFT = "Back to draft"
EDIT = "Edit"
CONNECT_WHATSAPP = "Connect WhatsApp"

STATES = {
    "idle": "Draft",
    "scheduled": "Scheduled",
    "sending": "Sending",
    "done": "Done",
    "paused": "Paused",
    "waiting_connection": "WhatsApp not connected",
    "missed": "Missed",
    "halted": "Halted",
    "held": "Held",
    "cancelled": "Cancelled",
}
DRAFT_NOTE = "This campaign is a draft: nothing has been sent. Its recipients are fixed when it is validated."
MISSED_NOTE = "Its moment passed while the system was down. Resume to send it now, or cancel it."
HELD_NOTE = "This is a moment at which nothing is sent. The sending goes on by itself afterwards."
RESTORED_NOTE = "This is a restored copy of the data: nothing is sent until an administrator allows it."
TOO_MANY_REFUSALS = "Stopped: too many addresses were refused. Look at the reasons below, then resume or cancel."
HALTS = {
    "63016": (
        "Stopped: WhatsApp takes free text only within 24 hours of somebody's last message (code 63016). Set "
        "TWILIO_WHATSAPP_CONTENT_SID to an approved template whose variable {{1}} is the text, then resume the sending."
    ),
}
CANCELLED_NOTE = "What had not left was not sent, and its credit was released."

TARGETS = "Targets"
SENT = "Sent"
DELIVERED = "Delivered"
READ = "Read or opened"
FAILED = "Failed"
PENDING = "Pending"
LEFT_OUT = "Left out"
NEEDS_ATTENTION = "Needs attention"
CANCELLED = "Cancelled"
CREDITS = "SMS credits"
CREDITS_SPENT = "spent"
NOT_COUNTED = "not counted"
ANSWER_LOST = "answer lost"
NOT_SENT = "not sent"

FAILURES = "Failure reasons"
LEFT_OUT_REASONS = "Left out, and why"
OTHER_REASONS = "Other reasons"

RECIPIENTS = "Recipients"
TABS_LABEL = "Recipient status"
TABS = {
    RecipientTab.ALL: "All",
    RecipientTab.SENT: SENT,
    RecipientTab.FAILED: FAILED,
    RecipientTab.PENDING: PENDING,
    RecipientTab.LEFT_OUT: LEFT_OUT,
    RecipientTab.NEEDS_ATTENTION: NEEDS_ATTENTION,
}
SEARCH = "Search a recipient"
RECIPIENT = "Recipient"
MEDIUM = "Medium"
ADDRESS = "Address"
STATUS = "Status"
VIEWS = "Views"
CLICKS = "Clicks"
SEGMENTS = "SMS parts"
UPDATED = "Updated"
REASON = "Reason"
NOTHING = "—"
SORT_LABEL = "Order of the recipients"
SORT_CHOICES = {
    "sending-asc": "Order of sending",
    "sending-desc": "Last to be sent first",
    "name-asc": "Name, A to Z",
    "name-desc": "Name, Z to A",
    "updated-desc": "Last change first",
    "updated-asc": "Oldest change first",
}
SORT_BY_NAME = "Sort by name"
SORT_BY_CHANGE = "Sort by last change"
FIRST = "First page"
PREVIOUS = "Previous"
NEXT = "Next"
PAGES_LABEL = "Pages of recipients"
NO_RECIPIENT = "No recipient here"
CLEAR_SEARCH = "Clear search"

STATUSES = {
    RecipientStatus.PENDING: "Pending",
    RecipientStatus.CLAIMED: "Being sent",
    RecipientStatus.ACCEPTED: "Handed over",
    RecipientStatus.SENT: "Sent",
    RecipientStatus.DELIVERED: "Delivered",
    RecipientStatus.READ: "Read",
    RecipientStatus.FAILED: "Failed",
    RecipientStatus.SKIPPED: "Left out",
    RecipientStatus.CANCELLED: "Cancelled",
    RecipientStatus.UNKNOWN: "Needs attention",
}
UNKNOWN_REASON = "Handed over, but the answer was lost: never sent again by itself"
REASONS = {
    **confirmation.REASONS,
    Reason.NO_CREDIT: "Not enough SMS credit",
    Reason.CANNOT_RENDER: "The message could not be prepared",
}
NO_REASON = "No reason given"
MEANINGS = {
    Meaning.OPTED_OUT: "Unsubscribed",
    Meaning.BAD_ADDRESS: "Address does not exist",
    Meaning.NOT_ON_MEDIUM: "Not on WhatsApp",
    Meaning.RETRIABLE: "Out of reach this time",
    Meaning.BLOCKED: "Blocked by the operator or a filter",
    Meaning.OTHER: "Refused by the provider",
}
# Where a code says more than its meaning does.
VENDOR_CODES = {
    "21610": "Unsubscribed by answering STOP",
    "21211": "Not a phone number",
    "21217": "Not a phone number",
    "21614": "Not a mobile number",
    "30005": "Number not in service",
    "30006": "Landline, or a number that takes no SMS",
    "30001": "The provider was overloaded",
    "30003": "Phone switched off or out of reach",
    "30008": "Unknown error of the operator",
    "30004": "Blocked by the operator",
    "30007": "Filtered as unwanted by the operator",
    "ack_error": "Taken by the phone, and not by WhatsApp",
    "number_unanswered": "WhatsApp did not tell whether this number can be reached",
    "21408": "Country not allowed for this account",
    "30610": "Quiet hours of the operator",
    "unsubscribed": "Unsubscribed at the email provider",
    "spam": "Once reported a message as spam",
    "bounced_address": "Address bounced before",
    "invalid": "Invalid email address",
    "spam_content": "Content taken for spam",
    "blocked": "Refused by the receiving server",
    "bounce": "Address bounced",
    "5.1.1": "Mailbox does not exist",
    "5.2.2": "Mailbox full",
    "4.2.2": "Mailbox full",
}

MISSING_TITLE = "This campaign was not found"
MISSING_TEXT = "It may have been deleted, or the address is not complete."
ERROR_TITLE = "The details could not be loaded"


def tab(of: RecipientTab, count: str) -> str:
    return f"{TABS[of]} ({count})"


def paused(waiting: int) -> str:
    return f"No message leaves while the campaign is paused. {_waiting(waiting)}"


def waiting_connection(waiting: int) -> str:
    return f"WhatsApp is not connected. {_waiting(waiting)} The sending goes on by itself once it is connected again."


def halted(code: str) -> str:
    """What to set right, where that is known."""
    return (
        HALTS.get(code)
        or f"Stopped by an error of the configuration (code {code}). Once it is corrected, resume the sending."
    )


def needs_attention(count: int) -> str:
    who = "1 message was" if count == 1 else f"{number(count)} messages were"
    return f"{who} handed over, but the answer was lost. Nothing is sent again by itself, so that nobody gets it twice."


def _waiting(count: int) -> str:
    return "1 contact is waiting." if count == 1 else f"{number(count)} contacts are waiting."


def validated(moment: str, name: str) -> str:
    return f"Validated {moment} by {name}" if name else f"Validated {moment}"


def created(moment: str) -> str:
    return f"Created {moment}"


def scheduled(moment: str, zone: str) -> str:
    return f"Scheduled for {moment} ({zone})"


def started(moment: str, late: str) -> str:
    return f"Started {moment}, {late} late" if late else f"Started {moment}"


def finished(moment: str) -> str:
    return f"Finished {moment}"


def success(percent: str) -> str:
    return f"{percent} sent successfully"


def failed(percent: str) -> str:
    return f"{percent} in error"


def processed(count: str, total: str) -> str:
    """Messages that were handed over or refused."""
    return f"{count} of {total}"


def share(percent: str, whole: str) -> str:
    """As "94% of sent"."""
    return f"{percent} of {whole}"


def reserved(count: str) -> str:
    return f"spent, {count} reserved"


def given_back(count: str) -> str:
    """Credits of messages that the provider did not bill."""
    return f"spent, {count} given back"


def no_result(search: str) -> str:
    return f"No recipient matches “{search}”"


def code(vendor_code: str) -> str:
    return f"code {vendor_code}"
