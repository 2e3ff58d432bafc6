"""What people answer: kept, and obeyed where it asks for no more messages, or for messages again."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, unit_of_work
from backend.domain.keywords import Keyword, keyword_of
from backend.providers.base import InboundMessage
from backend.repositories import contacts, delivery_events, inbound_messages, opt_outs

_WITHIN_A_SECOND = 0.999999


def take_inbound(message: InboundMessage) -> bool:
    """Keep a message and obey it, in one transaction; whether it was new. Safe to call again.

    A signature does not age, so a message is obeyed once: told again, an old START changes nothing. Nor does one that
    comes late, after what its sender asked for since.
    """
    with unit_of_work() as session:
        inbound_messages.lock_address(session, message.medium, message.address)
        is_out = opt_outs.is_out(session, message.medium, message.address)
        keyword = message.keyword or keyword_of(message.text, is_out=is_out)
        moment = _moment(message.written_at_s)
        is_new = inbound_messages.store(
            session,
            contact_id=contacts.find_only_holder(session, message.address),
            medium=message.medium,
            provider=message.provider,
            provider_message_id=message.message_id,
            address=message.address,
            text=message.text,
            keyword=keyword,
            received_at=moment,
        )
        if is_new:
            after_commit(session, realtime.signal_replies)
        if is_new and keyword and _is_first_and_last(session, message, keyword, moment):
            _obey(session, message, keyword)
    return is_new


def _moment(written_at_s: float | None) -> datetime:
    """When it was written, as far as that is told and can be: not in the time to come.

    Told in whole seconds, it was written before the next one: else it would stand before what was there when it came.
    """
    now = clock.now()
    if written_at_s is None:
        return now
    return datetime.fromtimestamp(min(max(written_at_s, 0) + _WITHIN_A_SECOND, now.timestamp()), UTC)


def _is_first_and_last(session: Session, message: InboundMessage, keyword: Keyword, moment: datetime) -> bool:
    """Whether it was never obeyed, and nothing newer was asked for.

    That it was obeyed is noted apart from what was written, which may be erased.
    """
    noted = delivery_events.store_inbound(session, message.provider, message.medium, message.message_id, keyword.value)
    return noted and not inbound_messages.has_later_keyword(session, message.medium, message.address, moment)


def _obey(session: Session, message: InboundMessage, keyword: Keyword) -> None:
    if keyword is Keyword.STOP:
        opt_outs.add(session, message.medium, [message.address], "stop")
    else:
        opt_outs.remove(session, message.medium, message.address)
