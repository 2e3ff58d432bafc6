"""Twilio's language. Source: twilio.com/docs/api/errors (one page a code).

What it bills, by its article "Will I be charged if Twilio encounters an error when sending an SMS?"
(support.twilio.com, 223181728): whatever ends as `sent`, `delivered` or `undelivered`, because its delivery was
attempted. "A message that is marked with the status failed did not leave Twilio and you will not be charged." Since
30 September 2024 most failed messages cost a processing fee of $0.001, once and not for each part (27502337507483).
"""

from __future__ import annotations

from backend.domain.statuses import RecipientStatus as Status
from backend.domain.vendors.vocabulary import Meaning, Vocabulary

_MEANINGS = {
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
_STOPS_RUN = frozenset(
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
        "21655",  # no such ContentSid
        "21659",  # From is not one of the account's numbers
        "30002",  # account suspended
        "30034",  # unregistered 10DLC number
        "63007",  # no WhatsApp sender with this From
        "63016",  # free text outside the 24 h window: an approved template is needed
        "63028",  # the template has other variables
        "63040",  # the template was rejected by WhatsApp
        "63041",  # the template is paused
        "63042",  # the template is disabled
    }
)

TWILIO = Vocabulary(
    vendor="twilio",
    words={
        "accepted": Status.ACCEPTED,
        "scheduled": Status.ACCEPTED,
        "queued": Status.ACCEPTED,
        "sending": Status.ACCEPTED,
        "sent": Status.SENT,
        "delivered": Status.DELIVERED,
        "read": Status.READ,
        "undelivered": Status.FAILED,
        "failed": Status.FAILED,
        "canceled": Status.CANCELLED,
    },
    meanings=_MEANINGS,
    stops_run=_STOPS_RUN,
    view_words=frozenset({"read"}),
    ends=("read", "delivered", "undelivered", "failed"),
    code_beats_word=True,
)
