"""What a vendor's refusal code says about the recipient, in our own words.

Sources: twilio.com/docs/api/errors (one page a code); SendGrid's event reference (reasons of
`dropped`, types of `bounce`). Pure, so that services need no vendor's library to read a code.
"""

from __future__ import annotations

from enum import StrEnum


class Meaning(StrEnum):
    """What a refusal tells about the person or the address."""

    OPTED_OUT = "opted_out"  # the person asked the vendor to stop: record it on our side
    BAD_ADDRESS = "bad_address"  # no message will ever arrive there: flag it
    NOT_ON_MEDIUM = "not_on_medium"  # the number works, but not on WhatsApp
    RETRIABLE = "retriable"  # out of reach this time; an operator may try again
    BLOCKED = "blocked"  # stopped by a carrier or a filter: trying again makes it worse
    OTHER = "other"


_TWILIO: dict[str, Meaning] = {
    "21610": Meaning.OPTED_OUT,  # on the sender's STOP list
    "21211": Meaning.BAD_ADDRESS,  # not a phone number
    "21217": Meaning.BAD_ADDRESS,  # not a phone number, older code
    "21614": Meaning.BAD_ADDRESS,  # not a mobile
    "30005": Meaning.BAD_ADDRESS,  # unknown to the carrier
    "30006": Meaning.BAD_ADDRESS,  # landline
    "63003": Meaning.NOT_ON_MEDIUM,
    "63024": Meaning.NOT_ON_MEDIUM,
    "30001": Meaning.RETRIABLE,  # the vendor's queue was full
    "30003": Meaning.RETRIABLE,  # unreachable handset
    "30008": Meaning.RETRIABLE,  # unknown carrier error
    "21408": Meaning.BLOCKED,  # country not enabled for the account
    "30004": Meaning.BLOCKED,  # blocked by the carrier
    "30007": Meaning.BLOCKED,  # filtered as spam
    "30450": Meaning.BLOCKED,  # protection against traffic pumping
    "30610": Meaning.BLOCKED,  # quiet hours
    "30640": Meaning.BLOCKED,  # on a litigators' list
}

_SENDGRID: dict[str, Meaning] = {
    "unsubscribed": Meaning.OPTED_OUT,
    "spam": Meaning.OPTED_OUT,  # the person once pressed "this is spam"
    "bounced_address": Meaning.BAD_ADDRESS,
    "invalid": Meaning.BAD_ADDRESS,
    "spam_content": Meaning.BLOCKED,
    "blocked": Meaning.BLOCKED,  # the receiving server refuses this sender, not this mailbox
}

# Reported for one message, but true of every message of the run.
_STOPS_RUN: dict[str, frozenset[str]] = {
    "twilio": frozenset(
        {
            "20003",  # credentials refused
            "20404",  # no such account
            "21212",  # From is no phone number
            "21602",  # empty body
            "21603",  # no From
            "21605",  # media too long
            "21606",  # From cannot send to this destination
            "21609",  # StatusCallback is no public address
            "21617",  # body over 1,600 characters
            "21619",  # neither body nor media
            "21659",  # From is not one of the account's numbers
            "30002",  # account suspended
            "30034",  # unregistered 10DLC number
            "63007",  # no WhatsApp sender with this From
            "63016",  # free text outside the 24 h window: an approved template is needed
        }
    ),
    "sendgrid": frozenset(),
}


def meaning(provider: str, vendor_code: str | None) -> Meaning:
    """What `vendor_code` says about the recipient; OTHER for a code that says nothing."""
    code = vendor_code or ""
    if provider == "twilio":
        return _TWILIO.get(code, Meaning.OTHER)
    if provider == "sendgrid":
        return _SENDGRID.get(code) or _smtp_meaning(code)
    return Meaning.OTHER


def stops_run(provider: str, vendor_code: str | None) -> bool:
    """Whether the code, in an answer or in a later report, is a fault of ours that every message will meet."""
    return vendor_code in _STOPS_RUN.get(provider, frozenset())


def _smtp_meaning(code: str) -> Meaning:
    """Read an enhanced SMTP status such as 5.1.1 (RFC 3463: class.subject.detail)."""
    if code.startswith("5.1.") or code == "bounce":
        return Meaning.BAD_ADDRESS
    if code.startswith("5.7."):
        return Meaning.BLOCKED
    return Meaning.RETRIABLE if code.startswith(("4.", "5.2.2")) else Meaning.OTHER
