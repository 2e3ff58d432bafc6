"""The words of the message that is being written."""

from __future__ import annotations

from collections.abc import Sequence

from backend.domain.channels import Medium
from unisoft_ui.texts import number

MESSAGE = "Message"
CHOOSE_CHANNEL_FIRST = "Choose a channel first: it decides which texts are needed."
NOT_WRITTEN = "Not written yet"
MEDIA_LABEL = "What is written"
MEDIA = {Medium.SMS: "SMS", Medium.EMAIL: "Email", Medium.WHATSAPP: "WhatsApp"}
DONE = "ready"
NOT_DONE = "not ready"

SUBJECT = "Subject"
SMS_TEXT = "SMS text"
WHATSAPP_TEXT = "WhatsApp message"
EMAIL_TEXT = "Email text"
TOO_LONG = "This is too long: at most {longest} characters."
UNKNOWN_FIELD = "Unknown personal field: {names}."

PERSONAL_FIELD = "Personal field"
PERSONAL_FIELDS = "Personal fields"
FIELD_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "hebrew_first_name": "Hebrew first name",
    "full_name": "Full name",
}
COPY_FROM = "Copy from"
COPY_CONFIRM = "What is written here is replaced by the copy. Go on?"

SEGMENTS_LEFT = "left"
REPLACE_ALL = "Replace all"
CANNOT_REPLACE = "has no replacement"
FORCING_LIST = "Characters outside GSM-7"
UCS2_EXPLAINED = "One such character switches the whole text to UCS-2: {ucs2} characters per SMS instead of {gsm7}."
FIELDS_WITHOUT_TARGETS = "Choose who receives the campaign: personal fields count for the longest of their names."

RECIPIENTS = "Recipients"
SMS_EACH = "SMS each"
NEEDED = "Credit needed"
AVAILABLE = "Available"
LEFT_AFTER = "Left after sending"
MISSING = "Missing"
COST = "Cost of the SMS"
COUNTING = "Counting…"
NOT_ENOUGH = "Not enough credit to validate this campaign."
BUY_CREDIT = "Buy SMS credit"
COST_WITHOUT_TARGETS = "Choose who receives the campaign to see what its SMS cost."
RESERVED_FOR_SECOND = "Credit is reserved for every SMS that may become necessary; what is not used is given back."

WHATSAPP_CONNECTED = "WhatsApp is connected."
WHATSAPP_CONNECTED_AS = "Connected as"
WHATSAPP_NOT_CONNECTED = "WhatsApp is not connected. Messages wait until it is."
WHATSAPP_MARKS = "*bold* and _italic_ are shown so by WhatsApp."
WHATSAPP_FREE = "WhatsApp messages do not use SMS credit"

EMAIL_BY = "How the email is made"
WRITE = "Write"
USE_TEMPLATE = "Use a template"
SENDER = "Sender"
PLACEHOLDER = "Write the email here."
RICH_TEXT = {
    "toolbar": "Format the text",
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "heading": "Heading",
    "bullets": "Bulleted list",
    "numbers": "Numbered list",
    "link": "Link",
    "undo": "Undo",
    "redo": "Redo",
    "linkTitle": "Link",
    "address": "Address",
    "addressHelp": "A web page, an email address or a telephone number.",
    "addressWrong": "This is not an address. Such as https://example.org, office@example.org or tel:+33142001836.",
    "apply": "Insert the link",
    "remove": "Remove the link",
    "cancel": "Cancel",
}

TEMPLATES = "Templates"
TEMPLATES_LOADING = "Loading the templates…"
NO_TEMPLATES = "There is no template yet."
NO_SUBJECT = "No subject"
TEMPLATE_DELETED = "Deleted meanwhile: this draft keeps its copy."
TEMPLATE_PREVIEW = "Preview of the template"
TEMPLATE_KEPT = "This draft keeps the template as it was when it was chosen."
TEMPLATE_RENEW = "Take its newest version"
TEMPLATE_RENEWED = "The newest version is taken when the draft is saved."


def ready(media: Sequence[Medium]) -> str:
    """As "SMS and email ready"."""
    names = [MEDIA[medium] for medium in media]
    words = [names[0], *(name.lower() if name == MEDIA[Medium.EMAIL] else name for name in names[1:])]
    return f"{' and '.join([', '.join(words[:-1]), words[-1]] if len(words) > 1 else words)} ready"


def segments(count: int) -> str:
    return f"{number(count)} SMS"


def units(used: int, limit: int) -> str:
    return f"{number(used)} of {number(limit)} characters"


def left(units_left: int) -> str:
    return f"{number(units_left)} left"


def counts_for(longest: str) -> str:
    """Under the SMS, of one personal field."""
    return f"The personal field counts for its longest value ({longest}, {number(len(longest))} letters)."


def count_for(values: Sequence[str]) -> str:
    """The same of several, or of a value that costs most without being the longest."""
    return f"Personal fields count for the recipient with the longest SMS ({', '.join(values)})."


def names_force(characters: str) -> str:
    return f"Some names hold characters outside GSM-7 ({characters}), which makes those SMS longer."


def forcing_title(segments_now: int, segments_without: int) -> str:
    if segments_now > segments_without:
        return f"Special characters make this {segments(segments_now)} instead of {number(segments_without)}."
    return "Special characters leave less room in the SMS."


def replace_all(segments_then: int) -> str:
    return f"{REPLACE_ALL}: {segments(segments_then)}"


def more(count: int) -> str:
    return f"and {number(count)} more"


def replace_one(written: str, replacement: str) -> str:
    return f"Replace {written} by {replacement}" if replacement.strip() else f"Replace {written} by a plain space"


def remove_one(written: str) -> str:
    return f"Remove {written}"


def times(count: int) -> str:
    return f"×{number(count)}"


def low_afterwards(limit: str) -> str:
    return f"Fewer than {limit} SMS will be left after this campaign."


def between(fewest: int, most: int) -> str:
    return number(most) if fewest == most else f"{number(fewest)} to {number(most)}"


def subject_length(length: int, shown_on_phones: int) -> str:
    if not length:
        return f"phones show about {shown_on_phones} characters"
    words = "shown in full on phones" if length <= shown_on_phones else f"phones show about {shown_on_phones}"
    return f"{number(length)} character{'' if length == 1 else 's'}, {words}"


def copy_from(medium: Medium) -> str:
    return f"Copy from {MEDIA[medium]}" if medium is not Medium.EMAIL else "Copy from the email"
