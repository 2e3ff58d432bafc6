"""The words of the form that makes a campaign."""

from __future__ import annotations

NEW_TITLE = "New campaign"
EDIT_TITLE = "Edit the campaign"
BACK_TO_LIST = "Back to Message Campaigns"
TITLE = "Title"
TITLE_HELP = "Only you see it. It helps you find the campaign again."
CHANNEL = "Channel"
SCHEDULE = "Schedule"


FALLBACK = {
    "sms_email": "Each contact gets one message: the email where there is an address, otherwise the SMS.",
    "whatsapp_sms": "WhatsApp first. Whoever cannot be reached there gets the SMS at once.",
    "whatsapp_sms_email": "WhatsApp first, then the SMS, and the email for whoever has no mobile number.",
}

WHEN = "When"
SEND_WHEN_VALIDATED = "Send when validated"
SEND_AT = "At a date"
DATE_AND_TIME = "Date and time"

UNTITLED = "Untitled campaign"
NOT_CHOSEN = "Not chosen yet"
NOT_SAVED = "Not saved"
KEEP_MINE = "Save mine over it"
TAKE_THEIRS = "Open the other one"
CONFLICT = (
    "This draft was saved elsewhere meanwhile, by somebody else or in another tab. "
    "What you wrote is still here and has not been saved."
)
LEAVE = "Some of what you wrote is not saved yet. Leave all the same?"
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
WHATSAPP_WAITS = "Not connected: its messages wait."
WHATSAPP_NOT_CONNECTED = (
    "WhatsApp is not connected. A campaign by WhatsApp can be prepared and validated all the same: "
    "it waits, and goes on by itself once WhatsApp is connected."
)
CONNECT_WHATSAPP = "Connect WhatsApp"
WHATSAPP_SETTINGS = "See how WhatsApp is set up"

ERRORS = {
    ("required", "title"): "Give the campaign a title.",
    ("required", "channel"): "Choose a channel.",
    ("required", "subject"): "Write the subject of the email.",
    ("required", "sms_text"): "Write the text of the SMS.",
    ("required", "whatsapp_text"): "Write the WhatsApp message.",
    ("required", "email_html"): "Write the text of the email.",
    ("required", "targets"): "Choose categories or contacts, or all your contacts.",
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
    "no_targets": "Choose categories or contacts, or all your contacts.",
    "in_the_past": "This moment has passed. Choose a later one.",
    "not_a_date": "This is not a date and time.",
    "not_offered": "This channel cannot be used yet.",
    "already_validated": "This campaign has been validated. It can no longer be modified.",
    "changed_meanwhile": CONFLICT,
    "too_many_targets": "At most {most} categories and contacts can be chosen one by one.",
}


def saved_at(time: str) -> str:
    """As "Draft saved at 10:24"."""
    return f"Draft saved at {time}"
