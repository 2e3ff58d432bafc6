"""The words of the form that makes a campaign."""

from __future__ import annotations

from unisoft_ui.texts import number

NEW_TITLE = "New campaign"
EDIT_TITLE = "Edit the campaign"
BACK_TO_LIST = "Back to Message Campaigns"
TITLE = "Title"
TITLE_HELP = "Only you see it. It helps you find the campaign again."
CHANNEL = "Channel"
TARGETS = "Targets"
MESSAGE = "Message"
SCHEDULE = "Schedule"

EVERYONE = "Everyone"
EVERYONE_HELP = "All contacts of the community"
BY_CATEGORY = "By category"
TARGETS_LABEL = "Who receives it"
CATEGORIES = "Categories"
NO_CATEGORIES = "There is no category yet."
ONE_PER_HOUSEHOLD = "One message per household"
ONE_PER_HOUSEHOLD_HELP = "Contacts who live together get it once."
RECIPIENTS = "recipients"
RECIPIENT = "recipient"
COUNTING = "Counting…"
CHOOSE_TARGETS = "Choose who receives the campaign to see how many contacts it reaches."
CHOOSE_CHANNEL = "Choose a channel to see how many contacts it reaches."
CHOOSE_CHANNEL_FIRST = "Choose a channel first: it decides which texts are needed."
REACHABLE = "reachable"
LEFT_OUT = "Left out"

SUBJECT = "Subject"
SMS_TEXT = "SMS text"
WHATSAPP_TEXT = "WhatsApp message"
EMAIL_TEXT = "Email text"
EMAIL_ELSEWHERE = "This email was not written as plain text. It stays as it is."
PERSONAL_FIELDS = "Personal fields"
FIELD_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "hebrew_first_name": "Hebrew first name",
    "full_name": "Full name",
}
FIELDS_LATER = "Personal fields are filled in for each recipient, so the number of SMS can differ."
FALLBACK = {
    "sms_email": "Each contact gets one message: the email where there is an address, otherwise the SMS.",
    "whatsapp_sms": "WhatsApp first. Whoever cannot be reached there gets the SMS at once.",
    "whatsapp_sms_email": "WhatsApp first, then the SMS, and the email for whoever has no mobile number.",
}

WHEN = "When"
SEND_WHEN_VALIDATED = "Send when validated"
SEND_AT = "At a date"
DATE_AND_TIME = "Date and time"

SAVE = "Save draft"
SAVING = "Saving…"
VALIDATE = "Validate and send"
SAVED = "Draft saved. Nothing has been sent."
CANNOT_OPEN = "This campaign cannot be opened"
LOADING = "Loading the campaign"

NOT_OFFERED = {
    "email_sender": "The email sender is not set up yet.",
    "sms_sender": "The SMS sender is not set up yet.",
    "sms_subscription": "SMS is not part of your subscription.",
    "whatsapp_sender": "The WhatsApp sender is not set up yet.",
}

ERRORS = {
    ("required", "title"): "Give the campaign a title.",
    ("required", "channel"): "Choose a channel.",
    ("required", "subject"): "Write the subject of the email.",
    ("required", "sms_text"): "Write the text of the SMS.",
    ("required", "whatsapp_text"): "Write the WhatsApp message.",
    ("required", "email_html"): "Write the text of the email.",
    ("required", "targets"): "Choose at least one category, or everyone.",
    ("required", "schedule"): "Choose the date and time.",
}
ERROR_CODES = {
    "required": "This is needed.",
    "too_long": "This is too long: at most {longest} characters.",
    "control_characters": "There is a character in this text that cannot be sent. Type it again without pasting.",
    "unknown_field": "Unknown personal field: {names}.",
    "unknown_channel": "Choose a channel.",
    "unknown_category": "A category was deleted meanwhile. Choose the categories again.",
    "unknown_template": "This template does not exist any more.",
    "no_targets": "Choose at least one category, or everyone.",
    "in_the_past": "This moment has passed. Choose a later one.",
    "not_a_date": "This is not a date and time.",
    "not_offered": "This channel cannot be used yet.",
    "already_validated": "This campaign has been validated. It can no longer be modified.",
    "changed_meanwhile": "Somebody saved this campaign meanwhile. Copy what you wrote, then open the campaign again.",
}


def segments(count: int) -> str:
    return f"{number(count)} SMS"


def units(used: int, limit: int) -> str:
    return f"{number(used)} of {number(limit)} characters"


def forcing(characters: str) -> str:
    return f"These characters make the SMS longer: {characters}"
