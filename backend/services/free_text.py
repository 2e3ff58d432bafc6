"""Who may be sent any text now, where a vendor takes only templates from whoever was not written to first."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from backend import clock
from backend.database import reading
from backend.logs import get_logger
from backend.providers.base import Batch, MessageSender, TemplateSender
from backend.repositories import inbound_messages

log = get_logger(__name__)


async def with_free_text_noted(sender: MessageSender, batch: Batch) -> Batch:
    """The batch as its sender needs it: one statement for all of it, and none for a sender that does not ask.

    Without an answer of the database nobody may: a template is taken at any time.
    """
    within = sender.free_text_within if isinstance(sender, TemplateSender) else None
    if within is None or not batch.messages:
        return batch
    try:
        heard = await asyncio.to_thread(_heard, sender, {message.to for message in batch.messages}, within)
    except SQLAlchemyError as error:
        log.warning("free_text_not_known", messages=len(batch.messages), error=type(error).__name__)
        heard = set[str]()
    messages = [message._replace(takes_free_text=message.to in heard) for message in batch.messages]
    return replace(batch, messages=messages)


def _heard(sender: MessageSender, addresses: set[str], within: timedelta) -> set[str]:
    since = clock.now() - within
    with reading() as session:
        return inbound_messages.addresses_heard_since(session, sender.provider, sender.medium, addresses, since)
