"""Signed-in browsers. A session is found by the SHA-256 of its cookie; the cookie itself is kept nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, or_, select

from backend.models import Session as SignedIn
from backend.models import User


def find_live(session: Session, token_hash: str, now: datetime) -> tuple[SignedIn, User] | None:
    """The session and its user, unless it was revoked, has expired, or the user was switched off."""
    return session.exec(
        select(SignedIn, User)
        .join(User, col(User.id) == SignedIn.user_id)
        .where(
            SignedIn.token_hash == token_hash,
            col(SignedIn.revoked_at).is_(None),
            SignedIn.expires_at > now,
            col(User.is_active),
        )
    ).one_or_none()


def add(session: Session, token_hash: str, user_id: int, now: datetime, expires_at: datetime) -> None:
    session.add(
        SignedIn(token_hash=token_hash, user_id=user_id, created_at=now, last_seen_at=now, expires_at=expires_at)
    )


def touch(session: Session, session_id: int, now: datetime, expires_at: datetime) -> None:
    """Note that the session is in use. A session revoked meanwhile stays revoked."""
    session.exec(update(SignedIn).where(col(SignedIn.id) == session_id).values(last_seen_at=now, expires_at=expires_at))


def revoke(session: Session, now: datetime, *, token_hash: str | None = None, user_id: int | None = None) -> int:
    """End the session of a cookie, or every session of a user; gives how many ended."""
    whose: Any = col(SignedIn.token_hash) == token_hash if token_hash else col(SignedIn.user_id) == user_id
    ended = session.exec(update(SignedIn).where(whose, col(SignedIn.revoked_at).is_(None)).values(revoked_at=now))
    return ended.rowcount


def purge(session: Session, before: datetime) -> int:
    """Delete sessions that ended before a moment; gives how many."""
    gone = delete(SignedIn).where(or_(col(SignedIn.expires_at) < before, col(SignedIn.revoked_at) < before))
    return session.exec(gone).rowcount
