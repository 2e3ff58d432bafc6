"""The words of the list of campaigns."""

from __future__ import annotations

from unisoft_ui.texts import number

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
BACK_TO_DRAFT = "Back to draft"
DUPLICATE = "Duplicate"
DETAILS = "View send details"
QR_CODE = "QR Code"
DELETE = "Delete"
DRAFT = "Draft"

SELECT = "Select"
SELECT_PAGE = "Select all campaigns on this page"
SELECT_ALL = "Select all"
CLEAR_SELECTION = "Clear selection"
CLEAR = "Clear"
NOTHING_SELECTED = "Nothing selected"
TOO_MANY_SELECTED = "No more campaigns can be selected one by one. Search for them, then select all results."

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
UNSCHEDULED = "Back to draft: nothing is sent, and its credit is released."
DUPLICATED = "Copied as a new draft. Nothing is sent yet."
COPY_TITLE = "Copy of {title}"
CANCEL_TITLE = "Cancel the sending?"
CANCEL_TEXT = (
    "Messages already sent cannot be recalled. Those still waiting will not be sent, and their credit is released."
)
KEEP_SENDING = "Keep sending"

RUN_STATES = {
    "paused": "Paused",
    "waiting_connection": "WhatsApp not connected",
    "halted": "Halted",
    "held": "Held",
    "cancelled": "Cancelled",
}

PROVIDERS = {"email": "email provider", "sms": "SMS provider", "whatsapp": "WhatsApp provider"}
# No longer than "Scheduled 25 Nov, 01:00": there is no room for more.
HELD_UP = {
    "provider_unreachable": "Waiting for provider",
    "provider_busy": "Waiting for provider",
    "provider_error": "Provider errors",
    "daily_cap": "Daily limit reached",
    "files_unreadable": "Documents missing",
    "standstill": "At a standstill",
}
HELD_UP_SENTENCES = {
    "provider_unreachable": "Waiting for the {provider} since {since}: it cannot be reached. "
    "Nothing is lost: the sending goes on by itself as soon as it answers.",
    "provider_busy": "Waiting for the {provider} since {since}: it takes no messages at the moment. "
    "Nothing is lost: the sending goes on by itself as soon as it takes them again.",
    "daily_cap": "The {provider} gets no more messages today, since {since}: as many have left as its number may send "
    "in one day without being banned. Nothing is lost: the sending goes on by itself tomorrow.",
    "files_unreadable": "The documents of this email cannot be read since {since}. Nothing goes to the {provider} "
    "without them. It goes on by itself when they are there again; otherwise cancel it, and attach them to a copy.",
    "provider_error": "The {provider} has been answering with errors since {since}. "
    "What it may have taken is not sent again by itself, so that nobody gets it twice.",
    "standstill": "The sending has been at a standstill since {since}: the server is not working on it. "
    "Nothing is lost, and it goes on by itself. If this lasts, tell whoever looks after the server.",
}


def held_up(code: str, medium: str, since: str) -> str:
    """Since when a run does not move and why, in whole sentences."""
    return HELD_UP_SENTENCES[code].format(provider=PROVIDERS.get(medium, ""), since=since)


def tab(code: str, count: str) -> str:
    return f"{TABS[code]} ({count})"


def at_least(count: str) -> str:
    return f"{count}+"


def select(title: str, date: str, time: str) -> str:
    """The name of a row's checkbox."""
    return f"{SELECT} {title}, {date} {time}"


def selected(count: int) -> str:
    return f"{number(count)} selected"


def delete_selected(count: int) -> str:
    return f"{DELETE} ({number(count)})"


def select_results(total: str, *, of_search: bool) -> str:
    """`total` is "" where a search has more results than were counted."""
    what = "results of this search" if of_search else "campaigns"
    return f"{SELECT_ALL} {total} {what}" if total else f"{SELECT_ALL} {what}"


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


def cancel_text(left: int, stopped: int) -> str:
    """What cancelling will stop, and what it cannot."""
    gone = f"{number(left)} already left and cannot be recalled, " if left else ""
    return f"{gone}{number(stopped)} will be stopped, and their credit is released."
