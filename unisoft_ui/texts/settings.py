"""The words of the settings: where they are found, and how WhatsApp stands."""

from __future__ import annotations

from unisoft_ui.texts import number

TITLE = "Settings"
SUBTITLE = "How messages leave, and what they cost."
NOTHING = "There is nothing here that you may see. Ask an administrator."
TO_SETTINGS = "Back to Settings"

WHATSAPP = "WhatsApp"
WHATSAPP_CARD = "The connection, the account messages leave through, and what keeps its number safe."
CREDITS = "SMS credits"
CREDITS_CARD = "Every movement of the SMS credit, with the balance after it, and the receipts of purchases."

WHATSAPP_SUBTITLE = "How messages by WhatsApp leave, and whether they do."
ERROR_TITLE = "How WhatsApp stands could not be loaded"
CONNECTION = "Connection"
WAY = "Goes through"
WAYS = {
    "gateway": "A gateway, linked with a phone by a QR code",
    "twilio": "A WhatsApp sender at Twilio",
    "none": "Nothing yet",
}
STATES = {"connected": "Connected", "disconnected": "Not connected", "unreachable": "Cannot be reached"}
NOT_SET_UP, SET_UP = "Not set up", "Set up"
SINCE = "Since"
NUMBER = "Number"
ACCOUNT = "Account"
TEMPLATE = "Template"
TEMPLATE_SET = "An approved template carries messages to people who have not written within a day."
TEMPLATE_MISSING = (
    "None is set: only people who wrote within the last day can be sent to (TWILIO_WHATSAPP_CONTENT_SID)."
)
CONNECT = "Connect WhatsApp"
DISCONNECT = "Disconnect"

GATEWAY_NOTES = {
    "connected": "Messages by WhatsApp leave through this account. Keep its phone switched on and online.",
    "disconnected": "Messages by WhatsApp wait, and none is lost. Once a phone is connected, they go on by themselves.",
    "unreachable": "The service that connects WhatsApp does not answer. Messages by WhatsApp wait, and none is lost.",
}
TWILIO_NOTE = "Messages by WhatsApp leave through this sender. No phone is linked and no code is scanned for it here."
NONE_NOTE = "Campaigns by WhatsApp cannot be sent yet. Whoever runs this installation chooses one of two ways:"
NONE_WAYS = (
    "A gateway: its address in WHATSAPP_GATEWAY_URL. Then a phone is linked here with a QR code.",
    "Twilio: the number of an approved sender in TWILIO_WHATSAPP_FROM.",
)

TWILIO_STEPS_TITLE = "How the sender is linked"
TWILIO_STEPS = (
    "In the Twilio console, open Messaging, then Senders, then WhatsApp senders.",
    "Create a sender and link it with the WhatsApp Business account of your community, as the console asks.",
    "When Twilio shows it as online, its number goes into TWILIO_WHATSAPP_FROM.",
)

CARE = "Care of the number"
PACE = "Pace"
DAILY_CAP = "Most a day"
USED = "Used"
NO_PAUSE = "As fast as the gateway takes them"
NO_CAP = "No limit"
CARE_NOTE = (
    "Test messages count, and so do numbers that turn out not to be on WhatsApp. Whoever runs this installation sets "
    "pace and limit: WHATSAPP_GATEWAY_PAUSE_S, WHATSAPP_GATEWAY_JITTER_S and WHATSAPP_GATEWAY_DAILY_CAP."
)

WARNING_TITLE = "A number can be banned"
WARNING = (
    "A gateway is no official way of WhatsApp. WhatsApp may ban the number without notice, and for good. "
    "Use a number that nothing else depends on, write only to people who expect it, and begin slowly."
)


def pace(pause_s: float, jitter_s: float) -> str:
    """As "One message every 3 s, up to 2 s sooner or later by chance"."""
    every = f"One message every {pause_s:g} s"
    return f"{every}, up to {jitter_s:g} s sooner or later by chance" if jitter_s else every


def sent_today(messages: int, cap: int) -> str:
    """As "37 of 200 messages sent today"; as "37 messages sent today" without a limit (0)."""
    if cap:
        return f"{number(messages)} of {number(cap)} messages sent today"
    return "1 message sent today" if messages == 1 else f"{number(messages)} messages sent today"


def daily_cap(messages: int) -> str:
    return f"{number(messages)} messages. What is left then leaves the next day."
