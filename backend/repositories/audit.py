"""The audit trail."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from backend.models import AuditEntry, User, table_of

_entry = table_of(AuditEntry)
_user = table_of(User)


def latest(session: Session, action: str, subject: str, subject_id: int | None) -> Row[Any] | None:
    """The last entry of an act on something: `at`, `actor`, and `first_name` and `last_name` of a user."""
    query = (
        select(_entry.c.at, _entry.c.actor, _user.c.first_name, _user.c.last_name)
        .outerjoin(_user, _user.c.id == _entry.c.user_id)
        .where(_entry.c.subject == subject, _entry.c.subject_id == subject_id, _entry.c.action == action)
        .order_by(_entry.c.id.desc())
        .limit(1)
    )
    return session.execute(query).one_or_none()


def record(
    session: Session,
    action: str,
    subject: str,
    subject_id: int | None,
    *,
    user_id: int | None,
    actor: str,
    **details: object,
) -> None:
    """Append an entry. `details` must hold no address and no secret."""
    session.add(
        AuditEntry(
            action=action,
            subject=subject,
            subject_id=subject_id,
            user_id=user_id,
            actor=actor,
            details=json.dumps(details, default=str, ensure_ascii=False),
        )
    )
