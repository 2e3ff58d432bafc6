"""Users and their rights."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import update
from sqlmodel import Session, col, select

from backend.domain.rights import Right, Role
from backend.models import User, UserRight


def find(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def find_by_email(session: Session, email: str) -> User | None:
    """The user with this address, in whatever case it was typed."""
    return session.exec(select(User).where(User.email == email.strip().lower())).one_or_none()


def has_administrator(session: Session) -> bool:
    """Whether an active administrator exists."""
    found = select(User.id).where(User.role == Role.ADMINISTRATOR, col(User.is_active)).limit(1)
    return session.exec(found).first() is not None


def rights_of(session: Session, user_id: int) -> frozenset[Right]:
    return frozenset(map(Right, session.exec(select(UserRight.right).where(UserRight.user_id == user_id))))


def note_low_credit_seen(session: Session, user_id: int, entry_id: int) -> None:
    """Note up to which movement of credits a user has seen the notice of low credit."""
    session.execute(update(User).where(col(User.id) == user_id).values(low_credit_seen_id=entry_id))


def add(session: Session, user: User, rights: Iterable[Right] = ()) -> int:
    """Write a new user with its rights; gives its id.

    Raises `sqlalchemy.exc.IntegrityError` when the address is taken.
    """
    session.add(user)
    session.flush()
    assert user.id is not None
    session.add_all(UserRight(user_id=user.id, right=right) for right in set(rights))
    return user.id
