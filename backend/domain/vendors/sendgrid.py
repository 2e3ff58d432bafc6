"""SendGrid's language. Source: its event reference (reasons of `dropped`, types of `bounce`)."""

from __future__ import annotations

from backend.domain.statuses import RecipientStatus as Status
from backend.domain.vendors.vocabulary import Meaning, Vocabulary

_MEANINGS = {
    "unsubscribed": Meaning.OPTED_OUT,
    "spam": Meaning.OPTED_OUT,  # the person once pressed "this is spam"
    "bounced_address": Meaning.BAD_ADDRESS,
    "invalid": Meaning.BAD_ADDRESS,
    "spam_content": Meaning.BLOCKED,
    "blocked": Meaning.BLOCKED,  # the receiving server refuses this sender, not this mailbox
}


def _smtp_meaning(code: str) -> Meaning:
    """Read an enhanced SMTP status such as 5.1.1 (RFC 3463: class.subject.detail)."""
    if code.startswith("5.1.") or code == "bounce":
        return Meaning.BAD_ADDRESS
    if code.startswith("5.7."):
        return Meaning.BLOCKED
    return Meaning.RETRIABLE if code.startswith(("4.", "5.2.2")) else Meaning.OTHER


SENDGRID = Vocabulary(
    vendor="sendgrid",
    words={
        "processed": Status.ACCEPTED,
        "deferred": Status.ACCEPTED,
        "delivered": Status.DELIVERED,
        "machine_open": Status.DELIVERED,
        "machine_click": Status.DELIVERED,
        "open": Status.READ,
        "click": Status.READ,
        "bounce": Status.FAILED,
        "dropped": Status.FAILED,
        "blocked": Status.FAILED,
    },
    meanings=_MEANINGS,
    further_meaning=_smtp_meaning,
    opt_out_words=frozenset({"spamreport", "unsubscribe", "group_unsubscribe"}),
    view_words=frozenset({"open"}),
    click_words=frozenset({"click"}),
    later_report_decides=True,
)
