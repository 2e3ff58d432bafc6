"""The words of the list of campaigns."""

from __future__ import annotations

TITLE = "Message Campaigns"
SUBTITLE = "Send one message to a group of contacts by email, SMS or WhatsApp."
SEARCH = "Search a campaign by title or subject"
CREATE = "Create a Campaign"
CREATE_HINT = "Draft a message, nothing is sent yet"

TABS_LABEL = "Status"
TABS = {"all": "All", "draft": "Draft", "validated": "Validated"}
COUNT_LOADING = "…"
COUNT_UNKNOWN = "–"

DATE = "Date"
CHANNEL = "Channel"
TARGETS = "Targets"
DELIVERABILITY = "Deliverability"
CATEGORIES = "Categories"
PREVIEW = "Preview"
ATTACHMENTS = "Attachments"
ACTIONS = "Actions"
NOTHING = "—"
TABLE_LABEL = "Message campaigns"

SORT_LABEL = "Sort by"
SORT_CHOICES = {
    "date-desc": "Newest first",
    "date-asc": "Oldest first",
    "targets-desc": "Most targets first",
    "targets-asc": "Fewest targets first",
    "deliverability-desc": "Best deliverability first",
    "deliverability-asc": "Worst deliverability first",
}

CHANNELS = {
    "email": "Email",
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "whatsapp_sms": "WhatsApp / SMS",
    "sms_email": "SMS / Email",
    "whatsapp_sms_email": "WhatsApp / SMS / Email",
}
MEDIA = {"email": "Email", "sms": "SMS", "whatsapp": "WhatsApp"}
EMAIL_TEMPLATE = "Email template"

VALIDATE = "Validate and send"
EDIT = "Edit"
MORE = "More actions"
PAUSE = "Pause"
RESUME = "Resume"
CANCEL_SENDING = "Cancel sending"
DRAFT = "Draft"

EMPTY_TITLE = "No campaigns yet"
EMPTY_TEXT = "Write your first message, choose who receives it, and follow each delivery from here."
NO_RESULT_TEXT = "The search covers the title and the subject. Try another word, or look in all statuses."
CLEAR_SEARCH = "Clear search"
ALL_STATUSES = "Show all statuses"
EMPTY_TAB = {"draft": "No draft at the moment", "validated": "No validated campaign yet"}
EMPTY_TAB_TEXT = {
    "draft": "A campaign stays here until you validate it.",
    "validated": "A campaign comes here once you validate it.",
}
ERROR_TITLE = "The campaigns could not be loaded"
ERROR_TEXT = "Nothing was lost and sends in progress continue. Check your connection, then try again."
RETRY = "Try again"
LOADING = "Loading the campaigns"

PAGES_LABEL = "Pagination"
PREVIOUS_PAGE = "Previous page"
NEXT_PAGE = "Next page"
PAGE_SIZE_LABEL = "Campaigns per page"

PAUSED = "Paused: nothing more is sent until you resume."
RESUMED = "Resumed: the remaining messages are being sent."
CANCELLED = "Cancelled: the remaining messages will not be sent."
CANCEL_TITLE = "Cancel the sending?"
CANCEL_TEXT = (
    "Messages already sent cannot be recalled. Those still waiting will not be sent, and their credit is released."
)
KEEP_SENDING = "Keep sending"

RUN_STATES = {
    "paused": "Paused",
    "waiting_connection": "WhatsApp not connected",
    "halted": "Halted",
    "held": "Held, goes on by itself",
    "cancelled": "Cancelled",
}


def tab(code: str, count: str) -> str:
    return f"{TABS[code]} ({count})"


def sending(done: str, total: str) -> str:
    return f"Sending {done} of {total}"


def scheduled(moment: str) -> str:
    return f"Scheduled {moment}"


def missed(moment: str) -> str:
    return f"Missed {moment}"


def outcome(success: str, failed: str, pending: str) -> str:
    """What the bar shows, for tooltips and screen readers; `pending` is "" when nothing is."""
    shown = f"{success} sent successfully, {failed} in error"
    return f"{shown}, {pending} pending" if pending else shown


def links(count: int) -> str:
    return "1 web link" if count == 1 else f"{count} web links"


def files(count: int) -> str:
    return "1 document or video" if count == 1 else f"{count} documents and videos"


def more_categories(names: str) -> str:
    return f"Also: {names}"


def range_shown(first: str, last: str, total: str) -> str:
    return f"{first}–{last} of {total}"


def page(number: int) -> str:
    return f"Page {number}"


def per_page(size: int) -> str:
    return f"{size} per page"


def no_result(search: str) -> str:
    return f"No campaign matches “{search}”"


def error_reference(reference: str) -> str:
    return f"Error reference {reference}"


def sorted_by(column: str) -> str:
    return f"Sort by {column.lower()}"
