"""Sessions: a random token in the browser's cookie, its SHA-256 in the database."""

from __future__ import annotations

import hashlib
import secrets
import threading
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from backend import clock
from backend.database import reading, unit_of_work
from backend.logs import brief, get_logger
from backend.models import Session as SignedIn
from backend.models import User
from backend.repositories import audit, sessions, users
from backend.services.acting import ActingUser

log = get_logger(__name__)

IDLE = timedelta(hours=12)
IDLE_STAYING = timedelta(days=30)
_TOUCH_EVERY = timedelta(minutes=5)
_TOUCH_WITHIN_S = 0.5
_KEEP_ENDED = timedelta(days=30)
_TOKEN_BYTES = 32
_touching = threading.Lock()


def hash_token(token: str) -> str:
    """SHA-256 in hexadecimal: the token has 256 random bits, so it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(user_id: int, *, stay_signed_in: bool) -> tuple[str, datetime]:
    """Begin a session; gives the token for the cookie and the moment it ends unless it is used."""
    token, now = secrets.token_urlsafe(_TOKEN_BYTES), clock.now()
    expires_at = now + (IDLE_STAYING if stay_signed_in else IDLE)
    with unit_of_work() as session:
        sessions.add(session, hash_token(token), user_id, now, expires_at)
    return token, expires_at


def authenticate(token_hash: str) -> ActingUser | None:
    """Who holds this session as of now, with the rights of now; None when it ended.

    Using a session keeps it alive; that is written at most every five minutes, and nobody waits long for it.
    """
    if not token_hash:
        return None
    now = clock.now()
    with reading() as session:
        found = sessions.find_live(session, token_hash, now)
        if found is None:
            return None
        signed_in, user = found
        assert user.id is not None
        rights = users.rights_of(session, user.id)
    if now - signed_in.last_seen_at >= _TOUCH_EVERY:
        _keep_alive(signed_in, now)
    return ActingUser(user.id, user.email, _name(user), user.role, rights)


def revoke(token_hash: str) -> None:
    """Sign out. Safe to call twice."""
    with unit_of_work() as session:
        found = sessions.find_live(session, token_hash, clock.now())
        if found is not None and sessions.revoke(session, clock.now(), token_hash=token_hash):
            user = found[1]
            audit.record(
                session, actor=user.email, user_id=user.id, action="session.ended", subject="user", subject_id=user.id
            )


def revoke_all(user_id: int) -> int:
    """End every session of a user; gives how many."""
    with unit_of_work() as session:
        return sessions.revoke(session, clock.now(), user_id=user_id)


def purge_expired() -> int:
    """Delete sessions that ended a month ago; gives how many. Safe to call at any time."""
    with unit_of_work() as session:
        return sessions.purge(session, clock.now() - _KEEP_ENDED)


def _keep_alive(signed_in: SignedIn, now: datetime) -> None:
    # While somebody holds the database up, every event of everybody would end here. The next one tries again.
    if _touching.acquire(blocking=False):
        thread = threading.Thread(target=_touch, args=(signed_in, now), name="keep-alive", daemon=True)
        thread.start()
        thread.join(_TOUCH_WITHIN_S)


def _touch(signed_in: SignedIn, now: datetime) -> None:
    # Both moments move together, so their distance says for ever which of the two idle times was chosen.
    idle = signed_in.expires_at - signed_in.last_seen_at
    assert signed_in.id is not None
    try:
        with unit_of_work() as session:
            sessions.touch(session, signed_in.id, now, now + idle)
    except SQLAlchemyError as error:
        log.warning("session_not_kept_alive", error=brief(error))
    finally:
        _touching.release()


def _name(user: User) -> str:
    return f"{user.first_name} {user.last_name}".strip() or user.email
