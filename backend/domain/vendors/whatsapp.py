"""The WhatsApp gateway's language (WAHA). Source: waha.devlike.pro/docs/how-to/events, `message.ack`.

It has no codes of its own: ours say what its answer was. None of them is one of Twilio's, who carries WhatsApp too.
"""

from __future__ import annotations

from backend.domain.statuses import RecipientStatus as Status
from backend.domain.vendors.vocabulary import Meaning, Vocabulary

NOT_ON_WHATSAPP = "not_on_whatsapp"
ACK_ERROR = "ack_error"
NUMBER_UNANSWERED = "number_unanswered"
"""Asked about this number again and again, the gateway gave no answer; about others it did."""
SESSION_NOT_WORKING = "session_not_working"
"""No phone is connected: nothing was taken."""

_MEANINGS = {
    NOT_ON_WHATSAPP: Meaning.NOT_ON_MEDIUM,  # the gateway asked WhatsApp, which knows no such number
    ACK_ERROR: Meaning.RETRIABLE,  # taken by the gateway, and not by WhatsApp
    NUMBER_UNANSWERED: Meaning.RETRIABLE,
}

WHATSAPP = Vocabulary(
    vendor="whatsapp",
    words={
        "ERROR": Status.FAILED,
        "PENDING": Status.ACCEPTED,
        "SERVER": Status.SENT,
        "DEVICE": Status.DELIVERED,
        "READ": Status.READ,
        "PLAYED": Status.READ,
    },
    meanings=_MEANINGS,
    stops_run=frozenset({"http_401", "http_403", "http_404", "http_405"}),  # not our gateway, or not our key
    view_words=frozenset({"READ"}),
    reports_name_attempts=False,
)
