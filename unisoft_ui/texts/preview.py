"""The words of the preview beside the form, and of trying a message out."""

from __future__ import annotations

TITLE = "Preview"
OPEN = "Preview"
CLOSE = "Close preview"
MEDIUM = "What is shown"
SHOWN_FOR = "Shown for"
PREVIOUS = "Previous contact"
NEXT = "Next contact"
NOTHING_YET = "Choose a channel and write the message to see it here."
EMPTY = {
    "sms": "The SMS is not written yet.",
    "whatsapp": "The WhatsApp message is not written yet.",
    "email": "The email is not written yet.",
}
KIND = {"sms": "Text message", "whatsapp": "WhatsApp message"}
WIDTH = "Width of the email"
PHONE = "Phone"
DESKTOP = "Desktop"
FRAME = "The email as it arrives"
NO_SUBJECT = "No subject yet"
UNREADABLE = "The preview cannot be made now. It comes back with the next change."

TEST_ADDRESS = {
    "sms": "Mobile number for the test",
    "whatsapp": "Mobile number for the test",
    "email": "Email for the test",
}
SEND = "Send a test"
SENDING = "Sending…"
PLACEHOLDER = {"sms": "+33 6 12 34 56 78", "whatsapp": "+33 6 12 34 56 78", "email": "you@example.org"}
TAKEN = "Test sent to {address}."
TAKEN_FOR = "Test sent to {address}. It cost {cost} SMS."
REFUSED = "The test was not taken for {address}. Nothing was charged."
REFUSED_BECAUSE = {
    "daily_cap": "WhatsApp has sent as many messages as it may today. The test was not sent. Try again tomorrow.",
    "no_turn": "WhatsApp is busy at this moment. The test was not sent. Try again in a minute.",
}
UNKNOWN = "The answer was lost: the test may have reached {address}."
ERRORS = {
    "no_email": "This is not an email address.",
    "no_mobile": "This is not a mobile number that messages can reach.",
    "nothing_to_send": "Write the message first.",
    "unknown_medium": "Choose what to test first.",
    "not_configured": "The sender of this medium is not set up yet.",
    "too_many_tests": "That were {most} tests within an hour. Wait a while.",
}


def to(address: str) -> str:
    """As "to ruth@example.org"."""
    return f"to {address}" if address else ""
