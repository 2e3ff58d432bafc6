"""Opt-outs that people choose themselves: the link in an email, and STOP by SMS."""

from __future__ import annotations

import hmac

from backend.database import unit_of_work
from backend.domain.channels import Medium
from backend.errors import NotFoundError
from backend.models import Recipient
from backend.repositories import audit, delivery_events, opt_outs
from backend.settings import Settings

_STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ARRET", "ARRÊT", "הסר"})
_START_WORDS = frozenset({"START", "UNSTOP", "YES"})


def unsubscribe_url(settings: Settings, recipient_id: int) -> str:
    """The personal link of one recipient's email."""
    return f"{settings.origin}/u/{recipient_id}-{_signature(settings, recipient_id)}"


def _signature(settings: Settings, recipient_id: int) -> str:
    return hmac.digest(settings.signing_key.encode(), f"unsubscribe:{recipient_id}".encode(), "sha256").hex()[:24]


def read_token(settings: Settings, token: str) -> int:
    """The recipient a link belongs to.

    Raises:
        NotFoundError: the link is not ours.
    """
    number, _, signature = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFoundError(what="link")
    if not hmac.compare_digest(_signature(settings, int(number)).encode(), signature.encode()):
        raise NotFoundError(what="link")
    return int(number)


def unsubscribe(settings: Settings, token: str) -> None:
    """Stop emails to the address this link was sent to. Safe to call twice."""
    recipient_id = read_token(settings, token)
    with unit_of_work() as session:
        recipient = session.get(Recipient, recipient_id)
        if recipient is None or recipient.email is None:
            raise NotFoundError(what="link")
        opt_outs.add(session, Medium.EMAIL, [recipient.email], "link")
        audit.record(
            session, "opt_out", "contact", recipient.contact_id, user_id=None, actor="recipient", medium="email"
        )


def take_inbound(provider: str, medium: Medium, address: str, text: str, message_id: str) -> bool:
    """Obey STOP and START in an inbound message; whether it was one of them, and new.

    A signature does not age, so a message is obeyed once: told again, an old START changes nothing.
    """
    word = text.strip().upper().rstrip(".!")
    if word not in _STOP_WORDS | _START_WORDS:
        return False
    with unit_of_work() as session:
        if not delivery_events.store_inbound(session, provider, medium, message_id, word):
            return False
        if word in _STOP_WORDS:
            opt_outs.add(session, medium, [address], "stop")
        else:
            opt_outs.remove(session, medium, address)
    return True
