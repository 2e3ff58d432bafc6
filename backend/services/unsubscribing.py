"""Opt-outs by the link in an email. STOP in an answer is for `backend.services.inbound`."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from backend.database import unit_of_work
from backend.domain.channels import Medium
from backend.errors import NotFoundError
from backend.models import Recipient
from backend.repositories import audit, opt_outs
from backend.settings import Settings
from backend.signing import sign


def unsubscribe_urls(settings: Settings) -> Callable[[int], str]:
    """What gives the personal link of a recipient's email, for many of them. Nothing in it needs escaping in HTML."""
    start, key = f"{settings.origin}/u/", settings.signing_key
    return lambda recipient_id: f"{start}{recipient_id}-{_signature(key, recipient_id)}"


def _signature(key: str, recipient_id: int) -> str:
    return sign(key, f"unsubscribe:{recipient_id}").hex()[:24]


def read_token(settings: Settings, token: str) -> int:
    """The recipient a link belongs to.

    Raises:
        NotFoundError: the link is not ours.
    """
    number, _, signature = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFoundError(what="link")
    if not hmac.compare_digest(_signature(settings.signing_key, int(number)).encode(), signature.encode()):
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
