"""The words of sending by SMS those who wait for WhatsApp."""

from __future__ import annotations

from unisoft_ui.texts import confirmation, number

TITLE = "Send all by SMS now?"
TEXT = "Those who wait for WhatsApp get the SMS instead. This cannot be taken back."
COMPUTING = "Counting who waits for WhatsApp…"
CAMPAIGN = confirmation.CAMPAIGN
WAITING = "Waiting for WhatsApp"
CREDIT = confirmation.CREDIT
RESERVED = "Reserved since the campaign was validated. Charged as each SMS is accepted."
BACK = "Keep waiting"
OR = "Or do not wait for it:"

BY_SMS = "Get the SMS"
BY_EMAIL = "Get the email: no number for an SMS"
DUPLICATES = "Left out: somebody else gets it at the same address"
WITHOUT_ADDRESS = "Fail: no number for an SMS"
WITHOUT_ANY_ADDRESS = "Fail: neither a number for an SMS nor an email address"

NOT_WAITING = "This campaign no longer waits for WhatsApp: it goes on, or somebody was faster. Nobody gets it twice."
ERRORS = {
    "not_waiting": NOT_WAITING,
    "no_sms": "This campaign is not sent by SMS.",
    "not_configured": confirmation.ERRORS["not_configured"],
}


def button(credits: int) -> str:
    """As "Send all by SMS now (86 credits)"."""
    return f"Send all by SMS now ({_credits(credits)})"


def confirm(people: int) -> str:
    """As "Send 86 by SMS"."""
    return f"Send {number(people)} by SMS"


def amount(credits: int) -> str:
    return _credits(credits)


def done(people: int) -> str:
    who = "1 person gets" if people == 1 else f"{number(people)} people get"
    return f"{who} the SMS instead of WhatsApp. The sending goes on."


def _credits(credits: int) -> str:
    return "1 credit" if credits == 1 else f"{number(credits)} credits"
