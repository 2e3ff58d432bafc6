"""Addresses that always behave in one way, whatever the script.

Numbers, by their last four digits; emails, by the part before the `@` (or before a `+` in it).
"""

from __future__ import annotations

NUMBERS: dict[str, tuple[str, str]] = {
    "0000": ("check_500", "whether it is on WhatsApp is answered with a 500; by SMS delivered"),
    "0001": ("reject", "21211: not a phone number"),
    "0002": ("fail_30005", "accepted, later 30005: unknown to the carrier"),
    "0003": ("not_on_whatsapp", "by WhatsApp 63003, by SMS delivered"),
    "0004": ("opted_out", "21610: this person replied STOP"),
    "0005": ("throttle", "429 the first time, then accepted"),
    "0006": ("accepted_then_500", "accepted, and the answer is a 500"),
    "0007": ("silent", "accepted, and never answered"),
    "0008": ("reset_after", "accepted, and the connection is cut"),
    "0009": ("fail_30003", "accepted, later 30003: phone out of reach"),
    "0010": ("missing_sid", "accepted, and the answer has no sid"),
    "0011": ("fail_unsent", "accepted, later failed (30001): it never left, and is not billed"),
}

EMAILS: dict[str, tuple[str, str]] = {
    "bounce": ("bounce", "the mailbox does not exist (5.1.1)"),
    "blocked": ("blocked", "the receiving server refuses us"),
    "drop": ("drop_bounced", "dropped: it bounced before"),
    "unsubscribed": ("drop_unsubscribed", "dropped: this person unsubscribed"),
    "spam": ("spam", "delivered, then reported as spam"),
    "open": ("open", "delivered and opened"),
    "machine": ("machine_open", "delivered, and opened by a machine"),
    "invalid": ("reject", "400: the whole request is refused and names this address"),
}


def number_behaviour(address_e164: str) -> str | None:
    """The behaviour of a magic number, or None."""
    found = NUMBERS.get(address_e164[-4:])
    return found[0] if found else None


def email_behaviour(address: str) -> str | None:
    """The behaviour of a magic email address, or None."""
    found = EMAILS.get(address.partition("@")[0].partition("+")[0].casefold())
    return found[0] if found else None
