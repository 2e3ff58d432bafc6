"""Inbound messages: stored once each, found by contact and by address."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend.database import is_postgresql
from backend.domain.channels import Medium
from backend.domain.recipient_history import Reply
from backend.models import InboundMessage, table_of
from backend.models.inbound_messages import LONGEST_TEXT
from backend.repositories import locks
from backend.repositories.storable_texts import storable

_message = table_of(InboundMessage)
_SHOWN = [_message.c[name] for name in Reply.__dataclass_fields__]


def lock_address(session: Session, medium: Medium, address: str) -> None:
    """Until the end of the transaction nobody else obeys a keyword of this address."""
    digest = hashlib.sha256(f"{medium}:{address}".encode()).digest()
    locks.hold(session, [int.from_bytes(digest[:8], signed=True)])


def store(session: Session, **values: Any) -> bool:
    """Keep a message, its text bounded; False when it was there."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    row = {**values, "text": storable(values["text"], LONGEST_TEXT)}
    stored = session.execute(insert(_message).values(row).on_conflict_do_nothing().returning(_message.c.id))
    return stored.first() is not None


def has_later_keyword(session: Session, medium: Medium, address: str, moment: datetime) -> bool:
    """Whether this address asked for something after that moment."""
    theirs = (_message.c.address == address) & (_message.c.medium == medium) & _message.c.keyword.is_not(None)
    later = select(_message.c.id).where(theirs, _message.c.received_at > moment).limit(1)
    return session.execute(later).first() is not None


def list_newest(session: Session, contact_id: int, addresses: Collection[str], limit: int) -> list[Reply]:
    """A contact's messages, newest first: its own, and those of these addresses that are nobody's alone."""
    nobodys = _message.c.contact_id.is_(None) & _message.c.address.in_(addresses)
    parts = [
        select(*_SHOWN).where(theirs).order_by(_message.c.received_at.desc(), _message.c.id.desc()).limit(limit)
        for theirs in (_message.c.contact_id == contact_id, nobodys)
    ]
    found = union_all(*(select(part.subquery()) for part in parts)).subquery()
    newest = select(found).order_by(found.c.received_at.desc(), found.c.id.desc()).limit(limit)
    return [Reply(*row) for row in session.execute(newest)]


def addresses_heard_since(
    session: Session, provider: str, medium: Medium, addresses: Collection[str], since: datetime
) -> set[str]:
    """Which of these addresses wrote to us through that provider since."""
    theirs = (_message.c.provider == provider) & (_message.c.medium == medium)
    heard = select(_message.c.address).where(_message.c.address.in_(addresses), _message.c.received_at >= since, theirs)
    return set(session.execute(heard.distinct()).scalars())
